{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['video_views']},
    post_hook='{{ record_consumed() }}',
) }}

with

video_views as (

    select *
    from {{ ref('int_video_views_dated') }}
    {{ keep_touched('int_video_views_dated') }}

),

-- Each view falls into one step of its duration and one second of it, so that a curve costs one
-- small histogram and not one row per view and mark. Division of two whole numbers of
-- milliseconds as doubles is exact wherever the quotient is whole, so floor never slips.
find_depth as (

    select
        video_id,
        event_date,
        cast(
            floor(
                cast(first_play_seconds * 1000 as bigint) * {{ 100 // var('retention_step_pct') }}
                / cast(cast(cast(duration_seconds as decimal(30, 3)) * 1000 as bigint) as double)
            ) as integer
        ) * {{ var('retention_step_pct') }} as last_mark_pct,
        cast(floor(first_play_seconds) as integer) as last_second,
        first_play_seconds = duration_seconds as reached_duration
    from video_views
    where is_view_with_duration

),

count_views as (

    select
        video_id,
        event_date,
        last_mark_pct,
        last_second,
        reached_duration,
        count(*) as views_with_duration
    from find_depth
    group by video_id, event_date, last_mark_pct, last_second, reached_duration

)

select * from count_views
{{ in_order_of_days() }}
