"""Invented TikTok Studio exports in the shapes of real ones, with a knob for each trap.

Nothing here comes from an account: handles, titles and numbers are made up from a seed. ``rows`` of
each file is what a reader must give back.
"""

from __future__ import annotations

import csv
import io
import os
import random
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from babel.dates import format_skeleton

from tiktok_warehouse.sources.export_file import ExportFile

HEADERS: dict[str, tuple[str, ...]] = {
    "Overview": ("Date", "Video Views", "Profile Views", "Likes", "Comments", "Shares"),
    "Viewers": ("Date", "Total Viewers", "New Viewers", "Returning Viewers"),
    "FollowerHistory": ("Date", "Followers", "Difference in followers from previous day"),
    "FollowerActivity": ("Date", "Hour", "Active followers"),
    "FollowerGender": ("Gender", "Distribution"),
    "FollowerTopTerritories": ("Top territories", "Distribution"),
    "Content": (
        "Time",
        "Video title",
        "Video link",
        "Post time",
        "Total likes",
        "Total comments",
        "Total shares",
        "Total views",
    ),
}
PORTUGUESE: dict[str, tuple[str, ...]] = {
    "Overview": (
        "Data",
        "Visualizações de vídeos",
        "Visualizações do perfil",
        "Curtidas",
        "Comentários",
        "Compartilhamentos",
    ),
    "FollowerGender": ("Gênero", "Distribuição"),
}
ZIPS = {
    "Overview": "Overview",
    "Viewers": "Viewers",
    "FollowerHistory": "Followers",
    "FollowerActivity": "Followers",
    "FollowerGender": "Followers",
    "FollowerTopTerritories": "Followers",
    "Content": "Content",
}

BUSINESS_DAYS = tuple(date(2026, 2, 1) + timedelta(days=day) for day in range(4))
BUSINESS_OVERVIEW = (
    *("Date", "Video views", "Reached audience", "Profile views", "Likes", "Shares", "Comments"),
    *("Website clicks", "Phone number clicks", "Lead submissions", "App download clicks"),
    *("Net growth", "New followers", "Lost followers"),
)
BUSINESS_AUDIENCE = (
    *("Date", "New followers", "Total followers", "Reached audience", "Engaged audience"),
)
BUSINESS_VIDEO = (
    *("Video title", "Video link", "Post time", "Video views", "Likes", "Comments", "Shares"),
    "Add to Favorites",
)
# Uploaded on 2026-01-30.
BUSINESS_VIDEO_ID = (int(datetime(2026, 1, 30, 5, 16, tzinfo=UTC).timestamp()) << 32) + 7

Row = dict[str, str | None]


@dataclass(frozen=True)
class Studio:
    """One export, as it is to be written.

    Attributes:
        account: whose it is.
        exported_on: the day of the export.
        language: of the day labels.
        days: how long the windows are.
        lag: how many days before the export the last Overview and FollowerHistory rows lie.
        labels_later: days by which all labels of the export are too late.
        viewers_later: days by which those of Viewers alone are.
        undefined: how many rows at the start of Viewers and FollowerHistory are ``undefined``.
        difference: whether the difference in a row is to the ``next`` or the ``previous`` day.
        posts: how many videos Content has.
        header_only: files without rows.
        gap: a row of Overview that is missing, from 0.
        double: a row of Overview that is there twice, from 0.
        headers: other headers than the English ones, by file.
        bom, encoding, line_end, final_newline, delimiter: how a CSV is written.
        xlsx: whether workbooks are written.
        years: whether labels are written as YYYY-MM-DD.
        seed: of the numbers.
    """

    account: str = "mira.bakes_bread"
    exported_on: date = date(2026, 3, 9)
    language: str = "en"
    days: int = 28
    lag: int = 2
    labels_later: int = 0
    viewers_later: int = 1
    undefined: int = 0
    difference: str = "next"
    posts: int = 5
    header_only: frozenset[str] = frozenset()
    gap: int | None = None
    double: int | None = None
    headers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bom: bool = True
    encoding: str = "utf-8"
    line_end: str = "\n"
    final_newline: bool = False
    delimiter: str = ","
    xlsx: bool = False
    years: bool = False
    seed: int = 7

    @property
    def made_at(self) -> datetime:
        """When its zips were written, UTC."""
        return datetime.combine(self.exported_on, time(10, 30), UTC)


@dataclass(frozen=True)
class Written:
    """A file as cells, and the rows that a reader must give back."""

    name: str
    header: tuple[str, ...]
    cells: list[tuple[str, ...]]
    rows: list[Row]


def make_label(day: date, language: str) -> str:
    """A day and its month's name, as CLDR writes it in a language."""
    return str(format_skeleton("MMMMd", day, locale=language))


def make_files(studio: Studio) -> dict[str, Written]:
    """The seven files of an export."""
    numbers = random.Random(studio.seed)
    last = studio.exported_on - timedelta(days=studio.lag) + timedelta(days=studio.labels_later)
    days = [last - timedelta(days=back) for back in range(studio.days - 1, -1, -1)]
    later = [day + timedelta(days=studio.viewers_later) for day in days]
    written = [
        _daily(studio, "Overview", days, _overview_values(numbers, len(days))),
        _daily(studio, "Viewers", later, _viewers_values(studio, numbers, len(days))),
        _daily(studio, "FollowerHistory", days, _follower_values(studio, numbers, len(days))),
        _activity(studio, days[-8:], numbers),
        _shares(studio, "FollowerGender", "gender", ("Male", "Female", "Other")),
        _shares(studio, "FollowerTopTerritories", "territory", ("BR", "PT", "Others")),
        _content(studio, numbers),
    ]
    return {file.name: _damaged(studio, file) for file in written}


def _label(studio: Studio, day: date) -> str:
    return day.isoformat() if studio.years else make_label(day, studio.language)


_MEASURES = {
    "Overview": ("video_views", "profile_views", "likes", "comments", "shares"),
    "Viewers": ("total_viewers", "new_viewers", "returning_viewers"),
    "FollowerHistory": ("followers",),
}


def _daily(
    studio: Studio, name: str, days: Sequence[date], values: Sequence[tuple[str, ...]]
) -> Written:
    cells = [(_label(studio, day), *row) for day, row in zip(days, values, strict=True)]
    rows: list[Row] = []
    for day, row in zip(days, values, strict=True):
        known = "undefined" not in [value.lower() for value in row]
        read = dict(zip(_MEASURES[name], row, strict=False))
        measures = {measure: value if known else None for measure, value in read.items()}
        rows.append({"event_date": day.isoformat(), **measures})
    return Written(name, _header(studio, name), cells, rows)


def _header(studio: Studio, name: str) -> tuple[str, ...]:
    return studio.headers.get(name, HEADERS[name])


def _overview_values(numbers: random.Random, count: int) -> list[tuple[str, ...]]:
    return [
        (
            str(numbers.randrange(200_000)),
            str(numbers.randrange(900)),
            # Net of likes taken back, so a day may have fewer than none.
            str(numbers.randrange(-20, 9_000)),
            str(numbers.randrange(80)),
            str(numbers.randrange(60)),
        )
        for _ in range(count)
    ]


def _viewers_values(studio: Studio, numbers: random.Random, count: int) -> list[tuple[str, ...]]:
    values: list[tuple[str, ...]] = []
    for at in range(count):
        new, back = numbers.randrange(90_000), numbers.randrange(9_000)
        undefined = at < studio.undefined
        values.append(
            ("undefined", "0", "0") if undefined else (str(new + back), str(new), str(back))
        )
    return values


def _follower_values(studio: Studio, numbers: random.Random, count: int) -> list[tuple[str, ...]]:
    levels = [1_000]
    for _ in range(count + 1):
        levels.append(levels[-1] + numbers.randrange(-3, 40))
    shift = 1 if studio.difference == "next" else 0
    values: list[tuple[str, ...]] = []
    for at in range(1, count + 1):
        difference = levels[at + shift] - levels[at + shift - 1]
        undefined = at <= studio.undefined
        values.append(("UNDEFINED", "0") if undefined else (str(levels[at]), str(difference)))
    return values


def _activity(studio: Studio, days: Sequence[date], numbers: random.Random) -> Written:
    cells: list[tuple[str, ...]] = []
    rows: list[Row] = []
    for day in days:
        for hour in range(24):
            active = str(numbers.randrange(500))
            cells.append((_label(studio, day), str(hour), active))
            rows.append(
                {"event_date": day.isoformat(), "hour": str(hour), "active_followers": active}
            )
    return Written("FollowerActivity", _header(studio, "FollowerActivity"), cells, rows)


def _shares(studio: Studio, name: str, column: str, groups: Sequence[str]) -> Written:
    shares = ("0.56", "0.4", "0.04")
    cells = list(zip(groups, shares, strict=True))
    rows: list[Row] = [{column: group, "distribution": share} for group, share in cells]
    return Written(name, _header(studio, name), [tuple(cell) for cell in cells], rows)


def make_video_id(moment: datetime, serial: int = 0) -> str:
    """An id that holds a time in its upper 32 bits, as TikTok's do."""
    return str((int(moment.timestamp()) << 32) + serial)


def _content(studio: Studio, numbers: random.Random) -> Written:
    cells: list[tuple[str, ...]] = []
    rows: list[Row] = []
    for at in range(studio.posts):
        posted = studio.made_at - timedelta(days=3 + 5 * at, minutes=numbers.randrange(600))
        video = make_video_id(posted, at)
        label = make_label(posted.date(), studio.language)
        title = f'Loaf "{at}", with, commas\nand a line'
        values = tuple(str(numbers.randrange(10_000)) for _ in range(4))
        link = f"https://www.tiktok.com/@{studio.account}/video/{video}?lang=en"
        cells.append((_label(studio, studio.exported_on), title, link, label, *values))
        rows.append(
            {
                "video_id": video,
                "captured_date": studio.exported_on.isoformat(),
                "title": title,
                "posted_label": label,
                "posted_on": posted.date().isoformat(),
                "posted_at": f"{posted:%Y-%m-%d %H:%M:%S}Z",
                **dict(zip(("likes", "comments", "shares", "views"), values, strict=True)),
                "favorites": None,
            }
        )
    return Written("Content", _header(studio, "Content"), cells, rows)


def _damaged(studio: Studio, file: Written) -> Written:
    cells, rows = list(file.cells), list(file.rows)
    if file.name in studio.header_only:
        cells, rows = [], []
    if file.name == "Overview" and studio.gap is not None:
        del cells[studio.gap], rows[studio.gap]
    if file.name == "Overview" and studio.double is not None:
        cells.insert(studio.double, cells[studio.double])
        rows.insert(studio.double, rows[studio.double])
    return Written(file.name, file.header, cells, rows)


# --- bytes -----------------------------------------------------------------------------------


def make_csv(studio: Studio, header: Iterable[str], cells: Iterable[Sequence[str]]) -> bytes:
    """A CSV as Studio writes it: every field quoted, no line end after the last row."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        quoting=csv.QUOTE_ALL,
        lineterminator=studio.line_end,
        delimiter=studio.delimiter,
    )
    writer.writerow(list(header))
    writer.writerows(cells)
    content = text.getvalue()
    if not studio.final_newline:
        content = content.removesuffix(studio.line_end)
    if studio.encoding == "utf-8":
        return (b"\xef\xbb\xbf" if studio.bom else b"") + content.encode()
    return content.encode(studio.encoding)


def make_xlsx(name: str, header: Iterable[str], cells: Iterable[Sequence[object]]) -> bytes:
    """A workbook of one sheet named like the file."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(name)
    sheet.append(list(header))
    for row in cells:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def make_bytes(studio: Studio, file: Written) -> bytes:
    """A file as it lies on disk."""
    if studio.xlsx:
        return make_xlsx(file.name, file.header, file.cells)
    return make_csv(studio, file.header, file.cells)


def name_zip(studio: Studio, file: str) -> str:
    """The name of the zip that a file comes in; no part of it is the time of the export."""
    if ZIPS[file] != "Overview":
        return f"{ZIPS[file]}_{studio.account}.zip"
    end = datetime.combine(studio.exported_on - timedelta(days=studio.lag), time(23, 59, 59), UTC)
    start = end.date() - timedelta(days=studio.days - 1)
    return f"Overview_{start.isoformat()}_{int(end.timestamp())}_{studio.account}.zip"


def write_unzipped(
    studio: Studio, folder: Path, *, zipped: bool = True, prefix: str = ""
) -> dict[str, ExportFile]:
    """The files of an export as a reader is given them.

    Args:
        studio: the export.
        folder: where they are written.
        zipped: whether they say that they came out of Studio's zips.
        prefix: put before their names, such as ``"@handle/"``.
    """
    suffix = "xlsx" if studio.xlsx else "csv"
    files = {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in make_files(studio).items():
        path = folder / f"{name}.{suffix}"
        path.write_bytes(make_bytes(studio, file))
        os.utime(path, (studio.made_at.timestamp(),) * 2)
        files[name] = ExportFile(
            name=f"{prefix}{name}.{suffix}",
            path=path,
            modified=studio.made_at,
            zip_name=name_zip(studio, name) if zipped else None,
        )
    return files


def write_zips(
    studio: Studio, folder: Path, files: Mapping[str, Written] | None = None
) -> list[Path]:
    """The four zips of an export; of other files than its own, if they are given."""
    suffix = "xlsx" if studio.xlsx else "csv"
    paths: dict[str, Path] = {}
    for name, file in (files or make_files(studio)).items():
        path = paths.setdefault(name_zip(studio, name), folder / name_zip(studio, name))
        # A zip's own times name no zone, and are read as this machine's.
        local = studio.made_at.astimezone()
        info = zipfile.ZipInfo(f"{name}.{suffix}", local.timetuple()[:6])
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(info, make_bytes(studio, file))
    return list(paths.values())


def make_business_files() -> dict[str, bytes]:
    """A business account's downloads, by name: years, another order, ``NaN`` for the unknown."""
    days = [f"{day:%Y/%m/%d}" for day in BUSINESS_DAYS]
    link = "https://www.tiktok.com/@brand.suite/video/{}"
    tables: dict[str, tuple[tuple[str, ...], list[tuple[object, ...]]]] = {
        "TT_Overview.csv": (
            BUSINESS_OVERVIEW,
            [
                (day, 1000 + n, 800 + n, 20, 50, 3, 4, n, 2, 1, 5, 7, 10, 3)
                for n, day in enumerate(days)
            ],
        ),
        "TT_Audience.csv": (
            BUSINESS_AUDIENCE,
            [(day, 10, 5007 + 7 * n, 800 + n, "NaN" if n else 60) for n, day in enumerate(days)],
        ),
        "TT_Video.csv": (
            BUSINESS_VIDEO,
            [
                *[("clip", link.format(BUSINESS_VIDEO_ID), "2026/02/03 18:30:00", 5, 4, 3, 2, 9)],
                (
                    "clip",
                    link.format(BUSINESS_VIDEO_ID + 1),
                    "2026/01/30 23:30:00",
                    5,
                    4,
                    3,
                    2,
                    "NaN",
                ),
            ],
        ),
    }
    return {
        name: make_csv(Studio(), header, [tuple(map(str, row)) for row in rows])
        for name, (header, rows) in tables.items()
    }
