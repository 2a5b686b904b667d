-- What a day's videos contributed is what its rate changed by, whatever the mix did.
-- A returned row is a day and KPI whose parts do not add up.

select
    account_id,
    kpi_date,
    kpi,
    max(kpi_change) as kpi_change,
    sum(contribution) as contributions
from {{ ref('daily_kpi_movements') }}
group by account_id, kpi_date, kpi
having abs(sum(contribution) - max(kpi_change)) > 1e-6 * (1 + abs(max(kpi_value)))
