-- The types and currencies of an account's day are all of its conversions, and the videos' are no
-- more than that.
-- A returned row is an account-day whose marts disagree.

with

sum_types as (

    select
        account_id,
        event_date,
        sum(conversions) as conversions,
        count(distinct coalesce(currency, '?')) filter (where conversion_value_amount is not null)
            as currencies,
        {{ sum_that_fits('conversion_value_amount', 'decimal(18, 4)') }} as value_amount
    from {{ ref('fct_conversion_daily') }}
    group by account_id, event_date

),

sum_videos as (

    select
        account_id,
        event_date,
        sum(conversions) as conversions,
        sum(profile_visits) as profile_visits
    from {{ ref('fct_video_daily') }}
    group by account_id, event_date

)

select
    accounts.account_id,
    accounts.kpi_date,
    accounts.conversions,
    accounts.funnel_source,
    sum_types.conversions as conversions_of_types,
    sum_videos.conversions as conversions_of_videos,
    accounts.conversion_value_amount,
    sum_types.value_amount
from {{ ref('daily_account_kpis') }} as accounts
left join sum_types
    on accounts.account_id = sum_types.account_id and accounts.kpi_date = sum_types.event_date
left join sum_videos
    on accounts.account_id = sum_videos.account_id and accounts.kpi_date = sum_videos.event_date
where
    coalesce(accounts.conversions, 0) <> coalesce(sum_types.conversions, 0)
    or (
        coalesce(sum_types.currencies, 0) <= 1
        and coalesce(accounts.conversion_value_amount, 0) <> coalesce(sum_types.value_amount, 0)
    )
    or (sum_types.currencies > 1 and accounts.conversion_value_amount is not null)
