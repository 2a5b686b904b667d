with

raw_accounts as (

    select * from {{ raw('accounts') }}

),

clean_columns as (

    select
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('handle') }} as handle,
        {{ clean_text('display_name') }} as display_name,
        {{ clean_text('account_role') }} as account_role_text,
        {{ clean_text('country') }} as country,
        {{ clean_text('created_at') }} as created_at_text,
        {{ row_lineage() }}
    from raw_accounts

),

parse_columns as (

    select
        *,
        {{ parse_category('account_role_text', ['own', 'competitor'], otherwise='null') }}
            as account_role,
        {{ parse_timestamp('created_at_text') }} as parsed_created_at
    from clean_columns

),

judge_rows as (

    select
        *,
        {{ keep_plausible_timestamp('parsed_created_at') }} as created_at,
        {{ judge_row(
            key=['account_id'],
            required=['handle', 'account_role_text'],
            timestamps=[],
            categories=[{'value': 'account_role'}],
        ) }} as reason_code
    from parse_columns

),

describe_rows as (

    select
        account_id,
        handle,
        display_name,
        account_role,
        country,
        created_at,
        reason_code,
        {{ list_nulled({'created_at': 'created_at_text is not null and created_at is null'}) }}
            as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'account_id': 'account_id',
                    'handle': 'handle',
                    'display_name': 'display_name',
                    'account_role': 'account_role_text',
                    'country': 'country',
                    'created_at': 'created_at_text',
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
    key=['account_id'],
    content=['handle', 'display_name', 'account_role', 'country', 'created_at'],
) }}

select * from keep_changes
