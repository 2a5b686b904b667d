"""The dashboard's one file: template, styles, scripts, charts library and data joined.

The scripts in ``assets/js`` are ES modules. A page opened from disk cannot load one, so they are
joined into a single script, in which each is a function that gives back what it exports. The data
is gzipped and base64-encoded, which keeps the file small and lets nothing in it be read as HTML.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from tiktok_warehouse.dashboard import payload
from tiktok_warehouse.dashboard.payload import Cut
from tiktok_warehouse.errors import WarehouseError

FOLDER = "dashboard"
PAGE = "index.html"

# Above this a page is slow to send and to open, so that it holds less detail instead.
LARGEST_PAGE = 2_900_000

# Tried in turn until the page is small enough.
CUTS = (
    Cut(),
    Cut(grain_days=7),
    Cut(grain_days=28, videos=500),
    Cut(grain_days=28, videos=200, days=730),
    Cut(grain_days=28, videos=100, days=365),
    Cut(grain_days=28, videos=50, days=90),
)

ASSETS = Path(__file__).resolve().parent / "assets"
# Each stands after those that it imports from.
SCRIPTS = (
    *("format", "data", "measures", "windows", "state", "csv", "dom", "charts", "card"),
    *("tiles", "videos", "overview", "content", "retention", "funnel", "audience", "benchmarks"),
    *("trust", "main"),
)
_LIBRARY = ASSETS / "vendor" / "echarts.custom.min.js"

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const) (\w+))", re.MULTILINE)
_DATA = re.compile(r'<script type="application/octet-stream" id="data">([^<]*)</script>')
_SLOT = re.compile(r"\{\{ (\w+) \}\}")


@dataclass(frozen=True)
class Written:
    """The page that was written.

    Attributes:
        path: of the file.
        size: in bytes.
        cut: how much detail is in it.
    """

    path: Path
    size: int
    cut: Cut


def write(database: Path, path: Path, *, version: str, time_zone: str = "UTC") -> Written:
    """Write the dashboard of a published database, in one step if ``path`` exists.

    Args:
        database: a published DuckDB file.
        path: file to write; its folder is made.
        version: name of that version.
        time_zone: IANA name of the reporting time zone.

    Raises:
        OSError: no space or no access.
    """
    for cut in CUTS:
        page = render(payload.read(database, version=version, time_zone=time_zone, cut=cut))
        if len(page) <= LARGEST_PAGE:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".new-{path.name}")
    unfinished.write_bytes(page)
    unfinished.replace(path)
    return Written(path, len(page), cut)


def render(data: payload.Payload) -> bytes:
    """The whole page as UTF-8. The same payload gives the same bytes."""
    # No time of writing, so that the same data gives the same file.
    packed = base64.b64encode(gzip.compress(payload.encode(data), compresslevel=6, mtime=0))
    slots = {
        "style": (ASSETS / "style.css").read_text(encoding="utf-8"),
        "data": packed.decode("ascii"),
        "library": _read_library(),
        "script": join_scripts(),
    }
    template = (ASSETS / "template.html").read_text(encoding="utf-8")
    return _SLOT.sub(lambda slot: slots[slot[1]], template).encode()


def unpack(page: str) -> str:
    """The data of a page as JSON, for whoever has to know what is in it.

    Raises:
        ValueError: it is no dashboard.
    """
    found = _DATA.search(page)
    if found is None:
        raise ValueError("No data of a dashboard is in this page.")
    return gzip.decompress(base64.b64decode(found[1])).decode()


def join_scripts() -> str:
    """The modules as one script, each with names of its own."""
    parts = ['(() => {\n"use strict";']
    for name in SCRIPTS:
        source = (ASSETS / "js" / f"{name}.js").read_text(encoding="utf-8")
        exports = ", ".join(match[2] for match in _EXPORT.finditer(source))
        body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = module_\2;", source))
        parts.append(f"const module_{name} = (() => {{\n{body}return {{ {exports} }};\n}})();")
    return "\n".join([*parts, "})();"])


def _read_library() -> str:
    """The charts library, as its checksum has it.

    Raises:
        WarehouseError: the file is not the one that was vendored.
    """
    content = _LIBRARY.read_bytes()
    expected = _LIBRARY.with_suffix(".js.sha256").read_text(encoding="utf-8").split()[0]
    if hashlib.sha256(content).hexdigest() != expected:
        raise WarehouseError(
            f"{_LIBRARY} is not the file that {_LIBRARY.name}.sha256 names. Install the project"
            " again."
        )
    return content.decode("utf-8")
