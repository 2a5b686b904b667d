"""Is right data never stopped, and wrong data always? ``make bench-gates``.

Right data: random sequences of nine ingests (``worlds.py``) in which everything is allowed by the
raw contract, each refreshed as a scheduler does, without ``--accept``. Wrong data: planted faults
(``faults.py``), each on three histories that were published clean. Every result is a line in
``target/bench-gates/<seed>.jsonl``; the same command with that ``--seed`` goes on where it ended.
Exits 1 if anything right was stopped or came out with other numbers, or anything wrong passed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Any

from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parents[2]
COPIED = (
    *("models", "macros", "seeds", "tests", "profiles", "src", "mappings", "expectations"),
    *("benchmarks", "dbt_project.yml", "pyproject.toml"),
)
IMPORTED = ("src", "benchmarks/gates", "tests/python", "tests")
FAULTS_A_TASK = 8

Task = dict[str, Any]


def copy_project(folder: Path) -> None:
    """What a worker runs: faults are planted in its models, and the original may be worked on."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        if (PROJECT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(PROJECT / name, folder)
    (folder / "profiles.yml").symlink_to("profiles/profiles.yml")


@dataclass
class Results:
    """All that is known of a run, this time's and earlier ones' results."""

    path: Path
    refreshes: dict[tuple[str, int, int], Task] = field(default_factory=dict)
    numbers: dict[int, Task] = field(default_factory=dict)
    sequences: dict[int, Task] = field(default_factory=dict)
    faults: dict[tuple[str, int], Task] = field(default_factory=dict)
    broken: list[Task] = field(default_factory=list)

    def read(self) -> Results:
        lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
        for line in lines:
            row = json.loads(line)
            number = row["number"]
            if row["kind"] == "refresh":
                # One that was killed half-way is done again from its first ingest.
                self.refreshes[row["of"], number, row["ingest"]] = row
            elif row["kind"] == "numbers":
                self.numbers[number] = row
            elif row["kind"] == "sequence":
                self.sequences[number] = row
            elif row["kind"] == "fault":
                self.faults[row["fault"], number] = row
        return self


@dataclass
class Bench:
    """What has to be done, and the workers that do it."""

    options: argparse.Namespace
    folder: Path
    results: Path
    deadline: float
    free: Queue[int] = field(default_factory=Queue)
    prepared: dict[int, Event] = field(default_factory=dict)

    def find_history(self, number: int) -> Path:
        return self.folder / str(self.options.seed) / f"history-{number}"

    def list_tasks(self, names: Sequence[str]) -> Iterator[Task]:
        """What is not done yet: histories first, since faults wait for them; then by turns."""
        done = Results(self.results).read()
        sequences = [
            {
                "kind": "sequence",
                "number": number,
                "ingests": self.options.ingests,
                "specials": self.options.specials,
            }
            for number in range(self.options.sequences)
            if number not in done.sequences
        ]
        planted: list[Task] = []
        for number in range(self.options.histories if names else 0):
            left = [name for name in names if (name, number) not in done.faults]
            is_prepared = (self.find_history(number) / "control.json").exists()
            self.prepared[number] = Event()
            if is_prepared:
                self.prepared[number].set()
            elif left:
                yield {"kind": "history", "number": number}
            planted += [
                {"kind": "faults", "number": number, "faults": left[at : at + FAULTS_A_TASK]}
                for at in range(0, len(left), FAULTS_A_TASK)
            ]
        while sequences or planted:
            yield from planted[:1]
            yield from sequences[:1]
            planted, sequences = planted[1:], sequences[1:]

    def work(self, task: Task) -> str | None:
        """Do a task in a process of its own; give back what went wrong with it."""
        if time.monotonic() > self.deadline:
            return None
        worker = self.free.get()
        try:
            if task["kind"] == "faults":
                self.prepared[task["number"]].wait()
                if not (self.find_history(task["number"]) / "control.json").exists():
                    return f"history {task['number']} was not published, so its faults are left out"
            return self._run(task, self.folder / f"worker-{worker}")
        finally:
            if task["kind"] == "history":
                self.prepared[task["number"]].set()
            self.free.put(worker)

    def _run(self, task: Task, folder: Path) -> str | None:
        project = folder / "project"
        told = {
            **task,
            "seed": self.options.seed,
            "project": str(project),
            "folder": str(folder / "homes"),
            "results": str(self.results),
            "prepared": str(self.find_history(task["number"])),
        }
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(project / name) for name in IMPORTED),
        }
        environment.pop("TIKTOK_WAREHOUSE_SECRET", None)
        command = [sys.executable, str(project / "benchmarks/gates/trial.py"), json.dumps(told)]
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            return f"{task['kind']} {task['number']} broke:\n{ended.stderr[-3000:]}"
        return None


def show_right(console: Console, results: Results) -> bool:
    """Print what stopped right data; say whether anything did."""
    rows = list(results.refreshes.values())
    stopped = [row for row in rows if row["code"]]
    table = Table("stopped by", "refreshes", "in", "for example", title="Right data")
    by_check: dict[str, list[Task]] = defaultdict(list)
    for row in stopped:
        for name in row["stopped_by"]:
            by_check[name].append(row)
    for name, found in sorted(by_check.items(), key=lambda item: -len(item[1])):
        places = sorted({f"{row['of'][0]}{row['number']}.{row['ingest']}" for row in found})
        table.add_row(name, str(len(found)), " ".join(places), found[0]["stopped_by"][name][:200])
    if rows:
        console.print(table)
    differing = [row for row in results.numbers.values() if row["differences"]]
    for row in differing:
        console.print(f"sequence {row['number']}: {row['first']}", markup=False)
    cut = [number for number, row in results.sequences.items() if not row["is_whole"]]
    seconds = sorted(row["seconds"] for row in rows) or [0]
    core_seconds = sorted(row["core_seconds"] for row in rows) or [0]
    happened = Counter(name for row in results.sequences.values() for name in row["specials"])
    console.print(
        f"{len(results.sequences)} sequences with {len(happened)} kinds of events, {len(rows)}"
        f" refreshes of right data: {len(stopped)} stopped. {len(cut)} sequences could not go on."
        f" Numbers of {len(results.numbers)} sequences beside the independent computation:"
        f" {len(differing)} differ. A refresh took {seconds[len(seconds) // 2]:.0f} s"
        f" ({core_seconds[len(seconds) // 2]:.0f} s of a core)."
    )
    return bool(stopped or differing or cut)


def show_wrong(console: Console, results: Results) -> bool:
    """Print what came of each fault; say whether any was not seen."""
    table = Table("fault", "in", "expected", "as expected", "else", "seen by", title="Wrong data")
    by_fault: dict[str, list[Task]] = defaultdict(list)
    for (name, _), row in sorted(results.faults.items()):
        by_fault[name].append(row)
    verdicts: Counter[str] = Counter()
    for name, rows in sorted(by_fault.items(), key=lambda item: item[1][0]["place"]):
        other = Counter(row["verdict"] for row in rows if row["verdict"] != row["expected"])
        seen = Counter(seen for row in rows for seen in (*row["stopped_by"], *row["warned_by"]))
        verdicts.update(
            "as expected" if row["verdict"] == row["expected"] else row["verdict"] for row in rows
        )
        table.add_row(
            name,
            rows[0]["place"],
            rows[0]["expected"],
            f"{len(rows) - other.total()} of {len(rows)}",
            ", ".join(f"{verdict} {count}" for verdict, count in other.items()),
            ", ".join(name for name, _ in seen.most_common(3)),
        )
    if results.faults:
        console.print(table)
        told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
        console.print(
            f"{len(by_fault)} kinds of faults, planted {len(results.faults)} times: {told}"
        )
    return any(verdict != "as expected" for verdict in verdicts)


def main() -> None:
    """Do what is left of a run, print the tables, and exit 1 if they are not clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", default=str(random.randrange(1 << 32)))
    parser.add_argument("--sequences", type=int, default=40, help="of right data")
    parser.add_argument("--ingests", type=int, default=9, help="of each sequence")
    parser.add_argument("--specials", type=int, default=5, help="that happen in each sequence")
    parser.add_argument("--faults", nargs="*", metavar="NAME", help="default: all; none if empty")
    parser.add_argument("--histories", type=int, default=3, help="on which each fault is planted")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after")
    parser.add_argument("--folder", type=Path, default=Path("target/bench-gates"))
    options = parser.parse_args()
    console = Console(width=160)
    console.print(f"seed {options.seed}")
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + 60 * options.minutes
    bench = Bench(options, folder, folder / f"{options.seed}.jsonl", deadline)
    for number in range(options.workers):
        copy_project(folder / f"worker-{number}" / "project")
        bench.free.put(number)
    names = list_faults() if options.faults is None else options.faults
    with ThreadPoolExecutor(options.workers) as pool:
        problems = [text for text in pool.map(bench.work, list(bench.list_tasks(names))) if text]
    results = Results(bench.results).read()
    is_bad = [show_right(console, results), show_wrong(console, results), bool(problems)]
    for problem in problems:
        console.print(problem, markup=False)
    left = len(list(bench.list_tasks(names)))
    if left:
        console.print(f"{left} tasks are left: go on with --seed {options.seed}")
    sys.exit(any(is_bad))


def list_faults() -> list[str]:
    """The names of all faults."""
    sys.path[:0] = [str(PROJECT / name) for name in IMPORTED]
    from faults import FAULTS

    return list(FAULTS)


if __name__ == "__main__":
    main()
