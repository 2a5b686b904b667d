with

interactions as (

    select * from {{ ref('stg_event_log__interactions') }}

),

videos as (

    select * from {{ ref('stg_event_log__videos') }}

),

add_video as (

    select
        interactions.interaction_id,
        interactions.video_id,
        videos.account_id,
        interactions.person_key,
        interactions.interaction_type,
        interactions.traffic_source,
        interactions.comment_language,
        interactions.comment_sentiment_score,
        coalesce(interactions.is_undo, false) as is_undo,
        interactions.event_date,
        interactions.interacted_at,
        interactions._ingest_seq
    from interactions
    inner join videos
        on interactions.video_id = videos.video_id

)

select * from add_video
