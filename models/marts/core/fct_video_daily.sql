with

video_views as (

    select * from {{ ref('int_video_views_daily') }}

),

viewers as (

    select * from {{ ref('int_video_viewers_counted') }}

),

interactions as (

    select * from {{ ref('int_interactions_daily') }}

),

videos as (

    select * from {{ ref('stg_event_log__videos') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

list_video_days as (

    select
        video_id,
        event_date
    from video_views

    union distinct

    select
        video_id,
        event_date
    from interactions

),

add_coverage as (

    select
        list_video_days.video_id,
        list_video_days.event_date,
        coverage.*
    from list_video_days
    inner join videos
        on list_video_days.video_id = videos.video_id
    inner join coverage
        on videos.account_id = coverage.account_id

),

-- A measure that the account's sources cannot know is NULL; one they know is 0 without rows.
add_measures as (

    select
        {% for measure in view_measures() -%}
        case when days.knows_video_views then coalesce(video_views.{{ measure }}, 0) end
            as {{ measure }},
        {% endfor -%}
        {% for measure in viewer_measures() -%}
        case when days.knows_video_views then coalesce(viewers.{{ measure }}, 0) end
            as {{ measure }},
        {% endfor -%}
        {% for measure in interaction_measures().values() -%}
        case when days.knows_{{ measure }} then coalesce(interactions.{{ measure }}, 0) end
            as {{ measure }},
        case when days.knows_{{ measure }} then coalesce(interactions.net_{{ measure }}, 0) end
            as net_{{ measure }},
        {% endfor -%}
        days.video_id,
        days.account_id,
        days.event_date
    from add_coverage as days
    left join video_views
        on days.video_id = video_views.video_id and days.event_date = video_views.event_date
    left join viewers
        on days.video_id = viewers.video_id and days.event_date = viewers.event_date
    left join interactions
        on days.video_id = interactions.video_id and days.event_date = interactions.event_date

)

select
    video_id,
    account_id,
    event_date,
    impressions,
    impressions_with_person,
    reach,
    views,
    unique_viewers,
    new_viewers,
    views_with_duration,
    completed_views,
    total_watch_seconds,
    first_play_watch_seconds,
    likes,
    net_likes,
    comments,
    net_comments,
    shares,
    net_shares,
    saves,
    net_saves,
    duets,
    net_duets,
    stitches,
    net_stitches,
    direct_messages,
    net_direct_messages
from add_measures
