with

video_views as (

    select * from {{ ref('int_video_views_dated') }}

),

first_views as (

    select * from {{ ref('int_viewer_first_view') }}

),

-- One row per person first: a distinct count of so few groups is then a plain count.
list_people as (

    select
        account_id,
        event_date,
        person_key,
        max(case when is_view then 1 else 0 end) as has_viewed
    from video_views
    where person_key is not null
    group by account_id, event_date, person_key

),

mark_new_viewers as (

    select
        list_people.*,
        case
            when list_people.has_viewed = 1 and first_views.first_view_date = list_people.event_date
                then 1
            else 0
        end as is_new_viewer
    from list_people
    left join first_views
        on
            list_people.account_id = first_views.account_id
            and list_people.person_key = first_views.person_key

),

count_people as (

    select
        account_id,
        event_date,
        count(*) as reach,
        cast(sum(has_viewed) as bigint) as unique_viewers,
        cast(sum(is_new_viewer) as bigint) as new_viewers
    from mark_new_viewers
    group by account_id, event_date

)

select * from count_people
