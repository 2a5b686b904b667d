{{ config(meta={'has_change_seq': true}) }}

with

base_video_views as (

    select * from {{ ref('base_event_log__video_views') }}

),

keep_accepted as (

    select
        view_id,
        video_id,
        person_key,
        traffic_source,
        watch_seconds,
        viewed_at,
        event_date,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at,
        _change_seq
    from base_video_views
    where row_status = 'accepted'

)

select * from keep_accepted
