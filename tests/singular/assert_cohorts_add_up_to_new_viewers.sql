-- A week's cohort is who was new on its days.
-- A returned row is a cohort whose size is not the sum of its days' new viewers, a week that has
-- new viewers and no cohort, or a share of returning people above 100.

with

cohorts as (

    select * from {{ ref('viewer_cohorts') }}

),

retention as (

    select * from {{ ref('viewer_retention') }}

),

account_days as (

    select * from {{ ref('daily_account_kpis') }}

),

audience_bounds as (

    select * from {{ ref('int_audience_bounds') }}

),

sum_weeks as (

    select
        account_days.account_id,
        {{ week_of('account_days.kpi_date') }} as cohort_week,
        sum(account_days.new_viewers) as new_viewers
    from account_days
    inner join audience_bounds
        on account_days.account_id = audience_bounds.account_id
    where
        -- New viewers that an export tells are numbers, and nobody's keys.
        account_days.watch_source = 'event_log'
        and account_days.kpi_date
        between {{ days_before(
            week_of('audience_bounds.last_date'), (var('cohort_weeks') - 1) * 7
        ) }} and audience_bounds.last_date
    group by account_days.account_id, {{ week_of('account_days.kpi_date') }}

)

select
    sum_weeks.account_id,
    sum_weeks.cohort_week,
    sum_weeks.new_viewers as expected,
    cast(cohorts.new_viewers as double) as found
from sum_weeks
left join cohorts
    on
        sum_weeks.account_id = cohorts.account_id
        and sum_weeks.cohort_week = cohorts.cohort_week
where
    sum_weeks.new_viewers > 0
    and (
        cohorts.account_id is null
        or cohorts.new_viewers <> sum_weeks.new_viewers
        or (cohorts.is_suppressed <> ({{ is_small_group('sum_weeks.new_viewers') }}))
    )

union all

select
    account_id,
    cohort_week,
    100 as expected,
    returned_pct as found
from retention
where returned_pct > 100 or (weeks_since = 0 and returned_pct <> 100)
