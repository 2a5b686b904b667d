with

profile_visits as (

    select * from {{ ref('stg_event_log__profile_visits') }}

),

videos as (

    select video_id as known_video_id from {{ ref('stg_event_log__videos') }}

),

-- A video that is not known feeds no video; the row still counts for its account.
add_day as (

    select
        profile_visits.visit_id,
        profile_visits.account_id,
        profile_visits.person_key,
        videos.known_video_id as video_id,
        profile_visits.event_date,
        profile_visits.visited_at
    from profile_visits
    left join videos
        on profile_visits.source_video_id = videos.known_video_id

)

select * from add_day
