{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    on_schema_change='fail',
    meta={'touched_by': ['account_id', 'event_date'], 'touched_entities': ['follower_events', 'follows']},
    post_hook='{{ record_consumed() }}',
) }}

with

follows as (

    select *
    from {{ ref('int_follows_attributed') }}
    {{ keep_touched('int_follows_attributed') }}

)

select
    event_id,
    account_id,
    attributed_video_id,
    attribution_method,
    occurred_at,
    event_date
from follows
