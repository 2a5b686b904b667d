"""Run dbt on a home: build every model from its raw rows and test each layer."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from tiktok_warehouse import check_results
from tiktok_warehouse.errors import ChecksFailed, UsageError, WarehouseError
from tiktok_warehouse.home import PROJECT_ROOT, Home

RawSource = Literal["seeds", "lake"]

_RESULT_EVENTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult")
_SHOWN_FAILURES = 5
_SHOWN_ROWS = 3
# A failing row is shown to whoever reads the scheduler's log.
_PERSONAL_COLUMNS = ("person_key", "comment_text")


@dataclass(frozen=True)
class BuildResult:
    """What dbt did.

    Attributes:
        models: models and seeds built.
        checks: data tests and unit tests passed.
        seconds: wall time of the dbt process.
        target: folder of dbt's manifest.json and run_results.json.
    """

    models: int
    checks: int
    seconds: float
    target: Path


def find_target(home: Home) -> Path:
    """The folder of a home in which dbt leaves manifest.json and run_results.json."""
    return home.build / "dbt"


def build_models(
    home: Home,
    raw_source: RawSource,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> BuildResult:
    """Build all models of a home and run their tests, in one dbt process.

    dbt runs as a child, so that the build database is closed and unlocked when it ends.

    Args:
        home: where the build database lies.
        raw_source: ``seeds`` for the sample, ``lake`` for ingested files. Unit tests run with the
            sample alone: they judge the models and not the data.
        on_progress: called with (nodes done, nodes in all, name of the node).

    Raises:
        ChecksFailed: a test failed; the message names it, shows rows and says what to do.
        UsageError: the build database belongs to the other raw source.
        OSError: no space left.
        WarehouseError: a model does not run.
    """
    target = find_target(home)
    (target / "run_results.json").unlink(missing_ok=True)
    variables = {"raw_source": raw_source, "reporting_time_zone": home.reporting_time_zone}
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "build", "--log-format", "json"),
        *("--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)),
        *("--target-path", str(target), "--log-path", str(home.logs)),
        *("--vars", json.dumps(variables)),
    ]
    if raw_source == "lake":
        command += ["--exclude-resource-type", "unit_test"]
    environment = {
        **os.environ,
        "TIKTOK_WAREHOUSE_HOME": str(home.root),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    # No engine ever sees the key that people are hashed with.
    environment.pop("TIKTOK_WAREHOUSE_SECRET", None)
    started = time.monotonic()
    output: list[str] = []
    with subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        if process.stdout is None:  # pragma: no cover - a pipe was asked for
            raise WarehouseError("dbt gave no output to read.")
        try:
            for line in process.stdout:
                output.append(_read_event(line, on_progress))
        except BaseException:
            process.terminate()
            raise
    seconds = time.monotonic() - started
    results = _read_results(target)
    if process.returncode == 0 and results:
        return BuildResult(
            models=sum(not _is_test(result) for result in results),
            checks=sum(_is_test(result) for result in results),
            seconds=seconds,
            target=target,
        )
    raise _explain(home, target, results, output)


def _read_event(line: str, on_progress: Callable[[int, int, str], None] | None) -> str:
    """Report a finished node; give back the text of an error or warning, else nothing."""
    try:
        event = json.loads(line)
    except ValueError:
        return line.rstrip()
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
