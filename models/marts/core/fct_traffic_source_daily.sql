{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    on_schema_change='fail',
    meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['video_views']},
    post_hook='{{ record_consumed() }}',
) }}

with

video_views as (

    select *
    from {{ ref('int_video_views_dated') }}
    {{ keep_touched('int_video_views_dated') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

count_views as (

    select
        account_id,
        video_id,
        event_date,
        coalesce(traffic_source, 'unknown') as traffic_source,
        count(*) as impressions,
        count(*) filter (where is_view) as views,
        cast(sum(watch_seconds) as decimal(18, 3)) as total_watch_seconds
    from video_views
    group by account_id, video_id, event_date, coalesce(traffic_source, 'unknown')

),

keep_known as (

    select count_views.*
    from count_views
    inner join coverage
        on count_views.account_id = coverage.account_id and coverage.knows_video_views

),

add_video_total as (

    select
        *,
        cast(sum(views) over (partition by video_id, event_date) as bigint) as video_views
    from keep_known

)

select
    video_id,
    account_id,
    event_date,
    traffic_source,
    impressions,
    views,
    video_views,
    {{ pct('views', 'video_views') }} as view_share_pct,
    total_watch_seconds
from add_video_total
