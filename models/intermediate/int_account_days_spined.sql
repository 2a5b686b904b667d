with

video_days as (

    select * from {{ ref('fct_video_daily') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

find_first_date as (

    select
        account_id,
        min(event_date) as first_event_date
    from video_days
    group by account_id

),

list_account_days as (

    select
        find_first_date.account_id,
        {{ each_date('find_first_date.first_event_date', 'bounds.data_end_date') }} as event_date
    from find_first_date
    cross join bounds

)

select * from list_account_days
