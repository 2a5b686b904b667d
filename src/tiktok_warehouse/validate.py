"""Judge a build before it goes out: run the Great Expectations suites of every layer.

One process, all layers. DuckDB does the work: each suite's observations become small tables in an
in-memory database beside the build database, which is open for reading alone; Great Expectations
judges those tables and renders its Data Docs from them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from tiktok_warehouse import check_results, data_docs, findings, publish
from tiktok_warehouse.check_results import CheckResult
from tiktok_warehouse.entities import ENTITIES, PERSON_COLUMNS, list_all_entities
from tiktok_warehouse.errors import UsageError, WarehouseError
from tiktok_warehouse.home import PROJECT_ROOT, Home
from tiktok_warehouse.version_tables import describe_tables

if TYPE_CHECKING:
    from expectations import Observation, Project, Rule

# Nothing that names or quotes a viewer may reach an observation, and so the Data Docs.
PERSONAL_COLUMNS = frozenset({*PERSON_COLUMNS, "person_key", "comment_text", "raw_record"})

_LINEAGE_TYPES = {
    "_ingest_seq": "BIGINT",
    "_ingest_id": "VARCHAR",
    "_source_file": "VARCHAR",
    "_source_row": "BIGINT",
    "_ingested_at": "TIMESTAMP",
}
# When an event happened. posted_at may lie ahead, and created_at is nobody's freshness.
_NOT_EVENTS = ("accounts", "videos")

OnProgress = Callable[[int, int, str], None]
Beside = Callable[[duckdb.DuckDBPyConnection], AbstractContextManager[None]]


@dataclass(frozen=True)
class ValidationResult:
    """What the expectations saw.

    Attributes:
        checks: one result per expectation.
        data_docs: folder with the Data Docs of this run; its index.html opens without a network.
        seconds: wall time, without the import of Great Expectations.
        ingest_profiles: what the staging suite saw of each ingest, for the next run to compare
            with; empty if that suite did not run.
        findings: what the failed ones are about, and what still holds of the version before.
    """

    checks: tuple[CheckResult, ...]
    data_docs: Path
    seconds: float
    ingest_profiles: tuple[check_results.IngestProfile, ...] = ()
    findings: tuple[findings.Finding, ...] = ()


def load_great_expectations() -> None:
    """Import Great Expectations (4 to 10 seconds), so that later calls need not wait for it."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # The suites lie at the root of the project, beside the models that they judge.
    if str(PROJECT_ROOT) not in sys.path:
        sys.path.append(str(PROJECT_ROOT))
    # It looks for PySpark, which ends a program that has no file of its own, such as a notebook.
    is_hidden = "pyspark" not in sys.modules
    if is_hidden:
        sys.modules["pyspark"] = None  # type: ignore[assignment]
    try:
        import expectations  # noqa: F401
    finally:
        if is_hidden:
            del sys.modules["pyspark"]


def validate(
    home: Home,
    run_id: str,
    on_progress: OnProgress | None = None,
    *,
    accepted: Collection[str] = (),
    layers: Sequence[str] = ("raw", "staging", "marts"),
    ignores_published: bool = False,
    beside: Beside | None = None,
) -> ValidationResult:
    """Run the suites on a home's build database.

    Args:
        home: whose build is judged, beside its last published version.
        run_id: under which the Data Docs show this run.
        on_progress: called with (observations done, observations in all, name).
        accepted: critical checks whose failure is to be published for once, as a warning.
        layers: which suites to run.
        ignores_published: compare nothing with the version before, as if there were none.
        beside: called with a connection that has the build database open for reading; the suites
            run in the context that it gives.

    Raises:
        UsageError: ``accepted`` names no check.
        WarehouseError: an observation holds a personal column: a bug of a suite.
        OSError: a page of the Data Docs could not be written.
    """
    load_great_expectations()
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    import expectations
    from tiktok_warehouse import gx_dialect

    known = {check.name for check in expectations.list_checks()}
    if unknown := sorted(set(accepted) - known):
        raise UsageError(
            f"No such check: {', '.join(unknown)}. --accept knows {', '.join(sorted(known))}."
        )
    started = datetime.now(UTC)
    folder = home.build / "data_docs"
    shutil.rmtree(folder, ignore_errors=True)
    gx_dialect.register()
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            # Its default renders a second site into a folder under /tmp and leaves it there.
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            data_docs_sites={"data_docs": data_docs.describe_site(folder)},
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    # Its stub does not know `kwargs`, which go to SQLAlchemy's create_engine.
    sources: Any = context.data_sources
    source = sources.add_sql(
        name="build",
        connection_string=f"{gx_dialect.SCHEME}:///{home.database}",
        create_temp_table=False,
        kwargs={"connect_args": {"read_only": True}},
    )
    checks: list[CheckResult] = []
    pages: list[str] = []
    places: list[findings.Finding] = []
    engine = source.get_engine()
    try:
        # Held open throughout: the in-memory database lives as long as a connection to it.
        with engine.connect() as connection, _open_beside(connection, beside):
            project = _open(connection, home, ignores_published=ignores_published)
            observations = [
                (layer, observation)
                for layer in layers
                for observation in expectations.LAYERS[layer].observe(project)
            ]
            for done, (layer, observation) in enumerate(observations):
                if on_progress:
                    on_progress(done, len(observations), observation.name)
                found = _judge(context, source, connection, layer, observation, run_id)
                checks += (_accept(check, accepted) for check in found)
                places += _locate_failed(connection, project, observation, found)
                pages += [f"{layer}/{observation.name}"] * len(found)
            profiles = _read_profiles(connection)
            # One that could not be decided stops the run, and may have left no observation.
            observed = {observation.name for _, observation in observations}
            if observed >= findings.CARRIED_BY and not any(c.is_undecided for c in checks):
                warnings = [c.name for c in expectations.list_checks() if c.severity == "warning"]
                places += findings.carry(connection, project, warnings)
            if on_progress:
                on_progress(len(observations), len(observations), "data docs")
            data_docs.render(context, folder)
    finally:
        # Great Expectations opens an engine of its own beside this one. A connection left in
        # either keeps the build database locked for the next writer in this process.
        engine.dispose()
        source.get_execution_engine().engine.dispose()
    data_docs.finish(folder, run_id, list(zip(checks, pages, strict=True)))
    seconds = (datetime.now(UTC) - started).total_seconds()
    return ValidationResult(tuple(checks), folder, seconds, profiles, tuple(places))


def _locate_failed(
    connection: Any, project: Project, observation: Observation, found: Sequence[CheckResult]
) -> list[findings.Finding]:
    failed = {check.check_name for check in found if check.passed is False}
    undecided = {check.check_name for check in found if check.is_undecided}
    places = []
    for rule in observation.rules:
        if rule.check.name in undecided:
            places.append(findings.Finding(rule.check.name))
        elif rule.check.name in failed:
            places += findings.locate(connection, project, observation.name, rule)
    return places


def _read_profiles(connection: Any) -> tuple[check_results.IngestProfile, ...]:
    found = connection.exec_driver_sql(
        "select count(*) from duckdb_tables()"
        f" where database_name = 'checks' and table_name = '{check_results.PROFILES}'"
    ).scalar()
    if not found:
        return ()
    rows = connection.exec_driver_sql(f"select * from checks.{check_results.PROFILES} order by all")
    return tuple(check_results.IngestProfile(*row) for row in rows.fetchall())


def _accept(check: CheckResult, accepted: Collection[str]) -> CheckResult:
    if not check.stops or check.check_name not in accepted:
        return check
    return CheckResult(**{**vars(check), "severity": "warning"})


def _open_beside(connection: Any, beside: Beside | None) -> AbstractContextManager[None]:
    if beside is None:
        return nullcontext()
    # Of the same database instance: when a second one in this process closed the file, the lock
    # that keeps other processes from writing it would be gone.
    return beside(connection.connection.dbapi_connection.duplicate())


def _open(connection: Any, home: Home, *, ignores_published: bool) -> Project:
    """Attach what the suites compare with, and describe it."""
    from expectations import Project

    connection.exec_driver_sql("set TimeZone = 'UTC'")
    connection.exec_driver_sql("attach ':memory:' as checks (read_write)")
    newest = None if ignores_published else publish.find_newest(home)
    if newest is not None:
        connection.exec_driver_sql("attach ':memory:' as published (read_write)")
        for statement in describe_tables(newest.folder, "published"):
            connection.exec_driver_sql(statement)
    tables = _list_columns(connection)
    build = tables.get(home.database.stem, {})
    rows = (
        connection.exec_driver_sql("select raw_source from build_state.raw_source").fetchall()
        if "build_state.raw_source" in build
        else []
    )
    raw_source: Literal["seeds", "lake"] = rows[0][0] if rows else "lake"
    return Project(
        raw_source=raw_source,
        raw_folder=str(home.raw),
        raw_published=newest.origin.ingest_seq if newest else 0,
        reporting_time_zone=home.reporting_time_zone,
        columns=build,
        published=tables.get("published", {}),
        entities={
            name: {**dict.fromkeys(entity.columns, "VARCHAR"), **_LINEAGE_TYPES}
            for name, entity in ENTITIES.items()
        },
        exports={
            name: {**dict.fromkeys(entity.columns, "VARCHAR"), **_LINEAGE_TYPES}
            for name, entity in list_all_entities().items()
            if raw_source == "lake" and name not in ENTITIES
        },
        event_times={
            name: entity.timestamps[0]
            for name, entity in ENTITIES.items()
            if entity.timestamps and name not in _NOT_EVENTS
        },
    )


def _list_columns(connection: Any) -> dict[str, dict[str, dict[str, str]]]:
    """Types by column by ``schema.table`` by database."""
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for database, table, column, type_name in connection.exec_driver_sql(
        "select database_name, schema_name || '.' || table_name, column_name, data_type"
        " from duckdb_columns() where not internal order by all"
    ).fetchall():
        tables.setdefault(database, {}).setdefault(table, {})[column] = type_name
    return tables


def _judge(
    context: Any, source: Any, connection: Any, layer: str, observation: Observation, run_id: str
) -> list[CheckResult]:
    """Compute an observation and let Great Expectations judge it.

    A query or an expectation that raises is a failed critical check: nobody knows what it would
    have found.
    """
    import great_expectations as gx

    checked_at = datetime.now(UTC).replace(tzinfo=None)
    try:
        connection.exec_driver_sql(f"create table checks.{observation.name} as {observation.query}")
        _refuse_personal(connection, observation)
        if not observation.rules:
            return []
        suite = context.suites.add(gx.ExpectationSuite(name=f"{layer}.{observation.name}"))
        for rule in observation.rules:
            suite.add_expectation(rule.expectation)
        asset = source.add_query_asset(
            name=observation.name, query=f"select * from checks.{observation.name}"
        )
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(
                name=f"{layer}.{observation.name}",
                data=asset.add_batch_definition_whole_table("all rows"),
                suite=suite,
            )
        )
        found = definition.run(
            result_format={"result_format": "COMPLETE", "partial_unexpected_count": 3},
            run_id=gx.RunIdentifier(run_name=run_id),
        )
    except WarehouseError:
        raise
    except Exception as error:
        if "Query interrupted" in str(error):
            # So DuckDB says that the process was told to end while it was at work.
            raise KeyboardInterrupt from error
        message = str(error).splitlines()[0] if str(error) else type(error).__name__
        return [
            _as_result(rule, checked_at, passed=False, raised=message) for rule in observation.rules
        ]
    return _read_results(observation, checked_at, found.results)


def _refuse_personal(connection: Any, observation: Observation) -> None:
    cursor = connection.exec_driver_sql(f"select * from checks.{observation.name} limit 0")
    if personal := PERSONAL_COLUMNS.intersection(cursor.keys()):
        raise WarehouseError(
            f"The observation {observation.name} holds {', '.join(sorted(personal))}, which would"
            " show people in the Data Docs. Count or compare them in its query instead."
        )


def _read_results(
    observation: Observation, checked_at: datetime, found: Sequence[Any]
) -> list[CheckResult]:
    from expectations.suite import describe_result, first_exception

    by_check: dict[str, list[Mapping[str, Any]]] = {}
    for result in found:
        by_check.setdefault(result.expectation_config.meta["check"], []).append(
            result.to_json_dict()
        )
    results = []
    for rule in observation.rules:
        answers = by_check.get(rule.check.name, [])
        raised = next((text for text in map(first_exception, answers) if text), None)
        if not answers:
            raised = "Great Expectations gave no result"
        failed = [answer for answer in answers if not answer["success"]]
        results.append(
            _as_result(
                rule,
                checked_at,
                passed=not failed and raised is None,
                raised=raised,
                observed="; ".join(describe_result(answer) for answer in failed),
            )
        )
    return results


def _as_result(
    rule: Rule, checked_at: datetime, *, passed: bool, raised: str | None = None, observed: str = ""
) -> CheckResult:
    check = rule.check
    return CheckResult(
        layer=check.layer,
        tool="great_expectations",
        check_name=check.name,
        severity="critical" if raised else check.severity,
        passed=passed,
        observed=f"could not be decided: {raised}" if raised else observed or "as expected",
        expected=check.expected,
        checked_at=checked_at,
        anchor=check.name,
        remedy=_plain(check.remedy),
        right_data=_plain(check.right_data),
        is_undecided=raised is not None,
    )


def _plain(markdown: str) -> str:
    return re.sub(r"`([^`]*)`", r"'\1'", markdown)
