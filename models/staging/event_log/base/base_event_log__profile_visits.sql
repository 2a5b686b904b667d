with

raw_profile_visits as (

    select * from {{ raw('profile_visits') }}

),

accounts as (

    select account_id as known_account_id from {{ ref('stg_event_log__accounts') }}

),

clean_columns as (

    select
        {{ clean_text('visit_id') }} as visit_id,
        {{ clean_text('visited_at') }} as visited_at_text,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('person_id') }} as person_key,
        {{ clean_text('source_video_id') }} as source_video_id,
        {{ row_lineage() }}
    from raw_profile_visits

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('visited_at_text') }} as visited_at
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
            key=['visit_id'],
            required=['visited_at_text', 'account_id'],
            timestamps=[{'value': 'visited_at'}],
            parents=[
                {'found': 'known_account_id', 'reason_code': 'unknown_account'},
            ],
        ) }} as reason_code
    from find_accounts

),

describe_rows as (

    select
        visit_id,
        account_id,
        person_key,
        source_video_id,
        visited_at,
        {{ event_date('visited_at') }} as event_date,
        reason_code,
        cast(null as string) as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'visit_id': 'visit_id',
                    'visited_at': 'visited_at_text',
                    'account_id': 'account_id',
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
    key=['visit_id'],
    content=['visited_at', 'account_id', 'person_key', 'source_video_id'],
    parents=[
        {'column': 'account_id', 'model': 'stg_event_log__accounts', 'reason_code': 'unknown_account'},
    ],
) }}

select * from keep_changes
{{ in_order_of_days(last="row_status = 'rejected'") }}
