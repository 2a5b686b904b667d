-- How is each account doing today against last week and against its 28-day normal?
select
    handle,
    kpi_date,
    engagement_rate_pct,
    engagement_rate_pct_week_change,
    engagement_rate_pct_28d,
    engagement_rate_pct_is_anomaly,
    followers_net,
    followers_net_28d,
    conversions,
    average_watch_seconds,
    is_provisional
from {{ ref('daily_account_kpis') }}
inner join {{ ref('dim_accounts') }} using (account_id, account_role)
where account_role = 'own' and kpi_date = (select max(kpi_date) from {{ ref('daily_account_kpis') }})
order by handle
