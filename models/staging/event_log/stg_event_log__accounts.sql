with

base_accounts as (

    select * from {{ ref('base_event_log__accounts') }}

),

keep_accepted as (

    select
        account_id,
        handle,
        display_name,
        account_role,
        country,
        created_at,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at
    from base_accounts
    where row_status = 'accepted'

)

select * from keep_accepted
