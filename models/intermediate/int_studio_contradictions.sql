with

days as (

    select * from {{ ref('int_studio_days_exported') }}
    where main_measure is not null

),

repairs as (

    select * from {{ ref('int_studio_calendar_repairs') }}

),

-- Exports that are alike a day apart are not of two accounts: their labels are in doubt.
explained_pairs as (

    select * from {{ ref('int_studio_overlaps') }}
    where
        greatest(matches_at_lag_1, matches_at_lag_minus_1)
        > {{ var('calendar_chance_share') }} * overlap_days_at_lag_0

),

place_days as (

    select
        days.account_handle,
        days.file_kind,
        days.exported_on,
        days.main_measure,
        repairs.decision,
        {{ days_before('days.labelled_date', '-repairs.shift_days') }} as event_date,
        {{ days_before('repairs.last_labelled_date', '-repairs.shift_days') }} as last_date
    from days
    inner join repairs
        on
            days.account_handle = repairs.account_handle
            and days.file_kind = repairs.file_kind
            and days.exported_on = repairs.exported_on

),

-- What rises on the last days of the earlier export was not yet counted to its end there.
compare_days as (

    select
        earlier.account_handle,
        earlier.file_kind,
        earlier.event_date,
        earlier.exported_on as earlier_exported_on,
        later.exported_on as later_exported_on,
        case
            when later.decision = 'flagged' then earlier.main_measure
            else later.main_measure
        end as counted_value,
        case
            when later.decision = 'flagged' then later.main_measure
            else earlier.main_measure
        end as other_value,
        case
            when
                later.main_measure > earlier.main_measure
                and earlier.event_date
                > {{ days_before('earlier.last_date', var('calendar_restated_days')) }}
                then 0
            when
                abs(later.main_measure - earlier.main_measure) > {{ var('disagreement_units') }}
                and greatest(earlier.main_measure, later.main_measure)
                > {{ var('contradiction_factor') }}
                * least(earlier.main_measure, later.main_measure)
                then 1
            else 0
        end as is_contradiction
    from place_days as earlier
    inner join place_days as later
        on
            earlier.account_handle = later.account_handle
            and earlier.file_kind = later.file_kind
            and earlier.event_date = later.event_date
            and earlier.exported_on < later.exported_on
    left join explained_pairs
        on
            earlier.account_handle = explained_pairs.account_handle
            and earlier.file_kind = explained_pairs.file_kind
            and earlier.exported_on = explained_pairs.earlier_exported_on
            and later.exported_on = explained_pairs.later_exported_on
    where explained_pairs.account_handle is null

),

count_contradictions as (

    select
        *,
        count(*) over (
            partition by account_handle, file_kind, earlier_exported_on, later_exported_on
        ) as common_days,
        sum(is_contradiction) over (
            partition by account_handle, file_kind, earlier_exported_on, later_exported_on
        ) as contradicted_days
    from compare_days

),

-- Of three that contradict one another the newest two are told.
rank_pairs as (

    select
        *,
        row_number() over (
            partition by account_handle, file_kind, event_date
            order by later_exported_on desc, earlier_exported_on desc
        ) as pair_rank
    from count_contradictions
    where
        is_contradiction = 1
        and contradicted_days >= {{ var('contradiction_least_days') }}
        and contradicted_days >= (1 - {{ var('calendar_chance_share') }}) * common_days

)

select
    account_handle,
    file_kind,
    event_date,
    earlier_exported_on,
    later_exported_on,
    counted_value,
    other_value
from rank_pairs
where pair_rank = 1
