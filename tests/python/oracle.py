"""A second reading of the raw contract, in plain Python, to hold the warehouse against.

It shares no code, no SQL and no table of columns with the project: whoever misread the contract
in one place would otherwise misread it in both. Slow and literal on purpose.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

RawRow = Mapping[str, Any]
Content = dict[str, Any]
Record = dict[str, Any]
Table = dict[tuple[Any, ...], Record]
T = TypeVar("T")

# ---------------------------------------------------------------- 1. entities


@dataclass(frozen=True)
class Spec:
    """Columns of an entity with the kind of each."""

    key: tuple[str, ...]
    required: Mapping[str, str]
    optional: Mapping[str, str]


SPECS = {
    "accounts": Spec(
        key=("account_id",),
        required={"account_id": "text", "handle": "text", "account_role": "role"},
        optional={"display_name": "text", "country": "text", "created_at": "timestamp"},
    ),
    "videos": Spec(
        key=("video_id",),
        required={"video_id": "text", "account_id": "text", "posted_at": "timestamp"},
        optional={
            "caption": "text",
            "duration_seconds": "seconds",
            "content_format": "format",
            "sound_id": "text",
            "sound_title": "text",
            "is_ai_generated": "boolean",
            "is_ad": "boolean",
            "language": "text",
            "product_id": "text",
        },
    ),
    "video_views": Spec(
        key=("view_id",),
        required={
            "view_id": "text",
            "viewed_at": "timestamp",
            "video_id": "text",
            "watch_seconds": "seconds",
        },
        optional={"person_id": "text", "traffic_source": "source"},
    ),
    "interactions": Spec(
        key=("interaction_id",),
        required={
            "interaction_id": "text",
            "interacted_at": "timestamp",
            "video_id": "text",
            "interaction_type": "interaction",
        },
        optional={
            "person_id": "text",
            "is_undo": "boolean",
            "comment_text": "text",
            "traffic_source": "source",
        },
    ),
    "follower_events": Spec(
        key=("event_id",),
        required={
            "event_id": "text",
            "occurred_at": "timestamp",
            "account_id": "text",
            "action": "action",
        },
        optional={"person_id": "text", "source_video_id": "text"},
    ),
    "follower_counts": Spec(
        key=("account_id", "count_date"),
        required={"account_id": "text", "count_date": "date", "followers": "count"},
        optional={},
    ),
    "profile_visits": Spec(
        key=("visit_id",),
        required={"visit_id": "text", "visited_at": "timestamp", "account_id": "text"},
        optional={"person_id": "text", "source_video_id": "text"},
    ),
    "conversions": Spec(
        key=("conversion_id",),
        required={
            "conversion_id": "text",
            "converted_at": "timestamp",
            "account_id": "text",
            "conversion_type": "conversion",
        },
        optional={
            "person_id": "text",
            "video_id": "text",
            "value_amount": "money",
            "currency": "currency",
            "product_id": "text",
            "quantity": "count",
        },
    ),
    "account_snapshots": Spec(
        key=("account_id", "captured_at"),
        required={"account_id": "text", "captured_at": "timestamp"},
        optional={"followers": "count", "total_likes": "count", "videos": "count"},
    ),
    "video_snapshots": Spec(
        key=("video_id", "captured_at"),
        required={"video_id": "text", "account_id": "text", "captured_at": "timestamp"},
        optional={
            "views": "count",
            "likes": "count",
            "comments": "count",
            "shares": "count",
            "saves": "count",
            "reach": "count",
            "total_watch_seconds": "seconds",
        },
    ),
}

# Which source each entity comes from; accounts and videos say what there is, not what happened.
# Any file of a source tells that the source is alive, its lists of accounts and videos too.
ENTITIES_OF = {
    "event_log": {
        "accounts",
        "videos",
        "video_views",
        "interactions",
        "follower_events",
        "follower_counts",
        "profile_visits",
        "conversions",
    },
    "snapshots": {"account_snapshots", "video_snapshots"},
}

# Each type of interaction with the measure that counts it.
COUNTED_AS = {
    "like": "likes",
    "comment": "comments",
    "share": "shares",
    "save": "saves",
    "duet": "duets",
    "stitch": "stitches",
    "direct_message": "direct_messages",
}

CATEGORIES = {
    "role": {"own", "competitor"},
    "format": {"video", "photo", "duet", "stitch", "live"},
    "source": {
        "for_you",
        "following",
        "profile",
        "search",
        "hashtag",
        "sound",
        "direct_message",
        "other",
    },
    "interaction": set(COUNTED_AS),
    "action": {"follow", "unfollow"},
    "conversion": {"purchase", "link_click", "download", "sign_up", "lead"},
}


@dataclass(frozen=True)
class LandedFile:
    """One file of one entity in the registry. ``ingested_at`` is UTC without a zone."""

    entity: str
    ingest_seq: int
    ingest_id: str
    source_file: str
    ingested_at: datetime
    raw_rows: int
    never_has: tuple[str, ...] = ()


# ---------------------------------------------------------------- 2. parsing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLATFORM_START = datetime(2016, 9, 1)
FUTURE_TOLERANCE = timedelta(hours=24)
LONGEST_WATCH = Decimal(86400)
PROVISIONAL_DELAY = timedelta(hours=48)
ATTRIBUTION_TIME = timedelta(hours=24)

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_EPOCH = re.compile(r"\d{10}|\d{13}", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?"
    r"(?:(Z)|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)
_WIDE = Context(prec=400)
_MILLI = Decimal("0.001")
_MONEY = Decimal("0.0001")


class Bad(ValueError):
    """A text that no pattern of the contract accepts."""


def trimmed(text: str | None) -> str | None:
    """Everything is read as text, trimmed; "" is NULL."""
    return (text or "").strip() or None


def parse_timestamp(text: str) -> datetime:
    """UTC to the microsecond, without a zone.

    Raises:
        Bad: not one of the accepted forms, or no such moment.
    """
    if _EPOCH.fullmatch(text):
        unit = timedelta(seconds=1) if len(text) == 10 else timedelta(milliseconds=1)
        return (EPOCH + int(text) * unit).replace(tzinfo=None)
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        raise Bad(text)
    year, month, day, hour, minute, second, fraction, _, sign, ahead_hours, ahead_minutes = (
        match.groups()
    )
    micros = int((fraction or "").ljust(6, "0"))
    parts = (int(part or 0) for part in (year, month, day, hour, minute, second))
    try:
        local = datetime(*parts, microsecond=micros)  # type: ignore[misc, arg-type]
    except ValueError as error:
        raise Bad(text) from error
    if sign is None:
        return local
    if int(ahead_hours) > 23 or int(ahead_minutes) > 59:
        raise Bad(text)
    ahead = timedelta(hours=int(ahead_hours), minutes=int(ahead_minutes))
    try:
        return local - ahead if sign == "+" else local + ahead
    except OverflowError as error:
        raise Bad(text) from error


def parse_date(text: str) -> date:
    """Only ``YYYY-MM-DD``."""
    if len(text) != 10 or not _TIMESTAMP.fullmatch(text):
        raise Bad(text)
    return parse_timestamp(text).date()


def parse_decimal(text: str, step: Decimal) -> Decimal:
    """Seconds are decimal(18,3), money decimal(18,4)."""
    if not _NUMBER.fullmatch(text):
        raise Bad(text)
    return Decimal(text).quantize(step, ROUND_HALF_UP, _WIDE)


def parse_count(text: str) -> int:
    """Counts are bigint: what is too large for one is no count. Below 0 is for others to say."""
    if not _INTEGER.fullmatch(text) or int(text) >= 2**63:
        raise Bad(text)
    return int(text)


def parse_currency(text: str) -> str:
    """ISO 4217: three letters, whose case says nothing."""
    if not _CURRENCY.fullmatch(text):
        raise Bad(text)
    return text.upper()


def parse_boolean(text: str) -> bool:
    folded = text.lower()
    if folded in ("true", "1", "yes"):
        return True
    if folded in ("false", "0", "no"):
        return False
    raise Bad(text)


def parse_category(kind: str, text: str) -> str:
    folded = text.lower()
    if folded not in CATEGORIES[kind]:
        raise Bad(text)
    return folded


def parse(kind: str, text: str) -> Any:
    """The value of a non-empty text; raises Bad."""
    parsers: dict[str, Callable[[str], Any]] = {
        "text": str,
        "timestamp": parse_timestamp,
        "date": parse_date,
        "count": parse_count,
        "seconds": lambda number: parse_decimal(number, _MILLI),
        "money": lambda number: parse_decimal(number, _MONEY),
        "currency": parse_currency,
        "boolean": parse_boolean,
    }
    return parsers[kind](text) if kind in parsers else parse_category(kind, text)


def parse_optional(kind: str, text: str | None, ingested_at: datetime) -> tuple[Any, bool]:
    """The value, and whether a bad one became NULL (a bad category: other)."""
    if text is None:
        return (False if kind == "boolean" else None), False
    try:
        value = parse(kind, text)
    except Bad:
        return ("other" if kind in CATEGORIES else None), True
    # value_amount may be negative (a refund).
    bad_number = (
        (kind == "seconds" and not 0 <= value < 10**15)
        or (kind == "count" and value < 0)
        or (kind == "money" and not abs(value) < 10**14)
    )
    bad_moment = kind == "timestamp" and (
        is_before_platform(value) or is_future(value, ingested_at)
    )
    return (None, True) if bad_number or bad_moment else (value, False)


def is_before_platform(moment: datetime) -> bool:
    return moment < PLATFORM_START


def is_future(moment: datetime, ingested_at: datetime) -> bool:
    """More than 24 h after the row's own ingest."""
    return moment > ingested_at + FUTURE_TOLERANCE


# ---------------------------------------------------------------- 3. accepted, rejected, duplicate


@dataclass
class Judged:
    """A raw row with its status. ``content`` is what the parser understood of it."""

    entity: str
    raw: RawRow
    content: Content
    nulled: tuple[str, ...] = ()
    row_status: str = "accepted"
    reason_code: str | None = None
    duplicate_kind: str | None = None

    @property
    def place(self) -> tuple[int, int]:
        return self.raw["_ingest_seq"], self.raw["_source_row"]

    @property
    def read_at(self) -> datetime:
        landed: datetime = self.raw["_ingested_at"]
        return min(self.raw.get("_synced_at") or landed, landed)

    @property
    def key(self) -> tuple[Any, ...]:
        return tuple(self.content[name] for name in SPECS[self.entity].key)


def read_row(entity: str, raw: RawRow, known: Mapping[str, set[str]]) -> Judged:
    """Parse a row and reject it with the first reason that applies, duplicates aside."""
    spec = SPECS[entity]
    judged = Judged(entity, raw, {})
    judged.reason_code = first_reason(entity, raw, judged.content, known)
    if judged.reason_code:
        judged.row_status = "rejected"
        return judged
    nulled = []
    for name, kind in spec.optional.items():
        text = trimmed(raw.get(name))
        judged.content[name], was_bad = parse_optional(kind, text, raw["_ingested_at"])
        if was_bad:
            nulled.append(name)
    judged.nulled = tuple(nulled)
    return judged


def first_reason(
    entity: str, raw: RawRow, content: Content, known: Mapping[str, set[str]]
) -> str | None:
    """The first reason to reject, in the contract's order; fills the required content."""
    if raw["_malformed"] is not None:
        return "malformed_row"
    spec = SPECS[entity]
    texts = {name: trimmed(raw.get(name)) for name in spec.required}
    if any(texts[name] is None for name in spec.key):
        return "missing_key"
    if None in texts.values():
        return "missing_required"
    unread = set()
    for name, kind in spec.required.items():
        try:
            content[name] = parse(kind, texts[name] or "")
        except Bad:
            unread.add(kind)
    return (
        moment_reason(entity, raw, content, unread)
        or number_reason(content, unread)
        or ("unknown_category" if unread else None)
        or reference_reason(entity, content, known)
    )


def moment_reason(entity: str, raw: RawRow, content: Content, unread: set[str]) -> str | None:
    if unread & {"timestamp", "date"}:
        return "unparseable_timestamp"
    for name, kind in SPECS[entity].required.items():
        if kind not in ("timestamp", "date"):
            continue
        moment = content[name]
        if kind == "date":
            moment = datetime.combine(moment, datetime.min.time())
        if name != "posted_at" and is_future(moment, raw["_ingested_at"]):
            return "future_timestamp"
        if is_before_platform(moment):
            return "before_platform"
    return None


def number_reason(content: Content, unread: set[str]) -> str | None:
    if unread & {"seconds", "count"}:
        return "unparseable_number"
    watched = content.get("watch_seconds", Decimal(0))
    if watched < 0 or content.get("followers", 0) < 0:
        return "negative_number"
    return "absurd_watch_time" if watched > LONGEST_WATCH else None


def reference_reason(entity: str, content: Content, known: Mapping[str, set[str]]) -> str | None:
    """Only required columns reject: a conversion's video is an optional one."""
    required = SPECS[entity].required
    if (
        entity != "accounts"
        and "account_id" in required
        and content["account_id"] not in known["accounts"]
    ):
        return "unknown_account"
    if entity != "videos" and "video_id" in required and content["video_id"] not in known["videos"]:
        return "unknown_video"
    return None


def judge(raw: Mapping[str, Sequence[RawRow]]) -> dict[str, list[Judged]]:
    """The current status of every raw row, entity by entity, parents first."""
    known: dict[str, set[str]] = {}
    judged = {}
    for entity in SPECS:
        rows = [read_row(entity, row, known) for row in raw.get(entity, ())]
        settle_duplicates(rows)
        if entity in ("accounts", "videos"):
            known[entity] = {row.key[0] for row in rows if row.row_status == "accepted"}
        judged[entity] = rows
    return judged


def settle_duplicates(rows: Iterable[Judged]) -> None:
    """Of the rows of one key that pass, the latest by place is accepted; where a connector says of
    one when it read it, the one that was read last: one that does not say, as it landed.
    """
    passed: dict[tuple[Any, ...], list[Judged]] = defaultdict(list)
    for row in rows:
        if row.row_status == "accepted":
            passed[row.key].append(row)
    for versions in passed.values():
        is_synced = any(row.raw.get("_synced_at") for row in versions)
        winner = max(versions, key=lambda row: (is_synced and row.read_at, row.place))
        for row in versions:
            if row is not winner:
                row.row_status = "duplicate"
                row.duplicate_kind = "exact" if row.content == winner.content else "superseded"


# ---------------------------------------------------------------- 4. what is known


@dataclass(frozen=True)
class Coverage:
    """Which measures of events own accounts have."""

    views: bool = False
    types: frozenset[str] = frozenset()
    follows: bool = False
    visits: bool = False
    conversions: bool = False


NOTHING_KNOWN = Coverage()


def coverage_of(files: Sequence[LandedFile], own_seqs: set[int]) -> Coverage:
    """Once any file of an event entity has landed; a type, once a file that can have it has.

    Args:
        files: every landed file.
        own_seqs: files that gave accepted interactions: the account's of that day, or all of the
            account's on a day without any. What these can never have is unknown, whatever other
            accounts' or other days' files have.
    """
    landed = [file for file in files if file.entity == "interactions"]
    sources = [file for file in landed if file.ingest_seq in own_seqs] or landed
    entities = {file.entity for file in files}
    return Coverage(
        views="video_views" in entities,
        follows="follower_events" in entities,
        visits="profile_visits" in entities,
        conversions="conversions" in entities,
        types=frozenset(
            kind for kind in COUNTED_AS if any(kind not in file.never_has for file in sources)
        ),
    )


# ---------------------------------------------------------------- 5. from rows to daily numbers


@dataclass(frozen=True)
class View:
    video_id: str
    account_id: str
    day: date
    person: str | None
    watched: Decimal
    duration: Decimal | None
    traffic_source: str
    moment: datetime
    view_id: str

    @property
    def is_view(self) -> bool:
        return self.watched > 0

    @property
    def has_duration(self) -> bool:
        """A view (watch_seconds > 0) with a known duration (> 0)."""
        return self.is_view and self.duration is not None and self.duration > 0

    @property
    def length(self) -> Decimal:
        assert self.duration is not None
        return self.duration

    @property
    def first_play(self) -> Decimal:
        return min(self.watched, self.length)

    def reaches(self, share: Fraction) -> bool:
        return Fraction(self.first_play) >= share * Fraction(self.length)

    @property
    def is_completed(self) -> bool:
        return Fraction(self.watched) >= Fraction(99, 100) * Fraction(self.length)


@dataclass(frozen=True)
class Interaction:
    video_id: str
    account_id: str
    day: date
    kind: str
    is_undo: bool


@dataclass(frozen=True)
class FollowerEvent:
    """``named_video`` is as the row names it, ``video_id`` only if it is known."""

    event_id: str
    account_id: str
    day: date
    moment: datetime
    person: str | None
    is_follow: bool
    named_video: str | None
    video_id: str | None


@dataclass(frozen=True)
class Visit:
    account_id: str
    day: date
    person: str | None
    video_id: str | None


@dataclass(frozen=True)
class Conversion:
    account_id: str
    day: date
    kind: str
    video_id: str | None
    value: Decimal | None
    currency: str | None
    quantity: int | None


@dataclass(frozen=True)
class Reading:
    """A snapshot of an account's or a video's lifetime counters."""

    of: str
    moment: datetime
    day: date
    counters: Content


@dataclass(frozen=True)
class Added:
    """What snapshots say that one day added to one counter of one video."""

    value: int | Decimal
    is_estimated: bool = False
    has_restatement: bool = False


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the next day, in UTC without a zone."""
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=zone)
    return midnight.astimezone(UTC).replace(tzinfo=None)


def ratio(numerator: Any, denominator: Any, scale: int = 1) -> float | None:
    """NULL with a zero or NULL denominator."""
    if numerator is None or not denominator:
        return None
    return float(Fraction(numerator) / Fraction(denominator) * scale)


def percent(numerator: Any, denominator: Any) -> float | None:
    return ratio(numerator, denominator, 100)


def total(parts: Iterable[int | None]) -> int | None:
    """NULL if a part is."""
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)


def fitting(value: T) -> T | None:
    """Counts are bigint, seconds decimal(18,3), money decimal(18,4); what does not fit is NULL."""
    if isinstance(value, Decimal):
        largest = Decimal(10) ** (14 if -value.as_tuple().exponent > 3 else 15)  # type: ignore[operator]
        return value if abs(value) < largest else None
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else None
    return value


WATCH_COUNTS = (
    "impressions",
    "impressions_with_person",
    "reach",
    "views",
    "unique_viewers",
    "new_viewers",
    "returning_viewers",
    "total_watch_seconds",
    "views_with_duration",
    "completed_views",
    "first_play_watch_seconds",
    "views_retained_25",
    "views_retained_50",
    "views_retained_75",
    "views_retained_100",
)


def count_watch(
    rows: Sequence[View], day: date, first_days: Mapping[tuple[str, str], date]
) -> Record:
    """Counts of the watch family on one day, of one video or one account."""
    views = [row for row in rows if row.is_view]
    timed = [row for row in rows if row.has_duration]
    viewers = {(row.account_id, row.person) for row in views if row.person is not None}
    new = {viewer for viewer in viewers if first_days[viewer] == day}
    return {
        "impressions": len(rows),
        "impressions_with_person": sum(row.person is not None for row in rows),
        "reach": len({row.person for row in rows if row.person is not None}),
        "views": len(views),
        "unique_viewers": len(viewers),
        "new_viewers": len(new),
        "returning_viewers": len(viewers) - len(new),
        "total_watch_seconds": sum((row.watched for row in rows), Decimal(0)),
        "views_with_duration": len(timed),
        "completed_views": sum(row.is_completed for row in timed),
        "first_play_watch_seconds": sum((row.first_play for row in timed), Decimal(0)),
        **{
            f"views_retained_{mark}": sum(row.reaches(Fraction(mark, 100)) for row in timed)
            for mark in (25, 50, 75, 100)
        },
    }


def count_interactions(rows: Sequence[Interaction], coverage: Coverage) -> Record:
    """Gross: rows that are no undo. Net: those minus undo rows."""
    counted: Record = {}
    for kind, measure in COUNTED_AS.items():
        of_kind = [row for row in rows if row.kind == kind]
        undone = sum(row.is_undo for row in of_kind)
        known = kind in coverage.types
        counted[measure] = len(of_kind) - undone if known else None
        counted[f"net_{measure}"] = len(of_kind) - 2 * undone if known else None
    return counted


WATCH_COUNTERS = ("views", "total_watch_seconds")
ENGAGEMENT_COUNTERS = ("likes", "comments", "shares", "saves")


@dataclass(frozen=True)
class Day:
    """All that is accepted of one day, of one video or one account."""

    day: date
    views: Sequence[View]
    interactions: Sequence[Interaction]
    follows: Sequence[FollowerEvent]
    visits: Sequence[Visit]
    conversions: Sequence[Conversion]
    added: Sequence[Mapping[str, Added]]


def measure_day(day: Day, first_days: Mapping[tuple[str, str], date], coverage: Coverage) -> Record:
    """Every measure of one day that needs no other day, of one video or one account.

    A family comes from events where they are known, else from snapshots.
    """
    counts: Record = dict.fromkeys(WATCH_COUNTS)
    from_snapshots: list[str] = []
    if coverage.views:
        counts = count_watch(day.views, day.day, first_days)
        counts["watch_source"] = "event_log"
    else:
        from_snapshots += WATCH_COUNTERS
        counts |= sum_added(day.added, WATCH_COUNTERS)
        counts["watch_source"] = snapshots_if_any(day.added, WATCH_COUNTERS)
    counts |= count_interactions(day.interactions, coverage)
    if coverage.types:
        counts["engagement_source"] = "event_log"
    else:
        from_snapshots += ENGAGEMENT_COUNTERS
        counts |= sum_added(day.added, ENGAGEMENT_COUNTERS)
        counts["engagement_source"] = snapshots_if_any(day.added, ENGAGEMENT_COUNTERS)
    used = [
        added
        for of_video in day.added
        for name, added in of_video.items()
        if name in from_snapshots
    ]
    counts["is_estimated"] = any(added.is_estimated for added in used)
    counts["has_restatement"] = any(added.has_restatement for added in used)
    counts["followers_gained"] = (
        sum(event.is_follow for event in day.follows) if coverage.follows else None
    )
    counts["followers_source"] = "event_log" if coverage.follows else None
    counts |= count_funnel(day, coverage)
    return {**counts, **derive_watch(counts), **derive_engagement(counts)}


def sum_added(added: Iterable[Mapping[str, Added]], counters: Iterable[str]) -> Record:
    """An account's day = the sum of its videos that have a value, NULL if none has."""
    rows = list(added)
    sums: Record = {}
    for counter in counters:
        values = [row[counter].value for row in rows if counter in row]
        sums[counter] = fitting(sum(values[1:], values[0])) if values else None
    return sums


def snapshots_if_any(added: Iterable[Mapping[str, Added]], counters: Sequence[str]) -> str | None:
    return "snapshots" if any(name in of_video for of_video in added for name in counters) else None


def count_funnel(day: Day, coverage: Coverage) -> Record:
    visitors = len({visit.person for visit in day.visits if visit.person is not None})
    conversions = len(day.conversions) if coverage.conversions else None
    value, currency = value_of(day.conversions) if coverage.conversions else (None, None)
    known = coverage.visits or coverage.conversions
    return {
        "profile_visits": len(day.visits) if coverage.visits else None,
        "profile_visitors": visitors if coverage.visits else None,
        "conversions": conversions,
        "conversion_rate_pct": percent(conversions, visitors) if coverage.visits else None,
        "conversion_denominator": "visitors" if coverage.visits else None,
        "conversion_value_amount": value,
        "currency": currency,
        "funnel_source": "event_log" if known else None,
    }


def value_of(conversions: Sequence[Conversion]) -> tuple[Decimal | None, str | None]:
    """NULL on a day with more than one currency; one that is not named is one of its own.

    Where no row has a value, none happened.
    """
    valued = [(row.value, row.currency) for row in conversions if row.value is not None]
    currencies = {currency for _, currency in valued}
    if len(currencies) > 1:
        return None, None
    amount = fitting(sum((value for value, _ in valued), Decimal("0.0000")))
    return amount, next(iter(currencies), None)


def derive_watch(counts: Record) -> Record:
    retained = {
        f"watch_retention_{mark}_pct": percent(
            counts[f"views_retained_{mark}"], counts["views_with_duration"]
        )
        for mark in (25, 50, 75, 100)
    }
    return {
        **retained,
        "frequency": ratio(counts["impressions_with_person"], counts["reach"]),
        "view_rate_pct": percent(counts["views"], counts["impressions"]),
        "average_watch_seconds": ratio(counts["total_watch_seconds"], counts["views"]),
        "completion_rate_pct": percent(counts["completed_views"], counts["views_with_duration"]),
        "followers_per_1000_views": across(
            counts, "followers_gained", "followers", "views", "watch", 1000
        ),
    }


def derive_engagement(counts: Record) -> Record:
    """Where saves are unknown the numerator is likes + comments + shares, and a flag says so."""
    without_saves = total(counts[name] for name in ("likes", "comments", "shares"))
    has_saves = None if without_saves is None else counts["saves"] is not None
    engagements = fitting(total((without_saves, counts["saves"])) if has_saves else without_saves)
    active = fitting(
        total(
            counts[name] for name in ("comments", "shares", "duets", "stitches", "direct_messages")
        )
    )
    counts = {**counts, "engagements": engagements, "active_engagements": active}

    def per_view(measure: str) -> float | None:
        return across(counts, measure, "engagement", "views", "watch")

    return {
        "engagements": engagements,
        "engagement_has_saves": has_saves,
        "engagement_rate_pct": per_view("engagements"),
        "engagement_rate_by_reach_pct": across(
            counts, "engagements", "engagement", "reach", "watch"
        ),
        "active_engagements": active,
        "active_engagement_rate_pct": per_view("active_engagements"),
        "like_rate_pct": per_view("likes"),
        "comment_rate_pct": per_view("comments"),
        "share_rate_pct": per_view("shares"),
        "save_rate_pct": per_view("saves"),
    }


def across(
    counts: Record,
    numerator: str,
    numerator_family: str,
    denominator: str,
    denominator_family: str,
    scale: int = 100,
) -> float | None:
    """A ratio of two families: it never mixes sources."""
    if counts[f"{numerator_family}_source"] != counts[f"{denominator_family}_source"]:
        return None
    return ratio(counts[numerator], counts[denominator], scale)


def first_view_days(views: Iterable[View]) -> dict[tuple[str, str], date]:
    """The day of each person's first view of each account ever."""
    first: dict[tuple[str, str], date] = {}
    for view in views:
        if view.is_view and view.person is not None:
            viewer = view.account_id, view.person
            first[viewer] = min(view.day, first.get(viewer, view.day))
    return first


# ---------------------------------------------------------------- readings that are not plausible


def suspect_days(
    levels: Mapping[date, Any],
    known_net: Callable[[date, date], int] = lambda _, __: 0,
    *,
    may_grow: bool = False,
) -> set[date]:
    """Days whose reading leaves those around it: up to three in a row that come back, and the last.

    Args:
        levels: what one source read of one counter, by day.
        known_net: what is known to have come and gone after one day and up to another.
        may_grow: whether the last reading may exceed the one before without limit.
    """
    days = sorted(levels)

    def leaves(earlier: int, later: int, factor: int = 3) -> bool:
        before, after = levels[days[earlier]], levels[days[later]]
        explained = before + known_net(days[earlier], days[later])
        return all(
            abs(after - each) > 100 and max(after, each) > factor * min(after, each)
            for each in (before, explained)
        )

    suspects: set[int] = set()
    returns: set[int] = set()
    for first, length in itertools.product(range(len(days)), (1, 2, 3)):
        between, last = range(first + 1, first + 1 + length), first + 1 + length
        if last >= len(days) or leaves(first, last):
            continue
        if not all(leaves(first, each) and leaves(each, last) for each in between):
            continue
        outer = first > 0 and last + 1 < len(days)
        if length > 1 and outer and leaves(first - 1, first) and leaves(last, last + 1):
            continue
        suspects.update(between)
        returns.add(last)
    newest = len(days) - 1
    if newest > 0 and newest not in returns and leaves(newest - 1, newest, factor=10):
        fell = levels[days[newest]] < levels[days[newest - 1]]
        suspects |= {newest} if fell or not may_grow else set()
    return {days[place] for place in suspects}


# ---------------------------------------------------------------- snapshots to days


def totals_of(readings: Sequence[Reading], counter: str) -> dict[date, Any]:
    """The last reading of each day that is not NULL."""
    return {
        reading.day: reading.counters[counter]
        for reading in sorted(readings, key=lambda reading: reading.moment)
        if reading.counters[counter] is not None
    }


def suspect_readings(readings: Sequence[Reading]) -> set[date]:
    """Days on which one lifetime counter of a video, or more, is suspect."""
    return {
        day
        for counter in (*WATCH_COUNTERS, *ENGAGEMENT_COUNTERS)
        for day in suspect_days(totals_of(readings, counter), may_grow=True)
    }


def differences_of(readings: Sequence[Reading], counter: str, posted: date) -> dict[date, Added]:
    """What each day added to one lifetime counter of one video. Watch time in thousandths."""
    scale = 1000 if counter == "total_watch_seconds" else 1
    suspects = suspect_readings(readings)
    totals = [
        (day, int(value * scale))
        for day, value in sorted(totals_of(readings, counter).items())
        if day not in suspects
    ]
    added: dict[date, Added] = {}
    if totals and totals[0][0] == posted:
        added[posted] = Added(totals[0][1])
    for (before, previous), (day, current) in itertools.pairwise(totals):
        added |= spread(current - previous, calendar(before + timedelta(days=1), day))
    if scale == 1:
        return added
    return {
        day: Added(Decimal(part.value) / scale, part.is_estimated, part.has_restatement)
        for day, part in added.items()
    }


def spread(difference: int, days: Sequence[date]) -> dict[date, Added]:
    """Over the days of a gap in whole numbers, the remainder on the last; a fall stays whole."""
    is_estimated = len(days) > 1
    share = max(difference, 0) // len(days)
    parts = {day: Added(share, is_estimated) for day in days[:-1]}
    rest = difference - share * (len(days) - 1)
    return {**parts, days[-1]: Added(rest, is_estimated, has_restatement=difference < 0)}


# ---------------------------------------------------------------- followers


def count_followers(world: World, account_id: str, days: Sequence[date]) -> dict[date, Record]:
    """Opening, gained, lost, adjustment, net and closing of each day, and the rates of growth."""
    official = world.official_levels(account_id)
    suspects = world.suspect_levels(account_id)
    if not world.coverage_for(account_id).follows:
        return {
            day: {
                **follow_levels_alone(official, day),
                "followers_is_suspect": (
                    day in suspects if day in official or day in suspects else None
                ),
            }
            for day in days
        }
    events = [event for event in world.follows if event.account_id == account_id]
    gained = Counter(event.day for event in events if event.is_follow)
    lost = Counter(event.day for event in events if not event.is_follow)
    opening, closing = walk(
        days, official, {day: gained[day] - lost[day] for day in gained.keys() | lost.keys()}
    )
    return {
        day: {
            **follower_record(
                opening.get(day), gained[day], lost[day], closing.get(day), "event_log"
            ),
            "followers_is_suspect": day in suspects,
        }
        for day in days
    }


def walk(
    days: Sequence[date], official: Mapping[date, tuple[int, str]], known_net: Mapping[date, int]
) -> tuple[dict[date, int], dict[date, int]]:
    """Openings and closings, while not below 0: back from the first official level, and forward.

    Below 0 the events are not whole, and nothing is known until an official level says it again.
    """
    opening: dict[date, int] = {}
    closing: dict[date, int] = {}
    if not official:
        return opening, closing
    first = min(official)
    closing[first] = official[first][0]
    for day in reversed(calendar(days[0], first)):
        before = closing[day] - known_net.get(day, 0)
        if before < 0:
            break
        opening[day] = before
        closing[day - timedelta(days=1)] = before
    for day in calendar(first, max(*days, *official))[1:]:
        if day - timedelta(days=1) in closing:
            opening[day] = closing[day - timedelta(days=1)]
            after = opening[day] + known_net.get(day, 0)
            if after >= 0:
                closing[day] = after
        if day in official:
            closing[day] = official[day][0]
    return opening, closing


def follow_levels_alone(official: Mapping[date, tuple[int, str]], day: date) -> Record:
    """Levels only on days with an official level, net only between adjacent ones.

    What the day before closed with is known even on a day that has no level of its own.
    """
    before, _ = official.get(day - timedelta(days=1), (None, None))
    level, source = official.get(day, (None, None))
    return follower_record(before, None, None, level, source)


def follower_record(
    opening: int | None,
    gained: int | None,
    lost: int | None,
    closing: int | None,
    source: str | None,
) -> Record:
    expected_net = None if gained is None or lost is None else gained - lost
    opening, closing = fitting(opening), fitting(closing)
    net = None if closing is None or opening is None else closing - opening
    return {
        "followers_opening": opening,
        "followers_gained": gained,
        "followers_lost": lost,
        "followers_adjustment": (
            None if net is None or expected_net is None else net - expected_net
        ),
        "followers_net": net,
        "followers_closing": closing,
        "follower_growth_rate_pct": percent(net, opening),
        "gross_follower_growth_rate_pct": percent(gained, opening),
        "followers_source": source,
    }


def attribute_follows(world: World) -> Table:
    """To source_video_id, else to the account's video that the person watched last within 24 h."""
    watched_by = group(
        [view for view in world.views if view.is_view and view.person is not None],
        lambda view: (view.person, view.account_id),
    )
    expected: Table = {}
    for event in world.follows:
        if not event.is_follow:
            continue
        video_id, method = event.video_id, "source_video"
        if event.named_video is None:
            video_id, method = last_watched(event, watched_by), "last_watched"
        expected[(event.event_id,)] = {
            "account_id": event.account_id,
            "attributed_video_id": video_id,
            "attribution_method": "none" if video_id is None else method,
            "occurred_at": event.moment,
            "event_date": event.day,
        }
    return expected


def last_watched(
    event: FollowerEvent, watched_by: Mapping[tuple[Any, ...], Sequence[View]]
) -> str | None:
    watched = [
        view
        for view in watched_by.get((event.person, event.account_id), [])
        if timedelta(0) <= event.moment - view.moment <= ATTRIBUTION_TIME
    ]
    last = max(watched, key=lambda view: (view.moment, view.view_id), default=None)
    return last.video_id if last else None


def daily_conversions(world: World) -> Table:
    """Conversions by account, date, type and currency."""
    expected: Table = {}
    known = [row for row in world.conversions if world.coverage_for(row.account_id).conversions]
    visits = group(world.visits, lambda visit: (visit.account_id, visit.day))
    grouped = group(known, lambda row: (row.account_id, row.day, row.kind, row.currency))
    for key, rows in grouped.items():
        visitors = visited = None
        if world.coverage_for(key[0]).visits:
            visited = len(visits.get(key[:2], []))
            visitors = len({visit.person for visit in visits.get(key[:2], [])} - {None})
        values = [row.value for row in rows if row.value is not None]
        quantities = [row.quantity for row in rows if row.quantity is not None]
        expected[key] = {
            "conversions": len(rows),
            "quantity": fitting(sum(quantities)) if quantities else None,
            "conversion_value_amount": fitting(sum(values, Decimal(0))) if values else None,
            "profile_visits": visited,
            "profile_visitors": visitors,
            "conversion_rate_pct": percent(len(rows), visitors),
            "funnel_source": "event_log",
        }
    return expected


# ---------------------------------------------------------------- retention and traffic sources


def retention_curve(views: Sequence[View], marks: Sequence[tuple[Any, Fraction]]) -> list[Record]:
    """Retention at each (name of the mark, its seconds), in order; the first mark is 0."""
    curve: list[Record] = []
    for name, seconds in marks:
        retained = sum(Fraction(view.first_play) >= seconds for view in views)
        retention = percent(retained, len(views))
        assert retention is not None
        before = curve[-1]["watch_retention_pct"] if curve else None
        curve.append(
            {
                "mark": name,
                "account_id": views[0].account_id,
                "mark_seconds": in_milliseconds(seconds),
                "views_with_duration": len(views),
                "views_retained": retained,
                "watch_retention_pct": retention,
                "drop_off_pct": None if before is None else before - retention,
            }
        )
    return curve


def in_milliseconds(seconds: Fraction) -> Decimal:
    exact = Decimal(seconds.numerator) / Decimal(seconds.denominator)
    return exact.quantize(_MILLI, ROUND_HALF_UP)


def daily_retention(views: Iterable[View]) -> Table:
    """Marks: each 5 % of the duration per video and day."""
    expected: Table = {}
    timed = [view for view in views if view.has_duration]
    for (video_id, day), rows in group(timed, lambda view: (view.video_id, view.day)).items():
        length = Fraction(rows[0].length)
        marks = [(mark, length * mark / 100) for mark in range(0, 101, 5)]
        for point in retention_curve(rows, marks):
            expected[video_id, day, point.pop("mark")] = point
    return expected


def lifetime_retention(views: Iterable[View]) -> Table:
    """Marks: each second up to 180 and the duration itself, per video over its lifetime."""
    expected: Table = {}
    timed = [view for view in views if view.has_duration]
    for (video_id,), rows in group(timed, lambda view: (view.video_id,)).items():
        length = Fraction(rows[0].length)
        seconds = {Fraction(second) for second in range(181) if second <= length} | {length}
        marks = [(mark == length, mark) for mark in sorted(seconds)]
        for point in retention_curve(rows, marks):
            point["is_end"] = point.pop("mark")
            expected[video_id, point.pop("mark_seconds")] = point
    return expected


def daily_traffic_sources(views: Sequence[View]) -> Table:
    expected: Table = {}
    per_day = group(views, lambda view: (view.video_id, view.day))
    per_source = group(views, lambda view: (view.video_id, view.day, view.traffic_source))
    for key, rows in per_source.items():
        of_video = sum(view.is_view for view in per_day[key[:2]])
        played = sum(view.is_view for view in rows)
        expected[key] = {
            "account_id": rows[0].account_id,
            "impressions": len(rows),
            "views": played,
            "video_views": of_video,
            "view_share_pct": percent(played, of_video),
            "total_watch_seconds": sum((view.watched for view in rows), Decimal(0)),
        }
    return expected


def group(rows: Iterable[T], key: Callable[[T], tuple[Any, ...]]) -> dict[tuple[Any, ...], list[T]]:
    grouped: dict[tuple[Any, ...], list[T]] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    return grouped


# ---------------------------------------------------------------- 6. which rows the marts have


@dataclass(frozen=True)
class World:
    """Accepted rows in their places: what the marts are counted from."""

    zone: ZoneInfo
    accounts: Mapping[str, Content]
    videos: Mapping[str, Content]
    views: Sequence[View]
    interactions: Sequence[Interaction]
    follows: Sequence[FollowerEvent]
    visits: Sequence[Visit]
    conversions: Sequence[Conversion]
    counts: Mapping[tuple[str, date], int]
    account_readings: Sequence[Reading]
    video_readings: Sequence[Reading]
    coverage: Mapping[str, Coverage]
    coverage_of_days: Mapping[tuple[str, date], Coverage]
    newest_ingest: datetime | None
    newest_of_source: Mapping[str, datetime]

    def coverage_for(self, account_id: str) -> Coverage:
        """Competitors get NULL for measures of events."""
        return self.coverage[account_id] if self.is_own(account_id) else NOTHING_KNOWN

    def coverage_on(self, account_id: str, day: date) -> Coverage:
        """A day with interactions is judged by the files that they came from."""
        usual = self.coverage_for(account_id)
        of_day = self.coverage_of_days.get((account_id, day), usual)
        return of_day if self.is_own(account_id) else usual

    def is_own(self, account_id: str) -> bool:
        return bool(self.accounts[account_id]["account_role"] == "own")

    def account_of(self, video_id: str) -> str:
        return str(self.videos[video_id]["account_id"])

    def own_views(self) -> list[View]:
        return [view for view in self.views if self.coverage_for(view.account_id).views]

    def official_levels(self, account_id: str) -> dict[date, tuple[int, str]]:
        """By day, each with its source: follower_counts, else the day's last snapshot.

        What is not plausible is as if it were not there.
        """
        official: dict[date, tuple[int, str]] = {}
        for source, levels in (
            ("snapshots", self.shown_levels(account_id)),
            ("event_log", self.counted_levels(account_id)),
        ):
            suspects = self.implausible(account_id, levels)
            official |= {day: (levels[day], source) for day in levels.keys() - suspects}
        return official

    def counted_levels(self, account_id: str) -> dict[date, int]:
        return {day: level for (of, day), level in self.counts.items() if of == account_id}

    def implausible(self, account_id: str, levels: Mapping[date, int]) -> set[date]:
        """Days whose level leaves those around it, and no known follow or unfollow explains it."""
        known = self.coverage_for(account_id).follows
        events = [event for event in self.follows if known and event.account_id == account_id]

        def net(after: date, until: date) -> int:
            between = [event.is_follow for event in events if after < event.day <= until]
            return between.count(True) - between.count(False)

        return suspect_days(levels, net)

    def suspect_levels(self, account_id: str) -> set[date]:
        """Days whose count was set aside, or whose snapshot was where there is no count."""
        counted, shown = self.counted_levels(account_id), self.shown_levels(account_id)
        return self.implausible(account_id, counted) | {
            day for day in self.implausible(account_id, shown) if day not in counted
        }

    def shown_levels(self, account_id: str) -> dict[date, int]:
        """The last followers that a snapshot of each day shows."""
        ordered = sorted(self.account_readings, key=lambda reading: reading.moment)
        return {
            reading.day: reading.counters["followers"]
            for reading in ordered
            if reading.of == account_id and reading.counters["followers"] is not None
        }

    def added(self) -> dict[tuple[str, date], dict[str, Added]]:
        """What snapshots say of each video and day, measure by measure."""
        added: dict[tuple[str, date], dict[str, Added]] = defaultdict(dict)
        for (video_id,), readings in group(self.video_readings, lambda row: (row.of,)).items():
            posted = local_day(self.videos[video_id]["posted_at"], self.zone)
            for counter in (*WATCH_COUNTERS, *ENGAGEMENT_COUNTERS):
                for day, part in differences_of(readings, counter, posted).items():
                    added[video_id, day][counter] = part
        return added

    def is_provisional(self, day: date, row: Record) -> bool:
        """The day's end plus the delay is after the newest ingest of a source of the row.

        What no source knows yet, any ingest may bring.
        """
        families = ("engagement", "watch", "followers", "funnel")
        sources = {row[f"{family}_source"] for family in families} - {None}
        newest = [self.newest_of_source.get(source) for source in sources] or [self.newest_ingest]
        settled_at = end_of_day(day, self.zone) + PROVISIONAL_DELAY
        return any(ingest is None or settled_at > ingest for ingest in newest)


def place_events(
    judged: Mapping[str, Sequence[Judged]], files: Sequence[LandedFile], zone: ZoneInfo
) -> World:
    """The latest accepted version of a video or an account applies to all its days."""
    accepted = {
        entity: [row for row in rows if row.row_status == "accepted"]
        for entity, rows in judged.items()
    }
    contents = {entity: [row.content for row in rows] for entity, rows in accepted.items()}
    accounts = {row["account_id"]: row for row in contents["accounts"]}
    videos = {row["video_id"]: row for row in contents["videos"]}

    def known(video_id: str | None) -> str | None:
        """An optional reference that is unknown feeds no video."""
        return video_id if video_id in videos else None

    views = [
        View(
            video_id=row.content["video_id"],
            account_id=videos[row.content["video_id"]]["account_id"],
            day=local_day(row.content["viewed_at"], zone),
            person=row.content["person_id"],
            watched=row.content["watch_seconds"],
            duration=videos[row.content["video_id"]]["duration_seconds"],
            traffic_source=row.content["traffic_source"] or "unknown",
            moment=row.content["viewed_at"],
            view_id=row.content["view_id"],
        )
        for row in accepted["video_views"]
    ]
    interactions = [
        Interaction(
            video_id=row["video_id"],
            account_id=videos[row["video_id"]]["account_id"],
            day=local_day(row["interacted_at"], zone),
            kind=row["interaction_type"],
            is_undo=bool(row["is_undo"]),
        )
        for row in contents["interactions"]
    ]
    follows = [
        FollowerEvent(
            event_id=row["event_id"],
            account_id=row["account_id"],
            day=local_day(row["occurred_at"], zone),
            moment=row["occurred_at"],
            person=row["person_id"],
            is_follow=row["action"] == "follow",
            named_video=row["source_video_id"],
            video_id=known(row["source_video_id"]),
        )
        for row in contents["follower_events"]
    ]
    visits = [
        Visit(
            account_id=row["account_id"],
            day=local_day(row["visited_at"], zone),
            person=row["person_id"],
            video_id=known(row["source_video_id"]),
        )
        for row in contents["profile_visits"]
    ]
    conversions = [
        Conversion(
            account_id=row["account_id"],
            day=local_day(row["converted_at"], zone),
            kind=row["conversion_type"],
            video_id=known(row["video_id"]),
            value=row["value_amount"],
            currency=row["currency"],
            quantity=row["quantity"],
        )
        for row in contents["conversions"]
    ]

    def readings(entity: str, of: str) -> list[Reading]:
        return [
            Reading(row[of], row["captured_at"], local_day(row["captured_at"], zone), row)
            for row in contents[entity]
        ]

    seqs_of: dict[str, set[int]] = {account_id: set() for account_id in accounts}
    seqs_of_days: dict[tuple[str, date], set[int]] = defaultdict(set)
    for judged_row in accepted["interactions"]:
        account_id = videos[judged_row.content["video_id"]]["account_id"]
        day = local_day(judged_row.content["interacted_at"], zone)
        seqs_of[account_id].add(judged_row.raw["_ingest_seq"])
        seqs_of_days[account_id, day].add(judged_row.raw["_ingest_seq"])
    newest: dict[str, datetime] = {}
    for source, entities in ENTITIES_OF.items():
        landed = [file.ingested_at for file in files if file.entity in entities]
        if landed:
            newest[source] = max(landed)
    return World(
        zone=zone,
        accounts=accounts,
        videos=videos,
        views=views,
        interactions=interactions,
        follows=follows,
        visits=visits,
        conversions=conversions,
        counts={
            (row["account_id"], row["count_date"]): row["followers"]
            for row in contents["follower_counts"]
        },
        account_readings=readings("account_snapshots", "account_id"),
        video_readings=readings("video_snapshots", "video_id"),
        coverage={account_id: coverage_of(files, seqs) for account_id, seqs in seqs_of.items()},
        coverage_of_days={key: coverage_of(files, seqs) for key, seqs in seqs_of_days.items()},
        newest_ingest=max((file.ingested_at for file in files), default=None),
        newest_of_source=newest,
    )


def days_by(world: World, owner: str) -> dict[tuple[str, date], Day]:
    """What is accepted of each day that has something, by ``video_id`` or ``account_id``."""

    def key(row: Any) -> tuple[Any, ...]:
        return getattr(row, owner), row.day

    views = group(world.views, key)
    interactions = group(world.interactions, key)
    follows = group(world.follows, key)
    visits = group(world.visits, key)
    conversions = group(world.conversions, key)
    added: dict[tuple[str, date], list[dict[str, Added]]] = defaultdict(list)
    for (video_id, day), parts in world.added().items():
        added[video_id if owner == "video_id" else world.account_of(video_id), day].append(parts)
    read = {
        (row.of if owner == "video_id" else world.account_of(row.of), row.day)
        for row in world.video_readings
    }
    if owner == "account_id":
        read |= {(row.of, row.day) for row in world.account_readings} | world.counts.keys()
    keys = read.union(views, interactions, follows, visits, conversions, added)
    return {
        (of, day): Day(
            day,
            views.get((of, day), []),
            interactions.get((of, day), []),
            follows.get((of, day), []),
            visits.get((of, day), []),
            conversions.get((of, day), []),
            added.get((of, day), []),
        )
        for of, day in keys
        if of is not None
    }


def daily_video_kpis(world: World) -> Table:
    """Days with any accepted row or snapshot difference of that video; sparse."""
    first_days = first_view_days(world.views)
    suspects = {
        video_id: suspect_readings(readings)
        for (video_id,), readings in group(world.video_readings, lambda row: (row.of,)).items()
    }
    expected: Table = {}
    for (video_id, day), rows in days_by(world, "video_id").items():
        account_id = world.account_of(video_id)
        posted = local_day(world.videos[video_id]["posted_at"], world.zone)
        coverage = world.coverage_on(account_id, day)
        measures = measure_day(rows, first_days, coverage)
        expected[video_id, day] = {
            "account_id": account_id,
            "posted_date": posted,
            "days_since_posting": (day - posted).days,
            "is_provisional": world.is_provisional(day, measures),
            # What snapshots say of a family that events tell is in no number of the row.
            "has_suspect_reading": day in suspects.get(video_id, ())
            and not (coverage.views and coverage.types),
            **measures,
        }
    return expected


def daily_account_kpis(world: World) -> Table:
    """Every account, every calendar day from its first accepted row to the data's end."""
    first_days = first_view_days(world.views)
    rows_of = days_by(world, "account_id")
    expected: Table = {}
    for (account_id,), keys in group(rows_of, lambda key: key[:1]).items():
        days = calendar(min(day for _, day in keys), data_end(rows_of, world))
        followers = count_followers(world, account_id, days) if days else {}
        account: dict[date, Record] = {}
        for day in days:
            nothing = Day(day, [], [], [], [], [], [])
            rows = rows_of.get((account_id, day), nothing)
            measures = measure_day(rows, first_days, world.coverage_on(account_id, day))
            measures |= followers[day]
            measures["engagement_rate_by_followers_pct"] = across(
                measures, "engagements", "engagement", "followers_opening", "followers"
            )
            account[day] = {
                "account_role": world.accounts[account_id]["account_role"],
                "is_provisional": world.is_provisional(day, measures),
                **measures,
            }
        for day in days:
            expected[account_id, day] = {**account[day], **compare_times(account, day)}
    return expected


def daily_followers(account_days: Table) -> Table:
    columns = [*follower_record(None, None, None, None, None), "followers_is_suspect"]
    return {key: {name: row[name] for name in columns} for key, row in account_days.items()}


def daily_video_counts(video_days: Table) -> Table:
    derived = {"posted_date", "days_since_posting", "is_provisional", "returning_viewers"}
    derived |= {"frequency", "average_watch_seconds", "followers_per_1000_views"}
    derived |= {"engagements", "engagement_has_saves", "active_engagements"}
    derived |= {"followers_source", "funnel_source", "conversion_denominator"}
    return {
        key: {
            name: value
            for name, value in row.items()
            if name not in derived and not name.endswith("_pct") and "_retained_" not in name
        }
        for key, row in video_days.items()
    }


def data_end(rows_of: Iterable[tuple[str, date]], world: World) -> date:
    """The earlier of the latest day of any accepted row and the newest ingest's day."""
    assert world.newest_ingest is not None
    latest = max(day for _, day in rows_of)
    return min(latest, local_day(world.newest_ingest, world.zone))


def calendar(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


# ---------------------------------------------------------------- comparisons in time

SUMMED = (
    "views",
    "engagements",
    "total_watch_seconds",
    "followers_net",
    "profile_visits",
    "conversions",
)
# Each ratio over a window: its parts, and the families that they come from.
WINDOW_RATIOS = {
    "engagement_rate_pct": ("engagements", "engagement", "views", "watch", 100),
    "save_rate_pct": ("saves", "engagement", "views", "watch", 100),
    "average_watch_seconds": ("total_watch_seconds", "watch", "views", "watch", 1),
    "completion_rate_pct": ("completed_views", "watch", "views_with_duration", "watch", 100),
    "conversion_rate_pct": ("conversions", "funnel", "profile_visitors", "funnel", 100),
}
COMPARED_BY_WEEK = (
    "engagement_rate_pct",
    "follower_growth_rate_pct",
    "conversion_rate_pct",
    "average_watch_seconds",
    "completion_rate_pct",
)


def compare_times(account: Mapping[date, Record], day: date) -> Record:
    """Trailing windows, the same weekday a week before, anomalies."""
    compared: Record = {}
    for length in (7, 28):
        days = [day - timedelta(days=offset) for offset in reversed(range(length))]
        rows = [account[each] for each in days if each in account]
        is_full = len(rows) == length
        for name in SUMMED:
            compared[f"{name}_{length}d"] = fitting(sum_known(rows, name)) if is_full else None
        for name, parts in WINDOW_RATIOS.items():
            compared[f"{name}_{length}d"] = window_ratio(rows, *parts) if is_full else None
        compared[f"follower_growth_rate_pct_{length}d"] = (
            percent(sum_known(rows, "followers_net"), rows[0]["followers_opening"])
            if is_full
            else None
        )
    week_before = account.get(day - timedelta(days=7), {})
    for name in COMPARED_BY_WEEK:
        before, now = week_before.get(name), account[day][name]
        compared[f"{name}_week_before"] = before
        compared[f"{name}_week_change"] = None if None in (before, now) else now - before
    for name in (*COMPARED_BY_WEEK, "views"):
        compared[f"{name}_is_anomaly"] = is_anomaly(account, day, name)
    return compared


def sum_known(rows: Sequence[Record], name: str) -> Any:
    """NULL if a part is."""
    values = [row[name] for row in rows]
    return None if None in values else sum(values[1:], values[0])


def window_ratio(
    rows: Sequence[Record],
    numerator: str,
    numerator_family: str,
    denominator: str,
    denominator_family: str,
    scale: int,
) -> float | None:
    sources = {row[f"{numerator_family}_source"] for row in rows}
    sources |= {row[f"{denominator_family}_source"] for row in rows}
    if len(sources) > 1:
        return None
    return ratio(sum_known(rows, numerator), sum_known(rows, denominator), scale)


def is_anomaly(account: Mapping[date, Record], day: date, name: str) -> bool | None:
    """Against the days known and not provisional of the 28 before, of which 14 must be."""
    before = [account.get(day - timedelta(days=offset)) for offset in range(1, 29)]
    known = [
        row[name] for row in before if row and row[name] is not None and not row["is_provisional"]
    ]
    value = account[day][name]
    if value is None or account[day]["is_provisional"] or len(known) < 14:
        return None
    middle = statistics.median(known)
    deviation = statistics.median(abs(each - middle) for each in known)
    return None if deviation == 0 else bool(abs(value - middle) > 3 * 1.4826 * deviation)


# ---------------------------------------------------------------- quality


def disagreements(world: World, video_days: Table) -> Table:
    """Where own snapshots say something else than the events or counts beside them."""
    expected: Table = {}
    for (video_id, day), parts in world.added().items():
        account_id = world.account_of(video_id)
        coverage = world.coverage_for(account_id)
        known = [*(WATCH_COUNTERS if coverage.views else ())]
        known += ENGAGEMENT_COUNTERS if coverage.types else ()
        for measure, part in parts.items():
            value = video_days[video_id, day][measure]
            if measure in known and value is not None and disagree(value, part.value):
                expected[account_id, video_id, day, measure, "snapshots"] = disagreement(
                    value, part.value, part.is_estimated
                )
    for account_id in world.accounts:
        if not world.is_own(account_id):
            continue
        official = world.official_levels(account_id)
        for day, level in world.shown_levels(account_id).items():
            counted, source = official.get(day, (None, None))
            if counted is not None and source == "event_log" and disagree(counted, level):
                expected[account_id, None, day, "followers", "snapshots"] = disagreement(
                    counted, level, False
                )
    return expected


def disagree(events: int | Decimal, snapshots: int | Decimal) -> bool:
    """By more than 5 units and more than 1 %."""
    difference: Decimal = abs(Decimal(snapshots) - Decimal(events))
    return difference > 5 and difference * 100 > abs(Decimal(events))


def disagreement(events: int | Decimal, snapshots: int | Decimal, is_estimated: bool) -> Record:
    return {
        "trusted_source": "event_log",
        "trusted_value": Decimal(events),
        "other_value": Decimal(snapshots),
        "difference": Decimal(snapshots) - Decimal(events),
        "is_estimated": is_estimated,
    }


MOMENTS = {
    "video_views": "viewed_at",
    "interactions": "interacted_at",
    "follower_events": "occurred_at",
    "follower_counts": "count_date",
    "profile_visits": "visited_at",
    "conversions": "converted_at",
    "account_snapshots": "captured_at",
    "video_snapshots": "captured_at",
}
SHIFTED_OR_NO_MOMENT = (
    *("malformed_row", "unparseable_timestamp", "future_timestamp", "before_platform"),
)


def list_rejected(judged: Mapping[str, Sequence[Judged]], world: World) -> Table:
    return {
        (entity, row.raw["_ingest_id"], row.raw["_source_file"], row.raw["_source_row"]): {
            "source": "snapshots" if entity.endswith("_snapshots") else "event_log",
            "account_id": account_of_rejected(row, world),
            "event_date": day_of_rejected(row, world.zone),
            "reason_code": row.reason_code,
            "is_waiting": row.reason_code in ("unknown_account", "unknown_video"),
            "ingested_at": row.raw["_ingested_at"],
        }
        for entity, rows in judged.items()
        for row in rows
        if row.row_status == "rejected"
    }


def account_of_rejected(row: Judged, world: World) -> str | None:
    """The account that a row names by itself, or whose video it names; None if not known."""
    if row.reason_code == "malformed_row":
        return None
    if row.entity in ("video_views", "interactions"):
        video_id = trimmed(row.raw.get("video_id"))
        return world.account_of(video_id) if video_id and video_id in world.videos else None
    account_id = trimmed(row.raw.get("account_id"))
    return account_id if account_id in world.accounts else None


def day_of_rejected(row: Judged, zone: ZoneInfo) -> date | None:
    """The day of a row whose moment can be read and be true."""
    if row.entity not in MOMENTS or row.reason_code in SHIFTED_OR_NO_MOMENT:
        return None
    name = MOMENTS[row.entity]
    try:
        moment = parse(SPECS[row.entity].required[name], trimmed(row.raw.get(name)) or "")
    except Bad:
        return None
    day: date = local_day(moment, zone) if isinstance(moment, datetime) else moment
    last_day = local_day(row.raw["_ingested_at"] + timedelta(days=1), zone)
    return day if date(2016, 9, 1) <= day <= last_day else None


def reconcile(judged: Mapping[str, Sequence[Judged]], files: Sequence[LandedFile]) -> Table:
    """For every file: raw_rows = accepted + rejected + duplicates."""
    expected: Table = {}
    for file in files:
        rows = [row for row in judged[file.entity] if row.raw["_ingest_seq"] == file.ingest_seq]
        statuses = Counter(row.row_status for row in rows)
        assert file.raw_rows == statuses.total()
        expected[file.ingest_id, file.entity, file.source_file] = {
            "raw_rows": file.raw_rows,
            "accepted_rows": statuses["accepted"],
            "rejected_rows": statuses["rejected"],
            "duplicate_rows": statuses["duplicate"],
            "exact_duplicate_rows": sum(row.duplicate_kind == "exact" for row in rows),
        }
    return expected


def count_nulled(judged: Mapping[str, Sequence[Judged]]) -> Table:
    """Bad optional values of accepted rows."""
    rows_of: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for entity, rows in judged.items():
        for row in rows:
            for name in row.nulled if row.row_status == "accepted" else ():
                key = entity, name, row.raw["_ingest_id"], row.raw["_source_file"]
                rows_of[key].append(row.raw["_source_row"])
    return {
        key: {"nulled_values": len(places), "first_source_row": min(places)}
        for key, places in rows_of.items()
    }


def list_statuses(rows: Sequence[Judged]) -> Table:
    return {
        row.place: {
            "row_status": row.row_status,
            "duplicate_kind": row.duplicate_kind,
            "reason_code": row.reason_code,
        }
        for row in rows
    }


def list_contents(rows: Sequence[Judged]) -> Table:
    """What was understood of each accepted row. A person is a key from staging on."""
    return {
        row.place: {
            {"person_id": "person_key"}.get(name, name): value
            for name, value in row.content.items()
        }
        for row in rows
        if row.row_status == "accepted"
    }


def expect(
    raw: Mapping[str, Sequence[RawRow]], files: Sequence[LandedFile], time_zone: str
) -> dict[str, Table]:
    """Every table that the warehouse must show for these raw rows, by name.

    Args:
        raw: rows of each entity, columns as text, lineage typed.
        files: what has landed, files without rows too.
        time_zone: the reporting zone.
    """
    judged = judge(raw)
    world = place_events(judged, files, ZoneInfo(time_zone))
    own_views = world.own_views()
    video_days = daily_video_kpis(world)
    account_days = daily_account_kpis(world)
    statuses = {f"status {entity}": list_statuses(rows) for entity, rows in judged.items()}
    contents = {f"content {entity}": list_contents(rows) for entity, rows in judged.items()}
    return {
        **statuses,
        **contents,
        "quality.rejected_rows": list_rejected(judged, world),
        "quality.nulled_values": count_nulled(judged),
        "quality.row_reconciliation": reconcile(judged, files),
        "marts.fct_watch_retention_daily": daily_retention(own_views),
        "marts.fct_video_retention": lifetime_retention(own_views),
        "marts.fct_traffic_source_daily": daily_traffic_sources(own_views),
        "marts.fct_follows": attribute_follows(world),
        "marts.fct_conversion_daily": daily_conversions(world),
        "quality.source_disagreements": disagreements(world, video_days),
        "marts.fct_video_daily": daily_video_counts(video_days),
        "marts.daily_video_kpis": video_days,
        "marts.fct_follower_daily": daily_followers(account_days),
        "marts.daily_account_kpis": account_days,
    }
