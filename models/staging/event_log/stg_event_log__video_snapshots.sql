with

base_video_snapshots as (

    select * from {{ ref('base_event_log__video_snapshots') }}

),

keep_accepted as (

    select
        video_id,
        account_id,
        views,
        likes,
        comments,
        shares,
        saves,
        reach,
        total_watch_seconds,
        captured_at,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at
    from base_video_snapshots
    where row_status = 'accepted'

)

select * from keep_accepted
