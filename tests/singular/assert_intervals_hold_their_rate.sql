-- A rate lies within its own interval, and an interval within 0 and 100 %.
-- A returned row is a group, or a video, for which that is not so.

select
    account_id,
    trait_value as name,
    rate,
    interval_low,
    interval_high
from {{ ref('content_performance') }}
where
    interval_low is not null
    and not (
        interval_low between -1e-9 and rate + 1e-9
        and interval_high between rate - 1e-9 and 100 + 1e-9
    )

union all

select
    account_id,
    video_id as name,
    save_rate_pct as rate,
    interval_low,
    interval_high
from {{ ref('save_worthy_content') }}
where
    interval_low is not null
    and not (
        interval_low between -1e-9 and save_rate_pct + 1e-9
        and interval_high between save_rate_pct - 1e-9 and 100 + 1e-9
    )
