with

traits as (

    select * from {{ ref('int_video_traits') }}

),

video_rates as (

    select * from {{ ref('int_video_period_rates') }}

),

-- Videos with few trials say little of themselves; a comparison of videos leaves them out.
rank_videos as (

    select
        *,
        denominator >= {{ var('content_least_views') }} as is_compared,
        case
            when denominator >= {{ var('content_least_views') }}
                then
                    rank() over (
                        partition by
                            account_id,
                            period,
                            kpi,
                            denominator >= {{ var('content_least_views') }}
                        order by rate
                    )
        end as lowest_rank,
        count(*) over (
            partition by
                account_id, period, kpi, rate, denominator >= {{ var('content_least_views') }}
        ) as ties
    from video_rates

),

-- Equal rates share the middle of their ranks.
share_ranks as (

    select
        *,
        lowest_rank + (ties - 1) / cast(2 as double) as video_rank
    from rank_videos

),

describe_accounts as (

    select
        account_id,
        period,
        kpi,
        -- Engines differ in the last digit of the mean of two.
        round(median(rate), 9) as account_median,
        count(video_rank) as compared_videos,
        -- Sums of halves and of their squares are exact, whatever their order.
        sum(video_rank) / nullif(count(video_rank), 0) as mean_rank,
        sum(video_rank * video_rank) / nullif(count(video_rank), 0)
        - (sum(video_rank) / nullif(count(video_rank), 0))
        * (sum(video_rank) / nullif(count(video_rank), 0)) as rank_variance
    from share_ranks
    group by account_id, period, kpi

),

sum_groups as (

    select
        traits.account_id,
        share_ranks.period,
        traits.trait,
        traits.trait_value,
        share_ranks.kpi,
        share_ranks.factor,
        min(share_ranks.first_date) as first_date,
        max(share_ranks.last_date) as last_date,
        count(*) as videos,
        sum(share_ranks.numerator) as numerator,
        sum(share_ranks.denominator) as denominator,
        bool_or(share_ranks.engagement_has_saves) as engagement_has_saves,
        count(share_ranks.video_rank) as compared_videos,
        sum(share_ranks.video_rank) as sum_of_ranks
    from traits
    inner join share_ranks
        on traits.video_id = share_ranks.video_id
    group by
        traits.account_id,
        share_ranks.period,
        traits.trait,
        traits.trait_value,
        share_ranks.kpi,
        share_ranks.factor

),

add_rates as (

    select
        sum_groups.*,
        {{ ratio('sum_groups.numerator', 'sum_groups.denominator') }}
        * sum_groups.factor as rate,
        case
            when sum_groups.factor = 100
                then {{ wilson_low('sum_groups.numerator', 'sum_groups.denominator') }}
        end as interval_low,
        case
            when sum_groups.factor = 100
                then {{ wilson_high('sum_groups.numerator', 'sum_groups.denominator') }}
        end as interval_high,
        describe_accounts.account_median,
        sum_groups.sum_of_ranks
        - sum_groups.compared_videos * describe_accounts.mean_rank as rank_surplus,
        -- Of the sum of ranks of so many videos drawn at random, without replacement.
        sum_groups.compared_videos
        * (describe_accounts.compared_videos - sum_groups.compared_videos)
        * describe_accounts.rank_variance
        / nullif(cast(describe_accounts.compared_videos - 1 as double), 0) as surplus_variance
    from sum_groups
    inner join describe_accounts
        on
            sum_groups.account_id = describe_accounts.account_id
            and sum_groups.period = describe_accounts.period
            and sum_groups.kpi = describe_accounts.kpi

),

-- Ranks come in steps of a half: without its correction the normal curve promises too much.
add_z as (

    select
        *,
        case
            when surplus_variance > 0
                then greatest(abs(rank_surplus) - 0.5, 0) / sqrt(surplus_variance)
        end as z
    from add_rates

),

add_p_value as (

    select
        *,
        -- Engines differ in the last digits of an exponential.
        round({{ two_sided_p('z') }}, 12) as p_value
    from add_z

),

rank_groups as (

    select
        *,
        rank() over (
            partition by account_id, period, trait, kpi order by rate desc
        ) as rate_rank,
        count(p_value) over (partition by account_id, period) as p_values,
        row_number() over (
            partition by account_id, period order by p_value nulls last, kpi, trait, trait_value
        ) as p_rank
    from add_p_value

),

-- Benjamini and Hochberg (1995): the smallest of a p-value and those behind it, times all ÷ place.
-- Over all that an account is told of a period: over each trait and KPI apart, an account whose
-- content does not differ would hear of a difference somewhere nearly always.
adjust_p_values as (

    select
        *,
        least(
            1,
            min(p_value * p_values / p_rank) over (
                partition by account_id, period
                order by p_rank
                rows between current row and unbounded following
            )
        ) as adjusted_p_value
    from rank_groups

)

select
    account_id,
    period,
    first_date,
    last_date,
    trait,
    trait_value,
    kpi,
    cast(videos as bigint) as videos,
    cast(numerator as decimal(38, 3)) as numerator,
    cast(denominator as decimal(38, 0)) as denominator,
    rate,
    interval_low,
    interval_high,
    engagement_has_saves,
    account_median,
    (rate / nullif(account_median, 0) - 1) * 100 as lift_pct,
    cast(rate_rank as bigint) as rate_rank,
    denominator < {{ var('content_least_views') }}
    or videos < {{ var('content_least_videos') }} as is_small_sample,
    cast(compared_videos as bigint) as compared_videos,
    p_value,
    case when p_value is not null then adjusted_p_value end as adjusted_p_value,
    case
        when p_value is null then null
        when adjusted_p_value > {{ var('finding_false_discovery_rate') }} then 'no_difference'
        when rank_surplus > 0 then 'better'
        else 'worse'
    end as verdict
from adjust_p_values
