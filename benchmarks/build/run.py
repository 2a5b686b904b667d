"""Time a whole refresh beside a hand-written script, on a generated log: ``make bench-build``.

Both read the same lake. Prints wall seconds and peak memory of each process, model seconds of dbt,
and whether the counts agree: a script that is fast and wrong is no measure.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
COUNTS = (
    "impressions",
    "reach",
    "views",
    "unique_viewers",
    "new_viewers",
    "total_watch_seconds",
    "views_with_duration",
    "completed_views",
)


def run(name: str, command: list[str]) -> None:
    """Run a command and print its wall seconds and peak memory (the largest process in it)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    shown = f"{peak / 1e6:.2f} GB" if peak > before else f"below {before / 1e6:.2f} GB"
    print(f"{name:<28} {seconds:8.1f} s   peak {shown}", flush=True)


def run_handwritten(home: Path, database: Path) -> None:
    """Run the script; its own process, so that its memory is its own."""
    script = (HERE / "handwritten.sql").read_text(encoding="utf-8")
    with duckdb.connect(str(database)) as connection:
        connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
        connection.execute(script.replace(":raw", str(home / "raw")))


def compare(home: Path, database: Path) -> None:
    """Print the totals of both sides, and how many video-days differ."""
    built = home / "build" / "warehouse.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built}' as built (read_only)")
        connection.execute(f"attach '{database}' as script (read_only)")
        columns = ", ".join(("video_id", "event_date", *COUNTS))
        differing = connection.execute(
            f"select count(*) from (select {columns} from built.marts.fct_video_daily"
            f" where impressions > 0 except select {columns} from script.video_daily)"
        ).fetchone()
        days = connection.execute("select count(*), sum(views) from script.video_daily").fetchone()
    print(f"video-days and views of the script: {days}; differing video-days: {differing}")


def main() -> None:
    """Generate, ingest, build, run the script, compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--folder", type=Path, default=Path("target/bench-build"))
    parser.add_argument("--handwritten", type=Path, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.handwritten:
        run_handwritten(*arguments.handwritten)
        return
    folder: Path = arguments.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    log, home = folder / "log", folder / "home"
    os.environ["TIKTOK_WAREHOUSE_HOME"] = str(home)
    command = [sys.executable, "-m", "tiktok_warehouse.cli"]
    script = [sys.executable, str(HERE / "run.py"), "--handwritten", str(home)]
    # The cheaper one first: the peak that the system reports only ever grows.
    run("generate", [*command, "generate", str(log), "--events", str(arguments.events)])
    run("ingest", [*command, "ingest", str(log)])
    run("hand-written script", [*script, str(folder / "handwritten.duckdb")])
    run("refresh (build, check, publish)", [*command, "refresh"])
    results = json.loads((home / "build/dbt/run_results.json").read_text(encoding="utf-8"))
    seconds = sum(r["execution_time"] for r in results["results"])
    print(f"dbt build: {results['elapsed_time']:.1f} s elapsed, {seconds:.1f} s of nodes")
    for result in sorted(results["results"], key=lambda r: -r["execution_time"])[:8]:
        print(f"  {result['execution_time']:7.1f} s  {result['unique_id']}")
    compare(home, folder / "handwritten.duckdb")


if __name__ == "__main__":
    main()
