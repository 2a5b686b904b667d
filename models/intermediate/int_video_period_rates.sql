with

video_days as (

    select * from {{ ref('daily_video_kpis') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

list_periods as (
    {% for period, days in content_periods().items() %}
    select
        '{{ period }}' as period,
        {% if days -%}
        {{ days_before('data_end_date', days - 1) }} as first_date,
        {%- else -%}
        cast(null as date) as first_date,
        {%- endif %}
        data_end_date as last_date
    from bounds
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A day counts for a rate where its numerator and its denominator are known.
pair_counts as (

    select
        {% for kpi, (numerator, denominator, _) in content_kpis().items() -%}
        case when ({{ denominator }}) is not null then {{ numerator }} end as {{ kpi }}_numerator,
        case when {{ numerator }} is not null then {{ denominator }} end as {{ kpi }}_denominator,
        {% endfor -%}
        account_id,
        video_id,
        kpi_date,
        engagement_has_saves
    from video_days

),

sum_periods as (

    select
        {% for kpi in content_kpis() -%}
        cast(
            {{ wide_sum('pair_counts.' ~ kpi ~ '_numerator', 'decimal(18, 3)') }} as decimal(38, 3)
        ) as {{ kpi }}_numerator,
        cast(
            {{ wide_sum('pair_counts.' ~ kpi ~ '_denominator') }} as decimal(38, 0)
        ) as {{ kpi }}_denominator,
        {% endfor -%}
        pair_counts.account_id,
        pair_counts.video_id,
        list_periods.period,
        min(pair_counts.kpi_date) as first_date,
        max(pair_counts.kpi_date) as last_date,
        -- Engagements with saves and without are two measures: mixed, the rate of neither is known.
        count(distinct pair_counts.engagement_has_saves) > 1 as is_mixed,
        bool_or(pair_counts.engagement_has_saves) as engagement_has_saves
    from pair_counts
    inner join list_periods
        on
            pair_counts.kpi_date <= list_periods.last_date
            and (
                list_periods.first_date is null
                or pair_counts.kpi_date >= list_periods.first_date
            )
    group by pair_counts.account_id, pair_counts.video_id, list_periods.period

),

list_rates as (
    {% for kpi, (_, _, factor) in content_kpis().items() %}
    select
        account_id,
        video_id,
        period,
        first_date,
        last_date,
        {% if kpi == 'engagement_rate_pct' -%}
        -- Under a name of its own, so that nothing ranks the two together.
        case
            when engagement_has_saves then '{{ kpi }}' else 'engagement_rate_without_saves_pct'
        end as kpi,
        engagement_has_saves,
        {% else -%}
        '{{ kpi }}' as kpi,
        cast(null as boolean) as engagement_has_saves,
        {% endif -%}
        {{ factor }} as factor,
        {{ kpi }}_numerator as numerator,
        {{ kpi }}_denominator as denominator
    from sum_periods
    where
        {{ kpi }}_denominator > 0
        {% if kpi == 'engagement_rate_pct' -%}
        and not is_mixed
        {% endif %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

add_rate as (

    select
        *,
        {{ ratio('numerator', 'denominator') }} * factor as rate
    from list_rates

)

select * from add_rate
