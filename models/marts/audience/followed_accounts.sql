with

follows as (

    select * from {{ ref('stg_personal_archive__follows') }}

),

followers as (

    select * from {{ ref('stg_personal_archive__followers') }}

),

events as (

    select * from {{ ref('int_personal_events') }}

),

find_ends as (

    select
        archive_owner,
        max(event_date) as archive_last_date
    from events
    group by archive_owner

),

sum_follows as (

    select
        archive_owner,
        followed_person,
        count(*) as times_followed,
        min(followed_at) as first_followed_at,
        max(followed_at) as last_followed_at
    from follows
    where followed_person is not null
    group by archive_owner, followed_person

),

sum_followers as (

    select
        archive_owner,
        follower_person,
        min(followed_at) as follows_back_since
    from followers
    where follower_person is not null
    group by archive_owner, follower_person

)

select
    sum_follows.archive_owner,
    sum_follows.followed_person,
    sum_follows.times_followed,
    sum_follows.first_followed_at,
    sum_follows.last_followed_at,
    cast({{ days_between(
        reporting_date('sum_follows.last_followed_at'), 'find_ends.archive_last_date'
    ) }} as bigint) as days_followed,
    sum_followers.follower_person is not null as is_mutual,
    sum_followers.follows_back_since
from sum_follows
inner join find_ends
    on sum_follows.archive_owner = find_ends.archive_owner
left join sum_followers
    on
        sum_follows.archive_owner = sum_followers.archive_owner
        and sum_follows.followed_person = sum_followers.follower_person
