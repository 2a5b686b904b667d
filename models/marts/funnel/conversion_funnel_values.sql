with

conversions as (

    select *
    from {{ ref('int_funnel_actions_attributed') }}
    where value_amount is not null

),

funnel as (

    select *
    from {{ ref('conversion_funnel') }}
    where conversions is not null and funnel_source = 'event_log'

),

-- A video's conversions are those that name it, whichever account they say.
list_values as (
    {% for breakdown, (owner, value) in {
        'account': ['account_id', "'all'"],
        'video': ['cast(null as string)', 'video_id'],
        'traffic_source': ['account_id', 'traffic_source'],
    }.items() %}
    select
        '{{ breakdown }}' as breakdown,
        {{ value }} as breakdown_value,
        {{ owner }} as account_id,
        event_date,
        coalesce(currency, 'unknown') as currency,
        value_amount
    from conversions
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

sum_values as (

    select
        breakdown,
        breakdown_value,
        account_id,
        event_date,
        currency,
        count(*) as valued_conversions,
        {{ sum_that_fits('value_amount', 'decimal(18, 4)') }} as conversion_value_amount
    from list_values
    where breakdown_value is not null
    group by breakdown, breakdown_value, account_id, event_date, currency

)

select
    funnel.account_id,
    funnel.event_date,
    funnel.breakdown,
    funnel.breakdown_value,
    sum_values.currency,
    sum_values.valued_conversions,
    sum_values.conversion_value_amount
from funnel
inner join sum_values
    on
        funnel.breakdown = sum_values.breakdown
        and funnel.breakdown_value = sum_values.breakdown_value
        and funnel.event_date = sum_values.event_date
        and funnel.account_id = coalesce(sum_values.account_id, funnel.account_id)
