{{ config(meta={'has_change_seq': true}) }}

with

base_interactions as (

    select * from {{ ref('base_event_log__interactions') }}

),

keep_accepted as (

    select
        interaction_id,
        video_id,
        person_key,
        interaction_type,
        traffic_source,
        comment_text,
        comment_language,
        comment_sentiment_score,
        is_undo,
        interacted_at,
        event_date,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at,
        _change_seq
    from base_interactions
    where row_status = 'accepted'

)

select * from keep_accepted
