{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['account_id', 'event_date'], 'touched_entities': ['interactions']},
    post_hook='{{ record_consumed() }}',
) }}

with

interactions as (

    select *
    from {{ ref('int_interactions_dated') }}
    {{ keep_touched('int_interactions_dated') }}

),

count_people as (

    select
        account_id,
        event_date,
        count(distinct person_key) as engagers
    from interactions
    where {{ is_public_engagement() }} and person_key is not null
    group by account_id, event_date

)

select * from count_people
