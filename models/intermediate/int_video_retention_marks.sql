with

videos as (

    select * from {{ ref('dim_videos') }}

),

retention_by_second as (

    select * from {{ ref('fct_video_retention') }}

),

retention_by_day as (

    select * from {{ ref('fct_watch_retention_daily') }}

),

exported as (

    select * from {{ ref('stg_accounts_api__video_retention') }}

),

exported_videos as (

    select * from {{ ref('stg_accounts_api__videos') }}

),

-- A curve by share of the length is its days' counts added up.
sum_days as (

    select
        video_id,
        account_id,
        mark_pct,
        max(mark_seconds) as mark_seconds,
        cast(sum(views_with_duration) as bigint) as views_with_duration,
        cast(sum(views_retained) as bigint) as views_retained
    from retention_by_day
    group by video_id, account_id, mark_pct

),

find_newest_readings as (

    select
        video_id,
        max(captured_at) as captured_at
    from exported
    where percentage is not null
    group by video_id

),

-- The views of the reading stand for those who pressed play; the API gives shares alone.
list_exported_seconds as (

    select
        exported.video_id,
        videos.account_id,
        videos.duration_seconds,
        cast(exported.second as decimal(18, 3)) as mark_seconds,
        exported_videos.views as views_with_duration,
        cast(exported.percentage as double) * 100 as watch_retention_pct
    from exported
    inner join find_newest_readings
        on
            exported.video_id = find_newest_readings.video_id
            and exported.captured_at = find_newest_readings.captured_at
    inner join videos
        on exported.video_id = videos.video_id
    left join exported_videos
        on
            exported.video_id = exported_videos.video_id
            and exported.captured_at = exported_videos.captured_at
    where
        exported.percentage is not null
        and exported.video_id not in (select retention_by_second.video_id from retention_by_second)

),

list_shares as (
    {% for mark_pct in retention_marks() %}
    select {{ mark_pct }} as mark_pct {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- At a share of the length: the last second that lies before it or on it.
find_exported_shares as (

    select
        list_exported_seconds.video_id,
        list_exported_seconds.account_id,
        list_shares.mark_pct,
        max(list_exported_seconds.duration_seconds) * list_shares.mark_pct / 100 as mark_seconds,
        max(list_exported_seconds.views_with_duration) as views_with_duration,
        max_by(
            list_exported_seconds.watch_retention_pct, list_exported_seconds.mark_seconds
        ) as watch_retention_pct
    from list_exported_seconds
    inner join list_shares
        on
            list_exported_seconds.mark_seconds * 100
            <= list_exported_seconds.duration_seconds * list_shares.mark_pct
    group by
        list_exported_seconds.video_id,
        list_exported_seconds.account_id,
        list_shares.mark_pct

),

list_marks as (

    select
        video_id,
        account_id,
        'second' as mark_unit,
        mark_seconds as mark,
        mark_seconds,
        views_with_duration,
        views_retained,
        watch_retention_pct,
        'event_log' as watch_source
    from retention_by_second

    union all

    select
        video_id,
        account_id,
        'pct' as mark_unit,
        cast(mark_pct as decimal(18, 3)) as mark,
        mark_seconds,
        views_with_duration,
        views_retained,
        {{ pct('views_retained', 'views_with_duration') }} as watch_retention_pct,
        'event_log' as watch_source
    from sum_days

    union all

    select
        video_id,
        account_id,
        'second' as mark_unit,
        mark_seconds as mark,
        mark_seconds,
        views_with_duration,
        cast(null as bigint) as views_retained,
        watch_retention_pct,
        'accounts_api' as watch_source
    from list_exported_seconds

    union all

    select
        video_id,
        account_id,
        'pct' as mark_unit,
        cast(mark_pct as decimal(18, 3)) as mark,
        cast(mark_seconds as decimal(18, 3)) as mark_seconds,
        views_with_duration,
        cast(null as bigint) as views_retained,
        watch_retention_pct,
        'accounts_api' as watch_source
    from find_exported_shares

)

select * from list_marks
