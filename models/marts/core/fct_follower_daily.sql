with

account_days as (

    select * from {{ ref('int_account_days_spined') }}

),

follower_events as (

    select * from {{ ref('int_account_follower_events_daily') }}

),

official_followers as (

    select * from {{ ref('int_official_followers_daily') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

-- Of the exports the API and a business account's files know who came and who went.
exported_days as (

    select
        account_id,
        event_date,
        max(followers_gained) filter (where source = 'accounts_api') as api_followers_gained,
        max(followers_lost) filter (where source = 'accounts_api') as api_followers_lost,
        max(followers_gained) filter (where source = 'studio') as studio_followers_gained,
        max(followers_lost) filter (where source = 'studio') as studio_followers_lost
    from {{ ref('int_account_days_exported') }}
    group by account_id, event_date

),

join_sources as (

    select
        account_days.account_id,
        account_days.event_date,
        account_days.is_beyond_data_end,
        coverage.knows_follower_events
        and (
            {{ is_event_log_day('account_days.event_date') }}
            or coalesce(
                exported_days.api_followers_gained,
                exported_days.api_followers_lost,
                exported_days.studio_followers_gained,
                exported_days.studio_followers_lost,
                official_followers.api_followers,
                official_followers.studio_followers
            ) is null
            and not coalesce(
                official_followers.api_is_suspect or official_followers.studio_is_suspect, false
            )
        ) as knows_follower_events,
        follower_events.followers_gained as event_followers_gained,
        follower_events.followers_lost as event_followers_lost,
        exported_days.api_followers_gained,
        exported_days.api_followers_lost,
        exported_days.studio_followers_gained,
        exported_days.studio_followers_lost,
        official_followers.own_followers,
        official_followers.own_level_source,
        official_followers.own_is_suspect,
        official_followers.api_followers,
        official_followers.api_is_suspect,
        official_followers.studio_followers,
        official_followers.studio_is_suspect
    from account_days
    inner join coverage
        on account_days.account_id = coverage.account_id
    left join follower_events
        on
            account_days.account_id = follower_events.account_id
            and account_days.event_date = follower_events.event_date
    left join official_followers
        on
            account_days.account_id = official_followers.account_id
            and account_days.event_date = official_followers.event_date
    left join exported_days
        on
            account_days.account_id = exported_days.account_id
            and account_days.event_date = exported_days.event_date

),

-- The day has one source; own counts and own snapshots are one, as the contract has it. A suspect
-- level does not count, but the day stays its source's.
choose_sources as (

    select
        *,
        case
            when knows_follower_events or own_level_source = 'event_log' then 'own'
            when
                coalesce(api_followers_gained, api_followers_lost, api_followers) is not null
                or api_is_suspect
                then 'accounts_api'
            when
                coalesce(
                    studio_followers_gained, studio_followers_lost, studio_followers
                ) is not null
                or studio_is_suspect
                then 'studio'
            when own_followers is not null or own_is_suspect then 'own'
        end as day_source
    from join_sources

),

take_values as (

    select
        account_id,
        event_date,
        is_beyond_data_end,
        knows_follower_events,
        day_source,
        lag(day_source) over (partition by account_id order by event_date) as day_source_before,
        case
            when knows_follower_events then coalesce(event_followers_gained, 0)
            when day_source = 'accounts_api' then api_followers_gained
            when day_source = 'studio' then studio_followers_gained
        end as followers_gained,
        case
            when knows_follower_events then coalesce(event_followers_lost, 0)
            when day_source = 'accounts_api' then api_followers_lost
            when day_source = 'studio' then studio_followers_lost
        end as followers_lost,
        case day_source
            when 'own' then own_followers
            when 'accounts_api' then api_followers
            when 'studio' then studio_followers
        end as official_followers,
        case day_source
            when 'own' then coalesce(own_is_suspect, false)
            when 'accounts_api' then coalesce(api_is_suspect, false)
            when 'studio' then coalesce(studio_is_suspect, false)
        end as followers_is_suspect,
        case day_source when 'own' then own_level_source else day_source end as level_source
    from choose_sources

),

-- Days in a row of one source: nothing is carried from one source to another.
number_stretches as (

    select
        *,
        sum(case when day_source is distinct from day_source_before then 1 else 0 end) over (
            partition by account_id
            order by event_date
        ) as stretch
    from take_values

),

-- A level between official ones is the last official one plus what happened since; before the
-- first one it is that one minus what happened until then. Running totals give both, as long as
-- no day between is without a word on who came and who went.
run_totals as (

    select
        *,
        sum(coalesce(followers_gained - followers_lost, 0)) over (
            partition by account_id, stretch
            order by event_date
        ) as running_net,
        sum(case when followers_gained - followers_lost is null then 1 else 0 end) over (
            partition by account_id, stretch
            order by event_date
        ) as running_unknown_days,
        max(case when official_followers is not null then event_date end) over (
            partition by account_id, stretch
            order by event_date
        ) as last_official_date,
        min(case when official_followers is not null then event_date end) over (
            partition by account_id, stretch
        ) as first_official_date
    from number_stretches

),

add_anchor as (

    select
        run_totals.*,
        anchor.official_followers as anchor_followers,
        anchor.running_net as anchor_running_net,
        anchor.running_unknown_days as anchor_running_unknown_days
    from run_totals
    left join run_totals as anchor
        on
            run_totals.account_id = anchor.account_id
            and coalesce(run_totals.last_official_date, run_totals.first_official_date)
            = anchor.event_date

),

compute_closing as (

    select
        *,
        case
            when running_unknown_days = anchor_running_unknown_days
                then
                    try_cast(
                        cast(anchor_followers as decimal(38, 0))
                        + (running_net - anchor_running_net) as bigint
                    )
            else official_followers
        end as computed_closing
    from add_anchor

),

-- Below 0 the events cannot be whole. What they say is unknown from there on: back to the first day
-- before the first official level, forward to the next official one.
mark_impossible as (

    select
        *,
        case
            when last_official_date is null
                then max(case when computed_closing < 0 then 1 else 0 end) over (
                    partition by account_id, stretch, last_official_date
                    order by event_date desc
                )
            else max(case when computed_closing < 0 then 1 else 0 end) over (
                partition by account_id, stretch, last_official_date
                order by event_date
            )
        end = 1 as is_impossible
    from compute_closing

),

keep_possible as (

    select
        *,
        case when not is_impossible then computed_closing end as followers_closing
    from mark_impossible

),

compute_opening as (

    select
        *,
        lag(followers_closing) over (partition by account_id order by event_date)
            as closing_before,
        lag(event_date) over (partition by account_id order by event_date) as event_date_before,
        {{ total_that_fits(['followers_closing', '-followers_gained', 'followers_lost']) }}
            as walked_back_opening
    from keep_possible

),

choose_opening as (

    select
        *,
        case
            when
                event_date_before is not null
                and (day_source is null or day_source = day_source_before)
                then closing_before
            when event_date <= first_official_date and walked_back_opening >= 0
                then walked_back_opening
        end as followers_opening,
        case
            when knows_follower_events then 'event_log'
            when
                day_source = 'accounts_api'
                or coalesce(followers_gained, followers_lost) is not null
                then day_source
            when followers_closing is not null then level_source
        end as followers_source
    from compute_opening

),

compute_changes as (

    select
        *,
        {{ total_that_fits(['followers_closing', '-followers_opening']) }} as followers_net,
        {{ total_that_fits([
            'followers_closing', '-followers_opening', '-followers_gained', 'followers_lost',
        ]) }} as followers_adjustment
    from choose_opening

)

select
    account_id,
    event_date,
    followers_opening,
    followers_gained,
    followers_lost,
    followers_adjustment,
    followers_net,
    followers_closing,
    {{ pct('followers_net', 'followers_opening') }} as follower_growth_rate_pct,
    {{ pct('followers_gained', 'followers_opening') }} as gross_follower_growth_rate_pct,
    followers_source,
    followers_is_suspect
from compute_changes
where is_beyond_data_end is not true
