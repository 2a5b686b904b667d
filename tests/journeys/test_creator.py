"""A creator downloads the zips of TikTok Studio, and looks at the numbers on a phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from browser import NEEDS_CHROMIUM, Watched, open_browser, read_tiles
from journey import Terminal, block, clone_installed
from studio_files import Studio, make_bytes, make_files, write_zips
from studio_truth import make_daily_files, make_truth

WIDTH, HEIGHT = 390, 844
LAST = date(2026, 3, 7)
# As Studio has them: nothing of the last two days, and the days of Viewers are a day late.
STUDIO = Studio(account="my.handle", exported_on=date(2026, 3, 9), lag=2, viewers_later=1)
TRUTH = make_truth("my.handle", LAST - timedelta(days=27), LAST, seed=3)
DAILY = {file.name: file for file in make_daily_files(TRUTH, STUDIO)}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Where the zips were downloaded, landed and published."""
    terminal = clone_installed(tmp_path_factory.mktemp("creator") / "clone")
    downloads = terminal.user / "Downloads"
    downloads.mkdir()
    write_zips(STUDIO, downloads, make_files(STUDIO) | DAILY)
    terminal.expect("source .venv/bin/activate")
    told = terminal.expect(block("README.md", "ingest ~/Downloads/*.zip"))
    assert "7 of 7 could be read" in told
    assert told.count("account      my.handle, by the name of its zip") == 14
    assert "The day labels of 1 Studio file of my.handle are moved by a day" in told
    assert "Published version 000001" in told
    return terminal


def find_page(terminal: Terminal) -> Path:
    return terminal.folder / "home" / "published" / "dashboard" / "index.html"


@NEEDS_CHROMIUM
def test_the_first_screen_of_a_phone_shows_the_zips_own_numbers(terminal: Terminal) -> None:
    week = [TRUTH.days[LAST - timedelta(days=back)] for back in range(7)]
    views = sum(day["video_views"] for day in week)
    engagements = sum(day[name] for day in week for name in ("likes", "comments", "shares"))
    shown = {
        "views": (views, f"{views:,}"),
        "engagement_rate_pct": (
            100 * (engagements / views),
            f"{100 * engagements / views:.2f}%",
        ),
        "followers_closing": (week[0]["followers"], f"{week[0]['followers']:,}"),
    }
    with open_browser() as browser:
        context = browser.new_context(locale="en-GB", viewport={"width": WIDTH, "height": HEIGHT})
        watched = Watched(context.new_page())
        page = watched.open(find_page(terminal))
        tiles = read_tiles(page)
        for kpi, (value, text) in shown.items():
            assert tiles[kpi] == value
            number = page.locator(f'[data-kpi="{kpi}"][data-value]').get_by_text(text, exact=True)
            place = number.bounding_box()
            assert place is not None
            assert 0 <= place["x"] < place["x"] + place["width"] <= WIDTH
            assert 0 <= place["y"] < place["y"] + place["height"] <= HEIGHT
        watched.check()


def test_the_page_can_be_written_anew_and_sent_to_somebody(terminal: Terminal) -> None:
    written = find_page(terminal).read_bytes()
    find_page(terminal).resolve().unlink()
    told = terminal.expect(block("docs/dashboard.md", "week-35.html"))
    assert told.count("Open it in a browser.") == 2
    assert find_page(terminal).read_bytes() == written
    assert (terminal.folder / "week-35.html").read_bytes() == written


def test_what_the_page_on_exports_shows_is_what_ingest_says(terminal: Terminal) -> None:
    overview = make_bytes(STUDIO, DAILY["Overview"])
    (terminal.folder / "Overview.csv").write_bytes(overview)
    told = terminal.expect(block("docs/exports.md", "--account my.handle"))
    assert told.count("Already landed: ") == 7
    assert "account      my.handle, by --account" in told
    assert "exported on  2026-03-09, by the export day that was given" in told
    # Another export, of which no zip has landed yet.
    later = replace(STUDIO, exported_on=LAST + timedelta(days=3), seed=8)
    write_zips(later, terminal.folder, {"Viewers": make_files(later)["Viewers"]})
    told = terminal.expect(block("docs/exports.md", "--shift -1"))
    assert told.count("landed as    studio_viewers (28)") == 2


def test_a_dry_run_prints_what_the_page_on_exports_shows(terminal: Terminal) -> None:
    (terminal.folder / "new").mkdir()
    write_zips(STUDIO, terminal.folder / "new", {"Overview": DAILY["Overview"]})
    told = terminal.expect("tiktok-warehouse ingest new --dry-run --home another")
    assert block("docs/exports.md", "taken for    TikTok Studio: Overview") in told
