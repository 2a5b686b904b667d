with

raw_conversions as (

    select * from {{ raw('conversions') }}

),

accounts as (

    select account_id as known_account_id from {{ ref('stg_event_log__accounts') }}

),

clean_columns as (

    select
        {{ clean_text('conversion_id') }} as conversion_id,
        {{ clean_text('converted_at') }} as converted_at_text,
        {{ clean_text('account_id') }} as account_id,
        {{ clean_text('person_id') }} as person_key,
        {{ clean_text('video_id') }} as video_id,
        {{ clean_text('conversion_type') }} as conversion_type_text,
        {{ clean_text('value_amount') }} as value_amount_text,
        {{ clean_text('currency') }} as currency_text,
        {{ clean_text('product_id') }} as product_id,
        {{ clean_text('quantity') }} as quantity_text,
        {{ row_lineage() }}
    from raw_conversions

),

parse_columns as (

    select
        *,
        {{ parse_timestamp('converted_at_text') }} as converted_at,
        {{ parse_category('conversion_type_text', conversion_types(), otherwise='null') }}
            as conversion_type,
        {{ parse_number('value_amount_text', 'decimal(18, 4)') }} as value_amount,
        {{ parse_currency('currency_text') }} as currency,
        {{ keep_not_negative(parse_integer('quantity_text')) }} as quantity
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
            key=['conversion_id'],
            required=['converted_at_text', 'account_id', 'conversion_type_text'],
            timestamps=[{'value': 'converted_at'}],
            categories=[{'value': 'conversion_type'}],
            parents=[
                {'found': 'known_account_id', 'reason_code': 'unknown_account'},
            ],
        ) }} as reason_code
    from find_accounts

),

describe_rows as (

    select
        conversion_id,
        account_id,
        person_key,
        video_id,
        conversion_type,
        product_id,
        currency,
        value_amount,
        quantity,
        converted_at,
        {{ event_date('converted_at') }} as event_date,
        reason_code,
        {{ list_nulled({
            'value_amount': 'value_amount_text is not null and value_amount is null',
            'currency': 'currency_text is not null and currency is null',
            'quantity': 'quantity_text is not null and quantity is null',
        }) }} as nulled_columns,
        case
            when reason_code is not null
                then {{ raw_record({
                    'conversion_id': 'conversion_id',
                    'converted_at': 'converted_at_text',
                    'account_id': 'account_id',
                    'video_id': 'video_id',
                    'conversion_type': 'conversion_type_text',
                    'value_amount': 'value_amount_text',
                    'currency': 'currency_text',
                    'product_id': 'product_id',
                    'quantity': 'quantity_text',
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
    key=['conversion_id'],
    content=[
        'converted_at', 'account_id', 'person_key', 'video_id', 'conversion_type', 'value_amount',
        'currency', 'product_id', 'quantity',
    ],
    parents=[
        {'column': 'account_id', 'model': 'stg_event_log__accounts', 'reason_code': 'unknown_account'},
    ],
) }}

select * from keep_changes
{{ in_order_of_days(last="row_status = 'rejected'") }}
