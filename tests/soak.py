"""Refreshes under fire: ``make soak`` (half an hour on two idle cores).

Four parts, one scoreboard. Hostile files: 5,000 mutated and 200 bomb-like ones are offered, and
every good one beside them lands. Kills: refreshes are killed with kill -9 at every step's boundary
and at random moments; the published file is read all the time, and in the end everything equals a
rebuild. Readers: eight processes read the published file without pause through twenty refreshes
(at a lower priority, or on two cores the refreshes would take an hour).
Sequences: random sequences of ingests end in the tables of a full build (tests/python).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from itertools import chain, islice
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import duckdb

from tiktok_warehouse import cli, ledger, versions
from tiktok_warehouse.home import Home, open_home
from tiktok_warehouse.ingest import ingest_paths

PROJECT = Path(__file__).resolve().parents[1]
STEPS = ("ingest", "build", "check", "publish")

# Kills itself before or after a step: no hook in the warehouse itself.
_KILL_AT = """
import os, signal, sys
from contextlib import contextmanager
from tiktok_warehouse import cli, ledger
real = ledger.Run.step
@contextmanager
def step(self, name):
    if (name, "before") == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    with real(self, name):
        yield
    if (name, "after") == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
ledger.Run.step = step
sys.exit(cli.run(["refresh", "--home", {home!r}]))
"""


class Feed:
    """Offers files with one late view or like at a time, and knows what has to come out."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.offered = 0
        with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
            self.video = (
                connection.execute(
                    "select min(video_id) from marts.dim_videos inner join marts.dim_accounts"
                    " using (account_id) where account_role = 'own'"
                ).fetchone()
                or ("",)
            )[0]
        self.events = count_events(home)

    def offer(self) -> None:
        self.offered += 1
        row = f"soak-{self.offered},2026-08-{1 + self.offered % 28:02} 10:00:00,{self.video}"
        row += f",p{self.offered}"
        if self.offered % 3:
            entity, columns, last = "video_views", "view_id,viewed_at", "watch_seconds"
            row += ",3.5"
        else:
            entity, columns = "interactions", "interaction_id,interacted_at"
            last = "interaction_type"
            row += ",like"
        path = self.home.landing / f"{entity}_{self.offered}.csv"
        path.write_text(f"{columns},video_id,person_id,{last}\n{row}\n", "utf-8")
        os.utime(path, (time.time() - 60, time.time() - 60))


def count_events(home: Home) -> int:
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        row = connection.execute(
            "select sum(views) + sum(likes) from marts.fct_video_daily"
        ).fetchone()
    return int(row[0]) if row else 0


def read_forever(
    database: str, stop: Synchronized[int], reads: Synchronized[int], bad: Synchronized[int]
) -> None:
    """Read until told to stop; count reads, and those that failed or showed two runs at once."""
    os.nice(10)
    while not stop.value:
        try:
            with duckdb.connect(database, read_only=True) as connection:
                found = connection.execute(
                    """
                    select
                        (select sum(views) from marts.fct_video_daily
                         inner join marts.dim_accounts using (account_id)
                         where account_role = 'own')
                        = (select sum(views) from marts.daily_account_kpis
                           where account_role = 'own')
                    and (select max(run_id) from quality.refresh_runs where result = 'published')
                        = (select max_by(run_id, checked_at) from quality.check_results)
                    """
                ).fetchone()
            with reads.get_lock():
                reads.value += 1
            if found != (True,):
                with bad.get_lock():
                    bad.value += 1
        except Exception as error:  # noqa: BLE001 - whatever it was, a reader noticed
            print(f"reader: {error}", flush=True)
            with bad.get_lock():
                bad.value += 1


class Readers:
    """Processes that read the published file without pause."""

    def __init__(self, home: Home, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.stop = context.Value("i", 0)
        self.reads = context.Value("i", 0)
        self.bad = context.Value("i", 0)
        arguments = (str(home.published / "tiktok.duckdb"), self.stop, self.reads, self.bad)
        self.processes = [
            context.Process(target=read_forever, args=arguments, daemon=True) for _ in range(count)
        ]

    def __enter__(self) -> Readers:
        for process in self.processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.value = 1
        for process in self.processes:
            process.join()


def refresh(home: Home) -> None:
    command = [sys.executable, "-m", "tiktok_warehouse.cli", "refresh", "--home", str(home.root)]
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode != 0:
        raise SystemExit(f"A refresh did not heal:\n{finished.stdout}\n{finished.stderr}")


def check(what: str, is_well: bool) -> None:
    print(f"{'ok' if is_well else 'FAILED':<7} {what}", flush=True)
    if not is_well:
        raise SystemExit(1)


def soak_kills(feed: Feed, kills: int, chance: random.Random) -> None:
    home = feed.home
    feed.offer()
    started = time.monotonic()
    refresh(home)
    usual = time.monotonic() - started
    with Readers(home, 1) as readers:
        for at in [(name, when) for name in STEPS for when in ("before", "after")]:
            feed.offer()
            code = _KILL_AT.format(at=at, home=str(home.root))
            killed = subprocess.run([sys.executable, "-c", code], capture_output=True)
            check(f"killed {at[1]} {at[0]}", killed.returncode == -signal.SIGKILL)
        refresh(home)
        check(
            "after kills at 8 step boundaries nothing is missing",
            count_events(home) == feed.events + feed.offered,
        )
        survived = 0
        for number in range(kills):
            feed.offer()
            process = subprocess.Popen(
                [sys.executable, "-m", "tiktok_warehouse.cli", "refresh", "--home", str(home.root)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(0, usual))
            process.kill()
            survived += process.wait() == -signal.SIGKILL
            if number % 10 == 9:
                refresh(home)
                check(
                    f"after {number + 1} random kills nothing is missing",
                    count_events(home) == feed.events + feed.offered,
                )
        refresh(home)
    check(f"{survived} of {kills} random kills hit a run at work", survived > kills // 2)
    check(
        f"{readers.reads.value} reads meanwhile, {readers.bad.value} with an error",
        readers.bad.value == 0 and readers.reads.value > 0,
    )
    before = versions.find(home, "current").name
    assert cli.run(["refresh", "--yes-rebuild-everything", "--home", str(home.root)]) == 0
    _, differences = versions.diff(home, before, "current")
    check(f"all marts equal a rebuild: {[found.table for found in differences]}", not differences)
    results = [run.result for run in ledger.read(home)]
    print(f"        ledger: { {result: results.count(result) for result in sorted(set(results))} }")


def soak_readers(feed: Feed, refreshes: int) -> None:
    home = feed.home
    with Readers(home, 8) as readers:
        for _ in range(refreshes):
            feed.offer()
            refresh(home)
    check(
        f"{readers.reads.value} reads by 8 readers through {refreshes} refreshes,"
        f" {readers.bad.value} torn or failed",
        readers.bad.value == 0 and readers.reads.value > 0,
    )
    check("every refresh was published", count_events(home) == feed.events + feed.offered)


def soak_sequences(count: int) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "tests/python/test_touched_days.py"],
        cwd=PROJECT,
        env={**os.environ, "SOAK_SEQUENCES": str(count)},
    )
    check(
        f"{count} sequences of ingests in each of 2 zones equal full builds",
        finished.returncode == 0,
    )


def soak_hostile(folder: Path, mutated: int, bombs: int, draw: random.Random) -> None:
    sys.path.insert(0, str(PROJECT / "tests" / "python"))
    import hostile_files

    home = open_home(folder)
    files = chain(hostile_files.mutate(draw, mutated), hostile_files.make_bombs(draw, bombs))
    offered = landed = bugs = 0
    while batch := list(islice(files, 100)):
        offered += 1
        for number, (name, content) in enumerate(batch):
            (home.landing / str(number)).mkdir()
            (home.landing / str(number) / name).write_bytes(content)
        good = home.landing / "video_views-good.csv"
        good.write_text(hostile_files.GOOD + f"{offered}-good,2026-08-01,v1,1\n", "utf-8")
        for path in home.landing.rglob("*"):
            os.utime(path, (time.time() - 60, time.time() - 60))
        result = ingest_paths(home, [home.landing], taken_from_landing=True)
        landed += good.name in [file.source_file for file in result.landed]
        bugs += sum("a bug of ours" in refused.reason for refused in result.refused)
        left = [path for path in home.landing.rglob("*") if path.is_file()]
        bugs += len(left)
        shutil.rmtree(home.landing)
        home.landing.mkdir()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    check(
        f"{mutated} mutated and {bombs} bomb-like files: {landed} of {offered} good files beside"
        f" them landed, {bugs} bugs, {peak} MiB at most",
        landed == offered and not bugs,
    )


def main() -> None:
    """Run the parts and print the scoreboard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--refreshes", type=int, default=20)
    parser.add_argument("--sequences", type=int, default=2)
    parser.add_argument("--mutated", type=int, default=5000)
    parser.add_argument("--bombs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--folder", type=Path, default=Path("target/soak"))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    shutil.rmtree(options.folder, ignore_errors=True)
    hostile = options.folder.resolve() / "hostile"
    soak_hostile(hostile, options.mutated, options.bombs, random.Random(options.seed))
    home = open_home(options.folder.resolve() / "home")
    assert cli.run(["generate", str(home.landing), "--events", "3000", "--days", "28"]) == 0
    for path in home.landing.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    refresh(home)
    # One feed for both: what it offers has to be new each time.
    feed = Feed(home)
    soak_kills(feed, options.kills, random.Random(options.seed))
    soak_readers(feed, options.refreshes)
    soak_sequences(options.sequences)


if __name__ == "__main__":
    main()
