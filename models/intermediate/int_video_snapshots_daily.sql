with

differences as (

    select * from {{ ref('int_video_snapshots_differenced') }}

),

pivot_measures as (

    select
        {% for measure in snapshot_measures() -%}
        {% if snapshot_units(measure) == 1 -%}
        cast(sum(day_units) filter (where measure = '{{ measure }}') as bigint) as {{ measure }},
        {% else -%}
        cast(
            cast(sum(day_units) filter (where measure = '{{ measure }}') as decimal(18, 0))
            * cast({{ 1 / snapshot_units(measure) }} as decimal(4, 3)) as decimal(18, 3)
        ) as {{ measure }},
        {% endif -%}
        {% endfor -%}
        {% for family, measures in snapshot_families().items() -%}
        {% for flag in ['is_estimated', 'has_restatement'] -%}
        max(
            case
                when {{ flag }} and measure in ('{{ measures | join("', '") }}') then 1
                else 0
            end
        ) = 1 as {{ family }}_{{ flag }},
        {% endfor -%}
        {% endfor -%}
        video_id,
        event_date
    from differences
    group by video_id, event_date

)

select * from pivot_measures
