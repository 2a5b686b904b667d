-- Who gains followers from what: the three best days and the content behind them.
select
    handle,
    best_day_rank,
    event_date,
    followers_net,
    followers_gained,
    video_id,
    followers_from_video,
    round(followers_per_1000_views, 1) as followers_per_1000_views
from {{ ref('follower_drivers') }}
inner join {{ ref('dim_accounts') }} using (account_id)
where best_day_rank <= 3
order by handle, best_day_rank, followers_from_video desc, video_id
