"""The dashboard: its payload against SQL, and the page itself in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tiktok_warehouse import dashboard
from tiktok_warehouse.home import Home

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
)
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is absent; as root, `make ci-deps` installs it on Debian"
)
# A fresh profile each; nothing in it may look for a network.
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def marts(sample_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published database of the sample."""
    with duckdb.connect(
        str((sample_home.published / "tiktok.duckdb").resolve()), read_only=True
    ) as connection:
        yield connection


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """A page whose console, errors and requests are written down."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path, fragment: str = "") -> Page:
        self.page.goto(f"{path.resolve().as_uri()}#{fragment}")
        self.page.wait_for_function("document.documentElement.dataset.ready === 'yes'")
        return self.page


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    watched = Watched(context.new_page())
    yield watched
    context.close()
    assert watched.complaints == []
    outside = [url for url in watched.requests if not url.startswith(("file:", "blob:", "data:"))]
    assert outside == []


def find_page(home: Home) -> Path:
    return home.published / dashboard.FOLDER / dashboard.PAGE


def read_tiles(page: Page) -> dict[str, float | None]:
    tiles = page.locator("[data-kpi][data-value]").evaluate_all(
        "tiles => tiles.map(tile => [tile.dataset.kpi, tile.dataset.value])"
    )
    return {kpi: float(value) if value else None for kpi, value in tiles}


@NEEDS_CHROMIUM
def test_the_tiles_of_an_account_are_its_trailing_seven_days_in_the_mart(
    sample_home: Home, marts: duckdb.DuckDBPyConnection, watched: Watched
) -> None:
    rows: list[tuple[Any, ...]] = marts.execute(
        "select account_id, views_7d, engagement_rate_pct_7d, average_watch_seconds_7d,"
        " completion_rate_pct_7d, save_rate_pct_7d, profile_visits_7d, conversion_rate_pct_7d,"
        " followers_closing"
        " from marts.daily_account_kpis where account_role = 'own'"
        " and kpi_date = (select max(kpi_date) from marts.daily_account_kpis)"
    ).fetchall()
    assert len(rows) > 1
    names = (
        *("views", "engagement_rate_pct", "average_watch_seconds", "completion_rate_pct"),
        *("save_rate_pct", "profile_visits", "conversion_rate_pct", "followers_closing"),
    )
    for account_id, *values in rows:
        page = watched.open(find_page(sample_home), f"account={account_id}")
        assert read_tiles(page) == dict(zip(names, values, strict=True))
        page.goto("about:blank")
