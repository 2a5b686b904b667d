-- The values of each currency are, over an account's day, those of fct_conversion_daily; over its
-- traffic sources they add up to the same; and where the funnel shows one value it is theirs.
-- A returned row is a day and currency that differs.

with

bounds as (

    select max(kpi_date) as last_date from {{ ref('daily_account_kpis') }}

),

funnel_values as (

    select * from {{ ref('conversion_funnel_values') }}

),

sum_types as (

    select
        types.account_id,
        types.event_date,
        coalesce(types.currency, 'unknown') as currency,
        {{ sum_that_fits('types.conversion_value_amount', 'decimal(18, 4)') }} as value_amount
    from {{ ref('fct_conversion_daily') }} as types
    cross join bounds
    where
        types.funnel_source = 'event_log'
        and types.conversion_value_amount is not null
        and types.event_date <= bounds.last_date
    group by types.account_id, types.event_date, coalesce(types.currency, 'unknown')

),

sum_traffic_sources as (

    select
        account_id,
        event_date,
        currency,
        {{ sum_that_fits('conversion_value_amount', 'decimal(18, 4)') }} as value_amount
    from funnel_values
    where breakdown = 'traffic_source'
    group by account_id, event_date, currency

),

account_values as (

    select * from funnel_values
    where breakdown = 'account'

)

select
    coalesce(account_values.account_id, sum_types.account_id) as account_id,
    coalesce(account_values.event_date, sum_types.event_date) as event_date,
    coalesce(account_values.currency, sum_types.currency) as currency,
    account_values.conversion_value_amount,
    sum_types.value_amount as value_amount_of_types,
    sum_traffic_sources.value_amount as value_amount_of_traffic_sources
from account_values
full outer join sum_types
    on
        account_values.account_id = sum_types.account_id
        and account_values.event_date = sum_types.event_date
        and account_values.currency = sum_types.currency
left join sum_traffic_sources
    on
        account_values.account_id = sum_traffic_sources.account_id
        and account_values.event_date = sum_traffic_sources.event_date
        and account_values.currency = sum_traffic_sources.currency
where
    account_values.conversion_value_amount is distinct from sum_types.value_amount
    or (
        account_values.account_id is not null
        and account_values.conversion_value_amount
        is distinct from sum_traffic_sources.value_amount
    )

union all

select
    funnel.account_id,
    funnel.event_date,
    funnel.currency,
    funnel.conversion_value_amount,
    funnel_values.conversion_value_amount as value_amount_of_types,
    cast(null as decimal(18, 4)) as value_amount_of_traffic_sources
from {{ ref('conversion_funnel') }} as funnel
inner join funnel_values
    on
        funnel.account_id = funnel_values.account_id
        and funnel.event_date = funnel_values.event_date
        and funnel.breakdown = funnel_values.breakdown
        and funnel.breakdown_value = funnel_values.breakdown_value
where
    funnel.conversion_value_amount is not null
    and funnel.conversion_value_amount is distinct from funnel_values.conversion_value_amount
