{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={
        'touched_by': ['account_id', 'event_date'],
        'touched_entities': [
            'video_views', 'interactions', 'profile_visits', 'conversions', 'funnel'
        ],
    },
    post_hook='{{ record_consumed() }}',
) }}

with

video_views as (

    select *
    from {{ ref('int_video_views_dated') }}
    {{ keep_touched('int_video_views_dated') }}

),

interactions as (

    select *
    from {{ ref('int_interactions_dated') }}
    {{ keep_touched('int_interactions_dated') }}

),

actions as (

    select *
    from {{ ref('int_funnel_actions_attributed') }}
    {{ keep_touched('int_funnel_actions_attributed') }}

),

-- One row per person first: a distinct count of so few groups is then a plain count.
list_viewers as (

    select
        account_id,
        event_date,
        coalesce(traffic_source, 'unknown') as traffic_source,
        person_key,
        count(*) as views
    from video_views
    where is_view
    group by account_id, event_date, coalesce(traffic_source, 'unknown'), person_key

),

count_views as (

    select
        account_id,
        event_date,
        traffic_source,
        cast(sum(views) as bigint) as views,
        count(person_key) as unique_viewers
    from list_viewers
    group by account_id, event_date, traffic_source

),

count_interactions as (

    select
        account_id,
        event_date,
        coalesce(traffic_source, 'unknown') as traffic_source,
        count(*) filter (where {{ is_public_engagement() }}) as public_engagements,
        count(*) filter (where interaction_type = 'save') as saves,
        count(distinct person_key) filter (where {{ is_public_engagement() }}) as engagers
    from interactions
    where interaction_type in ('like', 'comment', 'share', 'save') and not is_undo
    group by account_id, event_date, coalesce(traffic_source, 'unknown')

),

count_visits as (

    select
        account_id,
        event_date,
        traffic_source,
        count(*) as profile_visits,
        count(distinct person_key) as profile_visitors
    from actions
    where action_type = 'profile_visit'
    group by account_id, event_date, traffic_source

),

list_conversions as (

    select
        *,
        action_type as conversion_type
    from actions
    where action_type <> 'profile_visit'

),

count_conversions as (

    select
        account_id,
        event_date,
        traffic_source,
        {{ conversion_steps() }},
        {{ conversion_totals() }}
    from list_conversions
    group by account_id, event_date, traffic_source

),

list_keys as (
    {% for step in ['views', 'interactions', 'visits', 'conversions'] %}
    select
        account_id,
        event_date,
        traffic_source
    from count_{{ step }}
    {{ 'union distinct' if not loop.last }}
    {% endfor %}
),

join_steps as (

    select
        list_keys.account_id,
        list_keys.event_date,
        list_keys.traffic_source,
        {% for step, measures in {
            'views': ['views', 'unique_viewers'],
            'interactions': ['public_engagements', 'saves', 'engagers'],
            'visits': ['profile_visits', 'profile_visitors'],
            'conversions': conversion_step_measures() + ['conversions'],
        }.items() -%}
        {% for measure in measures -%}
        coalesce(count_{{ step }}.{{ measure }}, 0) as {{ measure }},
        {% endfor -%}
        {% endfor -%}
        case
            when count_conversions.conversions is null then 0
            else count_conversions.conversion_value_amount
        end as conversion_value_amount,
        count_conversions.currency
    from list_keys
    left join count_views
        on
            list_keys.account_id = count_views.account_id
            and list_keys.event_date = count_views.event_date
            and list_keys.traffic_source = count_views.traffic_source
    left join count_interactions
        on
            list_keys.account_id = count_interactions.account_id
            and list_keys.event_date = count_interactions.event_date
            and list_keys.traffic_source = count_interactions.traffic_source
    left join count_visits
        on
            list_keys.account_id = count_visits.account_id
            and list_keys.event_date = count_visits.event_date
            and list_keys.traffic_source = count_visits.traffic_source
    left join count_conversions
        on
            list_keys.account_id = count_conversions.account_id
            and list_keys.event_date = count_conversions.event_date
            and list_keys.traffic_source = count_conversions.traffic_source

)

select * from join_steps
