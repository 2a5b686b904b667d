with

conversions as (

    select * from {{ ref('int_conversions_dated') }}

),

funnel as (

    select * from {{ ref('int_account_funnel_daily') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

count_conversions as (

    select
        account_id,
        event_date,
        conversion_type,
        currency,
        count(*) as conversions,
        {{ sum_that_fits('quantity') }} as quantity,
        {{ sum_that_fits('value_amount', 'decimal(18, 4)') }} as conversion_value_amount
    from conversions
    group by account_id, event_date, conversion_type, currency

),

-- Visitors of the day stand beside every type: a rate of one type is its sum over them.
add_visitors as (

    select
        count_conversions.*,
        case when coverage.knows_profile_visits then funnel.profile_visitors end
            as profile_visitors
    from count_conversions
    inner join coverage
        on count_conversions.account_id = coverage.account_id and coverage.knows_conversions
    left join funnel
        on
            count_conversions.account_id = funnel.account_id
            and count_conversions.event_date = funnel.event_date

)

select
    account_id,
    event_date,
    conversion_type,
    currency,
    conversions,
    quantity,
    conversion_value_amount,
    profile_visitors,
    {{ pct('conversions', 'profile_visitors') }} as conversion_rate_pct
from add_visitors
