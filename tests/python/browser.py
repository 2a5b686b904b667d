"""Debian's chromium, driven by playwright, and the dashboard in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
)
NEEDS_CHROMIUM = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is absent; as root, `make ci-deps` installs it on Debian"
)
# A fresh profile each; nothing in it may look for a network.
_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser that is closed afterwards."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """A page whose console, errors, dialogs and requests are written down."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path, fragment: str = "") -> Page:
        # From a blank page, as another fragment alone would not load it anew.
        self.page.goto("about:blank")
        self.page.goto(f"{path.resolve().as_uri()}#{fragment}")
        # Not wait_for_function: the page's policy forbids what that does.
        self.page.locator('html[data-ready="yes"]').wait_for(state="attached")
        return self.page

    def check(self) -> None:
        assert self.complaints == []
        inside = ("file:", "blob:", "data:", "about:")
        assert [url for url in self.requests if not url.startswith(inside)] == []
        assert len([url for url in self.requests if url.startswith("file:")]) == len(
            [url for url in self.requests if ".html" in url]
        )


def read_tiles(page: Page) -> dict[str, float | None]:
    address = page.evaluate("location.hash")
    page.locator(f'#panel[data-address="{address}"]').wait_for()
    tiles = page.locator("[data-kpi][data-value]").evaluate_all(
        "tiles => tiles.map(tile => [tile.dataset.kpi, tile.dataset.value])"
    )
    return {kpi: float(value) if value else None for kpi, value in tiles}
