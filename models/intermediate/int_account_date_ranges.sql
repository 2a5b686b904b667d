with

videos as (

    select * from {{ ref('stg_event_log__videos') }}

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

official_followers as (

    select * from {{ ref('int_official_followers_daily') }}

),

funnel as (

    select * from {{ ref('int_account_funnel_daily') }}

),

account_snapshots as (

    select * from {{ ref('stg_event_log__account_snapshots') }}

),

video_snapshots as (

    select * from {{ ref('stg_event_log__video_snapshots') }}

),

list_video_days as (

    select
        video_id,
        event_date
    from video_views

    union all

    select
        video_id,
        event_date
    from interactions

    union all

    select
        video_id,
        {{ reporting_date('captured_at') }} as event_date
    from video_snapshots

),

list_account_days as (

    select
        videos.account_id,
        list_video_days.event_date
    from list_video_days
    inner join videos
        on list_video_days.video_id = videos.video_id

    union all

    select
        account_id,
        event_date
    from follower_events

    union all

    select
        account_id,
        event_date
    from official_followers

    union all

    select
        account_id,
        event_date
    from funnel

    union all

    -- Also a snapshot that shows no number of followers.
    select
        account_id,
        {{ reporting_date('captured_at') }} as event_date
    from account_snapshots

),

find_ranges as (

    select
        account_id,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from list_account_days
    group by account_id

)

select * from find_ranges
