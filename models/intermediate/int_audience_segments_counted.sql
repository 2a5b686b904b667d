with

viewer_days as (

    select * from {{ ref('int_viewer_days') }}

),

first_views as (

    select * from {{ ref('int_viewer_first_view') }}

),

audience_bounds as (

    select * from {{ ref('int_audience_bounds') }}

),

list_periods as (
    {% for period, days in content_periods().items() %}
    select
        account_id,
        '{{ period }}' as period,
        {% if days -%}
        {{ days_before('last_date', days - 1) }} as first_date,
        {%- else -%}
        first_date,
        {%- endif %}
        last_date
    from audience_bounds
    where knows_engagers
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

list_segments as (
    {% for segment in audience_segments() %}
    select
        account_id,
        period,
        first_date,
        last_date,
        '{{ segment }}' as segment
    from list_periods
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

sum_people as (

    select
        viewer_days.account_id,
        viewer_days.person_key,
        list_periods.period,
        list_periods.first_date,
        sum(viewer_days.views) as views,
        sum(viewer_days.watch_seconds) as watch_seconds,
        sum(viewer_days.public_interactions) as public_interactions,
        sum(viewer_days.advocacy_interactions) as advocacy_interactions
    from viewer_days
    inner join list_periods
        on
            viewer_days.account_id = list_periods.account_id
            and viewer_days.event_date between list_periods.first_date and list_periods.last_date
    where viewer_days.views > 0 or viewer_days.public_interactions > 0
    group by
        viewer_days.account_id,
        viewer_days.person_key,
        list_periods.period,
        list_periods.first_date

),

assign_segments as (

    select
        sum_people.*,
        first_views.first_view_date >= sum_people.first_date as is_new,
        {{ audience_segment(
            'sum_people.views', 'sum_people.public_interactions', 'sum_people.advocacy_interactions'
        ) }} as segment
    from sum_people
    left join first_views
        on
            sum_people.account_id = first_views.account_id
            and sum_people.person_key = first_views.person_key
            and first_views.is_counted

),

count_people as (

    select
        account_id,
        period,
        segment,
        count(*) as people,
        count(*) filter (where is_new) as new_people,
        sum(views) as views,
        sum(watch_seconds) as watch_seconds,
        sum(public_interactions) as public_interactions
    from assign_segments
    group by account_id, period, segment

),

-- A segment that nobody is in is known to have none.
fill_segments as (

    select
        list_segments.account_id,
        list_segments.period,
        list_segments.first_date,
        list_segments.last_date,
        list_segments.segment,
        coalesce(count_people.people, 0) as people,
        -- Who was never seen viewing is neither new nor returning.
        case
            when list_segments.segment <> 'engaged_unseen'
                then coalesce(count_people.new_people, 0)
        end as new_people,
        case
            when list_segments.segment <> 'engaged_unseen'
                then coalesce(count_people.people - count_people.new_people, 0)
        end as returning_people,
        cast(coalesce(count_people.views, 0) as bigint) as views,
        cast(coalesce(count_people.watch_seconds, 0) as decimal(38, 3)) as watch_seconds,
        cast(coalesce(count_people.public_interactions, 0) as bigint) as public_interactions
    from list_segments
    left join count_people
        on
            list_segments.account_id = count_people.account_id
            and list_segments.period = count_people.period
            and list_segments.segment = count_people.segment

)

select * from fill_segments
