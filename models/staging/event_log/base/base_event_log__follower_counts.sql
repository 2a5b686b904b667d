with

raw_follower_counts as (

    select * from {{ raw('follower_counts') }}

),

accounts as (

    select account_id as known_account_id from {{ ref('stg_event_log__accounts') }}

),

clean_columns as (

    select
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('count_date') }} as count_date_text,
        {{ clean_text('followers') }} as followers_text,
        {{ row_lineage() }}
    from raw_follower_counts

),

parse_columns as (

    select
        *,
        {{ parse_date('count_date_text') }} as count_date,
        {{ parse_integer('followers_text') }} as followers
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
            key=['account_id', 'count_date_text'],
            required=['followers_text'],
            timestamps=[{'value': 'count_date'}],
            numbers=[{'text': 'followers_text', 'value': 'followers', 'is_integer': true}],
            parents=[
                {'found': 'known_account_id', 'reason_code': 'unknown_account'},
            ],
        ) }} as reason_code
    from find_accounts

),

describe_rows as (

    select
        account_id,
        count_date,
        followers,
        reason_code,
        cast(null as string) as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'account_id': 'account_id',
                    'count_date': 'count_date_text',
                    'followers': 'followers_text',
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
    key=['account_id', 'count_date'],
    content=['followers'],
    parents=[
        {'column': 'account_id', 'model': 'stg_event_log__accounts', 'reason_code': 'unknown_account'},
    ],
) }}

select * from keep_changes
