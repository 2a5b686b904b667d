with

base_videos as (

    select * from {{ ref('base_event_log__videos') }}

),

keep_accepted as (

    select
        video_id,
        account_id,
        caption,
        content_format,
        sound_id,
        sound_title,
        language,
        product_id,
        duration_seconds,
        is_ai_generated,
        is_ad,
        posted_at,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at
    from base_videos
    where row_status = 'accepted'

)

select * from keep_accepted
