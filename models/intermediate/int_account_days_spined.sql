with

date_ranges as (

    select * from {{ ref('int_account_date_ranges') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

list_account_days as (

    select
        date_ranges.account_id,
        {{ each_date(
            'date_ranges.first_event_date',
            'greatest(date_ranges.last_event_date, bounds.data_end_date)'
        ) }} as event_date,
        bounds.data_end_date
    from date_ranges
    cross join bounds

),

-- A day past the data's end is in no KPI mart, but its official level anchors the days before.
mark_days_beyond as (

    select
        account_id,
        event_date,
        event_date > data_end_date as is_beyond_data_end
    from list_account_days

)

select * from mark_days_beyond
