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
        days.file_kind,
        days.exported_on,
        days.labelled_date,
        days.main_measure,
        days.all_measures,
        lags.label_lag,
        {{ days_before('days.labelled_date', '-lags.label_lag') }} as expected_date,
        max(days.labelled_date) over (
            partition by days.account_handle, days.file_kind, days.exported_on
        ) as last_labelled_date
    from days
    cross join lags

),

compare_days as (

    select
        earlier.account_handle,
        earlier.file_kind,
        earlier.exported_on as earlier_exported_on,
        later.exported_on as later_exported_on,
        earlier.label_lag,
        earlier.labelled_date,
        earlier.last_labelled_date,
        case when earlier.all_measures = later.all_measures then 1 else 0 end as is_match,
        ln(cast(earlier.main_measure as double) + 1) as earlier_log,
        ln(cast(later.main_measure as double) + 1) as later_log
    from expect_labels as earlier
    inner join days as later
        on
            earlier.account_handle = later.account_handle
            and earlier.file_kind = later.file_kind
            and earlier.expected_date = later.labelled_date
            and earlier.exported_on < later.exported_on

),

-- A day that is equal at two lags, as where a level stands still, tells nothing of either; nor do
-- an export's last days, which a later one restates.
find_telling_days as (

    select
        *,
        case
            when
                is_match = 1
                and labelled_date
                <= {{ days_before('last_labelled_date', var('calendar_restated_days')) }}
                and sum(is_match) over (
                    partition by
                        account_handle,
                        file_kind,
                        earlier_exported_on,
                        later_exported_on,
                        labelled_date
                ) = 1
                and count(*) over (
                    partition by
                        account_handle,
                        file_kind,
                        earlier_exported_on,
                        later_exported_on,
                        labelled_date
                ) = {{ label_lags() | length }}
                then 1
            else 0
        end as is_telling
    from compare_days

),

count_matches as (

    select
        account_handle,
        file_kind,
        earlier_exported_on,
        later_exported_on,
        {{ count_telling_days() }},
        {{ measure_at_lags('is_match', 'matches', 'earlier_log', 'later_log') }}
    from find_telling_days
    group by account_handle, file_kind, earlier_exported_on, later_exported_on

),

-- The files of two exports vote together.
count_votes as (

    select
        account_handle,
        earlier_exported_on,
        later_exported_on,
        {{ vote_on_lags() }}
    from count_matches
    group by account_handle, earlier_exported_on, later_exported_on

),

find_carried_lags as (

    select
        count_matches.*,
        count_votes.is_carried_at_lag_0,
        count_votes.is_carried_at_lag_1,
        count_votes.is_carried_at_lag_minus_1
    from count_matches
    inner join count_votes
        on
            count_matches.account_handle = count_votes.account_handle
            and count_matches.earlier_exported_on = count_votes.earlier_exported_on
            and count_matches.later_exported_on = count_votes.later_exported_on

),

judge_overlaps as (

    select
        *,
        case
            when
                {{ is_carried(0) }}
                then 'same'
            when
                {{ is_carried(1) }}
                then 'a_day_later'
            when
                {{ is_carried(-1) }}
                then 'a_day_earlier'
            -- All days are equal at two lags: nothing is said.
            when
                matches_at_lag_0 = overlap_days_at_lag_0
                and telling_days_at_lag_0 = 0
                and greatest(matches_at_lag_1, matches_at_lag_minus_1) > 0
                then 'silent'
            -- Three days more than without the lag are no chance, and no proof.
            when greatest(matches_at_lag_1, matches_at_lag_minus_1) >= matches_at_lag_0 + 3
                then 'doubtful'
            when matches_at_lag_0 > {{ var('calendar_chance_share') }} * overlap_days_at_lag_0
                then 'alike'
            when overlap_days_at_lag_0 < {{ var('calendar_least_days') }} then 'silent'
            when
                coalesce(log_correlation_at_lag_0, 0) >= {{ var('calendar_viewers_correlation') }}
                and log_correlation_at_lag_0
                >= greatest(
                    coalesce(log_correlation_at_lag_1, 0),
                    coalesce(log_correlation_at_lag_minus_1, 0)
                )
                then 'alike'
            else 'doubtful'
        end as verdict
    from find_carried_lags

),

find_lag as (

    select
        *,
        case verdict
            when 'same' then 0
            when 'alike' then 0
            when 'a_day_later' then 1
            when 'a_day_earlier' then -1
        end as label_lag
    from judge_overlaps

)

select
    account_handle,
    file_kind,
    earlier_exported_on,
    later_exported_on,
    {%- for name in label_lags().values() %}
    overlap_days_at_{{ name }},
    matches_at_{{ name }},
    log_correlation_at_{{ name }},
    {%- endfor %}
    verdict,
    label_lag
from find_lag
