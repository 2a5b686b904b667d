{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id'], 'touched_entities': ['video_snapshots']},
    post_hook='{{ record_consumed() }}',
) }}

with

differences as (

    select *
    from {{ ref('int_video_snapshots_differenced') }}
    {{ keep_touched('int_video_snapshots_differenced') }}

),

-- Each family of a row has one source, and so its own flags.
add_family as (

    select
        *,
        case when measure in ('views', 'total_watch_seconds') then 'watch' else 'engagement' end
            as family,
        {{ source_rank('source') }} as source_rank
    from differences

),

find_most_trusted as (

    select
        *,
        min(source_rank) over (partition by video_id, event_date, family) as best_rank
    from add_family

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
        {% for family in ['engagement', 'watch'] -%}
        max(case when is_estimated and family = '{{ family }}' then 1 else 0 end) = 1
            as {{ family }}_is_estimated,
        max(case when has_restatement and family = '{{ family }}' then 1 else 0 end) = 1
            as {{ family }}_has_restatement,
        {{ source_at("min(source_rank) filter (where family = '" ~ family ~ "')") }}
            as {{ family }}_source,
        {% endfor -%}
        video_id,
        event_date
    from find_most_trusted
    where source_rank = best_rank
    group by video_id, event_date

)

select * from pivot_measures
