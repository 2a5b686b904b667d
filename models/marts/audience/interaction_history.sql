with

events as (

    select * from {{ ref('int_personal_events') }}

),

count_events as (

    select
        archive_owner,
        event_date,
        event_hour,
        event_type,
        count(*) as events,
        count(distinct video_id) as videos
    from events
    group by archive_owner, event_date, event_hour, event_type

)

select
    archive_owner,
    event_date,
    event_hour,
    event_type,
    events,
    videos
from count_events
