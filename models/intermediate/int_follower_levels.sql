with

follower_counts as (

    select * from {{ ref('stg_event_log__follower_counts') }}

),

account_snapshots as (

    select * from {{ ref('stg_event_log__account_snapshots') }}

),

handles as (

    select * from {{ ref('int_account_handles') }}

),

api_profiles as (

    select * from {{ ref('stg_accounts_api__account_profile') }}

),

exported_days as (

    select * from {{ ref('int_account_days_exported') }}

),

-- What a profile shows at a moment; the last of a day stands for its end.
list_moments as (

    select
        'snapshots' as source,
        account_id,
        captured_at,
        followers
    from account_snapshots

    union all

    select
        'accounts_api' as source,
        handles.account_id,
        api_profiles.captured_at,
        api_profiles.followers_count as followers
    from api_profiles
    inner join handles
        on api_profiles.account_handle = handles.account_handle

),

keep_last_of_day as (

    select
        source,
        account_id,
        {{ reporting_date('captured_at') }} as event_date,
        max_by(followers, captured_at) as followers
    from list_moments
    where followers is not null
    group by source, account_id, {{ reporting_date('captured_at') }}

),

list_levels as (

    select
        'event_log' as source,
        account_id,
        count_date as event_date,
        followers,
        true as is_count_of_day
    from follower_counts

    union all

    select
        source,
        account_id,
        event_date,
        followers,
        true as is_count_of_day
    from exported_days
    where followers is not null

    union all

    select
        source,
        account_id,
        event_date,
        followers,
        false as is_count_of_day
    from keep_last_of_day

),

choose_level as (

    select
        source,
        account_id,
        event_date,
        coalesce(
            max(followers) filter (where is_count_of_day),
            max(followers) filter (where not is_count_of_day)
        ) as followers
    from list_levels
    group by source, account_id, event_date

)

select * from choose_level
