with

video_views as (

    select * from {{ ref('int_video_views_daily') }}

),

interactions as (

    select * from {{ ref('int_interactions_daily') }}

),

ingested_files as (

    select * from {{ ref('base_event_log__ingested_files') }}

),

list_event_dates as (

    select event_date from video_views
    union all
    select event_date from interactions

),

find_event_bounds as (

    select
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from list_event_dates

),

find_newest_ingest as (

    select max(ingested_at) as newest_ingested_at
    from ingested_files

),

decide_bounds as (

    select
        find_event_bounds.first_event_date,
        find_event_bounds.last_event_date,
        least(
            find_event_bounds.last_event_date,
            {{ reporting_date('find_newest_ingest.newest_ingested_at') }}
        ) as data_end_date,
        find_newest_ingest.newest_ingested_at
    from find_event_bounds
    cross join find_newest_ingest

)

select * from decide_bounds
