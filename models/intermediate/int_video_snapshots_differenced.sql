{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id'], 'touched_entities': ['video_snapshots']},
    post_hook='{{ record_consumed() }}',
) }}

with

levels as (

    select *
    from {{ ref('int_video_snapshot_levels') }}
    {{ keep_touched('int_video_snapshot_levels') }}

),

videos as (

    select * from {{ ref('int_videos') }}

),

add_level_before as (

    select
        levels.*,
        videos.posted_date,
        lag(levels.event_date) over (
            partition by levels.source, levels.video_id, levels.measure
            order by levels.event_date
        ) as event_date_before,
        lag(levels.total_units) over (
            partition by levels.source, levels.video_id, levels.measure
            order by levels.event_date
        ) as total_units_before
    from levels
    inner join videos
        on levels.video_id = videos.video_id
    where not levels.is_suspect

),

-- The first reading is a baseline, unless the video was posted on that very day.
measure_differences as (

    select
        source,
        video_id,
        measure,
        event_date,
        coalesce({{ days_between('event_date_before', 'event_date') }}, 1) as gap_days,
        total_units - coalesce(total_units_before, 0) as difference_units
    from add_level_before
    where event_date_before is not null or posted_date = event_date

),

list_days as (

    select
        source,
        video_id,
        measure,
        event_date as last_date,
        {{ each_date(days_before('event_date', 'gap_days - 1'), 'event_date') }} as event_date,
        gap_days,
        difference_units
    from measure_differences

),

-- A rise is spread over its gap in whole units, the remainder on the last day. A fall is a
-- correction of the platform's and stays whole on the day it was seen.
spread_differences as (

    select
        source,
        video_id,
        measure,
        event_date,
        case
            when difference_units < 0
                then case when event_date = last_date then difference_units else 0 end
            when event_date = last_date
                then
                    difference_units
                    - {{ whole_quotient('difference_units', 'gap_days') }}
                    * (gap_days - 1)
            else {{ whole_quotient('difference_units', 'gap_days') }}
        end as day_units,
        gap_days > 1 as is_estimated,
        difference_units < 0 and event_date = last_date as has_restatement
    from list_days

)

select * from spread_differences
