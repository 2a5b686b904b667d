with

raw_account_snapshots as (

    select * from {{ raw('account_snapshots') }}

),

accounts as (

    select account_id as known_account_id from {{ ref('stg_event_log__accounts') }}

),

clean_columns as (

    select
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('captured_at') }} as captured_at_text,
        {{ clean_text('followers') }} as followers_text,
        {{ clean_text('total_likes') }} as total_likes_text,
        {{ clean_text('videos') }} as videos_text,
        {{ row_lineage() }}
    from raw_account_snapshots

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('captured_at_text') }} as captured_at,
        {{ keep_not_negative(parse_integer('followers_text')) }} as followers,
        {{ keep_not_negative(parse_integer('total_likes_text')) }} as total_likes,
        {{ keep_not_negative(parse_integer('videos_text')) }} as videos
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
            key=['account_id', 'captured_at_text'],
            required=[],
            timestamps=[{'value': 'captured_at'}],
            parents=[
                {'found': 'known_account_id', 'reason_code': 'unknown_account'},
            ],
        ) }} as reason_code
    from find_accounts

),

describe_rows as (

    select
        account_id,
        followers,
        total_likes,
        videos,
        captured_at,
        reason_code,
        {{ list_nulled({
            'followers': 'followers_text is not null and followers is null',
            'total_likes': 'total_likes_text is not null and total_likes is null',
            'videos': 'videos_text is not null and videos is null',
        }) }} as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'account_id': 'account_id',
                    'captured_at': 'captured_at_text',
                    'followers': 'followers_text',
                    'total_likes': 'total_likes_text',
                    'videos': 'videos_text',
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
    key=['account_id', 'captured_at'],
    content=['followers', 'total_likes', 'videos'],
    parents=[
        {'column': 'account_id', 'model': 'stg_event_log__accounts', 'reason_code': 'unknown_account'},
    ],
) }}

select * from keep_changes
