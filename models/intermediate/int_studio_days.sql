{%- set measures = [
    'video_views', 'profile_views', 'likes', 'comments', 'shares',
    'total_viewers', 'new_viewers', 'returning_viewers', 'followers',
] -%}
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
        {%- for measure in measures %}
        {{ most_trusted(measure, measure ~ ' is not null') }} as {{ measure }},
        {%- endfor %}
        {%- for file_kind in ['overview', 'viewers', 'follower_history'] %}
        {%- set knows = "file_kind = '" ~ file_kind ~ "' and main_measure is not null" %}
        {{ most_trusted('exported_on', knows) }} as {{ file_kind }}_exported_on,
        {{ most_trusted('decision', knows) }} as {{ file_kind }}_decision{{ ',' if not loop.last }}
        {%- endfor %}
    from repair_labels
    group by account_handle, event_date

)

select
    account_handle,
    event_date,
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    overview_exported_on,
    overview_decision,
    viewers_exported_on,
    viewers_decision,
    follower_history_exported_on,
    follower_history_decision
from choose_values
