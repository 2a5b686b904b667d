with

returns as (

    select * from {{ ref('int_viewer_returns_counted') }}

),

audience_bounds as (

    select * from {{ ref('int_audience_bounds') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

list_cohorts as (

    select
        returns.account_id,
        returns.cohort_week,
        returns.viewers as new_viewers,
        audience_bounds.last_date
    from returns
    inner join audience_bounds
        on returns.account_id = audience_bounds.account_id
    where returns.view_week = returns.cohort_week

),

list_weeks as (

    select
        account_id,
        cohort_week,
        new_viewers,
        last_date,
        {{ each_integer(
            'cast(0 as bigint)', whole_quotient(days_between('cohort_week', 'last_date'), 7)
        ) }} as weeks_since
    from list_cohorts

),

date_weeks as (

    select
        account_id,
        cohort_week,
        new_viewers,
        weeks_since,
        {{ days_before('cohort_week', '-7 * weeks_since') }} as view_week,
        {{ days_before('cohort_week', '-7 * weeks_since - 6') }} <= last_date as is_complete
    from list_weeks

),

-- A week in which nobody came back has no row in the counts.
add_returned as (

    select
        date_weeks.account_id,
        date_weeks.cohort_week,
        date_weeks.weeks_since,
        date_weeks.view_week,
        date_weeks.new_viewers,
        date_weeks.is_complete,
        date_weeks.weeks_since = 0 as is_first_week,
        coalesce(returns.viewers, 0) as returned_people,
        {{ is_provisional(days_before('date_weeks.view_week', '-6'), ["'event_log'"]) }}
            as is_provisional
    from date_weeks
    cross join bounds
    left join returns
        on
            date_weeks.account_id = returns.account_id
            and date_weeks.cohort_week = returns.cohort_week
            and date_weeks.view_week = returns.view_week

),

-- Who stayed away is a group as well: all of the cohort less those who came back.
mark_small as (

    select
        *,
        {{ is_small_group('new_viewers') }}
        or (not is_first_week and {{ is_small_group('returned_people') }})
        or {{ is_small_group('new_viewers - returned_people') }} as is_small
    from add_returned

),

-- A week's returning viewers may be known as a whole: they are those of all cohorts before it.
withhold_small as (

    select
        *,
        {{ is_withheld(
            'returned_people', 'is_small', 'account_id, view_week, is_first_week', 'cohort_week'
        ) }} as is_suppressed
    from mark_small

),

show_counts as (

    select
        *,
        case when not ({{ is_small_group('new_viewers') }}) then new_viewers end
            as shown_new_viewers,
        case when is_complete and not is_suppressed then returned_people end
            as shown_returned_people
    from withhold_small

)

select
    account_id,
    cohort_week,
    cast(weeks_since as bigint) as weeks_since,
    view_week,
    shown_new_viewers as new_viewers,
    shown_returned_people as returned_people,
    {{ pct('shown_returned_people', 'shown_new_viewers') }} as returned_pct,
    is_complete,
    is_provisional,
    is_complete and is_suppressed as is_suppressed
from show_counts
