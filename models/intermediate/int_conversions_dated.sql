with

conversions as (

    select * from {{ ref('stg_event_log__conversions') }}

),

videos as (

    select video_id as known_video_id from {{ ref('stg_event_log__videos') }}

),

-- A video that is not known feeds no video; the row still counts for its account.
add_day as (

    select
        conversions.conversion_id,
        conversions.account_id,
        conversions.person_key,
        conversions.conversion_type,
        conversions.product_id,
        conversions.quantity,
        conversions.value_amount,
        conversions.currency,
        videos.known_video_id as video_id,
        conversions.event_date,
        conversions.converted_at
    from conversions
    left join videos
        on conversions.video_id = videos.known_video_id

)

select * from add_day
