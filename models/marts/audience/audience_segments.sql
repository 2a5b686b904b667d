with

segments as (

    select * from {{ ref('int_audience_segments_counted') }}

),

mark_small as (

    select
        *,
        segment <> 'engaged_unseen' as is_viewer,
        segment <> 'lurker' as has_interacted,
        {{ is_small_group('people') }} as is_small
    from segments

),

-- The account's viewers are known as a whole.
withhold_people as (

    select
        *,
        {{ is_withheld('people', 'is_small', 'account_id, period, is_viewer', 'segment') }}
            as is_suppressed
    from mark_small

),

-- So are its public interactions, of which a lurker has none.
withhold_interactions as (

    select
        *,
        {{ is_withheld(
            'people', 'is_suppressed', 'account_id, period, has_interacted', 'segment'
        ) }} as is_interactions_suppressed
    from withhold_people

),

mark_small_splits as (

    select
        *,
        is_suppressed
        or coalesce({{ is_small_group('new_people') }}, false)
        or coalesce({{ is_small_group('returning_people') }}, false) as is_small_split
    from withhold_interactions

),

-- New viewers of all segments are known as a whole too, and what is left are the returning ones.
withhold_splits as (

    select
        *,
        (
            {{ is_withheld(
                'new_people', 'is_small_split', 'account_id, period, is_viewer', 'segment'
            ) }}
        )
        or (
            {{ is_withheld(
                'returning_people', 'is_small_split', 'account_id, period, is_viewer', 'segment'
            ) }}
        ) as is_split_suppressed
    from mark_small_splits

),

sum_periods as (

    select
        account_id,
        period,
        sum(case when is_viewer then people end) as viewers,
        sum(case when is_viewer then public_interactions end) as viewers_interactions,
        count(*) filter (where is_suppressed) as suppressed_segments,
        count(*) filter (where is_viewer and is_split_suppressed) as suppressed_splits
    from withhold_splits
    group by account_id, period

),

show_counts as (

    select
        withheld.account_id,
        withheld.period,
        withheld.first_date,
        withheld.last_date,
        withheld.segment,
        withheld.is_viewer,
        withheld.is_suppressed,
        withheld.is_viewer and withheld.is_split_suppressed as is_split_suppressed,
        sum_periods.suppressed_segments,
        sum_periods.suppressed_splits,
        case when not withheld.is_suppressed then withheld.people end as people,
        case when not withheld.is_split_suppressed then withheld.new_people end as new_people,
        case when not withheld.is_split_suppressed then withheld.returning_people end
            as returning_people,
        case when not withheld.is_suppressed then withheld.views end as views,
        case when not withheld.is_suppressed then withheld.watch_seconds end
            as total_watch_seconds,
        case when not withheld.is_interactions_suppressed then withheld.public_interactions end
            as public_interactions,
        case when not ({{ is_small_group('sum_periods.viewers') }}) then sum_periods.viewers end
            as viewers,
        case
            when not ({{ is_small_group('sum_periods.viewers') }})
                then sum_periods.viewers_interactions
        end as viewers_interactions
    from withhold_splits as withheld
    inner join sum_periods
        on
            withheld.account_id = sum_periods.account_id
            and withheld.period = sum_periods.period

)

select
    account_id,
    period,
    first_date,
    last_date,
    segment,
    people,
    new_people,
    returning_people,
    views,
    cast(total_watch_seconds as decimal(38, 3)) as total_watch_seconds,
    public_interactions,
    cast(viewers as bigint) as viewers,
    cast(viewers_interactions as bigint) as viewers_interactions,
    case when is_viewer then {{ pct('people', 'viewers') }} end as share_of_viewers_pct,
    case when is_viewer then {{ pct('public_interactions', 'viewers_interactions') }} end
        as share_of_interactions_pct,
    {{ pct('new_people', 'people') }} as new_share_pct,
    {{ ratio('total_watch_seconds', 'views') }} as average_watch_seconds,
    is_suppressed,
    is_split_suppressed,
    cast(suppressed_segments as bigint) as suppressed_segments,
    cast(suppressed_splits as bigint) as suppressed_splits
from show_counts
