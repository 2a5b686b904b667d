-- What to do next: the five best slots to post in, by account.
select
    handle,
    slot_rank,
    posting_weekday,
    posting_hour,
    topic,
    content_format,
    slot.videos,
    round(expected_views) as expected_views,
    round(expected_views_low) as expected_views_low,
    round(expected_views_high) as expected_views_high,
    round(expected_engagement_rate_pct, 2) as expected_engagement_rate_pct,
    is_small_sample
from {{ ref('content_calendar') }} as slot
inner join {{ ref('dim_accounts') }} using (account_id)
where slot_rank <= 5 and account_role = 'own'
order by handle, slot_rank
