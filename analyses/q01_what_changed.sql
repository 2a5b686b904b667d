-- What changed against last week, and which videos account for it, on the newest settled day?
select
    handle,
    kpi,
    round(kpi_value_before, 2) as kpi_value_before,
    round(kpi_value, 2) as kpi_value,
    video_id,
    round(rate_effect, 2) as rate_effect,
    round(mix_effect, 2) as mix_effect
from {{ ref('daily_kpi_movements') }}
inner join {{ ref('dim_accounts') }} using (account_id)
where
    kpi_date = (
        select max(kpi_date) from {{ ref('daily_account_kpis') }}
        where not is_provisional
    )
    and account_role = 'own'
    and video_rank <= 2
order by handle, kpi, video_rank
