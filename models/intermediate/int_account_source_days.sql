with

accounts as (

    select * from {{ ref('int_accounts') }}

),

videos as (

    select * from {{ ref('int_videos') }}

),

handles as (

    select * from {{ ref('int_account_handles') }}

),

source_rows as (

    select * from {{ ref('int_source_rows_daily') }}

),

exported_days as (

    select * from {{ ref('int_account_days_exported') }}

),

video_readings as (

    select * from {{ ref('int_video_snapshots') }}

),

follower_levels as (

    select * from {{ ref('int_follower_levels_judged') }}

),

video_levels as (

    select * from {{ ref('int_video_snapshot_levels') }}

),

studio_days as (

    select * from {{ ref('int_studio_days') }}

),

disagreements as (

    select * from {{ ref('source_disagreements') }}

),

rejected_rows as (

    select * from {{ ref('rejected_rows') }}

),

date_ranges as (

    select * from {{ ref('int_account_date_ranges') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

-- What came in after the data's end is looked at on its last day.
sum_feeds as (

    select
        source_rows.account_id,
        source_rows.source,
        source_rows.feed,
        least(source_rows.event_date, bounds.data_end_date) as event_date,
        sum(source_rows.accepted_rows) as accepted_rows
    from source_rows
    cross join bounds
    group by
        source_rows.account_id,
        source_rows.source,
        source_rows.feed,
        least(source_rows.event_date, bounds.data_end_date)

),

sum_rows as (

    select
        account_id,
        source,
        event_date,
        sum(accepted_rows) as accepted_rows
    from sum_feeds
    group by account_id, source, event_date

),

-- Nothing is left out: a row of no known account stands under a name of its own, one without a day
-- on the day on which it came in.
place_rejected as (

    select
        coalesce(rejected_rows.account_id, '(unknown)') as account_id,
        rejected_rows.source,
        rejected_rows.entity as feed,
        least(
            coalesce(rejected_rows.event_date, {{ reporting_date('rejected_rows.ingested_at') }}),
            bounds.data_end_date
        ) as event_date,
        rejected_rows.is_waiting
    from rejected_rows
    cross join bounds

),

count_rejected as (

    select
        account_id,
        source,
        feed,
        event_date,
        count(*) filter (where not is_waiting) as rejected_rows,
        count(*) filter (where is_waiting) as waiting_rows
    from place_rejected
    group by account_id, source, feed, event_date

),

-- A broken feed of few rows must not hide behind a sound one of many.
rank_feeds as (

    select
        count_rejected.*,
        coalesce(sum_feeds.accepted_rows, 0) as accepted_rows,
        row_number() over (
            partition by
                count_rejected.account_id, count_rejected.source, count_rejected.event_date
            order by
                {{ pct(
                    'count_rejected.rejected_rows',
                    '(count_rejected.rejected_rows + coalesce(sum_feeds.accepted_rows, 0))'
                ) }} desc nulls last,
                count_rejected.feed asc
        ) as feed_rank
    from count_rejected
    left join sum_feeds
        on
            count_rejected.account_id = sum_feeds.account_id
            and count_rejected.source = sum_feeds.source
            and count_rejected.feed = sum_feeds.feed
            and count_rejected.event_date = sum_feeds.event_date

),

sum_rejected as (

    select
        account_id,
        source,
        event_date,
        sum(rejected_rows) as rejected_rows,
        sum(waiting_rows) as waiting_rows,
        max(case when feed_rank = 1 and rejected_rows > 0 then feed end) as worst_feed,
        max(case when feed_rank = 1 and rejected_rows > 0 then rejected_rows end)
            as worst_feed_rejected_rows,
        max(case when feed_rank = 1 and rejected_rows > 0 then rejected_rows + accepted_rows end)
            as worst_feed_rows
    from rank_feeds
    group by account_id, source, event_date

),

-- A share of a difference over several days contradicts nobody.
sum_disagreements as (
    {% for column in ['trusted_source', 'other_source'] %}
    select
        account_id,
        {{ column }} as source,
        event_date,
        count(*) as disagreements
    from disagreements
    where not is_estimated {{ "and other_source <> trusted_source" if not loop.first }}
    group by account_id, {{ column }}, event_date
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

add_disagreements as (

    select
        account_id,
        source,
        event_date,
        sum(disagreements) as disagreements
    from sum_disagreements
    group by account_id, source, event_date

),

find_doubtful_labels as (

    select distinct
        handles.account_id,
        'studio' as source,
        studio_days.event_date
    from studio_days
    inner join handles
        on studio_days.account_handle = handles.account_handle
    where
        studio_days.overview_decision = 'flagged'
        or studio_days.viewers_decision = 'flagged'
        or studio_days.follower_history_decision = 'flagged'

),

find_suspect_readings as (

    select
        account_id,
        source,
        event_date
    from follower_levels
    where is_suspect

    union distinct

    select
        videos.account_id,
        video_levels.source,
        video_levels.event_date
    from video_levels
    inner join videos
        on video_levels.video_id = videos.video_id
    where video_levels.is_suspect

),

-- The days that a source says something of.
list_told_days as (

    select
        account_id,
        source,
        event_date
    from source_rows
    where source in ('event_log', 'snapshots') and feed not in ('accounts', 'videos')

    union distinct

    select
        account_id,
        source,
        event_date
    from exported_days

    union distinct

    select
        videos.account_id,
        video_readings.source,
        video_readings.event_date
    from video_readings
    inner join videos
        on video_readings.video_id = videos.video_id
    where video_readings.source in ('accounts_api', 'studio')

),

-- A log's entities come in files of their own and fall silent one by one, for all its accounts; any
-- other source does so for an account.
list_feed_days as (

    select distinct
        'event_log' as source,
        cast(null as string) as account_id,
        feed,
        event_date
    from source_rows
    where source = 'event_log' and feed not in ('follower_counts', 'accounts', 'videos')

    union all

    select
        source,
        account_id,
        source as feed,
        event_date
    from list_told_days
    where source <> 'event_log'

),

measure_silence as (

    select
        list_feed_days.*,
        {{ days_between(
            'lag(event_date) over (partition by source, account_id, feed order by event_date)',
            'event_date',
        ) }} as days_since_last
    from list_feed_days

),

find_silent as (

    select
        measure_silence.source,
        measure_silence.account_id,
        measure_silence.feed,
        max(measure_silence.event_date) as silent_since
    from measure_silence
    cross join bounds
    group by
        measure_silence.source,
        measure_silence.account_id,
        measure_silence.feed,
        bounds.data_end_date
    having
        {{ days_between('max(measure_silence.event_date)', 'bounds.data_end_date') }}
        > greatest(
            {{ var('trust_silent_days') }},
            coalesce(max(measure_silence.days_since_last), 0)
        )

),

rank_silent as (

    select
        *,
        row_number() over (
            partition by source, account_id order by silent_since asc, feed asc
        ) as silent_rank
    from find_silent

),

find_ends as (

    select
        account_id,
        source,
        min(event_date) as first_date,
        max(event_date) as last_date
    from list_told_days
    group by account_id, source

),

list_days as (

    select
        find_ends.account_id,
        find_ends.source,
        {{ each_date('find_ends.first_date', 'bounds.data_end_date') }} as event_date
    from find_ends
    cross join bounds

    union distinct

    select
        account_id,
        source,
        event_date
    from sum_rejected

),

log_days as (

    select
        date_ranges.account_id,
        date_ranges.event_log_first_date,
        bounds.event_log_last_date
    from date_ranges
    cross join bounds

),

-- What an own account's log has no row of is 0 as long as the log goes on, and lifetime counters
-- tell of all days between two readings.
describe_days as (

    select
        list_days.account_id,
        list_days.source,
        list_days.event_date,
        accounts.account_id is not null as is_known_account,
        told.event_date is not null
        or (
            list_days.source = 'event_log'
            and accounts.account_role = 'own'
            and {{ is_event_log_day('list_days.event_date', coverage='log_days') }}
        )
        or (
            list_days.source = 'snapshots'
            and list_days.event_date between find_ends.first_date and find_ends.last_date
        )
            as is_told,
        coalesce(
            list_days.source = 'snapshots'
            and told.event_date is null
            and list_days.event_date between find_ends.first_date and find_ends.last_date,
            false
        ) as is_estimated,
        case when list_days.event_date > silent.silent_since then silent.silent_since end
            as silent_since,
        case when list_days.event_date > silent.silent_since then silent.feed end as silent_feed,
        {{ is_provisional(
            'list_days.event_date',
            ['list_days.source'],
            studio_exported_on='exported_days.exported_on',
        ) }} as is_provisional,
        coalesce(sum_rows.accepted_rows, 0) as accepted_rows,
        coalesce(sum_rejected.rejected_rows, 0) as rejected_rows,
        coalesce(sum_rejected.waiting_rows, 0) as waiting_rows,
        sum_rejected.worst_feed,
        sum_rejected.worst_feed_rejected_rows,
        sum_rejected.worst_feed_rows,
        coalesce(add_disagreements.disagreements, 0) as disagreements,
        labels.event_date is not null as has_doubtful_labels,
        suspects.event_date is not null as has_suspect_readings
    from list_days
    cross join bounds
    left join accounts
        on list_days.account_id = accounts.account_id
    left join log_days
        on list_days.account_id = log_days.account_id
    left join find_ends
        on
            list_days.account_id = find_ends.account_id
            and list_days.source = find_ends.source
    left join list_told_days as told
        on
            list_days.account_id = told.account_id
            and list_days.source = told.source
            and list_days.event_date = told.event_date
    left join rank_silent as silent
        on
            list_days.source = silent.source
            and silent.silent_rank = 1
            and (
                list_days.account_id = silent.account_id
                or (silent.account_id is null and accounts.account_role = 'own')
            )
    left join sum_rows
        on
            list_days.account_id = sum_rows.account_id
            and list_days.source = sum_rows.source
            and list_days.event_date = sum_rows.event_date
    left join sum_rejected
        on
            list_days.account_id = sum_rejected.account_id
            and list_days.source = sum_rejected.source
            and list_days.event_date = sum_rejected.event_date
    left join exported_days
        on
            list_days.account_id = exported_days.account_id
            and list_days.source = exported_days.source
            and list_days.event_date = exported_days.event_date
    left join add_disagreements
        on
            list_days.account_id = add_disagreements.account_id
            and list_days.source = add_disagreements.source
            and list_days.event_date = add_disagreements.event_date
    left join find_doubtful_labels as labels
        on
            list_days.account_id = labels.account_id
            and list_days.source = labels.source
            and list_days.event_date = labels.event_date
    left join find_suspect_readings as suspects
        on
            list_days.account_id = suspects.account_id
            and list_days.source = suspects.source
            and list_days.event_date = suspects.event_date

)

select
    account_id,
    source,
    event_date,
    case when is_known_account then coalesce(is_told, false) end as is_complete,
    case when is_known_account then silent_since is null end as is_fresh,
    silent_since,
    silent_feed,
    is_estimated,
    is_provisional,
    cast(accepted_rows as bigint) as accepted_rows,
    cast(rejected_rows as bigint) as rejected_rows,
    worst_feed,
    cast(worst_feed_rejected_rows as bigint) as worst_feed_rejected_rows,
    cast(worst_feed_rows as bigint) as worst_feed_rows,
    cast(waiting_rows as bigint) as waiting_rows,
    cast(disagreements as bigint) as disagreements,
    has_doubtful_labels,
    has_suspect_readings
from describe_days
