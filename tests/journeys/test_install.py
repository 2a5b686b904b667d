"""Somebody installs the project as one thing, with pipx or uv, and has no checkout."""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest

from journey import Terminal, block, clone


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """An empty folder in which README's lines were typed. The checkout lies elsewhere."""
    folder = tmp_path_factory.mktemp("install")
    terminal = clone(folder / "clone")
    terminal.expect("python3 -m venv ../tools && ../tools/bin/pip install --quiet pipx uv")
    terminal.expect(f"export PATH=$HOME/.local/bin:{folder}/tools/bin:$PATH")
    terminal.expect("mkdir ../empty && cd ../empty")
    terminal.expect(block("README.md", "pipx install", {"--no-deps .": "--no-deps ../clone"}))
    return terminal


def test_the_sample_is_published_in_an_empty_folder(terminal: Terminal) -> None:
    (wheel,) = terminal.folder.glob("*.whl")
    assert {path.name for path in terminal.folder.iterdir()} == {"home", wheel.name}
    published = terminal.folder / "home" / "sample" / "published" / "tiktok.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        days = connection.execute("select count(*) from marts.daily_account_kpis").fetchone()
    assert days is not None
    assert days[0] > 100


def test_what_is_installed_stays_as_it_was_installed(terminal: Terminal) -> None:
    """It may be read-only. What Python compiles is nobody's business."""
    (wheel,) = terminal.folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        files = {
            name: packed.read(name)
            for name in packed.namelist()
            if name.startswith("tiktok_warehouse/")
        }
    packages = list(terminal.user.glob(".cache/uv/**/site-packages"))
    packages += terminal.user.glob(".local/**/site-packages")
    packages = [folder for folder in packages if (folder / "tiktok_warehouse").is_dir()]
    assert len(packages) >= 2, "one of uv's and one of pipx's"
    for folder in packages:
        assert {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in (folder / "tiktok_warehouse").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        } == files


def test_the_command_knows_its_version_and_where_its_pages_are(terminal: Terminal) -> None:
    assert terminal.expect("tiktok-warehouse --version") == "tiktok-warehouse 0.1.0\n"
    shown = terminal.expect("tiktok-warehouse doctor --home home/sample")
    assert "project" in shown
    (page,) = terminal.user.glob(".local/**/site-packages/tiktok_warehouse/project/docs/checks.md")
    assert page.exists(), "messages name it"


def test_the_sample_is_written_where_somebody_says(terminal: Terminal, tmp_path: Path) -> None:
    refused = terminal.type("tiktok-warehouse generate --sample")
    assert refused.returncode == 2
    assert "Name a folder" in refused.stderr
    terminal.expect(f"tiktok-warehouse generate --sample {tmp_path}/seeds")
    assert (tmp_path / "seeds" / "raw_accounts.csv").exists()


def test_a_log_of_ones_own_is_ingested(terminal: Terminal, tmp_path: Path) -> None:
    """A comment too: uv installs hard links, which NLTK refuses to read its words from."""
    (tmp_path / "interactions.csv").write_text(
        "interaction_id,interacted_at,video_id,interaction_type,comment_text\n"
        "1,2026-05-01,v,comment,I love this so much\n",
        encoding="utf-8",
    )
    terminal.expect(f"tiktok-warehouse ingest {tmp_path}/interactions.csv --home {tmp_path}/home")
    landed = duckdb.sql(
        "select comment_sentiment_score"
        f" from read_parquet('{tmp_path}/home/raw/2*/interactions.*.parquet')"
    )
    assert landed.fetchall() == [("0.6369",)]
