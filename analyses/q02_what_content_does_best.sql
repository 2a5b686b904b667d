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
from (
    select
        *,
        rank() over (
            partition by account_id, trait, kpi order by verdict = 'better' desc, rate desc
        ) as place
    from {{ ref('content_performance') }}
    where
        period = 'all_days'
        and kpi in ('engagement_rate_pct', 'save_rate_pct', 'completion_rate_pct')
        and not is_small_sample
        -- Without a verdict: a group that holds all of the account's content.
        and verdict is not null
) as content
inner join {{ ref('dim_accounts') }} as account
    on content.account_id = account.account_id and account.account_role = 'own'
where place = 1
order by handle, kpi, trait, trait_value
