"""The short form of ``make bench-gates``: right data is not stopped, wrong data is.

Much of what ``benchmarks/gates/worlds.py`` knows happens in a sequence of four ingests, and the
faults are some of the cheapest, of every outcome.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tiktok_warehouse.home import PROJECT_ROOT

BENCH = PROJECT_ROOT / "benchmarks" / "gates" / "run.py"


def bench(folder: Path, *options: str) -> None:
    command = [sys.executable, str(BENCH), "--folder", str(folder), "--workers", "1", *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_right_data_is_not_stopped(tmp_path: Path) -> None:
    options = ["--seed", "ci", "--sequences", "1", "--ingests", "4", "--specials", "24"]
    bench(tmp_path, *options, "--faults")


def test_wrong_data_is_not_missed(tmp_path: Path) -> None:
    faults = (
        "a doubled account-day",
        "a vanished account",
        "views halved",
        "a rate that is not its parts",
        "a share above 100 %",
        "a file cut off",
        "watch time in milliseconds",
        "interactions twice under new ids",
    )
    bench(tmp_path, "--seed", "ci", "--sequences", "0", "--histories", "1", "--faults", *faults)
