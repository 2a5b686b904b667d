-- What is one person's own history: when do they do what, and about which topics?
select
    archive_owner,
    event_type,
    trait,
    trait_value,
    events,
    events_of_type,
    round(share_of_events_pct, 1) as share_of_events_pct,
    videos,
    active_days,
    first_date,
    last_date
from {{ ref('interaction_habits') }}
where habit_rank = 1
order by archive_owner, events_of_type desc, event_type, trait, trait_value
