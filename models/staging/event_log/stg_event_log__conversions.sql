{{ config(meta={'has_change_seq': true}) }}

with

base_conversions as (

    select * from {{ ref('base_event_log__conversions') }}

),

keep_accepted as (

    select
        conversion_id,
        account_id,
        person_key,
        video_id,
        conversion_type,
        product_id,
        currency,
        value_amount,
        quantity,
        converted_at,
        event_date,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at,
        _change_seq
    from base_conversions
    where row_status = 'accepted'

)

select * from keep_accepted
