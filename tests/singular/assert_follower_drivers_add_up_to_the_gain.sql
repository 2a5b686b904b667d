-- Every follow of a day is a video's or nobody's, once.
-- A returned row is a day whose drivers do not add up to what the account gained, or more than it.

select
    account_id,
    event_date,
    max(followers_gained) as followers_gained,
    sum(followers_from_video) as followers_from_drivers
from {{ ref('follower_drivers') }}
group by account_id, event_date
having
    sum(followers_from_video) <> max(followers_gained)
    or min(followers_other) < 0
