with

videos as (

    select * from {{ ref('dim_videos') }}

),

traits as (

    select * from {{ ref('int_video_traits') }}

),

video_days as (

    select * from {{ ref('daily_video_kpis') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

date_ranges as (

    select * from {{ ref('int_account_date_ranges') }}

),

-- Engagements with saves go before those without: the two are never added.
define_engagement as (

    select
        account_id,
        bool_or(engagement_has_saves) as engagement_has_saves
    from video_days
    group by account_id

),

-- What a video did in its first days; younger ones are not compared with it yet.
sum_first_days as (

    select
        videos.account_id,
        videos.video_id,
        coalesce(videos.content_format, 'unknown') as content_format,
        coalesce(
            max(
                case
                    when
                        coverage.knows_video_views
                        and videos.posted_date >= date_ranges.event_log_first_date
                        then 1
                end
            ),
            0
        ) as is_logged,
        count(video_days.views) as days_known,
        {{ sum_that_fits('video_days.views') }} as summed_views,
        {%- set is_comparable -%}
            video_days.engagement_source = video_days.watch_source
            and video_days.engagement_has_saves = define_engagement.engagement_has_saves
            and video_days.engagements is not null and video_days.views is not null
        {%- endset %}
        {{ sum_that_fits('case when ' ~ is_comparable ~ ' then video_days.views end') }}
            as views_with_engagements,
        {{ sum_that_fits('case when ' ~ is_comparable ~ ' then video_days.engagements end') }}
            as engagements
    from videos
    cross join bounds
    left join video_days
        on
            videos.video_id = video_days.video_id
            and video_days.days_since_posting between 0 and {{ var('calendar_days') - 1 }}
    left join define_engagement
        on videos.account_id = define_engagement.account_id
    left join coverage
        on videos.account_id = coverage.account_id
    left join date_ranges
        on videos.account_id = date_ranges.account_id
    where
        videos.posted_date
        <= {{ days_before('bounds.data_end_date', var('calendar_days') - 1) }}
    group by videos.account_id, videos.video_id, coalesce(videos.content_format, 'unknown')

),

-- The event log knows that a day without a row has no view; other sources must have all days.
keep_whole_weeks as (

    select
        *,
        coalesce(summed_views, 0) as views
    from sum_first_days
    where is_logged = 1 or days_known = {{ var('calendar_days') }}

),

-- As decimals, whose sums do not depend on their order.
take_logarithms as (

    select
        *,
        cast(ln(cast(greatest(views, 0) as double) + 1) as decimal(18, 9)) as log_views
    from keep_whole_weeks

),

describe_accounts as (

    select
        account_id,
        count(*) as videos,
        cast(sum(log_views) as double) as sum_of_log_views,
        cast(sum(log_views * log_views) as double) as sum_of_squares,
        {{ wide_sum('engagements') }}
        / nullif(cast({{ wide_sum('views_with_engagements') }} as double), 0)
            as account_rate
    from take_logarithms
    group by account_id

),

measure_accounts as (

    select
        account_id,
        account_rate,
        sum_of_log_views / videos as mean_log_views,
        case
            when videos > 1
                then
                    sqrt(
                        greatest(
                            sum_of_squares - sum_of_log_views * sum_of_log_views / videos, 0
                        ) / (videos - 1)
                    )
            else 0
        end as deviation_of_log_views
    from describe_accounts

),

name_slots as (

    select
        take_logarithms.*,
        cast(weekdays.trait_value as integer) as posting_weekday,
        cast(hours.trait_value as integer) as posting_hour,
        topics.trait_value as topic
    from take_logarithms
    inner join traits as weekdays
        on take_logarithms.video_id = weekdays.video_id and weekdays.trait = 'posting_weekday'
    inner join traits as hours
        on take_logarithms.video_id = hours.video_id and hours.trait = 'posting_hour'
    inner join traits as topics
        on take_logarithms.video_id = topics.video_id and topics.trait = 'topic'

),

sum_slots as (

    select
        account_id,
        posting_weekday,
        posting_hour,
        topic,
        content_format,
        count(*) as videos,
        {{ wide_sum('views') }} as views,
        cast(sum(log_views) as double) as sum_of_log_views,
        {{ wide_sum('engagements') }} as engagements,
        {{ wide_sum('views_with_engagements') }} as views_with_engagements
    from name_slots
    group by account_id, posting_weekday, posting_hour, topic, content_format

),

-- Few videos say little: a slot is drawn towards its account.
expect_views as (

    select
        sum_slots.*,
        measure_accounts.mean_log_views,
        measure_accounts.account_rate,
        (
            sum_slots.sum_of_log_views
            + {{ var('calendar_prior_videos') }} * measure_accounts.mean_log_views
        ) / (sum_slots.videos + {{ var('calendar_prior_videos') }}) as expected_log_views,
        1.959963984540054 * measure_accounts.deviation_of_log_views
        / sqrt(sum_slots.videos + {{ var('calendar_prior_videos') }}) as margin
    from sum_slots
    inner join measure_accounts
        on sum_slots.account_id = measure_accounts.account_id

),

add_average as (

    select
        *,
        round(exp(mean_log_views) - 1, 6) as average_views
    from expect_views

),

expect_engagements as (

    select
        *,
        -- Engines differ in the last digits of an exponential.
        round(exp(expected_log_views) - 1, 6) as expected_views,
        round(greatest(exp(expected_log_views - margin) - 1, 0), 6) as expected_views_low,
        round(exp(expected_log_views + margin) - 1, 6) as expected_views_high,
        (
            coalesce(engagements, 0)
            + {{ var('calendar_prior_videos') }} * account_rate * average_views
        ) / nullif(
            coalesce(views_with_engagements, 0)
            + {{ var('calendar_prior_videos') }} * average_views,
            0
        ) * 100 as expected_engagement_rate_pct
    from add_average

)

select
    account_id,
    posting_weekday,
    posting_hour,
    topic,
    content_format,
    cast(videos as bigint) as videos,
    try_cast(views as bigint) as views,
    expected_views,
    expected_views_low,
    expected_views_high,
    expected_engagement_rate_pct,
    expected_views * expected_engagement_rate_pct / 100 as expected_engagements,
    {{ wilson_low('engagements', 'views_with_engagements') }} as engagement_rate_low,
    {{ wilson_high('engagements', 'views_with_engagements') }} as engagement_rate_high,
    videos < {{ var('content_least_videos') }}
    or coalesce(views_with_engagements, 0) < {{ var('content_least_views') }} as is_small_sample,
    cast(rank() over (
        partition by account_id
        order by expected_views * expected_engagement_rate_pct desc nulls last
    ) as bigint) as slot_rank
from expect_engagements
