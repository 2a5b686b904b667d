"""Run dbt on a home: build every model from its raw rows and test each layer."""

from __future__ import annotations

import contextlib
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

from tiktok_warehouse import check_results, people, postgres
from tiktok_warehouse.entities import list_all_entities
from tiktok_warehouse.errors import (
    Busy,
    ChecksFailed,
    UsageError,
    WarehouseError,
    find_refusal,
)
from tiktok_warehouse.home import PROJECT_ROOT, Home

RawSource = Literal["seeds", "lake"]

_RESULT_EVENTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult")
# What a model's rows follow from; a change of any of it makes every row doubtful.
_MODEL_SOURCES = ("models", "macros", "seeds/reference", "dbt_project.yml")
# What decides besides whether a build is published.
_CHECK_SOURCES = ("tests/generic", "tests/singular", "expectations", Path(__file__).parent)
# In build/: what the models were when everything was last built with them.
_BUILT_WITH = "models.sha256"
# In build/ from the beginning of a rebuild until it is published.
_REBUILT = "rebuilt_since_published"
# How long the dbt process of a killed run may take to let go of the build database.
_LOCK_SECONDS = 10.0
# A log longer than this is put aside, and the one put aside before is dropped.
_LOG_BYTES = 5_000_000
_SHOWN_FAILURES = 5
# The table of all files that landed. A base table reads it for its own entity's files alone.
_REGISTER = "base_event_log__ingested_files"
# Sources of TikTok's own exports, by what the names of their entities begin with.
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
        checks: data tests passed.
        seconds: wall time of the dbt process.
        target: folder of dbt's manifest.json and run_results.json.
        is_rebuilt: whether everything was built from the raw rows since the version published last,
            and not the touched days alone.
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
    return _digest(_MODEL_SOURCES, *_list_settings(home))


def fingerprint_code(home: Home) -> str:
    """A digest of all code and configuration that decides what is published."""
    return _digest((*_MODEL_SOURCES, *_CHECK_SOURCES), *_list_settings(home))


def _list_settings(home: Home) -> list[str]:
    keys = ["publish_person_keys"] if home.publish_person_keys else []
    return [home.reporting_time_zone, *keys]


def _digest(sources: Iterable[str | Path], *settings: str) -> str:
    digest = hashlib.sha256("\0".join(settings).encode())
    for source in sources:
        root = PROJECT_ROOT / source
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(root.parent)).encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


class DbtProcess:
    """A process that runs dbt once, and ends with this one.

    As a context it is killed when it ends, if it still lives by then.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> DbtProcess:
        """Give back itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it, and wait for that."""
        if self._process is not None:
            self._process.kill()
            with contextlib.suppress(BrokenPipeError), self._process:
                pass

    def start(self) -> subprocess.Popen[str]:
        """Let it import dbt, which takes two seconds, unless it has been let already."""
        if self._process is None:
            # No engine ever sees the key that people are hashed with; and what somebody who works
            # with dbt has set in the shell, such as DBT_TARGET, decides nothing here.
            environment = {
                name: value
                for name, value in os.environ.items()
                if name not in (people.SECRET_VARIABLE, postgres.VARIABLE)
                and not name.startswith("DBT_")
            }
            environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tiktok_warehouse.dbt_child"],
                cwd=PROJECT_ROOT,
                env=environment,
                # The child ends when this end is closed, see dbt_child.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        return self._process

    def run(
        self,
        home: Home,
        arguments: list[str],
        on_progress: Callable[[int, int, str], None] | None,
        **settings: str,
    ) -> tuple[int, list[str]]:
        """Run dbt, with settings in its environment, and read its log.

        Returns:
            Its exit code, and the texts of errors and warnings.
        """
        process = self.start()
        if process.stdin is None or process.stdout is None:  # pragma: no cover - asked for
            raise WarehouseError("dbt cannot be spoken to.")
        environment = {"TIKTOK_WAREHOUSE_HOME": str(home.root), **settings}
        # One that died before it could read says why in what it printed.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps({"arguments": arguments, "environment": environment}))
            process.stdin.write("\n")
            process.stdin.flush()
        try:
            with _open_log(home) as log:
                output = [_read_event(line, log, on_progress) for line in process.stdout]
        except BaseException:
            # At once, and not when the context ends: it has the build database and a core.
            process.kill()
            raise
        return process.wait(), output


def build_models(
    home: Home,
    raw_source: RawSource,
    on_progress: Callable[[int, int, str], None] | None = None,
    *,
    dbt: DbtProcess,
    rebuild_everything: bool = False,
    backfill: tuple[date, date] | None = None,
    published_change_seq: int = 0,
    landed: Collection[str] | None = None,
) -> BuildResult:
    """Build all models of a home and run their tests, in one dbt process.

    dbt runs as a child, so that the build database is closed and unlocked when it ends. A lake is
    built by touched days, unless the models or the reporting zone have changed since.

    Args:
        home: where the build database lies.
        raw_source: ``seeds`` for the sample, ``lake`` for ingested files.
        on_progress: called with (nodes done, nodes in all, name of the node).
        dbt: the process to run it in; the caller ends it.
        rebuild_everything: read the whole lake, although the touched days would do.
        backfill: first and last of the days to build again besides the touched ones.
        published_change_seq: number of the dbt run up to which all rows have passed their tests and
            are published; tests over events look at what changed since. 0: at everything.
        landed: entities of which something has landed since that run, if it was the last one. What
            rows of the others alone decide is left as it is: nothing of it has changed since it
            passed its tests. None, or anything built anew: all are looked at.

    Raises:
        ChecksFailed: a test failed; the message names it, shows rows and says what to do.
        UsageError: the build database belongs to the other raw source.
        Busy: another process holds the build database.
        OSError: no space left.
        WarehouseError: a model does not run.
    """
    target = find_target(home)
    (target / "run_results.json").unlink(missing_ok=True)
    built_with, rebuilt = home.build / _BUILT_WITH, home.build / _REBUILT
    models = fingerprint_models(home)
    is_first = not home.database.exists()
    is_rebuilt = raw_source == "lake" and (
        rebuild_everything or is_first or _read_text(built_with) != models
    )
    variables: dict[str, Any] = {
        "raw_source": raw_source,
        "reporting_time_zone": home.reporting_time_zone,
        "publish_person_keys": home.publish_person_keys,
    }
    if backfill is not None:
        variables["backfill_from"], variables["backfill_to"] = map(str, backfill)
    arguments = [
        *("build", "--log-format", "json"),
        *("--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)),
        *("--target", "duckdb"),
        # Its own log is at the level of debugging, and took a tenth of the time of a run.
        *("--target-path", str(target), "--log-level-file", "none"),
        *("--log-path", str(home.logs)),
        *("--vars", json.dumps(variables)),
    ]
    # Nothing is built of the first two. Unit tests judge the models and not the data; they took
    # more than half of the time of the sample's build.
    left_out = ["exposure", "saved_query", "unit_test"]
    if raw_source == "lake":
        if not is_rebuilt:
            # They are part of what the models were built with, and have not changed.
            left_out.append("seed")
        if landed is not None and not is_rebuilt:
            arguments += select_affected(target, landed)
    arguments += [f"--exclude-resource-type={kind}" for kind in left_out]
    if is_rebuilt:
        # A rebuild that dies half-way leaves no digest, so the next run rebuilds again.
        built_with.unlink(missing_ok=True)
        rebuilt.touch()
        arguments += [] if is_first else ["--full-refresh"]
    _await_database(home)
    started = time.monotonic()
    returncode, output = dbt.run(
        home,
        arguments,
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
            is_rebuilt=rebuilt.exists() or raw_source == "seeds",
            change_seq=read_change_seq(home),
        )
    raise _explain(home, target, results, output)


def select_affected(target: Path, landed: Collection[str]) -> list[str]:
    """Arguments that limit dbt to what rows of some entities can change, and its tests.

    Args:
        target: folder with the manifest of the run before, of the same models. Without a whole one
            nothing is limited.
        landed: the entities.
    """
    try:
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # Of a run that was killed before it had written it, or while it did.
        return []
    idle = set(list_all_entities()) - set(landed)
    reads: dict[str, set[str]] = {}
    for source, node in manifest["sources"].items():
        for child in manifest["child_map"][source]:
            reads.setdefault(child, set()).add(node["name"])
    register = next((node for node in reads if node.endswith(f".{_REGISTER}")), None)
    if register is None:
        # Of the sample, which dbt is going to refuse.
        return []
    # Not with what follows the register: all base tables read it.
    selected = [_REGISTER]
    followers = {node for node in manifest["child_map"][register] if node not in reads}
    for node in sorted((reads.keys() | followers) - {register}):
        if node.startswith("model.") and (node in followers or reads[node] - idle):
            selected.append(f"{node.rpartition('.')[2]}+")
    return ["--select", *selected]


def read_change_seq(home: Home) -> int:
    """Number of the last run of dbt in the build database, however it ended; 0 if there is none."""
    if not home.database.exists():
        return 0
    _await_database(home)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        try:
            row = connection.execute("select max(change_seq) from build_state.runs").fetchone()
        except duckdb.CatalogException:
            # Killed before it had counted its first run.
            return 0
    return int(row[0] or 0) if row else 0


def read_aliases(home: Home) -> dict[str, str]:
    """Whose account each handle of ``account_aliases`` is; none before the first build."""
    if not home.database.exists():
        return {}
    with duckdb.connect(str(home.database), read_only=True) as connection:
        rows = connection.execute("select alias, account_id from reference.account_aliases")
        return dict(rows.fetchall())


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
            for table in name_base_tables(entity):
                if (table,) in tables:
                    row = connection.execute(
                        f"select coalesce(max(_ingest_seq), 0) from staging.{table}"
                    ).fetchone()
                    found[entity] = int(row[0]) if row else 0
    return found


def name_base_tables(entity: str) -> list[str]:
    """What an entity's base table may be called; a source's prefix need not be repeated."""
    names = [f"base_event_log__{entity}"]
    for prefix, source in EXPORT_SOURCES.items():
        if entity.startswith(prefix):
            names = [f"base_{source}__{entity}", f"base_{source}__{entity.removeprefix(prefix)}"]
    return names


def drop_taken_in(home: Home, change_seq: int) -> None:
    """Drop the notes on changes that every model has taken in, and that are published.

    A rebuild is over then, too.

    Args:
        home: whose build database is written.
        change_seq: number of the dbt run that was published.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    (home.build / _REBUILT).unlink(missing_ok=True)
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(
            "delete from intermediate.int_touched_days where change_seq <= ?", [change_seq]
        )
        # Not by the number: a model that a run leaves out keeps what it noted before.
        connection.execute(
            "delete from build_state.consumed as noted where change_seq < (select max(change_seq)"
            " from build_state.consumed where model_name = noted.model_name)"
        )


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
    return str(result["unique_id"]).startswith("test.")


def _explain(
    home: Home, target: Path, results: list[dict[str, Any]], output: list[str]
) -> Exception:
    text = "\n".join(line for line in output if line)
    if refusal := find_refusal(text):
        return OSError(refusal, os.strerror(refusal), str(home.build))
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
        node = nodes["nodes"][result["unique_id"]]
        block = [f"- {node['name']}  ({node['original_file_path']})"]
        block += [f"    {line}" for line in str(result["message"]).splitlines()]
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
