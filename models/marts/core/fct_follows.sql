with

follows as (

    select * from {{ ref('int_follows_attributed') }}

)

select
    event_id,
    account_id,
    attributed_video_id,
    attribution_method,
    occurred_at,
    event_date
from follows
