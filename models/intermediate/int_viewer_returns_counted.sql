with

viewer_days as (

    select * from {{ ref('int_viewer_days') }}

),

first_views as (

    select * from {{ ref('int_viewer_first_view') }}

),

audience_bounds as (

    select
        *,
        {{ days_before(week_of('last_date'), (var('cohort_weeks') - 1) * 7) }} as first_cohort_week
    from {{ ref('int_audience_bounds') }}

),

list_members as (

    select
        first_views.account_id,
        first_views.person_key,
        audience_bounds.first_cohort_week,
        audience_bounds.last_date,
        first_views.last_view_date,
        {{ week_of('first_views.first_view_date') }} as cohort_week
    from first_views
    inner join audience_bounds
        on first_views.account_id = audience_bounds.account_id
    where
        first_views.is_counted
        and first_views.first_view_date
        between audience_bounds.first_cohort_week and audience_bounds.last_date

),

-- One row per person and week after their first, so that people are counted by counting rows.
list_returns as (

    select distinct
        viewer_days.account_id,
        viewer_days.person_key,
        list_members.cohort_week,
        {{ week_of('viewer_days.event_date') }} as view_week,
        list_members.last_date
    from viewer_days
    inner join list_members
        on
            viewer_days.account_id = list_members.account_id
            and viewer_days.person_key = list_members.person_key
    where
        viewer_days.views > 0
        -- Most people never come back, and their days need not be looked for.
        and list_members.last_view_date > {{ days_before('list_members.cohort_week', -6) }}
        and viewer_days.event_date > {{ days_before('list_members.cohort_week', -6) }}
        and viewer_days.event_date <= list_members.last_date

),

find_first_return as (

    select
        account_id,
        person_key,
        cohort_week,
        min(view_week) as view_week
    from list_returns
    group by account_id, person_key, cohort_week

),

-- All of a cohort view in its own week.
count_viewers as (

    select
        account_id,
        cohort_week,
        cohort_week as view_week,
        {{ days_before('cohort_week', -6) }} <= last_date as is_complete,
        count(*) as viewers
    from list_members
    group by account_id, cohort_week, last_date

    union all

    select
        account_id,
        cohort_week,
        view_week,
        {{ days_before('view_week', -6) }} <= last_date as is_complete,
        count(*) as viewers
    from list_returns
    group by account_id, cohort_week, view_week, last_date

),

count_first_returns as (

    select
        account_id,
        cohort_week,
        view_week,
        count(*) as first_returns
    from find_first_return
    group by account_id, cohort_week, view_week

),

join_counts as (

    select
        count_viewers.account_id,
        count_viewers.cohort_week,
        count_viewers.view_week,
        count_viewers.viewers,
        -- The last week may not be over.
        case
            when count_viewers.is_complete then coalesce(count_first_returns.first_returns, 0)
        end as first_returns
    from count_viewers
    left join count_first_returns
        on
            count_viewers.account_id = count_first_returns.account_id
            and count_viewers.cohort_week = count_first_returns.cohort_week
            and count_viewers.view_week = count_first_returns.view_week

)

select * from join_counts
