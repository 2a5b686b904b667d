"""Restatements: closed days whose published headline KPIs have other values in the new build.

``quality.kpi_restatements`` keeps what was published before, what is now, and which ingests
explain it. A day that moved further than the guard allows without an ingest that touched it is a
critical failure (the expectation ``restatements_explained``), unless somebody accepts it with a
reason, which is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from tiktok_warehouse import explained_days
from tiktok_warehouse.home import Home
from tiktok_warehouse.version_tables import describe_tables

if TYPE_CHECKING:
    from tiktok_warehouse.publish import Version

SCHEMA, TABLE = "quality", "kpi_restatements"

# A move of a closed day's KPI beyond this share of its published value has to be explained.
GUARD_PCT = 2

# Headline KPIs of an account's day, and the families of measures that they are made of.
_HEADLINES = {
    "engagement_rate_pct": ("watch", "engagement"),
    "average_watch_seconds": ("watch",),
    "completion_rate_pct": ("watch",),
    "conversion_rate_pct": ("funnel",),
    "follower_growth_rate_pct": ("followers",),
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
    "is_explained": ("boolean", "Whether something does, see quality.explained_days."),
    "accepted_because": ("varchar", "Reason given for publishing it unexplained; NULL if none."),
}


def write(
    home: Home, run_id: str, before: Version | None, *, is_rebuilt: bool, accepted: str | None
) -> None:
    """Compare the build with the version published last: explain what differs, add what moved.

    Args:
        home: whose build database is compared, and written.
        run_id: the run at work. What runs found that published nothing is dropped.
        before: the version published last; None before the first.
        is_rebuilt: whether everything was built anew since.
        accepted: reason for publishing what nothing explains.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    table = f"{SCHEMA}.{TABLE}"
    columns = ", ".join(f"{name} {type_name}" for name, (type_name, _) in _COLUMNS.items())
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(f"create schema if not exists {SCHEMA}")
        explained_days.create(connection)
        connection.execute(f"create table if not exists {table} ({columns})")
        connection.execute(f"comment on table {table} is '{_TABLE_COMMENT}'")
        for name, (_, comment) in _COLUMNS.items():
            connection.execute(f"comment on column {table}.{name} is '{comment}'")
        if before is None or not _attach(connection, before):
            connection.execute(f"delete from {explained_days.SCHEMA}.{explained_days.TABLE}")
            return
        connection.execute("begin")
        if before.origin.ingest_seq == 0:
            # Of the sample, of which nothing ever lands.
            connection.execute(f"delete from {explained_days.SCHEMA}.{explained_days.TABLE}")
        else:
            explained_days.write(
                connection,
                ingest_seq=before.origin.ingest_seq,
                change_seq=before.origin.change_seq,
                is_rebuilt=is_rebuilt,
                has_other_zone=before.origin.time_zone not in (None, home.reporting_time_zone),
                aliases_before=before.origin.aliases or {},
            )
        # Found since that version by runs that published nothing: this run finds it again.
        connection.execute(f"delete from {table} where version_before = ?", [before.name])
        for measure, families in _HEADLINES.items():
            connection.execute(
                f"insert into {table} {_find_restated(measure)}",
                {
                    "run_id": run_id,
                    "version": before.name,
                    "families": list(families),
                    "accepted": accepted,
                },
            )
        connection.execute("commit")


def _attach(connection: duckdb.DuckDBPyConnection, before: Version) -> bool:
    connection.execute("attach ':memory:' as published")
    for statement in describe_tables(before.folder, "published"):
        connection.execute(statement)
    return (before.folder / "parquet" / "marts" / "daily_account_kpis.parquet").exists()


def _find_restated(measure: str) -> str:
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
        explained as (
            select account_id, kpi_date, string_agg(distinct ingest_ids, ',') as ingest_ids
            from {explained_days.SCHEMA}.{explained_days.TABLE}
            where list_contains($families, family)
            group by all
        )
        select
            $run_id, $version, account_id, kpi_date, '{measure}', value_before, value_now,
            (value_now - value_before) * 100 / nullif(abs(value_before), 0),
            explained.ingest_ids,
            explained.account_id is not null,
            case when explained.account_id is null then $accepted end
        from restated
        left join explained using (account_id, kpi_date)
    """
