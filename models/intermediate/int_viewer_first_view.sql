{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    unique_key='person_key',
    meta={
        'touched_by': ['person_key'],
        'touched_entities': ['viewers'],
        'changes_of': {'model': 'base_event_log__video_views', 'columns': ['person_key']},
    },
    post_hook='{{ record_consumed() }}',
) }}

{%- set int_touched_days = touched_days() -%}
{%- set base_video_views = ref('base_event_log__video_views') -%}
{%- set stg_videos = ref('stg_event_log__videos') -%}

with

video_views as (

    select
        account_id,
        person_key,
        video_id,
        event_date,
        event_date as last_view_date
    from {{ ref('int_video_views_dated') }}
    where is_view and person_key is not null

),

{% if is_incremental() -%}

changed_rows as (

    select
        videos.account_id,
        changes.person_key,
        changes.video_id,
        changes.event_date,
        changes.watch_seconds
    from {{ base_video_views }} as changes
    inner join {{ stg_videos }} as videos
        on changes.video_id = videos.video_id
    where
        changes._change_seq > {{ consumed_change_seq() }}
        and changes.row_status = 'accepted'
        and changes.person_key is not null

),

people_to_recount as (

    select distinct person_key
    from {{ int_touched_days }}
    where entity = 'viewers' and change_seq > {{ consumed_change_seq() }}

),

-- For everybody else the first view is the earlier of the known one and the new rows, and the last
-- one the later.
people_with_new_rows as (

    select distinct changed_rows.person_key
    from changed_rows
    left join people_to_recount
        on changed_rows.person_key = people_to_recount.person_key
    where people_to_recount.person_key is null

),

list_views as (

    select video_views.*
    from video_views
    inner join people_to_recount
        on video_views.person_key = people_to_recount.person_key

    union all

    select
        changed_rows.account_id,
        changed_rows.person_key,
        changed_rows.video_id,
        changed_rows.event_date,
        changed_rows.event_date as last_view_date
    from changed_rows
    inner join people_with_new_rows
        on changed_rows.person_key = people_with_new_rows.person_key
    where changed_rows.watch_seconds > 0

    union all

    select
        known_views.account_id,
        known_views.person_key,
        known_views.video_id,
        known_views.first_view_date as event_date,
        known_views.last_view_date
    from {{ this }} as known_views
    inner join people_with_new_rows
        on known_views.person_key = people_with_new_rows.person_key

),

{%- else -%}

list_views as (

    select * from video_views

),

{%- endif %}

find_dates as (

    select
        account_id,
        person_key,
        min(event_date) as first_view_date,
        max(last_view_date) as last_view_date
    from list_views
    group by account_id, person_key

),

list_first_videos as (

    select distinct
        list_views.account_id,
        list_views.person_key,
        list_views.video_id,
        find_dates.first_view_date,
        find_dates.last_view_date
    from list_views
    inner join find_dates
        on
            list_views.account_id = find_dates.account_id
            and list_views.person_key = find_dates.person_key
            and list_views.event_date = find_dates.first_view_date

),

-- One row a person, so that counting an account's new viewers need not tell people apart.
mark_one_video as (

    select
        account_id,
        person_key,
        video_id,
        first_view_date,
        last_view_date,
        video_id = min(video_id) over (partition by account_id, person_key) as is_counted
    from list_first_videos

)

select * from mark_one_video
