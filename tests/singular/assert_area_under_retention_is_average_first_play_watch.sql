-- The area under a curve (trapezoids) is the average watch time of a first play. For a curve that
-- never rises the trapezoids are off by half its widest step at most.
-- A returned row is a curve whose area lies further from the average than that.

with

list_curves as (

    select
        video_id,
        event_date,
        mark_seconds,
        mark_pct as mark_order,
        watch_retention_pct
    from {{ ref('fct_watch_retention_daily') }}
    where {{ is_changed('fct_watch_retention_daily') }}

    union all

    select
        video_id,
        cast(null as date) as event_date,
        mark_seconds,
        mark_seconds as mark_order,
        watch_retention_pct
    from {{ ref('fct_video_retention') }}
    where {{ is_changed('fct_video_retention') }}

),

measure_steps as (

    select
        video_id,
        event_date,
        mark_seconds - lag(mark_seconds) over (
            partition by video_id, event_date
            order by mark_order
        ) as step_seconds,
        watch_retention_pct + lag(watch_retention_pct) over (
            partition by video_id, event_date
            order by mark_order
        ) as retention_sum_pct
    from list_curves

),

measure_areas as (

    select
        video_id,
        event_date,
        sum(cast(step_seconds as double) * retention_sum_pct / 200) as area_seconds,
        max(cast(step_seconds as double)) / 2 as tolerance_seconds
    from measure_steps
    where step_seconds is not null
    group by video_id, event_date

),

list_averages as (

    select
        video_id,
        event_date,
        {{ ratio('first_play_watch_seconds', 'views_with_duration') }} as average_seconds
    from {{ ref('fct_video_daily') }}
    where views_with_duration > 0 and {{ is_changed('fct_watch_retention_daily') }}

    union all

    select
        video_id,
        cast(null as date) as event_date,
        {{ ratio('sum(first_play_watch_seconds)', 'sum(views_with_duration)') }} as average_seconds
    from {{ ref('fct_video_daily') }}
    where views_with_duration > 0 and {{ is_changed('fct_video_retention') }}
    group by video_id

)

select
    list_averages.video_id,
    list_averages.event_date,
    list_averages.average_seconds,
    measure_areas.area_seconds,
    measure_areas.tolerance_seconds
from list_averages
left join measure_areas
    on
        list_averages.video_id = measure_areas.video_id
        and list_averages.event_date is not distinct from measure_areas.event_date
where
    measure_areas.area_seconds is null
    -- A millisecond on top: the marks of a curve are rounded to three decimals.
    or abs(measure_areas.area_seconds - list_averages.average_seconds)
    > measure_areas.tolerance_seconds + 0.001
