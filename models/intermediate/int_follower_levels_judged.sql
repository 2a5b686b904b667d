with

levels as (

    select * from {{ ref('int_follower_levels') }}

),

follower_events as (

    select * from {{ ref('int_account_follower_events_daily') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

-- Of the exports the API alone knows who came and who went.
exported_days as (

    select *
    from {{ ref('int_account_days_exported') }}
    where source = 'accounts_api'

),

logged_days as (

    select
        follower_events.account_id,
        follower_events.event_date,
        follower_events.followers_gained - follower_events.followers_lost as net
    from follower_events
    inner join coverage
        on follower_events.account_id = coverage.account_id and coverage.knows_follower_events

),

list_net as (

    select
        coalesce(logged_days.account_id, exported_days.account_id) as account_id,
        coalesce(logged_days.event_date, exported_days.event_date) as event_date,
        coalesce(
            logged_days.net, exported_days.followers_gained - exported_days.followers_lost
        ) as net
    from logged_days
    full outer join exported_days
        on
            logged_days.account_id = exported_days.account_id
            and logged_days.event_date = exported_days.event_date

),

list_days as (

    select
        source,
        account_id,
        event_date,
        followers,
        cast(0 as bigint) as net
    from levels

    union all

    select
        cast(null as string) as source,
        account_id,
        event_date,
        cast(null as bigint) as followers,
        net
    from list_net

),

run_net as (

    select
        *,
        coalesce(sum(net) over (partition by account_id order by event_date), 0) as known_net
    from list_days

),

keep_levels as (

    select *
    from run_net
    where source is not null

),

{{ find_suspects('keep_levels', series=['source', 'account_id'], value='followers') }}

select
    keep_levels.source,
    keep_levels.account_id,
    keep_levels.event_date,
    keep_levels.followers,
    find_suspects.event_date is not null as is_suspect
from keep_levels
left join find_suspects
    on
        keep_levels.source = find_suspects.source
        and keep_levels.account_id = find_suspects.account_id
        and keep_levels.event_date = find_suspects.event_date
