with

videos as (

    select * from {{ ref('int_videos') }}

),

video_views as (

    select * from {{ ref('int_video_views_daily') }}

),

interactions as (

    select * from {{ ref('int_interactions_daily') }}

),

follower_events as (

    select * from {{ ref('int_account_follower_events_daily') }}

),

follower_levels as (

    select * from {{ ref('int_follower_levels') }}

),

exported_days as (

    select * from {{ ref('int_account_days_exported') }}

),

funnel as (

    select * from {{ ref('int_account_funnel_daily') }}

),

account_snapshots as (

    select * from {{ ref('stg_event_log__account_snapshots') }}

),

video_snapshots as (

    select * from {{ ref('int_video_snapshots') }}

),

list_video_days as (

    select
        'event_log' as source,
        video_id,
        event_date
    from video_views

    union all

    select
        'event_log' as source,
        video_id,
        event_date
    from interactions

    union all

    select
        source,
        video_id,
        event_date
    from video_snapshots

),

list_account_days as (

    select
        list_video_days.source,
        videos.account_id,
        list_video_days.event_date
    from list_video_days
    inner join videos
        on list_video_days.video_id = videos.video_id

    union all

    select
        'event_log' as source,
        account_id,
        event_date
    from follower_events

    union all

    -- A count says nothing of a day's events, and their log need not reach back to it.
    select
        case source when 'event_log' then 'counts' else source end as source,
        account_id,
        event_date
    from follower_levels

    union all

    select
        source,
        account_id,
        event_date
    from exported_days

    union all

    select
        'event_log' as source,
        account_id,
        event_date
    from funnel

    union all

    -- Also a snapshot that shows no number of followers.
    select
        'snapshots' as source,
        account_id,
        {{ reporting_date('captured_at') }} as event_date
    from account_snapshots

),

find_ranges as (

    select
        account_id,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date,
        min(event_date) filter (where source = 'event_log') as event_log_first_date,
        max(event_date) filter (where source = 'event_log') as event_log_last_date
    from list_account_days
    group by account_id

)

select * from find_ranges
