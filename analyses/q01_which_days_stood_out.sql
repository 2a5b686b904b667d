-- Which day stood out most from the 28 days before, by KPI, and which video stands behind it?
with

days as (

    select
        account_id,
        kpi_date,
        is_provisional,
        'views' as kpi,
        views as kpi_value,
        views_is_anomaly as is_anomaly
    from {{ ref('daily_account_kpis') }}
    union all
    select
        account_id,
        kpi_date,
        is_provisional,
        'engagement_rate_pct' as kpi,
        engagement_rate_pct as kpi_value,
        engagement_rate_pct_is_anomaly as is_anomaly
    from {{ ref('daily_account_kpis') }}
    union all
    select
        account_id,
        kpi_date,
        is_provisional,
        'conversion_rate_pct' as kpi,
        conversion_rate_pct as kpi_value,
        conversion_rate_pct_is_anomaly as is_anomaly
    from {{ ref('daily_account_kpis') }}

),

compare_days as (

    select
        days.account_id,
        days.kpi_date,
        days.kpi,
        days.kpi_value,
        median(before.kpi_value) as usual_value
    from days
    inner join days as before
        on
            days.account_id = before.account_id
            and days.kpi = before.kpi
            and before.kpi_date >= days.kpi_date - interval '28 days'
            and before.kpi_date < days.kpi_date
            and not before.is_provisional
    where days.is_anomaly
    group by days.account_id, days.kpi_date, days.kpi, days.kpi_value

),

rank_days as (

    select
        *,
        row_number() over (
            partition by account_id, kpi
            order by abs(kpi_value - usual_value) / usual_value desc, kpi_date
        ) as place
    from compare_days
    where usual_value > 0

),

rank_videos as (

    select
        account_id,
        kpi_date,
        video_id,
        row_number() over (
            partition by account_id, kpi_date order by views desc, video_id
        ) as place
    from {{ ref('daily_video_kpis') }}
    where views is not null

)

select
    handle,
    rank_days.kpi,
    rank_days.kpi_date,
    round(rank_days.kpi_value, 2) as kpi_value,
    round(rank_days.usual_value, 2) as usual_value,
    coalesce(mover.video_id, rank_videos.video_id) as video_id
from rank_days
inner join {{ ref('dim_accounts') }} as account
    on rank_days.account_id = account.account_id and account.account_role = 'own'
left join {{ ref('daily_kpi_movements') }} as mover
    on
        rank_days.account_id = mover.account_id
        and rank_days.kpi_date = mover.kpi_date
        and rank_days.kpi = mover.kpi
        and mover.video_rank = 1
left join rank_videos
    on
        rank_days.account_id = rank_videos.account_id
        and rank_days.kpi_date = rank_videos.kpi_date
        and rank_days.kpi = 'views'
        and rank_videos.place = 1
where rank_days.place = 1
order by handle, rank_days.kpi
