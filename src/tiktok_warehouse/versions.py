"""Kept versions of what was published: go back to one, and see what two of them differ in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from tiktok_warehouse import publish
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import Home
from tiktok_warehouse.publish import Version
from tiktok_warehouse.version_tables import describe_tables

# While readers are held back on an older version, this file says so.
ROLLED_BACK = "rolled_back.json"

_SHOWN_DAYS = 1000


@dataclass(frozen=True)
class TableDifference:
    """How one table differs between two versions.

    Attributes:
        table: ``schema.name``.
        rows_a: rows of the first version; None if it lacks the table.
        rows_b: rows of the second version; None if it lacks the table.
        only_a: rows of the first that the second does not have just so.
        only_b: rows of the second that the first does not have just so.
        days: (day, rows only in a, rows only in b) of a table by day, at most 1,000, oldest first.
    """

    table: str
    rows_a: int | None
    rows_b: int | None
    only_a: int
    only_b: int
    days: tuple[tuple[date, int, int], ...] = ()


@dataclass(frozen=True)
class KpiTotal:
    """One additive KPI summed over all own accounts and days, in two versions."""

    measure: str
    a: float | None
    b: float | None


_TOTALS = (
    *("views", "total_watch_seconds", "engagements", "followers_net", "profile_visits"),
    "conversions",
)


def rollback(home: Home, name: str) -> Version:
    """Let readers see an older version until something new is published.

    The caller holds the lock. A refresh with nothing new keeps the rollback; one that has new data,
    code or configuration publishes a new version and ends it.

    Args:
        home: whose published files are changed.
        name: of the version, or its number.

    Raises:
        UsageError: no such version is kept.
        OSError: ``published/`` cannot be written; readers keep what they see.
    """
    version = find(home, name)
    newest = publish.find_newest(home)
    note = home.published / ROLLED_BACK
    if newest is not None and newest.name != version.name:
        unfinished = note.with_name(f".new-{ROLLED_BACK}")
        unfinished.write_text(
            json.dumps({"from": newest.name, "to": version.name}), encoding="utf-8"
        )
        unfinished.replace(note)
    else:
        note.unlink(missing_ok=True)
    publish.point_to(home, version.name)
    return version


def is_rolled_back_from(home: Home, version: str) -> bool:
    """Whether somebody took readers back from this version on purpose."""
    try:
        note = json.loads((home.published / ROLLED_BACK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(note.get("from") == version)


def find(home: Home, name: str) -> Version:
    """The kept version of that name or number, or the ``current`` one.

    Raises:
        UsageError: no such version is kept.
    """
    kept = publish.list_versions(home)
    for version in kept:
        if name == "current" and version.is_current:
            return version
        if name == version.name or (name.isdigit() and int(name) == publish.number_of(version)):
            return version
    names = ", ".join(version.name for version in kept) or "none"
    raise UsageError(f"No version {name} is kept in {home.published}. Kept: {names}.")


def diff(home: Home, a: str, b: str) -> tuple[list[KpiTotal], list[TableDifference]]:
    """What differs between two kept versions: KPI totals, and rows by mart and day.

    Args:
        home: whose versions are compared.
        a: name or number of the first version, or ``current``.
        b: the second.

    Returns:
        The totals of additive KPIs over all own accounts; every table whose rows differ.

    Raises:
        UsageError: a version is not kept.
    """
    folders = [find(home, name).folder for name in (a, b)]
    with duckdb.connect(":memory:") as connection:
        for letter, folder in zip("ab", folders, strict=True):
            connection.execute(f"attach ':memory:' as {letter}")
            for statement in describe_tables(folder, letter):
                connection.execute(statement)
        totals = [
            KpiTotal(measure, *(_sum(connection, letter, measure) for letter in "ab"))
            for measure in _TOTALS
        ]
        names = connection.execute(
            "select distinct schema_name || '.' || view_name from duckdb_views()"
            " where database_name in ('a', 'b') and schema_name = 'marts' order by all"
        ).fetchall()
        found = [_compare(connection, name) for (name,) in names]
    return totals, [difference for difference in found if difference is not None]


def _sum(connection: duckdb.DuckDBPyConnection, letter: str, measure: str) -> float | None:
    row = connection.execute(
        f"select sum({measure}) from {letter}.marts.daily_account_kpis where account_role = 'own'"
    ).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def _compare(connection: duckdb.DuckDBPyConnection, table: str) -> TableDifference | None:
    columns = [_list_columns(connection, letter, table) for letter in "ab"]
    rows = [
        _count(connection, f"select * from {letter}.{table}") if of else None
        for letter, of in zip("ab", columns, strict=True)
    ]
    if not (columns[0] and columns[1]):
        return TableDifference(table, rows[0], rows[1], rows[0] or 0, rows[1] or 0)
    common = ", ".join(f'"{name}"' for name in columns[0] if name in columns[1])
    only = {
        letter: f"select {common} from {letter}.{table} except all"
        f" select {common} from {other}.{table}"
        for letter, other in (("a", "b"), ("b", "a"))
    }
    counts = [_count(connection, only[letter]) for letter in "ab"]
    if not any(counts) and columns[0] == columns[1]:
        return None
    day = next((name for name in ("kpi_date", "event_date") if name in columns[0]), None)
    days: Sequence[tuple[date, int, int]] = ()
    if day is not None and any(counts):
        days = connection.execute(
            f"select {day}, count(*) filter (where side = 'a'), count(*) filter (where side = 'b')"
            f" from (select {day}, 'a' as side from ({only['a']})"
            f" union all select {day}, 'b' as side from ({only['b']}))"
            f" group by {day} order by {day} limit {_SHOWN_DAYS}"
        ).fetchall()
    return TableDifference(table, rows[0], rows[1], counts[0], counts[1], tuple(days))


def _list_columns(connection: duckdb.DuckDBPyConnection, letter: str, table: str) -> list[str]:
    schema, name = table.split(".")
    return [
        row[0]
        for row in connection.execute(
            "select column_name from duckdb_columns()"
            " where database_name = ? and schema_name = ? and table_name = ? order by column_index",
            [letter, schema, name],
        ).fetchall()
    ]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(f"select count(*) from ({query})").fetchone()
    return int(row[0]) if row else 0
