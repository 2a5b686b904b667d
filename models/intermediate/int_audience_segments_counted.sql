{%- set measures = ['views', 'watch_seconds', 'public_interactions', 'advocacy_interactions'] -%}

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

list_accounts as (

    select
        account_id,
        last_date,
        {{ days_before('last_date', audience_periods().values() | max - 1) }} as earliest_date
    from audience_bounds
    where knows_engagers

),

list_segments as (
    {% for period, days in audience_periods().items() -%}
    {%- set is_last_period = loop.last -%}
    {%- for segment in audience_segments() %}
    select
        account_id,
        '{{ period }}' as period,
        {{ days_before('last_date', days - 1) }} as first_date,
        last_date,
        '{{ segment }}' as segment
    from list_accounts
    {{ 'union all' if not (loop.last and is_last_period) }}
    {% endfor -%}
    {% endfor %}
),

recent_days as (

    select
        viewer_days.*,
        list_accounts.last_date
    from viewer_days
    inner join list_accounts
        on viewer_days.account_id = list_accounts.account_id
    where
        viewer_days.event_date between list_accounts.earliest_date and list_accounts.last_date
        and (viewer_days.views > 0 or viewer_days.public_interactions > 0)

),

list_engaged as (

    select distinct
        account_id,
        person_key
    from recent_days
    where public_interactions > 0

),

mark_days as (

    select
        recent_days.*,
        list_engaged.person_key is not null as has_engaged
    from recent_days
    left join list_engaged
        on
            recent_days.account_id = list_engaged.account_id
            and recent_days.person_key = list_engaged.person_key

),

mark_new as (

    select
        first_views.account_id,
        first_views.person_key,
        first_views.first_view_date,
        list_accounts.last_date,
        list_engaged.person_key is not null as has_engaged
    from first_views
    inner join list_accounts
        on first_views.account_id = list_accounts.account_id
    left join list_engaged
        on
            first_views.account_id = list_engaged.account_id
            and first_views.person_key = list_engaged.person_key
    where
        first_views.is_counted
        and first_views.first_view_date
        between list_accounts.earliest_date and list_accounts.last_date

),

-- Nearly everybody only views, and is a lurker of each period that holds their last day. What one
-- of them did need not be summed: telling people apart is what takes the time.
find_last_days as (

    select
        account_id,
        person_key,
        last_date,
        max(event_date) as last_view_date
    from mark_days
    where not has_engaged
    group by account_id, person_key, last_date

),

count_lurkers as (
    {% for period, days in audience_periods().items() %}
    select
        account_id,
        '{{ period }}' as period,
        count(*) as people
    from find_last_days
    where last_view_date >= {{ days_before('last_date', days - 1) }}
    group by account_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

count_new_lurkers as (
    {% for period, days in audience_periods().items() %}
    select
        account_id,
        '{{ period }}' as period,
        count(*) as new_people
    from mark_new
    where
        not has_engaged
        and first_view_date >= {{ days_before('last_date', days - 1) }}
    group by account_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

sum_lurkers as (
    {% for period, days in audience_periods().items() %}
    select
        account_id,
        '{{ period }}' as period,
        sum(views) as views,
        sum(watch_seconds) as watch_seconds
    from mark_days
    where
        not has_engaged
        and event_date >= {{ days_before('last_date', days - 1) }}
    group by account_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- One pass for all periods.
sum_engaged as (

    select
        {% for period, days in audience_periods().items() -%}
        {%- for measure in measures -%}
        cast(
            coalesce(
                sum({{ measure }}) filter (
                    where event_date >= {{ days_before('last_date', days - 1) }}
                ),
                0
            ) as {{ measure_type(measure) }}
        ) as {{ measure }}_{{ days }},
        {% endfor -%}
        {% endfor -%}
        account_id,
        person_key
    from mark_days
    where has_engaged
    group by account_id, person_key

),

classify_engaged as (

    select
        {% for days in audience_periods().values() -%}
        coalesce(
            mark_new.first_view_date >= {{ days_before('mark_new.last_date', days - 1) }}, false
        ) as is_new_{{ days }},
        {{ audience_segment(
            'sum_engaged.views_' ~ days,
            'sum_engaged.public_interactions_' ~ days,
            'sum_engaged.advocacy_interactions_' ~ days
        ) }} as segment_{{ days }},
        sum_engaged.views_{{ days }},
        sum_engaged.watch_seconds_{{ days }},
        sum_engaged.public_interactions_{{ days }},
        {% endfor -%}
        sum_engaged.account_id
    from sum_engaged
    left join mark_new
        on
            sum_engaged.account_id = mark_new.account_id
            and sum_engaged.person_key = mark_new.person_key

),

stack_periods as (
    {% for period, days in audience_periods().items() %}
    select
        account_id,
        '{{ period }}' as period,
        segment_{{ days }} as segment,
        1 as people,
        case when is_new_{{ days }} then 1 else 0 end as new_people,
        views_{{ days }} as views,
        watch_seconds_{{ days }} as watch_seconds,
        public_interactions_{{ days }} as public_interactions
    from classify_engaged
    union all
    {% endfor %}
    select
        count_lurkers.account_id,
        count_lurkers.period,
        'lurker' as segment,
        count_lurkers.people,
        coalesce(count_new_lurkers.new_people, 0) as new_people,
        sum_lurkers.views,
        sum_lurkers.watch_seconds,
        0 as public_interactions
    from count_lurkers
    inner join sum_lurkers
        on
            count_lurkers.account_id = sum_lurkers.account_id
            and count_lurkers.period = sum_lurkers.period
    left join count_new_lurkers
        on
            count_lurkers.account_id = count_new_lurkers.account_id
            and count_lurkers.period = count_new_lurkers.period

),

count_people as (

    select
        account_id,
        period,
        segment,
        cast(sum(people) as bigint) as people,
        cast(sum(new_people) as bigint) as new_people,
        sum(views) as views,
        sum(watch_seconds) as watch_seconds,
        sum(public_interactions) as public_interactions
    from stack_periods
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
