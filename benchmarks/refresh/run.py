"""What a refresh costs, with little and with much history behind it: ``make bench-refresh``.

For each length of history: a made-up log is refreshed, then one day of new views with one percent
of late ones (by up to 30 days) on top, then a single row, then nothing. Model seconds are what dbt
measured for its models; the rest is wall time of the whole command, every check included. The day
is refreshed several times from the same start, and the medians are shown.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb

LAST_DAY = "2026-08-29"
# What people watch on the new day: the newest videos of so many accounts.
ACCOUNTS = 3
VIDEOS_OF_ACCOUNT = 15


def run(*arguments: str) -> float:
    """Run a command of the warehouse; give back its wall seconds."""
    started = time.monotonic()
    command = [sys.executable, "-m", "tiktok_warehouse.cli", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def write_day(home: Path, rows: int) -> None:
    """Offer a day of new views, and a hundredth as many late ones.

    The day is the same whatever lies behind it: as many accounts, videos and people.
    """
    target = home / "landing" / "video_views_day.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home}/published/tiktok.duckdb' as published (read_only)")
        connection.execute(
            f"""
            copy (
                with newest as (
                    select video_id
                    from published.marts.dim_videos
                    inner join published.marts.dim_accounts using (account_id)
                    where account_role = 'own'
                    qualify
                        dense_rank() over (order by account_id) <= {ACCOUNTS}
                        and row_number() over (
                            partition by account_id order by posted_at desc, video_id
                        ) <= {VIDEOS_OF_ACCOUNT}
                ),
                videos as (select list(video_id order by video_id) as ids from newest)
                select
                    'day-' || i as view_id,
                    case
                        when i < {rows} then timestamp '{LAST_DAY}' + to_days(1)
                        else timestamp '{LAST_DAY}' - to_days(cast(hash(i, 1) % 30 as integer))
                    end + to_seconds(cast(hash(i, 2) % 86400 as integer)) as viewed_at,
                    ids[cast(1 + hash(i, 3) % len(ids) as integer)] as video_id,
                    'person-' || (hash(i, 4) % {rows // 3}) as person_id,
                    'for_you' as traffic_source,
                    round(hash(i, 5) % 300 / 10.0, 1) as watch_seconds
                from range({rows + rows // 100}) as t(i), videos
            ) to '{target}' (format parquet)
            """
        )
    age(home)


def write_row(home: Path) -> None:
    """Offer one more view."""
    with duckdb.connect(str(home / "published" / "tiktok.duckdb"), read_only=True) as connection:
        (video,) = connection.execute("select min(video_id) from marts.dim_videos").fetchone() or ()
    (home / "landing" / "video_views_one.csv").write_text(
        f"view_id,viewed_at,video_id,person_id,watch_seconds\none,{LAST_DAY},{video},p,3\n", "utf-8"
    )
    age(home)


def age(home: Path) -> None:
    """Let the files in landing/ be old enough to be taken."""
    for path in (home / "landing").iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))


def model_seconds(home: Path) -> float:
    """Seconds of the models in the last run of dbt."""
    results = json.loads((home / "build" / "dbt" / "run_results.json").read_text("utf-8"))
    return float(
        sum(
            result["execution_time"]
            for result in results["results"]
            if result["unique_id"].startswith("model.")
        )
    )


def disk(home: Path) -> int:
    """Bytes on disk of everything in a home, each file counted once."""
    files = {}
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            files[status.st_ino] = status.st_blocks * 512
    return sum(files.values())


def main() -> None:
    """Generate, refresh, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="new rows of the day")
    parser.add_argument("--per-day", type=int, default=50_000, help="views per day of history")
    parser.add_argument("--histories", type=int, nargs="+", default=[30, 360], help="days")
    parser.add_argument("--repeat", type=int, default=3, help="refreshes of the day")
    parser.add_argument("--folder", type=Path, default=Path("target/bench-refresh"))
    parser.add_argument("--refreshes", type=int, default=200, help="of nothing new")
    options = parser.parse_args()
    print(
        f"{'days':>5} {'rows before':>12} {'first':>8} {'day: models':>12} {'whole':>8}"
        f" {'one row':>8} {'nothing':>8}"
    )
    seconds = {}
    for days in options.histories:
        home = options.folder.resolve() / f"home-{days}"
        shutil.rmtree(home, ignore_errors=True)
        (home / "landing").mkdir(parents=True)
        events = days * options.per_day
        run("generate", str(home / "landing"), "--events", str(events), "--days", str(days))
        age(home)
        first = run("refresh", "--home", str(home))
        start = home.with_name(f"start-{days}")
        shutil.rmtree(start, ignore_errors=True)
        home.rename(start)
        wholes, models = [], []
        for _ in range(options.repeat):
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(start, home, symlinks=True)
            write_day(home, options.rows)
            # What was copied is written to disk before anything is timed.
            os.sync()
            wholes.append(run("refresh", "--home", str(home)))
            models.append(model_seconds(home))
        shutil.rmtree(start)
        whole, seconds[days] = statistics.median(wholes), statistics.median(models)
        write_row(home)
        one = run("refresh", "--home", str(home))
        nothing = run("refresh", "--home", str(home))
        print(
            f"{days:>5} {events:>12,} {first:>8.1f} {seconds[days]:>12.1f} {whole:>8.1f}"
            f" {one:>8.1f} {nothing:>8.1f}",
            flush=True,
        )
    least, most = min(seconds), max(seconds)
    print(
        f"model seconds of the day, {most} against {least} days of history:"
        f" {seconds[most] / seconds[least]:.2f}"
    )
    home = options.folder.resolve() / f"home-{least}"
    before = disk(home)
    for _ in range(options.refreshes):
        run("refresh", "--home", str(home))
    print(
        f"disk after {options.refreshes} refreshes of the same data:"
        f" {disk(home) / before:.2f} times that of one ({before / 1e6:,.0f} MB)"
    )


if __name__ == "__main__":
    main()
