{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['follower_events', 'profile_visits', 'conversions']},
    post_hook='{{ record_consumed() }}',
) }}

with

follower_events as (

    select *
    from {{ ref('int_follower_events_dated') }}
    {{ keep_touched('int_follower_events_dated') }}

),

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

count_follows as (

    select
        video_id,
        event_date,
        count(*) as followers_gained
    from follower_events
    where video_id is not null and action = 'follow'
    group by video_id, event_date

),

count_visits as (

    select
        video_id,
        event_date,
        count(*) as profile_visits,
        count(distinct person_key) as profile_visitors
    from profile_visits
    where video_id is not null
    group by video_id, event_date

),

count_conversions as (

    select
        video_id,
        event_date,
        {{ conversion_steps() }},
        {{ conversion_totals() }}
    from conversions
    where video_id is not null
    group by video_id, event_date

),

list_video_days as (

    -- An unfollow names a video too, and makes a day of it.
    select
        video_id,
        event_date
    from follower_events
    where video_id is not null

    union distinct

    select
        video_id,
        event_date
    from count_visits

    union distinct

    select
        video_id,
        event_date
    from count_conversions

),

join_days as (

    select
        list_video_days.video_id,
        list_video_days.event_date,
        coalesce(count_follows.followers_gained, 0) as followers_gained,
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
    from list_video_days
    left join count_follows
        on
            list_video_days.video_id = count_follows.video_id
            and list_video_days.event_date = count_follows.event_date
    left join count_visits
        on
            list_video_days.video_id = count_visits.video_id
            and list_video_days.event_date = count_visits.event_date
    left join count_conversions
        on
            list_video_days.video_id = count_conversions.video_id
            and list_video_days.event_date = count_conversions.event_date

)

select * from join_days
