with

aliases as (

    select * from {{ ref('account_aliases') }}

),

accounts as (

    select * from {{ ref('stg_event_log__accounts') }}

),

list_handles as (
    {% for model in exports_of_accounts() %}
    select
        account_handle,
        max(_ingest_seq) as newest_ingest_seq
    from {{ ref(model) }}
    where account_handle is not null
    group by account_handle
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

find_newest as (

    select
        account_handle,
        max(newest_ingest_seq) as newest_ingest_seq
    from list_handles
    group by account_handle

),

list_known_handles as (

    select
        {{ plain_handle('handle') }} as account_handle,
        min(account_id) as account_id
    from accounts
    group by {{ plain_handle('handle') }}

),

-- Somebody's word first, then the list of accounts; a handle that neither knows is an account.
resolve_handles as (

    select
        find_newest.account_handle,
        coalesce(
            aliases.account_id,
            list_known_handles.account_id,
            {{ plain_handle('find_newest.account_handle') }}
        ) as account_id,
        find_newest.newest_ingest_seq
    from find_newest
    left join aliases
        on
            {{ plain_handle('find_newest.account_handle') }}
            = {{ plain_handle('aliases.alias') }}
    left join list_known_handles
        on
            {{ plain_handle('find_newest.account_handle') }}
            = list_known_handles.account_handle

)

select * from resolve_handles
