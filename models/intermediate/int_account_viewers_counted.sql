{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['account_id', 'event_date'], 'touched_entities': ['video_views']},
    post_hook='{{ record_consumed() }}',
) }}

with

viewer_days as (

    select *
    from {{ ref('int_viewer_days') }}
    {{ keep_touched('int_viewer_days') }}

),

count_people as (

    select
        account_id,
        event_date,
        count(*) as reach,
        count(*) filter (where views > 0) as unique_viewers
    from viewer_days
    where impressions > 0
    group by account_id, event_date

)

select * from count_people
