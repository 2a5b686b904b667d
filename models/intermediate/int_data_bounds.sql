with

date_ranges as (

    select * from {{ ref('int_account_date_ranges') }}

),

ingested_files as (

    select * from {{ ref('base_event_log__ingested_files') }}

),

find_event_bounds as (

    select
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date,
        max(event_log_last_date) as event_log_last_date
    from date_ranges

),

find_newest_ingests as (

    select
        max(ingested_at) as newest_ingested_at,
        max(ingested_at) filter (where entity in ('{{ event_log_entities()
            | reject('in', ['account_snapshots', 'video_snapshots']) | join("', '") }}'))
            as event_log_ingested_at,
        max(ingested_at) filter (where entity in ('account_snapshots', 'video_snapshots'))
            as snapshots_ingested_at,
        max(ingested_at) filter (where entity like 'studio%') as studio_ingested_at,
        max(ingested_at) filter (where entity like 'api%') as accounts_api_ingested_at
    from ingested_files

),

decide_bounds as (

    select
        find_event_bounds.first_event_date,
        find_event_bounds.last_event_date,
        least(
            find_event_bounds.last_event_date,
            {{ reporting_date('find_newest_ingests.newest_ingested_at') }}
        ) as data_end_date,
        find_newest_ingests.newest_ingested_at,
        find_newest_ingests.event_log_ingested_at,
        find_newest_ingests.snapshots_ingested_at,
        find_newest_ingests.studio_ingested_at,
        find_newest_ingests.accounts_api_ingested_at,
        find_event_bounds.event_log_last_date
    from find_event_bounds
    cross join find_newest_ingests

)

select * from decide_bounds
