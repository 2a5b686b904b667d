with

follows as (

    select * from {{ ref('fct_follows') }}

),

account_days as (

    select * from {{ ref('fct_follower_daily') }}

),

video_days as (

    select * from {{ ref('fct_video_daily') }}

),

count_follows as (

    select
        account_id,
        event_date,
        attributed_video_id as video_id,
        count(*) as followers_attributed,
        count(*) filter (where attribution_method = 'source_video') as by_source_video,
        count(*) filter (where attribution_method = 'last_watched') as by_last_watched
    from follows
    where attributed_video_id is not null
    group by account_id, event_date, attributed_video_id

),

sum_attributed as (

    select
        account_id,
        event_date,
        sum(followers_attributed) as followers_attributed
    from count_follows
    group by account_id, event_date

),

-- Days on which the gain is known. The best day is the one with the largest net gain.
describe_days as (

    select
        account_days.account_id,
        account_days.event_date,
        account_days.followers_gained,
        account_days.followers_lost,
        account_days.followers_net,
        coalesce(sum_attributed.followers_attributed, 0) as day_followers_attributed,
        account_days.followers_gained
        - coalesce(sum_attributed.followers_attributed, 0) as day_followers_other,
        rank() over (
            partition by account_days.account_id
            order by account_days.followers_net desc nulls last
        ) as best_day_rank,
        rank() over (
            partition by account_days.account_id
            order by account_days.followers_net asc nulls last
        ) as worst_day_rank
    from account_days
    left join sum_attributed
        on
            account_days.account_id = sum_attributed.account_id
            and account_days.event_date = sum_attributed.event_date
    where
        account_days.followers_source = 'event_log'
        and account_days.followers_gained is not null

),

list_drivers as (

    select
        account_id,
        event_date,
        video_id,
        followers_attributed,
        by_source_video,
        by_last_watched
    from count_follows

    union all

    -- What no video is known to have brought.
    select
        account_id,
        event_date,
        cast(null as string) as video_id,
        day_followers_other as followers_attributed,
        cast(null as bigint) as by_source_video,
        cast(null as bigint) as by_last_watched
    from describe_days

),

rank_drivers as (

    select
        describe_days.*,
        list_drivers.video_id,
        list_drivers.followers_attributed as followers_from_video,
        list_drivers.by_source_video,
        list_drivers.by_last_watched,
        video_days.views,
        row_number() over (
            partition by list_drivers.account_id, list_drivers.event_date
            order by
                list_drivers.followers_attributed desc, list_drivers.video_id asc nulls last
        ) as driver_rank
    from list_drivers
    inner join describe_days
        on
            list_drivers.account_id = describe_days.account_id
            and list_drivers.event_date = describe_days.event_date
    left join video_days
        on
            list_drivers.video_id = video_days.video_id
            and list_drivers.event_date = video_days.event_date
            and video_days.watch_source = 'event_log'

)

select
    account_id,
    event_date,
    cast(driver_rank as bigint) as driver_rank,
    video_id,
    cast(followers_from_video as bigint) as followers_from_video,
    cast(by_source_video as bigint) as by_source_video,
    cast(by_last_watched as bigint) as by_last_watched,
    views,
    {{ ratio('case when video_id is not null then followers_from_video end', 'views') }} * 1000
        as followers_per_1000_views,
    followers_gained,
    cast(day_followers_attributed as bigint) as followers_attributed,
    cast(day_followers_other as bigint) as followers_other,
    followers_lost,
    followers_net,
    {{ pct('followers_from_video', 'followers_gained') }} as share_of_gain_pct,
    case when followers_net is not null then cast(best_day_rank as bigint) end as best_day_rank,
    case when followers_net is not null then cast(worst_day_rank as bigint) end as worst_day_rank
from rank_drivers
