"""A second reading of the raw contract, in plain Python, to hold the warehouse against.

It shares no code, no SQL and no table of columns with the project: whoever misread the contract
in one place would otherwise misread it in both. Slow and literal on purpose.
"""

from __future__ import annotations

import re
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
    """Columns of an entity with the kind of each; the first required one is its key."""

    required: Mapping[str, str]
    optional: Mapping[str, str]

    @property
    def key(self) -> str:
        return next(iter(self.required))


SPECS = {
    "accounts": Spec(
        required={"account_id": "text", "handle": "text", "account_role": "role"},
        optional={"display_name": "text", "country": "text", "created_at": "timestamp"},
    ),
    "videos": Spec(
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
        required={
            "view_id": "text",
            "viewed_at": "timestamp",
            "video_id": "text",
            "watch_seconds": "seconds",
        },
        optional={"person_id": "text", "traffic_source": "source"},
    ),
    "interactions": Spec(
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

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_EPOCH = re.compile(r"\d{10}|\d{13}", re.ASCII)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?"
    r"(?:(Z)|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)
_WIDE = Context(prec=400)
_MILLI = Decimal("0.001")


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


def parse_seconds(text: str) -> Decimal:
    """Seconds are decimal(18,3)."""
    if not _NUMBER.fullmatch(text):
        raise Bad(text)
    return Decimal(text).quantize(_MILLI, ROUND_HALF_UP, _WIDE)


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
    if kind == "text":
        return text
    if kind == "timestamp":
        return parse_timestamp(text)
    if kind == "seconds":
        return parse_seconds(text)
    if kind == "boolean":
        return parse_boolean(text)
    return parse_category(kind, text)


def parse_optional(kind: str, text: str | None, ingested_at: datetime) -> tuple[Any, bool]:
    """The value, and whether a bad one became NULL (a bad category: other)."""
    if text is None:
        return (False if kind == "boolean" else None), False
    try:
        value = parse(kind, text)
    except Bad:
        return ("other" if kind in CATEGORIES else None), True
    bad_number = kind == "seconds" and not 0 <= value < 10**15
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
    def key(self) -> str:
        return str(self.content[SPECS[self.entity].key])


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
    if texts[spec.key] is None:
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
    if "timestamp" in unread:
        return "unparseable_timestamp"
    required = [name for name, kind in SPECS[entity].required.items() if kind == "timestamp"]
    for name in required:
        if name != "posted_at" and is_future(content[name], raw["_ingested_at"]):
            return "future_timestamp"
        if is_before_platform(content[name]):
            return "before_platform"
    return None


def number_reason(content: Content, unread: set[str]) -> str | None:
    if "seconds" in unread:
        return "unparseable_number"
    watched = content.get("watch_seconds", Decimal(0))
    if watched < 0:
        return "negative_number"
    return "absurd_watch_time" if watched > LONGEST_WATCH else None


def reference_reason(entity: str, content: Content, known: Mapping[str, set[str]]) -> str | None:
    if entity == "videos" and content["account_id"] not in known["accounts"]:
        return "unknown_account"
    if entity in ("video_views", "interactions") and content["video_id"] not in known["videos"]:
        return "unknown_video"
    return None


def judge(raw: Mapping[str, Sequence[RawRow]]) -> dict[str, list[Judged]]:
    """The current status of every raw row, entity by entity, parents first."""
    known: dict[str, set[str]] = {}
    judged = {}
    for entity in SPECS:
        rows = [read_row(entity, row, known) for row in raw.get(entity, ())]
        settle_duplicates(rows)
        known[entity] = {row.key for row in rows if row.row_status == "accepted"}
        judged[entity] = rows
    return judged


def settle_duplicates(rows: Iterable[Judged]) -> None:
    """Among the rows of one key that pass, the latest by place is accepted."""
    passed: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        if row.row_status == "accepted":
            passed[row.key].append(row)
    for versions in passed.values():
        winner = max(versions, key=lambda row: row.place)
        for row in versions:
            if row is not winner:
                row.row_status = "duplicate"
                row.duplicate_kind = "exact" if row.content == winner.content else "superseded"


# ---------------------------------------------------------------- 4. what is known


@dataclass(frozen=True)
class Coverage:
    """Which measures of events own accounts have."""

    views: bool
    types: frozenset[str]


NOTHING_KNOWN = Coverage(views=False, types=frozenset())


def coverage_of(files: Sequence[LandedFile], own_seqs: set[int]) -> Coverage:
    """Once any file of an event entity has landed; a type, once a file that can have it has.

    Args:
        files: every landed file.
        own_seqs: files that gave the account's accepted interactions. What these can never have
            is unknown for the account, whatever other accounts' files have.
    """
    landed = [file for file in files if file.entity == "interactions"]
    sources = [file for file in landed if file.ingest_seq in own_seqs] or landed
    return Coverage(
        views=any(file.entity == "video_views" for file in files),
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


def measure_day(
    views: Sequence[View],
    interactions: Sequence[Interaction],
    day: date,
    first_days: Mapping[tuple[str, str], date],
    coverage: Coverage,
) -> Record:
    """Every measure of one day, of one video or one account."""
    watch = count_watch(views, day, first_days) if coverage.views else dict.fromkeys(WATCH_COUNTS)
    counts = {**watch, **count_interactions(interactions, coverage)}
    return {**counts, **derive_watch(counts, coverage), **derive_engagement(counts, coverage)}


def derive_watch(counts: Record, coverage: Coverage) -> Record:
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
        "watch_source": "event_log" if coverage.views else None,
    }


def derive_engagement(counts: Record, coverage: Coverage) -> Record:
    """Where saves are unknown the numerator is likes + comments + shares, and a flag says so."""
    without_saves = total(counts[name] for name in ("likes", "comments", "shares"))
    has_saves = None if without_saves is None else counts["saves"] is not None
    engagements = total((without_saves, counts["saves"])) if has_saves else without_saves
    active = total(
        counts[name] for name in ("comments", "shares", "duets", "stitches", "direct_messages")
    )
    views = counts["views"]
    return {
        "engagements": engagements,
        "engagement_has_saves": has_saves,
        "engagement_rate_pct": percent(engagements, views),
        "engagement_rate_by_reach_pct": percent(engagements, counts["reach"]),
        "active_engagements": active,
        "active_engagement_rate_pct": percent(active, views),
        "like_rate_pct": percent(counts["likes"], views),
        "comment_rate_pct": percent(counts["comments"], views),
        "share_rate_pct": percent(counts["shares"], views),
        "save_rate_pct": percent(counts["saves"], views),
        "engagement_source": "event_log" if coverage.types else None,
    }


def first_view_days(views: Iterable[View]) -> dict[tuple[str, str], date]:
    """The day of each person's first view of each account ever."""
    first: dict[tuple[str, str], date] = {}
    for view in views:
        if view.is_view and view.person is not None:
            viewer = view.account_id, view.person
            first[viewer] = min(view.day, first.get(viewer, view.day))
    return first


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
    coverage: Mapping[str, Coverage]
    newest_ingest: datetime | None

    def coverage_for(self, account_id: str) -> Coverage:
        """Competitors get NULL for measures of events."""
        is_own = self.accounts[account_id]["account_role"] == "own"
        return self.coverage[account_id] if is_own else NOTHING_KNOWN

    def own_views(self) -> list[View]:
        return [view for view in self.views if self.coverage_for(view.account_id).views]

    def is_provisional(self, day: date) -> bool:
        """The day's end plus the delay is after the source's newest ingest."""
        assert self.newest_ingest is not None
        return end_of_day(day, self.zone) + PROVISIONAL_DELAY > self.newest_ingest


def place_events(
    judged: Mapping[str, Sequence[Judged]], files: Sequence[LandedFile], zone: ZoneInfo
) -> World:
    """The latest accepted version of a video or an account applies to all its days."""
    accepted = {
        entity: {row.key: row.content for row in rows if row.row_status == "accepted"}
        for entity, rows in judged.items()
    }
    videos = accepted["videos"]
    views = [
        View(
            video_id=row["video_id"],
            account_id=videos[row["video_id"]]["account_id"],
            day=local_day(row["viewed_at"], zone),
            person=row["person_id"],
            watched=row["watch_seconds"],
            duration=videos[row["video_id"]]["duration_seconds"],
            traffic_source=row["traffic_source"] or "unknown",
        )
        for row in accepted["video_views"].values()
    ]
    interactions = [
        Interaction(
            video_id=row["video_id"],
            account_id=videos[row["video_id"]]["account_id"],
            day=local_day(row["interacted_at"], zone),
            kind=row["interaction_type"],
            is_undo=bool(row["is_undo"]),
        )
        for row in accepted["interactions"].values()
    ]
    seqs_of: dict[str, set[int]] = {account_id: set() for account_id in accepted["accounts"]}
    for row in judged["interactions"]:
        if row.row_status == "accepted":
            account_id = videos[row.content["video_id"]]["account_id"]
            seqs_of[account_id].add(row.raw["_ingest_seq"])
    coverage = {account_id: coverage_of(files, seqs) for account_id, seqs in seqs_of.items()}
    newest = max((file.ingested_at for file in files), default=None)
    return World(zone, accepted["accounts"], videos, views, interactions, coverage, newest)


def daily_video_kpis(world: World) -> Table:
    """Days with any accepted row of that video; sparse."""
    views = group(world.views, lambda row: (row.video_id, row.day))
    interactions = group(world.interactions, lambda row: (row.video_id, row.day))
    first_days = first_view_days(world.views)
    expected: Table = {}
    for video_id, day in views.keys() | interactions.keys():
        video = world.videos[video_id]
        posted = local_day(video["posted_at"], world.zone)
        rows = views.get((video_id, day), []), interactions.get((video_id, day), [])
        coverage = world.coverage_for(video["account_id"])
        expected[video_id, day] = {
            "account_id": video["account_id"],
            "posted_date": posted,
            "days_since_posting": (day - posted).days,
            "is_provisional": world.is_provisional(day),
            **measure_day(*rows, day, first_days, coverage),
        }
    return expected


def daily_account_kpis(world: World) -> Table:
    """Every account, every calendar day from its first accepted event to the data's end."""
    views = group(world.views, lambda row: (row.account_id, row.day))
    interactions = group(world.interactions, lambda row: (row.account_id, row.day))
    first_days = first_view_days(world.views)
    days_of: dict[str, list[date]] = defaultdict(list)
    for account_id, day in views.keys() | interactions.keys():
        days_of[account_id].append(day)
    expected: Table = {}
    for account_id, days in days_of.items():
        for day in calendar(min(days), data_end(world)):
            rows = views.get((account_id, day), []), interactions.get((account_id, day), [])
            coverage = world.coverage_for(account_id)
            expected[account_id, day] = {
                "account_role": world.accounts[account_id]["account_role"],
                "is_provisional": world.is_provisional(day),
                **measure_day(*rows, day, first_days, coverage),
            }
    return expected


def data_end(world: World) -> date:
    """The earlier of the latest day of any accepted event and the newest ingest's day."""
    assert world.newest_ingest is not None
    latest = max([row.day for row in world.views] + [row.day for row in world.interactions])
    return min(latest, local_day(world.newest_ingest, world.zone))


def calendar(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


# ---------------------------------------------------------------- quality


def list_rejected(judged: Mapping[str, Sequence[Judged]]) -> Table:
    return {
        (entity, row.raw["_ingest_id"], row.raw["_source_file"], row.raw["_source_row"]): {
            "reason_code": row.reason_code,
            "is_waiting": row.reason_code in ("unknown_account", "unknown_video"),
            "ingested_at": row.raw["_ingested_at"],
        }
        for entity, rows in judged.items()
        for row in rows
        if row.row_status == "rejected"
    }


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
    statuses = {f"status {entity}": list_statuses(rows) for entity, rows in judged.items()}
    contents = {f"content {entity}": list_contents(rows) for entity, rows in judged.items()}
    return {
        **statuses,
        **contents,
        "quality.rejected_rows": list_rejected(judged),
        "quality.nulled_values": count_nulled(judged),
        "quality.row_reconciliation": reconcile(judged, files),
        "marts.fct_watch_retention_daily": daily_retention(own_views),
        "marts.fct_video_retention": lifetime_retention(own_views),
        "marts.fct_traffic_source_daily": daily_traffic_sources(own_views),
        "marts.daily_video_kpis": daily_video_kpis(world),
        "marts.daily_account_kpis": daily_account_kpis(world),
    }
