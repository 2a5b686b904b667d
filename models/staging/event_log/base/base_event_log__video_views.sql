with

raw_video_views as (

    select * from {{ raw('video_views') }}

),

videos as (

    select video_id as known_video_id from {{ ref('stg_event_log__videos') }}

),

clean_columns as (

    select
        {{ clean_text('view_id') }} as view_id,
        {{ clean_text('viewed_at') }} as viewed_at_text,
        {{ clean_text('video_id') }} as video_id,
        {{ clean_text('person_id') }} as person_key,
        {{ clean_text('watch_seconds') }} as watch_seconds_text,
        {{ clean_text('traffic_source') }} as traffic_source_text,
        {{ row_lineage() }}
    from raw_video_views

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('viewed_at_text') }} as viewed_at,
        {{ parse_number('watch_seconds_text', 'decimal(18, 3)') }} as watch_seconds,
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
            key=['view_id'],
            required=['viewed_at_text', 'video_id', 'watch_seconds_text'],
            timestamps=[{'value': 'viewed_at'}],
            numbers=[{
                'text': 'watch_seconds_text',
                'value': 'watch_seconds',
                'maximum': var('max_watch_seconds'),
            }],
            parents=[{'found': 'known_video_id', 'reason_code': 'unknown_video'}],
        ) }} as reason_code
    from find_videos

),

describe_rows as (

    select
        view_id,
        video_id,
        person_key,
        viewed_at,
        {{ event_date('viewed_at') }} as event_date,
        watch_seconds,
        traffic_source,
        reason_code,
        {{ list_nulled({
            'traffic_source': "traffic_source = 'other' and lower(traffic_source_text) <> 'other'",
        }) }} as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'view_id': 'view_id',
                    'viewed_at': 'viewed_at_text',
                    'video_id': 'video_id',
                    'watch_seconds': 'watch_seconds_text',
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
    key=['view_id'],
    content=['viewed_at', 'video_id', 'person_key', 'watch_seconds', 'traffic_source'],
    parents=[
        {'column': 'video_id', 'model': 'stg_event_log__videos', 'reason_code': 'unknown_video'},
    ],
) }}

select * from keep_changes
{{ in_order_of_days(last="row_status = 'rejected'") }}
