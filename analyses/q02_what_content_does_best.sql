-- Which topic, format, hashtag, sound, length and posting time give the best engagement, saves and
-- retention, with enough views to believe it?
select
    handle,
    kpi,
    trait,
    trait_value,
    content.videos,
    denominator as sample_size,
    round(rate, 2) as rate,
    round(interval_low, 2) as interval_low,
    round(interval_high, 2) as interval_high,
    round(lift_pct) as lift_pct,
    verdict
from {{ ref('content_performance') }} as content
inner join {{ ref('dim_accounts') }} using (account_id)
where
    period = 'all_days'
    and account_role = 'own'
    and kpi in ('engagement_rate_pct', 'save_rate_pct', 'completion_rate_pct')
    and rate_rank = 1
    and not is_small_sample
order by handle, kpi, trait, trait_value
