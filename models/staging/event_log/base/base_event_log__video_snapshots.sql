with

raw_video_snapshots as (

    select * from {{ raw('video_snapshots') }}

),

videos as (

    select video_id as known_video_id from {{ ref('stg_event_log__videos') }}

),

accounts as (

    select account_id as known_account_id from {{ ref('stg_event_log__accounts') }}

),

clean_columns as (

    select
        {{ clean_text('video_id') }} as video_id,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('captured_at') }} as captured_at_text,
        {{ clean_text('views') }} as views_text,
        {{ clean_text('likes') }} as likes_text,
        {{ clean_text('comments') }} as comments_text,
        {{ clean_text('shares') }} as shares_text,
        {{ clean_text('saves') }} as saves_text,
        {{ clean_text('reach') }} as reach_text,
        {{ clean_text('total_watch_seconds') }} as total_watch_seconds_text,
        {{ row_lineage() }}
    from raw_video_snapshots

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('captured_at_text') }} as captured_at,
        {{ keep_not_negative(parse_integer('views_text')) }} as views,
        {{ keep_not_negative(parse_integer('likes_text')) }} as likes,
        {{ keep_not_negative(parse_integer('comments_text')) }} as comments,
        {{ keep_not_negative(parse_integer('shares_text')) }} as shares,
        {{ keep_not_negative(parse_integer('saves_text')) }} as saves,
        {{ keep_not_negative(parse_integer('reach_text')) }} as reach,
        {{ keep_not_negative(parse_number('total_watch_seconds_text', 'decimal(18, 3)')) }}
            as total_watch_seconds
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

find_videos as (

    select
        find_accounts.*,
        videos.known_video_id
    from find_accounts
    left join videos
        on find_accounts.video_id = videos.known_video_id

),

judge_rows as (

    select
        *,
        {{ judge_row(
            key=['video_id', 'captured_at_text'],
            required=['account_id'],
            timestamps=[{'value': 'captured_at'}],
            parents=[
                {'found': 'known_account_id', 'reason_code': 'unknown_account'},
                {'found': 'known_video_id', 'reason_code': 'unknown_video'},
            ],
        ) }} as reason_code
    from find_videos

),

describe_rows as (

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
        reason_code,
        {{ list_nulled({
            'views': 'views_text is not null and views is null',
            'likes': 'likes_text is not null and likes is null',
            'comments': 'comments_text is not null and comments is null',
            'shares': 'shares_text is not null and shares is null',
            'saves': 'saves_text is not null and saves is null',
            'reach': 'reach_text is not null and reach is null',
            'total_watch_seconds': 'total_watch_seconds_text is not null and total_watch_seconds is null',
        }) }} as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'video_id': 'video_id',
                    'account_id': 'account_id',
                    'captured_at': 'captured_at_text',
                    'views': 'views_text',
                    'likes': 'likes_text',
                    'comments': 'comments_text',
                    'shares': 'shares_text',
                    'saves': 'saves_text',
                    'reach': 'reach_text',
                    'total_watch_seconds': 'total_watch_seconds_text',
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
    key=['video_id', 'captured_at'],
    content=[
        'account_id', 'views', 'likes', 'comments', 'shares', 'saves', 'reach',
        'total_watch_seconds',
    ],
    parents=[
        {'column': 'account_id', 'model': 'stg_event_log__accounts', 'reason_code': 'unknown_account'},
        {'column': 'video_id', 'model': 'stg_event_log__videos', 'reason_code': 'unknown_video'},
    ],
) }}

select * from keep_changes
