"""The ledger of refreshes: what each run did, how long it took and how it ended.

``logs/refresh_runs.jsonl`` gets one line when a run begins and one when it ends, so a run that was
killed is a beginning without an end. Before a version goes out the ledger is copied into
``quality.refresh_runs``, for whoever reads the published file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from tiktok_warehouse.home import Home

SCHEMA, TABLE = "quality", "refresh_runs"

# An hourly schedule's last months; the file on disk keeps everything.
_PUBLISHED_RUNS = 2000

_TABLE_COMMENT = (
    "Refreshes of this warehouse up to the one that published this version. One row per run."
)
_COLUMNS = {
    "run_id": ("varchar", "Run of tiktok-warehouse refresh."),
    "started_at": ("timestamp", "When it began (UTC)."),
    "ended_at": ("timestamp", "When it ended (UTC); NULL if it was killed."),
    "seconds": ("decimal(12, 3)", "Wall time; NULL if it was killed."),
    "result": (
        "varchar",
        "published, nothing_new, checks_failed, stopped, failed, or killed (it never ended).",
    ),
    "exit_code": ("integer", "Exit code of the command; NULL if it was killed."),
    "step_seconds": ("varchar", "JSON: wall time of each step that was begun, in seconds."),
    "landed_files": ("integer", "Files that landed in the lake."),
    "refused_files": ("integer", "Files that could not be read."),
    "raw_rows": ("bigint", "Rows that landed in the lake."),
    "published_rows": ("bigint", "Rows of all published tables; NULL if nothing was published."),
    "published_bytes": ("bigint", "Bytes on disk that the version took, links not counted."),
    "version": ("varchar", "Version that was published."),
    "message": ("varchar", "First line of what went wrong."),
}


@dataclass
class Run:
    """One refresh, as it is written down. Times are UTC in ISO form."""

    run_id: str
    command: str
    pid: int
    started_at: str
    ended_at: str | None = None
    seconds: float | None = None
    result: str = "killed"
    exit_code: int | None = None
    step_seconds: dict[str, float] = field(default_factory=dict)
    landed_files: int = 0
    refused_files: int = 0
    raw_rows: int = 0
    published_rows: int | None = None
    published_bytes: int | None = None
    version: str | None = None
    message: str | None = None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step of the run, also if it fails."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.step_seconds[name] = round(time.monotonic() - started, 3)


def find_ledger(home: Home) -> Path:
    """The file that every run is written down in."""
    return home.logs / "refresh_runs.jsonl"


def begin(home: Home, run_id: str, command: str) -> Run:
    """Write down that a run begins.

    Raises:
        OSError: the ledger cannot be written.
    """
    run = Run(run_id, command, os.getpid(), _now())
    _append(home, run)
    return run


def end(home: Home, run: Run, result: str, exit_code: int, message: str | None = None) -> None:
    """Write down how a run ended.

    Raises:
        OSError: the ledger cannot be written.
    """
    started = datetime.fromisoformat(run.started_at)
    run.ended_at = _now()
    # A clock that was set back gives no negative time.
    run.seconds = max(0.0, (datetime.fromisoformat(run.ended_at) - started).total_seconds())
    run.result, run.exit_code, run.message = result, exit_code, message
    _append(home, run)


def read(home: Home) -> list[Run]:
    """All runs in the order of their beginning; a line that a full disk cut short is left out."""
    runs: dict[str, Run] = {}
    path = find_ledger(home)
    if not path.exists():
        return []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            run = Run(**json.loads(line))
        except (ValueError, TypeError):
            continue
        runs[run.run_id] = run
    return list(runs.values())


def blank_messages(home: Home, needles: Iterable[str]) -> None:
    """Take the messages that name somebody out of the ledger.

    Raises:
        OSError: the ledger cannot be written.
    """
    path = find_ledger(home)
    if not path.exists():
        return
    wanted = list(needles)
    runs = read(home)
    for run in runs:
        if run.message and any(needle in run.message for needle in wanted):
            run.message = "(forgotten)"
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text("".join(json.dumps(asdict(run)) + "\n" for run in runs), "utf-8")
    unfinished.replace(path)


def copy_to_build(home: Home, current: Run) -> None:
    """Copy the ledger into the build database, with the current run as the one that publishes.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    runs = [run for run in read(home) if run.run_id != current.run_id][-_PUBLISHED_RUNS:]
    rows = [_as_row(run) for run in (*runs, current)]
    table = f"{SCHEMA}.{TABLE}"
    columns = ", ".join(f"{name} {type_name}" for name, (type_name, _) in _COLUMNS.items())
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("begin")
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.execute(f"create or replace table {table} ({columns})")
        connection.execute(f"comment on table {table} is '{_TABLE_COMMENT}'")
        for name, (_, comment) in _COLUMNS.items():
            connection.execute(f"comment on column {table}.{name} is '{comment}'")
        placeholders = ", ".join("?" for _ in _COLUMNS)
        connection.executemany(f"insert into {table} values ({placeholders})", rows)
        connection.execute("commit")


def _as_row(run: Run) -> list[Any]:
    values = {**asdict(run), "step_seconds": json.dumps(run.step_seconds)}
    return [values[name] for name in _COLUMNS]


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _append(home: Home, run: Run) -> None:
    path = find_ledger(home)
    line = json.dumps(asdict(run)) + "\n"
    with path.open("a+b") as file:
        # A line that a full disk cut short must not swallow this one.
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
