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

exported_days as (

    select * from {{ ref('int_account_days_exported') }}

),

chosen_days as (

    select * from {{ ref('int_account_days_chosen') }}

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
        case when coverage.knows_profile_visits then funnel.profile_visits end as profile_visits,
        case when coverage.knows_profile_visits then funnel.profile_visitors end
            as profile_visitors
    from count_conversions
    inner join coverage
        on count_conversions.account_id = coverage.account_id and coverage.knows_conversions
    left join funnel
        on
            count_conversions.account_id = funnel.account_id
            and count_conversions.event_date = funnel.event_date

),

-- What an export counted, on days of which the event log knows nothing. It names no people.
list_exported as (
    {% for conversion_type, measure in
        {'link_click': 'link_clicks', 'download': 'downloads', 'lead': 'leads'}.items() %}
    select
        exported_days.account_id,
        exported_days.event_date,
        '{{ conversion_type }}' as conversion_type,
        exported_days.{{ measure }} as conversions,
        exported_days.profile_visits,
        exported_days.source
    from exported_days
    inner join chosen_days
        on
            exported_days.account_id = chosen_days.account_id
            and exported_days.event_date = chosen_days.event_date
            and exported_days.source = chosen_days.funnel_source
    inner join coverage
        on exported_days.account_id = coverage.account_id
    where
        exported_days.{{ measure }} > 0
        and not (
            (coverage.knows_profile_visits or coverage.knows_conversions)
            and {{ is_event_log_day('exported_days.event_date') }}
        )
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

list_conversions as (

    select
        account_id,
        event_date,
        conversion_type,
        currency,
        conversions,
        quantity,
        conversion_value_amount,
        profile_visits,
        profile_visitors,
        'event_log' as funnel_source
    from add_visitors

    union all

    select
        account_id,
        event_date,
        conversion_type,
        cast(null as string) as currency,
        conversions,
        cast(null as bigint) as quantity,
        cast(null as decimal(18, 4)) as conversion_value_amount,
        profile_visits,
        cast(null as bigint) as profile_visitors,
        source as funnel_source
    from list_exported

)

select
    account_id,
    event_date,
    conversion_type,
    currency,
    conversions,
    quantity,
    conversion_value_amount,
    profile_visits,
    profile_visitors,
    {{ pct('conversions', conversion_visitors()) }} as conversion_rate_pct,
    funnel_source
from list_conversions
