"""Staging: is what became of the newest ingests like what became of the ones before?

Judged are the ingests that the last published version does not have, or has with another profile:
rows by status, filled and unreadable values by column, medians, newest event. That is all that the
checks look at, so each change that they could judge is judged, also one that keeps every count of
rows. They are compared with the entity's other ingests. Without a published version every ingest is
judged against the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from expectations.suite import Check, Observation, Project, no_rows, quote, union_all

# Below this an entity has no history that a share could be compared with.
HISTORY_ROWS = 100
# One bad row in ten says nothing about a file.
JUDGED_ROWS = 20
FLAGGED_ROWS = 10
REJECTED_RISE_PCT = 5
WAITING_RISE_PCT = 25
NULL_RISE_PCT = 30
# Half a column that was readable and is not any more: its values belong to another column.
UNREADABLE_RISE_PCT = 50
# Tastes change watch times by tens of percent; 3 times is another mix of videos, and 20 times
# another unit (milliseconds read as seconds are 1000 times, minutes 60 times).
SHIFT_FACTOR = 3
UNIT_FACTOR = 20
STALE_DAYS = 7
MIX_RISE_PCT = 40
# Which of several currencies leads changes with the campaign; one that was hardly there is news.
MIX_RISE_FACTOR = 10
FEWER_PEOPLE = 5
# An export made anew repeats nearly all; a few rows are anybody's slip.
REPEATED_PCT = 50
# Of more events than this a part is looked at: a pair has one hash, so pairs stay together.
REPEATS_LOOKED_AT = 1_000_000

# A year of rows is not judged by the afternoon beside it.
_HAS_HISTORY = f"history_rows >= greatest({HISTORY_ROWS}, row_count / 10)"
_UNREADABLE = (
    f"{_HAS_HISTORY} and row_count >= {JUDGED_ROWS}"
    f" and unreadable_pct >= usual_unreadable_pct + {UNREADABLE_RISE_PCT}"
)
_FEWER = (
    f"{_HAS_HISTORY} and row_count >= {HISTORY_ROWS} and people * {FEWER_PEOPLE} < usual_people"
)
# What a row was judged to be, and not what it says; and what only comments have, so that its share
# of NULL is the share of the other interactions.
_NOT_COMPARED = (
    "row_status",
    "duplicate_kind",
    "reason_code",
    "nulled_columns",
    "raw_record",
    "comment_text",
    "comment_language",
    "comment_sentiment_score",
)

REJECTED_SHARE = Check(
    name="rejected_share_within_history",
    layer="staging",
    severity="warning",
    expected=f"at most {REJECTED_RISE_PCT} points and 3 times more rejected than usual",
    what="The share of rows of an ingest that were rejected (waiting rows aside), beside the same"
    " share of the entity's other ingests.",
    why="A few rows of every export are broken. Many at once mean that the export itself changed:"
    " another date format, another unit, another category.",
    remedy="Look the reasons up: `select reason_code, count(*) from quality.rejected_rows where"
    " ingest_id = '<ingest>' group by 1`. Mend the file or its mapping and ingest it again; a"
    " newer row supersedes an older one.",
    right_data="A source that is worse than the ones before it.",
)

WAITING_SHARE = Check(
    name="waiting_share_within_history",
    layer="staging",
    severity="warning",
    expected=f"at most {WAITING_RISE_PCT} points more rows waiting than usual",
    what="The share of rows of an ingest that wait for an account or a video that nobody has named"
    " yet, beside the same share of the entity's other ingests.",
    why="Waiting rows are in no KPI. A few wait for the next video list; many mean that the list"
    " is missing, or that the ids in the file are not video ids.",
    remedy="Ingest the file of videos (or accounts) that belongs to it; the rows are then taken up"
    " by themselves. If the ids are wrong, mend the mapping and ingest the file again.",
    right_data="A log of views that comes before its list of videos, as the contract allows.",
)

NULL_SHARE = Check(
    name="null_share_within_history",
    layer="staging",
    severity="warning",
    expected=f"each column's share of NULL at most {NULL_RISE_PCT} points above the usual one",
    what="For each column of accepted rows, the share of NULL in an ingest beside the same share in"
    " the entity's other ingests.",
    why="A column that is suddenly empty was renamed or dropped at its source, and the KPIs that"
    " rest on it fade without an error: without people there is no reach.",
    remedy="Compare the file's header with docs/raw-contract.md. If the source renamed the column,"
    " add the new name to the mapping and ingest the file again; if it no longer has it, leave it"
    " so: the next ingests are the new history.",
    right_data="A source that does not have the column.",
)

COLUMNS_READABLE = Check(
    name="columns_readable_as_before",
    layer="staging",
    severity="warning",
    expected=f"less than {UNREADABLE_RISE_PCT} points more unreadable values than usual",
    what="For each optional column, the share of values in an ingest that could not be read (and"
    " became NULL or `other`), beside the same share in the entity's other ingests.",
    why="The source changed its words or its way of writing, and what rests on the column fades"
    " without an error.",
    remedy="Open the file that `quality.nulled_values` names at the row it names, and add the new"
    " words to a mapping; then ingest it again.",
    right_data="A source that changed its words for one thing; the values become NULL or"
    " `other`, as the contract has it, and are counted.",
)

COLUMNS_NOT_SHIFTED = Check(
    name="columns_not_shifted",
    layer="staging",
    severity="critical",
    expected="no ingest of which two columns or more cannot be read any more",
    what="Ingests of which two or more columns break `columns_readable_as_before`, or one does"
    " while what stands for people breaks `people_within_history`.",
    why="They hold other columns' values: the file's columns are shifted against its header, so the"
    " readable ones are most likely wrong too.",
    remedy="Open the file that `quality.nulled_values` names at the row it names, and mend the"
    " columns or the mapping; then ingest it again. If the source really changed its words for"
    " several things at once, publish with `--accept columns_not_shifted`.",
    right_data="A source that changes its words for several things on one day. Nobody has seen one;"
    " a file whose columns are shifted is no rarity.",
)

WATCH_TIME = Check(
    name="durations_within_history",
    layer="staging",
    severity="warning",
    expected=f"median and 90th percentile within {SHIFT_FACTOR} times of the usual ones",
    what="Median and 90th percentile of watch times (and of video durations) in an ingest beside"
    " the medians of the same in the entity's other ingests.",
    why="The mix of videos changes slowly. A jump means other content, other rounding, or a part"
    " of the rows missing (only the long views, say).",
    remedy="Compare the file with the one before it. If the change is real, nothing is to be done:"
    " the next ingests are judged with it.",
    right_data="Another mix of videos.",
)

UNITS_UNCHANGED = Check(
    name="durations_in_seconds",
    layer="staging",
    severity="critical",
    expected=f"not both median and 90th percentile {UNIT_FACTOR} times above (or below) the usual",
    what="The same figures as `durations_within_history`, with a band that only another unit"
    " leaves, and leaves with both.",
    why="Milliseconds or minutes read as seconds pass every rule for a single row (3,430 seconds"
    " is less than a day), and every watch-time KPI is wrong by the same factor.",
    remedy="Convert the column to seconds in a mapping file (docs/mapping-files.md), and ingest the"
    " file again. If the values are right, publish with `--accept durations_in_seconds`.",
    right_data="None that is known: another mix of videos moves one of the two figures, and"
    " not both by the same factor.",
)

FEW_UNITS_UNCHANGED = Check(
    name="units_within_history",
    layer="staging",
    severity="warning",
    expected=f"not both median and 90th percentile {UNIT_FACTOR} times above (or below) the usual",
    what="Durations of videos and amounts of conversions (each currency by itself), in an ingest of"
    f" {FLAGGED_ROWS} rows or more beside the entity's other ingests of as many.",
    why="Amounts in cents and durations in milliseconds pass every rule for a single row.",
    remedy="Look at the column in the file and in the one before it. Convert it in a mapping file"
    " (docs/mapping-files.md), and ingest the file again; if the values are right, nothing is to be"
    " done.",
    right_data="Few sales, of another kind than all the ones before.",
)

MIX = Check(
    name="mix_within_history",
    layer="staging",
    severity="warning",
    expected=f"no value of a category {MIX_RISE_PCT} points and {MIX_RISE_FACTOR} times above its"
    " usual share",
    what="For types of interactions and conversions, undos, follows, traffic sources and"
    " currencies, the share that each value has of an ingest beside its share of the entity's other"
    " ingests.",
    why="What people do changes slowly. A value that takes the place of others is a column filled"
    " by another rule, two currencies taken for one, or an export of one kind alone.",
    remedy="Count the values in the file and in the one before it. Mend the file or its mapping and"
    " ingest it again; if the change is real, nothing is to be done.",
    right_data="An export that holds one kind alone; a campaign.",
)

REPEATED = Check(
    name="rows_not_repeated",
    layer="staging",
    severity="warning",
    expected=f"less than {REPEATED_PCT} % of an ingest's events there already under other ids",
    what="Events that name a person and a time of day, and of which another one says the same in"
    " everything but its id (of a large log, those that a hash picks). Looked at are the days of"
    " the newest ingests.",
    why="An export that numbers its rows anew each time it is made counts everything twice.",
    remedy="See whether the ids of the file and of the one before it are of one kind. If the export"
    " makes its own, let a mapping make ids of what is stable (docs/mapping-files.md), and ingest"
    " the files again in a new home.",
    right_data="A source whose clock is so coarse that two views of one person are one moment.",
)

PEOPLE = Check(
    name="people_within_history",
    layer="staging",
    severity="warning",
    expected=f"at least a {FEWER_PEOPLE}th of the usual people for as many rows",
    what="Distinct people for each row that names one (HyperLogLog's estimate), in an ingest beside"
    " others of the entity that are not much smaller.",
    why="A placeholder in the place of ids makes everybody the same person: reach, new viewers and"
    " conversion rates fall without an error.",
    remedy="Look for one value of the person's column that stands in many rows of the file, and let"
    " a mapping make it empty; then ingest the file again.",
    right_data="A log of a few people who do much.",
)

EVENTS_FRESH = Check(
    name="events_fresh",
    layer="staging",
    severity="warning",
    expected=f"the newest event at most {STALE_DAYS} days older than the newest ingest",
    what="The newest accepted event among the newest ingests of an entity beside the time of the"
    " newest ingest.",
    why="Files that come in every day with nothing new in them look like a healthy feed and are a"
    " stalled one. (A deliberate load of old data is flagged too, once.)",
    remedy="Look at the export at its source: is it still running, and does it still cover the"
    " last days? For a load of old data nothing is to be done.",
    right_data="A load of old data; a pause in posting.",
)

CHECKS = [
    REJECTED_SHARE,
    WAITING_SHARE,
    NULL_SHARE,
    COLUMNS_READABLE,
    COLUMNS_NOT_SHIFTED,
    WATCH_TIME,
    UNITS_UNCHANGED,
    FEW_UNITS_UNCHANGED,
    MIX,
    PEOPLE,
    REPEATED,
    EVENTS_FRESH,
]

# The observation that goes out as a quality table of this name, for the next run to compare with.
PROFILES = "ingest_profiles"

_DURATIONS = {"video_views": "watch_seconds", "videos": "duration_seconds"}
_CATEGORIES = {
    "video_views": ("traffic_source",),
    "interactions": ("interaction_type", "is_undo"),
    "follower_events": ("action",),
    "conversions": ("conversion_type", "currency"),
}
# What an event says besides its id and its person.
_CONTENTS = {
    "video_views": ("viewed_at", "video_id", "watch_seconds"),
    "interactions": ("interacted_at", "video_id", "interaction_type", "is_undo"),
    "follower_events": ("occurred_at", "account_id", "action"),
    "profile_visits": ("visited_at", "account_id"),
    "conversions": ("converted_at", "account_id", "conversion_type", "value_amount"),
}


def observe(project: Project) -> Sequence[Observation]:
    """The observations of this layer, in the order in which they are computed."""
    return [
        Observation("ingest_statuses", _count_statuses(project)),
        Observation("ingest_filled", _count_all_filled(project)),
        Observation("ingest_quantiles", _measure_quantiles()),
        Observation("ingest_newest", _find_newest_events(project)),
        Observation("ingest_values", _count_values()),
        Observation("ingest_people", _count_people()),
        Observation(PROFILES, _profile_ingests()),
        Observation("new_ingests", _find_new_ingests(project)),
        Observation(
            "ingest_shares",
            _compare_shares(),
            [
                no_rows(
                    REJECTED_SHARE,
                    "entity, ingest_id as ingest, rejected_rows as rejected, row_count as of_rows,"
                    " round(rejected_pct, 1) as pct, round(usual_rejected_pct, 1) as usual_pct",
                    f"{_HAS_HISTORY} and rejected_rows >= {FLAGGED_ROWS}"
                    f" and rejected_pct > usual_rejected_pct + {REJECTED_RISE_PCT}"
                    " and rejected_pct > 3 * usual_rejected_pct",
                ),
                no_rows(
                    WAITING_SHARE,
                    "entity, ingest_id as ingest, waiting_rows as waiting, row_count as of_rows,"
                    " round(waiting_pct, 1) as pct, round(usual_waiting_pct, 1) as usual_pct",
                    f"{_HAS_HISTORY} and waiting_rows >= {FLAGGED_ROWS}"
                    f" and waiting_pct > usual_waiting_pct + {WAITING_RISE_PCT}",
                ),
            ],
        ),
        Observation(
            "ingest_columns",
            _compare_columns(),
            [
                no_rows(
                    NULL_SHARE,
                    "entity, column_name as column, ingest_id as ingest, round(null_pct, 1) as"
                    " null_pct, round(usual_null_pct, 1) as usual_pct",
                    f"{_HAS_HISTORY} and row_count >= {JUDGED_ROWS}"
                    f" and null_pct > usual_null_pct + {NULL_RISE_PCT}",
                ),
                no_rows(
                    COLUMNS_READABLE,
                    "entity, column_name as column, ingest_id as ingest, round(unreadable_pct, 1)"
                    " as unreadable_pct, round(usual_unreadable_pct, 1) as usual_pct",
                    _UNREADABLE,
                ),
            ],
        ),
        Observation(
            "ingest_people_per_row",
            _compare_people(),
            [
                no_rows(
                    PEOPLE,
                    "entity, ingest_id as ingest, row_count as rows, people,"
                    " round(usual_people) as usual_people",
                    _FEWER,
                )
            ],
        ),
        Observation(
            "ingest_shifts",
            "select entity, ingest_id, count(*) as columns,"
            " string_agg(column_name, ', ' order by column_name) as column_names from ("
            f"select entity, ingest_id, column_name from checks.ingest_columns where {_UNREADABLE}"
            " union all select entity, ingest_id, 'person_id' from checks.ingest_people_per_row"
            f" where {_FEWER}) group by all",
            [
                no_rows(
                    COLUMNS_NOT_SHIFTED,
                    "entity, ingest_id as ingest, column_names as columns",
                    "columns >= 2",
                )
            ],
        ),
        Observation(
            "ingest_durations",
            _compare_quantiles(HISTORY_ROWS, "ends_with(column_name, '_seconds')"),
            [
                no_rows(WATCH_TIME, _SHOWN_QUANTILES, _quantiles_beyond(SHIFT_FACTOR)),
                no_rows(UNITS_UNCHANGED, _SHOWN_QUANTILES, _ANOTHER_UNIT),
            ],
        ),
        Observation(
            "ingest_units",
            _compare_quantiles(FLAGGED_ROWS, "column_name <> 'watch_seconds'"),
            [no_rows(FEW_UNITS_UNCHANGED, _SHOWN_QUANTILES, _ANOTHER_UNIT)],
        ),
        Observation(
            "ingest_mix",
            _compare_values(),
            [
                no_rows(
                    MIX,
                    "entity, column_name as column, column_value as value, ingest_id as ingest,"
                    " round(pct, 1) as pct, round(usual_pct, 1) as usual_pct",
                    f"{_HAS_HISTORY} and row_count >= {JUDGED_ROWS}"
                    f" and pct > usual_pct + {MIX_RISE_PCT}"
                    f" and pct > usual_pct * {MIX_RISE_FACTOR}",
                )
            ],
        ),
        Observation(
            "ingest_repeats",
            _find_repeats(),
            [
                no_rows(
                    REPEATED,
                    "entity, ingest_id as ingest, row_count as of_rows, repeated_rows as repeated",
                    f"repeated_rows >= {FLAGGED_ROWS}"
                    f" and repeated_rows * 100 >= {REPEATED_PCT} * row_count",
                )
            ],
        ),
        Observation(
            "event_freshness",
            _measure_freshness(),
            [
                no_rows(
                    EVENTS_FRESH,
                    "entity, newest_event_at, newest_ingested_at, days_behind",
                    f"days_behind > {STALE_DAYS}",
                )
            ],
        ),
    ]


def _base_tables(project: Project) -> Iterator[tuple[str, str]]:
    for entity in project.entities:
        table = f"staging.base_event_log__{entity}"
        if table in project.columns:
            yield entity, table


def _profile_ingests() -> str:
    """All that is judged of each ingest, a row per measure, so that a new measure is no change."""
    return """
        select entity, ingest_id, 'rows ' || status as measure, row_count::varchar as value
        from (
            unpivot checks.ingest_statuses on row_count, rejected_rows, waiting_rows
            into name status value row_count
        )
        union all
        select entity, ingest_id, 'filled ' || column_name, filled_rows::varchar
        from checks.ingest_filled
        union all
        select entity, ingest_id, 'unreadable ' || column_name, sum(nulled_values)::varchar
        from quality.nulled_values group by all
        union all
        select entity, ingest_id, quantile || ' of ' || column_name, round(value, 3)::varchar
        from (
            unpivot checks.ingest_quantiles on median_value, p90_value
            into name quantile value value
        )
        union all
        select entity, ingest_id, 'share of ' || column_name || ' ' || column_value,
            row_count::varchar
        from checks.ingest_values
        union all
        select entity, ingest_id, 'people', people::varchar from checks.ingest_people
        union all
        select entity, ingest_id, 'newest event', newest_event_at::varchar
        from checks.ingest_newest where newest_event_at is not null
    """


def _find_new_ingests(project: Project) -> str:
    ingests = "select distinct entity, ingest_id from"
    if "quality.row_reconciliation" not in project.published:
        return f"{ingests} quality.row_reconciliation"
    other_counts = (
        f"{ingests} (from quality.row_reconciliation"
        " except from published.quality.row_reconciliation)"
    )
    published = f"published.quality.{PROFILES}"
    if f"quality.{PROFILES}" not in project.published:
        return other_counts
    return f"""
        {other_counts}
        union
        select distinct built.entity, built.ingest_id
        from checks.{PROFILES} as built
        semi join {published} as known
            on built.entity = known.entity and built.ingest_id = known.ingest_id
        left join {published} as published
            on built.entity = published.entity and built.ingest_id = published.ingest_id
            and built.measure = published.measure
        where published.value <> built.value
            -- No value is bad in most files, and the first bad one is a change.
            or (published.value is null and built.measure like 'unreadable %')
    """


def _count_statuses(project: Project) -> str:
    return union_all(
        f"select {quote(entity)} as entity, _ingest_id as ingest_id, count(*) as row_count,"
        " count(*) filter (where row_status = 'rejected' and not is_waiting) as rejected_rows,"
        " count(*) filter (where is_waiting) as waiting_rows"
        " from (select *, coalesce(reason_code in ('unknown_account', 'unknown_video'), false)"
        f" as is_waiting from {table}) group by all"
        for entity, table in _base_tables(project)
    )


def _compare_shares() -> str:
    return """
        with marked as (
            select counts.*, n.ingest_id is not null as is_new,
                bool_and(n.ingest_id is not null) over (partition by entity) as is_first
            from checks.ingest_statuses as counts
            left join checks.new_ingests as n using (entity, ingest_id)
        )
        select a.entity, a.ingest_id, a.row_count, a.rejected_rows, a.waiting_rows,
            a.rejected_rows * 100.0 / a.row_count as rejected_pct,
            a.waiting_rows * 100.0 / a.row_count as waiting_pct,
            coalesce(sum(h.row_count), 0) as history_rows,
            sum(h.rejected_rows) * 100.0 / sum(h.row_count) as usual_rejected_pct,
            sum(h.waiting_rows) * 100.0 / sum(h.row_count) as usual_waiting_pct
        from marked as a
        left join marked as h
            on a.entity = h.entity and a.ingest_id <> h.ingest_id and (h.is_first or not h.is_new)
        where a.is_new
        group by all
    """


def _count_all_filled(project: Project) -> str:
    return union_all(
        _count_filled(entity, table, project.columns[table])
        for entity, table in _base_tables(project)
    )


def _compare_columns() -> str:
    return """
        with
        unreadable as (
            select entity, ingest_id, column_name, sum(nulled_values) as unreadable_rows
            from quality.nulled_values group by all
        ),
        marked as (
            select filled.*, coalesce(unreadable_rows, 0) as unreadable_rows,
                n.ingest_id is not null as is_new,
                bool_and(n.ingest_id is not null) over (partition by entity) as is_first
            from checks.ingest_filled as filled
            left join unreadable using (entity, ingest_id, column_name)
            left join checks.new_ingests as n using (entity, ingest_id)
        )
        select a.entity, a.ingest_id, a.column_name, a.row_count,
            (a.row_count - a.filled_rows) * 100.0 / a.row_count as null_pct,
            a.unreadable_rows * 100.0 / a.row_count as unreadable_pct,
            coalesce(sum(h.row_count), 0) as history_rows,
            sum(h.row_count - h.filled_rows) * 100.0 / sum(h.row_count) as usual_null_pct,
            sum(h.unreadable_rows) * 100.0 / sum(h.row_count) as usual_unreadable_pct
        from marked as a
        left join marked as h
            on a.entity = h.entity and a.column_name = h.column_name
            and a.ingest_id <> h.ingest_id and (h.is_first or not h.is_new)
        where a.is_new
        group by all
    """


def _count_filled(entity: str, table: str, columns: Iterable[str]) -> str:
    names = [name for name in columns if not name.startswith("_") and name not in _NOT_COMPARED]
    listed = ", ".join(quote(name) for name in names)
    counted = ", ".join(f'count("{name}")' for name in names)
    return (
        f"select {quote(entity)} as entity, ingest_id, row_count,"
        " unnest(column_names) as column_name, unnest(filled_counts) as filled_rows from ("
        f"select _ingest_id as ingest_id, count(*) as row_count, [{listed}] as column_names,"
        f" [{counted}] as filled_counts from {table} where row_status = 'accepted' group by all)"
    )


def _measure_quantiles() -> str:
    """Of what an ingest brought, whether or not a later one has replaced it: a list that is sent
    again whole leaves nothing else to hold it against.
    """
    amounts = ("conversions", "'value_amount in ' || currency", "value_amount")
    durations = ((entity, quote(column), column) for entity, column in _DURATIONS.items())
    return union_all(
        f"select {quote(entity)} as entity, {name} as column_name,"
        " _ingest_id as ingest_id, count(*) as row_count,"
        f" quantile_cont({column}::double, 0.5) as median_value,"
        f" quantile_cont({column}::double, 0.9) as p90_value"
        f" from staging.base_event_log__{entity}"
        f" where row_status <> 'rejected' and {column} > 0 group by all"
        for entity, name, column in (*durations, amounts)
    )


def _compare_quantiles(rows: int, columns: str) -> str:
    return f"""
        with marked as (
            select quantiles.*, n.ingest_id is not null as is_new,
                bool_and(n.ingest_id is not null) over (partition by entity) as is_first
            from checks.ingest_quantiles as quantiles
            left join checks.new_ingests as n using (entity, ingest_id)
            where {columns}
        )
        select a.entity, a.column_name, a.ingest_id, a.row_count, a.median_value, a.p90_value,
            median(h.median_value) as usual_median, median(h.p90_value) as usual_p90
        from marked as a
        inner join marked as h
            on a.entity = h.entity and a.column_name = h.column_name
            and a.ingest_id <> h.ingest_id
            and (h.is_first or not h.is_new) and h.row_count >= {rows}
        where a.is_new and a.row_count >= {rows}
        group by all
    """


def _count_values() -> str:
    return union_all(
        f"select {quote(entity)} as entity, {quote(column)} as column_name,"
        f" cast({column} as varchar) as column_value, _ingest_id as ingest_id,"
        f" count(*) as row_count from staging.base_event_log__{entity}"
        f" where row_status = 'accepted' and {column} is not null group by all"
        for entity, columns in _CATEGORIES.items()
        for column in columns
    )


def _compare_values() -> str:
    return f"""
        with counted as (
            select entity, column_name, ingest_id, sum(row_count) as row_count
            from checks.ingest_values group by all
        ),
        ingests as (
            select counted.*, n.ingest_id is not null as is_new,
                bool_and(n.ingest_id is not null) over (partition by entity) as is_first
            from counted
            left join checks.new_ingests as n using (entity, ingest_id)
        ),
        new_values as (
            select v.entity, v.column_name, v.ingest_id, v.column_value,
                v.row_count as value_rows, i.row_count
            from checks.ingest_values as v
            inner join ingests as i using (entity, column_name, ingest_id)
            where i.is_new and i.row_count >= {JUDGED_ROWS}
        )
        select a.entity, a.column_name, a.column_value, a.ingest_id, a.row_count,
            a.value_rows * 100.0 / a.row_count as pct,
            coalesce(sum(h.row_count), 0) as history_rows,
            coalesce(sum(v.row_count), 0) * 100.0 / sum(h.row_count) as usual_pct
        from new_values as a
        left join ingests as h
            on a.entity = h.entity and a.column_name = h.column_name
            and a.ingest_id <> h.ingest_id and (h.is_first or not h.is_new)
        left join checks.ingest_values as v
            on h.entity = v.entity and h.column_name = v.column_name
            and h.ingest_id = v.ingest_id and a.column_value = v.column_value
        group by all
    """


def _count_people() -> str:
    return union_all(
        f"select {quote(entity)} as entity, _ingest_id as ingest_id,"
        " count(person_key) as row_count, approx_count_distinct(person_key) as people"
        f" from staging.base_event_log__{entity} where row_status = 'accepted' group by all"
        for entity in _CONTENTS
    )


def _compare_people() -> str:
    return """
        with marked as (
            select counted.*, n.ingest_id is not null as is_new,
                bool_and(n.ingest_id is not null) over (partition by entity) as is_first
            from checks.ingest_people as counted
            left join checks.new_ingests as n using (entity, ingest_id)
            where row_count > 0
        )
        select a.entity, a.ingest_id, a.row_count, a.people,
            coalesce(sum(h.row_count), 0) as history_rows,
            a.row_count * median(h.people / h.row_count) as usual_people
        from marked as a
        left join marked as h
            on a.entity = h.entity and a.ingest_id <> h.ingest_id and (h.is_first or not h.is_new)
            -- Of more rows fewer are of somebody new, so a larger one expects no more of this one.
            and h.row_count >= a.row_count / 3
        where a.is_new
        group by a.entity, a.ingest_id, a.row_count, a.people
    """


def _find_repeats() -> str:
    return union_all(
        f"""
        select {quote(entity)} as entity, ingest_id, count(*) as row_count,
            count(*) filter (copies > 1) as repeated_rows
        from (
            select _ingest_id as ingest_id, count(*) over (partition by content) as copies
            from (
                select _ingest_id, hash(person_key, {", ".join(columns)}) as content
                from staging.base_event_log__{entity}
                where row_status = 'accepted' and person_key is not null
                    -- A day alone is no moment.
                    and {columns[0]} <> date_trunc('day', {columns[0]})
                    and event_date in (
                        select event_date from staging.base_event_log__{entity}
                        where _ingest_id in (
                            select ingest_id from checks.new_ingests where entity = {quote(entity)}
                        )
                    )
            )
            where content % (
                select 1 + count(*) // {REPEATS_LOOKED_AT} from staging.base_event_log__{entity}
            ) = 0
        )
        where ingest_id in (
            select ingest_id from checks.new_ingests where entity = {quote(entity)}
        )
        group by all
        """
        for entity, columns in _CONTENTS.items()
    )


_SHOWN_QUANTILES = (
    "entity, column_name as column, ingest_id as ingest, round(median_value, 2) as median,"
    " round(usual_median, 2) as usual_median, round(p90_value, 2) as p90,"
    " round(usual_p90, 2) as usual_p90"
)


def _quantiles_beyond(factor: int) -> str:
    return " or ".join(
        f"{value} not between {usual} / {factor} and {usual} * {factor}"
        for value, usual in (("median_value", "usual_median"), ("p90_value", "usual_p90"))
    )


_ANOTHER_UNIT = (
    f"(median_value > usual_median * {UNIT_FACTOR} and p90_value > usual_p90 * {UNIT_FACTOR})"
    f" or (median_value < usual_median / {UNIT_FACTOR} and p90_value < usual_p90 / {UNIT_FACTOR})"
)


def _find_newest_events(project: Project) -> str:
    return union_all(
        f"select {quote(entity)} as entity, _ingest_id as ingest_id,"
        f" max({project.event_times[entity]}) as newest_event_at,"
        f" max(_ingested_at) as newest_ingested_at from {table}"
        " where row_status = 'accepted' group by all"
        for entity, table in _base_tables(project)
        if entity in project.event_times
    )


def _measure_freshness() -> str:
    return """
        with newest as (
            select entity, max(newest_event_at) as newest_event_at,
                max(newest_ingested_at) as newest_ingested_at
            from checks.ingest_newest
            inner join checks.new_ingests using (entity, ingest_id)
            group by entity
        )
        select entity, date_trunc('second', newest_event_at) as newest_event_at,
            date_trunc('second', newest_ingested_at) as newest_ingested_at,
            date_diff('day', newest_event_at, newest_ingested_at) as days_behind
        from newest where newest_event_at is not null
    """
