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

recent_viewers as (

    select
        first_views.account_id,
        first_views.person_key,
        first_views.first_view_date,
        first_views.last_view_date,
        list_accounts.last_date
    from first_views
    inner join list_accounts
        on first_views.account_id = list_accounts.account_id
    where
        first_views.is_counted
        and first_views.last_view_date >= list_accounts.earliest_date
        and first_views.first_view_date <= list_accounts.last_date

),

-- Nearly everybody only views, and is a lurker of each period that holds their last view. What one
-- of them did need not be summed: telling people apart is what takes the time. Of these people it
-- must be: who engaged, and who viewed after the last day.
list_summed as (

    select
        account_id,
        person_key
    from recent_days
    where public_interactions > 0

    union distinct

    select
        account_id,
        person_key
    from recent_viewers
    where last_view_date > last_date

),

count_lurkers as (

    select
        {% for days in audience_periods().values() -%}
        count(*) filter (
            where recent_viewers.last_view_date
            >= {{ days_before('recent_viewers.last_date', days - 1) }}
        ) as people_{{ days }},
        count(*) filter (
            where recent_viewers.first_view_date
            >= {{ days_before('recent_viewers.last_date', days - 1) }}
        ) as new_people_{{ days }},
        {% endfor -%}
        recent_viewers.account_id
    from recent_viewers
    left join list_summed
        on
            recent_viewers.account_id = list_summed.account_id
            and recent_viewers.person_key = list_summed.person_key
    where list_summed.person_key is null
    group by recent_viewers.account_id

),

sum_accounts as (

    select
        {% for days in audience_periods().values() -%}
        {%- for measure in ['views', 'watch_seconds'] -%}
        sum({{ measure }}) filter (
            where event_date >= {{ days_before('last_date', days - 1) }}
        ) as {{ measure }}_{{ days }},
        {% endfor -%}
        {% endfor -%}
        account_id
    from recent_days
    group by account_id

),

-- One pass for all periods.
sum_people as (

    select
        {% for period, days in audience_periods().items() -%}
        {%- for measure in measures -%}
        cast(
            coalesce(
                sum(recent_days.{{ measure }}) filter (
                    where
                    recent_days.event_date
                    >= {{ days_before('recent_days.last_date', days - 1) }}
                ),
                0
            ) as {{ measure_type(measure) }}
        ) as {{ measure }}_{{ days }},
        {% endfor -%}
        {% endfor -%}
        recent_days.account_id,
        recent_days.person_key
    from recent_days
    inner join list_summed
        on
            recent_days.account_id = list_summed.account_id
            and recent_days.person_key = list_summed.person_key
    group by recent_days.account_id, recent_days.person_key

),

sum_summed as (

    select
        {% for days in audience_periods().values() -%}
        {%- for measure in ['views', 'watch_seconds'] -%}
        sum({{ measure }}_{{ days }}) as {{ measure }}_{{ days }},
        {% endfor -%}
        {% endfor -%}
        account_id
    from sum_people
    group by account_id

),

classify_people as (

    select
        {% for days in audience_periods().values() -%}
        coalesce(
            recent_viewers.first_view_date
            >= {{ days_before('recent_viewers.last_date', days - 1) }},
            false
        ) as is_new_{{ days }},
        {{ audience_segment(
            'sum_people.views_' ~ days,
            'sum_people.public_interactions_' ~ days,
            'sum_people.advocacy_interactions_' ~ days
        ) }} as segment_{{ days }},
        sum_people.views_{{ days }},
        sum_people.watch_seconds_{{ days }},
        sum_people.public_interactions_{{ days }},
        {% endfor -%}
        sum_people.account_id
    from sum_people
    left join recent_viewers
        on
            sum_people.account_id = recent_viewers.account_id
            and sum_people.person_key = recent_viewers.person_key

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
    from classify_people

    union all

    select
        count_lurkers.account_id,
        '{{ period }}' as period,
        'lurker' as segment,
        count_lurkers.people_{{ days }} as people,
        count_lurkers.new_people_{{ days }} as new_people,
        {% for measure in ['views', 'watch_seconds'] -%}
        coalesce(sum_accounts.{{ measure }}_{{ days }}, 0)
        - coalesce(sum_summed.{{ measure }}_{{ days }}, 0) as {{ measure }},
        {% endfor -%}
        0 as public_interactions
    from count_lurkers
    inner join sum_accounts
        on count_lurkers.account_id = sum_accounts.account_id
    left join sum_summed
        on count_lurkers.account_id = sum_summed.account_id
    {{ 'union all' if not loop.last }}
    {% endfor %}
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
