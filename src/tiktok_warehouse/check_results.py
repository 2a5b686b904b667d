"""Results of the checks as a table: dbt's tests and the expectations, one row per run and check.

Written to ``quality.check_results`` of the build database after the checks, and by Python: a run
cannot model its own results. It goes out with the other quality tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import duckdb
import pyarrow as pa

from tiktok_warehouse.home import Home

Severity = Literal["critical", "warning"]
Tool = Literal["dbt", "great_expectations"]
# What becomes of a check: the same words wherever one is shown.
Outcome = Literal["passed", "warning", "failed", "skipped"]
OUTCOMES: tuple[Outcome, ...] = ("passed", "warning", "failed", "skipped")

SCHEMA, TABLE = "quality", "check_results"
# What the staging suite saw of each ingest; its observation has the same name.
PROFILES = "ingest_profiles"
LAYERS = ("raw", "staging", "intermediate", "marts", "quality")

# A run writes about 150 rows; a month of daily runs is enough to see a check get worse.
_KEPT_RUNS = 30
_OBSERVED_LENGTH = 500

_TABLE_COMMENT = (
    "What every check of the last runs saw, failed runs too. One row per run, tool and check."
)
_COLUMNS = {
    "run_id": ("varchar", "Run of tiktok-warehouse that made the check."),
    "layer": ("varchar", "Layer that it guards: raw, staging, intermediate, marts or quality."),
    "tool": ("varchar", "dbt (tests of the tables) or great_expectations."),
    "check_name": ("varchar", "Name of the check; docs/checks.md says what to do about it."),
    "severity": ("varchar", "critical stops the publication, warning is published and shown."),
    "passed": ("boolean", "Whether it held. NULL if dbt skipped it, as a step before it failed."),
    "observed": ("varchar", "What was seen; never a viewer."),
    "expected": ("varchar", "What has to hold."),
    "checked_at": ("timestamp", "When it was checked (UTC)."),
}


_PROFILES_COMMENT = (
    "What the checks of staging looked at in each ingest: the next run judges the ingests that"
    " differ from it. One row per entity, ingest and measure."
)
_PROFILE_COLUMNS = {
    "entity": "Entity of the raw contract.",
    "ingest_id": "Ingest that brought the rows.",
    "measure": "Count of rows or values, median, 90th percentile or newest event.",
    "value": "Its value as text; never a viewer.",
}


class IngestProfile(NamedTuple):
    """One measure of the rows that an ingest brought of an entity."""

    entity: str
    ingest_id: str
    measure: str
    value: str


@dataclass(frozen=True)
class CheckResult:
    """What one check saw.

    Attributes:
        layer: one of ``LAYERS``.
        tool: who checked.
        check_name: stable name.
        severity: whether a failure stops the publication.
        passed: None if it was skipped.
        observed: what was seen, without personal values.
        expected: what has to hold.
        checked_at: when, in UTC without a zone.
        anchor: section of docs/checks.md.
        remedy: what to do about a failure; empty where only that page says it.
        right_data: what right data could set it off; empty where only that page says it.
        is_undecided: whether an exception kept the check from seeing anything.
    """

    layer: str
    tool: Tool
    check_name: str
    severity: Severity
    passed: bool | None
    observed: str
    expected: str
    checked_at: datetime
    anchor: str
    remedy: str = ""
    right_data: str = ""
    is_undecided: bool = False

    @property
    def outcome(self) -> Outcome:
        """``failed`` stops the publication, ``warning`` is published and shown."""
        if self.passed is None:
            return "skipped"
        if self.passed:
            return "passed"
        return "failed" if self.severity == "critical" else "warning"

    @property
    def stops(self) -> bool:
        """Whether nothing may be published because of it."""
        return self.outcome == "failed"


def read_dbt_results(target: Path) -> list[CheckResult]:
    """The tests of the dbt run whose artifacts lie in ``target``."""
    if not (target / "run_results.json").exists() or not (target / "manifest.json").exists():
        return []
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    run_results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    generated_at = datetime.fromisoformat(run_results["metadata"]["generated_at"])
    results = []
    for result in run_results["results"]:
        unique_id = result["unique_id"]
        if not unique_id.startswith("test."):
            continue
        node = manifest["nodes"][unique_id]
        severity = str((node.get("config") or {}).get("severity") or "error").lower()
        results.append(
            CheckResult(
                layer=_find_layer(node, manifest),
                tool="dbt",
                check_name=node["name"],
                severity="warning" if severity == "warn" else "critical",
                passed={"pass": True, "success": True, "skipped": None}.get(
                    result["status"], False
                ),
                observed=_describe_dbt(result),
                expected="no row breaks the rule",
                checked_at=generated_at.astimezone(UTC).replace(tzinfo=None),
                anchor=name_anchor(node),
            )
        )
    return results


def name_anchor(node: Mapping[str, Any]) -> str:
    """The section of docs/checks.md on a dbt test: its kind, or a singular test's own name."""
    metadata = node.get("test_metadata")
    return str(metadata["name"] if metadata else node["name"])


def _find_layer(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    tested = node.get("attached_node")
    parents = [tested] if tested else node["depends_on"]["nodes"]
    paths = [
        (manifest["nodes"].get(parent) or manifest["sources"].get(parent) or {}).get(
            "original_file_path", ""
        )
        for parent in parents
    ]
    return last_layer(paths)


def last_layer(paths: Sequence[str]) -> str:
    """The layer furthest down the way of the data among these files' layers."""
    found = {part for path in paths for part in Path(path).parts[1:2] if path.startswith("models")}
    return next((layer for layer in reversed(LAYERS) if layer in found), "raw")


def _describe_dbt(result: Mapping[str, Any]) -> str:
    if result["status"] in ("pass", "success"):
        return "as expected"
    if result["status"] == "skipped":
        return "not checked: a step before it failed"
    failures = result.get("failures")
    return f"{failures:,} rows break it" if failures else str(result["status"])


def write(home: Home, run_id: str, results: Sequence[CheckResult]) -> None:
    """Add a run's results to the build database and drop those of the oldest runs.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    columns = ", ".join(f"{name} {type_name}" for name, (type_name, _) in _COLUMNS.items())
    table = f"{SCHEMA}.{TABLE}"
    rows = [
        (
            *(run_id, result.layer, result.tool, result.check_name, result.severity),
            *(result.passed, result.observed[:_OBSERVED_LENGTH], result.expected),
            result.checked_at,
        )
        for result in results
    ]
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.execute(f"create table if not exists {table} ({columns})")
        connection.execute(f"comment on table {table} is '{_TABLE_COMMENT}'")
        for name, (_, comment) in _COLUMNS.items():
            connection.execute(f"comment on column {table}.{name} is '{comment}'")
        connection.execute("begin")
        connection.execute(f"delete from {table} where run_id = ?", [run_id])
        if rows:
            placeholders = ", ".join("?" for _ in _COLUMNS)
            connection.executemany(f"insert into {table} values ({placeholders})", rows)
        connection.execute(
            f"delete from {table} where run_id not in (select run_id from {table} group by run_id"
            f" order by max(checked_at) desc, run_id desc limit {_KEPT_RUNS})"
        )
        connection.execute("commit")


def write_profiles(home: Home, profiles: Sequence[IngestProfile]) -> None:
    """Put what the checks saw of each ingest in place of what the run before saw.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    table = f"{SCHEMA}.{PROFILES}"
    columns = list(zip(*profiles, strict=True)) or [()] * len(_PROFILE_COLUMNS)
    rows = pa.table(
        {
            name: pa.array(values, pa.string())
            for name, values in zip(_PROFILE_COLUMNS, columns, strict=True)
        }
    )
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.register("profiles", rows)
        connection.execute(f"create or replace table {table} as select * from profiles")
        connection.execute(f"comment on table {table} is '{_PROFILES_COMMENT}'")
        for name, comment in _PROFILE_COLUMNS.items():
            connection.execute(f"comment on column {table}.{name} is '{comment}'")


def link_docs(anchor: str) -> str:
    """Where the documentation of a check stands, for a message."""
    return f"docs/checks.md#{anchor}"


def describe_failures(results: Sequence[CheckResult], data_docs: Path) -> str:
    """The message about failed checks: which, what was seen, what to do, where it is explained."""
    blocks = [
        "\n".join(
            [
                f"- {result.check_name}  ({result.layer}, {result.tool.replace('_', ' ')})",
                f"    observed: {result.observed}",
                f"    expected: {result.expected}",
                *([f"    could it be right: {result.right_data}"] if result.right_data else []),
                *([f"    what to do: {result.remedy}"] if result.remedy else []),
                f"    see {link_docs(result.anchor)}",
            ]
        )
        for result in results
    ]
    return "\n".join(
        [
            f"{len(results)} check(s) failed, so nothing was published; readers keep the last"
            " version.",
            *blocks,
            f"All results: {data_docs / 'index.html'}",
        ]
    )
