-- Opening + gained - lost + adjustment = closing, net = closing - opening, and each day opens with
-- what the day before closed with.
-- A returned row is an account-day that does not add up.

with

add_day_before as (

    select
        *,
        lag(followers_closing) over (partition by account_id order by kpi_date) as closing_before,
        lag(kpi_date) over (partition by account_id order by kpi_date) as date_before
    from {{ ref('daily_account_kpis') }}

)

select
    account_id,
    kpi_date,
    followers_opening,
    followers_gained,
    followers_lost,
    followers_adjustment,
    followers_net,
    followers_closing,
    closing_before
from add_day_before
where
    followers_opening + followers_gained - followers_lost + followers_adjustment
    <> followers_closing
    or followers_net <> followers_closing - followers_opening
    or (
        followers_adjustment is null
        and followers_opening is not null
        and followers_closing is not null
        and followers_gained is not null
    )
    or (date_before is not null and followers_opening is distinct from closing_before)
