with

video_days as (

    select * from {{ ref('fct_video_daily') }}

),

retention as (

    select * from {{ ref('fct_watch_retention_daily') }}

),

videos as (

    select * from {{ ref('dim_videos') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

pivot_retention as (

    select
        {% for mark_pct in headline_retention_marks() -%}
        max(views_retained) filter (where mark_pct = {{ mark_pct }})
            as views_retained_{{ mark_pct }},
        {% endfor -%}
        video_id,
        event_date
    from retention
    where mark_pct in ({{ headline_retention_marks() | join(', ') }})
    group by video_id, event_date

),

add_retention as (

    select
        {% for mark_pct in headline_retention_marks() -%}
        case
            when video_days.views_with_duration is not null
                then coalesce(pivot_retention.views_retained_{{ mark_pct }}, 0)
        end as views_retained_{{ mark_pct }},
        {% endfor -%}
        video_days.*
    from video_days
    left join pivot_retention
        on
            video_days.video_id = pivot_retention.video_id
            and video_days.event_date = pivot_retention.event_date

),

add_video as (

    select
        add_retention.*,
        videos.posted_date,
        {{ days_between('videos.posted_date', 'add_retention.event_date') }} as days_since_posting
    from add_retention
    inner join videos
        on add_retention.video_id = videos.video_id

),

add_engagements as (

    select
        *,
        {{ engagement_columns() }},
        case when followers_gained is not null then 'event_log' end as followers_source
    from add_video

),

judge_days as (

    select
        add_engagements.*,
        {{ is_provisional(
            'event_date',
            ['engagement_source', 'watch_source', 'funnel_source', 'followers_source'],
        ) }} as is_provisional
    from add_engagements
    cross join bounds

),

compute_rates as (

    select
        *,
        {{ kpi_rates() }}
    from judge_days

)

select
    video_id,
    event_date as kpi_date,
    account_id,
    posted_date,
    cast(days_since_posting as integer) as days_since_posting,
    impressions,
    impressions_with_person,
    reach,
    frequency,
    views,
    view_rate_pct,
    unique_viewers,
    new_viewers,
    returning_viewers,
    likes,
    net_likes,
    like_rate_pct,
    comments,
    net_comments,
    comment_rate_pct,
    shares,
    net_shares,
    share_rate_pct,
    saves,
    net_saves,
    save_rate_pct,
    duets,
    net_duets,
    stitches,
    net_stitches,
    direct_messages,
    net_direct_messages,
    engagements,
    engagement_has_saves,
    engagement_rate_pct,
    engagement_rate_by_reach_pct,
    active_engagements,
    active_engagement_rate_pct,
    engagement_source,
    total_watch_seconds,
    average_watch_seconds,
    views_with_duration,
    completed_views,
    completion_rate_pct,
    first_play_watch_seconds,
    views_retained_25,
    watch_retention_25_pct,
    views_retained_50,
    watch_retention_50_pct,
    views_retained_75,
    watch_retention_75_pct,
    views_retained_100,
    watch_retention_100_pct,
    watch_source,
    followers_gained,
    followers_per_1000_views,
    followers_source,
    profile_visits,
    profile_visitors,
    conversions,
    conversion_rate_pct,
    conversion_denominator,
    conversion_value_amount,
    currency,
    funnel_source,
    is_estimated,
    has_restatement,
    has_suspect_reading,
    is_provisional
from compute_rates
