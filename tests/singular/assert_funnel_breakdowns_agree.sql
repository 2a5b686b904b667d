-- The funnel says of an account what daily_account_kpis says, of a video what fct_video_daily
-- says, and its traffic sources add up to their account where the event log tells of the step. Link
-- clicks and what goes beyond them are all conversions.
-- A returned row is a row of the funnel that disagrees, or a day that it lacks.

{%- set kpis = [
    'views', 'unique_viewers', 'profile_visits', 'profile_visitors', 'conversions',
    'conversion_value_amount',
] -%}
{%- set steps = {
    'views': 'watch',
    'engagements': 'engagement',
    'profile_visits': 'funnel',
    'link_clicks': 'funnel',
    'conversions_beyond_clicks': 'funnel',
    'purchases': 'funnel',
    'conversions': 'funnel',
} %}

with

funnel as (

    select * from {{ ref('conversion_funnel') }}

),

list_expected as (

    select
        account_id,
        kpi_date as event_date,
        'account' as breakdown,
        'all' as breakdown_value,
        {{ kpis | join(',\n        ') }}
    from {{ ref('daily_account_kpis') }}
    where account_role = 'own'

    union all

    select
        video_days.account_id,
        video_days.event_date,
        'video' as breakdown,
        video_days.video_id as breakdown_value,
        video_days.{{ kpis | join(',\n        video_days.') }}
    from {{ ref('fct_video_daily') }} as video_days
    inner join {{ ref('daily_account_kpis') }} as account_days
        on
            video_days.account_id = account_days.account_id
            and video_days.event_date = account_days.kpi_date
    where account_days.account_role = 'own'

),

owners_and_videos as (

    select *
    from funnel
    where breakdown <> 'traffic_source'

),

compare_kpis as (

    select
        coalesce(list_expected.account_id, owners_and_videos.account_id) as account_id,
        coalesce(list_expected.event_date, owners_and_videos.event_date) as event_date,
        coalesce(list_expected.breakdown_value, owners_and_videos.breakdown_value)
            as breakdown_value,
        'differs from the KPI mart' as problem
    from list_expected
    full outer join owners_and_videos
        on
            list_expected.account_id = owners_and_videos.account_id
            and list_expected.event_date = owners_and_videos.event_date
            and list_expected.breakdown = owners_and_videos.breakdown
            and list_expected.breakdown_value = owners_and_videos.breakdown_value
    where
        list_expected.account_id is null
        or owners_and_videos.account_id is null
        {%- for kpi in kpis %}
        or list_expected.{{ kpi }} is distinct from owners_and_videos.{{ kpi }}
        {%- endfor %}

),

sum_traffic_sources as (

    select
        {% for step in steps -%}
        {{ sum_that_fits(step) }} as {{ step }},
        {% endfor -%}
        account_id,
        event_date
    from funnel
    where breakdown = 'traffic_source'
    group by account_id, event_date

),

compare_traffic_sources as (

    select
        accounts.account_id,
        accounts.event_date,
        accounts.breakdown_value,
        'is not the sum of its traffic sources' as problem
    from funnel as accounts
    left join sum_traffic_sources
        on
            accounts.account_id = sum_traffic_sources.account_id
            and accounts.event_date = sum_traffic_sources.event_date
    where
        accounts.breakdown = 'account'
        and (
            {%- for step, family in steps.items() %}
            {{ 'or ' if not loop.first }}(
                accounts.{{ family }}_source = 'event_log'
                and coalesce(accounts.{{ step }}, 0) <> coalesce(sum_traffic_sources.{{ step }}, 0)
            )
            {%- endfor %}
        )

),

find_lost_conversions as (

    select
        account_id,
        event_date,
        breakdown_value,
        'has conversions that are no step' as problem
    from funnel
    where
        conversions
        <> coalesce(link_clicks, 0) + coalesce(conversions_beyond_clicks, 0)
        or purchases > conversions_beyond_clicks

)

select * from compare_kpis
union all
select * from compare_traffic_sources
union all
select * from find_lost_conversions
