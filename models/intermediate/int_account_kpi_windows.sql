with

account_days as (

    select * from {{ ref('int_account_kpis_daily') }}

),

-- One row is one calendar day, so seven rows are seven days.
sum_windows as (

    select
        {% for days in window_lengths() -%}
        {% for measure in window_sums() -%}
        try_cast({{ full_window_sum(measure, days) }} as {{ measure_type(measure) }})
            as {{ measure }}_{{ days }}d,
        {% endfor -%}
        {% for kpi, parts in window_ratios().items() -%}
        case
            when {{ has_one_source(parts.source, days) }}
                then {{ ratio(
                    full_window_sum(parts.numerator, days), full_window_sum(parts.denominator, days)
                ) }} * {{ parts.scale }}
        end as {{ kpi }}_{{ days }}d,
        {% endfor -%}
        case
            when
                count(*) over last_{{ days }}_days = {{ days }}
                and {{ has_one_source('followers_source', days) }}
                then first_value(followers_opening) over last_{{ days }}_days
        end as followers_opening_{{ days }}d,
        {% endfor -%}
        {% for kpi, source in compared_kpis().items() -%}
        case
            when
                {{ one_source(source) }}
                in ('', {{ one_source('lag(' ~ source ~ ', 7) over by_day') }})
                then lag({{ kpi }}, 7) over by_day
        end as {{ kpi }}_week_before,
        {% endfor -%}
        account_id,
        event_date
    from account_days
    window
        {% for days in window_lengths() -%}
        last_{{ days }}_days as (
            partition by account_id
            order by event_date
            rows between {{ days - 1 }} preceding and current row
        ),
        {% endfor -%}
        by_day as (partition by account_id order by event_date)

),

add_growth as (

    select
        {% for days in window_lengths() -%}
        {{ pct('followers_net_' ~ days ~ 'd', 'followers_opening_' ~ days ~ 'd') }}
            as follower_growth_rate_pct_{{ days }}d,
        {% endfor -%}
        sum_windows.*
    from sum_windows

)

select * from add_growth
