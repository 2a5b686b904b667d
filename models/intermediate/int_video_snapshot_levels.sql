{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id'], 'touched_entities': ['video_snapshots']},
    post_hook='{{ record_consumed() }}',
) }}

with

video_snapshots as (

    select *
    from {{ ref('int_video_snapshots') }}
    {{ keep_touched('int_video_snapshots') }}

),

-- Whole numbers throughout: watch seconds as thousandths, so that spreading them is exact.
list_readings as (
    {% for measure in snapshot_measures() %}
    select
        source,
        video_id,
        event_date,
        captured_at,
        '{{ measure }}' as measure,
        cast(cast({{ measure }} as decimal(30, 3)) * {{ snapshot_units(measure) }} as bigint)
            as total_units
    from video_snapshots
    where {{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

keep_last_of_day as (

    select
        source,
        video_id,
        event_date,
        measure,
        max_by(total_units, captured_at) as total_units
    from list_readings
    group by source, video_id, event_date, measure

)

select * from keep_last_of_day
