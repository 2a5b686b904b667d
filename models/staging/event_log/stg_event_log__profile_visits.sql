{{ config(meta={'has_change_seq': true}) }}

with

base_profile_visits as (

    select * from {{ ref('base_event_log__profile_visits') }}

),

keep_accepted as (

    select
        visit_id,
        account_id,
        person_key,
        source_video_id,
        visited_at,
        event_date,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at,
        _change_seq
    from base_profile_visits
    where row_status = 'accepted'

)

select * from keep_accepted
