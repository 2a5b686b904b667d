with

video_views as (

    select * from {{ ref('stg_event_log__video_views') }}

),

videos as (

    select * from {{ ref('stg_event_log__videos') }}

),

add_video as (

    select
        video_views.view_id,
        video_views.video_id,
        videos.account_id,
        video_views.person_key,
        video_views.traffic_source,
        video_views.event_date,
        video_views.watch_seconds,
        case when videos.duration_seconds > 0 then videos.duration_seconds end as duration_seconds,
        video_views.viewed_at
    from video_views
    inner join videos
        on video_views.video_id = videos.video_id

),

measure_first_play as (

    select
        *,
        watch_seconds > 0 as is_view,
        watch_seconds > 0 and duration_seconds is not null as is_view_with_duration,
        case
            when watch_seconds > 0 then least(watch_seconds, duration_seconds)
        end as first_play_seconds,
        watch_seconds > 0
        -- Wider than the column, so that an absurd duration does not overflow.
        and watch_seconds
        >= cast(duration_seconds as decimal(30, 3))
        * cast({{ var('completion_share') }} as decimal(3, 2))
            as is_completed
    from add_video

)

select * from measure_first_play
