{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={
        'touched_by': ['account_id', 'event_date'],
        'touched_entities': ['video_views', 'interactions'],
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

list_events as (

    select
        account_id,
        event_date,
        person_key,
        1 as impression,
        case when is_view then 1 else 0 end as view,
        watch_seconds,
        0 as public_interaction,
        0 as advocacy
    from video_views
    where person_key is not null

    union all

    select
        account_id,
        event_date,
        person_key,
        0 as impression,
        0 as view,
        cast(0 as decimal(18, 3)) as watch_seconds,
        1 as public_interaction,
        case
            when
                {{ one_of('interaction_type', var('segment_advocacy_types')) }}
                then 1
            else 0
        end as advocacy
    from interactions
    where
        person_key is not null
        and not is_undo
        and {{ one_of('interaction_type', public_interaction_types()) }}

),

sum_days as (

    select
        account_id,
        event_date,
        person_key,
        cast(sum(impression) as bigint) as impressions,
        cast(sum(view) as bigint) as views,
        cast(sum(watch_seconds) as decimal(18, 3)) as watch_seconds,
        cast(sum(public_interaction) as bigint) as public_interactions,
        cast(sum(advocacy) as bigint) as advocacy_interactions
    from list_events
    group by account_id, event_date, person_key

)

select * from sum_days
{{ in_order_of_days() }}
