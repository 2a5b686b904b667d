"""What the checks of a build say of accounts and days, and the verdict on the data that follows.

A failed check is about what its failing rows name: an account, a day, a week, an entity, an ingest.
That goes into ``build_state.findings``, and ``quality.data_trust``, which dbt built before anybody
had checked anything, is made again from it by dbt's own compiled SQL. It goes out as
``quality.check_findings`` too: checks judge what changed since the version published last, and what
one found there holds until what it is about has changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from tiktok_warehouse import restatements, transform
from tiktok_warehouse.check_results import CheckResult
from tiktok_warehouse.entities import ENTITIES
from tiktok_warehouse.errors import WarehouseError
from tiktok_warehouse.home import Home

if TYPE_CHECKING:
    from expectations import Project, Rule

SCHEMA, TABLE = "quality", "check_findings"
_STATE = "build_state.findings"
MODEL = "data_trust"

# Observations that say what changed since the version published last, for `carry`.
CARRIED_BY = frozenset({"new_ingests", "changed_account_days"})

_SNAPSHOTS = ("account_snapshots", "video_snapshots")
_COLUMNS = {
    "name": "Name of the check that failed; docs/checks.md says what to do about it.",
    "source": "Source whose numbers it is about; NULL for all.",
    "account_id": "Account that it is about; NULL for all.",
    "first_date": "First day that it is about, in the reporting time zone; NULL for all before.",
    "last_date": "Last day that it is about; NULL for all after.",
    "entity": "Entity whose rows were looked at; NULL for a mart.",
    "ingest_id": "Ingest whose rows were looked at; NULL for no single one.",
}
_TABLE_COMMENT = (
    "What failed checks are about, of this version and of versions before as long as it has not"
    " changed. One row per check and place."
)
_ROWS = pa.schema(
    [(name, pa.date32() if name.endswith("_date") else pa.string()) for name in ("kind", *_COLUMNS)]
)


@dataclass(frozen=True)
class Finding:
    """What a failed check is about; None where it is about all of them.

    Attributes:
        name: of the check.
        source: whose numbers, as the marts name it.
        account_id: which account.
        first_date: first day in the reporting time zone.
        last_date: last day.
        entity: whose rows were looked at; None for a mart.
        ingest_id: which ingest's.
    """

    name: str
    source: str | None = None
    account_id: str | None = None
    first_date: date | None = None
    last_date: date | None = None
    entity: str | None = None
    ingest_id: str | None = None


def locate(connection: Any, project: Project, observation: str, rule: Rule) -> list[Finding]:
    """What a rule that an observation breaks is about, by all rows that break it.

    Args:
        connection: to the build database, with the observations attached as ``checks``.
        project: what the suites know of the build.
        observation: name of the observation's table.
        rule: the broken one. Only rules made by ``no_rows`` name places.
    """
    name = rule.check.name
    query = getattr(rule.expectation, "unexpected_rows_query", None)
    if not isinstance(query, str):
        return [Finding(name)]
    cursor = connection.exec_driver_sql(query.replace("{batch}", f"checks.{observation}"))
    columns = list(cursor.keys())
    found: dict[Finding, None] = {}
    for values in cursor.fetchall():
        row = dict(zip(columns, values, strict=True))
        found.update(dict.fromkeys(_locate_row(connection, project, name, row)))
    return list(found)


def _locate_row(
    connection: Any, project: Project, name: str, row: Mapping[str, Any]
) -> Iterable[Finding]:
    entity = row["entity"] if row.get("entity") in project.landed else None
    source = _source_of(entity) if entity else None
    if entity and row.get("ingest") is not None:
        return [
            Finding(name, source, account_id, day, day, entity, row["ingest"])
            for account_id, day in _list_days(connection, project, entity, row["ingest"])
        ]
    first = last = None
    if isinstance(row.get("day"), date):
        first = last = row["day"]
    elif isinstance(row.get("week_from"), date):
        first, last = row["week_from"], row["week_from"] + timedelta(days=6)
    elif isinstance(row.get("newest_event_at"), datetime):
        # Nothing came after it; its own day is told.
        zone = ZoneInfo(project.reporting_time_zone)
        newest = row["newest_event_at"].replace(tzinfo=UTC).astimezone(zone)
        first = newest.date() + timedelta(days=1)
    return [Finding(name, source, row.get("account"), first, last, entity)]


def _source_of(entity: str) -> str:
    if entity in _SNAPSHOTS:
        return "snapshots"
    return next(
        (name for prefix, name in transform.EXPORT_SOURCES.items() if entity.startswith(prefix)),
        "event_log",
    )


def _list_days(
    connection: Any, project: Project, entity: str, ingest_id: str
) -> list[tuple[str, date | None]]:
    """Accounts and days of which an ingest brought rows that count; no day where they have none."""
    named = [f"staging.{name}" for name in transform.name_base_tables(entity)]
    table = next((name for name in named if name in project.columns), "")
    columns = project.columns.get(table, {})
    if "account_id" in columns:
        owner, join = "r.account_id", ""
    elif "account_handle" in columns:
        owner = "h.account_id"
        join = "inner join intermediate.int_account_handles as h using (account_handle)"
    elif entity in ENTITIES and "video_id" in columns:
        owner = "v.account_id"
        join = "inner join staging.stg_event_log__videos as v using (video_id)"
    else:
        # A person's own archive is no account's.
        return []
    if "event_date" in columns:
        day = "r.event_date"
    elif "count_date" in columns:
        day = "r.count_date"
    elif "captured_at" in columns:
        day = project.day("r.captured_at")
    else:
        day = "null::date"
    rows = connection.exec_driver_sql(
        f"select distinct {owner}, {day} from {table} as r {join}"
        f" where r.row_status = 'accepted' and r._ingest_id = ? order by all",
        (ingest_id,),
    )
    return [(str(account_id), day) for account_id, day in rows.fetchall()]


def carry(connection: Any, project: Project, checks: Iterable[str]) -> list[Finding]:
    """What the version published last knew of and no check has looked at again.

    Args:
        connection: as for ``locate``, after all observations.
        project: what the suites know of the build.
        checks: names of the checks that warn. What was accepted for once is not held against it.
    """
    if f"{SCHEMA}.{TABLE}" not in project.published:
        return []
    rows = connection.exec_driver_sql(
        f"""
        select {", ".join(_COLUMNS)} from published.{SCHEMA}.{TABLE} as f
        where list_contains(?, f.name) and case
            when f.ingest_id is not null
                then (f.entity, f.ingest_id) not in (
                    select (entity, ingest_id) from checks.new_ingests
                )
            when f.entity is not null
                then f.entity not in (select entity from checks.new_ingests)
            when f.account_id is not null and f.first_date is not null
                then not exists (
                    select 1 from checks.changed_account_days as c
                    where c.account_id = f.account_id
                    and c.kpi_date between f.first_date and f.last_date
                )
            else false
        end
        """,
        (list(checks),),
    )
    return [Finding(*row) for row in rows.fetchall()]


def judge(
    home: Home, target: Path, checks: Iterable[CheckResult], found: Iterable[Finding]
) -> None:
    """Write down what the checks of a build say, and make ``quality.data_trust`` again from it.

    Args:
        home: whose build database is written.
        target: folder with the artifacts of the dbt run that built it.
        checks: results of all checks of the build. One that failed and that ``found`` does not
            name is about everything.
        found: what the failed expectations are about, of this version and of those before.

    Raises:
        WarehouseError: the dbt run did not build the model.
        duckdb.Error: the build database cannot be written.
    """
    results = list(checks)
    # A test of dbt's names no place. An expectation that has none is about no row that counts.
    places = [
        *found,
        *(
            Finding(check.check_name)
            for check in results
            if check.passed is False and _is_dbt(check)
        ),
    ]
    rows = [
        *({"kind": "check", **asdict(Finding(check.check_name))} for check in results),
        *({"kind": "failed", **asdict(place)} for place in places),
    ]
    written = pa.Table.from_pylist(rows, _ROWS)
    query = _find_compiled(target)
    table, model = f"{SCHEMA}.{TABLE}", f"{SCHEMA}.{MODEL}"
    placed = ", ".join(_COLUMNS)
    with duckdb.connect(str(home.database)) as connection:
        connection.register("written", written)
        connection.execute("begin")
        connection.execute(
            f"create or replace table {table} as"
            f" select distinct {placed} from written where kind = 'failed'"
        )
        connection.execute(f"comment on table {table} is '{_TABLE_COMMENT}'")
        for name, comment in _COLUMNS.items():
            connection.execute(f"comment on column {table}.{name} is '{comment}'")
        connection.execute(f"delete from {_STATE}")
        connection.execute(
            f"insert into {_STATE}"
            " select kind, name, source, account_id, first_date, last_date from written"
            " union all select distinct 'restated', measure, null, account_id, kpi_date, kpi_date"
            f" from {restatements.SCHEMA}.{restatements.TABLE}"
        )
        connection.execute(f"delete from {model}")
        connection.execute(f"insert into {model} by name {query}")
        connection.execute("commit")


def _is_dbt(check: CheckResult) -> bool:
    return check.tool == "dbt"


def _find_compiled(target: Path) -> str:
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    for result in results:
        if str(result["unique_id"]).endswith(f".{MODEL}") and result.get("compiled_code"):
            return str(result["compiled_code"])
    raise WarehouseError(
        f"dbt's artifacts in {target} do not say how {MODEL} was built. Run the same command again;"
        " if it stays, delete the build folder, which can be rebuilt from its raw rows."
    )
