{{ config(meta={'has_change_seq': true}) }}

with

base_follower_events as (

    select * from {{ ref('base_event_log__follower_events') }}

),

keep_accepted as (

    select
        event_id,
        account_id,
        person_key,
        source_video_id,
        action,
        occurred_at,
        event_date,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at,
        _change_seq
    from base_follower_events
    where row_status = 'accepted'

)

select * from keep_accepted
