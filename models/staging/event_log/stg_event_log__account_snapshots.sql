with

base_account_snapshots as (

    select * from {{ ref('base_event_log__account_snapshots') }}

),

keep_accepted as (

    select
        account_id,
        followers,
        total_likes,
        videos,
        captured_at,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at
    from base_account_snapshots
    where row_status = 'accepted'

)

select * from keep_accepted
