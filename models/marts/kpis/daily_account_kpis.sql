with

account_days as (

    select * from {{ ref('int_account_kpis_daily') }}

),

windows as (

    select * from {{ ref('int_account_kpi_windows') }}

),

anomalies as (

    select * from {{ ref('int_account_kpi_anomalies') }}

)

select
    account_days.account_id,
    account_days.event_date as kpi_date,
    account_days.account_role,
    account_days.impressions,
    account_days.impressions_with_person,
    account_days.reach,
    account_days.frequency,
    account_days.views,
    account_days.view_rate_pct,
    account_days.unique_viewers,
    account_days.new_viewers,
    account_days.returning_viewers,
    account_days.likes,
    account_days.net_likes,
    account_days.like_rate_pct,
    account_days.comments,
    account_days.net_comments,
    account_days.comment_rate_pct,
    account_days.shares,
    account_days.net_shares,
    account_days.share_rate_pct,
    account_days.saves,
    account_days.net_saves,
    account_days.save_rate_pct,
    account_days.duets,
    account_days.net_duets,
    account_days.stitches,
    account_days.net_stitches,
    account_days.direct_messages,
    account_days.net_direct_messages,
    account_days.engagements,
    account_days.engagement_has_saves,
    account_days.engagement_rate_pct,
    account_days.engagement_rate_by_reach_pct,
    account_days.engagement_rate_by_followers_pct,
    account_days.active_engagements,
    account_days.active_engagement_rate_pct,
    account_days.engagement_source,
    account_days.total_watch_seconds,
    account_days.average_watch_seconds,
    account_days.views_with_duration,
    account_days.completed_views,
    account_days.completion_rate_pct,
    account_days.first_play_watch_seconds,
    account_days.views_retained_25,
    account_days.watch_retention_25_pct,
    account_days.views_retained_50,
    account_days.watch_retention_50_pct,
    account_days.views_retained_75,
    account_days.watch_retention_75_pct,
    account_days.views_retained_100,
    account_days.watch_retention_100_pct,
    account_days.watch_source,
    account_days.followers_opening,
    account_days.followers_gained,
    account_days.followers_lost,
    account_days.followers_adjustment,
    account_days.followers_net,
    account_days.followers_closing,
    account_days.follower_growth_rate_pct,
    account_days.gross_follower_growth_rate_pct,
    account_days.followers_per_1000_views,
    account_days.followers_source,
    account_days.followers_is_suspect,
    account_days.profile_visits,
    account_days.profile_visitors,
    account_days.conversions,
    account_days.conversion_rate_pct,
    account_days.conversion_denominator,
    account_days.conversion_value_amount,
    account_days.currency,
    account_days.funnel_source,
    account_days.is_estimated,
    account_days.has_restatement,
    account_days.is_provisional,
    windows.views_7d,
    windows.engagements_7d,
    windows.engagement_rate_pct_7d,
    windows.save_rate_pct_7d,
    windows.total_watch_seconds_7d,
    windows.average_watch_seconds_7d,
    windows.completion_rate_pct_7d,
    windows.followers_net_7d,
    windows.follower_growth_rate_pct_7d,
    windows.profile_visits_7d,
    windows.conversions_7d,
    windows.conversion_rate_pct_7d,
    windows.views_28d,
    windows.engagements_28d,
    windows.engagement_rate_pct_28d,
    windows.save_rate_pct_28d,
    windows.total_watch_seconds_28d,
    windows.average_watch_seconds_28d,
    windows.completion_rate_pct_28d,
    windows.followers_net_28d,
    windows.follower_growth_rate_pct_28d,
    windows.profile_visits_28d,
    windows.conversions_28d,
    windows.conversion_rate_pct_28d,
    windows.engagement_rate_pct_week_before,
    account_days.engagement_rate_pct - windows.engagement_rate_pct_week_before
        as engagement_rate_pct_week_change,
    windows.follower_growth_rate_pct_week_before,
    account_days.follower_growth_rate_pct - windows.follower_growth_rate_pct_week_before
        as follower_growth_rate_pct_week_change,
    windows.conversion_rate_pct_week_before,
    account_days.conversion_rate_pct - windows.conversion_rate_pct_week_before
        as conversion_rate_pct_week_change,
    windows.average_watch_seconds_week_before,
    account_days.average_watch_seconds - windows.average_watch_seconds_week_before
        as average_watch_seconds_week_change,
    windows.completion_rate_pct_week_before,
    account_days.completion_rate_pct - windows.completion_rate_pct_week_before
        as completion_rate_pct_week_change,
    anomalies.engagement_rate_pct_is_anomaly,
    anomalies.follower_growth_rate_pct_is_anomaly,
    anomalies.conversion_rate_pct_is_anomaly,
    anomalies.average_watch_seconds_is_anomaly,
    anomalies.completion_rate_pct_is_anomaly,
    anomalies.views_is_anomaly
from account_days
inner join windows
    on
        account_days.account_id = windows.account_id
        and account_days.event_date = windows.event_date
left join anomalies
    on
        account_days.account_id = anomalies.account_id
        and account_days.event_date = anomalies.event_date
