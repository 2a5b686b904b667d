{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['account_id', 'event_date'], 'touched_entities': ['follower_events']},
    post_hook='{{ record_consumed() }}',
) }}

with

follower_events as (

    select *
    from {{ ref('int_follower_events_dated') }}
    {{ keep_touched('int_follower_events_dated') }}

),

count_follower_events as (

    select
        account_id,
        event_date,
        count(*) filter (where action = 'follow') as followers_gained,
        count(*) filter (where action = 'unfollow') as followers_lost
    from follower_events
    group by account_id, event_date

)

select * from count_follower_events
