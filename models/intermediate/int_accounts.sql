with

accounts as (

    select * from {{ ref('stg_event_log__accounts') }}

),

handles as (

    select * from {{ ref('int_account_handles') }}

),

-- Only who owns an account can download what the platform says of it.
find_exported as (

    select
        account_id,
        max_by(account_handle, newest_ingest_seq) as handle
    from handles
    group by account_id

),

list_accounts as (

    select
        account_id,
        handle,
        display_name,
        account_role,
        country,
        created_at,
        true as is_in_event_log
    from accounts

    union all

    select
        find_exported.account_id,
        find_exported.handle,
        cast(null as string) as display_name,
        'own' as account_role,
        cast(null as string) as country,
        cast(null as timestamp) as created_at,
        false as is_in_event_log
    from find_exported
    left join accounts
        on find_exported.account_id = accounts.account_id
    where accounts.account_id is null

)

select * from list_accounts
