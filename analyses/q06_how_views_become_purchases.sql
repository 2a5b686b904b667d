-- How do engagements turn into profile visits, link clicks and purchases, by account, traffic source
-- and video? Sums of events; people are in the mart, by day, and are never summed.
select
    breakdown,
    handle,
    breakdown_value,
    sum(views) as views,
    sum(engagements) as engagements,
    sum(profile_visits) as profile_visits,
    sum(link_clicks) as link_clicks,
    sum(purchases) as purchases,
    round(100.0 * sum(engagements) / nullif(sum(views), 0), 1) as view_to_engagement_pct,
    round(100.0 * sum(profile_visits) / nullif(sum(engagements), 0), 1) as engagement_to_visit_pct,
    round(100.0 * sum(link_clicks) / nullif(sum(profile_visits), 0), 1) as visit_to_click_pct,
    round(100.0 * sum(purchases) / nullif(sum(link_clicks), 0), 1) as click_to_purchase_pct,
    round(sum(total_time_to_convert_seconds) / nullif(sum(timed_conversions), 0) / 3600, 1)
        as average_hours_to_convert
from {{ ref('conversion_funnel') }}
inner join {{ ref('dim_accounts') }} using (account_id)
group by breakdown, handle, breakdown_value
order by breakdown, views desc, handle, breakdown_value
