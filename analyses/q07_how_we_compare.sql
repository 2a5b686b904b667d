-- How does the account compare with its competitors on the newest settled day?
select
    handle,
    kpi,
    kpi_date,
    round(kpi_value, 2) as kpi_value,
    kpi_rank,
    accounts,
    round(percentile) as percentile,
    round(gap_to_median, 2) as gap_to_median
from {{ ref('account_benchmarks') }}
inner join {{ ref('dim_accounts') }} using (account_id, account_role)
where
    account_role = 'own'
    and accounts > 1
    and kpi_date = (
        select max(kpi_date) from {{ ref('account_benchmarks') }} where not is_provisional
    )
order by handle, kpi
