with

events as (

    select *
    from {{ ref('int_personal_events') }}
    where {{ is_own_act() }}

),

list_types as (

    select
        archive_owner,
        event_type,
        event_date
    from events

    union all

    select
        archive_owner,
        'any' as event_type,
        event_date
    from events

),

count_days as (

    select
        archive_owner,
        event_type,
        event_date,
        count(*) as events
    from list_types
    group by archive_owner, event_type, event_date

),

number_days as (

    select
        *,
        row_number() over (
            partition by archive_owner, event_type order by event_date
        ) as day_number,
        max(event_date) over (partition by archive_owner) as archive_last_date
    from count_days

),

-- Days in a row lie as far from one fixed day as their number says.
find_islands as (

    select
        *,
        {{ days_before('event_date', 'day_number') }} as island_date
    from number_days

),

describe_streaks as (

    select
        archive_owner,
        event_type,
        min(event_date) as first_date,
        max(event_date) as last_date,
        count(*) as days,
        sum(events) as events,
        max(event_date) = max(archive_last_date) as is_current
    from find_islands
    group by archive_owner, event_type, island_date

),

rank_streaks as (

    select
        *,
        rank() over (partition by archive_owner, event_type order by days desc) as streak_rank
    from describe_streaks

)

select
    archive_owner,
    event_type,
    first_date,
    last_date,
    days,
    cast(events as bigint) as events,
    is_current,
    cast(streak_rank as bigint) as streak_rank
from rank_streaks
