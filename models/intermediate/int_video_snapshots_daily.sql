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
        video_id,
        event_date,
        max(case when is_estimated then 1 else 0 end) = 1 as is_estimated,
        max(case when has_restatement then 1 else 0 end) = 1 as has_restatement
    from differences
    group by video_id, event_date

)

select * from pivot_measures
