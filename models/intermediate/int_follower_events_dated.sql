with

follower_events as (

    select * from {{ ref('stg_event_log__follower_events') }}

),

videos as (

    select video_id as known_video_id from {{ ref('stg_event_log__videos') }}

),

-- A video that is not known feeds no video; the row still counts for its account.
add_day as (

    select
        follower_events.event_id,
        follower_events.account_id,
        follower_events.person_key,
        follower_events.action,
        follower_events.source_video_id,
        videos.known_video_id as video_id,
        follower_events.event_date,
        follower_events.occurred_at
    from follower_events
    left join videos
        on follower_events.source_video_id = videos.known_video_id

)

select * from add_day
