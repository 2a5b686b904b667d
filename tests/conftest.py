"""What the tests of all folders share."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dbt_runs
from tiktok_warehouse import cli, generate, offers, transform
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home
from tiktok_warehouse.people import SECRET_VARIABLE

# Real data beside a maintainer's checkout. Its licence keeps it out of the project.
SHARED_DATA = PROJECT_ROOT.parent / "shared" / "data"
SHARED_IS_ABSENT = "../shared/data is absent"
MOUNTING_IS_REFUSED = "this user may not mount a file system, so none can be filled"


@pytest.fixture(scope="session", autouse=True)
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What dbt has parsed for one home serves the others, those of the other workers too."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "parsed"
    folder.mkdir(exist_ok=True)
    run = transform.DbtProcess.run

    def run_parsed(
        self: transform.DbtProcess, home: Home, arguments: list[str], *rest: Any, **settings: Any
    ) -> tuple[int, list[str]]:
        with dbt_runs.parsed_once(PROJECT_ROOT, arguments):
            return run(self, home, arguments, *rest, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(dbt_runs.PARSED_VARIABLE, str(folder))
        patch.setattr(transform.DbtProcess, "run", run_parsed)
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home with no key in the environment, whose landing folder is not waited for."""
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)
    return open_home(tmp_path / "home")


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the sample built, checked and published."""
    root = tmp_path_factory.mktemp("sample")
    assert cli.run(["refresh", "--sample", "--home", str(root)]) == 0
    return open_home(root)


@pytest.fixture(scope="session")
def sample_build(sample_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The sample's build database, read-only."""
    with duckdb.connect(str(sample_home.database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def refreshed_once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose lake holds a small made-up log, refreshed once. Copied, never changed."""
    root = tmp_path_factory.mktemp("lake") / "home"
    home = open_home(root)
    generate.generate_log(home.landing, events=3000, days=12, file_format="parquet", seed=3)
    for path in home.landing.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    assert cli.run(["refresh", "--home", str(root)]) == 0
    return home


@pytest.fixture
def lake_home(refreshed_once: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)
    shutil.copytree(refreshed_once.root, tmp_path / "home", symlinks=True)
    return open_home(tmp_path / "home")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory: it can be filled, and mounted read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip(MOUNTING_IS_REFUSED)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


# They build warehouses, for minutes, the longest first. Begun last, one of them would keep one
# worker busy alone.
SLOW_MODULES = (
    *("test_refresh", "test_canary", "test_forget", "test_gates", "test_planted_truths"),
    *("test_data_trust", "test_dashboard", "test_oracle", "test_touched_days", "test_kuairand"),
    *("test_cli", "test_export_marts", "test_validate", "test_semantic_layer", "test_sentiment"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    places = {name: place for place, name in enumerate(SLOW_MODULES)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def _may_be_skipped(report: pytest.TestReport) -> bool:
    return any(reason in str(report.longrepr) for reason in (SHARED_IS_ABSENT, MOUNTING_IS_REFUSED))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI a skipped test is a failure, unless it skips for what a machine may well lack."""
    if not os.environ.get("CI"):
        return
    for report in terminalreporter.stats.get("skipped", []):
        if not _may_be_skipped(report):
            terminalreporter.write_line(f"Skipped in CI: {report.nodeid}: {report.longrepr}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn such a skip into a red run. Workers report to the controller, which decides."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None or hasattr(session.config, "workerinput"):
        return
    skipped = reporter.stats.get("skipped", [])
    if exitstatus == pytest.ExitCode.OK and any(not _may_be_skipped(report) for report in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
