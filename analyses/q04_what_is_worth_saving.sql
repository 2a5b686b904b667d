-- Which content is save-worthy, and does it grow followers?
select
    handle,
    save_rank,
    caption,
    saves,
    views,
    round(save_rate_pct, 2) as save_rate_pct,
    round(interval_low, 2) as interval_low,
    round(expected_save_rate_pct, 2) as expected_save_rate_pct,
    followers_attributed,
    followers_gained_week_before,
    followers_gained_week_after
from {{ ref('save_worthy_content') }}
inner join {{ ref('dim_videos') }} using (video_id, account_id)
inner join {{ ref('dim_accounts') }} using (account_id)
where is_save_worthy
order by handle, save_rank
