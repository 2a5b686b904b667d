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
        {{ each_date('date_ranges.first_event_date', 'bounds.data_end_date') }} as event_date
    from date_ranges
    cross join bounds

)

select * from list_account_days
