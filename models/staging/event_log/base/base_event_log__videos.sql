with

raw_videos as (

    select * from {{ raw('videos') }}

),

accounts as (

    select account_id as known_account_id from {{ ref('stg_event_log__accounts') }}

),

clean_columns as (

    select
        {{ clean_text('video_id') }} as video_id,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('posted_at') }} as posted_at_text,
        {{ clean_text('caption') }} as caption,
        {{ clean_text('duration_seconds') }} as duration_seconds_text,
        {{ clean_text('content_format') }} as content_format_text,
        {{ clean_text('sound_id') }} as sound_id,
        {{ clean_text('sound_title') }} as sound_title,
        {{ clean_text('is_ai_generated') }} as is_ai_generated_text,
        {{ clean_text('is_ad') }} as is_ad_text,
        {{ clean_text('language') }} as language,
        {{ clean_text('product_id') }} as product_id,
        {{ row_lineage() }}
    from raw_videos

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('posted_at_text') }} as posted_at,
        {{ keep_not_negative(parse_number('duration_seconds_text', 'decimal(18, 3)')) }}
            as duration_seconds,
        {{ parse_category('content_format_text', ['video', 'photo', 'duet', 'stitch', 'live']) }}
            as content_format,
        {{ parse_boolean('is_ai_generated_text') }} as is_ai_generated,
        {{ parse_boolean('is_ad_text') }} as is_ad
    from clean_columns

),

find_accounts as (

    select
        parse_columns.*,
        accounts.known_account_id
    from parse_columns
    left join accounts
        on parse_columns.account_id = accounts.known_account_id

),

judge_rows as (

    select
        *,
        {{ judge_row(
            key=['video_id'],
            required=['account_id', 'posted_at_text'],
            timestamps=[{'value': 'posted_at', 'may_lie_ahead': true}],
            parents=[{'found': 'known_account_id', 'reason_code': 'unknown_account'}],
        ) }} as reason_code
    from find_accounts

),

describe_rows as (

    select
        video_id,
        account_id,
        posted_at,
        caption,
        duration_seconds,
        content_format,
        sound_id,
        sound_title,
        is_ai_generated,
        is_ad,
        language,
        product_id,
        reason_code,
        {{ list_nulled({
            'duration_seconds': 'duration_seconds_text is not null and duration_seconds is null',
            'content_format': "content_format = 'other' and lower(content_format_text) <> 'other'",
            'is_ai_generated': 'is_ai_generated is null',
            'is_ad': 'is_ad is null',
        }) }} as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'video_id': 'video_id',
                    'account_id': 'account_id',
                    'posted_at': 'posted_at_text',
                    'caption': 'caption',
                    'duration_seconds': 'duration_seconds_text',
                    'content_format': 'content_format_text',
                    'sound_id': 'sound_id',
                    'sound_title': 'sound_title',
                    'is_ai_generated': 'is_ai_generated_text',
                    'is_ad': 'is_ad_text',
                    'language': 'language',
                    'product_id': 'product_id',
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
    key=['video_id'],
    content=[
        'account_id', 'posted_at', 'caption', 'duration_seconds', 'content_format', 'sound_id',
        'sound_title', 'is_ai_generated', 'is_ad', 'language', 'product_id',
    ],
    parents=[
        {'column': 'account_id', 'model': 'stg_event_log__accounts', 'reason_code': 'unknown_account'},
    ],
) }}

select * from keep_changes
