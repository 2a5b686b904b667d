-- depends_on: {{ ref('int_touched_days') }}
with

videos as (

    select * from {{ ref('stg_event_log__videos') }}

),

accounts as (

    select * from {{ ref('stg_event_log__accounts') }}

),

describe_videos as (

    select
        videos.video_id,
        videos.account_id,
        accounts.account_role,
        videos.duration_seconds,
        videos.posted_at
    from videos
    inner join accounts
        on videos.account_id = accounts.account_id

)

select * from describe_videos
