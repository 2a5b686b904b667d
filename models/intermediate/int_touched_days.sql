{{ config(
    materialized='incremental',
    incremental_strategy='append',
    post_hook='{{ record_consumed() }}',
) }}

{#- What a view leads to within so many hours, on days of which it may be another's. -#}
{%- set attributed = {
    'follows': var('follow_attribution_hours'),
    'funnel': var('funnel_attribution_hours'),
} -%}
{%- set seen = adapter.get_relation(
    this.database, this.schema, 'int_videos_seen'
) if execute else none -%}
{%- set consumed = consumed_change_seq() if is_incremental() else 0 -%}
{#- A row changed since the last run, or its day is to be built again because somebody asked. -#}
{%- set has_changed = "_change_seq > " ~ consumed -%}
{%- set has_new_reading = 'true' if var('backfill_from') else has_changed -%}
{%- if var('backfill_from') -%}
    {%- set has_changed = "(" ~ has_changed ~ " or event_date between cast('" ~ var('backfill_from')
        ~ "' as date) and cast('" ~ var('backfill_to') ~ "' as date))" -%}
{%- endif -%}
{%- set video_entities = ['video_views', 'interactions'] -%}
{%- set account_entities = {
    'follower_events': 'source_video_id',
    'profile_visits': 'source_video_id',
    'conversions': 'video_id',
} -%}

with

videos as (

    select
        videos.video_id,
        videos.account_id,
        accounts.account_role,
        videos.duration_seconds,
        videos.posted_at
    from {{ ref('stg_event_log__videos') }} as videos
    inner join {{ ref('stg_event_log__accounts') }} as accounts
        on videos.account_id = accounts.account_id

),

seen_videos as (

    {% if is_incremental() and seen -%}
    select * from {{ seen }}
    {%- else -%}
    select *
    from videos
    where false
    {%- endif %}

),

-- What the days of an event take from its parents: a video that differs touches all of them. Its
-- counters take nothing but the day of posting.
compare_videos as (

    select
        coalesce(videos.video_id, seen_videos.video_id) as video_id,
        videos.account_id,
        seen_videos.account_id as account_id_before,
        seen_videos.video_id is null as is_new,
        (videos.account_id is distinct from seen_videos.account_id)
        or (videos.account_role is distinct from seen_videos.account_role)
        or (videos.duration_seconds is distinct from seen_videos.duration_seconds)
            as touches_events
    from videos
    full outer join seen_videos
        on videos.video_id = seen_videos.video_id
    where
        (videos.account_id is distinct from seen_videos.account_id)
        or (videos.account_role is distinct from seen_videos.account_role)
        or (videos.duration_seconds is distinct from seen_videos.duration_seconds)
        or (videos.posted_at is distinct from seen_videos.posted_at)

),

list_accounts_of_changed_videos as (

    select
        video_id,
        account_id
    from compare_videos
    where touches_events and not is_new and account_id is not null

    union distinct

    select
        video_id,
        account_id_before as account_id
    from compare_videos
    where touches_events and not is_new and account_id_before is not null

),

-- The rows themselves never change, only whether they count: a row that was superseded still
-- stands here with its own day, so both the old and the new day of a moved row are found.
list_changes as (
    {% for entity in video_entities %}
    select
        '{{ entity }}' as entity,
        videos.account_id,
        events.video_id,
        events.event_date
    from {{ ref('base_event_log__' ~ entity) }} as events
    inner join videos
        on events.video_id = videos.video_id
    where {{ has_changed }} and events.reason_code is null

    union all

    select
        '{{ entity }}' as entity,
        list_accounts_of_changed_videos.account_id,
        events.video_id,
        events.event_date
    from {{ ref('base_event_log__' ~ entity) }} as events
    inner join list_accounts_of_changed_videos
        on events.video_id = list_accounts_of_changed_videos.video_id
    where events.reason_code is null

    union all
    {% endfor %}
    {% for entity, video_column in account_entities.items() %}
    select
        '{{ entity }}' as entity,
        account_id,
        {{ video_column }} as video_id,
        event_date
    from {{ ref('base_event_log__' ~ entity) }}
    where {{ has_changed }} and reason_code is null

    union all

    -- These rows count for their account at once, and for their video from when it is known.
    select
        '{{ entity }}' as entity,
        events.account_id,
        compare_videos.video_id,
        events.event_date
    from {{ ref('base_event_log__' ~ entity) }} as events
    inner join compare_videos
        on events.{{ video_column }} = compare_videos.video_id
    where compare_videos.is_new and events.reason_code is null

    union all
    {% endfor %}
    -- A counter's difference is spread over the days since the last one: its video as a whole.
    select
        'video_snapshots' as entity,
        cast(null as string) as account_id,
        video_id,
        cast(null as date) as event_date
    from {{ ref('base_event_log__video_snapshots') }}
    where {{ has_new_reading }} and reason_code is null

    union all

    -- So do the counters of exports.
    {% for model in ['base_accounts_api__videos', 'base_studio__content'] -%}
    select
        'video_snapshots' as entity,
        cast(null as string) as account_id,
        video_id,
        cast(null as date) as event_date
    from {{ ref(model) }}
    where {{ has_new_reading }} and reason_code is null

    union all

    {% endfor -%}
    select
        'video_snapshots' as entity,
        cast(null as string) as account_id,
        video_id,
        cast(null as date) as event_date
    from compare_videos

    union all

    select
        'changed_videos' as entity,
        account_id,
        video_id,
        cast(null as date) as event_date
    from list_accounts_of_changed_videos

),

-- Who lost a row, or watched a video that changed hands, may have a later first view now.
list_viewers as (

    select events.person_key
    from {{ ref('base_event_log__video_views') }} as events
    where
        {{ has_changed }}
        and events.row_status = 'duplicate'
        and events.person_key is not null

    union distinct

    select events.person_key
    from {{ ref('base_event_log__video_views') }} as events
    inner join list_accounts_of_changed_videos
        on events.video_id = list_accounts_of_changed_videos.video_id
    where events.row_status = 'accepted' and events.person_key is not null

),

list_days as (

    select distinct
        entity,
        account_id,
        video_id,
        event_date
    from list_changes

),

-- A follow that names no video belongs to the one its person watched last before it, and so does
-- the traffic source of a visit or a conversion.
list_days_after as (
    {% for entity, hours in attributed.items() %}
    {%- set is_last_entity = loop.last %}
    {%- for days in range(attribution_days(hours) + 1) %}
    select
        '{{ entity }}' as entity,
        account_id,
        {{ days_before('event_date', -days) }} as event_date
    from list_days
    where entity = 'video_views'
    {{ 'union distinct' if not (loop.last and is_last_entity) }}
    {% endfor %}
    {%- endfor %}
),

add_days_after as (

    select
        entity,
        account_id,
        video_id,
        event_date,
        cast(null as string) as person_key
    from list_days

    union all

    select
        entity,
        account_id,
        cast(null as string) as video_id,
        event_date,
        cast(null as string) as person_key
    from list_days_after

    union all

    select
        'viewers' as entity,
        cast(null as string) as account_id,
        cast(null as string) as video_id,
        cast(null as date) as event_date,
        person_key
    from list_viewers

)

select
    entity,
    account_id,
    video_id,
    event_date,
    person_key,
    cast({{ current_change_seq() }} as bigint) as change_seq
from add_days_after
