with

base_follower_counts as (

    select * from {{ ref('base_event_log__follower_counts') }}

),

keep_accepted as (

    select
        account_id,
        count_date,
        followers,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at
    from base_follower_counts
    where row_status = 'accepted'

)

select * from keep_accepted
