-- What snapshots give to days is all that the counter moved: the last total minus the baseline
-- (0 where the first reading was on the day of posting). A reading that is suspect is none.
-- A returned row is a counter whose days do not sum to its move.

with

find_ends as (

    select
        levels.source,
        levels.video_id,
        levels.measure,
        max_by(levels.total_units, levels.event_date) as last_units,
        min_by(
            case
                when levels.event_date = {{ reporting_date('videos.posted_at') }} then 0
                else levels.total_units
            end,
            levels.event_date
        ) as baseline_units
    from {{ ref('int_video_snapshot_levels') }} as levels
    inner join {{ ref('int_videos') }} as videos
        on levels.video_id = videos.video_id
    where not levels.is_suspect
    group by levels.source, levels.video_id, levels.measure

),

sum_days as (

    select
        source,
        video_id,
        measure,
        sum(day_units) as day_units
    from {{ ref('int_video_snapshots_differenced') }}
    group by source, video_id, measure

)

select
    find_ends.source,
    find_ends.video_id,
    find_ends.measure,
    find_ends.last_units,
    find_ends.baseline_units,
    sum_days.day_units
from find_ends
left join sum_days
    on
        find_ends.source = sum_days.source
        and find_ends.video_id = sum_days.video_id
        and find_ends.measure = sum_days.measure
where coalesce(sum_days.day_units, 0) <> find_ends.last_units - find_ends.baseline_units
