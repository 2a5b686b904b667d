"""A scheduler types one line of a crontab for years, whatever happens on the machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from journey import Terminal, block, clone_installed, count_views, offer_views

SCHEDULE = re.compile(r"([\d*/,-]+\s+){5}")


class Cron:
    """A crontab of one line: README's, for a home."""

    def __init__(self, terminal: Terminal, home: Path) -> None:
        """Read the line."""
        self.terminal = terminal
        self.home = home
        places = {"/srv/tiktok-warehouse": str(terminal.folder), "/srv/homes/my-client": str(home)}
        line = block("README.md", "5 * * * *", places)
        schedule = SCHEDULE.match(line)
        assert schedule is not None
        self.command = line[schedule.end() :]

    def start(self) -> subprocess.Popen[str]:
        """Do what cron does: sh, in the home folder, with next to nothing set."""
        user = str(self.terminal.user)
        few = {"HOME": user, "LOGNAME": "me", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
        return subprocess.Popen(
            ["/bin/sh", "-c", self.command],
            cwd=user,
            env=few,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> tuple[int, str]:
        """Its exit code, and what cron would mail."""
        process = self.start()
        told, _ = process.communicate()
        print(f"# {self.command}{told}")
        return process.returncode, told

    def list_runs(self) -> list[tuple[str, int | None]]:
        """Result and exit code of the runs that ``status`` knows, newest last."""
        told = self.terminal.expect(f"tiktok-warehouse status --json --home {self.home}")
        return [(run["result"], run["exit_code"]) for run in reversed(json.loads(told)["runs"])]


@pytest.fixture(scope="module")
def cron(tmp_path_factory: pytest.TempPathFactory) -> Cron:
    """A crontab whose home has a log of twelve days, which its first run has published."""
    terminal = clone_installed(tmp_path_factory.mktemp("cron") / "clone")
    home = terminal.user / "homes" / "my-client"
    terminal.expect("source .venv/bin/activate")
    terminal.expect(f"tiktok-warehouse init --home {home}")
    terminal.expect(f"tiktok-warehouse generate {home}/landing --events 1000 --days 12")
    cron = Cron(terminal, home)
    code, told = cron.run()
    assert code == 0
    assert "Published version 000001" in told
    return cron


def test_with_nothing_new_it_ends_and_publishes_nothing(cron: Cron) -> None:
    code, told = cron.run()
    assert code == 0
    assert "Nothing new" in told
    assert "Published version" not in told


def test_of_two_at_once_one_steps_back_and_after_a_kill_the_next_one_heals(cron: Cron) -> None:
    views = count_views(cron.home)
    offer_views(cron.terminal, cron.home, "2026-08-25 10:00:00")
    progress = cron.home / "build" / "dbt" / "manifest.json"
    before = progress.stat().st_mtime_ns
    first = cron.start()
    while progress.stat().st_mtime_ns == before:
        assert first.poll() is None
        time.sleep(0.05)
    code, told = cron.run()
    assert code == 4
    named = re.search(r"Another run is at work on .*: 'refresh', process (\d+), since", told)
    assert named is not None
    cron.terminal.expect(f"kill -9 {named[1]}")
    first.communicate()
    assert first.returncode == 128 + 9
    assert count_views(cron.home) == views
    assert cron.run()[0] == 0
    assert count_views(cron.home) == views + 1
    assert cron.list_runs()[-2:] == [("killed", None), ("published", 0)]


def test_on_a_full_disk_it_says_so_and_once_there_is_room_it_heals(
    cron: Cron, small_disk: Path
) -> None:
    shutil.copytree(cron.home, small_disk / "home", symlinks=True)
    home = small_disk / "home"
    full = Cron(cron.terminal, home)
    views = count_views(home)
    offer_views(cron.terminal, home, "2026-08-26 10:00:00")
    cron.terminal.type(f"dd if=/dev/zero of={small_disk}/filler bs=100k")
    code, told = full.run()
    assert code == 5
    assert "No space left on device" in told
    assert "What was published before is untouched" in told
    cron.terminal.expect(f"tiktok-warehouse status --home {home}")
    assert count_views(home) == views
    cron.terminal.expect(f"rm {small_disk}/filler")
    assert full.run()[0] == 0
    assert count_views(home) == views + 1


def test_a_feed_that_falls_silent_is_published_and_seen(cron: Cron) -> None:
    """Views come for ten days more, and nothing else does."""
    days = [f"2026-09-{day:02} 10:00:00" for day in range(1, 11)]
    offer_views(cron.terminal, cron.home, *days)
    code, told = cron.run()
    assert code == 0
    assert "Published version" in told
    trust = cron.terminal.expect(
        f"tiktok-warehouse query --csv --home {cron.home} 'select distinct verdict,"
        " silent_since < event_date - 3 from quality.data_trust where source = $$event_log$$"
        " and event_date >= $$2026-09-02$$ and account_id <> $$(unknown)$$'"
    )
    assert trust.splitlines()[1:] == ["incomplete,true"]
