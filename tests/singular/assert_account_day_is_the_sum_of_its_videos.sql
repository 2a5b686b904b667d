-- What adds up must add up: an account's day against its videos' days, from the facts. People do
-- not add up, but an account never reaches fewer than its widest video or more than all together.
-- Exports that tell of the account itself are left out: they know more than the listed videos.
-- A returned row is an account-day that differs.

with

sum_videos as (

    select
        account_id,
        event_date,
        {{ sum_that_fits('impressions') }} as impressions,
        {{ sum_that_fits('views') }} as views,
        {{ sum_that_fits('total_watch_seconds', 'decimal(18, 3)') }} as total_watch_seconds,
        {{ sum_that_fits('completed_views') }} as completed_views,
        {{ sum_that_fits('likes') }} as likes,
        {{ sum_that_fits('net_likes') }} as net_likes,
        {{ sum_that_fits('comments') }} as comments,
        {{ sum_that_fits('shares') }} as shares,
        {{ sum_that_fits('saves') }} as saves,
        max(reach) as widest_reach,
        sum(reach) as summed_reach
    from {{ ref('fct_video_daily') }}
    group by account_id, event_date

)

select
    accounts.account_id,
    accounts.kpi_date,
    accounts.views,
    sum_videos.views as video_views
from {{ ref('daily_account_kpis') }} as accounts
left join sum_videos
    on accounts.account_id = sum_videos.account_id and accounts.kpi_date = sum_videos.event_date
where
    coalesce(accounts.engagement_source, 'event_log') in ('event_log', 'snapshots')
    and coalesce(accounts.watch_source, 'event_log') in ('event_log', 'snapshots')
    and (
        coalesce(accounts.impressions, 0) <> coalesce(sum_videos.impressions, 0)
        or coalesce(accounts.views, 0) <> coalesce(sum_videos.views, 0)
        or coalesce(accounts.total_watch_seconds, 0) <> coalesce(sum_videos.total_watch_seconds, 0)
        or coalesce(accounts.completed_views, 0) <> coalesce(sum_videos.completed_views, 0)
        or coalesce(accounts.likes, 0) <> coalesce(sum_videos.likes, 0)
        or coalesce(accounts.net_likes, 0) <> coalesce(sum_videos.net_likes, 0)
        or coalesce(accounts.comments, 0) <> coalesce(sum_videos.comments, 0)
        or coalesce(accounts.shares, 0) <> coalesce(sum_videos.shares, 0)
        or coalesce(accounts.saves, 0) <> coalesce(sum_videos.saves, 0)
        or coalesce(accounts.reach, 0) < coalesce(sum_videos.widest_reach, 0)
        or coalesce(accounts.reach, 0) > coalesce(sum_videos.summed_reach, 0)
    )
