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

count_views as (

    select
        video_id,
        event_date,
        count(*) as impressions,
        count(person_key) as impressions_with_person,
        count(*) filter (where is_view) as views,
        count(*) filter (where is_view_with_duration) as views_with_duration,
        count(*) filter (where is_completed) as completed_views,
        cast(sum(watch_seconds) as decimal(18, 3)) as total_watch_seconds,
        cast(
            coalesce(sum(first_play_seconds) filter (where is_view_with_duration), 0)
            as decimal(18, 3)
        ) as first_play_watch_seconds
    from video_views
    group by video_id, event_date

)

select * from count_views
