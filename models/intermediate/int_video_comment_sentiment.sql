with

video_days as (

    select * from {{ ref('fct_video_daily') }}

),

interactions as (

    select * from {{ ref('int_interactions_daily') }}

),

-- Only events have a text that could be judged.
add_sentiment as (

    select
        video_days.video_id,
        video_days.account_id,
        video_days.event_date,
        video_days.comments,
        interactions.comments_judged,
        interactions.comments_in_other_languages,
        interactions.positive_comments,
        interactions.negative_comments,
        interactions.comment_sentiment_sum
    from video_days
    inner join interactions
        on
            video_days.video_id = interactions.video_id
            and video_days.event_date = interactions.event_date
    where
        video_days.engagement_source = 'event_log'
        and video_days.comments > 0

)

select
    video_id,
    account_id,
    event_date,
    comments,
    comments_judged,
    comments_in_other_languages,
    positive_comments,
    negative_comments,
    comment_sentiment_sum
from add_sentiment
