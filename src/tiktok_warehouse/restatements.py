"""Restatements: closed days whose published headline KPIs have other values in the new build.

``quality.kpi_restatements`` keeps what was published before, what is now, and which ingests
explain it. A day that moved further than the guard allows without an ingest that touched it is a
critical failure (the expectation ``restatements_explained``), unless somebody accepts it with a
reason, which is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tiktok_warehouse.home import Home

if TYPE_CHECKING:
    from tiktok_warehouse.publish import Version

SCHEMA, TABLE = "quality", "kpi_restatements"

# A move of a closed day's KPI beyond this share of its published value has to be explained.
GUARD_PCT = 2

# Headline KPIs of an account's day, and the kinds of change in int_touched_days that move them.
_HEADLINES = {
    "engagement_rate_pct": ("video_views", "interactions"),
    "average_watch_seconds": ("video_views",),
    "completion_rate_pct": ("video_views",),
    "conversion_rate_pct": ("profile_visits", "conversions"),
    "follower_growth_rate_pct": ("follower_events",),
}
# Readings of counters reach beyond their own day, and an export tells of many days at once, whose
# labels another one may move: any of the account's explains the KPI.
_STUDIO_DAYS = ("studio_overview", "studio_viewers", "studio_follower_history")
_READINGS = {
    "engagement_rate_pct": (
        "video_snapshots",
        *_STUDIO_DAYS,
        "studio_content",
        "api_account_days",
        "api_videos",
    ),
    "average_watch_seconds": ("video_snapshots", "api_videos"),
    "conversion_rate_pct": ("api_account_days", *_STUDIO_DAYS),
    "follower_growth_rate_pct": (
        "follower_counts",
        "account_snapshots",
        "follower_events",
        "api_account_days",
        "api_account_profile",
        *_STUDIO_DAYS,
    ),
}
# Exports name an account by its handle.
_EXPORTS = {
    **{
        entity: f"base_{entity.replace('_', '__', 1)}"
        for entity in (*_STUDIO_DAYS, "studio_content")
    },
    **{
        f"api_{name}": f"base_accounts_api__{name}"
        for name in ("account_days", "account_profile", "videos")
    },
}
_TABLE_COMMENT = (
    "Closed days (settled when they were published) whose headline KPIs were published with other"
    " values later. One row per publishing run, account, day and KPI."
)
_COLUMNS = {
    "run_id": ("varchar", "Run that found the other value."),
    "version_before": ("varchar", "Version that showed the value before."),
    "account_id": ("varchar", "Account."),
    "kpi_date": ("date", "Closed day in the reporting time zone."),
    "measure": ("varchar", "Headline KPI."),
    "value_before": ("double", "What was published."),
    "value_now": ("double", "What is now."),
    "change_pct": ("double", "Change in percent of the value before; NULL if that is 0 or NULL."),
    "ingest_ids": ("varchar", "Ingests whose rows explain it, joined by commas; NULL if none do."),
    "is_explained": ("boolean", "Whether an ingest since that version touched what it rests on."),
    "accepted_because": ("varchar", "Reason given for publishing it unexplained; NULL if none."),
}


def write(
    home: Home, run_id: str, before: Version | None, *, is_rebuilt: bool, accepted: str | None
) -> int:
    """Compare the build with the version published last and add what moved to the table.

    Args:
        home: whose build database is compared, and written.
        run_id: the run at work. What runs found that published nothing is dropped.
        before: the version published last; None before the first.
        is_rebuilt: whether everything was built anew. Then the days of rows that landed since are
            all that explains anything: the same rows must give the same numbers.
        accepted: reason for publishing what nothing explains.

    Returns:
        Number of restated values.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    table = f"{SCHEMA}.{TABLE}"
    columns = ", ".join(f"{name} {type_name}" for name, (type_name, _) in _COLUMNS.items())
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.execute(f"create table if not exists {table} ({columns})")
        connection.execute(f"comment on table {table} is '{_TABLE_COMMENT}'")
        for name, (_, comment) in _COLUMNS.items():
            connection.execute(f"comment on column {table}.{name} is '{comment}'")
        if before is None or not _attach(connection, before):
            return 0
        connection.execute("begin")
        # Found since that version by runs that published nothing: this run finds it again.
        connection.execute(f"delete from {table} where version_before = ?", [before.name])
        is_new = f"rows._change_seq > {before.origin.change_seq}"
        if is_rebuilt:
            is_new = f"rows._ingest_seq > {before.origin.ingest_seq}"
        for measure, entities in _HEADLINES.items():
            connection.execute(
                f"insert into {table} {_find_restated(measure, is_new)}",
                {
                    "run_id": run_id,
                    "version": before.name,
                    "change_seq": 1 << 62 if is_rebuilt else before.origin.change_seq,
                    "entities": list(entities),
                    "readings": list(_READINGS.get(measure, ())),
                    "accepted": accepted,
                },
            )
        found = connection.execute(
            f"select count(*) from {table} where run_id = ?", [run_id]
        ).fetchone()
        connection.execute("commit")
        return int(found[0]) if found else 0


def _attach(connection: duckdb.DuckDBPyConnection, before: Version) -> bool:
    path = str(before.database).replace("'", "''")
    connection.execute(f"attach '{path}' as published (read_only)")
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where database_name = 'published'"
    ).fetchall()
    return ("marts.daily_account_kpis",) in tables


def _find_restated(measure: str, is_new: str) -> str:
    events = " union all ".join(
        f"select '{entity}' as entity, {account} as account_id, rows.event_date, rows._ingest_id"
        f" from staging.base_event_log__{entity} as rows {join}"
        f" where {is_new} and rows.reason_code is null"
        for entity, account, join in (
            ("video_views", "videos.account_id", _WITH_VIDEO),
            ("interactions", "videos.account_id", _WITH_VIDEO),
            ("follower_events", "rows.account_id", ""),
            ("profile_visits", "rows.account_id", ""),
            ("conversions", "rows.account_id", ""),
        )
    )
    readings = " union all ".join(
        f"select '{entity}' as entity, account_id, _ingest_id"
        f" from staging.base_event_log__{entity} as rows where {is_new} and reason_code is null"
        for entity in ("video_snapshots", "follower_counts", "account_snapshots", "follower_events")
    )
    exports = " union all ".join(
        f"select '{entity}' as entity, handles.account_id, rows._ingest_id"
        f" from staging.{table} as rows"
        " inner join intermediate.int_account_handles as handles using (account_handle)"
        f" where {is_new} and rows.reason_code is null"
        for entity, table in _EXPORTS.items()
    )
    return f"""
        with restated as (
            select
                before.account_id, before.kpi_date,
                cast(before.{measure} as double) as value_before,
                cast(now.{measure} as double) as value_now
            from published.marts.daily_account_kpis as before
            inner join marts.daily_account_kpis as now using (account_id, kpi_date)
            where not before.is_provisional and before.{measure} is distinct from now.{measure}
        ),
        touched as (
            select distinct account_id, event_date
            from intermediate.int_touched_days
            where change_seq > $change_seq and list_contains($entities, entity)
            union
            select account_id, event_date from ({events}) where list_contains($entities, entity)
        ),
        ingests_of_days as (
            select account_id, event_date, list(distinct _ingest_id) as ingest_ids
            from ({events})
            where list_contains($entities, entity)
            group by account_id, event_date
        ),
        ingests_of_readings as (
            select account_id, list(distinct _ingest_id) as ingest_ids
            from ({readings} union all {exports})
            where list_contains($readings, entity)
            group by account_id
        )
        select
            $run_id, $version, restated.account_id, restated.kpi_date, '{measure}',
            value_before, value_now,
            (value_now - value_before) * 100 / nullif(abs(value_before), 0),
            nullif(list_aggregate(list_sort(list_distinct(list_concat(
                coalesce(days.ingest_ids, []), coalesce(readings.ingest_ids, [])
            ))), 'string_agg', ','), ''),
            touched.account_id is not null or readings.account_id is not null,
            case
                when touched.account_id is null and readings.account_id is null
                    then $accepted
            end
        from restated
        left join touched
            on restated.account_id = touched.account_id and restated.kpi_date = touched.event_date
        left join ingests_of_days as days
            on restated.account_id = days.account_id and restated.kpi_date = days.event_date
        left join ingests_of_readings as readings on restated.account_id = readings.account_id
    """


_WITH_VIDEO = (
    "inner join staging.stg_event_log__videos as videos on rows.video_id = videos.video_id"
)
