with

raw_follower_events as (

    select * from {{ raw('follower_events') }}

),

accounts as (

    select account_id as known_account_id from {{ ref('stg_event_log__accounts') }}

),

clean_columns as (

    select
        {{ clean_text('event_id') }} as event_id,
        {{ clean_text('occurred_at') }} as occurred_at_text,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('person_id') }} as person_key,
        {{ clean_text('action') }} as action_text,
        {{ clean_text('source_video_id') }} as source_video_id,
        {{ row_lineage() }}
    from raw_follower_events

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('occurred_at_text') }} as occurred_at,
        {{ parse_category('action_text', ['follow', 'unfollow'], otherwise='null') }}
            as action
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
            key=['event_id'],
            required=['occurred_at_text', 'account_id', 'action_text'],
            timestamps=[{'value': 'occurred_at'}],
            categories=[{'value': 'action'}],
            parents=[
                {'found': 'known_account_id', 'reason_code': 'unknown_account'},
            ],
        ) }} as reason_code
    from find_accounts

),

describe_rows as (

    select
        event_id,
        account_id,
        person_key,
        source_video_id,
        action,
        occurred_at,
        {{ event_date('occurred_at') }} as event_date,
        reason_code,
        cast(null as string) as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'event_id': 'event_id',
                    'occurred_at': 'occurred_at_text',
                    'account_id': 'account_id',
                    'action': 'action_text',
                    'source_video_id': 'source_video_id',
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
    key=['event_id'],
    content=['occurred_at', 'account_id', 'person_key', 'action', 'source_video_id'],
    parents=[
        {'column': 'account_id', 'model': 'stg_event_log__accounts', 'reason_code': 'unknown_account'},
    ],
) }}

select * from keep_changes
{{ in_order_of_days(last="row_status = 'rejected'") }}
