"""Run dbt on a home: build every model from its raw rows and test each layer."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any, Literal

import duckdb

from tiktok_warehouse import check_results, postgres
from tiktok_warehouse.entities import list_all_entities
from tiktok_warehouse.errors import Busy, ChecksFailed, UsageError, WarehouseError
from tiktok_warehouse.home import PROJECT_ROOT, Home

RawSource = Literal["seeds", "lake"]

_RESULT_EVENTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult")
# What a model's rows follow from; a change of any of it makes every row doubtful.
_MODEL_SOURCES = ("models", "macros", "seeds/reference", "dbt_project.yml")
# What decides besides whether a build is published.
_CHECK_SOURCES = ("tests/generic", "tests/singular", "expectations", "src/tiktok_warehouse")
# In build/: what the models were when everything was last built with them.
_BUILT_WITH = "models.sha256"
# How long the dbt process of a killed run may take to let go of the build database.
_LOCK_SECONDS = 10.0
# A log longer than this is put aside, and the one put aside before is dropped.
_LOG_BYTES = 5_000_000
_SHOWN_FAILURES = 5
# Sources of TikTok's own exports, by what the names of their entities begin with. Models that
# nothing else feeds have the source for a tag.
EXPORT_SOURCES = {
    "studio_": "studio",
    "archive_": "personal_archive",
    "api_": "accounts_api",
}
_SHOWN_ROWS = 3
# A failing row is shown to whoever reads the scheduler's log.
_PERSONAL_COLUMNS = ("person_key", "comment_text", "followed_person")


@dataclass(frozen=True)
class BuildResult:
    """What dbt did.

    Attributes:
        models: models and seeds built.
        checks: data tests and unit tests passed.
        seconds: wall time of the dbt process.
        target: folder of dbt's manifest.json and run_results.json.
        is_rebuilt: whether everything was built from the raw rows, and not the touched days alone.
        change_seq: number of this run of dbt in the build database.
    """

    models: int
    checks: int
    seconds: float
    target: Path
    is_rebuilt: bool = False
    change_seq: int = 0


def find_target(home: Home) -> Path:
    """The folder of a home in which dbt leaves manifest.json and run_results.json."""
    return home.build / "dbt"


def fingerprint_models(home: Home) -> str:
    """A digest of what the rows of all models follow from, besides the raw rows."""
    return _digest(_MODEL_SOURCES, home.reporting_time_zone)


def fingerprint_code(home: Home) -> str:
    """A digest of all code and configuration that decides what is published."""
    return _digest((*_MODEL_SOURCES, *_CHECK_SOURCES), home.reporting_time_zone)


def _digest(sources: Iterable[str], *settings: str) -> str:
    digest = hashlib.sha256("\0".join(settings).encode())
    for source in sources:
        root = PROJECT_ROOT / source
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(PROJECT_ROOT)).encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def build_models(
    home: Home,
    raw_source: RawSource,
    on_progress: Callable[[int, int, str], None] | None = None,
    *,
    rebuild_everything: bool = False,
    backfill: tuple[date, date] | None = None,
    published_change_seq: int = 0,
    idle_sources: Collection[str] = (),
) -> BuildResult:
    """Build all models of a home and run their tests, in one dbt process.

    dbt runs as a child, so that the build database is closed and unlocked when it ends. A lake is
    built by touched days, unless the models or the reporting zone have changed since.

    Args:
        home: where the build database lies.
        raw_source: ``seeds`` for the sample, ``lake`` for ingested files. Unit tests run with the
            sample alone: they judge the models and not the data.
        on_progress: called with (nodes done, nodes in all, name of the node).
        rebuild_everything: read the whole lake, although the touched days would do.
        backfill: first and last of the days to build again besides the touched ones.
        published_change_seq: number of the dbt run up to which all rows have passed their tests and
            are published; tests over events look at what changed since. 0: at everything.
        idle_sources: those of EXPORT_SOURCES of which nothing has landed since that run: what
            reads them alone is left as it is, untested. Not if everything is built anew.

    Raises:
        ChecksFailed: a test failed; the message names it, shows rows and says what to do.
        UsageError: the build database belongs to the other raw source.
        Busy: another process holds the build database.
        OSError: no space left.
        WarehouseError: a model does not run.
    """
    target = find_target(home)
    (target / "run_results.json").unlink(missing_ok=True)
    built_with = home.build / _BUILT_WITH
    models = fingerprint_models(home)
    is_first = not home.database.exists()
    is_rebuilt = raw_source == "lake" and (
        rebuild_everything or is_first or _read_text(built_with) != models
    )
    variables: dict[str, Any] = {
        "raw_source": raw_source,
        "reporting_time_zone": home.reporting_time_zone,
    }
    if backfill is not None:
        variables["backfill_from"], variables["backfill_to"] = map(str, backfill)
    command = [
        *(sys.executable, "-m", "tiktok_warehouse.dbt_child", "build", "--log-format", "json"),
        *("--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)),
        # Its own log is at the level of debugging, and took a tenth of the time of a run.
        *("--target-path", str(target), "--log-level-file", "none"),
        *("--vars", json.dumps(variables)),
    ]
    # Nothing is built of these.
    left_out = ["exposure", "saved_query"]
    if raw_source == "lake":
        left_out.append("unit_test")
        if not is_rebuilt:
            # They are part of what the models were built with, and have not changed.
            left_out.append("seed")
        if idle_sources and not is_rebuilt:
            command += ["--exclude", *(f"tag:{source}" for source in sorted(idle_sources))]
    command += [f"--exclude-resource-type={kind}" for kind in left_out]
    if is_rebuilt:
        # A rebuild that dies half-way leaves no digest, so the next run rebuilds again.
        built_with.unlink(missing_ok=True)
        command += [] if is_first else ["--full-refresh"]
    _await_database(home)
    started = time.monotonic()
    returncode, output = _run_dbt(
        home,
        command,
        on_progress,
        # No variables of dbt's: another value of one makes it parse the whole project anew.
        TIKTOK_WAREHOUSE_PUBLISHED_CHANGE_SEQ=str(0 if is_rebuilt else published_change_seq),
        TIKTOK_WAREHOUSE_YES_REBUILD_EVERYTHING="true" if is_rebuilt else "false",
    )
    seconds = time.monotonic() - started
    results = _read_results(target)
    if returncode == 0 and results:
        built_with.write_text(models, encoding="utf-8")
        return BuildResult(
            models=sum(not _is_test(result) for result in results),
            checks=sum(_is_test(result) for result in results),
            seconds=seconds,
            target=target,
            is_rebuilt=is_rebuilt or raw_source == "seeds",
            change_seq=_read_change_seq(home),
        )
    raise _explain(home, target, results, output)


def _read_change_seq(home: Home) -> int:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        row = connection.execute("select max(change_seq) from build_state.runs").fetchone()
    return int(row[0]) if row else 0


def read_consumed(home: Home) -> dict[str, int]:
    """Number of the newest landed file in the build, by entity; empty if all must be built anew."""
    if not home.database.exists():
        return {}
    if _read_text(home.build / _BUILT_WITH) != fingerprint_models(home):
        return {}
    _await_database(home)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_columns()"
            " where schema_name = 'staging' and column_name = '_ingest_seq'"
        ).fetchall()
        found = {}
        for entity in list_all_entities():
            for table in _name_base_tables(entity):
                if (table,) in tables:
                    row = connection.execute(
                        f"select coalesce(max(_ingest_seq), 0) from staging.{table}"
                    ).fetchone()
                    found[entity] = int(row[0]) if row else 0
    return found


def _name_base_tables(entity: str) -> list[str]:
    """What an entity's base table may be called; a source's prefix need not be repeated."""
    names = [f"base_event_log__{entity}"]
    for prefix, source in EXPORT_SOURCES.items():
        if entity.startswith(prefix):
            names = [f"base_{source}__{entity}", f"base_{source}__{entity.removeprefix(prefix)}"]
    return names


def drop_taken_in(home: Home, change_seq: int) -> None:
    """Drop the notes on changes that every model has taken in, and that are published.

    Args:
        home: whose build database is written.
        change_seq: number of the dbt run that was published.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(
            "delete from intermediate.int_touched_days where change_seq <= ?", [change_seq]
        )
        # All models took part in that run and noted its number.
        connection.execute("delete from build_state.consumed where change_seq < ?", [change_seq])


def _read_text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _await_database(home: Home) -> None:
    """Wait until nobody holds the build database: the dbt of a killed run ends shortly after it.

    Raises:
        Busy: somebody still holds it.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    while home.database.exists():
        try:
            duckdb.connect(str(home.database)).close()
            return
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                return
            if time.monotonic() > deadline:
                raise Busy(
                    f"Another process has {home.database} open, so it cannot be written. Close it"
                    f" and run the same command again. ({str(error).splitlines()[0]})"
                ) from error
        time.sleep(0.1)


def _run_dbt(
    home: Home,
    command: list[str],
    on_progress: Callable[[int, int, str], None] | None,
    **settings: str,
) -> tuple[int, list[str]]:
    """Run dbt, with settings in its environment, and read its log.

    Returns:
        Its exit code, and the texts of errors and warnings.
    """
    environment = {
        **os.environ,
        "TIKTOK_WAREHOUSE_HOME": str(home.root),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **settings,
    }
    # No engine ever sees the key that people are hashed with.
    environment.pop("TIKTOK_WAREHOUSE_SECRET", None)
    environment.pop(postgres.VARIABLE, None)
    output: list[str] = []
    with subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=environment,
        # Never written to: the child ends when this end is closed, see dbt_child.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        if process.stdout is None:  # pragma: no cover - a pipe was asked for
            raise WarehouseError("dbt gave no output to read.")
        try:
            with _open_log(home) as log:
                for line in process.stdout:
                    output.append(_read_event(line, log, on_progress))
        except BaseException:
            process.kill()
            raise
    return process.returncode, output


def _open_log(home: Home) -> IO[str]:
    """The log of what dbt says, a JSON object a line; a long one makes room for a new one first."""
    path = home.logs / "dbt.jsonl"
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_name("dbt.1.jsonl"))
    return path.open("a", encoding="utf-8", buffering=1)


def _read_event(
    line: str, log: IO[str], on_progress: Callable[[int, int, str], None] | None
) -> str:
    """Log and report what dbt says; give back the text of an error or warning, else nothing."""
    try:
        event = json.loads(line)
    except ValueError:
        text = line.rstrip()
        log.write(json.dumps({"info": {"level": "error", "msg": text}, "data": {}}) + "\n")
        return text
    log.write(line)
    info, data = event["info"], event["data"]
    if on_progress and info["name"] in _RESULT_EVENTS:
        total = data.get("total") or data.get("num_models") or 0
        on_progress(int(data.get("index") or 0), int(total), str(data["node_info"]["node_name"]))
    return str(info["msg"]) if info["level"] in ("error", "warn") else ""


def _read_results(target: Path) -> list[dict[str, Any]]:
    path = target / "run_results.json"
    if not path.exists():
        return []
    results: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["results"]
    return [result for result in results if not result["unique_id"].startswith("operation.")]


def _is_test(result: dict[str, Any]) -> bool:
    return str(result["unique_id"]).startswith(("test.", "unit_test."))


def _explain(
    home: Home, target: Path, results: list[dict[str, Any]], output: list[str]
) -> Exception:
    text = "\n".join(line for line in output if line)
    if "No space left" in text or "disk full" in text.lower():
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(home.build))
    if "Could not set lock on file" in text:
        return Busy(
            f"Another process has {home.database} open, so it cannot be written. Close it and run"
            " the same command again."
        )
    if "was built from raw_source" in text:
        return UsageError(
            f"{home.database} was built from another raw source (the sample or a lake) than this"
            " run asks for. Name another home with --home, or delete that file: it can be rebuilt"
            " from its raw rows at any time."
        )
    broken = [result for result in results if result["status"] == "error"]
    failed = [result for result in results if result["status"] == "fail"]
    if broken:
        messages = [f"  {result['unique_id']}: {result['message']}" for result in broken]
        return WarehouseError(
            "dbt could not run these nodes, so nothing was published:\n" + "\n".join(messages)
        )
    if failed:
        return ChecksFailed(_describe_failures(home, target, failed))
    return WarehouseError(f"dbt stopped before it built anything:\n{text}")


def _describe_failures(home: Home, target: Path, failed: list[dict[str, Any]]) -> str:
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    blocks = []
    for result in failed[:_SHOWN_FAILURES]:
        node = nodes["nodes"].get(result["unique_id"]) or nodes["unit_tests"][result["unique_id"]]
        block = [f"- {node['name']}  ({node['original_file_path']})"]
        block += [f"    {line}" for line in str(result["message"]).splitlines()]
        if result["unique_id"].startswith("test."):
            block += [f"    {row}" for row in _fetch_failing_rows(home, result["compiled_code"])]
            block.append(f"    all of them: {node['schema']}.{node['alias']} in {home.database}")
        block.append(f"    see {check_results.link_docs(check_results.name_anchor(node))}")
        blocks.append("\n".join(block))
    if len(failed) > _SHOWN_FAILURES:
        blocks.append(f"- and {len(failed) - _SHOWN_FAILURES} more, in {target}/run_results.json")
    return (
        f"{len(failed)} check(s) failed, so nothing was published; readers keep the last version.\n"
        + "\n".join(blocks)
        + "\nWhat to do: the rows above break the rule that the test's file states. Mend their raw"
        " file and ingest it again (a newer row supersedes an older one), or mend the model if the"
        " rule is right and the rows are too; then run the same command again."
    )


def _fetch_failing_rows(home: Home, query: str) -> list[str]:
    """The first rows that a test found, as ``column=value`` texts, personal columns left out."""
    try:
        with duckdb.connect(str(home.database), read_only=True) as connection:
            cursor = connection.execute(f"select * from ({query}) limit {_SHOWN_ROWS}")
            columns = [column[0] for column in cursor.description or []]
            rows = cursor.fetchall()
    except duckdb.Error as error:
        return [f"(its rows cannot be shown: {error})"]
    return [
        ", ".join(
            f"{column}={value!s}"
            for column, value in zip(columns, row, strict=True)
            if column not in _PERSONAL_COLUMNS
        )
        for row in rows
    ]
