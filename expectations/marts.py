"""Marts out: is what readers will see whole, in range, in balance and like its own history?

Volumes are judged on every account-day whose row differs from the last published version, however
old the day is; there is no look-back window. Without a published version every day is judged
against the rest of its account's history.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from great_expectations.expectations.core.expect_compound_columns_to_be_unique import (
    ExpectCompoundColumnsToBeUnique,
)

from expectations.suite import Check, Observation, Project, native, no_rows, quote, union_all
from tiktok_warehouse.restatements import GUARD_PCT

# The days of history before and after a day, those of its weekday before it, and how many of them
# make a median worth trusting.
HISTORY_DAYS = 28
WEEKDAY_DAYS = 56
ENOUGH_DAYS = 14
# Fewer views a day than this go up and down tenfold by chance.
JUDGED_VIEWS = 20
JUDGED_WEEK_VIEWS = 100
JUDGED_WEEK_ENGAGEMENTS = 20
# A viral video gives ten times a usual day, and an outage none; both ends leave room for them.
DAY_LOW = 0.2
DAY_HIGH = 25
# Halved, with room for chance.
HALVED = 0.6
KEPT = 0.8
# Of a dozen interactions too many by chance nobody should stop.
BEYOND_CHANCE = 3
# A published day is settled: late rows add to it. Halved means lost.
PUBLISHED_LOW = 0.55

UNIQUE_KEYS = Check(
    name="kpi_keys_unique",
    layer="marts",
    severity="critical",
    expected="one row per account and day, one per video and day",
    what="Keys of `daily_account_kpis` and `daily_video_kpis` that occur more than once, in the"
    " very tables that go out.",
    why="A doubled key doubles every sum and every join that a BI tool makes.",
    remedy="Run the same command again: the marts are built anew. If it stays, a join in the model"
    " of that mart multiplies rows; `dbt build --select +daily_account_kpis` shows which.",
    right_data="None. It is about the tables of the build.",
)

NO_MISSING_DAYS = Check(
    name="account_days_without_gaps",
    layer="marts",
    severity="critical",
    expected="every day from an account's first to the data's end",
    what="For each account of `daily_account_kpis`, the calendar days between its first day and"
    " the data's end that have no row.",
    why="Windows, week-on-week changes and follower levels count rows and not dates: a missing day"
    " shifts them all without an error.",
    remedy="Run the same command again: the marts are built anew. If it stays, look at"
    " `int_account_days_spined`, which lists the days.",
    right_data="None. It is about the tables of the build.",
)

VALUES_IN_RANGE = Check(
    name="values_in_range",
    layer="marts",
    severity="critical",
    expected="no negative count or rate, shares of a whole at most 100 %",
    what="Smallest and largest value of every numeric column of every mart. Counts and rates are"
    " never negative (net counts, changes and money may be); completion, retention, view rate and"
    " shares are at most 100 %. Interactions per view may exceed it. Negative by right, and nothing"
    " else is: counts, and rates over them, of a day on which a lifetime counter fell"
    " (`has_restatement`) or whose interactions are Studio's net ones, windows with such a day in"
    " them, and sums and comparisons of an account that has one. A curve of the Accounts API may"
    " exceed 100 %.",
    why="A value outside of what its formula allows is a broken numerator or denominator, whatever"
    " the data says.",
    remedy="Select the rows of the column that is named and compare numerator and denominator,"
    " which stand beside every rate. Usually one of them counts rows that the other leaves out.",
    right_data="None. What the contract lets fall below 0 or rise above 100 (restatements, net"
    " counts, an export's own figures) is left out by the row's own flags.",
)

TOTALS_AS_STAGED = Check(
    name="totals_equal_staging",
    layer="marts",
    severity="critical",
    expected="per account, the sum over the mart's days equals the accepted rows in staging",
    what="Views, watch seconds, interactions by kind, visits, follows and conversions of each own"
    " account: the sum over `daily_account_kpis` beside a count of accepted staging rows up to the"
    " data's end.",
    why="Between staging and marts lie a dozen models. A join that drops or multiplies rows, a day"
    " that is not rebuilt and a filter in the wrong place all show here.",
    remedy="Compare by day: sum the mart and the staging rows of the account that is named by day;"
    " the first day that differs leads to the model. Then run the same command again.",
    right_data="None. It compares two layers of one build.",
)

MARTS_AGREE = Check(
    name="account_mart_equals_video_mart",
    layer="marts",
    severity="critical",
    expected="per account, both KPI marts sum to the same",
    what="Views, watch seconds and interactions of each own account: the sum over"
    " `daily_account_kpis` beside the sum over `daily_video_kpis` up to the data's end.",
    why="Two pages of one dashboard that disagree cost the trust in both.",
    remedy="Run the same command again: both marts are built anew. If it stays, select the days on"
    " which the two differ, and look at the model of the mart that staging contradicts.",
    right_data="None. It compares two tables of one build.",
)

DAILY_VIEWS = Check(
    name="daily_views_within_history",
    layer="marts",
    severity="warning",
    expected=f"a day's views between {DAY_LOW:g} and {DAY_HIGH} times its account's medians",
    what="Views of each changed account-day that is settled, beside the account's median of the 28"
    " days before it (or after it, whichever is lower) and of the same weekday in the 8 weeks"
    " before. An account's first two weeks are not judged.",
    why="A day with next to nothing is an outage or a lost file more often than a bad day; one with"
    " far too much is a file counted twice, or a video that went viral.",
    remedy="Compare with the platform's own figure of that day. If rows are missing, ingest the"
    " file of that day (again); if the day was like that, nothing is to be done.",
    right_data="A viral day, a pause.",
)

WEEKLY_VIEWS = Check(
    name="weekly_views_within_history",
    layer="marts",
    severity="warning",
    expected=f"a week's views at least {HALVED:g} times its account's median days",
    what="Views of the settled days of an account's week of which a day changed, summed, beside as"
    " many times the median of the 28 days before them (or after them, whichever is lower).",
    why="A feed that delivers half of its rows leaves no day empty; it shows in a week's sum.",
    remedy="Compare the rows of the newest files with those before"
    " (`quality.row_reconciliation`). If the audience really shrank, nothing is to be done: the"
    " days are published and are the history of the next ones.",
    right_data="An audience that shrank.",
)

VIEWS_FOLLOW_INTERACTIONS = Check(
    name="views_follow_interactions",
    layer="marts",
    severity="warning",
    expected="views do not fall by half while interactions stay",
    what="The changed days of an account's week, three or more, with their interactions:"
    f" views fell below {HALVED:g} times the usual and interactions stayed above {KEPT:g} times,"
    f" {BEYOND_CHANCE} standard deviations above what so few views usually bring.",
    why="Fewer viewers interact less. Half the views with all the interactions means that rows of"
    " views are missing, and every rate over views is nearly twice too high.",
    remedy="Ingest the missing files of views, or the newest one again if it was cut off. If the"
    " change is real, nothing is to be done.",
    right_data="Views that come in later than the interactions; a video that is talked about"
    " more than it is watched. It cannot be told from lost rows, so it warns.",
)

PUBLISHED_DAYS_KEPT = Check(
    name="published_days_kept",
    layer="marts",
    severity="critical",
    expected="every published account-day is still there, unless something explains why not",
    what="Account-days that the last published version has and this build lacks, and that"
    " `quality.explained_days` does not list.",
    why="Raw rows are never thrown away, so a day that readers have seen does not vanish unless"
    " newer rows moved it, or rows or an account were lost.",
    remedy="Most likely a part of the lake is lost. Look for the account in `marts.dim_accounts`"
    " and for its files in `quality.row_reconciliation`; restore the ingest folder that is missing"
    " from `raw/`. If the account was removed on purpose, publish with"
    " `--accept published_days_kept`.",
    right_data="None. Rows that moved, an export whose labels moved and an account's new id explain"
    " the days that go.",
)

READINGS_PLAUSIBLE = Check(
    name="readings_plausible",
    layer="marts",
    severity="warning",
    expected="no count or snapshot that leaves those before and after it and comes back",
    what="Changed days of which an official count of followers (`followers_is_suspect`), or a"
    " snapshot of a video (`has_suspect_reading`), is not plausible (docs/kpis.md).",
    why="One reading of 1 amid 550,000 would be the week's headline. It is kept and set aside, and"
    " the days go on as if it were not there.",
    remedy="Look at the source's own page for that day. If the reading is wrong, nothing is to be"
    " done; if it is right, the next one confirms it, and the day is told anew.",
    right_data="A change of more than tenfold from one reading to the newest, until a later one"
    " confirms it.",
)

RESTATEMENTS_EXPLAINED = Check(
    name="restatements_explained",
    layer="marts",
    severity="critical",
    expected=f"a closed day's headline KPI moves by more than {GUARD_PCT} % only where something"
    " explains it",
    what="Rows of `quality.kpi_restatements` of this run that nothing in `quality.explained_days`"
    " explains: another value now, further away, or a value where there was one and now is none.",
    why="A settled day has no reason to change but what came in since. A change of the models moves"
    " days too, and whoever makes it should say so to the readers.",
    remedy="Most likely the code changed, or a part of the lake is lost. Look at `tiktok-warehouse"
    " diff` between two versions, and at what changed in the code."
    " If the new values are right, publish with `--accept-restatement REASON`; the reason is kept"
    " beside each value.",
    right_data="None. A new release may: its formulas are nobody's data.",
)

PUBLISHED_VIEWS_KEPT = Check(
    name="published_views_kept",
    layer="marts",
    severity="critical",
    expected=f"settled days keep more than {PUBLISHED_LOW:g} times the views that were published,"
    " unless something explains why not",
    what="Account-days that were published as settled, with at least"
    f" {JUDGED_VIEWS} views, of which this build has about half or less, and which"
    " `quality.explained_days` does not list.",
    why="Late rows add to a day; hardly anything takes away from it. Half of a published day gone"
    " without a new row is a file lost from the lake, or a model that drops rows.",
    remedy="Most likely a part of the lake is lost. Compare `quality.row_reconciliation` of the"
    " published file and of the build database for the ingest that lost rows, and restore its"
    " folder in `raw/`. If the change is meant, publish with `--accept published_views_kept`.",
    right_data="None. Whatever came in for the day explains it, and `published_views_lowered`"
    " tells.",
)

PUBLISHED_VIEWS_LOWERED = Check(
    name="published_views_lowered",
    layer="marts",
    severity="warning",
    expected="no ingest takes away half of a settled day's views",
    what="The same days, where rows that came in explain it.",
    why="A correction seldom takes half of a day away. Videos that moved to another account by"
    " mistake, or a file that replaces rows with empty ones, do.",
    remedy="Look at the ingest that is named, and at the rows of that day before and after it. If"
    " it is right, nothing is to be done; if not, ingest the right rows again: the newer version of"
    " a row counts.",
    right_data="A large correction; a video that changed hands.",
)

CHECKS = [
    UNIQUE_KEYS,
    NO_MISSING_DAYS,
    VALUES_IN_RANGE,
    TOTALS_AS_STAGED,
    MARTS_AGREE,
    DAILY_VIEWS,
    WEEKLY_VIEWS,
    VIEWS_FOLLOW_INTERACTIONS,
    READINGS_PLAUSIBLE,
    PUBLISHED_DAYS_KEPT,
    PUBLISHED_VIEWS_KEPT,
    PUBLISHED_VIEWS_LOWERED,
    RESTATEMENTS_EXPLAINED,
]

KPIS = "marts.daily_account_kpis"
RESTATEMENTS = "quality.kpi_restatements"
EXPLAINED_DAYS = "quality.explained_days"
VIDEO_KPIS = "marts.daily_video_kpis"
# Accepted rows may be dated after the day of the newest ingest, by hours; no account's day is.
DATA_END = "(select data_end_date from intermediate.int_data_bounds)"

_LOST_VIEWS = (
    f"was_settled and not is_missing and published_views >= {JUDGED_VIEWS}"
    f" and coalesce(views, 0) <= {PUBLISHED_LOW} * published_views"
)

# Columns that may be negative: differences of any kind, and money (refunds).
_MAY_BE_NEGATIVE = re.compile(
    r"(^|_)(net|growth|adjustment|change|difference|amount|since|gap|delta|sentiment|lift|trend"
    r"|effect|contribution)(_|$)"
)
# Columns in which it shows that the platform took something back. Studio's interactions are net of
# it; of lifetime counters any may fall.
_OF_INTERACTIONS = {
    *("likes", "comments", "shares", "saves", "engagements"),
    *("like_rate_pct", "comment_rate_pct", "share_rate_pct", "save_rate_pct"),
    *("engagement_rate_pct", "engagement_rate_by_reach_pct", "engagement_rate_by_followers_pct"),
    *("view_to_engagement_pct", "engagement_to_visit_pct"),
}
_OF_COUNTERS = {
    *_OF_INTERACTIONS,
    *("views", "total_watch_seconds", "average_watch_seconds"),
    *("followers_per_1000_views", "view_to_conversion_pct"),
}
_WINDOW = re.compile(r"(?P<measure>.+)_(?P<window>\d+d|week_before)")
# The same in marts of several KPIs, and of sums over days or videos.
_OF_SUMMED_COUNTERS = {
    "marts.account_benchmarks": {"kpi_value"},
    "marts.content_calendar": {"views", "expected_engagement_rate_pct", "expected_engagements"},
    "marts.content_performance": {"numerator", "denominator", "rate", "account_median"},
    "marts.daily_kpi_movements": {
        *("kpi_value", "kpi_value_before", "denominator", "denominator_before")
    },
    "marts.kpi_pacing": {"value_to_date"},
    "marts.product_demand": {
        *("views", "saves", "engagements", "save_rate_pct", "purchases_per_1000_views"),
        *("actions", "actions_before"),
    },
    "marts.save_worthy_content": {
        *("saves", "views", "save_rate_pct", "account_save_rate_pct"),
        *("expected_save_rate_pct", "expected_saves"),
    },
}
# Of other accounts, whose own rows are looked at; what somebody aims at; a fall that goes on.
_UNBOUNDED = {
    ("marts.account_benchmarks", "best_value"),
    ("marts.account_benchmarks", "median_value"),
    ("marts.kpi_pacing", "target"),
    ("marts.kpi_pacing", "expected_to_date"),
    ("marts.kpi_pacing", "projected_value"),
}
_ACCOUNTS_WITH_FALLS = (
    f"select account_id from {KPIS} where has_restatement or engagement_source = 'studio'"
    f" union select account_id from {VIDEO_KPIS} where has_restatement"
)
# Shares of a whole; a rate of interactions or conversions may exceed 100 %.
_SHARE_OF_A_WHOLE = re.compile(
    r"(completion_rate|watch_retention|view_rate|view_share|drop_off"
    r"|share_of_(viewers|interactions)|new_share|returned"
    r"|comments_judged|(positive|negative)_comments)"
)
# Ends of an interval of a share, and places among others.
_ALWAYS_A_SHARE = re.compile(r"^(interval_(low|high)|engagement_rate_(low|high)|percentile)$")
# Curves that may come from the API, which promises nothing of them.
_CURVES = {"marts.video_retention", "marts.retention_by_duration_band"}
_NUMERIC = re.compile(r"(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|FLOAT|DOUBLE|DECIMAL.*)")

_INTERACTIONS = {
    "likes": "like",
    "comments": "comment",
    "shares": "share",
    "saves": "save",
    "duets": "duet",
    "stitches": "stitch",
    "direct_messages": "direct_message",
}


def observe(project: Project) -> Sequence[Observation]:
    """The observations of this layer, in the order in which they are computed."""
    return [
        Observation(
            "kpi_keys",
            "select 'account' as grain, account_id as id, kpi_date::varchar as kpi_date"
            f" from {KPIS} union all select 'video', video_id, kpi_date::varchar from {VIDEO_KPIS}",
            [
                native(
                    UNIQUE_KEYS,
                    ExpectCompoundColumnsToBeUnique,
                    column_list=["grain", "id", "kpi_date"],
                )
            ],
        ),
        Observation(
            "account_calendars",
            _list_missing_days(),
            [
                no_rows(
                    NO_MISSING_DAYS,
                    "account_id as account, first_date, last_date, missing_days,"
                    " first_missing_date",
                    "missing_days > 0",
                )
            ],
        ),
        Observation(
            "value_ranges",
            _measure_ranges(project),
            [
                no_rows(
                    VALUES_IN_RANGE,
                    "table_name as mart, column_name as column, smallest, largest,"
                    " lowest_allowed, highest_allowed",
                    "smallest < lowest_allowed or largest > highest_allowed",
                )
            ],
        ),
        Observation(
            "account_totals",
            _compare_totals(project),
            [
                no_rows(
                    TOTALS_AS_STAGED,
                    "account_id as account, measure, mart_total as mart, staging_total as staging",
                    "mart_total <> staging_total",
                ),
                no_rows(
                    MARTS_AGREE,
                    "account_id as account, measure, mart_total as account_mart,"
                    " video_mart_total as video_mart",
                    "mart_total <> video_mart_total",
                ),
            ],
        ),
        Observation("changed_account_days", _find_changed_days(project)),
        Observation(
            "daily_views",
            _compare_days(),
            [
                no_rows(
                    DAILY_VIEWS,
                    "account_id as account, kpi_date as day, views,"
                    " round(usual_views, 1) as usual_views,"
                    " round(usual_weekday_views, 1) as usual_on_that_weekday",
                    f"is_changed and least(usual_views, usual_weekday_views) >= {JUDGED_VIEWS}"
                    f" and (views < {DAY_LOW} * least(usual_views, usual_weekday_views)"
                    f" or views > {DAY_HIGH} * greatest(usual_views, usual_weekday_views))",
                )
            ],
        ),
        Observation(
            "weekly_views",
            _compare_weeks(),
            [
                no_rows(WEEKLY_VIEWS, _SHOWN_WEEK, f"of_days = 'all' and {_WEEK_HALVED}"),
                no_rows(
                    VIEWS_FOLLOW_INTERACTIONS,
                    f"{_SHOWN_WEEK}, engagements, round(usual_engagements) as usual_engagements",
                    f"of_days = 'changed' and {WEEK_LOST_VIEWS}",
                ),
            ],
        ),
        Observation(
            "suspect_readings",
            _list_suspect_readings(),
            [
                no_rows(
                    READINGS_PLAUSIBLE,
                    "account_id as account, kpi_date as day, reading, videos",
                    "true",
                )
            ],
        ),
        Observation(
            "restatements",
            _list_restatements(project),
            [
                no_rows(
                    RESTATEMENTS_EXPLAINED,
                    "account_id as account, kpi_date as day, measure, value_before, value_now",
                    f"not is_explained and accepted_because is null and (value_now is null"
                    f" or change_pct is null or abs(change_pct) > {GUARD_PCT})",
                )
            ],
        ),
        Observation(
            "published_days",
            _compare_with_published(project),
            [
                no_rows(
                    PUBLISHED_DAYS_KEPT,
                    "account_id as account, kpi_date as day, published_views",
                    "is_missing and not is_explained",
                ),
                no_rows(
                    PUBLISHED_VIEWS_KEPT,
                    "account_id as account, kpi_date as day, published_views, views",
                    f"{_LOST_VIEWS} and explained_by is null",
                ),
                no_rows(
                    PUBLISHED_VIEWS_LOWERED,
                    "account_id as account, kpi_date as day, published_views, views,"
                    " explained_by, ingest_ids as ingests",
                    # An export whose labels moved takes the views of every day to another one.
                    f"{_LOST_VIEWS} and explained_by <> 'calendar_repair'",
                ),
            ],
        ),
    ]


def _list_missing_days() -> str:
    return f"""
        with spans as (
            select account_id, min(kpi_date) as first_date, max(kpi_date) as last_date,
                {DATA_END} as end_date
            from {KPIS} group by account_id
        ),
        missing as (
            select spans.account_id, dates.calendar_date
            from spans
            inner join (
                select unnest(generate_series(min(first_date), max(end_date), interval 1 day))
                    ::date as calendar_date
                from spans
            ) as dates on dates.calendar_date between spans.first_date and spans.end_date
            anti join {KPIS} as kpis
                on spans.account_id = kpis.account_id and dates.calendar_date = kpis.kpi_date
        )
        select spans.*, count(missing.calendar_date) as missing_days,
            min(missing.calendar_date) as first_missing_date
        from spans left join missing using (account_id) group by all
    """


def _measure_ranges(project: Project) -> str:
    return union_all(
        _range_of(table, column, columns)
        for table, columns in project.columns.items()
        if table.startswith("marts.")
        for column, type_name in columns.items()
        if _NUMERIC.fullmatch(type_name)
    )


def _range_of(table: str, column: str, columns: Collection[str]) -> str:
    is_change = bool(_MAY_BE_NEGATIVE.search(column)) or (table, column) in _UNBOUNDED
    is_share = bool(_ALWAYS_A_SHARE.search(column)) or (
        bool(_SHARE_OF_A_WHOLE.search(column)) and "_pct" in column and not is_change
    )
    lowest = "null" if is_change and not is_share else "0"
    highest = "100" if is_share else "null"
    rows = table
    if lowest == "0":
        rows = _leave_out_falls(table, column, columns)
    if table in _CURVES:
        rows += " where watch_source is distinct from 'accounts_api'"
    return (
        f"select {quote(table)} as table_name, {quote(column)} as column_name,"
        f' min("{column}")::double as smallest, max("{column}")::double as largest,'
        f" {lowest}::double as lowest_allowed, {highest}::double as highest_allowed"
        f" from {rows}"
    )


def _leave_out_falls(table: str, column: str, columns: Collection[str]) -> str:
    """The rows of a table in which nothing that the platform took back makes a column negative."""
    if column in _OF_SUMMED_COUNTERS.get(table, ()):
        may_fall = f"account_id in ({_ACCOUNTS_WITH_FALLS})"
        if "kpi" in columns:
            may_fall += f" or regexp_matches(kpi, {quote(_MAY_BE_NEGATIVE.pattern)})"
        return f"(select * from {table} where not coalesce({may_fall}, false))"
    window = _WINDOW.fullmatch(column)
    measure = window["measure"] if window else column
    if measure not in _OF_COUNTERS or "has_restatement" not in columns:
        return table
    may_fall = "has_restatement"
    # A video of Studio's is known by its lifetime counters, whose falls are marked.
    if measure in _OF_INTERACTIONS and "video_id" not in columns:
        may_fall += " or engagement_source = 'studio'"
    if window is None:
        return f"(select * from {table} where not coalesce({may_fall}, false))"
    days = "7 preceding and 7 preceding"
    if window["window"] != "week_before":
        days = f"{int(window['window'].removesuffix('d')) - 1} preceding and current row"
    over = f"over (partition by account_id order by kpi_date rows between {days})"
    return f"(select * from {table} qualify not coalesce(bool_or({may_fall}) {over}, false))"


def _measures(project: Project) -> Iterator[tuple[str, str, str, str, bool]]:
    """Measure, its staging rows, what is summed, the family's source column, in the video mart."""
    yield "views", "video_views", "count(*) filter (watch_seconds > 0)", "watch_source", True
    yield "total_watch_seconds", "video_views", "sum(watch_seconds)", "watch_source", True
    for measure, kind in _INTERACTIONS.items():
        counted = (
            f"count(*) filter (interaction_type = {quote(kind)} and not coalesce(is_undo, false))"
        )
        yield measure, "interactions", counted, "engagement_source", True
    yield "profile_visits", "profile_visits", "count(*)", "funnel_source", False
    yield "conversions", "conversions", "count(*)", "funnel_source", False
    gained = "count(*) filter (action = 'follow')"
    yield "followers_gained", "follower_events", gained, "followers_source", False
    lost = "count(*) filter (action = 'unfollow')"
    yield "followers_lost", "follower_events", lost, "followers_source", False


def _compare_totals(project: Project) -> str:
    mart = project.columns.get(KPIS, {})
    measures = [
        measure
        for measure in _measures(project)
        if measure[0] in mart and f"staging.stg_event_log__{measure[1]}" in project.columns
    ]
    counted: dict[str, list[str]] = {}
    for measure, entity, staged, *_ in measures:
        counted.setdefault(entity, []).append(f"{staged} as {measure}")
    # Millions of rows are read once, whatever is counted of them.
    scans = ",\n".join(
        f"staged_{entity} as materialized ({_count_staged(project, entity, columns)})"
        for entity, columns in counted.items()
    )
    compared = union_all(
        _compare_total(project, measure, entity, source, in_video_mart)
        for measure, entity, _, source, in_video_mart in measures
    )
    return f"with {scans}\n{compared}"


def _count_staged(project: Project, entity: str, columns: list[str]) -> str:
    staged = f"staging.stg_event_log__{entity}"
    owner = "rows_staged" if "account_id" in project.columns[staged] else "videos"
    join = (
        "inner join staging.stg_event_log__videos as videos using (video_id)"
        if owner == "videos"
        else ""
    )
    return f"""
        select {owner}.account_id, {", ".join(columns)}
        from {staged} as rows_staged {join}
        where {project.day("rows_staged." + project.event_times[entity])} <= {DATA_END}
        group by {owner}.account_id
    """


def _compare_total(
    project: Project, measure: str, entity: str, source: str, in_video_mart: bool
) -> str:
    # Days that another source tells (snapshots, official counts) have no rows in staging.
    from_events = f"and {source} = 'event_log'" if source in project.columns[KPIS] else ""
    video_from_events = (
        f"and v.{source} = 'event_log'" if source in project.columns.get(VIDEO_KPIS, {}) else ""
    )
    video_mart = (
        f"(select sum({measure}) from {VIDEO_KPIS} as v"
        f" where v.account_id = m.account_id and v.kpi_date <= {DATA_END} {video_from_events})"
        if in_video_mart and measure in project.columns.get(VIDEO_KPIS, {})
        else "null"
    )
    return f"""
        select m.account_id, {quote(measure)} as measure,
            m.mart_total::decimal(38, 3) as mart_total,
            coalesce(s.{measure}, 0)::decimal(38, 3) as staging_total,
            {video_mart}::decimal(38, 3) as video_mart_total
        from (
            select account_id, sum({measure}) as mart_total from {KPIS}
            where account_role = 'own' and {measure} is not null {from_events} group by account_id
        ) as m
        left join staged_{entity} as s on m.account_id = s.account_id
    """


def _find_changed_days(project: Project) -> str:
    published = project.published.get(KPIS)
    if published is None:
        return f"select account_id, kpi_date from {KPIS}"
    # A column that is new to this version is no change of a day.
    common = ", ".join(f'"{name}"' for name in project.columns[KPIS] if name in published)
    return (
        "select distinct account_id, kpi_date from"
        f" (select {common} from {KPIS} except select {common} from published.{KPIS})"
    )


def _compare_days() -> str:
    """Each day of a week that changed beside the days before and after it, its own week left out.

    The lower of the two is what it is judged against, so that neither a launch nor a fade is
    flagged all along. An account's first two weeks have nothing before them and are not judged.
    Days that changed too are no history, unless too few others are there: a first version, or
    months that came in at once.
    """
    sides = {
        "before": f"other_date between kpi_date - {HISTORY_DAYS} and kpi_date",
        "after": f"other_date between kpi_date and kpi_date + {HISTORY_DAYS}",
        "weekday": "other_date < kpi_date and isodow(other_date) = isodow(kpi_date)",
    }
    medians = ",\n".join(
        f"count(*) filter ({side}{kept}) as {name}_{which}_days,"
        f" median(other_views) filter ({side}{kept}) as {name}_{which}_views,"
        f" median(other_engagements) filter ({side}{kept}) as {name}_{which}_engagements"
        for name, side in sides.items()
        for which, kept in (("all", ""), ("kept", " and not other_is_changed"))
    )
    chosen = ",\n".join(
        f"case when {name}_kept_days >= {enough} then {name}_kept_{measure}"
        f" when {name}_all_days >= {enough} then {name}_all_{measure} end as {name}_{measure}"
        for name, enough in (("before", ENOUGH_DAYS), ("after", ENOUGH_DAYS), ("weekday", 4))
        for measure in ("views", "engagements")
    )
    return f"""
        with days as (
            select account_id, kpi_date, date_trunc('week', kpi_date)::date as week_date, views,
                engagements, is_provisional, c.kpi_date is not null as is_changed
            from {KPIS} as k
            left join checks.changed_account_days as c using (account_id, kpi_date)
            where account_role = 'own' and views is not null
        ),
        pairs as (
            select d.*, h.kpi_date as other_date, h.views as other_views,
                h.engagements as other_engagements, h.is_changed as other_is_changed
            from days as d
            inner join days as h
                on d.account_id = h.account_id and d.week_date <> h.week_date
                and h.kpi_date between d.kpi_date - {WEEKDAY_DAYS} and d.kpi_date + {HISTORY_DAYS}
            where not d.is_provisional and not h.is_provisional
                and (d.account_id, d.week_date) in (
                    select (account_id, week_date) from days where is_changed
                )
        ),
        medians as (
            select account_id, kpi_date, week_date, views, engagements, is_changed, {medians}
            from pairs group by all
        ),
        chosen as (
            select account_id, kpi_date, week_date, views, engagements, is_changed, {chosen}
            from medians
        )
        select account_id, kpi_date, week_date, views, engagements, is_changed,
            least(before_views, after_views) as usual_views,
            coalesce(weekday_views, before_views) as usual_weekday_views,
            least(before_engagements, after_engagements) as usual_engagements
        from chosen where before_views is not null
    """


def _compare_weeks() -> str:
    """Sums of a week that changed: of all its days, and of those that changed alone."""
    return """
        select account_id, week_date, of_days, count(*) as day_count,
            sum(views) as views, sum(usual_views) as usual_views,
            sum(engagements) as engagements, sum(usual_engagements) as usual_engagements
        from checks.daily_views
        cross join (values ('all'), ('changed')) as scopes (of_days)
        where of_days = 'all' or is_changed
        group by all
    """


_SHOWN_WEEK = (
    "account_id as account, week_date as week_from, day_count as days, views,"
    " round(usual_views) as usual_views"
)
_WEEK_HALVED = (
    f"day_count >= 3 and usual_views >= {JUDGED_WEEK_VIEWS} and views < {HALVED} * usual_views"
)
_EXPECTED_ENGAGEMENTS = "usual_engagements * views / usual_views"
# Counts of independent events (Poisson): their difference varies by the root of their sum.
WEEK_LOST_VIEWS = (
    f"{_WEEK_HALVED} and usual_engagements >= {JUDGED_WEEK_ENGAGEMENTS}"
    f" and engagements >= {KEPT} * usual_engagements"
    f" and engagements - {_EXPECTED_ENGAGEMENTS}"
    f" >= {BEYOND_CHANCE} * sqrt(engagements + {_EXPECTED_ENGAGEMENTS})"
)


def _list_suspect_readings() -> str:
    return f"""
        select account_id, kpi_date, 'followers' as reading, null::bigint as videos
        from {KPIS} semi join checks.changed_account_days using (account_id, kpi_date)
        where followers_is_suspect
        union all
        select account_id, kpi_date, 'videos', count(*)
        from {VIDEO_KPIS} semi join checks.changed_account_days using (account_id, kpi_date)
        where has_suspect_reading
        group by all
    """


def _list_restatements(project: Project) -> str:
    if RESTATEMENTS not in project.columns:
        return (
            "select null::varchar as account_id, null::date as kpi_date, null::varchar as measure,"
            " null::double as value_before, null::double as value_now, null::double as change_pct,"
            " true as is_explained, null::varchar as accepted_because where false"
        )
    rows = f"select * from {RESTATEMENTS}"
    # What earlier runs found has been published, explained or accepted.
    if RESTATEMENTS in project.published:
        rows += f" except select * from published.{RESTATEMENTS}"
    return rows


def _compare_with_published(project: Project) -> str:
    if not {"views", "is_provisional"} <= set(project.published.get(KPIS, ())):
        return (
            "select null::varchar as account_id, null::date as kpi_date,"
            " null::bigint as published_views, null::bigint as views, false as was_settled,"
            " false as is_missing, true as is_explained, null::varchar as explained_by,"
            " null::varchar as ingest_ids"
        )
    return f"""
        with explained as (
            select account_id, kpi_date,
                max(cause) filter (family = 'watch') as explained_by,
                max(ingest_ids) filter (family = 'watch') as ingest_ids
            from {EXPLAINED_DAYS} group by all
        )
        select p.account_id, p.kpi_date, p.views as published_views, b.views,
            p.account_role = 'own' and not p.is_provisional as was_settled,
            b.account_id is null as is_missing,
            e.account_id is not null as is_explained, e.explained_by, e.ingest_ids
        from published.{KPIS} as p
        left join {KPIS} as b using (account_id, kpi_date)
        left join explained as e using (account_id, kpi_date)
    """
