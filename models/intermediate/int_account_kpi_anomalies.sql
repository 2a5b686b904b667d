with

account_days as (

    select * from {{ ref('int_account_kpis_daily') }}

),

list_values as (
    {% for kpi, source in dict(compared_kpis(), views='watch_source').items() %}
    select
        account_id,
        event_date,
        is_provisional,
        '{{ kpi }}' as kpi,
        {{ one_source(source) }} as source,
        cast({{ kpi }} as double) as kpi_value
    from account_days
    where {{ kpi }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

pair_with_days_before as (

    select
        days.account_id,
        days.event_date,
        days.kpi,
        days.kpi_value,
        before.kpi_value as value_before
    from list_values as days
    inner join list_values as before
        on
            days.account_id = before.account_id
            and days.kpi = before.kpi
            and days.source = before.source
            and before.event_date
            between {{ days_before('days.event_date', var('anomaly_window_days')) }}
            and {{ days_before('days.event_date', 1) }}
            and not before.is_provisional
    where not days.is_provisional

),

find_medians as (

    select
        account_id,
        event_date,
        kpi,
        kpi_value,
        median(value_before) as median_before
    from pair_with_days_before
    group by account_id, event_date, kpi, kpi_value
    having count(*) >= {{ var('anomaly_least_days') }}

),

find_deviations as (

    select
        find_medians.account_id,
        find_medians.event_date,
        find_medians.kpi,
        abs(find_medians.kpi_value - find_medians.median_before) as deviation,
        median(abs(pair_with_days_before.value_before - find_medians.median_before))
            as median_absolute_deviation
    from find_medians
    inner join pair_with_days_before
        on
            find_medians.account_id = pair_with_days_before.account_id
            and find_medians.event_date = pair_with_days_before.event_date
            and find_medians.kpi = pair_with_days_before.kpi
    group by
        find_medians.account_id,
        find_medians.event_date,
        find_medians.kpi,
        find_medians.kpi_value,
        find_medians.median_before

),

-- 1.4826 makes the median absolute deviation of a normal distribution its standard deviation.
judge_values as (

    select
        account_id,
        event_date,
        kpi,
        case
            when median_absolute_deviation > 0
                then
                    deviation
                    > {{ var('anomaly_deviations') }} * 1.4826 * median_absolute_deviation
        end as is_anomaly
    from find_deviations

),

pivot_kpis as (

    select
        {% for kpi in compared_kpis().keys() | list + ['views'] -%}
        max(case when kpi = '{{ kpi }}' then cast(is_anomaly as integer) end) = 1
            as {{ kpi }}_is_anomaly,
        {% endfor -%}
        account_id,
        event_date
    from judge_values
    group by account_id, event_date

)

select * from pivot_kpis
