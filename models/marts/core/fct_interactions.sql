{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    on_schema_change='fail',
    meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['interactions']},
    post_hook='{{ record_consumed() }}',
) }}

with

interactions as (

    select *
    from {{ ref('int_interactions_dated') }}
    {{ keep_touched('int_interactions_dated') }}

),

interaction_types as (

    select * from {{ ref('dim_interaction_types') }}

),

-- Who saved a video or sent a message is never identifiable; who did anything else only if asked
-- for: whoever can group events by their people can count every group that other marts withhold.
hide_people as (

    select
        interactions.*,
        case
            when not interaction_types.is_private and {{ var('publish_person_keys') }}
                then interactions.person_key
        end as shown_person_key
    from interactions
    inner join interaction_types
        on interactions.interaction_type = interaction_types.interaction_type

)

select
    interaction_id,
    video_id,
    account_id,
    shown_person_key as person_key,
    interaction_type,
    traffic_source,
    is_undo,
    interacted_at,
    event_date
from hide_people
