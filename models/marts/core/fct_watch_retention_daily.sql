{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    on_schema_change='fail',
    meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['video_views']},
    post_hook='{{ record_consumed() }}',
) }}

with

watch_depth as (

    select *
    from {{ ref('int_watch_depth_daily') }}
    {{ keep_touched('int_watch_depth_daily') }}

),

videos as (

    select * from {{ ref('stg_event_log__videos') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

keep_known as (

    select
        watch_depth.*,
        videos.account_id,
        videos.duration_seconds
    from watch_depth
    inner join videos
        on watch_depth.video_id = videos.video_id
    inner join coverage
        on videos.account_id = coverage.account_id and coverage.knows_video_views

),

count_views as (

    select
        video_id,
        account_id,
        event_date,
        duration_seconds,
        {% for mark_pct in retention_marks() -%}
        cast(
            coalesce(sum(views_with_duration) filter (where last_mark_pct >= {{ mark_pct }}), 0)
            as bigint
        ) as retained_{{ mark_pct }},
        {% endfor -%}
        cast(sum(views_with_duration) as bigint) as views_with_duration
    from keep_known
    group by video_id, account_id, event_date, duration_seconds

),

list_marks as (
    {% for mark_pct in retention_marks() %}
    select
        video_id,
        account_id,
        event_date,
        {{ mark_pct }} as mark_pct,
        cast(
            cast(duration_seconds as decimal(30, 3)) * cast({{ mark_pct / 100 }} as decimal(3, 2))
            as decimal(18, 3)
        ) as mark_seconds,
        views_with_duration,
        retained_{{ mark_pct }} as views_retained,
        {% if loop.first -%}
        cast(null as bigint) as views_retained_before
        {%- else -%}
        retained_{{ mark_pct - var('retention_step_pct') }} as views_retained_before
        {%- endif %}
    from count_views
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    video_id,
    account_id,
    event_date,
    mark_pct,
    mark_seconds,
    views_with_duration,
    views_retained,
    {{ pct('views_retained', 'views_with_duration') }} as watch_retention_pct,
    {{ pct('views_retained_before - views_retained', 'views_with_duration') }} as drop_off_pct
from list_marks
