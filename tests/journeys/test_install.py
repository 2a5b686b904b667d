"""Somebody installs the project as one thing, with pipx or uv, and has no checkout."""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

import duckdb
import pytest

from journey import Terminal, clone


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel of a clean clone, made without a network.

    The packages that it needs are those of the tests' own environment. Python follows no .pth file
    that lies among them, so an editable install there is not seen.
    """
    folder = tmp_path_factory.mktemp("install")
    terminal = clone(folder / "clone")
    terminal.expect("python -m pip wheel --no-deps --no-build-isolation --wheel-dir ../wheel .")
    (wheel,) = (folder / "wheel").iterdir()
    venv.create(folder / "venv")
    packages = find_packages(folder / "venv")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    python = folder / "venv" / "bin" / "python"
    terminal.expect(f"python -m pip --python {python} install --no-deps --no-index {wheel}")
    return folder / "venv"


def find_packages(environment: Path) -> Path:
    """The folder of a virtual environment that packages are installed into."""
    (packages,) = environment.glob("lib/python*/site-packages")
    return packages


def list_files(folder: Path) -> dict[Path, int]:
    """Every file with the time of its last change; what Python compiles is nobody's business."""
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
    }


def test_the_sample_is_published_in_an_empty_folder(environment: Path, tmp_path: Path) -> None:
    # An empty PYTHONPATH is none: whoever tests a checkout may have set it.
    terminal = Terminal(tmp_path, environment / "bin", {"PYTHONPATH": ""})
    assert terminal.expect("tiktok-warehouse --version") == "tiktok-warehouse 0.1.0\n"
    packages = find_packages(environment)
    installed = list_files(packages)

    terminal.expect("tiktok-warehouse refresh --sample")
    published = tmp_path / "home" / "sample" / "published" / "tiktok.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        days = connection.execute("select count(*) from marts.daily_account_kpis").fetchone()
    assert days is not None
    assert days[0] > 100
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert list_files(packages) == installed, "what is installed may be read-only"

    shown = terminal.expect("tiktok-warehouse doctor --home home/sample")
    assert "project" in shown
    page = packages / "tiktok_warehouse" / "project" / "docs" / "checks.md"
    assert page.exists(), "messages name it"

    refused = terminal.type("tiktok-warehouse generate --sample")
    assert refused.returncode == 2
    assert "Name a folder" in refused.stderr
    terminal.expect("tiktok-warehouse generate --sample seeds")
    assert (tmp_path / "seeds" / "raw_accounts.csv").exists()


def test_a_log_of_ones_own_is_ingested(environment: Path, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, environment / "bin", {"PYTHONPATH": ""})
    (tmp_path / "interactions.csv").write_text(
        "interaction_id,interacted_at,video_id,interaction_type,comment_text\n"
        "1,2026-05-01,v,comment,I love this so much\n",
        encoding="utf-8",
    )
    terminal.expect("tiktok-warehouse ingest interactions.csv")
    landed = duckdb.sql(
        "select comment_sentiment_score"
        f" from read_parquet('{tmp_path}/home/raw/2*/interactions.*.parquet')"
    )
    assert landed.fetchall() == [("0.6369",)]
