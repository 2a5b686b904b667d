{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['account_id', 'event_date'], 'touched_entities': ['profile_visits', 'conversions']},
    post_hook='{{ record_consumed() }}',
) }}

with

profile_visits as (

    select *
    from {{ ref('int_profile_visits_dated') }}
    {{ keep_touched('int_profile_visits_dated') }}

),

conversions as (

    select *
    from {{ ref('int_conversions_dated') }}
    {{ keep_touched('int_conversions_dated') }}

),

count_visits as (

    select
        account_id,
        event_date,
        count(*) as profile_visits,
        count(distinct person_key) as profile_visitors
    from profile_visits
    group by account_id, event_date

),

count_conversions as (

    select
        account_id,
        event_date,
        {{ conversion_steps() }},
        {{ conversion_totals() }}
    from conversions
    group by account_id, event_date

),

join_days as (

    select
        coalesce(count_visits.account_id, count_conversions.account_id) as account_id,
        coalesce(count_visits.event_date, count_conversions.event_date) as event_date,
        coalesce(count_visits.profile_visits, 0) as profile_visits,
        coalesce(count_visits.profile_visitors, 0) as profile_visitors,
        {% for measure in conversion_step_measures() -%}
        coalesce(count_conversions.{{ measure }}, 0) as {{ measure }},
        {% endfor -%}
        coalesce(count_conversions.conversions, 0) as conversions,
        case
            when count_conversions.conversions is null then 0
            else count_conversions.conversion_value_amount
        end as conversion_value_amount,
        count_conversions.currency
    from count_visits
    full outer join count_conversions
        on
            count_visits.account_id = count_conversions.account_id
            and count_visits.event_date = count_conversions.event_date

)

select * from join_days
