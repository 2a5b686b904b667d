with

files as (

    select * from {{ ref('int_studio_files_aligned') }}

),

export_overlaps as (

    select * from {{ ref('int_studio_overlaps') }}
    where verdict <> 'silent'

),

viewers_overlaps as (

    select * from {{ ref('int_studio_viewers_overlaps') }}

),

find_beside_overview as (

    select
        files.*,
        overview.shift_days as overview_shift_days,
        viewers_overlaps.verdict as viewers_verdict,
        coalesce(viewers_overlaps.verdict in ('same', 'a_day_later'), false) as has_clear_viewers,
        case
            when viewers_overlaps.verdict = 'a_day_later' then overview.shift_days - 1
            when viewers_overlaps.verdict = 'same' then overview.shift_days
            -- Which of two calendars is the right one: that of the views, where they know.
            when files.is_tie and overview.linked_files > 1 then overview.shift_days
        end as shift_days_by_overview
    from files
    left join files as overview
        on
            files.account_handle = overview.account_handle
            and files.exported_on = overview.exported_on
            and files.file_kind <> 'overview'
            and overview.file_kind = 'overview'
    left join viewers_overlaps
        on
            files.account_handle = viewers_overlaps.account_handle
            and files.exported_on = viewers_overlaps.exported_on
            and files.file_kind = 'viewers'

),

-- Files that agree with one another move together: what most of them say holds for all. Viewers
-- that follow their views clearly speak for those that do so too loosely.
count_moves as (

    select
        account_handle,
        file_kind,
        root_exported_on,
        shift_days_by_overview - shift_days as further_days,
        count(*) as files,
        min(exported_on) as first_exported_on,
        max(case when has_clear_viewers then 1 else 0 end) as is_by_viewers
    from find_beside_overview
    where shift_days_by_overview is not null
    group by account_handle, file_kind, root_exported_on, shift_days_by_overview - shift_days

),

rank_moves as (

    select
        *,
        row_number() over (
            partition by account_handle, file_kind, root_exported_on
            order by is_by_viewers desc, files desc, first_exported_on asc
        ) as move_rank
    from count_moves

),

propose_shifts as (

    select
        beside.*,
        cast(beside.shift_days + coalesce(rank_moves.further_days, 0) as bigint)
            as proposed_shift_days,
        coalesce(rank_moves.is_by_viewers, 0) = 1 as is_by_viewers
    from find_beside_overview as beside
    left join rank_moves
        on
            beside.account_handle = rank_moves.account_handle
            and beside.file_kind = rank_moves.file_kind
            and beside.root_exported_on = rank_moves.root_exported_on
            and rank_moves.move_rank = 1

),

check_pairs as (

    select
        export_overlaps.*,
        case
            when
                export_overlaps.label_lag
                = earlier.proposed_shift_days - later.proposed_shift_days
                then 0
            else 1
        end as is_doubt
    from export_overlaps
    inner join propose_shifts as earlier
        on
            export_overlaps.account_handle = earlier.account_handle
            and export_overlaps.file_kind = earlier.file_kind
            and export_overlaps.earlier_exported_on = earlier.exported_on
    inner join propose_shifts as later
        on
            export_overlaps.account_handle = later.account_handle
            and export_overlaps.file_kind = later.file_kind
            and export_overlaps.later_exported_on = later.exported_on

),

-- Each pair from both sides; a lag is the file's own label minus the other's.
list_comparisons as (

    select
        account_handle,
        file_kind,
        later_exported_on as exported_on,
        earlier_exported_on as compared_with_exported_on,
        verdict,
        is_doubt,
        overlap_days_at_lag_0,
        matches_at_lag_0,
        matches_at_lag_1,
        matches_at_lag_minus_1,
        log_correlation_at_lag_0,
        log_correlation_at_lag_1,
        log_correlation_at_lag_minus_1
    from check_pairs

    union all

    select
        account_handle,
        file_kind,
        earlier_exported_on as exported_on,
        later_exported_on as compared_with_exported_on,
        verdict,
        is_doubt,
        overlap_days_at_lag_0,
        matches_at_lag_0,
        matches_at_lag_minus_1 as matches_at_lag_1,
        matches_at_lag_1 as matches_at_lag_minus_1,
        log_correlation_at_lag_0,
        log_correlation_at_lag_minus_1 as log_correlation_at_lag_1,
        log_correlation_at_lag_1 as log_correlation_at_lag_minus_1
    from check_pairs

),

score_files as (

    select
        account_handle,
        file_kind,
        exported_on,
        sum(is_doubt) as doubts,
        count(*) - sum(is_doubt) as confirmations,
        sum(
            case
                when verdict in ('same', 'a_day_later', 'a_day_earlier') then 1 - is_doubt
                else 0
            end
        ) as strong_confirmations,
        -- What is overwhelming counts twice.
        sum(
            case
                when is_doubt = 1 then 1
                when verdict = 'alike' then -1
                else -2
            end
        ) as loneliness
    from list_comparisons
    group by account_handle, file_kind, exported_on

),

-- Of two files that contradict each other the one that is more alone; of two alike the later one.
find_doubted as (

    select
        comparisons.account_handle,
        comparisons.file_kind,
        comparisons.exported_on,
        max(
            case
                when own.loneliness > other.loneliness then 1
                when own.loneliness < other.loneliness then 0
                when comparisons.exported_on > comparisons.compared_with_exported_on then 1
                else 0
            end
        ) as is_doubted
    from list_comparisons as comparisons
    inner join score_files as own
        on
            comparisons.account_handle = own.account_handle
            and comparisons.file_kind = own.file_kind
            and comparisons.exported_on = own.exported_on
    inner join score_files as other
        on
            comparisons.account_handle = other.account_handle
            and comparisons.file_kind = other.file_kind
            and comparisons.compared_with_exported_on = other.exported_on
    where comparisons.is_doubt = 1
    group by comparisons.account_handle, comparisons.file_kind, comparisons.exported_on

),

-- Two calendars with as many files each, and one of them in doubt: the older one proves nothing.
find_doubted_groups as (

    select distinct
        files.account_handle,
        files.file_kind,
        files.root_exported_on
    from files
    inner join score_files
        on
            files.account_handle = score_files.account_handle
            and files.file_kind = score_files.file_kind
            and files.exported_on = score_files.exported_on
    where files.is_tie and score_files.doubts > 0

),

rank_comparisons as (

    select
        *,
        row_number() over (
            partition by account_handle, file_kind, exported_on
            order by
                is_doubt desc,
                case when verdict in ('a_day_later', 'a_day_earlier') then 0 else 1 end asc,
                overlap_days_at_lag_0 desc,
                compared_with_exported_on asc
        ) as comparison_rank
    from list_comparisons

),

find_reasons as (

    select
        files.*,
        score_files.confirmations,
        case
            when find_doubted.is_doubted = 1 then 'contradicts_other_export'
            when files.shift_days <> 0 and find_doubted_groups.root_exported_on is not null
                then 'contradicts_other_export'
            when
                files.shift_days_by_overview is not null
                and files.shift_days_by_overview <> files.proposed_shift_days
                and (files.has_clear_viewers or not files.is_by_viewers)
                then 'contradicts_overview'
            when files.viewers_verdict = 'doubtful' and files.proposed_shift_days = 0
                then 'viewers_unclear'
            when
                files.overview_shift_days <> 0
                and files.shift_days_by_overview is null
                and coalesce(score_files.strong_confirmations, 0) = 0
                then 'overview_moved'
        end as doubt
    from propose_shifts as files
    left join score_files
        on
            files.account_handle = score_files.account_handle
            and files.file_kind = score_files.file_kind
            and files.exported_on = score_files.exported_on
    left join find_doubted
        on
            files.account_handle = find_doubted.account_handle
            and files.file_kind = find_doubted.file_kind
            and files.exported_on = find_doubted.exported_on
    left join find_doubted_groups
        on
            files.account_handle = find_doubted_groups.account_handle
            and files.file_kind = find_doubted_groups.file_kind
            and files.root_exported_on = find_doubted_groups.root_exported_on

),

decide_repairs as (

    select
        *,
        case
            when asked_shift_days <> 0 then 'shifted'
            when asked_shift_days = 0 then 'kept'
            when doubt is not null then 'flagged'
            when proposed_shift_days <> 0 then 'shifted'
            else 'kept'
        end as decision,
        case
            when asked_shift_days is not null then asked_shift_days
            when doubt is not null then 0
            else proposed_shift_days
        end as decided_shift_days,
        case
            when asked_shift_days is not null then 'asked_for'
            when doubt is not null then doubt
            when proposed_shift_days <> shift_days and is_by_viewers
                then 'viewers_a_day_later_than_views'
            when proposed_shift_days <> 0 then 'a_day_apart_from_other_exports'
            when confirmations > 0 then 'agrees_with_other_exports'
            when viewers_verdict = 'same' then 'agrees_with_overview'
            else 'nothing_to_compare'
        end as reason_code
    from find_reasons

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
    cast(repairs.decided_shift_days as bigint) as shift_days,
    repairs.reason_code,
    comparisons.compared_with_exported_on,
    coalesce(comparisons.overlap_days_at_lag_0, 0) as overlap_days,
    coalesce(comparisons.matches_at_lag_0, 0) as matches_at_lag_0,
    coalesce(comparisons.matches_at_lag_1, 0) as matches_at_lag_1,
    coalesce(comparisons.matches_at_lag_minus_1, 0) as matches_at_lag_minus_1,
    comparisons.log_correlation_at_lag_0,
    comparisons.log_correlation_at_lag_1,
    comparisons.log_correlation_at_lag_minus_1,
    case when repairs.file_kind = 'viewers' then coalesce(viewers.overlap_days_at_lag_0, 0) end
        as days_beside_views,
    viewers.viewers_above_views_at_lag_0,
    viewers.viewers_above_views_at_lag_1,
    viewers.log_correlation_at_lag_0 as views_log_correlation_at_lag_0,
    viewers.log_correlation_at_lag_1 as views_log_correlation_at_lag_1,
    viewers.log_correlation_at_lag_minus_1 as views_log_correlation_at_lag_minus_1
from decide_repairs as repairs
left join rank_comparisons as comparisons
    on
        repairs.account_handle = comparisons.account_handle
        and repairs.file_kind = comparisons.file_kind
        and repairs.exported_on = comparisons.exported_on
        and comparisons.comparison_rank = 1
left join viewers_overlaps as viewers
    on
        repairs.account_handle = viewers.account_handle
        and repairs.exported_on = viewers.exported_on
        and repairs.file_kind = 'viewers'
