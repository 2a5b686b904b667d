"""An invented short-video platform: accounts, videos, and draws of views and interactions.

Every random number comes from ``Generator.random`` or ``Generator.integers`` and goes through an
inverse distribution function written here: numpy keeps those two streams stable across versions,
not the ones of its named distributions.

Event columns are int64 arrays of equal length. ``NULL`` stands for a missing value in any of them,
times are microseconds since 1970 UTC (``at``), watch times milliseconds (``watch``), and the other
columns are positions in the lists of this module or of the ``World``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from tiktok_warehouse.generate_plants import (
    BEST_HOUR_ENGAGEMENT,
    CAMPAIGN_DAYS,
    CAMPAIGN_PRODUCTS,
    POSTING_HOURS,
    SPIKE_ENGAGEMENT,
    SPIKE_SHAPE,
    SPIKE_SHARE,
    TOPIC_SAVES,
    VIRAL_HOUR,
    VIRAL_VIDEO,
    Plants,
    choose_topic,
    find_campaign_account,
    first_campaign_day,
    first_spike_day,
    is_on_topic,
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Columns = dict[str, Ints]

NULL = np.iinfo(np.int64).min
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US

TRAFFIC_SOURCES = (
    "for_you",
    "following",
    "profile",
    "search",
    "hashtag",
    "sound",
    "direct_message",
    "other",
)
TRAFFIC_SHARES = (0.71, 0.11, 0.05, 0.05, 0.03, 0.02, 0.015, 0.015)

INTERACTION_TYPES = (
    "like",
    "comment",
    "share",
    "save",
    "duet",
    "stitch",
    "direct_message",
)
INTERACTION_SHARES = (0.61, 0.09, 0.1, 0.15, 0.012, 0.008, 0.03)
COMMENT = INTERACTION_TYPES.index("comment")
UNDOABLE_UP_TO = INTERACTION_TYPES.index("save")
SHARE = INTERACTION_TYPES.index("share")
SAVE = INTERACTION_TYPES.index("save")

IMPRESSION_SHARE = 0.10
NO_PERSON_SHARE = 0.04
INTERACTIONS_PER_ENGAGED_VIEW = 0.12
UNDO_SHARE = 0.04

# Monday first. Leisure viewing peaks at the weekend.
WEEKDAY_WEIGHTS = (0.90, 0.86, 0.90, 0.95, 1.06, 1.30, 1.22)
# Local hour 0 first: a low before dawn, a bump at lunch, a peak in the evening.
HOUR_WEIGHTS = (
    *(2.2, 1.3, 0.8, 0.5, 0.4, 0.6, 1.3, 2.4, 3.0, 3.1, 3.3, 3.8),
    *(4.8, 4.6, 3.9, 3.8, 4.1, 4.8, 5.9, 7.4, 8.6, 8.8, 7.0, 4.3),
)

ACCOUNT_PROFILES = (
    ("hearth-and-crumb", "Hearth-and-Crumb Bakery", "US", "America/New_York", 0.56),
    ("speichenwerk", "Speichenwerk: Räder & Co-op", "DE", "Europe/Berlin", 0.30),
    ("monsoon.studio", "Monsoon Studio मानसून", "IN", "Asia/Kolkata", 0.14),
)
CAPTIONS = (
    (
        ("Sourdough that never fails #baking #sourdough", "en"),
        ("POV: the oven is finally hot, and so are we #bakery #pov", "en"),
        ("3 mistakes everyone makes with croissants #baking #croissant #learn", "en"),
        ("What $5 buys you at 6 a.m. #bakerylife #morning", "en"),
        ("Save this for Sunday: no-knead focaccia #recipe #focaccia", "en"),
        ("El pan de mi abuela, paso a paso #receta #pan", "es"),
    ),
    (
        ("Kette reinigen in 60 Sekunden #fahrrad #werkstatt", "de"),
        ("Warum dein Reifen immer platt ist, und was hilft #fahrrad #tipps", "de"),
        ("Vorher / nachher: Rad von 1983 #restauration #vintage", "de"),
        ("Three tools you actually need #bikerepair #tools", "en"),
        ("Bremsen einstellen, ohne zu fluchen #diy #fahrrad", "de"),
    ),
    (
        ("Block printing, slowly #craft #blockprint #asmr", "en"),
        ("नीला रंग कैसे बनता है #indigo #craft", "hi"),
        ("Monsoon palette, five colours #art #colour", "en"),
        ("Studio tour while it rains #studio #rain", "en"),
    ),
)
SOUNDS = (
    ("7300000000000000101", "original sound"),
    ("7300000000000000102", "Slow Rain, Warm Tape"),
    ("7300000000000000103", "Kitchen Drum Loop"),
    ("7300000000000000104", "Rückenwind"),
    ("7300000000000000105", "Tabla at 90"),
)
PRODUCTS = ("starter-kit", "chain-oil-100", "indigo-scarf", "focaccia-pan")

_OPENERS = (
    *("love this", "so good", "this saved my weekend", "best one yet", "wow", "brilliant tip"),
    *("tried it, works great", "thank you so much", "perfect", "beautiful work", "obsessed"),
    *("not for me", "this is wrong", "terrible audio", "did not work at all", "boring"),
    *("worst advice ever", "so disappointed", "where is part 2?", "what size is that?"),
    *("how long does it take?", "first", "which one is it?", "who is here from search?"),
    *("das hat geholfen", "sehr schön", "geht bei mir nicht", "me encanta", "बहुत सुंदर", "wait what"),
    *("no me gusta nada", "أحب هذا كثيرا", "どこで買いましたか", "not bad at all"),
)
_CLOSERS = ("", "!", " 😍", " 🔥🔥", ", honestly", " ...", " 😂", " :(")
_PICTURES = ("😍😍😍", "🔥🔥", "❤️", "😭", "💀💀", "👏", "👀", "🥰")
COMMENTS = (*(opener + closer for opener in _OPENERS for closer in _CLOSERS), *_PICTURES)


@dataclass(frozen=True)
class World:
    """What all events of one log share.

    Attributes:
        accounts, videos: raw rows as text, one dict a row, keyed by column.
        start_us, days: the window, from midnight UTC of its first day.
        account_of: position of each video's account.
        posted_us: posting time of each video.
        duration_ms: length of each video as its viewers know it, also where the row hides it.
        appeal: 0 to 1, how well each video holds its viewers.
        cell_cdf: running share of views of each (day, video), day by day.
        day_cdf: running share of views at the start of each day, then 1.
        utc_offset_minutes: days x accounts, the accounts' local time less UTC.
        people: how many viewers there are.
        engagement_lift, save_lift: by how much each video's posting hour multiplies what viewers
            do, and its topic what they save.
        plants: what the log holds on purpose.
    """

    accounts: list[dict[str, str]]
    videos: list[dict[str, str]]
    start_us: int
    days: int
    account_of: Ints
    posted_us: Ints
    duration_ms: Ints
    appeal: Floats
    cell_cdf: Floats
    day_cdf: Floats
    utc_offset_minutes: Ints
    people: int
    engagement_lift: Floats
    save_lift: Floats
    plants: Plants

    @property
    def end_us(self) -> int:
        return self.start_us + self.days * DAY_US


def start_stream(*keys: int) -> np.random.Generator:
    """A random stream of its own for each tuple of keys, such as (seed, chunk)."""
    return np.random.Generator(np.random.PCG64(list(keys)))


def build_world(
    *, seed: int, last_day: date, days: int, accounts: int, videos: int, people: int
) -> World:
    """Invent the accounts and videos, and the views that each video gets each day.

    Args:
        seed: the same seed gives the same world.
        last_day: last day of the window (UTC).
        days: length of the window in days.
        accounts: number of own accounts; the first three are the named ones.
        videos: number of videos; at least one an account.
        people: number of viewers.
    """
    rng = start_stream(seed, 0)
    first_day = last_day - timedelta(days=days - 1)
    start_us = _to_us(first_day)
    profiles = [_make_profile(number) for number in range(accounts)]
    account_rows, sizes = _make_accounts(rng, profiles)

    account_of = _spread_videos(sizes, videos)
    dice = start_stream(seed, 9).random(1 + accounts)
    best_hour = POSTING_HOURS[int(dice[0] * len(POSTING_HOURS))]
    topics = [choose_topic(number, float(dice[1 + number])) for number in range(accounts)]
    posted_us = _make_posting_times(rng, start_us, days, account_of)
    hidden_seconds = _make_durations(rng, videos)
    appeal = rng.random(videos)
    popularity = _draw_popularity(rng, sizes[account_of], account_of)
    video_rows = _make_videos(rng, account_rows, account_of, posted_us, hidden_seconds)

    weights = _weigh_cells(first_day, start_us, days, posted_us, popularity)
    cell_cdf = np.cumsum(weights.ravel())
    cell_cdf /= cell_cdf[-1]
    on_topic = [
        is_on_topic(account, topics[account], row["caption"])
        for account, row in zip(account_of.tolist(), video_rows, strict=True)
    ]
    is_best_hour = posted_us % DAY_US // (3600 * SECOND_US) == best_hour
    return World(
        accounts=account_rows,
        videos=video_rows,
        start_us=start_us,
        days=days,
        account_of=account_of,
        posted_us=posted_us,
        duration_ms=hidden_seconds * 1000,
        appeal=appeal,
        cell_cdf=cell_cdf,
        day_cdf=np.concatenate(([0.0], cell_cdf[videos - 1 :: videos])),
        utc_offset_minutes=_list_utc_offsets(first_day, days, [p[3] for p in profiles]),
        people=people,
        engagement_lift=np.where(is_best_hour, BEST_HOUR_ENGAGEMENT, 1.0),
        save_lift=np.where(on_topic, TOPIC_SAVES, 1.0),
        plants=_name_plants(account_rows, video_rows, first_day, days, best_hour, topics),
    )


def draw_views(world: World, rng: np.random.Generator, first: int, last: int, of: int) -> Columns:
    """Draw the views numbered ``first`` to ``last - 1`` of the ``of`` views of the whole log.

    Consecutive numbers are consecutive in time, to the day: a log can be drawn in chunks.

    Returns:
        Columns id, at, video, person, watch, source; in order of time within the chunk.
    """
    count = last - first
    share = (np.arange(first, last) + rng.random(count)) / of
    day = np.minimum(np.searchsorted(world.day_cdf, share, side="right") - 1, world.days - 1)
    day_from, day_to = world.day_cdf[day], world.day_cdf[day + 1]
    share = day_from + rng.random(count) * (day_to - day_from)
    cell = np.searchsorted(world.cell_cdf, share, side="right")
    videos = len(world.posted_us)
    # Rounding at a day's border can name the next day's first cell.
    video = np.clip(cell - day * videos, 0, videos - 1)

    account = world.account_of[video]
    at = world.start_us + day * DAY_US
    at += _draw_time_of_day(rng, world.utc_offset_minutes[day, account], count)
    # No view before the posting: what falls there is spread over the rest of that day.
    posted = world.posted_us[video]
    early = np.flatnonzero(at < posted)
    day_end = world.start_us + (day[early] + 1) * DAY_US
    left = np.maximum(day_end - posted[early], 1)
    at[early] = posted[early] + (rng.random(len(early)) * left).astype(np.int64)

    columns = {
        "at": at,
        "video": video,
        "person": _draw_people(world, rng, account),
        "watch": _draw_watch_ms(world, rng, video),
        "source": _draw_category(rng, TRAFFIC_SHARES, count),
    }
    # Stable, since ties of an unstable sort fall differently from one CPU to another.
    order = np.argsort(at, kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    return {"id": np.arange(first, last, dtype=np.int64), **columns}


def draw_interactions(
    world: World, rng: np.random.Generator, views: Columns, first_id: int
) -> Columns:
    """Draw what the viewers of ``views`` did, and later undid.

    Returns:
        Columns id (from ``first_id`` on), at, person, video, type, undo (0 or 1), text (of
        comments only), source; in order of time.
    """
    count = len(views["at"])
    watched = np.minimum(views["watch"] / world.duration_ms[views["video"]], 1.0)
    chance = INTERACTIONS_PER_ENGAGED_VIEW * (0.35 + 0.9 * watched)
    chance = np.where(views["watch"] > 0, chance, 0.0) * _lift_engagement(world, views)
    # Two passes, so that one view can bring a like and a comment.
    view = np.concatenate(
        (
            np.flatnonzero(rng.random(count) < chance * 0.8),
            np.flatnonzero(rng.random(count) < chance * 0.2),
        )
    )
    kind = _draw_interaction_types(world, rng, views["video"][view])
    delay = (rng.random(len(view)) * (views["watch"][view] + 8000) * 1000).astype(np.int64)
    columns = {
        "at": views["at"][view] + delay,
        "person": views["person"][view],
        "video": views["video"][view],
        "type": kind,
        "undo": np.zeros(len(view), np.int64),
        "text": np.where(kind == COMMENT, rng.integers(0, len(COMMENTS), len(view)), NULL),
        "source": views["source"][view],
    }
    undone = (rng.random(len(view)) < UNDO_SHARE) & (kind <= UNDOABLE_UP_TO) & (kind != SHARE)
    undos = {name: values[undone] for name, values in columns.items()}
    wait_seconds = 20 + 4000 * _draw_exponential(rng, len(undos["at"]))
    undos["at"] = undos["at"] + (wait_seconds * SECOND_US).astype(np.int64)
    undos["undo"] = np.ones(len(undos["at"]), np.int64)
    undos["text"] = np.full(len(undos["at"]), NULL)

    columns = {name: np.concatenate((columns[name], undos[name])) for name in columns}
    order = np.argsort(columns["at"], kind="stable")
    order = order[columns["at"][order] < world.end_us]
    columns = {name: values[order] for name, values in columns.items()}
    return {"id": np.arange(first_id, first_id + len(order), dtype=np.int64), **columns}


def _name_plants(
    accounts: list[dict[str, str]],
    videos: list[dict[str, str]],
    first_day: date,
    days: int,
    best_hour: int,
    topics: list[str],
) -> Plants:
    spike = first_day + timedelta(days=first_spike_day(days))
    advertiser = find_campaign_account(len(accounts))
    campaign = first_day + timedelta(days=first_campaign_day(days))
    return Plants(
        viral_account_id=videos[VIRAL_VIDEO]["account_id"],
        viral_video_id=videos[VIRAL_VIDEO]["video_id"],
        spike_first_date=spike,
        spike_peak_date=spike + timedelta(days=SPIKE_SHAPE.index(max(SPIKE_SHAPE))),
        spike_last_date=spike + timedelta(days=len(SPIKE_SHAPE) - 1),
        campaign_account_id=accounts[advertiser]["account_id"],
        campaign_product_id=CAMPAIGN_PRODUCTS[advertiser % len(CAMPAIGN_PRODUCTS)],
        campaign_first_date=campaign,
        campaign_last_date=campaign + timedelta(days=CAMPAIGN_DAYS - 1),
        best_hour=best_hour,
        topics={row["account_id"]: topic for row, topic in zip(accounts, topics, strict=True)},
    )


def _to_us(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * SECOND_US


def _make_profile(number: int) -> tuple[str, str, str, str, float]:
    handle, name, country, zone, size = ACCOUNT_PROFILES[number % len(ACCOUNT_PROFILES)]
    if number < len(ACCOUNT_PROFILES):
        return handle, name, country, zone, size
    return f"{handle}-{number:03d}", f"{name} {number:03d}", country, zone, size / (number - 1)


def _make_accounts(
    rng: np.random.Generator, profiles: list[tuple[str, str, str, str, float]]
) -> tuple[list[dict[str, str]], Floats]:
    rows = []
    for number, (handle, name, country, _, _) in enumerate(profiles):
        created = datetime(2021, 3, 14, 9, tzinfo=UTC) + timedelta(days=197 * (number % 9))
        account_id = (int(created.timestamp()) << 32) | int(rng.integers(0, 2**32))
        rows.append(
            {
                "account_id": str(account_id),
                "handle": handle,
                "display_name": name,
                "account_role": "own",
                "country": country,
                "created_at": f"{created:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
    return rows, np.array([profile[4] for profile in profiles])


def _spread_videos(sizes: Floats, videos: int) -> Ints:
    """Give each account one video, and the rest by the square root of its size."""
    wish = np.cumsum(np.sqrt(sizes))
    wish /= wish[-1]
    rest = videos - len(sizes)
    middle = (np.arange(rest) + 0.5) / max(rest, 1)
    extra = np.searchsorted(wish, middle)
    return np.sort(np.concatenate((np.arange(len(sizes)), extra))).astype(np.int64)


def _make_posting_times(
    rng: np.random.Generator, start_us: int, days: int, account_of: Ints
) -> Ints:
    """Two thirds of each account's videos in the window, the others in the 60 days before."""
    posted = np.empty(len(account_of), np.int64)
    for account in np.unique(account_of):
        mine = np.flatnonzero(account_of == account)
        old = max(1, len(mine) // 3)
        day = np.empty(len(mine), np.int64)
        day[:old] = -1 - np.floor(rng.random(old) * 60).astype(np.int64)
        new = len(mine) - old
        day[old:] = np.floor((np.arange(new) + rng.random(new)) / max(new, 1) * days)
        slot = rng.random(len(mine)) * len(POSTING_HOURS)
        second = np.array(POSTING_HOURS)[slot.astype(np.int64)] * 3600
        second += np.floor(slot % 1 * 3600).astype(np.int64)
        posted[mine] = start_us + day * DAY_US + second * SECOND_US
    # Old enough for its spike to stand apart from its launch.
    posted[VIRAL_VIDEO] = start_us - 5 * DAY_US + VIRAL_HOUR * 3600 * SECOND_US
    return posted


def _make_durations(rng: np.random.Generator, videos: int) -> Ints:
    """Seconds, 6 to 180, most of them short."""
    share = rng.random(videos)
    # What goes viral is short.
    share[VIRAL_VIDEO] = 0.5
    return np.round(6 * 30.0 ** (share**1.6)).astype(np.int64)


def _draw_popularity(rng: np.random.Generator, size: Floats, account_of: Ints) -> Floats:
    """A Pareto tail over the videos: taken by rank, so that each seed has one."""
    videos = len(account_of)
    share = (np.argsort(np.argsort(rng.random(videos))) + 0.5) / videos
    pareto = (1.0 - share) ** (-1 / 1.15)
    per_account = np.bincount(account_of)[account_of]
    return np.asarray(pareto * size / per_account)


def _weigh_cells(
    first_day: date, start_us: int, days: int, posted_us: Ints, popularity: Floats
) -> Floats:
    """Weight of each (day, video): launch, decay with age, weekday, and the viral spike."""
    posted_day = (posted_us - start_us) // DAY_US
    age = np.arange(days)[:, None] - posted_day[None, :]
    since = np.maximum(age, 0)
    decay = 0.5 * np.exp(-since / 3.0) + 0.5 / (1.0 + since / 12.0) ** 1.3
    weekday = (first_day.weekday() + np.arange(days)) % 7
    rhythm = np.array(WEEKDAY_WEIGHTS)[weekday][:, None]
    weights = np.where(age >= 0, decay * popularity[None, :] * rhythm, 0.0)

    spike_from = first_spike_day(days)
    spike = np.array(SPIKE_SHAPE)[: max(days - spike_from, 1)]
    if days > len(SPIKE_SHAPE):
        share = SPIKE_SHARE / (1 - SPIKE_SHARE) * weights.sum() * spike / spike.sum()
        weights[spike_from : spike_from + len(spike), VIRAL_VIDEO] += share
    return np.asarray(weights)


def _list_utc_offsets(first_day: date, days: int, zones: list[str]) -> Ints:
    table = {
        zone: [
            _offset_minutes(ZoneInfo(zone), first_day + timedelta(days=day)) for day in range(days)
        ]
        for zone in set(zones)
    }
    return np.array([table[zone] for zone in zones], np.int64).T


def _offset_minutes(zone: ZoneInfo, day: date) -> int:
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=zone).utcoffset()
    return int((offset or timedelta()).total_seconds() // 60)


def _draw_time_of_day(rng: np.random.Generator, offset_minutes: Ints, count: int) -> Ints:
    """Microseconds since midnight UTC, whole milliseconds."""
    cdf = np.concatenate(([0.0], np.cumsum(HOUR_WEIGHTS)))
    local_ms = np.interp(rng.random(count), cdf / cdf[-1], np.arange(25.0)) * 3_600_000
    utc_ms = local_ms.astype(np.int64) - offset_minutes * 60_000
    return np.asarray(utc_ms % 86_400_000 * 1000)


def _draw_people(world: World, rng: np.random.Generator, account: Ints) -> Ints:
    """Few people watch much, many watch once; each account has its own most faithful ones."""
    count = len(account)
    rank = (world.people * rng.random(count) ** 2.2).astype(np.int64)
    shift = (account * 2_654_435_761) % world.people
    person = (rank + shift) % world.people
    return np.where(rng.random(count) < NO_PERSON_SHARE, NULL, person)


def _draw_watch_ms(world: World, rng: np.random.Generator, video: Ints) -> Ints:
    """Shown only, left early, left midway, watched to the end, or watched again."""
    played = 1 - IMPRESSION_SHARE
    length = world.duration_ms / 1000
    early = played * (0.44 - 0.18 * world.appeal)
    full = played * (0.10 + 0.22 * world.appeal) * np.sqrt(15 / np.maximum(length, 10))
    again = full * 0.35
    to_early = IMPRESSION_SHARE + early
    to_midway = 1 - full - again
    to_full = 1 - again

    mood, depth = rng.random(len(video)), rng.random(len(video))
    duration = world.duration_ms[video]
    watch = np.zeros(len(video), np.int64)
    left_early = np.flatnonzero((mood >= IMPRESSION_SHARE) & (mood < to_early[video]))
    midway = np.flatnonzero((mood >= to_early[video]) & (mood < to_midway[video]))
    ended = np.flatnonzero((mood >= to_midway[video]) & (mood < to_full[video]))
    replayed = np.flatnonzero(mood >= to_full[video])

    seconds = 0.15 - 1.1 * np.log1p(-depth[left_early])
    watch[left_early] = np.minimum(seconds * 1000, duration[left_early] * 0.6)
    watch[midway] = duration[midway] * (0.04 + 0.94 * depth[midway] ** 1.5)
    watch[ended] = np.ceil(duration[ended] * (0.99 + 0.01 * depth[ended]))
    extra = 0.15 * (1 - depth[replayed]) ** -0.8
    watch[replayed] = duration[replayed] * (1 + np.minimum(extra, 5.0))
    return watch


def _draw_category(rng: np.random.Generator, shares: tuple[float, ...], count: int) -> Ints:
    cdf = np.cumsum(shares)
    return np.minimum(np.searchsorted(cdf, rng.random(count), side="right"), len(shares) - 1)


def _lift_engagement(world: World, views: Columns) -> Floats:
    """By how much what was planted multiplies the engagements of each view."""
    shares = _weigh_interaction_types(world)
    # Saves that a topic adds come on top: they take the place of no like.
    added = shares[:, SAVE] * (world.save_lift - 1) / shares.sum(axis=1)
    lift = (world.engagement_lift * (1 + added))[views["video"]]
    if world.days <= len(SPIKE_SHAPE):
        return np.asarray(lift)
    spike_from = world.start_us + first_spike_day(world.days) * DAY_US
    in_spike = (views["at"] >= spike_from) & (views["at"] < spike_from + len(SPIKE_SHAPE) * DAY_US)
    is_viral = in_spike & (views["video"] == VIRAL_VIDEO)
    return np.asarray(np.where(is_viral, lift * SPIKE_ENGAGEMENT, lift))


def _weigh_interaction_types(world: World) -> Floats:
    """Weights of each video's interaction types, before its topic adds saves: videos x types."""
    shares = np.array(INTERACTION_SHARES)[None, :].repeat(len(world.appeal), axis=0)
    # Save-worthiness differs between videos, and is not the same thing as holding viewers.
    shares[:, SAVE] *= 0.4 + 1.4 * ((world.appeal * 7) % 1)
    return np.asarray(shares)


def _draw_interaction_types(world: World, rng: np.random.Generator, video: Ints) -> Ints:
    shares = _weigh_interaction_types(world)
    shares[:, SAVE] *= world.save_lift
    cdf = np.cumsum(shares, axis=1)
    cdf /= cdf[:, -1:]
    kind = (rng.random(len(video))[:, None] >= cdf[video]).sum(axis=1)
    return np.asarray(np.minimum(kind, len(INTERACTION_TYPES) - 1), np.int64)


def _draw_exponential(rng: np.random.Generator, count: int) -> Floats:
    return np.asarray(-np.log1p(-rng.random(count)))


def _make_videos(
    rng: np.random.Generator,
    accounts: list[dict[str, str]],
    account_of: Ints,
    posted_us: Ints,
    seconds: Ints,
) -> list[dict[str, str]]:
    rows = []
    suffixes = rng.integers(0, 2**32, len(account_of))
    dice = rng.random((len(account_of), 5))
    for number in range(len(account_of)):
        account = int(account_of[number])
        posted = int(posted_us[number]) // SECOND_US
        topic = account % len(CAPTIONS)
        caption, language = CAPTIONS[topic][number % len(CAPTIONS[topic])]
        sound_id, sound = SOUNDS[int(dice[number, 0] * len(SOUNDS))]
        is_ad = bool(dice[number, 1] < 0.12)
        row: dict[str, Any] = {
            "video_id": (posted << 32) | int(suffixes[number]),
            "account_id": accounts[account]["account_id"],
            "posted_at": f"{datetime.fromtimestamp(posted, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "caption": caption,
            "duration_seconds": int(seconds[number]),
            "content_format": _choose_format(account, number, float(dice[number, 2])),
            "sound_id": sound_id,
            "sound_title": sound,
            "is_ai_generated": "true" if dice[number, 3] < 0.15 else "false",
            "is_ad": "true" if is_ad else "false",
            "language": language,
            "product_id": PRODUCTS[number % 4] if is_ad or dice[number, 4] < 0.1 else "",
        }
        if row["content_format"] == "photo":
            row["duration_seconds"] = 0
        elif number % 29 == 13:
            # Some exports do not know the length.
            row["duration_seconds"] = ""
        rows.append({name: str(value) for name, value in row.items()})
    return rows


def _choose_format(account: int, number: int, dice: float) -> str:
    if account % len(CAPTIONS) or number == VIRAL_VIDEO:
        return "video"
    if number % 50 == 7:
        return "photo"
    for name, below in (("duet", 0.14), ("stitch", 0.26), ("live", 0.32)):
        if dice < below:
            return name
    return "video"
