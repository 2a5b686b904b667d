with

accounts as (

    select * from {{ ref('int_accounts') }}

),

videos as (

    select * from {{ ref('int_videos') }}

),

count_videos as (

    select
        account_id,
        count(*) as videos
    from videos
    group by account_id

),

add_videos as (

    select
        accounts.*,
        coalesce(count_videos.videos, 0) as videos
    from accounts
    left join count_videos
        on accounts.account_id = count_videos.account_id

)

select
    account_id,
    handle,
    display_name,
    account_role,
    country,
    videos,
    created_at
from add_videos
