with

follower_counts as (

    select * from {{ ref('stg_event_log__follower_counts') }}

),

account_snapshots as (

    select * from {{ ref('stg_event_log__account_snapshots') }}

),

find_last_snapshots as (

    select
        account_id,
        {{ reporting_date('captured_at') }} as event_date,
        max_by(followers, captured_at) as snapshot_followers
    from account_snapshots
    where followers is not null
    group by account_id, {{ reporting_date('captured_at') }}

),

-- The official count of a day goes before what a snapshot of that day shows.
choose_level as (

    select
        coalesce(follower_counts.account_id, find_last_snapshots.account_id) as account_id,
        coalesce(follower_counts.count_date, find_last_snapshots.event_date) as event_date,
        follower_counts.followers as counted_followers,
        find_last_snapshots.snapshot_followers,
        coalesce(follower_counts.followers, find_last_snapshots.snapshot_followers)
            as official_followers,
        case when follower_counts.followers is not null then 'event_log' else 'snapshots' end
            as level_source
    from follower_counts
    full outer join find_last_snapshots
        on
            follower_counts.account_id = find_last_snapshots.account_id
            and follower_counts.count_date = find_last_snapshots.event_date

)

select * from choose_level
