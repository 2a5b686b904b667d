"""Write docs/images/dashboard-*.png anew from a dashboard: ``make screenshots``.

The pictures are those of the sample, at a desk and on a phone, in light and dark.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

from browser import open_browser

# Width and height in CSS pixels, and how many real ones each of them has.
SIZES = {"desktop": (1440, 1180, 1), "phone": (390, 844, 2)}
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LARGEST = 300_000


def write(page_file: Path, folder: Path) -> None:
    """Write the four pictures.

    Args:
        page_file: a dashboard's index.html.
        folder: where the pictures go.

    Raises:
        ValueError: a picture is larger than the repository should hold.
    """
    with open_browser() as browser:
        for size, (width, height, scale) in SIZES.items():
            for colours in COLOURS:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    device_scale_factor=scale,
                    color_scheme=colours,
                    locale="en-GB",
                )
                page = context.new_page()
                page.goto(f"{page_file.resolve().as_uri()}#range=28")
                page.locator('html[data-ready="yes"]').wait_for(state="attached")
                if page.locator(".chart svg").count() or size == "desktop":
                    page.locator(".chart svg path").first.wait_for(state="attached")
                # The line is drawn from left to right.
                page.wait_for_timeout(1000)
                picture = folder / f"dashboard-{size}-{colours}.png"
                page.screenshot(path=picture)
                context.close()
                if picture.stat().st_size > LARGEST:
                    raise ValueError(f"{picture} is larger than {LARGEST:,} bytes.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    write(arguments.page, arguments.folder)
