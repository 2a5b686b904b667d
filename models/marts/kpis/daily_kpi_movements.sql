with

video_days as (

    select * from {{ ref('daily_video_kpis') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

keep_recent as (

    select video_days.*
    from video_days
    cross join bounds
    where
        video_days.kpi_date
        > {{ days_before('bounds.data_end_date', var('movement_days') + 7) }}
        and video_days.kpi_date <= bounds.data_end_date

),

list_counts as (
    {% for kpi in movement_kpis() %}
    {%- set numerator, denominator, factor = content_kpis()[kpi] %}
    select
        account_id,
        video_id,
        kpi_date,
        '{{ kpi }}' as kpi,
        {{ factor }} as factor,
        {{ 'engagement_source' if 'engage' in kpi or 'save' in kpi else 'watch_source' }} as source,
        {% if kpi == 'engagement_rate_pct' -%}
        engagement_has_saves,
        {% else -%}
        cast(null as boolean) as engagement_has_saves,
        {% endif -%}
        cast({{ numerator }} as decimal(38, 3)) as numerator,
        cast({{ denominator }} as decimal(38, 3)) as denominator
    from keep_recent
    where ({{ denominator }}) is not null and {{ numerator }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

sum_accounts as (

    select
        account_id,
        kpi_date,
        kpi,
        factor,
        min(source) as source,
        count(distinct source) as sources,
        bool_or(engagement_has_saves) as engagement_has_saves,
        count(distinct engagement_has_saves) as definitions,
        cast(sum(numerator) as double) as numerator,
        cast(sum(denominator) as double) as denominator
    from list_counts
    group by account_id, kpi_date, kpi, factor
    having sum(denominator) > 0

),

-- The same weekday a week before, as the KPI marts compare; two definitions are not held together.
pair_days as (

    select
        today.account_id,
        today.kpi_date,
        {{ days_before('today.kpi_date', 7) }} as date_before,
        today.kpi,
        today.factor,
        today.numerator / today.denominator as rate,
        before.numerator / before.denominator as rate_before,
        today.denominator,
        before.denominator as denominator_before
    from sum_accounts as today
    inner join sum_accounts as before
        on
            today.account_id = before.account_id
            and today.kpi = before.kpi
            and {{ days_before('today.kpi_date', 7) }} = before.kpi_date
            and today.source = before.source
            and today.sources = 1
            and before.sources = 1
            and today.definitions <= 1
            and before.definitions <= 1
            and (today.engagement_has_saves is not distinct from before.engagement_has_saves)
    cross join bounds
    where today.kpi_date > {{ days_before('bounds.data_end_date', var('movement_days')) }}

),

list_videos as (

    select
        pair_days.account_id,
        pair_days.kpi_date,
        pair_days.kpi,
        list_counts.video_id,
        list_counts.numerator,
        list_counts.denominator,
        cast(null as decimal(38, 3)) as numerator_before,
        cast(null as decimal(38, 3)) as denominator_before
    from pair_days
    inner join list_counts
        on
            pair_days.account_id = list_counts.account_id
            and pair_days.kpi = list_counts.kpi
            and pair_days.kpi_date = list_counts.kpi_date

    union all

    select
        pair_days.account_id,
        pair_days.kpi_date,
        pair_days.kpi,
        list_counts.video_id,
        cast(null as decimal(38, 3)) as numerator,
        cast(null as decimal(38, 3)) as denominator,
        list_counts.numerator as numerator_before,
        list_counts.denominator as denominator_before
    from pair_days
    inner join list_counts
        on
            pair_days.account_id = list_counts.account_id
            and pair_days.kpi = list_counts.kpi
            and pair_days.date_before = list_counts.kpi_date

),

pair_videos as (

    select
        account_id,
        kpi_date,
        kpi,
        video_id,
        coalesce(cast(sum(numerator) as double), 0) as numerator,
        coalesce(cast(sum(numerator_before) as double), 0) as numerator_before,
        case
            when sum(denominator) > 0
                then cast(sum(numerator) as double) / cast(sum(denominator) as double)
        end as rate,
        case
            when sum(denominator_before) > 0
                then
                    cast(sum(numerator_before) as double)
                    / cast(sum(denominator_before) as double)
        end as rate_before,
        coalesce(cast(sum(denominator) as double), 0) as denominator,
        coalesce(cast(sum(denominator_before) as double), 0) as denominator_before
    from list_videos
    group by account_id, kpi_date, kpi, video_id

),

-- A rate is the mean of its videos' rates, each weighed by its share of the denominator. A video's
-- part in the change is what it put into the rate on the second day less what it put in on the
-- first, held against the account's mean rate. Of that, its own rate did its change at the mean of
-- both shares; the rest is the mix: its share grew or shrank, and it lies above or below the
-- account. A video without a rate on one of the days is all mix.
take_apart as (

    select
        pair_videos.account_id,
        pair_videos.kpi_date,
        pair_days.date_before,
        pair_videos.kpi,
        pair_videos.video_id,
        pair_days.rate * pair_days.factor as rate,
        pair_days.rate_before * pair_days.factor as rate_before,
        pair_days.denominator,
        pair_days.denominator_before,
        pair_days.factor
        * (
            pair_videos.numerator / pair_days.denominator
            - pair_videos.numerator_before / pair_days.denominator_before
            - (pair_days.rate + pair_days.rate_before) / 2
            * (
                pair_videos.denominator / pair_days.denominator
                - pair_videos.denominator_before / pair_days.denominator_before
            )
        ) as contribution,
        pair_days.factor
        * coalesce(pair_videos.rate - pair_videos.rate_before, 0)
        * (
            pair_videos.denominator / pair_days.denominator
            + pair_videos.denominator_before / pair_days.denominator_before
        ) / 2 as rate_effect
    from pair_videos
    inner join pair_days
        on
            pair_videos.account_id = pair_days.account_id
            and pair_videos.kpi_date = pair_days.kpi_date
            and pair_videos.kpi = pair_days.kpi

),

rank_videos as (

    select
        *,
        row_number() over (
            partition by account_id, kpi_date, kpi
            order by abs(contribution) desc, video_id
        ) as video_rank
    from take_apart

),

-- All other videos are one row, so that the rows of a day add up to its change.
gather_others as (

    select
        account_id,
        kpi_date,
        date_before,
        kpi,
        case when video_rank <= {{ var('movement_videos') }} then video_id end as video_id,
        least(video_rank, {{ var('movement_videos') + 1 }}) as video_rank,
        rate,
        rate_before,
        denominator,
        denominator_before,
        count(*) as videos,
        -- In billionths, as whole numbers: a sum of doubles depends on its order, and what half a
        -- unit of a decimal becomes on the engine.
        cast(sum(cast(floor(rate_effect * 1e9 + 0.5) as decimal(38, 0))) as double) / 1e9
            as rate_effect,
        cast(sum(cast(floor(contribution * 1e9 + 0.5) as decimal(38, 0))) as double) / 1e9
            as contribution
    from rank_videos
    group by
        account_id,
        kpi_date,
        date_before,
        kpi,
        case when video_rank <= {{ var('movement_videos') }} then video_id end,
        least(video_rank, {{ var('movement_videos') + 1 }}),
        rate,
        rate_before,
        denominator,
        denominator_before

)

select
    account_id,
    kpi_date,
    date_before,
    kpi,
    video_id,
    cast(video_rank as bigint) as video_rank,
    cast(videos as bigint) as videos,
    rate as kpi_value,
    rate_before as kpi_value_before,
    rate - rate_before as kpi_change,
    try_cast(denominator as bigint) as denominator,
    try_cast(denominator_before as bigint) as denominator_before,
    rate_effect,
    contribution - rate_effect as mix_effect,
    contribution
from gather_others
