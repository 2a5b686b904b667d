with

events as (

    select *
    from {{ ref('int_personal_events') }}
    where {{ is_own_act() }}

),

topics as (

    select
        video_id,
        trait_value as topic
    from {{ ref('int_video_traits') }}
    where trait = 'topic'

),

list_traits as (

    select
        archive_owner,
        event_type,
        event_date,
        video_id,
        'weekday' as trait,
        cast({{ iso_day_of_week('event_date') }} as string) as trait_value
    from events

    union all

    select
        archive_owner,
        event_type,
        event_date,
        video_id,
        'hour' as trait,
        cast(event_hour as string) as trait_value
    from events

    union all

    -- A video of two topics counts for both; an archive names the video and not what it is about.
    select
        events.archive_owner,
        events.event_type,
        events.event_date,
        events.video_id,
        'topic' as trait,
        coalesce(topics.topic, 'unknown') as trait_value
    from events
    left join topics
        on events.video_id = topics.video_id
    where events.video_id is not null

),

count_traits as (

    select
        archive_owner,
        event_type,
        trait,
        trait_value,
        count(*) as events,
        count(distinct video_id) as videos,
        count(distinct event_date) as active_days,
        min(event_date) as first_date,
        max(event_date) as last_date
    from list_traits
    group by archive_owner, event_type, trait, trait_value

),

count_types as (

    select
        archive_owner,
        event_type,
        count(*) as all_events,
        count(video_id) as events_with_video
    from events
    group by archive_owner, event_type

),

rank_traits as (

    select
        count_traits.*,
        case
            when count_traits.trait = 'topic' then count_types.events_with_video
            else count_types.all_events
        end as events_of_type,
        rank() over (
            partition by
                count_traits.archive_owner, count_traits.event_type, count_traits.trait
            order by count_traits.events desc
        ) as habit_rank
    from count_traits
    inner join count_types
        on
            count_traits.archive_owner = count_types.archive_owner
            and count_traits.event_type = count_types.event_type

)

select
    archive_owner,
    event_type,
    trait,
    trait_value,
    cast(habit_rank as bigint) as habit_rank,
    events,
    events_of_type,
    {{ pct('events', 'events_of_type') }} as share_of_events_pct,
    videos,
    active_days,
    first_date,
    last_date
from rank_traits
