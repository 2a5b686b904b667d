-- Opening + gained - lost + adjustment = closing, net = closing - opening, and each day opens with
-- what the day before closed with, unless its numbers come from another source.
-- A returned row is an account-day that does not add up.

with

add_source as (

    select
        *,
        -- Own counts and own snapshots are one.
        case followers_source when 'snapshots' then 'event_log' else followers_source end
            as one_source
    from {{ ref('daily_account_kpis') }}

),

add_day_before as (

    select
        *,
        lag(one_source) over (partition by account_id order by kpi_date) as source_before,
        lag(followers_closing) over (partition by account_id order by kpi_date) as closing_before,
        lag(kpi_date) over (partition by account_id order by kpi_date) as date_before
    from add_source

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
    cast(followers_opening as decimal(20, 0)) + followers_gained - followers_lost
    + followers_adjustment
    <> followers_closing
    or followers_net <> cast(followers_closing as decimal(20, 0)) - followers_opening
    or (
        followers_adjustment is null
        and followers_opening is not null
        and followers_closing is not null
        and followers_gained is not null
        -- A level near the end of its column leaves no room for the difference.
        and followers_net is not null
        and abs(cast(followers_net as decimal(20, 0))) < 9000000000000000000
    )
    or (
        date_before is not null
        and (one_source is null or one_source = source_before)
        and followers_opening is distinct from closing_before
    )
