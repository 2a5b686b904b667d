with

retention as (

    select * from {{ ref('viewer_retention') }}

),

returns as (

    select * from {{ ref('int_viewer_returns_counted') }}

),

describe_cohorts as (

    select
        account_id,
        cohort_week,
        max(new_viewers) as new_viewers,
        bool_or(is_complete and weeks_since = 0) as is_complete,
        bool_or(is_provisional and weeks_since = 0) as is_provisional,
        count(*) filter (where is_complete and weeks_since > 0) as weeks_followed,
        count(*) filter (where is_suppressed and weeks_since > 0) as suppressed_weeks
    from retention
    group by account_id, cohort_week

),

sum_returns as (

    select
        account_id,
        cohort_week,
        sum(case when view_week = cohort_week then viewers end) as members,
        coalesce(sum(first_returns), 0) as returned_people
    from returns
    group by account_id, cohort_week

),

-- Who came back, but not in a certain week, is a group as well: its number would follow from both.
find_differences as (

    select
        returns.account_id,
        returns.cohort_week,
        max(
            case
                when {{ is_small_group('sum_returns.returned_people - returns.viewers') }} then 1
                else 0
            end
        ) = 1 as differs_by_few
    from returns
    inner join sum_returns
        on
            returns.account_id = sum_returns.account_id
            and returns.cohort_week = sum_returns.cohort_week
    where returns.view_week > returns.cohort_week and returns.first_returns is not null
    group by returns.account_id, returns.cohort_week

),

withhold_small as (

    select
        describe_cohorts.*,
        sum_returns.returned_people,
        describe_cohorts.new_viewers is null as is_suppressed,
        describe_cohorts.new_viewers is null
        or {{ is_small_group('sum_returns.returned_people') }}
        or {{ is_small_group('sum_returns.members - sum_returns.returned_people') }}
        or coalesce(find_differences.differs_by_few, false)
        -- Of one week, both numbers are the same.
        or (describe_cohorts.weeks_followed = 1 and describe_cohorts.suppressed_weeks = 1)
            as is_return_suppressed
    from describe_cohorts
    inner join sum_returns
        on
            describe_cohorts.account_id = sum_returns.account_id
            and describe_cohorts.cohort_week = sum_returns.cohort_week
    left join find_differences
        on
            describe_cohorts.account_id = find_differences.account_id
            and describe_cohorts.cohort_week = find_differences.cohort_week

),

show_counts as (

    select
        *,
        case
            when weeks_followed > 0 and not is_return_suppressed then returned_people
        end as shown_returned_people
    from withhold_small

)

select
    account_id,
    cohort_week,
    new_viewers,
    cast(shown_returned_people as bigint) as returned_people,
    {{ pct('shown_returned_people', 'new_viewers') }} as returned_pct,
    cast(weeks_followed as bigint) as weeks_followed,
    is_complete,
    is_provisional,
    is_suppressed,
    weeks_followed > 0 and is_return_suppressed as is_return_suppressed,
    cast(suppressed_weeks as bigint) as suppressed_weeks
from show_counts
