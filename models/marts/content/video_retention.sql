with

marks as (

    select * from {{ ref('int_video_retention_marks') }}

),

videos as (

    select * from {{ ref('dim_videos') }}

),

video_days as (

    select * from {{ ref('daily_video_kpis') }}

),

add_mark_before as (

    select
        *,
        -- Rounded, so that equal drops are equal.
        round(
            watch_retention_pct - lag(watch_retention_pct) over (
                partition by video_id, mark_unit order by mark
            ),
            9
        ) as change_pct
    from marks

),

find_steepest_drops as (

    select
        *,
        min(change_pct) over (partition by video_id, mark_unit) as steepest_change_pct
    from add_mark_before

),

-- By second: the first mark at which no more than half are still watching, and the hold at 3 s.
describe_curves as (

    select
        video_id,
        min(mark_seconds) filter (
            where change_pct = steepest_change_pct and change_pct < 0
        ) as steepest_drop_second,
        -min(change_pct) filter (where change_pct < 0) as steepest_drop_pct,
        max(watch_retention_pct) filter (where mark_seconds = 3) as hold_3_seconds_pct,
        min(mark_seconds) filter (where watch_retention_pct <= 50) as median_watch_second
    from find_steepest_drops
    where mark_unit = 'second'
    group by video_id

),

-- Watched beyond the first play; only where every view has a known length.
count_replays as (

    select
        video_id,
        case
            when sum(views) = sum(views_with_duration)
                then sum(total_watch_seconds) - sum(first_play_watch_seconds)
        end as replayed_seconds,
        case when sum(views) = sum(views_with_duration) then sum(total_watch_seconds) end
            as total_watch_seconds
    from video_days
    where watch_source = 'event_log'
    group by video_id

)

select
    find_steepest_drops.video_id,
    find_steepest_drops.account_id,
    find_steepest_drops.mark_unit,
    find_steepest_drops.mark,
    find_steepest_drops.mark_seconds,
    cast(find_steepest_drops.views_with_duration as bigint) as views_with_duration,
    cast(find_steepest_drops.views_retained as bigint) as views_retained,
    find_steepest_drops.watch_retention_pct,
    -find_steepest_drops.change_pct as drop_off_pct,
    coalesce(
        find_steepest_drops.mark_unit = 'second'
        and find_steepest_drops.mark_seconds = describe_curves.steepest_drop_second,
        false
    ) as is_steepest_drop,
    describe_curves.steepest_drop_second,
    describe_curves.steepest_drop_pct,
    describe_curves.hold_3_seconds_pct,
    describe_curves.median_watch_second,
    cast(count_replays.replayed_seconds as decimal(18, 3)) as replayed_seconds,
    {{ pct('count_replays.replayed_seconds', 'count_replays.total_watch_seconds') }}
        as replayed_share_pct,
    videos.duration_seconds,
    {{ duration_band('videos.duration_seconds') }} as duration_band,
    find_steepest_drops.watch_source
from find_steepest_drops
inner join videos
    on find_steepest_drops.video_id = videos.video_id
left join describe_curves
    on find_steepest_drops.video_id = describe_curves.video_id
left join count_replays
    on
        find_steepest_drops.video_id = count_replays.video_id
        and find_steepest_drops.watch_source = 'event_log'
