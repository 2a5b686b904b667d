with

events as (

    select *
    from {{ ref('int_personal_events') }}
    where {{ is_own_act() }}

),

find_previous as (

    select
        *,
        lag(occurred_at) over (partition by archive_owner order by occurred_at) as previous_at
    from events

),

mark_starts as (

    select
        *,
        case
            when occurred_at <= {{ add_minutes('previous_at', var('session_gap_minutes')) }} then 0
            else 1
        end as is_start
    from find_previous

),

number_sessions as (

    select
        *,
        sum(is_start) over (
            partition by archive_owner
            order by occurred_at
            -- Events of one moment together, in whichever order they come.
            range between unbounded preceding and current row
        ) as session_number
    from mark_starts

),

describe_sessions as (

    select
        archive_owner,
        session_number,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(event_date) as session_date,
        count(*) as events,
        count(*) filter (where event_type = 'view') as views,
        count(*) filter (where event_type in ('like', 'comment', 'share', 'save')) as engagements,
        count(distinct video_id) as videos
    from number_sessions
    group by archive_owner, session_number

)

select
    archive_owner,
    cast(session_number as bigint) as session_number,
    started_at,
    ended_at,
    session_date,
    {{ reporting_hour('started_at') }} as start_hour,
    cast(floor({{ seconds_between('started_at', 'ended_at') }}) as bigint) as session_seconds,
    events,
    views,
    engagements,
    videos
from describe_sessions
