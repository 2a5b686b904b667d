-- Each person reached has at least one impression, each viewer at least one view, and each new
-- viewer is a viewer. Where events tell of the day: an export may count viewers of another day than
-- its views.
-- A returned row is a day on which there are more people than rows that name one.

with

list_days as (

    select
        'account' as grain,
        account_id as grain_id,
        kpi_date,
        impressions,
        impressions_with_person,
        reach,
        views,
        unique_viewers,
        new_viewers,
        watch_source
    from {{ ref('daily_account_kpis') }}

    union all

    select
        'video' as grain,
        video_id as grain_id,
        kpi_date,
        impressions,
        impressions_with_person,
        reach,
        views,
        unique_viewers,
        new_viewers,
        watch_source
    from {{ ref('daily_video_kpis') }}

)

select *
from list_days
where
    watch_source = 'event_log'
    and (
        reach > impressions_with_person
        or impressions_with_person > impressions
        or views > impressions
        or unique_viewers > reach
        or unique_viewers > views
        or new_viewers > unique_viewers
    )
