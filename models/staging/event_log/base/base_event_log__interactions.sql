with

raw_interactions as (

    select * from {{ raw('interactions') }}

),

videos as (

    select video_id as known_video_id from {{ ref('stg_event_log__videos') }}

),

clean_columns as (

    select
        {{ clean_text('interaction_id') }} as interaction_id,
        {{ clean_text('interacted_at') }} as interacted_at_text,
        {{ clean_text('person_id') }} as person_key,
        {{ clean_text('video_id') }} as video_id,
        {{ clean_text('interaction_type') }} as interaction_type_text,
        {{ clean_text('is_undo') }} as is_undo_text,
        {{ clean_text('comment_text') }} as comment_text,
        {{ clean_text('comment_language') }} as comment_language,
        {{ clean_text('comment_sentiment_score') }} as comment_sentiment_score_text,
        {{ clean_text('traffic_source') }} as traffic_source_text,
        {{ row_lineage() }}
    from raw_interactions

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('interacted_at_text') }} as interacted_at,
        {{ parse_category('interaction_type_text', video_interaction_types(), otherwise='null') }}
            as interaction_type,
        {{ parse_boolean('is_undo_text') }} as is_undo,
        {{ parse_number('comment_sentiment_score_text', 'decimal(5, 4)') }}
            as comment_sentiment_score,
        {{ parse_category('traffic_source_text', traffic_sources()) }} as traffic_source
    from clean_columns

),

find_videos as (

    select
        parse_columns.*,
        videos.known_video_id
    from parse_columns
    left join videos
        on parse_columns.video_id = videos.known_video_id

),

judge_rows as (

    select
        *,
        {{ judge_row(
            key=['interaction_id'],
            required=['interacted_at_text', 'video_id', 'interaction_type_text'],
            timestamps=[{'value': 'interacted_at'}],
            categories=[{'value': 'interaction_type'}],
            parents=[{'found': 'known_video_id', 'reason_code': 'unknown_video'}],
        ) }} as reason_code
    from find_videos

),

describe_rows as (

    select
        interaction_id,
        video_id,
        person_key,
        interacted_at,
        {{ event_date('interacted_at') }} as event_date,
        interaction_type,
        is_undo,
        comment_text,
        comment_language,
        comment_sentiment_score,
        traffic_source,
        reason_code,
        {{ list_nulled({
            'is_undo': 'is_undo is null',
            'traffic_source': "traffic_source = 'other' and lower(traffic_source_text) <> 'other'",
        }) }} as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'interaction_id': 'interaction_id',
                    'interacted_at': 'interacted_at_text',
                    'video_id': 'video_id',
                    'interaction_type': 'interaction_type_text',
                    'is_undo': 'is_undo_text',
                    'traffic_source': 'traffic_source_text',
                }) }}
        end as raw_record,
        _malformed,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at,
        _synced_at,
        row_order
    from judge_rows

),

{{ decide_row_status(
    rows='describe_rows',
    key=['interaction_id'],
    content=[
        'interacted_at', 'person_key', 'video_id', 'interaction_type', 'is_undo', 'comment_text',
        'traffic_source',
    ],
    parents=[
        {'column': 'video_id', 'model': 'stg_event_log__videos', 'reason_code': 'unknown_video'},
    ],
) }}

select * from keep_changes
{{ in_order_of_days(last="row_status = 'rejected'") }}
