-- What adds up must add up: an account's day against its videos' days of the same source, from the
-- facts. People do not add up, but an account never reaches fewer than its widest video or more
-- than all together. What an export says of the account itself is no sum of its listed videos.
-- A returned row is an account-day that differs.

with

sum_watch as (

    select
        account_id,
        event_date,
        watch_source,
        {{ sum_that_fits('impressions') }} as impressions,
        {{ sum_that_fits('views') }} as views,
        {{ sum_that_fits('total_watch_seconds', 'decimal(18, 3)') }} as total_watch_seconds,
        {{ sum_that_fits('completed_views') }} as completed_views,
        max(reach) as widest_reach,
        sum(reach) as summed_reach
    from {{ ref('fct_video_daily') }}
    group by account_id, event_date, watch_source

),

sum_engagement as (

    select
        account_id,
        event_date,
        engagement_source,
        {{ sum_that_fits('likes') }} as likes,
        {{ sum_that_fits('net_likes') }} as net_likes,
        {{ sum_that_fits('comments') }} as comments,
        {{ sum_that_fits('shares') }} as shares,
        {{ sum_that_fits('saves') }} as saves
    from {{ ref('fct_video_daily') }}
    group by account_id, event_date, engagement_source

)

select
    accounts.account_id,
    accounts.kpi_date,
    accounts.views,
    sum_watch.views as video_views
from {{ ref('daily_account_kpis') }} as accounts
left join sum_watch
    on
        accounts.account_id = sum_watch.account_id
        and accounts.kpi_date = sum_watch.event_date
        and accounts.watch_source = sum_watch.watch_source
left join sum_engagement
    on
        accounts.account_id = sum_engagement.account_id
        and accounts.kpi_date = sum_engagement.event_date
        and accounts.engagement_source = sum_engagement.engagement_source
where
    (
        coalesce(accounts.watch_source, 'none') in ('event_log', 'snapshots', 'none')
        and (
            coalesce(accounts.impressions, 0) <> coalesce(sum_watch.impressions, 0)
            or coalesce(accounts.views, 0) <> coalesce(sum_watch.views, 0)
            or coalesce(accounts.total_watch_seconds, 0)
            <> coalesce(sum_watch.total_watch_seconds, 0)
            or coalesce(accounts.completed_views, 0) <> coalesce(sum_watch.completed_views, 0)
            or coalesce(accounts.reach, 0) < coalesce(sum_watch.widest_reach, 0)
            or coalesce(accounts.reach, 0) > coalesce(sum_watch.summed_reach, 0)
        )
    )
    or (
        coalesce(accounts.engagement_source, 'none') in ('event_log', 'snapshots', 'none')
        and (
            coalesce(accounts.likes, 0) <> coalesce(sum_engagement.likes, 0)
            or coalesce(accounts.net_likes, 0) <> coalesce(sum_engagement.net_likes, 0)
            or coalesce(accounts.comments, 0) <> coalesce(sum_engagement.comments, 0)
            or coalesce(accounts.shares, 0) <> coalesce(sum_engagement.shares, 0)
            or coalesce(accounts.saves, 0) <> coalesce(sum_engagement.saves, 0)
        )
    )
