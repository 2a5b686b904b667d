{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['video_views']},
    post_hook='{{ record_consumed() }}',
) }}

with

video_views as (

    select *
    from {{ ref('int_video_views_dated') }}
    {{ keep_touched('int_video_views_dated') }}

),

-- One row per person first: a distinct count of so few groups is then a plain count.
list_people as (

    select
        video_id,
        event_date,
        person_key,
        max(case when is_view then 1 else 0 end) as has_viewed
    from video_views
    where person_key is not null
    group by video_id, event_date, person_key

),

count_people as (

    select
        video_id,
        event_date,
        count(*) as reach,
        cast(sum(has_viewed) as bigint) as unique_viewers
    from list_people
    group by video_id, event_date

)

select * from count_people
