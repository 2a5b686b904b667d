{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    on_schema_change='fail',
    meta={'touched_by': ['video_id'], 'touched_entities': ['video_views']},
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

sum_days as (

    select
        video_id,
        last_second,
        reached_duration,
        cast(sum(views_with_duration) as bigint) as views_with_duration
    from watch_depth
    group by video_id, last_second, reached_duration

),

count_video_views as (

    select
        video_id,
        cast(sum(views_with_duration) as bigint) as views_with_duration
    from sum_days
    group by video_id

),

keep_known as (

    select
        videos.video_id,
        videos.account_id,
        videos.duration_seconds,
        count_video_views.views_with_duration
    from count_video_views
    inner join videos
        on count_video_views.video_id = videos.video_id
    inner join coverage
        on videos.account_id = coverage.account_id and coverage.knows_video_views

),

list_whole_seconds as (

    select
        video_id,
        {{ each_integer(
            0,
            'cast(floor(least(duration_seconds, ' ~ var('retention_max_second') ~ ')) as integer)'
        ) }} as mark_second
    from keep_known

),

list_marks as (

    select
        video_id,
        cast(mark_second as decimal(18, 3)) as mark_seconds
    from list_whole_seconds

    union distinct

    select
        video_id,
        duration_seconds as mark_seconds
    from keep_known

),

count_retained as (

    select
        keep_known.video_id,
        keep_known.account_id,
        list_marks.mark_seconds,
        list_marks.mark_seconds = keep_known.duration_seconds as is_end,
        keep_known.views_with_duration,
        cast(
            coalesce(
                sum(sum_days.views_with_duration) filter (
                    where
                    case
                        when list_marks.mark_seconds = keep_known.duration_seconds
                            then sum_days.reached_duration
                        else sum_days.last_second >= list_marks.mark_seconds
                    end
                ),
                0
            ) as bigint
        ) as views_retained
    from list_marks
    inner join keep_known
        on list_marks.video_id = keep_known.video_id
    inner join sum_days
        on list_marks.video_id = sum_days.video_id
    group by
        keep_known.video_id,
        keep_known.account_id,
        list_marks.mark_seconds,
        keep_known.duration_seconds,
        keep_known.views_with_duration

),

add_mark_before as (

    select
        *,
        lag(views_retained) over (partition by video_id order by mark_seconds)
            as views_retained_before
    from count_retained

)

select
    video_id,
    account_id,
    mark_seconds,
    is_end,
    views_with_duration,
    views_retained,
    {{ pct('views_retained', 'views_with_duration') }} as watch_retention_pct,
    {{ pct('views_retained_before - views_retained', 'views_with_duration') }} as drop_off_pct
from add_mark_before
