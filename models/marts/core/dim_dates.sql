with

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

list_dates as (

    select
        {{ each_date(
            'first_event_date',
            'case when last_event_date > data_end_date then last_event_date else data_end_date end'
        ) }} as calendar_date
    from bounds

)

select
    calendar_date,
    cast(extract(year from calendar_date) as integer) as calendar_year,
    cast(extract(month from calendar_date) as integer) as month_of_year,
    cast(extract(day from calendar_date) as integer) as day_of_month,
    {{ iso_day_of_week('calendar_date') }} as iso_day_of_week,
    cast(date_trunc('week', calendar_date) as date) as week_start_date,
    cast(date_trunc('month', calendar_date) as date) as month_start_date,
    {{ iso_day_of_week('calendar_date') }} >= 6 as is_weekend
from list_dates
