with

video_rates as (

    select * from {{ ref('int_video_period_rates') }}

),

videos as (

    select * from {{ ref('dim_videos') }}

),

account_days as (

    select * from {{ ref('daily_account_kpis') }}

),

follows as (

    select * from {{ ref('fct_follows') }}

),

video_days as (

    select * from {{ ref('fct_video_daily') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

keep_saves as (

    select
        account_id,
        video_id,
        numerator as saves,
        denominator as views,
        rate as save_rate_pct
    from video_rates
    where period = 'all_days' and kpi = 'save_rate_pct'

),

describe_accounts as (

    select
        account_id,
        count(*) as videos,
        cast(sum(saves) as double) as saves,
        cast(sum(views) as double) as views,
        -- A broken counter may be too large for its square to fit.
        cast(sum(least(views, 1000000000000) * least(views, 1000000000000)) as double)
            as squared_views,
        cast(sum(saves) as double) / cast(sum(views) as double) as account_rate
    from keep_saves
    group by account_id

),

-- What the rates of the videos differ by, beyond chance (Kleinman 1973, by moments). Summed as
-- decimals: a sum of doubles depends on its order.
measure_spread as (

    select
        describe_accounts.account_id,
        greatest(
            (
                cast(
                    sum(
                        try_cast(
                            cast(keep_saves.views as double)
                            * (keep_saves.save_rate_pct / 100 - describe_accounts.account_rate)
                            * (keep_saves.save_rate_pct / 100 - describe_accounts.account_rate)
                            as decimal(38, 12)
                        )
                    ) as double
                )
                - (max(describe_accounts.videos) - 1)
                * max(describe_accounts.account_rate * (1 - describe_accounts.account_rate))
            )
            / nullif(
                max(
                    describe_accounts.views
                    - describe_accounts.squared_views / describe_accounts.views
                ),
                0
            ),
            0
        ) as rate_variance
    from keep_saves
    inner join describe_accounts
        on keep_saves.account_id = describe_accounts.account_id
    group by describe_accounts.account_id

),

-- The account's rate counts as much as so many views; where its videos do not differ, it is all.
weigh_accounts as (

    select
        describe_accounts.account_id,
        describe_accounts.account_rate,
        case
            when measure_spread.rate_variance > 0
                then
                    greatest(
                        describe_accounts.account_rate * (1 - describe_accounts.account_rate)
                        / measure_spread.rate_variance - 1,
                        0
                    )
        end as prior_views
    from describe_accounts
    inner join measure_spread
        on describe_accounts.account_id = measure_spread.account_id

),

shrink_rates as (

    select
        keep_saves.*,
        weigh_accounts.account_rate,
        case
            when weigh_accounts.prior_views is null then weigh_accounts.account_rate
            else
                (
                    cast(keep_saves.saves as double)
                    + weigh_accounts.prior_views * weigh_accounts.account_rate
                ) / (cast(keep_saves.views as double) + weigh_accounts.prior_views)
        end as expected_rate
    from keep_saves
    inner join weigh_accounts
        on keep_saves.account_id = weigh_accounts.account_id

),

count_follows as (

    select
        attributed_video_id as video_id,
        count(*) as followers_attributed
    from follows
    where attributed_video_id is not null
    group by attributed_video_id

),

-- All views that the event log tells, as it tells of all follows.
count_views as (

    select
        video_id,
        {{ sum_that_fits('views') }} as logged_views
    from video_days
    where watch_source = 'event_log'
    group by video_id

),

-- A week of the account on either side of the posting; NULL unless all seven days are known.
compare_weeks as (

    select
        videos.video_id,
        count(account_days.followers_gained)
        filter (where account_days.kpi_date < videos.posted_date) as days_known_before,
        count(account_days.followers_gained)
        filter (where account_days.kpi_date >= videos.posted_date) as days_known_after,
        sum(account_days.followers_gained)
        filter (where account_days.kpi_date < videos.posted_date) as gained_before,
        sum(account_days.followers_gained)
        filter (where account_days.kpi_date >= videos.posted_date) as gained_after
    from videos
    inner join account_days
        on
            videos.account_id = account_days.account_id
            and account_days.kpi_date >= {{ days_before('videos.posted_date', 7) }}
            and account_days.kpi_date < {{ days_before('videos.posted_date', -7) }}
    group by videos.video_id

),

add_intervals as (

    select
        *,
        {{ wilson_low('saves', 'views') }} as interval_low,
        {{ wilson_high('saves', 'views') }} as interval_high,
        views < {{ var('content_least_views') }} as is_small_sample
    from shrink_rates

)

select
    add_intervals.account_id,
    add_intervals.video_id,
    cast(rank() over (
        partition by add_intervals.account_id order by add_intervals.expected_rate desc
    ) as bigint) as save_rank,
    try_cast(add_intervals.saves as bigint) as saves,
    try_cast(add_intervals.views as bigint) as views,
    add_intervals.save_rate_pct,
    add_intervals.interval_low,
    add_intervals.interval_high,
    add_intervals.account_rate * 100 as account_save_rate_pct,
    add_intervals.expected_rate * 100 as expected_save_rate_pct,
    add_intervals.expected_rate * cast(add_intervals.views as double) as expected_saves,
    add_intervals.is_small_sample,
    not add_intervals.is_small_sample
    and add_intervals.interval_low > add_intervals.account_rate * 100 as is_save_worthy,
    case
        when coverage.knows_follower_events
            then cast(coalesce(count_follows.followers_attributed, 0) as bigint)
    end as followers_attributed,
    case
        when coverage.knows_follower_events
            then
                {{ ratio(
                    'coalesce(count_follows.followers_attributed, 0)', 'count_views.logged_views'
                ) }} * 1000
    end as followers_per_1000_views,
    case
        when compare_weeks.days_known_before = 7
            then try_cast(compare_weeks.gained_before as bigint)
    end as followers_gained_week_before,
    case
        when compare_weeks.days_known_after = 7
            then try_cast(compare_weeks.gained_after as bigint)
    end as followers_gained_week_after
from add_intervals
left join count_follows
    on add_intervals.video_id = count_follows.video_id
left join count_views
    on add_intervals.video_id = count_views.video_id
left join coverage
    on add_intervals.account_id = coverage.account_id
left join compare_weeks
    on add_intervals.video_id = compare_weeks.video_id
