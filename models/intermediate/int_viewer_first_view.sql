with

video_views as (

    select * from {{ ref('int_video_views_dated') }}

),

find_first_view as (

    select
        account_id,
        person_key,
        min(event_date) as first_view_date
    from video_views
    where is_view and person_key is not null
    group by account_id, person_key

)

select * from find_first_view
