"""Refresh a home as its user does, and say what the gates made of it.

Ingests go through ``ingest_paths``, which can be told what time it is; everything else is the
command line, in this process, so that Great Expectations is imported once. dbt is the child process
that it always is.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

import faults
import oracle
import worlds
from faults import Fault
from oracle import SPECS, LandedFile
from test_oracle import compare
from tiktok_warehouse import cli, ingest, lake, transform
from tiktok_warehouse.home import Home, hold_lock, open_home
from worlds import World

SHOWN = 700


@dataclass(frozen=True)
class Outcome:
    """What one command did.

    Attributes:
        code: its exit code.
        seconds: its wall time.
        core_seconds: what it and dbt took of the processor.
        message: what it said on standard error.
        stopped_by: critical checks that failed, with what they saw.
        warned_by: checks that warned, with what they saw.
    """

    code: int
    seconds: float
    core_seconds: float
    message: str
    stopped_by: Mapping[str, str] = field(default_factory=dict)
    warned_by: Mapping[str, str] = field(default_factory=dict)


class WrongWorld(Exception):
    """A file that should be right was refused: the generator has to be mended."""


@contextmanager
def parsed_kept(root: Path) -> Iterator[None]:
    """Make a home anew, and keep what dbt has parsed for its path: parsing takes seconds."""
    parsed = root / "build" / "dbt" / "partial_parse.msgpack"
    content = parsed.read_bytes() if parsed.exists() else None
    shutil.rmtree(root, ignore_errors=True)
    yield
    if content is not None:
        parsed.parent.mkdir(parents=True, exist_ok=True)
        parsed.write_bytes(content)


def make_home(root: Path, zone: str, never_has: Iterable[str] = ()) -> Home:
    """An empty home, which knows the source that ``worlds`` calls poor."""
    columns = [*SPECS["interactions"].required, *SPECS["interactions"].optional]
    entry = {
        "entity": "interactions",
        "columns": {name: name for name in columns},
        "never_has": list(never_has),
    }
    mapping = {"name": "poor", "description": "", "files": ["poor_*"], "entities": [entry]}
    settings = f'reporting_time_zone = "{zone}"\nkeep_versions = 2\n'
    with parsed_kept(root):
        root.mkdir(parents=True)
        # JSON is YAML.
        (root / "poor.yml").write_text(json.dumps(mapping), "utf-8")
        if never_has:
            settings += 'mappings = ["poor.yml"]\n'
        (root / "warehouse.toml").write_text(settings, "utf-8")
    return open_home(root)


def land(home: Home, files: Mapping[str, bytes], now: datetime) -> ingest.IngestResult:
    """Let files land as they do from ``landing/``, at a time of one's choice."""
    for name, content in files.items():
        path = home.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (now.timestamp(),) * 2)
    with hold_lock(home, "ingest"):
        return ingest.ingest_paths(home, [home.landing], taken_from_landing=True, now=now)


def run(home: Home, *arguments: str) -> Outcome:
    """Run a command on a home and read what the checks saw."""
    started, before = time.monotonic(), os.times()
    said, printed = io.StringIO(), io.StringIO()
    checked = read_checks(home)
    with redirect_stderr(said), redirect_stdout(printed):
        code = cli.run([*arguments, "--home", str(home.root)])
    seconds = time.monotonic() - started
    core_seconds = sum(os.times()[:4]) - sum(before[:4])
    failed = [
        check for check in read_checks(home) if check[0] not in {run_id for run_id, *_ in checked}
    ]
    return Outcome(
        code,
        seconds,
        core_seconds,
        said.getvalue(),
        {name: seen for _, name, severity, seen in failed if severity == "critical" and code},
        {name: seen for _, name, severity, seen in failed if severity == "warning"},
    )


def read_checks(home: Home) -> list[tuple[Any, ...]]:
    """Run, name, severity and observation of every check that did not hold."""
    if not home.database.exists():
        return []
    with duckdb.connect(str(home.database), read_only=True) as connection:
        try:
            return connection.execute(
                "select run_id, check_name, severity, observed from quality.check_results"
                " where passed = false"
            ).fetchall()
        except duckdb.CatalogException:
            return []


def read_lake(home: Home) -> tuple[dict[str, list[dict[str, Any]]], list[LandedFile]]:
    """The raw rows of the event log and their files, as they lie in the lake."""
    raw: dict[str, list[dict[str, Any]]] = {entity: [] for entity in SPECS}
    files = []
    for row in lake.read_registry(home):
        path = home.raw / row.ingest_id / f"{row.entity}.{row.ingest_seq}.parquet"
        raw[row.entity] += pq.ParquetFile(path).read().to_pylist()
        files.append(
            LandedFile(
                row.entity,
                row.ingest_seq,
                row.ingest_id,
                row.source_file,
                row.ingested_at,
                row.raw_rows,
                tuple((row.never_has or "").split(",")) if row.never_has else (),
            )
        )
    return raw, files


def compare_numbers(home: Home) -> list[str]:
    """Where the build differs from the independent computation."""
    raw, files = read_lake(home)
    expected = oracle.expect(raw, files, home.reporting_time_zone)
    return [str(difference) for difference in compare(expected, home.database)]


def shorten(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and "━" not in line]
    return "\n".join(lines)[:SHOWN]


def set_aliases(project: Path, aliases: Mapping[str, str]) -> None:
    lines = ["alias,account_id", *(f"{alias},{account}" for alias, account in aliases.items())]
    path = project / "seeds" / "reference" / "account_aliases.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")


# ---------------------------------------------------------------- a sequence of right data


def run_sequence(world: World, project: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Refresh after each ingest of a world; give a record of each refresh, and of the numbers.

    A refresh that was stopped is done again with what stopped it accepted, so that the next one is
    judged for itself. What cannot be accepted ends the sequence.
    """
    home = make_home(folder / world.zone.replace("/", "-"), world.zone, world.never_has)
    set_aliases(project, {})
    code = 0
    for at, step in enumerate(world.steps):
        if step.aliases is not None:
            set_aliases(project, step.aliases)
        landed = land(home, step.files, step.now)
        if landed.refused:
            raise WrongWorld(f"ingest {at + 1}: {landed.refused}")
        command = ["forget", *step.forget] if step.forget else ["refresh"]
        outcome = run(home, *command)
        code = outcome.code
        yield describe_refresh(outcome, at + 1, command[0])
        if code:
            accepted = [part for name in outcome.stopped_by for part in ("--accept", name)]
            code = run(home, "refresh", *accepted, "--accept-restatement", "benchmark").code
        if code:
            break
    if not code and world.only_logs:
        found = compare_numbers(home)
        yield {"kind": "numbers", "differences": len(found), "first": found[:5]}
    set_aliases(project, {})
    yield {
        "kind": "sequence",
        "zone": world.zone,
        "specials": world.specials,
        "is_whole": not code,
    }


def describe_refresh(outcome: Outcome, ingest_number: int, command: str) -> dict[str, Any]:
    return {
        "kind": "refresh",
        "ingest": ingest_number,
        "command": command,
        "code": outcome.code,
        "seconds": round(outcome.seconds, 1),
        "core_seconds": round(outcome.core_seconds, 1),
        "stopped_by": dict(outcome.stopped_by)
        or ({f"exit code {outcome.code}": ""} if outcome.code else {}),
        "warned_by": sorted(outcome.warned_by),
        "message": shorten(outcome.message) if outcome.code else "",
    }


# ---------------------------------------------------------------- planted faults


def prepare_history(chosen: str, number: int, home: Home) -> Iterator[dict[str, Any]]:
    """Publish what comes before the faults, and see what the next ingest comes to without one."""
    history = faults.make_history(chosen, number)
    worlds.pack(history.world)
    for at, step in enumerate(history.world.steps):
        if at == len(history.world.steps) - 1:
            # Faults begin here; what is published without one is what theirs is held against.
            shutil.copytree(home.root, home.root.with_name("published"), symlinks=True)
        if refused := land(home, step.files, step.now).refused:
            raise WrongWorld(f"ingest {at + 1}: {refused}")
        outcome = run(home, "refresh")
        yield describe_refresh(outcome, at + 1, "refresh")
        if outcome.code:
            return
    (home.root.with_name("control.json")).write_text(json.dumps(dict(outcome.warned_by)), "utf-8")


def try_fault(
    fault: Fault, chosen: str, number: int, project: Path, prepared: Path, folder: Path
) -> dict[str, Any]:
    """Plant a fault on a published history and say what came of it."""
    root = folder / "fault"
    with parsed_kept(root):
        shutil.copytree(prepared / "published", root, symlinks=True)
    home = open_home(root)
    history = faults.make_history(chosen, number)
    landed = None
    command = ["refresh"]
    with ExitStack() as planted:
        if fault.place == "files":
            fault.plant(history)
            worlds.pack(history.world)
            landed = land(home, history.next.files, history.next.now)
        elif fault.place == "lake":
            if fault.rebuilds:
                command.append("--yes-rebuild-everything")
            else:
                worlds.pack(history.world)
                land(home, history.next.files, history.next.now)
            pick = min if fault.rebuilds else max
            files = home.raw.glob(f"2*/{fault.entity}.*.parquet")
            fault.plant(pick(files, key=lambda path: int(path.name.split(".")[1])))
        elif fault.place == "build":
            # Something new, so that the run does not end before the checks.
            land(home, {"accounts_none.csv": b"account_id,handle,account_role\n"}, history.next.now)
            planted.enter_context(dbt_standing_still())
            with duckdb.connect(str(home.database)) as connection:
                for statement in fault.plant():
                    connection.execute(statement)
        else:
            planted.enter_context(models_restored(project))
            fault.plant(project)
        outcome = run(home, *command)
    warned_before = json.loads((prepared / "control.json").read_text("utf-8"))
    warned = {
        name: seen for name, seen in outcome.warned_by.items() if warned_before.get(name) != seen
    }
    verdict = judge(fault, outcome, warned, landed, home, prepared)
    return {
        "kind": "fault",
        "fault": fault.name,
        "place": fault.place,
        "expected": fault.expected,
        "verdict": verdict,
        "code": outcome.code,
        "seconds": round(outcome.seconds, 1),
        "core_seconds": round(outcome.core_seconds, 1),
        "stopped_by": dict(outcome.stopped_by),
        "warned_by": warned,
        "message": shorten(outcome.message) if outcome.code else "",
    }


def judge(
    fault: Fault,
    outcome: Outcome,
    warned: Mapping[str, str],
    landed: ingest.IngestResult | None,
    home: Home,
    prepared: Path,
) -> str:
    """What came of a fault, in the words of ``faults``."""
    named = any(name in outcome.message for name in fault.by) or not fault.by
    if outcome.code:
        return "stopped" if named else "stopped, by others"
    refused = [file.reason for file in landed.refused] if landed else []
    if refused and all(any(name in reason for name in fault.by) for reason in refused):
        return "refused"
    if any(home.quarantine.glob("damaged-*")):
        return "set aside"
    if fault.expected == "listed":
        counts = [count(path, fault.by[0]) for path in (home.root, prepared / "home")]
        return "listed" if counts[0] > counts[1] else "passed"
    if warned and (not fault.by or any(name in warned for name in fault.by)):
        return "warned"
    return "warned, by others" if warned else "passed"


def count(home: Path, query: str) -> int:
    with duckdb.connect(str(home / "published" / "tiktok.duckdb"), read_only=True) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def dbt_standing_still() -> Iterator[None]:
    """The build database stays as it is, and dbt's last artifacts say what there is."""
    build = transform.build_models

    def stand_still(home: Home, *_: object, **__: object) -> transform.BuildResult:
        target = transform.find_target(home)
        return transform.BuildResult(1, 1, 0.0, target, change_seq=transform.read_change_seq(home))

    transform.build_models = stand_still
    try:
        yield
    finally:
        transform.build_models = build


@contextmanager
def models_restored(project: Path) -> Iterator[None]:
    """The copy's models are as they were, whatever is planted in them."""
    kept = project / "kept"
    for name in ("models", "macros"):
        shutil.copytree(project / name, kept / name)
    try:
        yield
    finally:
        for name in ("models", "macros"):
            shutil.rmtree(project / name)
            (kept / name).rename(project / name)
        kept.rmdir()


def do(task: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Do one task, and give its results as they come."""
    project, folder = Path(task["project"]), Path(task["folder"])
    chosen, number = task["seed"], task["number"]
    if task["kind"] == "sequence":
        world = worlds.make_world(chosen, number, task["ingests"], task["specials"])
        yield from run_sequence(world, project, folder)
        return
    prepared = Path(task["prepared"])
    if task["kind"] == "history":
        shutil.rmtree(prepared, ignore_errors=True)
        yield from prepare_history(chosen, number, make_home(prepared / "home", "UTC"))
        return
    for name in task["faults"]:
        yield try_fault(faults.FAULTS[name], chosen, number, project, prepared, folder)


def main() -> None:
    """Do one task, which is told as JSON, and add a line for each result to a file."""
    task = json.loads(sys.argv[1])
    with Path(task["results"]).open("a", encoding="utf-8") as file:
        for result in do(task):
            named = {"of": task["kind"], "number": task["number"], **result}
            file.write(json.dumps(named, ensure_ascii=False) + "\n")
            file.flush()


if __name__ == "__main__":
    main()
