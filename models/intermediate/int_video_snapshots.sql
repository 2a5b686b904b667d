with

own_snapshots as (

    select * from {{ ref('stg_event_log__video_snapshots') }}

),

api_videos as (

    select * from {{ ref('stg_accounts_api__videos') }}

),

studio_videos as (

    select
        *,
        row_number() over (
            partition by video_id, captured_date
            order by _ingest_seq desc, account_handle asc
        ) as nth_reading
    from {{ ref('stg_studio__content') }}

),

list_snapshots as (

    select
        'snapshots' as source,
        video_id,
        captured_at,
        {{ reporting_date('captured_at') }} as event_date,
        views,
        likes,
        comments,
        shares,
        saves,
        total_watch_seconds
    from own_snapshots

    union all

    select
        'accounts_api' as source,
        video_id,
        captured_at,
        {{ reporting_date('captured_at') }} as event_date,
        views,
        likes,
        comments,
        shares,
        favorites as saves,
        total_time_watched as total_watch_seconds
    from api_videos

    union all

    -- The file says the day and no time, and knows no watch time; saves only a business account's.
    select
        'studio' as source,
        video_id,
        cast(captured_date as timestamp) as captured_at,
        captured_date as event_date,
        views,
        likes,
        comments,
        shares,
        favorites as saves,
        cast(null as decimal(18, 3)) as total_watch_seconds
    from studio_videos
    where nth_reading = 1

)

select * from list_snapshots
