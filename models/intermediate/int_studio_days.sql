with

days as (

    select * from {{ ref('int_studio_days_exported') }}

),

repairs as (

    select * from {{ ref('int_studio_calendar_repairs') }}

),

repair_labels as (

    select
        days.*,
        {{ days_before('days.labelled_date', '-repairs.shift_days') }} as event_date,
        repairs.decision,
        -- The newest export has its way, but labels in doubt only where no others know the day.
        concat(
            case when repairs.decision = 'flagged' then '0' else '1' end,
            cast(days.exported_on as string)
        ) as trust
    from days
    inner join repairs
        on
            days.account_handle = repairs.account_handle
            and days.file_kind = repairs.file_kind
            and days.exported_on = repairs.exported_on

),

choose_values as (

    select
        account_handle,
        event_date,
        {{ most_trusted('video_views', 'video_views is not null') }} as video_views,
        {{ most_trusted('profile_views', 'profile_views is not null') }} as profile_views,
        {{ most_trusted('likes', 'likes is not null') }} as likes,
        {{ most_trusted('comments', 'comments is not null') }} as comments,
        {{ most_trusted('shares', 'shares is not null') }} as shares,
        {{ most_trusted('total_viewers', 'total_viewers is not null') }} as total_viewers,
        {{ most_trusted('new_viewers', 'new_viewers is not null') }} as new_viewers,
        {{ most_trusted('returning_viewers', 'returning_viewers is not null') }}
            as returning_viewers,
        {{ most_trusted('followers', 'followers is not null') }} as followers,
        {{ most_trusted_of('overview', 'exported_on') }} as overview_exported_on,
        {{ most_trusted_of('overview', 'decision') }} as overview_decision,
        {{ most_trusted_of('viewers', 'exported_on') }} as viewers_exported_on,
        {{ most_trusted_of('viewers', 'decision') }} as viewers_decision,
        {{ most_trusted_of('follower_history', 'exported_on') }} as follower_history_exported_on,
        {{ most_trusted_of('follower_history', 'decision') }} as follower_history_decision
    from repair_labels
    group by account_handle, event_date

)

select
    account_handle,
    event_date,
    video_views,
    profile_views,
    likes,
    comments,
    shares,
    total_viewers,
    new_viewers,
    returning_viewers,
    followers,
    least(overview_exported_on, viewers_exported_on, follower_history_exported_on) as exported_on,
    overview_exported_on,
    overview_decision,
    viewers_exported_on,
    viewers_decision,
    follower_history_exported_on,
    follower_history_decision
from choose_values
