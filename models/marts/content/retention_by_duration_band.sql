with

marks as (

    select * from {{ ref('video_retention') }}

),

-- Of the API only shares are known: its views at a mark are those shares of the views.
sum_bands as (

    select
        account_id,
        duration_band,
        watch_source,
        cast(mark as integer) as mark_pct,
        count(*) as videos,
        {{ wide_sum('views_with_duration') }} as views_with_duration,
        cast(
            sum(
                coalesce(
                    cast(views_retained as decimal(38, 6)),
                    cast(views_with_duration * watch_retention_pct / 100 as decimal(38, 6))
                )
            ) as double
        ) as views_retained
    from marks
    where mark_unit = 'pct' and views_with_duration > 0
    group by account_id, duration_band, watch_source, cast(mark as integer)

),

add_retention as (

    select
        *,
        {{ pct('views_retained', 'views_with_duration') }} as watch_retention_pct
    from sum_bands

),

add_mark_before as (

    select
        *,
        lag(watch_retention_pct) over (
            partition by account_id, duration_band, watch_source order by mark_pct
        ) as retention_before
    from add_retention

),

-- The area under the curve: the share of its length that a video is watched for, replays left out.
measure_bands as (

    select
        account_id,
        duration_band,
        watch_source,
        cast(
            sum(cast((watch_retention_pct + retention_before) / 2 as decimal(38, 12))) as double
        ) * {{ var('retention_step_pct') }} / 100 as average_watched_pct,
        max(videos) as videos,
        max(views_with_duration) as views_with_duration
    from add_mark_before
    group by account_id, duration_band, watch_source
    having count(*) = {{ 100 // var('retention_step_pct') + 1 }}

),

judge_bands as (

    select
        *,
        views_with_duration < {{ var('content_least_views') }}
        or videos < {{ var('content_least_videos') }} as is_small_sample
    from measure_bands

),

rank_bands as (

    select
        *,
        case
            when not is_small_sample
                then
                    rank() over (
                        partition by account_id, watch_source, is_small_sample
                        order by average_watched_pct desc
                    )
        end as band_rank
    from judge_bands

)

select
    add_mark_before.account_id,
    add_mark_before.duration_band,
    add_mark_before.watch_source,
    add_mark_before.mark_pct,
    cast(add_mark_before.videos as bigint) as videos,
    try_cast(add_mark_before.views_with_duration as bigint) as views_with_duration,
    add_mark_before.views_retained,
    add_mark_before.watch_retention_pct,
    add_mark_before.retention_before - add_mark_before.watch_retention_pct as drop_off_pct,
    rank_bands.average_watched_pct,
    rank_bands.is_small_sample,
    cast(rank_bands.band_rank as bigint) as band_rank,
    coalesce(rank_bands.band_rank = 1, false) as is_best_band
from add_mark_before
left join rank_bands
    on
        add_mark_before.account_id = rank_bands.account_id
        and add_mark_before.duration_band = rank_bands.duration_band
        and add_mark_before.watch_source = rank_bands.watch_source
