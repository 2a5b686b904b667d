"""Payloads of the organic Accounts API, as connectors land them: JSON in many wrappings.

``/business/get/`` gives days, a profile and an audience of an account; ``/business/video/list/``
gives lifetime totals of videos. One walk finds them wherever they stand: in pages (``code`` and
``data``), in arrays, a record a line, or behind a connector's own columns.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from tiktok_warehouse.entities import SYNC_COLUMNS, Entity
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.sources.json_values import DECODER, Literal, read_values, takes_too_much
from tiktok_warehouse.sources.spool import Row, Spool, SpooledPart
from tiktok_warehouse.sources.text_values import (
    HANDLE_IN_LINK,
    PLATFORM_START,
    SHORTENED_NUMBER,
    find_video_id,
    read_day,
    read_handle,
    read_moment,
    show_value,
)
from tiktok_warehouse.text_files import open_text

# Part of what makes a file "already landed": raise it whenever the same bytes would give other
# rows.
PARSER_VERSION = "3"

ACCOUNT, CAPTURED, SYNCED = "account_handle", "captured_at", "synced_at"

_DAY_COUNTS = (
    "video_views",
    "unique_video_views",
    "profile_views",
    "likes",
    "comments",
    "shares",
    "followers_count",
    "daily_total_followers",
    "daily_new_followers",
    "daily_lost_followers",
    "engaged_audience",
    "phone_number_clicks",
    "lead_submissions",
    "app_download_clicks",
    "bio_link_clicks",
    "email_clicks",
    "address_clicks",
)
_PROFILE_COUNTS = ("followers_count", "total_likes", "videos_count")

# Columns of api_videos, the field of the payload, and how its text is read.
_COUNT, _NUMBER, _FLAG, _MOMENT = "count", "number", "flag", "moment"
_ID, _TEXT, _WORD = "id", "text", "word"
_VIDEO_FIELDS = {
    "posted_at": ("create_time", _MOMENT),
    "caption": ("caption", _TEXT),
    "media_type": ("media_type", _WORD),
    "is_ad": ("is_ad", _FLAG),
    "duration_seconds": ("video_duration", _NUMBER),
    "views": ("video_views", _COUNT),
    "reach": ("reach", _COUNT),
    "likes": ("likes", _COUNT),
    "comments": ("comments", _COUNT),
    "shares": ("shares", _COUNT),
    "favorites": ("favorites", _COUNT),
    "total_time_watched": ("total_time_watched", _NUMBER),
    "average_time_watched": ("average_time_watched", _NUMBER),
    "full_video_watched_rate": ("full_video_watched_rate", _NUMBER),
    "new_followers": ("new_followers", _COUNT),
    "profile_views": ("profile_views", _COUNT),
    "website_clicks": ("website_clicks", _COUNT),
    "phone_number_clicks": ("phone_number_clicks", _COUNT),
    "lead_submissions": ("lead_submissions", _COUNT),
    "app_download_clicks": ("app_download_clicks", _COUNT),
    "email_clicks": ("email_clicks", _COUNT),
    "address_clicks": ("address_clicks", _COUNT),
}

ENTITIES_OF_API: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        Entity("api_account_days", (ACCOUNT, "event_date"), (*_DAY_COUNTS, SYNCED), (SYNCED,)),
        Entity(
            "api_account_profile",
            (ACCOUNT, CAPTURED),
            (*_PROFILE_COUNTS, "is_business_account"),
            (CAPTURED,),
        ),
        Entity(
            "api_audience",
            (ACCOUNT, CAPTURED, "dimension", "value"),
            ("percentage",),
            (CAPTURED,),
        ),
        Entity(
            "api_videos",
            (ACCOUNT, "video_id", CAPTURED),
            tuple(_VIDEO_FIELDS),
            (CAPTURED, "posted_at"),
        ),
        Entity(
            "api_video_retention",
            ("video_id", CAPTURED, "second"),
            ("percentage",),
            (CAPTURED,),
        ),
        Entity(
            "api_video_sources",
            ("video_id", CAPTURED, "impression_source"),
            ("percentage",),
            (CAPTURED,),
        ),
    )
}

_AUDIENCES = {
    "audience_ages": ("age", ("age",)),
    "audience_genders": ("gender", ("gender",)),
    "audience_countries": ("country", ("country", "country_code")),
    "audience_cities": ("city", ("city_name", "city")),
}
# When a row was read: as connectors write it, then names by hand; in any case.
_CAPTURED_FIELDS = (*SYNC_COLUMNS, "captured_at", "extracted_at", "emitted_at", "synced_at")
# The API's own name, and that of Fivetran's tables below the profile.
_USERNAMES = ("username", "profile_username")
_VIDEO_LISTS = ("videos", "video_list", "list", "items")
_WRAPPERS = ("data", "_airbyte_data", "record")

# Known to the API and not landed; named in the result where they hold something.
_LEFT_OUT_OF_ACCOUNT = (
    *("display_name", "profile_image", "profile_deep_link", "bio_description", "is_verified"),
    "following_count",
)
_LEFT_OUT_OF_DAY = ("audience_activity",)
_LEFT_OUT_OF_VIDEO = (
    *("share_url", "embed_url", "thumbnail_url", "engagement_likes", "audience_types"),
    *("audience_genders", "audience_countries", "audience_cities", "audience_ages"),
)
_KNOWN_OF_ACCOUNT = frozenset(
    [
        *_PROFILE_COUNTS,
        *_LEFT_OUT_OF_ACCOUNT,
        *_AUDIENCES,
        *_USERNAMES,
        *("business_id", "metrics", "is_business_account", "request_id"),
    ]
)
_KNOWN_OF_DAY = frozenset(
    [*_DAY_COUNTS, *_LEFT_OUT_OF_DAY, *_USERNAMES, "date", "daily_total_viewers", "business_id"]
)
_KNOWN_OF_VIDEO = frozenset(
    [
        *(name for name, _kind in _VIDEO_FIELDS.values()),
        *_LEFT_OUT_OF_VIDEO,
        *("item_id", "favorities", "video_view_retention", "impression_sources"),
        *_USERNAMES,
        "business_id",
    ]
)

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_WHOLE = re.compile(r"([+-]?\d+)\.0+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
# Business ids are digits, or letters with signs among them.
_BUSINESS_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{16,20}(?:\.0+)?", re.ASCII)
# Between whole numbers of that size that a float can hold.
_FLOAT_STEP = Decimal(1024)
_NULLS = frozenset({"", "-"})
_FLAGS = frozenset({"true", "false", "0", "1", "yes", "no"})
_FIELD = re.compile(r"[a-z]+(?:_[a-z0-9]+)+", re.ASCII)
_MOST_LEFT_OUT = 100
_RECOGNISE_VALUES = 20
_MAX_DEPTH = 20


@dataclass(frozen=True)
class ApiPayload:
    """What a file was recognised as: the endpoints whose records it holds, as far as was looked."""

    endpoints: tuple[str, ...]


@dataclass(frozen=True)
class FieldLeftOut:
    """A field of the payload that does not land, and in how many records it held something."""

    name: str
    records: int


@dataclass(frozen=True)
class ApiRead:
    """What one file gave.

    Attributes:
        parts: an entity each, on disk. ``_source_row`` counts the file's records of an endpoint
            from 1: the rows of one video (retention, sources) share its number.
        left_out: fields that the API is known to send and that do not land, and a count of those
            that are not known; "unknown objects" and "pages with an error" are among them.
        notes: what was read another way than it was written, in sentences.
        account_evidence: what its account rests on.
        is_dated_by_file: whether totals of it say no time, and were dated by that of the file.
    """

    parts: tuple[SpooledPart, ...]
    left_out: tuple[FieldLeftOut, ...]
    notes: tuple[str, ...]
    account_evidence: str
    is_dated_by_file: bool


@dataclass(frozen=True)
class _Context:
    """What the wrappings around a record say: whose it is, and when it was taken."""

    username: str | None = None
    business_id: str | None = None
    captured_at: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class _Found:
    endpoint: str
    payload: Mapping[str, Any]
    context: _Context


BUSINESS, DAY, VIDEO = "/business/get/", "/business/get/ metrics", "/business/video/list/"
_FAILED, _UNKNOWN = "failed", "unknown"


# --- recognition ---------------------------------------------------------------------------


def recognise(file: ExportFile) -> ApiPayload | None:
    """Say whether a file holds payloads of the Accounts API, by its first records.

    Returns:
        The endpoints, or None for what is no JSON, or JSON of something else.

    Raises:
        RefusedFile: the file begins like a payload and breaks off within its first records.
    """
    if not _begins_like_json(file):
        return None
    endpoints: dict[str, None] = {}
    try:
        for number, value in enumerate(read_values(file.path, file.name)):
            for found in _find(value, _Context(), 0):
                if found.endpoint not in (_FAILED, _UNKNOWN):
                    endpoints[found.endpoint.split(" ")[0]] = None
            if number >= _RECOGNISE_VALUES:
                break
    except RefusedFile:
        if endpoints or _looks_like_payload(file):
            raise
        return None
    return ApiPayload(tuple(endpoints)) if endpoints else None


def _begins_like_json(file: ExportFile) -> bool:
    return _read_head(file).lstrip()[:1] in ("{", "[")


def _looks_like_payload(file: ExportFile) -> bool:
    """Whether the start of a broken file names fields that only this API sends."""
    head = _read_head(file).lower()
    names = ("unique_video_views", "full_video_watched_rate", "video_view_retention", "item_id")
    return sum(f'"{name}"' in head for name in names) >= 2 or (
        '"metrics"' in head and '"unique_video_views"' in head
    )


def _read_head(file: ExportFile) -> str:
    try:
        with open_text(file.path) as opened:
            return opened.read(64 << 10).decode("utf-8-sig", "ignore")
    except OSError as error:
        raise RefusedFile(f"{file.name} cannot be read ({error.strerror}).") from None


# --- finding records -----------------------------------------------------------------------


def _find(value: Any, context: _Context, depth: int) -> Iterator[_Found]:
    """The records in one value, whatever it is wrapped in."""
    value = _unpack(value)
    if depth > _MAX_DEPTH:
        yield _Found(_UNKNOWN, {}, context)
    elif isinstance(value, list):
        for element in value:
            yield from _find(element, context, depth + 1)
    elif isinstance(value, dict):
        yield from _find_in_object(value, _learn(value, context), depth)
    else:
        yield _Found(_UNKNOWN, {}, context)


def _find_in_object(value: dict[str, Any], context: _Context, depth: int) -> Iterator[_Found]:
    if _is_failed(value):
        yield _Found(_FAILED, {}, context)
        return
    if _is_video(value):
        yield _Found(VIDEO, value, context)
        return
    if _is_day(value):
        yield _Found(DAY, value, context)
        return
    found_any = False
    if _is_account(value):
        found_any = True
        yield _Found(BUSINESS, value, context)
    for name in (*_WRAPPERS, *_VIDEO_LISTS):
        inner = _unpack(value.get(name))
        if isinstance(inner, dict | list):
            found_any = True
            yield from _find(inner, context, depth + 1)
    if not found_any:
        yield _Found(_UNKNOWN, {}, context)


def _unpack(value: Any) -> Any:
    """Nested JSON that a connector landed as a string, decoded; anything else as it is."""
    is_text = isinstance(value, str) and not isinstance(value, Literal)
    if is_text and value[:1] in ("{", "[") and not takes_too_much(value):
        try:
            return DECODER.decode(value)
        except (json.JSONDecodeError, RecursionError):
            return value
    return value


def _is_failed(value: dict[str, Any]) -> bool:
    code = value.get("code")
    return code is not None and str(code) != "0" and "message" in value


# Names that anybody's table may have ("likes", "shares") say nothing of where it comes from.
_DAY_MARKS = frozenset(_DAY_COUNTS) - {"likes", "comments", "shares", "followers_count"}
_VIDEO_MARKS = frozenset(
    [
        *("video_views", "reach", "total_time_watched", "average_time_watched"),
        *("full_video_watched_rate", "video_view_retention", "impression_sources"),
        *("share_url", "embed_url", "video_duration", "favorites", "favorities"),
    ]
)
_VIDEO_COUNTS = _VIDEO_MARKS.union(("likes", "comments", "shares"))
_PROFILE_MARKS = frozenset(
    ("is_business_account", "total_likes", "videos_count", "profile_deep_link")
)
_PROFILE_FIELDS = _PROFILE_MARKS.union(("followers_count", "username"))


def has_fields_of_the_api(names: Iterable[str]) -> bool:
    """Whether columns are fields that only this API has, of days or of videos."""
    known = {name.casefold() for name in names}
    return len(_DAY_MARKS & known) >= 2 or _is_video(dict.fromkeys(known))


def _is_video(value: dict[str, Any]) -> bool:
    return (
        "item_id" in value
        and not _VIDEO_MARKS.isdisjoint(value)
        and len(_VIDEO_COUNTS.intersection(value)) >= 2
    )


def _is_day(value: dict[str, Any]) -> bool:
    return "date" in value and len(_DAY_MARKS.intersection(value)) >= 2


def _is_account(value: dict[str, Any]) -> bool:
    metrics = _unpack(value.get("metrics"))
    if isinstance(metrics, list) and metrics:
        return isinstance(metrics[0], dict) and "date" in metrics[0]
    if any(isinstance(_unpack(value.get(name)), list) for name in _AUDIENCES):
        return True
    return not _PROFILE_MARKS.isdisjoint(value) and len(_PROFILE_FIELDS.intersection(value)) >= 2


def _learn(value: dict[str, Any], context: _Context) -> _Context:
    folded = {name.casefold(): inner for name, inner in value.items()}
    captured = next((folded[name] for name in _CAPTURED_FIELDS if _text(folded.get(name))), None)
    names, problem = [context.username], context.problem
    given = next((value[name] for name in _USERNAMES if value.get(name) is not None), None)
    if isinstance(given, str) and given.strip() in _NULLS:
        given = None
    if given is not None:
        is_text = isinstance(given, str) and not isinstance(given, Literal)
        names.insert(0, read_handle(given) if is_text else None)
        if names[0] is None:
            problem = "has a username that is none: letters, digits, _ and . are expected"
    link = HANDLE_IN_LINK.search(_text(value.get("share_url")) or "")
    if link:
        names.insert(1, link.group(1))
    business_id = _text(value.get("business_id"))
    if business_id is not None and not _BUSINESS_ID.fullmatch(business_id):
        problem = "has a business_id that is none"
    known = [name for name in names if name is not None]
    if len({name.casefold() for name in known}) > 1:
        problem = problem or (
            "belongs to two accounts: the usernames and the links of its records do not agree"
        )
    return replace(
        context,
        username=known[0] if known else None,
        business_id=business_id or context.business_id,
        captured_at=_text(captured) or context.captured_at,
        problem=problem,
    )


# --- reading -------------------------------------------------------------------------------


@dataclass
class _Reading:
    file: ExportFile
    folder: Path
    account: str | None
    spools: dict[str, Spool] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    # What a business id is called where a record says both, and whose the silent records are.
    username_of: dict[str, str] = field(default_factory=dict)
    owner: str | None = None
    is_dated_by_file: bool = False
    renamed_followers: int = 0
    renamed_favorites: int = 0
    restored_ids: int = 0
    records: Counter[str] = field(default_factory=Counter)

    def add(self, entity: str, row: Row, problems: list[str], number: int) -> None:
        if entity not in self.spools:
            self.spools[entity] = Spool(ENTITIES_OF_API[entity], self.folder)
        problem = "; ".join(problems) or None
        self.spools[entity].add(row, problem, source_row=number)


def read(file: ExportFile, *, scratch: Path, account: str | None = None) -> ApiRead:
    """Read one file of payloads.

    Args:
        file: JSON or JSON Lines, in any of the wrappings above.
        scratch: an existing folder; rows are spooled to a new private folder below it, which the
            caller deletes.
        account: the handle, where the payload names none and no folder begins with ``@``.
            Records that name none in a file that names one account are of that account.

    Returns:
        Rows of text. A number or date that is none leaves its value NULL and its row with a
        ``_malformed`` reason; the others go on.

    Raises:
        RefusedFile: it is broken or cut off, holds no record of the API, or it is not known whose
            account it is or when a snapshot was taken, or two accounts are named.
    """
    folder = Path(tempfile.mkdtemp(prefix="accounts_api_", dir=scratch))
    reading = _Reading(file, folder, account)
    try:
        return _read(reading)
    except BaseException:
        for spool in reading.spools.values():
            spool.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _read(reading: _Reading) -> ApiRead:
    file = reading.file
    account_evidence = _find_owner(reading)
    for value in read_values(file.path, file.name):
        for found in _find(value, _Context(), 0):
            _take(found, reading)
    if not reading.records:
        failed = reading.left_out["pages with an error"]
        problem = (
            f"holds only answers that say an error ({failed:,}). Look at its code and message, and"
            " fetch it again."
            if failed
            else "holds no record of /business/get/ or /business/video/list/."
        )
        raise RefusedFile(f"{file.name} {problem}")
    parts = tuple(
        reading.spools[name].finish() for name in ENTITIES_OF_API if name in reading.spools
    )
    left_out = tuple(
        FieldLeftOut(name, count) for name, count in sorted(reading.left_out.items()) if count
    )
    notes = tuple(_write_notes(reading))
    return ApiRead(parts, left_out, notes, account_evidence, reading.is_dated_by_file)


def _find_owner(reading: _Reading) -> str:
    """Go through the whole file for the accounts that it names; what it all rests on.

    Raises:
        RefusedFile: they contradict each other, or what stands around the file.
    """
    file = reading.file
    usernames: dict[str, str] = {}
    ids: dict[str, set[str]] = {}
    is_silent = False
    for context in _find_contexts(file):
        if context.problem:
            raise RefusedFile(f"{file.name} {context.problem}. Fetch it again, an account a file.")
        name = context.username
        if name is not None:
            usernames.setdefault(name.casefold(), name)
        if context.business_id is not None:
            ids.setdefault(context.business_id, set()).update([name.casefold()] if name else ())
        is_silent = is_silent or (name is None and context.business_id is None)
    if any(len(names) > 1 for names in ids.values()):
        _refuse_two(file, "one business_id has two usernames")
    reading.username_of = {one: usernames[name] for one, names in ids.items() for name in names}
    named = [*usernames.values(), *(one for one, names in ids.items() if not names)]
    claim, around = _find_claim(reading)
    if claim is not None and any(name.casefold() != claim.casefold() for name in named):
        raise RefusedFile(
            f"{file.name} belongs to another account by its payload than {around} says. Leave"
            " --account out, or offer it outside the other account's folder."
        )
    if not is_silent:
        return "the payload"
    if len(named) > 1:
        _refuse_two(file, "its payload names more than one, and some of its records name none")
    reading.owner = named[0] if named else claim
    return around if claim is not None and not named else "the payload"


def _find_contexts(file: ExportFile) -> Iterator[_Context]:
    for value in read_values(file.path, file.name):
        for found in _find(value, _Context(), 0):
            if found.endpoint in (_FAILED, _UNKNOWN):
                continue
            yield found.context
            days = _unpack(found.payload.get("metrics")) if found.endpoint == BUSINESS else None
            for day in days if isinstance(days, list) else ():
                if isinstance(day, dict):
                    yield _learn(day, found.context)


def _find_claim(reading: _Reading) -> tuple[str | None, str]:
    """The account that an "@handle" folder or the caller names, and which of the two."""
    folders = reversed(PurePosixPath(reading.file.name).parts[:-1])
    handles = [read_handle(name) for name in folders if name.startswith("@")]
    claims = [(handle, "the name of its folder") for handle in handles if handle is not None]
    given = (reading.account or "").strip().removeprefix("@")
    if given:
        claims.append((given, "--account"))
    if len({claim.casefold() for claim, _around in claims}) > 1:
        _refuse_two(reading.file, "the names of its folders and --account do not agree")
    return claims[0] if claims else (None, "")


def _refuse_two(file: ExportFile, problem: str) -> NoReturn:
    raise RefusedFile(
        f"{file.name} belongs to two accounts: {problem}. Leave --account out, or offer the files"
        " of the two accounts apart."
    )


def _write_notes(reading: _Reading) -> Iterator[str]:
    if reading.renamed_followers:
        yield (
            f"daily_total_followers of {reading.renamed_followers:,} days came under the tag"
            " daily_total_viewers, with no daily_total_followers beside it; it was read as such."
        )
    if reading.renamed_favorites:
        yield (
            f"favorites of {reading.renamed_favorites:,} videos came under the tag favorities; it"
            " was read as such."
        )
    if reading.restored_ids:
        yield (
            f"item_id of {reading.restored_ids:,} videos had lost its last digits; the number in"
            " share_url was read."
        )


def _take(found: _Found, reading: _Reading) -> None:
    if found.endpoint == _FAILED:
        reading.left_out["pages with an error"] += 1
    elif found.endpoint == _UNKNOWN:
        reading.left_out["unknown objects"] += 1
    elif found.endpoint == DAY:
        _take_day(found.payload, found.context, reading)
    elif found.endpoint == BUSINESS:
        _take_account(found.payload, found.context, reading)
    else:
        _take_video(found.payload, found.context, reading)


def _take_day(payload: Mapping[str, Any], context: _Context, reading: _Reading) -> None:
    reading.records[DAY] += 1
    _count_left_out(payload, _KNOWN_OF_DAY, _LEFT_OUT_OF_DAY, reading)
    values = dict(payload)
    if "daily_total_followers" not in values and "daily_total_viewers" in values:
        values["daily_total_followers"] = values["daily_total_viewers"]
        reading.renamed_followers += 1
    elif _text(values.get("daily_total_viewers")) is not None:
        reading.left_out["daily_total_viewers"] += 1
    problems: list[str] = []
    day = _text(values.get("date"))
    whole = _WHOLE.fullmatch(day) if day else None
    event_date = read_day(whole.group(1) if whole else day) if day else None
    if day and event_date is None:
        problems.append(f"event_date is no date like YYYY-MM-DD: {show_value(day)}")
    counts = [_read_value(values.get(name), _COUNT, name, problems) for name in _DAY_COUNTS]
    # Of two readings of a day the newer one counts; one that says no time is not wrong.
    synced_at = read_moment(context.captured_at) if context.captured_at else None
    row = (_find_account(context, reading), event_date, *counts, synced_at)
    reading.add("api_account_days", row, problems, reading.records[DAY])


def _take_account(payload: Mapping[str, Any], context: _Context, reading: _Reading) -> None:
    reading.records[BUSINESS] += 1
    number = reading.records[BUSINESS]
    _count_left_out(payload, _KNOWN_OF_ACCOUNT, _LEFT_OUT_OF_ACCOUNT, reading)
    for day in _elements(payload.get("metrics"), reading):
        _take_day(day, _learn(dict(day), context), reading)
    if any(name in payload for name in (*_PROFILE_COUNTS, "is_business_account")):
        problems: list[str] = []
        captured_at = _find_capture(context, reading, problems)
        kinds = {**dict.fromkeys(_PROFILE_COUNTS, _COUNT), "is_business_account": _FLAG}
        values = [_read_value(payload.get(k), kind, k, problems) for k, kind in kinds.items()]
        row = (_find_account(context, reading), captured_at, *values)
        reading.add("api_account_profile", row, problems, number)
    for name, (dimension, keys) in _AUDIENCES.items():
        for share in _elements(payload.get(name), reading):
            problems = []
            captured_at = _find_capture(context, reading, problems)
            value = next((_text(share.get(key)) for key in keys if key in share), None)
            percentage = _read_value(share.get("percentage"), _NUMBER, "percentage", problems)
            row = (_find_account(context, reading), captured_at, dimension, value, percentage)
            reading.add("api_audience", row, problems, number)


def _take_video(payload: Mapping[str, Any], context: _Context, reading: _Reading) -> None:
    reading.records[VIDEO] += 1
    number = reading.records[VIDEO]
    _count_left_out(payload, _KNOWN_OF_VIDEO, _LEFT_OUT_OF_VIDEO, reading)
    values = dict(payload)
    if "favorites" not in values and "favorities" in values:
        values["favorites"] = values["favorities"]
        reading.renamed_favorites += 1
    problems: list[str] = []
    linked = _find_lost_digits(values.get("item_id"), values.get("share_url"))
    if linked is not None:
        values["item_id"] = linked
        reading.restored_ids += 1
    video_id = _read_value(values.get("item_id"), _ID, "video_id", problems)
    without_time: list[str] = []
    captured_at = _find_capture(context, reading, without_time)
    problems += without_time
    measures = [
        _read_value(values.get(name), kind, column, problems)
        for column, (name, kind) in _VIDEO_FIELDS.items()
    ]
    row = (_find_account(context, reading), video_id, captured_at, *measures)
    reading.add("api_videos", row, problems, number)
    for curve, entity, column, kind in (
        ("video_view_retention", "api_video_retention", "second", _NUMBER),
        ("impression_sources", "api_video_sources", "impression_source", _TEXT),
    ):
        for point in _elements(values.get(curve), reading):
            wrong = list(without_time)
            mark = _read_value(point.get(column), kind, column, wrong)
            percentage = _read_value(point.get("percentage"), _NUMBER, "percentage", wrong)
            reading.add(entity, (video_id, captured_at, mark, percentage), wrong, number)


def _find_lost_digits(item_id: Any, share_url: Any) -> str | None:
    """The whole id, where a link has it and ``item_id`` is the same one rounded or cut."""
    text, linked = _text(item_id), find_video_id(_text(share_url))
    if text is None or linked is None:
        return None
    if not (_LONG_NUMBER.fullmatch(text) or SHORTENED_NUMBER.fullmatch(text)):
        return None
    number = Decimal(text.replace(",", "."))
    if number % 100 and number % _FLOAT_STEP:
        return None
    last_digit = Decimal((0, (1,), int(number.normalize().as_tuple().exponent)))
    distance = abs(number - int(linked))
    return linked if 0 < distance < max(last_digit, _FLOAT_STEP) else None


def _elements(value: Any, reading: _Reading) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; NULL is what an account type cannot have. The rest is counted."""
    value = _unpack(value)
    if isinstance(value, list):
        for element in value:
            if isinstance(element, dict):
                yield element
            else:
                reading.left_out["unknown objects"] += 1
    elif _text(value) is not None:
        reading.left_out["unknown objects"] += 1


def _count_left_out(
    payload: Mapping[str, Any],
    known: frozenset[str],
    left_out: tuple[str, ...],
    reading: _Reading,
) -> None:
    for name in left_out:
        if payload.get(name) not in (None, "", [], {}):
            reading.left_out[name] += 1
    expected = known.union(_CAPTURED_FIELDS, _VIDEO_LISTS, _WRAPPERS)
    for name in payload:
        if name not in expected and not name.startswith("_"):
            # Only what reads like a field is named: an object may have anything for a name.
            is_field = _FIELD.fullmatch(name) and len(reading.left_out) < _MOST_LEFT_OUT
            reading.left_out[name if is_field else "fields that are not known"] += 1


def _find_account(context: _Context, reading: _Reading) -> str:
    business_id = context.business_id
    by_id = reading.username_of.get(business_id, business_id) if business_id else None
    account = context.username or by_id or reading.owner
    if account is not None:
        return account
    raise RefusedFile(
        f"{reading.file.name} does not say whose account it is: it has neither username nor"
        " business_id. Say the account, or put the file in a folder named @ and its handle."
    )


def _find_capture(context: _Context, reading: _Reading, problems: list[str]) -> str | None:
    if context.captured_at is not None:
        captured_at = read_moment(context.captured_at)
        if captured_at is None:
            problems.append("captured_at is no timestamp")
        return captured_at
    modified = reading.file.modified
    # A clock that was never set says nothing.
    if modified is not None and modified.timestamp() >= PLATFORM_START:
        reading.is_dated_by_file = True
        return read_moment(modified.isoformat(" "))
    raise RefusedFile(
        f"{reading.file.name} does not say when its totals were taken: it has none of"
        f" {', '.join(_CAPTURED_FIELDS)}, and the time of the file is not known. Add captured_at."
    )


# --- values --------------------------------------------------------------------------------


def _text(value: Any) -> str | None:
    """A scalar as trimmed text; None for what means NULL, and for what is no scalar."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return None
    text = value.strip()
    return None if text in _NULLS else text


def _read_value(value: Any, kind: str, column: str, problems: list[str]) -> str | None:
    """One value as text of the contract. What it cannot be is NULL, and said by the column."""
    if isinstance(value, dict | list):
        problems.append(f"{column} is no single value")
        return None
    if kind == _TEXT:
        # A caption may be a lone dash.
        return str(value).strip() or None if isinstance(value, str) else _text(value)
    text = _text(value)
    if text is None:
        return None
    if kind == _ID and not isinstance(value, Literal | bool):
        if not SHORTENED_NUMBER.fullmatch(text):
            return text
        problems.append(f"{column} has lost its last digits: {show_value(text)}")
        return None
    if kind == _WORD:
        return text.lower()
    read = _read_flag(value, text) if kind == _FLAG else _READERS[kind](text)
    if read is None or (isinstance(value, bool) and kind != _FLAG):
        problems.append(f"{column} is no {_KINDS[kind]}: {show_value(text)}")
        return None
    return read


def _read_flag(_value: Any, text: str) -> str | None:
    return text.lower() if text.lower() in _FLAGS else None


def _read_count(text: str) -> str | None:
    if _INTEGER.fullmatch(text):
        return text
    whole = _WHOLE.fullmatch(text)
    return whole.group(1) if whole else None


def _read_number(text: str) -> str | None:
    return text if _DECIMAL.fullmatch(text) else None


def _read_id(text: str) -> str | None:
    # A number with an exponent has lost its last digits already.
    return text if _INTEGER.fullmatch(text) else None


_READERS = {_ID: _read_id, _COUNT: _read_count, _NUMBER: _read_number, _MOMENT: read_moment}
_KINDS = {
    _ID: "id",
    _COUNT: "whole number",
    _NUMBER: "plain number",
    _MOMENT: "timestamp",
    _FLAG: "true or false",
}
