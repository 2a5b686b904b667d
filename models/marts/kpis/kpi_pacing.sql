with

targets as (

    select * from {{ ref('kpi_targets') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

account_days as (

    select * from {{ ref('daily_account_kpis') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

-- Of accounts that share a handle one is taken, always the same.
list_handles as (

    select
        {{ plain_handle('handle') }} as account_handle,
        min(account_id) as account_id
    from accounts
    group by {{ plain_handle('handle') }}

),

-- An id goes before a handle that happens to be the same.
find_accounts as (

    select
        targets.account,
        targets.kpi,
        targets.target,
        coalesce(by_id.account_id, by_handle.account_id) as account_id,
        cast(concat(targets.month, '-01') as date) as month_start_date
    from targets
    left join accounts as by_id
        on targets.account = by_id.account_id
    left join list_handles as by_handle
        on {{ plain_handle('targets.account') }} = by_handle.account_handle

),

list_months as (

    select
        find_accounts.*,
        last_day(find_accounts.month_start_date) as month_end_date,
        bounds.data_end_date
    from find_accounts
    cross join bounds

),

count_days as (

    select
        *,
        {{ days_between('month_start_date', 'month_end_date') }} + 1 as days_in_month,
        greatest(
            {{ days_between('month_start_date', 'least(month_end_date, data_end_date)') }} + 1, 0
        ) as days_elapsed
    from list_months

),

list_values as (
    {% for kpi in target_kpis().sum %}
    select
        account_id,
        kpi_date,
        '{{ kpi }}' as kpi,
        cast({{ kpi }} as decimal(38, 3)) as numerator,
        cast(null as decimal(38, 3)) as denominator,
        cast(null as double) as opening,
        {{ target_definition(kpi) }} as definition
    from account_days
    union all
    {% endfor %}
    {%- for kpi, (numerator, denominator, factor) in target_kpis().ratio.items() %}
    select
        account_id,
        kpi_date,
        '{{ kpi }}' as kpi,
        cast({{ numerator }} as decimal(35, 3)) * {{ factor }} as numerator,
        cast({{ denominator }} as decimal(38, 3)) as denominator,
        cast(null as double) as opening,
        {{ target_definition(kpi) }} as definition
    from account_days
    union all
    {% endfor %}
    select
        account_id,
        kpi_date,
        'followers_closing' as kpi,
        cast(followers_closing as decimal(38, 3)) as numerator,
        cast(null as decimal(38, 3)) as denominator,
        cast(followers_opening as double) as opening,
        {{ target_definition('followers_closing') }} as definition
    from account_days
),

sum_months as (

    select
        count_days.account,
        count_days.account_id,
        count_days.kpi,
        count_days.month_start_date,
        count_days.target,
        count_days.days_in_month,
        count_days.days_elapsed,
        count(list_values.numerator) as days_known,
        cast(sum(list_values.numerator) as double) as numerator,
        cast(sum(list_values.denominator) as double) as denominator,
        count(list_values.denominator) as denominators_known,
        count(distinct list_values.definition) as definitions,
        cast(max_by(list_values.numerator, list_values.kpi_date) as double) as level_now,
        max(
            case
                when list_values.kpi_date = count_days.month_start_date then list_values.opening
            end
        ) as level_at_start
    from count_days
    left join list_values
        on
            count_days.account_id = list_values.account_id
            and count_days.kpi = list_values.kpi
            and count_days.month_start_date <= list_values.kpi_date
            and count_days.days_elapsed
            > {{ days_between('count_days.month_start_date', 'list_values.kpi_date') }}
    group by
        count_days.account,
        count_days.account_id,
        count_days.kpi,
        count_days.month_start_date,
        count_days.target,
        count_days.days_in_month,
        count_days.days_elapsed

),

-- A sum to date is known if every day of it is, of one source and definition.
measure_months as (

    select
        *,
        {%- set is_ratio = "kpi in ('" ~ target_kpis().ratio | join("', '") ~ "')" %}
        case
            when days_elapsed = 0 or days_known < days_elapsed or definitions > 1 then null
            when {{ is_ratio }}
                then
                    case
                        when denominators_known = days_elapsed
                            then numerator / nullif(denominator, 0)
                    end
            when kpi = 'followers_closing' then level_now
            else numerator
        end as value_to_date,
        case
            when {{ is_ratio }} then cast(target as double)
            when kpi = 'followers_closing'
                then
                    level_at_start
                    + (cast(target as double) - level_at_start) * days_elapsed / days_in_month
            else cast(target as double) * days_elapsed / days_in_month
        end as expected_to_date,
        case
            when {{ is_ratio }} then 'ratio'
            when kpi = 'followers_closing' then 'level'
            else 'sum'
        end as kpi_kind
    from sum_months

),

project_months as (

    select
        *,
        case
            when kpi_kind = 'ratio' then value_to_date
            when kpi_kind = 'level'
                then
                    level_at_start
                    + (value_to_date - level_at_start) * days_in_month / nullif(days_elapsed, 0)
            else value_to_date * days_in_month / nullif(days_elapsed, 0)
        end as projected_value,
        case
            when value_to_date is not null and kpi_kind <> 'ratio' and days_elapsed < days_in_month
                then
                    greatest(cast(target as double) - value_to_date, 0)
                    / (days_in_month - days_elapsed)
        end as needed_per_day,
        {{ var('pacing_tolerance') }} * abs(
            case
                when kpi_kind = 'level' then expected_to_date - level_at_start
                else expected_to_date
            end
        ) as allowed_deviation
    from measure_months

)

select
    account,
    account_id,
    kpi,
    month_start_date,
    kpi_kind,
    target,
    value_to_date,
    expected_to_date,
    projected_value,
    needed_per_day,
    cast(days_in_month as bigint) as days_in_month,
    cast(days_elapsed as bigint) as days_elapsed,
    cast(days_known as bigint) as days_known,
    case
        when value_to_date is null or expected_to_date is null then null
        when value_to_date < expected_to_date - allowed_deviation then 'behind'
        when value_to_date > expected_to_date + allowed_deviation then 'ahead'
        else 'on_track'
    end as pace
from project_months
