with

repairs as (

    select * from {{ ref('int_studio_calendar_repairs') }}

),

reasons as (

    select * from {{ ref('calendar_repair_reasons') }}

)

select
    repairs.account_handle,
    repairs.file_kind,
    repairs.exported_on,
    repairs.labelled_days,
    repairs.known_days,
    repairs.first_labelled_date,
    repairs.last_labelled_date,
    repairs.decision,
    repairs.shift_days,
    repairs.reason_code,
    reasons.reason,
    repairs.compared_with_exported_on,
    repairs.overlap_days,
    repairs.matches_at_lag_0,
    repairs.matches_at_lag_1,
    repairs.matches_at_lag_minus_1,
    repairs.log_correlation_at_lag_0,
    repairs.log_correlation_at_lag_1,
    repairs.log_correlation_at_lag_minus_1,
    repairs.days_beside_views,
    repairs.viewers_above_views_at_lag_0,
    repairs.viewers_above_views_at_lag_1,
    repairs.views_log_correlation_at_lag_0,
    repairs.views_log_correlation_at_lag_1,
    repairs.views_log_correlation_at_lag_minus_1
from repairs
left join reasons
    on repairs.reason_code = reasons.reason_code
