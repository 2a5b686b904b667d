{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={
        'touched_by': ['account_id', 'event_date'],
        'touched_entities': ['profile_visits', 'conversions', 'funnel'],
    },
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

video_views as (

    select *
    from {{ ref('int_video_views_dated') }}
    {{ keep_days_up_to_touched(
        'int_video_views_dated', attribution_days(var('funnel_attribution_hours'))
    ) }}

),

list_actions as (

    select
        'profile_visit' as action_type,
        visit_id as action_id,
        account_id,
        video_id,
        person_key,
        cast(null as decimal(18, 4)) as value_amount,
        cast(null as string) as currency,
        event_date,
        visited_at as occurred_at
    from profile_visits

    union all

    select
        conversion_type as action_type,
        conversion_id as action_id,
        account_id,
        video_id,
        person_key,
        value_amount,
        currency,
        event_date,
        converted_at as occurred_at
    from conversions

),

-- A view of the video that the action names tells more than a later one of another video.
find_views_before as (

    select
        list_actions.action_type,
        list_actions.action_id,
        video_views.traffic_source,
        video_views.viewed_at,
        row_number() over (
            partition by list_actions.action_type, list_actions.action_id
            order by
                case when video_views.video_id = list_actions.video_id then 0 else 1 end,
                video_views.viewed_at desc,
                video_views.view_id desc
        ) as place
    from list_actions
    inner join video_views
        on
            list_actions.person_key = video_views.person_key
            and list_actions.account_id = video_views.account_id
            and video_views.is_view
            and list_actions.occurred_at >= video_views.viewed_at
            and list_actions.occurred_at
            <= {{ add_minutes('video_views.viewed_at', 60 * var('funnel_attribution_hours')) }}

),

attribute_actions as (

    select
        list_actions.action_type,
        list_actions.action_id,
        list_actions.account_id,
        list_actions.video_id,
        list_actions.person_key,
        list_actions.value_amount,
        list_actions.currency,
        list_actions.event_date,
        coalesce(find_views_before.traffic_source, 'unknown') as traffic_source,
        {{ seconds_between('find_views_before.viewed_at', 'list_actions.occurred_at') }}
            as seconds_since_view
    from list_actions
    left join find_views_before
        on
            list_actions.action_type = find_views_before.action_type
            and list_actions.action_id = find_views_before.action_id
            and find_views_before.place = 1

)

select * from attribute_actions
