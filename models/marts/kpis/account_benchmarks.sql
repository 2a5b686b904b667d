with

account_days as (

    select * from {{ ref('daily_account_kpis') }}

),

list_values as (
    {% for kpi in benchmark_kpis() %}
    select
        account_id,
        account_role,
        kpi_date,
        is_provisional,
        '{{ kpi }}' as kpi,
        {% if kpi in ['engagements', 'engagement_rate_pct'] -%}
        engagement_has_saves,
        {%- else -%}
        cast(null as boolean) as engagement_has_saves,
        {%- endif %}
        cast({{ kpi }} as double) as kpi_value
    from account_days
    where {{ kpi }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Only values of one definition stand in a row: rates with saves and without are two.
count_accounts as (

    select
        *,
        count(*) over same_measure as accounts,
        rank() over (
            partition by kpi_date, kpi, engagement_has_saves order by kpi_value desc
        ) as kpi_rank,
        count(*) over (
            partition by kpi_date, kpi, engagement_has_saves, kpi_value
        ) as ties,
        max(kpi_value) over same_measure as best_value,
        -- Engines differ in the last digit of the mean of two.
        round(median(kpi_value) over same_measure, 9) as median_value
    from list_values
    window same_measure as (partition by kpi_date, kpi, engagement_has_saves)

)

select
    account_id,
    account_role,
    kpi_date,
    kpi,
    kpi_value,
    engagement_has_saves,
    cast(accounts as bigint) as accounts,
    cast(kpi_rank as bigint) as kpi_rank,
    -- Share of the others that it beats, half of those that it equals.
    case
        when accounts > 1
            then
                100 * (accounts - kpi_rank - ties + 1 + (ties - 1) / cast(2 as double))
                / (accounts - 1)
    end as percentile,
    best_value,
    kpi_value - best_value as gap_to_best,
    median_value,
    kpi_value - median_value as gap_to_median,
    is_provisional
from count_accounts
