{%- set too_many = var('calendar_viewers_above_before') -%}
{%- set few = var('calendar_viewers_above_after') -%}
with

days as (

    select * from {{ ref('int_studio_days_exported') }}
    where all_measures is not null

),

lags as (
    {{ list_label_lags() }}
),

expect_labels as (

    select
        days.account_handle,
        days.exported_on,
        days.main_measure as views,
        lags.label_lag,
        {{ days_before('days.labelled_date', '-lags.label_lag') }} as expected_date
    from days
    cross join lags
    where days.file_kind = 'overview'

),

compare_days as (

    select
        views.account_handle,
        views.exported_on,
        views.label_lag,
        case when viewers.main_measure > views.views then 1 else 0 end as is_above,
        ln(cast(views.views as double) + 1) as views_log,
        ln(cast(viewers.main_measure as double) + 1) as viewers_log
    from expect_labels as views
    inner join days as viewers
        on
            views.account_handle = viewers.account_handle
            and views.exported_on = viewers.exported_on
            and views.expected_date = viewers.labelled_date
            and viewers.file_kind = 'viewers'

),

measure_lags as (

    select
        account_handle,
        exported_on,
        {{ measure_at_lags('is_above', 'viewers_above_views', 'views_log', 'viewers_log') }}
    from compare_days
    group by account_handle, exported_on

),

compare_lags as (

    select
        *,
        {{ correlates_best(0) }} as correlates_at_lag_0,
        {{ correlates_best(1) }} as correlates_at_lag_1,
        {{ correlates_best(-1) }} as correlates_at_lag_minus_1,
        {{ too_many }} * overlap_days_at_lag_0 <= viewers_above_views_at_lag_0
            as is_impossible_at_lag_0,
        {{ few }} * overlap_days_at_lag_0 >= viewers_above_views_at_lag_0 as is_possible_at_lag_0,
        {{ few }} * overlap_days_at_lag_1 >= viewers_above_views_at_lag_1 as is_possible_at_lag_1
    from measure_lags

),

judge_lags as (

    select
        *,
        case
            when correlates_at_lag_1 and is_impossible_at_lag_0 and is_possible_at_lag_1
                then 'a_day_later'
            when correlates_at_lag_0 and is_possible_at_lag_0 then 'same'
            when correlates_at_lag_1 or correlates_at_lag_minus_1 then 'doubtful'
            else 'silent'
        end as verdict
    from compare_lags

)

select
    account_handle,
    exported_on,
    {%- for name in label_lags().values() %}
    overlap_days_at_{{ name }},
    viewers_above_views_at_{{ name }},
    log_correlation_at_{{ name }},
    {%- endfor %}
    verdict
from judge_lags
