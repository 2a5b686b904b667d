-- Every rate can be checked by hand from the two columns beside it, and a rate over nothing is
-- NULL. Written out here on purpose, and not through the macro that computes the rates.
-- A returned row is a day on which a rate is not its numerator over its denominator.

with

list_days as (
    {% for mart, grain_id in {
        'daily_account_kpis': 'account_id',
        'daily_video_kpis': 'video_id',
    }.items() %}
    select
        '{{ mart }}' as mart,
        {{ grain_id }} as grain_id,
        kpi_date,
        views,
        reach,
        engagements,
        likes,
        comments,
        shares,
        saves,
        views_with_duration,
        completed_views,
        views_retained_50,
        total_watch_seconds,
        engagement_rate_pct,
        engagement_rate_by_reach_pct,
        save_rate_pct,
        completion_rate_pct,
        watch_retention_50_pct,
        average_watch_seconds,
        conversions,
        case conversion_denominator
            when 'visitors' then profile_visitors
            when 'visits' then profile_visits
        end as visitors,
        conversion_rate_pct,
        coalesce(engagement_source, '') = coalesce(watch_source, '') as has_one_source
    from {{ ref(mart) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select *
from list_days
where
    engagements
    <> cast(likes as decimal(38, 0)) + cast(comments as decimal(38, 0))
    + cast(shares as decimal(38, 0)) + cast(coalesce(saves, 0) as decimal(38, 0))
    or abs(engagement_rate_pct * views - 1e2 * engagements) > 1e-6 * (1e0 + abs(engagements))
    or abs(engagement_rate_by_reach_pct * reach - 1e2 * engagements)
    > 1e-6 * (1e0 + abs(engagements))
    or abs(save_rate_pct * views - 1e2 * saves) > 1e-6 * (1e0 + abs(saves))
    or abs(completion_rate_pct * views_with_duration - 1e2 * completed_views)
    > 1e-6 * (1e0 + abs(completed_views))
    or abs(watch_retention_50_pct * views_with_duration - 1e2 * views_retained_50)
    > 1e-6 * (1e0 + abs(views_retained_50))
    or abs(average_watch_seconds * views - total_watch_seconds)
    > 1e-6 * (1e0 + abs(total_watch_seconds))
    or abs(conversion_rate_pct * visitors - 1e2 * conversions)
    > 1e-6 * (1e0 + abs(conversions))
    or (engagement_rate_pct is null)
    <> (engagements is null or coalesce(views, 0) = 0 or not has_one_source)
    or (average_watch_seconds is null) <> (coalesce(views, 0) = 0 or total_watch_seconds is null)
    or (conversion_rate_pct is null) <> (conversions is null or coalesce(visitors, 0) = 0)
    or (completion_rate_pct is null) <> (coalesce(views_with_duration, 0) = 0)
