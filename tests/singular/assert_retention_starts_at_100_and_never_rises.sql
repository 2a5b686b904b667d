-- A curve starts with everyone, and who has left does not come back.
-- A returned row is a mark that lies above the one before it, or a first mark that is not 100.

with

list_marks as (

    select
        video_id,
        event_date,
        mark_seconds,
        -- In a video of a few milliseconds two marks round to the same instant.
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

add_mark_before as (

    select
        *,
        lag(watch_retention_pct) over (
            partition by video_id, event_date
            order by mark_order
        ) as watch_retention_pct_before
    from list_marks

)

select *
from add_mark_before
where
    watch_retention_pct > watch_retention_pct_before
    or (mark_order = 0 and watch_retention_pct <> 100)
    or (watch_retention_pct_before is null and mark_order <> 0)
