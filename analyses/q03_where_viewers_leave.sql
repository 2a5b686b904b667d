-- At which second do viewers leave, per video; which length retains best?
select
    curve.video_id,
    curve.duration_seconds,
    curve.views_with_duration as views,
    curve.steepest_drop_second,
    round(curve.steepest_drop_pct, 1) as steepest_drop_pct,
    round(curve.hold_3_seconds_pct, 1) as hold_3_seconds_pct,
    curve.median_watch_second,
    curve.duration_band,
    round(band.average_watched_pct, 1) as band_average_watched_pct,
    band.is_best_band
from {{ ref('video_retention') }} as curve
inner join {{ ref('retention_by_duration_band') }} as band
    on
        curve.account_id = band.account_id
        and curve.duration_band = band.duration_band
        and curve.watch_source = band.watch_source
where curve.is_steepest_drop and band.mark_pct = 0
order by views desc, curve.video_id
