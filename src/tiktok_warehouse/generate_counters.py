"""Counters as a platform shows them: official follower counts, and snapshots of lifetime totals.

Own accounts' counters follow the events of a log, nearly. Competitors are known by snapshots
alone: their accounts, videos and counters are made up here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from tiktok_warehouse.generate_audience import FOLLOW, count_opening_followers
from tiktok_warehouse.generate_world import (
    DAY_US,
    INTERACTION_TYPES,
    SECOND_US,
    Columns,
    Floats,
    Ints,
    World,
    start_stream,
)

Row = dict[str, str]
# Microseconds since 1970 and the row that is known from then on.
Dated = tuple[int, Row]

COUNTED_INTERACTIONS = ("like", "comment", "share", "save")
_MEASURES = ("views", "impressions", "watch", *COUNTED_INTERACTIONS)

# Rows of a long log would grow with days x videos: so many captures of a video are enough.
MOST_CAPTURES = 40

COMPETITORS = (
    ("crumbs.united", "Crumbs United", "US", 0.052, 21_400),
    ("kettenreaktion", "Kettenreaktion Radladen", "DE", 0.044, 9_150),
    ("indigo.house", "Indigo House", "IN", 0.071, 3_280),
)
COMPETITOR_VIDEOS = 8
COMPETITOR_CAPTIONS = (
    "Our oven against theirs #baking",
    "Behind the counter #smallbusiness",
    "Three colours, one chain #tips",
    "Before you ask: yes #faq",
)
# Positions among the competitors and their videos.
SAME_DAY = (0, 6)
RESTATED = (1, 2)
NO_SAVES = 2
LONG_GAP = 2
LONG_GAP_DAYS = 9


@dataclass
class Tally:
    """Running counts of a log's events by day and video, or day and account.

    Chunks are added one by one, so that a log of any size is counted in the memory of its days.
    """

    world: World
    by_video: dict[str, Ints] = field(init=False)
    follows: Ints = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.world.days, len(self.world.posted_us))
        self.by_video = {name: np.zeros(shape, np.int64) for name in _MEASURES}
        self.follows = np.zeros((self.world.days, len(self.world.accounts)), np.int64)

    def add(self, events: dict[str, Columns]) -> None:
        """Count the good rows of a chunk, by entity."""
        views, interactions = events["video_views"], events["interactions"]
        follows = events["follower_events"]
        played = views["watch"] > 0
        self._count("impressions", views, np.ones(len(played), np.int64))
        self._count("views", views, played.astype(np.int64))
        self._count("watch", views, views["watch"])
        for name in COUNTED_INTERACTIONS:
            chosen = interactions["type"] == INTERACTION_TYPES.index(name)
            self._count(name, interactions, np.where(chosen, 1 - 2 * interactions["undo"], 0))
        change = np.where(follows["action"] == FOLLOW, 1, -1)
        _add_by_day(self.follows, self.world, follows["at"], follows["account"], change)

    def _count(self, name: str, columns: Columns, weights: Ints | Floats) -> None:
        _add_by_day(self.by_video[name], self.world, columns["at"], columns["video"], weights)

    def levels(self) -> Ints:
        """Followers by the events at the end of each day: days x accounts."""
        return np.asarray(count_opening_followers(self.world) + np.cumsum(self.follows, axis=0))


def _add_by_day(total: Ints, world: World, at: Ints, column: Ints, weights: Ints | Floats) -> None:
    if not len(at):
        return
    day = np.clip((at - world.start_us) // DAY_US, 0, world.days - 1)
    # A chunk spans few of the days.
    low, high = int(day.min()), int(day.max()) + 1
    width = total.shape[1]
    counted = np.bincount(
        (day - low) * width + column, weights=weights, minlength=(high - low) * width
    )
    total[low:high] += np.rint(counted).astype(np.int64).reshape(high - low, width)


def list_follower_counts(tally: Tally, seed: int) -> list[Dated]:
    """Official follower counts: a row a day, with gaps, not quite what the events add up to.

    The first account loses followers that were none in one purge, the second has no counts for
    five days, the last one's counts begin late.
    """
    world, rng = tally.world, start_stream(seed, 5)
    official = _list_official_levels(tally, seed)
    absent = rng.random(official.shape) < 0.07
    absent[:, min(1, len(world.accounts) - 1)][
        world.days * 55 // 90 : world.days * 55 // 90 + 5
    ] = True
    absent[: world.days // 18, -1] = True
    rows = []
    for day in range(world.days):
        end = world.start_us + (day + 1) * DAY_US - SECOND_US
        for number, account in enumerate(world.accounts):
            if not absent[day, number]:
                count_date = f"{_to_moment(end):%Y-%m-%d}"
                row = {"account_id": account["account_id"], "count_date": count_date}
                rows.append((end, row | {"followers": str(official[day, number])}))
    return rows


def _list_official_levels(tally: Tally, seed: int) -> Ints:
    levels = tally.levels()
    rng = start_stream(seed, 6)
    # Follows from places that the log does not see, and accounts that the platform closed.
    drift = np.where(rng.random(levels.shape) < 0.3, np.floor(rng.random(levels.shape) * 5) - 2, 0)
    drift[tally.world.days * 5 // 9, 0] -= levels[0, 0] // 90
    return np.asarray(np.maximum(levels + np.cumsum(drift, axis=0).astype(np.int64), 0))


def list_own_snapshots(tally: Tally, seed: int) -> tuple[list[Dated], list[Dated]]:
    """Snapshots of the own accounts and of their videos, late in the evening.

    Returns:
        Rows of account_snapshots and of video_snapshots. The counters stay within two percent
        of the events, fall only with likes that are taken back, and are NULL here and there.
    """
    world, rng = tally.world, start_stream(seed, 7)
    videos = len(world.posted_us)
    totals = {name: np.cumsum(counts, axis=0) for name, counts in tally.by_video.items()}
    old = np.where(world.posted_us < world.start_us, 0.3 + rng.random(videos), 0.0)
    error = 1.0 + 0.03 * rng.random(videos) - 0.01
    official = _list_official_levels(tally, seed)
    every = max(3, -(-world.days // MOST_CAPTURES))
    before = {name: np.floor(old * counts[-1]) for name, counts in totals.items()}

    accounts: list[Dated] = []
    rows: list[Dated] = []
    for day in range(world.days):
        at = world.start_us + day * DAY_US + (21 * 3600 + int(rng.random() * 7200)) * SECOND_US
        lifetime = {
            name: np.maximum(np.floor(before[name] + counts[day] * error), 0).astype(np.int64)
            for name, counts in totals.items()
        }
        posted = world.posted_us <= at
        dice = rng.random((len(world.accounts), 3))
        for number, account in enumerate(world.accounts):
            if (day + number) % max(2, every - 1):
                continue
            mine = posted & (world.account_of == number)
            values = {
                "followers": int(official[day, number] + np.floor(dice[number, 0] * 3) - 1),
                "total_likes": int(lifetime["like"][mine].sum()),
                "videos": int(mine.sum()),
            }
            row = {"account_id": account["account_id"], "captured_at": _render(at)}
            accounts.append((at, row | _hide(values, dice[number, 1:])))
        if day % every:
            continue
        hidden = rng.random((videos, 2))
        for number in np.flatnonzero(posted).tolist():
            values = {
                "views": int(lifetime["views"][number]),
                "likes": int(lifetime["like"][number]),
                "comments": int(lifetime["comment"][number]),
                "shares": int(lifetime["share"][number]),
                "saves": int(lifetime["save"][number]),
                # People come back: fewer of them than of times shown.
                "reach": int(lifetime["impressions"][number] * 4 // 5),
            }
            row = {
                "video_id": world.videos[number]["video_id"],
                "account_id": world.videos[number]["account_id"],
                "captured_at": _render(at),
            }
            watch = int(lifetime["watch"][number])
            row |= _hide(values, hidden[number])
            rows.append((at, row | {"total_watch_seconds": f"{watch // 1000}.{watch % 1000:03d}"}))
    return accounts, rows


def _hide(values: dict[str, int], dice: Floats) -> Row:
    """As text; now and then one value is missing."""
    texts = {name: str(value) for name, value in values.items()}
    if dice[0] < 0.04:
        texts[list(texts)[int(dice[1] * len(texts))]] = ""
    return texts


@dataclass(frozen=True)
class Competitors:
    """Raw rows of accounts that are known by snapshots alone; videos with their posting time."""

    accounts: list[Row]
    videos: list[Dated]
    account_snapshots: list[Dated]
    video_snapshots: list[Dated]


def build_competitors(seed: int, last_day: date, days: int) -> Competitors:
    """Make up three competitors, captured in the morning every one to four days.

    One is not captured for nine days, one has a video whose counters are restated (they fall),
    one shows no saves to anyone, and one posts a video hours before that day's capture: its first
    snapshot is its first day. Some measures are missing.

    Args:
        seed: another seed makes other numbers.
        last_day: last day of the window (UTC).
        days: length of the window in days.
    """
    rng = start_stream(seed, 8)
    end = datetime(last_day.year, last_day.month, last_day.day, tzinfo=UTC) + timedelta(days=1)
    start_us = int((end - timedelta(days=days)).timestamp()) * SECOND_US
    result = Competitors([], [], [], [])
    for number in range(len(COMPETITORS)):
        _build_competitor(number, rng, start_us, days, result)
    return result


def _build_competitor(
    number: int, rng: np.random.Generator, start_us: int, days: int, result: Competitors
) -> None:
    handle, name, country, like_rate, followers = COMPETITORS[number]
    captures = _list_captures(number, rng, start_us, days)
    created = datetime(2020, 11, 5, 9, tzinfo=UTC) + timedelta(days=211 * number)
    account_id = str((int(created.timestamp()) << 32) | int(rng.integers(0, 2**32)))
    result.accounts.append(
        {
            "account_id": account_id,
            "handle": handle,
            "display_name": name,
            "account_role": "competitor",
            "country": country,
            "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        }
    )
    posted = _post_videos(number, rng, start_us, days, captures)
    rows = []
    for video in range(COMPETITOR_VIDEOS):
        second = int(posted[video]) // SECOND_US
        rows.append(
            {
                "video_id": str((second << 32) | int(rng.integers(0, 2**32))),
                "account_id": account_id,
                "posted_at": f"{_to_moment(second * SECOND_US):%Y-%m-%dT%H:%M:%SZ}",
                "caption": COMPETITOR_CAPTIONS[(number + video) % len(COMPETITOR_CAPTIONS)],
                "duration_seconds": str(8 + int(rng.random() * 60)),
                "content_format": "video",
                "language": {"DE": "de"}.get(country, "en"),
            }
        )
        result.videos.append((int(posted[video]), rows[-1]))

    size = 350 * (1 - (np.arange(COMPETITOR_VIDEOS) + 0.5) / COMPETITOR_VIDEOS) ** -1.1
    size = size[np.argsort(rng.random(COMPETITOR_VIDEOS), kind="stable")]
    rates = np.array([1.0, like_rate, 0.006, 0.008, 0.014])[:, None]
    rates = np.repeat(rates, COMPETITOR_VIDEOS, axis=1)
    rates[1:] *= 0.6 + 0.8 * rng.random((4, COMPETITOR_VIDEOS))
    restated = np.zeros((5, COMPETITOR_VIDEOS), np.int64)
    old_likes, old_videos = 5 * followers, 40 + 11 * number
    for capture, at in enumerate(captures):
        age = np.maximum((at - posted) / DAY_US, 0.0)
        grown = size * (0.7 * (1 - np.exp(-age / 4)) + 0.3 * (1 - np.exp(-age / 60)))
        counters = np.floor(grown * rates).astype(np.int64) - restated
        if number == RESTATED[0] and capture == len(captures) * 3 // 5:
            # Views by machines, taken back.
            restated[:2, RESTATED[1]] = counters[:2, RESTATED[1]] // 6 + 1
            counters[:, RESTATED[1]] -= restated[:, RESTATED[1]]
        known = posted <= at
        age_days = (at - start_us) / DAY_US
        values = {
            "followers": int(followers * (1 + 0.0011 * age_days) + 0.012 * counters[0].sum()),
            "total_likes": int(old_likes + counters[1][known].sum()),
            "videos": old_videos + int(known.sum()),
        }
        row = {"account_id": account_id, "captured_at": _render(at)}
        result.account_snapshots.append((at, row | _hide(values, rng.random(2))))
        dice = rng.random((COMPETITOR_VIDEOS, 2))
        for video in np.flatnonzero(known).tolist():
            names = ("views", "likes", "comments", "shares", "saves")
            counts = dict(zip(names, counters[:, video].tolist(), strict=True))
            row = {"video_id": rows[video]["video_id"], "account_id": account_id}
            row |= {"captured_at": _render(at)} | _hide(counts, dice[video])
            if number == NO_SAVES:
                row["saves"] = ""
            result.video_snapshots.append((at, row))


def _list_captures(number: int, rng: np.random.Generator, start_us: int, days: int) -> list[int]:
    captures: list[int] = []
    day, long_gap = number, days // 2
    while day < days or not captures:
        second = 5 * 3600 + int(rng.random() * 7200)
        captures.append(start_us + min(day, days - 1) * DAY_US + second * SECOND_US)
        step = 1 + int(rng.random() * 4)
        if number == LONG_GAP and day <= long_gap < day + step:
            step = LONG_GAP_DAYS
        day += step
    return captures


def _post_videos(
    number: int, rng: np.random.Generator, start_us: int, days: int, captures: list[int]
) -> Ints:
    """Five in the 40 days before the window, three in it, the last two weeks left out."""
    day = np.empty(COMPETITOR_VIDEOS, np.int64)
    day[:5] = -1 - np.floor(rng.random(5) * 40).astype(np.int64)
    day[5:] = np.floor((np.arange(3) + rng.random(3)) / 3 * max(days * 5 // 6, 1)).astype(np.int64)
    second = 12 * 3600 + np.floor(rng.random(COMPETITOR_VIDEOS) * 8 * 3600).astype(np.int64)
    posted = start_us + day * DAY_US + second * SECOND_US
    if number == SAME_DAY[0]:
        # Hours before a capture, on its day.
        posted[SAME_DAY[1]] = captures[len(captures) // 2] - 4 * 3600 * SECOND_US
    return np.asarray(posted)


def _to_moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // SECOND_US, UTC)


def _render(at_us: int) -> str:
    return f"{_to_moment(at_us):%Y-%m-%d %H:%M:%S}"
