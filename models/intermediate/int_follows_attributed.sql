{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['account_id', 'event_date'], 'touched_entities': ['follower_events', 'follows']},
    post_hook='{{ record_consumed() }}',
) }}

with

follower_events as (

    select *
    from {{ ref('int_follower_events_dated') }}
    {{ keep_touched('int_follower_events_dated') }}

),

video_views as (

    select *
    from {{ ref('int_video_views_dated') }}
    {{ keep_days_up_to_touched(
        'int_video_views_dated', attribution_days(var('follow_attribution_hours'))
    ) }}

),

keep_follows as (

    select *
    from follower_events
    where action = 'follow'

),

-- Only follows that name no video look for the last one watched, so the join stays small.
find_views_before as (

    select
        keep_follows.event_id,
        video_views.video_id,
        row_number() over (
            partition by keep_follows.event_id
            order by video_views.viewed_at desc, video_views.view_id desc
        ) as recency
    from keep_follows
    inner join video_views
        on
            keep_follows.person_key = video_views.person_key
            and keep_follows.account_id = video_views.account_id
            and video_views.is_view
            and keep_follows.occurred_at >= video_views.viewed_at
            and keep_follows.occurred_at
            <= {{ add_minutes('video_views.viewed_at', 60 * var('follow_attribution_hours')) }}
    where keep_follows.source_video_id is null

),

attribute_follows as (

    select
        keep_follows.event_id,
        keep_follows.account_id,
        keep_follows.event_date,
        keep_follows.occurred_at,
        coalesce(keep_follows.video_id, find_views_before.video_id) as attributed_video_id,
        case
            when keep_follows.video_id is not null then 'source_video'
            when find_views_before.video_id is not null then 'last_watched'
            else 'none'
        end as attribution_method
    from keep_follows
    left join find_views_before
        on
            keep_follows.event_id = find_views_before.event_id
            and find_views_before.recency = 1

)

select * from attribute_follows
