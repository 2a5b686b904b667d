"""TikTok Studio's downloads: small files about one account, a business account's among them.

A file is recognised by its header, in any language that ``studio_headers.csv`` lists; one line
there teaches a new name. What the files leave unsaid, whose they are and which year their days lie
in, comes from around them (see ``studio_evidence``). Values leave as the text that the raw contract
wants; a row with a value that cannot be one keeps its place, with the reason in ``_malformed``.

Traps that are handled here: ``undefined`` makes all measures of its row unknown, also the zeros
beside it; the daily difference in followers is left out, because its direction changes from export
to export; the day of a post is the file's, because the time in a video's id is that of the upload,
which may be days before a post that was scheduled: it gives the year, and the clock where both name
one day.
What a table of days has beyond Overview's columns (a business account's reached people, followers
and clicks) becomes rows of an entity of its own.
Traps that are left for the models, which see several exports: labels that are shifted by a day.
"""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import cast

import pyarrow as pa

from tiktok_warehouse.archives import printable
from tiktok_warehouse.entities import Entity
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.readers import MALFORMED, SOURCE_ROW
from tiktok_warehouse.sources import studio_evidence as evidence_of
from tiktok_warehouse.sources.export_file import ExportFile, Part
from tiktok_warehouse.sources.studio_dates import read_day_of_post, read_labels
from tiktok_warehouse.sources.studio_evidence import Dated, Evidence
from tiktok_warehouse.sources.studio_tables import Record, Table, read_headers, read_table, refuse
from tiktok_warehouse.sources.studio_values import (
    Value,
    is_undefined,
    read_count,
    read_count_or_nan,
    read_hour,
    read_post_time,
    read_posted_at,
    read_share,
    read_video_id,
)
from tiktok_warehouse.sources.text_values import HANDLE_IN_LINK

# Part of what makes a file "already landed": raise it whenever the same bytes would give other
# rows.
PARSER_VERSION = "2"

# How many malformed rows a message names.
_MOST_PROBLEMS = 3

_Row = dict[str, str | None]


@dataclass(frozen=True)
class Kind:
    """One of Studio's files.

    Attributes:
        name: as Studio calls it, without its ending.
        entity: what its rows are.
        date_column: the column of its day label; None for a file without one.
        measures: its columns that ``undefined`` makes unknown, and how each is read.
        texts: its other columns, as ``studio_headers.csv`` calls them.
        left_out: a column of it that is not read, on purpose.
        optional: measures that it may have.
        more: what the rows of its optional measures are; None for those of ``entity``.
    """

    name: str
    entity: Entity
    date_column: str | None
    measures: Mapping[str, Callable[[str], Value]]
    texts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    optional: Mapping[str, Callable[[str], Value]] = field(default_factory=dict)
    more: Entity | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that it must have, as ``studio_headers.csv`` calls them."""
        dates = (self.date_column,) if self.date_column else ()
        return (*dates, *self.texts, *self.measures, *self.left_out)


@dataclass(frozen=True)
class StudioRead:
    """What a file of TikTok Studio gave.

    Attributes:
        kind: which file it is.
        languages: codes of those in which its days can be read; empty without days.
        account: the handle, in small letters.
        account_evidence: what says whose it is.
        window: first and last day of its rows; None without rows or days.
        exported_on: the day of the export as near as it is known; None only without rows.
        year_evidence: what its years rest on, or, without days, its export day.
        export_evidence: what the day of the export rests on; None where that is not known.
        left_out: columns of the file that are not in the rows.
        malformed_rows: how many rows could not be read; ``_malformed`` says why.
        parts: the rows of each entity; beside the entity's columns and ``_source_row`` they have
            ``_malformed``. A malformed row stands in the first alone.
    """

    kind: Kind
    languages: tuple[str, ...]
    account: str
    account_evidence: str
    window: tuple[date, date] | None
    exported_on: date | None
    year_evidence: str | None
    export_evidence: str | None
    left_out: tuple[str, ...]
    malformed_rows: int
    parts: tuple[Part, ...]


def _entity(name: str, *columns: str, is_movable: bool = False) -> Entity:
    required = ("account_handle", *columns)
    optional = ("exported_on", "asked_shift_days") if is_movable else ("exported_on",)
    return Entity(name=name, required=required, optional=optional, timestamps=())


# What a business account is told of a day, and Studio's own files do not say beside it.
_BUSINESS_COUNTS = (
    *("followers", "new_followers", "lost_followers", "reached_audience", "engaged_audience"),
    *("website_clicks", "phone_number_clicks", "email_clicks", "address_clicks"),
    *("lead_submissions", "app_download_clicks"),
)
BUSINESS_DAYS = _entity(
    "studio_business_days", "event_date", "file_kind", *_BUSINESS_COUNTS, is_movable=True
)
OVERVIEW = Kind(
    name="Overview",
    entity=_entity(
        "studio_overview",
        "event_date",
        "video_views",
        "profile_views",
        "likes",
        "comments",
        "shares",
        is_movable=True,
    ),
    date_column="date",
    measures=dict.fromkeys(
        ("video_views", "profile_views", "likes", "comments", "shares"), read_count_or_nan
    ),
    optional=dict.fromkeys(_BUSINESS_COUNTS, read_count_or_nan),
    more=BUSINESS_DAYS,
)
AUDIENCE = Kind(
    name="Audience",
    entity=BUSINESS_DAYS,
    date_column="date",
    measures=dict.fromkeys(("followers", "reached_audience"), read_count_or_nan),
    optional=dict.fromkeys(
        ("new_followers", "lost_followers", "engaged_audience"), read_count_or_nan
    ),
)
VIEWERS = Kind(
    name="Viewers",
    entity=_entity(
        "studio_viewers",
        "event_date",
        "total_viewers",
        "new_viewers",
        "returning_viewers",
        is_movable=True,
    ),
    date_column="date",
    measures=dict.fromkeys(("total_viewers", "new_viewers", "returning_viewers"), read_count),
)
FOLLOWER_HISTORY = Kind(
    name="FollowerHistory",
    entity=_entity("studio_follower_history", "event_date", "followers", is_movable=True),
    date_column="date",
    measures={"followers": read_count},
    left_out=("difference",),
)
FOLLOWER_ACTIVITY = Kind(
    name="FollowerActivity",
    entity=_entity("studio_follower_activity", "event_date", "hour", "active_followers"),
    date_column="date",
    measures={"active_followers": read_count},
    texts=("hour",),
)
FOLLOWER_GENDER = Kind(
    name="FollowerGender",
    entity=_entity("studio_follower_gender", "gender", "distribution"),
    date_column=None,
    measures={"distribution": read_share},
    texts=("gender",),
)
FOLLOWER_TERRITORIES = Kind(
    name="FollowerTopTerritories",
    entity=_entity("studio_follower_territories", "territory", "distribution"),
    date_column=None,
    measures={"distribution": read_share},
    texts=("territory",),
)
CONTENT = Kind(
    name="Content",
    entity=_entity(
        "studio_content",
        "video_id",
        "captured_date",
        "title",
        "posted_label",
        "posted_on",
        "posted_at",
        "likes",
        "comments",
        "shares",
        "views",
        "favorites",
    ),
    date_column="captured",
    measures=dict.fromkeys(("likes", "comments", "shares", "views"), read_count),
    texts=("title", "link", "posted_label"),
)
# A business account's list of videos has no day of its own: its totals are of the export's day.
VIDEO = Kind(
    name="Video",
    entity=CONTENT.entity,
    date_column=None,
    measures=dict.fromkeys(("likes", "comments", "shares", "views"), read_count_or_nan),
    texts=("title", "link", "posted_label"),
    optional={"favorites": read_count_or_nan},
)
KINDS = (
    OVERVIEW,
    VIEWERS,
    FOLLOWER_HISTORY,
    FOLLOWER_ACTIVITY,
    FOLLOWER_GENDER,
    FOLLOWER_TERRITORIES,
    CONTENT,
    AUDIENCE,
    VIDEO,
)
STUDIO_ENTITIES = tuple(
    dict.fromkeys(entity for kind in KINDS for entity in (kind.entity, kind.more) if entity)
)


# --- recognising -----------------------------------------------------------------------------


def recognise(file: ExportFile) -> Kind | None:
    """Which of Studio's files this is, by its header alone; None if it is none of them.

    Further columns beside the known ones do not matter. Reads 64 KiB of a text file.

    Raises:
        OSError: the file cannot be read.
    """
    found = _recognise(file)
    return found[0] if found else None


def _recognise(file: ExportFile) -> tuple[Kind, tuple[str, ...]] | None:
    best: tuple[Kind, tuple[str, ...]] | None = None
    for header in read_headers(file):
        for kind in KINDS:
            places = _find_columns(kind, header)
            if places and (best is None or len(kind.columns) > len(best[0].columns)):
                best = (kind, header)
    return best


def _find_columns(kind: Kind, header: Sequence[str]) -> dict[str, int] | None:
    """Where a kind's columns stand in a header; None if one is missing or stands there twice.

    An optional one that stands there twice is not read: nothing says which one counts.
    """
    aliases = _aliases()[kind.name]
    columns = [aliases.get(_fold(name)) for name in header]
    times = Counter(columns)
    if any(times[column] != 1 for column in kind.columns):
        return None
    return {
        column: place
        for place, column in enumerate(columns)
        if column is not None and times[column] == 1
    }


@lru_cache(maxsize=1)
def _aliases() -> dict[str, dict[str, str]]:
    """For each file its column by the folded header."""
    aliases: dict[str, dict[str, str]] = {kind.name: {} for kind in KINDS}
    listed = resources.files("tiktok_warehouse.sources").joinpath("studio_headers.csv")
    for row in csv.DictReader(listed.read_text("utf-8").splitlines()):
        # English comes first, and the first meaning of a name counts.
        aliases[row["file"]].setdefault(_fold(row["alias"]), row["column"])
    return aliases


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    # A Turkish İ in small letters is an i with a dot above it.
    plain = plain.replace("i\u0307", "i").replace("\u2019", "'")
    kept = (c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join("".join(kept).split())


# --- reading ---------------------------------------------------------------------------------


def read(
    file: ExportFile,
    *,
    account: str | None,
    exported_on: date | None,
    siblings: Sequence[ExportFile],
    today: date,
    shift_days: int | None = None,
) -> StudioRead:
    """Read one of Studio's files.

    Args:
        file: a file that ``recognise`` knows.
        account: whose it is, where the names around it do not say.
        exported_on: the day of its export, where the caller knows it.
        siblings: the other files of the same export, for what they say about its day; ``file``
            itself may be among them.
        today: no evidence lies after it.
        shift_days: by how many days its labels are to be moved, whatever other exports say; None
            leaves that to the evidence. Only of files with a row a day.

    Returns:
        Its rows and what they rest on.

    Raises:
        RefusedFile: it is none of Studio's files, damaged, of no known account or year, or of two;
            it skips or repeats a day.
        OSError: a file cannot be read.
    """
    found = _recognise(file)
    if found is None:
        refuse(file, "is no file of TikTok Studio, by its columns.")
    kind, header = found
    handle, account_evidence = find_account(file, account, siblings)
    table = read_table(file, header)
    places = _find_columns(kind, table.header)
    if places is None:
        refuse(file, "has another header than it began with. Download it again.")
    evidence = _gather(file, kind, handle, exported_on, siblings, today)
    dated = _date_rows(file, kind, table, places, evidence, today)
    dates = dated.dates if dated else ()
    rows = _make_rows(kind, table, places, dates, today)
    problems = [problem for row in rows if (problem := row[MALFORMED]) is not None]
    if rows and len(problems) == len(rows):
        refuse(
            file,
            f"has no row that can be read: {_name_problems(problems)}. Offer it as it was"
            " downloaded; a spreadsheet that saved it may have changed its numbers.",
        )
    if kind is FOLLOWER_ACTIVITY:
        _check_hours(file, rows)
    if kind is CONTENT:
        _check_posts(file, rows, dated)
        _date_posts(rows, dated)
        evidence = replace(evidence, snapshot=max(dates, default=evidence.snapshot))
    beside = _find_days_beside(siblings, handle) if kind is VIDEO else ()
    established = evidence_of.establish_export_day(dates or beside, evidence)
    if established is None and rows:
        refuse(
            file,
            "is of a day that nothing says: it has no time of its own. Name the day of the"
            " export with --exported-on, or offer the zip as it was downloaded.",
        )
    day, day_evidence = established or (None, None)
    if day_evidence == evidence_of.LAST_DAY and not dates:
        day_evidence = evidence_of.LAST_DAY_BESIDE
    for row in rows:
        row["account_handle"] = handle
        row["file_kind"] = kind.name.lower()
        row["exported_on"] = day.isoformat() if day else None
        row["asked_shift_days"] = None if shift_days is None else str(shift_days)
        if kind is VIDEO:
            row["captured_date"] = row["exported_on"]
    if kind is VIDEO and day is not None:
        _check_posts(file, rows, Dated((day,), (), day_evidence or ""))
    parts = [Part(kind.entity, _make_table(kind.entity, rows))]
    if kind.more is not None and not places.keys().isdisjoint(kind.optional):
        good = [row for row in rows if row[MALFORMED] is None]
        parts.append(Part(kind.more, _make_table(kind.more, good)))
    return StudioRead(
        kind=kind,
        languages=dated.languages if dated else (),
        account=handle,
        account_evidence=account_evidence,
        window=(min(dates), max(dates)) if dates else None,
        exported_on=day,
        year_evidence=dated.evidence if dated else day_evidence,
        export_evidence=day_evidence,
        left_out=tuple(
            printable(name)
            for place, name in enumerate(table.header)
            if place not in places.values() or place in [places[c] for c in kind.left_out]
        ),
        malformed_rows=len(problems),
        parts=tuple(parts),
    )


def _name_problems(problems: Sequence[str]) -> str:
    """The first of a file's problems, as a message names them."""
    more = len(problems) - _MOST_PROBLEMS
    return "; ".join(problems[:_MOST_PROBLEMS]) + (f"; and {more:,} more" if more > 0 else "")


def _find_days_beside(siblings: Sequence[ExportFile], handle: str) -> tuple[date, ...]:
    """The last days of an account's tables of days that lie beside a file and name the year."""
    days: list[date] = []
    for sibling in siblings:
        try:
            named = evidence_of.named_account(sibling)
            found = _recognise(sibling) if named is None or named[0] == handle else None
            if found is None or found[0] not in (OVERVIEW, AUDIENCE):
                continue
            table = read_table(sibling, found[1])
            place = (_find_columns(found[0], table.header) or {})["date"]
            for reading in read_labels([_cell(record, place) for record in table.records]):
                days += (reading.dates or ())[-1:]
        except (RefusedFile, KeyError, IndexError):
            # It is refused when its own turn comes.
            continue
    return tuple(days)


def find_account(
    file: ExportFile, given: str | None, siblings: Sequence[ExportFile]
) -> tuple[str, str]:
    """Whose a file is, and what says so.

    Args:
        file: a file that ``recognise`` knows.
        given: the account that the caller names.
        siblings: the other files of the same export; ``file`` itself may be among them.

    Raises:
        RefusedFile: nothing says it, or two accounts are named.
        OSError: a file cannot be read.
    """
    linked = None
    if own := _list_linked(file):
        linked = (own.pop(), evidence_of.OWN_LINKS) if len(own) == 1 else None
    else:
        claimed = evidence_of.find_claimed(file, given)
        beside: set[str] = set()
        for sibling in siblings:
            try:
                other = evidence_of.named_account(sibling)
            except RefusedFile:
                continue
            # The zip of another account may lie in the same folder.
            if other is None or claimed is None or other[0] == claimed[0]:
                beside |= _list_linked(sibling)
        if len(beside) == 1:
            linked = (beside.pop(), evidence_of.SIBLING_LINKS)
    return evidence_of.find_account(file, given, linked)


def _list_linked(file: ExportFile) -> set[str]:
    """The accounts that the links of a Content file name; none of any other file.

    A damaged one is refused when its own turn comes.
    """
    try:
        found = _recognise(file)
        if found is None or "link" not in found[0].texts:
            return set()
        table = read_table(file, found[1])
    except RefusedFile:
        return set()
    place = (_find_columns(found[0], table.header) or {})["link"]
    links = (HANDLE_IN_LINK.search(_cell(record, place)) for record in table.records)
    return {link.group(1).casefold() for link in links if link}


def _gather(
    file: ExportFile,
    kind: Kind,
    handle: str,
    given: date | None,
    siblings: Sequence[ExportFile],
    today: date,
) -> Evidence:
    others = [sibling for sibling in siblings if sibling.path != file.path]
    windows = [name.window for name in evidence_of.export_names(file) if name.window]
    own = windows[0] if windows and kind is OVERVIEW else None
    beside = evidence_of.sibling_window([*others, file], handle) if own is None else None
    snapshot = None
    if kind not in (CONTENT, VIDEO):
        snapshot = _find_snapshot(others, handle, beside or own, today)
    return Evidence(
        own_window=own,
        sibling_window=beside,
        given=given,
        snapshot=snapshot,
        written=evidence_of.written_on(file, today),
        is_member=file.zip_name is not None,
    )


def _find_snapshot(
    siblings: Sequence[ExportFile],
    handle: str,
    window: tuple[date, date] | None,
    today: date,
) -> date | None:
    """The day of the Content files beside a file; None if there is none, or no one day.

    A damaged one is refused when its own turn comes.
    """
    days: set[date] = set()
    for sibling in siblings:
        try:
            named = evidence_of.named_account(sibling)
            found = _recognise(sibling) if named is None or named[0] == handle else None
            if found is None or found[0] is not CONTENT:
                continue
            table = read_table(sibling, found[1])
            places = _find_columns(CONTENT, table.header)
            evidence = Evidence(
                sibling_window=window,
                written=evidence_of.written_on(sibling, today),
                is_member=sibling.zip_name is not None,
            )
            dated = _date_rows(sibling, CONTENT, table, places or {}, evidence, today)
        except (RefusedFile, LookupError, MemoryError, RecursionError, TypeError, ValueError):
            continue
        if dated:
            days.update(dated.dates)
    return days.pop() if len(days) == 1 else None


def _date_rows(
    file: ExportFile,
    kind: Kind,
    table: Table,
    places: Mapping[str, int],
    evidence: Evidence,
    today: date,
) -> Dated | None:
    """The day of each record, None for a file without days or records."""
    if kind.date_column is None or not table.records:
        return None
    place = places[kind.date_column]
    labels = [_cell(record, place) for record in table.records]
    for record, label in zip(table.records, labels, strict=True):
        if not label:
            refuse(file, f"has no date in row {record.number}. Download it again.")
    # Hours of one day, or videos of one snapshot, repeat its label; a day of its own is one row.
    repeats = kind in (FOLLOWER_ACTIVITY, CONTENT)
    firsts = [
        at for at in range(len(labels)) if not (repeats and at and labels[at] == labels[at - 1])
    ]
    if kind is CONTENT and len(firsts) > 1:
        refuse(
            file,
            f"holds more than one snapshot: row {firsts[1] + 1} is of another day than row"
            f" {firsts[1]}. Offer the files as they were downloaded.",
        )
    try:
        readings = read_labels([labels[at] for at in firsts])
    except RefusedFile as error:
        refuse(file, str(error))
    dated = evidence_of.date_labels(file, readings, evidence, today)
    counts = [end - start for start, end in zip(firsts, [*firsts[1:], len(labels)], strict=True)]
    spread = [day for day, count in zip(dated.dates, counts, strict=True) for _ in range(count)]
    return replace(dated, dates=tuple(spread))


def _cell(record: Record, place: int) -> str:
    return record.cells[place] if place < len(record.cells) else ""


def _make_rows(
    kind: Kind,
    table: Table,
    places: Mapping[str, int],
    dates: Sequence[date],
    today: date,
) -> list[_Row]:
    day_column = "captured_date" if kind is CONTENT else "event_date"
    rows = []
    for at, record in enumerate(table.records):
        row: _Row = dict.fromkeys([*kind.entity.columns, *(kind.more.columns if kind.more else ())])
        row[SOURCE_ROW] = str(at + 1)
        row[MALFORMED] = None
        if dates:
            row[day_column] = dates[at].isoformat()
        problem = _fill_row(kind, table, record, places, row, today)
        if problem:
            row[MALFORMED] = problem
            for column in (*kind.measures, *kind.optional):
                row[column] = None
        rows.append(row)
    return rows


def _fill_row(
    kind: Kind,
    table: Table,
    record: Record,
    places: Mapping[str, int],
    row: _Row,
    today: date,
) -> str | None:
    """Fill in a row; the first thing that is wrong with it, None if nothing is."""
    if record.width != table.width:
        noun = "field" if record.width == 1 else "fields"
        return f"{record.width} {noun}, the header has {table.width} (row {record.number})"
    for column in kind.texts:
        text = _cell(record, places[column])
        if column == "link":
            value, problem = read_video_id(text)
            row["video_id"] = value
            row["posted_at"] = read_posted_at(value, today) if value else None
        elif column == "hour":
            row[column], problem = read_hour(text)
        else:
            row[column], problem = text or None, None
        if problem:
            return f"{column}: {problem} (row {record.number})"
    if kind is VIDEO:
        row["posted_at"] = read_post_time(row["posted_label"], row["posted_at"])
    readers = {column: read for column, read in _measures_of(kind).items() if column in places}
    texts = {column: _cell(record, places[column]) for column in readers}
    # The numbers beside an "undefined" are zeros that mean nothing either.
    known = not any(
        is_undefined(_cell(record, places[column])) for column in (*texts, *kind.left_out)
    )
    for column, text in texts.items() if known else ():
        row[column], problem = readers[column](text)
        if problem:
            return f"{column}: {problem} (row {record.number})"
    return None


def _measures_of(kind: Kind) -> dict[str, Callable[[str], Value]]:
    return {**kind.measures, **kind.optional}


def _check_hours(file: ExportFile, rows: Sequence[_Row]) -> None:
    times = Counter((row["event_date"], row["hour"]) for row in rows if row["hour"] is not None)
    if times and max(times.values()) > 1:
        day, hour = max(times, key=lambda key: times[key])
        refuse(file, f"has hour {hour} of {day} twice. Download it again, and do not edit it.")


def _check_posts(file: ExportFile, rows: Sequence[_Row], dated: Dated | None) -> None:
    """A snapshot cannot show a video that was uploaded after it: then its year is wrong."""
    newest = max((row["posted_at"] or "" for row in rows), default="")[:10]
    if dated is None or not newest:
        return
    snapshot = max(dated.dates)
    if (date.fromisoformat(newest) - snapshot).days > 1:
        refuse(
            file,
            f"contradicts itself: by {dated.evidence} it is of {snapshot}, and its newest video was"
            f" uploaded on {newest}. Name the day of the export with --exported-on.",
        )


def _date_posts(rows: Sequence[_Row], dated: Dated | None) -> None:
    """The day of each post by the file, and the clock of its id where this names the same day."""
    for row in rows:
        label, uploaded, captured = row["posted_label"], row["posted_at"], row["captured_date"]
        if label is None or uploaded is None or captured is None or dated is None:
            continue
        day = read_day_of_post(
            label,
            dated.languages,
            uploaded=date.fromisoformat(uploaded[:10]),
            latest=date.fromisoformat(captured) + timedelta(days=1),
        )
        if day is not None:
            row["posted_on"] = day.isoformat()
            row["posted_at"] = uploaded if uploaded[:10] == row["posted_on"] else None


def _make_table(entity: Entity, rows: Sequence[_Row]) -> pa.Table:
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in entity.columns}
    columns[SOURCE_ROW] = pa.array([int(row[SOURCE_ROW] or 0) for row in rows], pa.int64())
    columns[MALFORMED] = pa.array([row[MALFORMED] for row in rows], pa.string())
    return cast(pa.Table, pa.table(columns))
