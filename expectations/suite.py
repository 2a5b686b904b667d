"""What the suites are made of: checks with their documentation, and observations to judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.render.components import LegacyDiagnosticRendererType
from great_expectations.render.renderer.renderer import renderer

Severity = Literal["critical", "warning"]

# A failure is understood from a few rows; all of them stand in the observation's query.
SHOWN_ROWS = 3


@dataclass(frozen=True)
class Check:
    """One thing that must hold, documented as dbt-project-evaluator documents its checks.

    Attributes:
        name: stable name in snake case; also its anchor in docs/checks.md.
        layer: ``raw``, ``staging`` or ``marts``.
        severity: ``critical`` stops the publication, ``warning`` is published and shown.
        expected: what holds, in a few words; stands beside the observed value.
        what: what the check looks at.
        why: why a failure is flagged.
        remedy: what to do about it.
        right_data: what right data could set it off; for a critical one that has to be next to
            nothing (docs/decisions/015).
    """

    name: str
    layer: str
    severity: Severity
    expected: str
    what: str
    why: str
    remedy: str
    right_data: str


@dataclass(frozen=True)
class Project:
    """What the suites are told about the build that they judge.

    Attributes:
        raw_source: ``seeds`` or ``lake``.
        raw_folder: the lake.
        raw_published: number of the newest landed file that is published. It was judged then, and
            the lake is immutable.
        reporting_time_zone: whose calendar days the marts have.
        columns: types by column by ``schema.table``, of the build database.
        published: the same of the last published version; empty before the first.
        entities: columns of each raw entity: contract first, then lineage, with their types.
        exports: the same of TikTok's own exports, which a lake has and the sample has not.
        event_times: the column of each event entity that says when it happened.
    """

    raw_source: Literal["seeds", "lake"]
    raw_folder: str
    raw_published: int
    reporting_time_zone: str
    columns: Mapping[str, Mapping[str, str]]
    published: Mapping[str, Mapping[str, str]]
    entities: Mapping[str, Mapping[str, str]]
    exports: Mapping[str, Mapping[str, str]]
    event_times: Mapping[str, str]

    @property
    def landed(self) -> Mapping[str, Mapping[str, str]]:
        """The columns of every raw entity, whichever source it comes from."""
        return {**self.entities, **self.exports}

    def raw_files(self, name: str) -> str:
        """The Parquet files of a raw entity (or of the registry) yet to be published, as SQL."""
        files = [
            str(path)
            for path in sorted(Path(self.raw_folder).glob(f"*/{name}.*.parquet"))
            # The empty one has the number 0; no list is ever empty.
            if not 0 < int(path.name.split(".")[1]) <= self.raw_published
        ]
        return f"[{', '.join(map(quote, files))}]"

    def raw(self, entity: str) -> str:
        """The relation that holds the raw rows of an entity."""
        if self.raw_source == "seeds":
            return f"raw.raw_{entity}"
        return f"read_parquet({self.raw_files(entity)}, union_by_name = true)"

    def day(self, timestamp: str) -> str:
        """The day of a UTC timestamp in the reporting time zone."""
        if self.reporting_time_zone == "UTC":
            return f"cast({timestamp} as date)"
        zone = quote(self.reporting_time_zone)
        return f"cast(({timestamp} at time zone 'UTC') at time zone {zone} as date)"


@dataclass(frozen=True)
class Rule:
    """A check and the expectation that decides it."""

    check: Check
    expectation: Expectation


@dataclass(frozen=True)
class Observation:
    """A small table that DuckDB computes once, and the rules it must meet.

    Attributes:
        name: of the table in the in-memory database ``checks``.
        query: what it holds. Counts, shares, medians, totals; never a person.
        rules: what must hold; empty if other observations build on it.
    """

    name: str
    query: str
    rules: Sequence[Rule] = field(default=())


class ExpectNoRows(UnexpectedRowsExpectation):
    """No row of an observation breaks a rule; the Data Docs show the first that do."""

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> str:
        return describe_result(result.to_json_dict()) if result is not None else "--"


def no_rows(check: Check, columns: str, where: str) -> Rule:
    """A rule that no row of the observation meets ``where``; failing rows show ``columns``."""
    query = f"select {columns} from {{batch}} where {where} order by all"
    return native(check, ExpectNoRows, unexpected_rows_query=query)


def native(check: Check, expectation: Callable[..., Expectation], **arguments: Any) -> Rule:
    """A rule of one of Great Expectations' own kinds, carrying the check's documentation."""
    made = expectation(
        **arguments,
        severity=check.severity,
        description=f"{check.name}: {check.expected}",
        meta={
            "check": check.name,
            "layer": check.layer,
            "severity": check.severity,
            "expected": check.expected,
            "what": check.what,
            "why": check.why,
            "remedy": check.remedy,
        },
    )
    return Rule(check, made)


def describe_result(result: Mapping[str, Any]) -> str:
    """What an expectation saw, in words: the first rows that break it, or that none does."""
    if raised := first_exception(result):
        return f"could not be decided: {raised}"
    if result["success"]:
        return "as expected"
    found = result["result"]
    rows = (found.get("details") or {}).get("unexpected_rows") or found.get(
        "partial_unexpected_list", []
    )
    count = found.get("unexpected_count", found.get("observed_value", len(rows)))
    shown = "; ".join(_describe_row(row) for row in rows[:SHOWN_ROWS])
    more = f"; and {count - SHOWN_ROWS:,} more" if count > SHOWN_ROWS else ""
    return f"{shown}{more}"


def _describe_row(row: Any) -> str:
    if not isinstance(row, Mapping):
        return str(row)
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)


def first_exception(result: Mapping[str, Any]) -> str | None:
    """The message of an exception that an expectation raised, if it did."""
    info = result.get("exception_info") or {}
    for part in [info, *(value for value in info.values() if isinstance(value, Mapping))]:
        if part.get("raised_exception"):
            message = str(part.get("exception_message"))
            lines = [line for line in message.splitlines() if line.strip()]
            return lines[0] if lines else "an exception without a message"
    return None


def quote(text: object) -> str:
    """An SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def union_all(parts: Iterator[str] | Sequence[str]) -> str:
    """The parts of a union, none of which may be missing."""
    return "\nunion all\n".join(parts)
