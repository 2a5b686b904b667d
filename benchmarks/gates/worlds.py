"""Right data: random sequences of ingests in which everything is allowed by docs/raw-contract.md.

A world is what lands in each of its ingests. Half of the worlds begin with a messy log of the
independent computation (``tests/python/test_oracle.py``), all of them have a calm account or two,
whose days look like days; then a few of ``SPECIALS`` happen to them, things that befall real
warehouses. All follows from the seed.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import api_files
import archive_files
from oracle import SPECS
from studio_files import Studio, make_bytes, make_files, name_zip
from studio_truth import Truth, make_daily_files, make_truth
from test_oracle import GENERATE_ONLY, ZONES, Log, is_rich, logs

Row = dict[str, Any]

SYNC = "_airbyte_extracted_at"

# When a row happened, and what it names.
MOMENTS = {
    "video_views": "viewed_at",
    "interactions": "interacted_at",
    "follower_events": "occurred_at",
    "profile_visits": "visited_at",
    "conversions": "converted_at",
}


@dataclass
class Step:
    """One ingest.

    Attributes:
        now: when it is.
        rows: of the event log, by entity.
        files: others, by their path below ``landing/``.
        forget: an option of ``forget`` and its value, where that is typed instead of ``refresh``.
        aliases: what ``account_aliases`` says from now on, alias by alias; None leaves it.
    """

    now: datetime
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    files: dict[str, bytes] = field(default_factory=dict)
    forget: tuple[str, str] | None = None
    aliases: dict[str, str] | None = None

    @property
    def day(self) -> date:
        return self.now.date()

    @property
    def exported_on(self) -> date:
        """The day of an export that lands now: Studio's are written at 10:30."""
        return (self.now - timedelta(hours=11)).date()


@dataclass
class Diary:
    """A calm account and what happens on its days."""

    account: str
    views: int
    chance: random.Random
    followers: int = 3000
    videos: list[tuple[str, int]] = field(default_factory=list)
    serial: int = 0

    @property
    def handle(self) -> str:
        return f"{self.account}.handle"

    def account_row(self, role: str = "own", **other: Any) -> Row:
        return {
            "account_id": self.account,
            "handle": self.handle,
            "account_role": role,
            "country": "NL",
            **other,
        }

    def tell(self, day: date) -> Iterator[tuple[str, Row]]:
        """The rows of a day, with their entities."""
        chance = self.chance
        if not self.videos or chance.random() < 0.25:
            yield "videos", self._post(day)
        count = max(0, round(chance.gauss(self.views, self.views**0.5)))
        for _ in range(count):
            yield "video_views", self.view(day)
        for _ in range(self._part(count, 0.3)):
            yield "interactions", self.interaction(day)
        for _ in range(self._part(count, 0.1)):
            yield "follower_events", self.follow(day)
        for _ in range(self._part(count, 0.15)):
            yield "profile_visits", self._event(day, "visit_id", "visited_at")
        for _ in range(self._part(count, 0.06)):
            yield "conversions", self.conversion(day)
        if self.views and chance.random() < 0.7:
            yield "follower_counts", self.count(day, self.followers)

    def _post(self, day: date) -> Row:
        video, seconds = f"{self.account}-{len(self.videos)}", self.chance.randrange(8, 40)
        self.videos.append((video, seconds))
        return self.video_row(video, posted_at=f"{day} 07:{self.chance.randrange(60):02}")

    def video_row(self, video: str, **other: Any) -> Row:
        seconds = dict(self.videos)[video]
        described = {"caption": f"loaf {video} #bread", "content_format": "video"}
        owned = {"video_id": video, "account_id": self.account, "posted_at": "2026-01-01"}
        return {**owned, "duration_seconds": str(seconds), **described, **other}

    def view(self, day: date) -> Row:
        video, seconds = self.chance.choice(self.videos[-6:])
        watched = 0 if self.chance.random() < 0.05 else seconds * self.chance.betavariate(2, 2)
        return {
            **self._event(day, "view_id", "viewed_at", account=None),
            "video_id": video,
            "watch_seconds": f"{watched:.2f}",
            "traffic_source": self.chance.choice(["for_you", "following", "profile"]),
        }

    def interaction(self, day: date) -> Row:
        kinds = ["like", "like", "like", "like", "comment", "share", "save", "duet"]
        kind = self.chance.choice(kinds)
        return {
            **self._event(day, "interaction_id", "interacted_at", account=None),
            "video_id": self.chance.choice(self.videos[-6:])[0],
            "interaction_type": kind,
            "is_undo": "true" if self.chance.random() < 0.03 else "false",
            "comment_text": "what a lovely loaf" if kind == "comment" else None,
        }

    def follow(self, day: date) -> Row:
        action = "unfollow" if self.chance.random() < 0.25 else "follow"
        self.followers += 1 if action == "follow" else -1
        return {**self._event(day, "event_id", "occurred_at"), "action": action}

    def conversion(self, day: date, currency: str = "EUR") -> Row:
        return {
            **self._event(day, "conversion_id", "converted_at"),
            "conversion_type": self.chance.choice(["purchase", "purchase", "link_click"]),
            "value_amount": f"{self.chance.randrange(500, 5000) / 100}",
            "currency": currency,
        }

    def count(self, day: date, followers: int) -> Row:
        return {"account_id": self.account, "count_date": str(day), "followers": str(followers)}

    def _event(self, day: date, key: str, moment: str, account: str | None = "own") -> Row:
        self.serial += 1
        row = {
            key: f"{self.account}-{self.serial}",
            moment: write_moment(day, self.chance),
            "person_id": f"p{self.chance.randrange(40)}",
        }
        return {**row, "account_id": self.account} if account else row

    def _part(self, count: int, share: float) -> int:
        return sum(self.chance.random() < share for _ in range(count))


def write_moment(day: date, chance: random.Random) -> str:
    second = chance.randrange(86400)
    return f"{datetime.combine(day, datetime.min.time()) + timedelta(seconds=second)}"


@dataclass
class World:
    """A sequence of ingests.

    Attributes:
        chance: all that is random.
        zone: the reporting time zone.
        steps: the ingests.
        first: the first day of the calm accounts.
        diaries: of the calm accounts; they tell nothing that lands in ``quiet`` steps.
        specials: what happens.
        never_has: types of interaction that files called ``poor_…`` cannot know.
        only_logs: whether nothing but event logs lands, which the independent computation knows.
    """

    chance: random.Random
    zone: str
    steps: list[Step]
    first: date
    specials: tuple[str, ...] = ()
    quiet: frozenset[int] = frozenset()
    diaries: list[Diary] = field(default_factory=list)
    repeats: list[tuple[int, int]] = field(default_factory=list)
    never_has: tuple[str, ...] = ()
    only_logs: bool = True

    @property
    def middle(self) -> int:
        """The ingest in the middle: the fifth of nine."""
        return len(self.steps) // 2

    @property
    def last_day(self) -> date:
        return max(step.day for step in self.steps) - timedelta(days=1)

    @property
    def days(self) -> list[date]:
        """The days of the calm accounts."""
        count = (self.last_day - self.first).days + 1
        return [self.first + timedelta(days=number) for number in range(count)]

    def find_step(self, day: date) -> int | None:
        """The first ingest after a day, of those that are not quiet."""
        for number, step in enumerate(self.steps):
            if step.day > day and number not in self.quiet:
                return number
        return None

    def deliver(self, entity: str, row: Row, day: date) -> None:
        """Let a row land after its day, if any ingest comes then."""
        number = self.find_step(day)
        if number is not None:
            self.steps[number].rows[entity].append(row)

    def add_diary(
        self, views: int, *, since: date | None = None, role: str = "own", lands: int = 0
    ) -> Diary:
        """A calm account from a day on; the row that names it lands in an ingest."""
        diary = Diary(f"calm{len(self.diaries)}", views, self.chance)
        self.diaries.append(diary)
        self.steps[lands].rows["accounts"].append(diary.account_row(role))
        for day in self.days:
            if day >= (since or self.first):
                for entity, row in diary.tell(day):
                    self.deliver(entity, row, day)
        return diary

    def find_rows(
        self, before: int, entities: Iterable[str] = tuple(MOMENTS)
    ) -> list[tuple[str, Row]]:
        """Rows of the event log that land before an ingest, each with its entity."""
        return [
            (entity, row)
            for step in self.steps[:before]
            for entity in entities
            for row in step.rows[entity]
        ]


# ---------------------------------------------------------------- making one


def make_world(chosen: str, number: int, ingests: int, specials_a_world: int) -> World:
    """One sequence of many.

    Args:
        chosen: the seed of all of them.
        number: which; each ``len(SPECIALS) / specials_a_world`` in a row have all specials.
        ingests: how many ingests it has, four at least.
        specials_a_world: how many specials.
    """
    chance = random.Random(f"{chosen} {number}")
    specials = choose_specials(chosen, number, specials_a_world)
    # The messy logs of all zones, by turns.
    zone = list(ZONES)[number // 2 % len(ZONES)]
    log = draw_log(zone, chance) if number % 2 == 0 else None
    moments = time_log(log, ingests) if log else time_calmly(zone, chance, ingests)
    if "a_pause" in specials:
        late = timedelta(days=20)
        moments = [m + late * (at >= ingests // 2) for at, m in enumerate(moments)]
    middle = ingests // 2
    world = World(
        chance,
        zone,
        [Step(moment) for moment in moments],
        first=moments[0].date() - timedelta(days=10 if log else chance.choice([5, 20, 40])),
        specials=specials,
        quiet=frozenset({middle, middle + 1} if "a_receding_end" in specials else ()),
    )
    if log:
        land_log(world, log)
        world.add_diary(4)
    else:
        world.add_diary(22)
        world.add_diary(5)
    for special in specials:
        SPECIALS[special](world)
    pack(world)
    return world


def choose_specials(chosen: str, number: int, count: int) -> tuple[str, ...]:
    """The next few of all specials, in an order that differs from round to round."""
    picked: list[str] = []
    for at in range(number * count, (number + 1) * count):
        turn, place = divmod(at, len(SPECIALS))
        order = sorted(SPECIALS)
        random.Random(f"{chosen} specials {turn}").shuffle(order)
        picked.append(order[place])
    # In the order in which they stand: those that change rows come after those that bring some.
    return tuple(name for name in SPECIALS if name in picked)


def draw_log(zone: str, chance: random.Random) -> Log:
    span = chance.choice([6, 6, 26])
    drawn: list[Log] = []

    @seed(chance.getrandbits(64))
    @settings(GENERATE_ONLY, max_examples=1)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        drawn.append(data.draw(logs(zone, span).filter(lambda log: is_rich(log, span))))

    draw()
    return drawn[0]


def split(count: int, parts: int) -> list[range]:
    """As many ranges, which differ by one at most."""
    ends = [count * part // parts for part in range(parts + 1)]
    return [range(start, end) for start, end in itertools.pairwise(ends)]


def time_log(log: Log, ingests: int) -> list[datetime]:
    """The ingests of a messy log; their clock may jump back."""
    firsts = [log.files[numbers[0]] for numbers in split(len(log.files), ingests)]
    return [file.ingested_at.replace(tzinfo=UTC) for file in firsts]


def time_calmly(zone: str, chance: random.Random, ingests: int) -> list[datetime]:
    """Each day, each week, or as it comes."""
    moment = datetime.combine(ZONES[zone], datetime.min.time(), UTC)
    moment += timedelta(days=chance.randrange(30), hours=chance.randrange(12, 24))
    rhythm = chance.choice([(1,), (1, 2), (7,), (1, 3, 9), (0, 1, 2)])
    moments = []
    for number in range(ingests):
        moments.append(moment + timedelta(minutes=number))
        moment += timedelta(days=chance.choice(rhythm))
    return moments


def land_log(world: World, log: Log) -> None:
    """The files of a messy log, a few an ingest."""
    for step, numbers in zip(world.steps, split(len(log.files), len(world.steps)), strict=True):
        for number in numbers:
            file = log.files[number]
            rows = [row for row in log.raw[file.entity] if row["_ingest_seq"] == file.ingest_seq]
            spec = SPECS[file.entity]
            columns = [*spec.required, *spec.optional]
            name = f"{file.entity}_log{number}"
            if file.never_has:
                # A mapping says what such a source cannot know.
                world.never_has = file.never_has
                name = f"poor_{name}"
            malformed = sum(row["_malformed"] is not None for row in rows)
            whole = [row for row in rows if row["_malformed"] is None]
            if not whole:
                # A file of malformed rows alone is refused.
                malformed = 0
            is_csv = malformed or file.never_has or not whole
            shape = "csv" if is_csv else world.chance.choice(SHAPES)
            content = write_rows(shape, columns, whole)
            step.files[f"log/{name}.{shape}"] = content + b"one field too few\n" * malformed


SHAPES = ("csv", "csv", "jsonl", "parquet")


def write_rows(shape: str, columns: list[str], rows: list[Row]) -> bytes:
    """Rows as a file."""
    if shape == "parquet":
        table = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns}
        target = io.BytesIO()
        pq.write_table(pa.table(table), target)
        return target.getvalue()
    if shape == "jsonl":
        return "".join(json.dumps({n: row.get(n) for n in columns}) + "\n" for row in rows).encode()
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(name) or "" for name in columns] for row in rows)
    return text.getvalue().encode()


def find_sync(rows: list[Row]) -> list[str]:
    """The column in which a connector says when it read its rows, if there is one."""
    return [SYNC] if any(SYNC in row for row in rows) else []


def pack(world: World) -> None:
    """Make files of the rows, an entity a file."""
    packed: list[dict[str, bytes]] = []
    for number, step in enumerate(world.steps):
        files = {}
        for entity, rows in sorted(step.rows.items()):
            if rows:
                shape = world.chance.choice(SHAPES)
                columns = [*SPECS[entity].required, *SPECS[entity].optional, *find_sync(rows)]
                files[f"{entity}_{number}.{shape}"] = write_rows(shape, columns, rows)
        packed.append(files)
    for number, step in enumerate(world.steps):
        step.files |= packed[number]
        for later, earlier in world.repeats:
            if later == number:
                step.files |= {f"again/{name}": file for name, file in packed[earlier].items()}


# ---------------------------------------------------------------- what happens


def late_rows(world: World) -> None:
    """A tenth of the events comes in a later ingest than the rest of their day."""
    for number, step in enumerate(world.steps[:-1]):
        for entity in MOMENTS:
            late = [row for row in step.rows[entity] if world.chance.random() < 0.1]
            step.rows[entity] = [row for row in step.rows[entity] if row not in late]
            for row in late:
                later = world.chance.randrange(number + 1, len(world.steps))
                world.steps[later].rows[entity].append(row)


def corrections(world: World) -> None:
    """Newer versions of events lie on other days, mostly earlier ones."""
    for number in range(1, len(world.steps), 3):
        found = world.find_rows(number)
        for entity, row in world.chance.sample(found, k=min(12, len(found))):
            world.steps[number].rows[entity].append(move(row, entity, world, (-6, -2, -1, 1)))


def move(row: Row, entity: str, world: World, by: Iterable[int]) -> Row:
    """A newer version of an event, some days off."""
    moment = MOMENTS[entity]
    day = date.fromisoformat(row[moment][:10]) + timedelta(days=world.chance.choice(tuple(by)))
    return {**row, moment: f"{min(day, world.last_day)}{row[moment][10:]}"}


def overlapping_windows(world: World) -> None:
    """Each delivery has the rows of the one before once more, some of them changed."""
    for before, step in itertools.pairwise(world.steps):
        for entity in MOMENTS:
            again = [dict(row) for row in before.rows[entity][-30:]]
            for row in again:
                if entity == "video_views" and world.chance.random() < 0.2:
                    row["watch_seconds"] = "3.25"
            step.rows[entity][:0] = again


def doubled_files(world: World) -> None:
    """Files come twice: as they were, and with the same rows in another shape."""
    for number in range(1, len(world.steps), 2):
        world.repeats.append((number, number - 1))
    rows = world.steps[world.middle - 1].rows
    for entity in MOMENTS:
        world.steps[world.middle].rows[entity] += [dict(row) for row in rows[entity]]


def late_coverage(world: World) -> None:
    """No file of an entity before the ingest in the middle, which brings all of its rows."""
    entities = world.chance.sample([*MOMENTS, "follower_counts"], k=2)
    for entity in entities:
        for step in world.steps[: world.middle]:
            world.steps[world.middle].rows[entity] += step.rows.pop(entity, [])


def empty_files(world: World) -> None:
    """Of an entity only a header ever lands: nothing is known to be none from then on."""
    entities = world.chance.sample(["profile_visits", "conversions", "interactions"], k=2)
    for entity in entities:
        for step in world.steps:
            step.rows.pop(entity, None)
        columns = [*SPECS[entity].required, *SPECS[entity].optional]
        world.steps[world.middle].files[f"{entity}_empty.csv"] = write_rows("csv", columns, [])


def role_changes(world: World) -> None:
    """A competitor becomes an own account and a competitor again."""
    diary = world.add_diary(10, role="competitor")
    for number, role in ((world.middle - 1, "own"), (world.middle + 2, "competitor")):
        if number < len(world.steps):
            world.steps[number].rows["accounts"].append(diary.account_row(role))


def video_moves(world: World) -> None:
    """A video belongs to another account, and later to the first one again."""
    diary, other = world.diaries[0], world.add_diary(5)
    video = diary.videos[min(2, len(diary.videos) - 1)][0]
    for number, owner in ((world.middle, other), (world.middle + 2, diary)):
        if number < len(world.steps):
            row = diary.video_row(video, account_id=owner.account)
            world.steps[number].rows["videos"].append(row)


def restated_snapshots(world: World) -> None:
    """A competitor's totals fall: comments are deleted, views are corrected."""
    watch_competitor(world, falls=0.3)


def competitor_snapshots(world: World) -> None:
    """A competitor of whom nothing but snapshots is known."""
    watch_competitor(world)


def own_snapshots(world: World) -> None:
    """Lifetime totals of an own account whose events are known too."""
    watch(world, world.diaries[0].account, [video for video, _ in world.diaries[0].videos[:3]])


def watch_competitor(world: World, falls: float = 0.0) -> None:
    account = f"rival{world.chance.randrange(1000)}"
    row = {"account_id": account, "handle": account, "account_role": "competitor"}
    world.steps[0].rows["accounts"].append(row)
    videos = [f"{account}-{number}" for number in range(3)]
    for video in videos:
        posted = {"video_id": video, "account_id": account, "posted_at": f"{world.first} 05:00"}
        world.steps[0].rows["videos"].append(posted)
    watch(world, account, videos, falls)


def watch(world: World, account: str, videos: list[str], falls: float = 0.0) -> None:
    """Snapshots of an account and of its videos, on most days."""
    chance = world.chance
    totals = {video: {"views": 900, "likes": 90, "comments": 14, "shares": 5} for video in videos}
    followers = 800
    for day in world.days:
        followers += chance.randrange(-2, 12)
        if falls and chance.random() < falls:
            fallen = totals[chance.choice(videos)]
            name = chance.choice(list(fallen))
            fallen[name] = fallen[name] * chance.choice([5, 8, 9]) // 10
            followers -= 10
        for counted in totals.values():
            for name, most in (("views", 60), ("likes", 6), ("comments", 2), ("shares", 1)):
                counted[name] += chance.randrange(most + 1)
        if chance.random() < 0.2:
            continue
        shown = {"account_id": account, "captured_at": f"{day} 20:00:00"}
        world.deliver("account_snapshots", {**shown, "followers": str(followers)}, day)
        for video, counted in totals.items():
            values = {name: str(value) for name, value in counted.items()}
            world.deliver("video_snapshots", {**shown, "video_id": video, **values}, day)


def a_receding_end(world: World) -> None:
    """The newest rows of all get newer versions, days earlier, and nothing else comes."""
    diary = world.diaries[0]
    step, correcting = world.steps[world.middle], world.steps[world.middle + 1]
    for number in range(3):
        row = diary.view(step.day)
        row["viewed_at"] = f"{step.day} 00:0{number}:00"
        step.rows["video_views"].append(row)
        earlier = f"{world.first + timedelta(days=1)} 10:00:00"
        correcting.rows["video_views"].append({**row, "viewed_at": earlier})


def a_pause(world: World) -> None:
    """Nothing lands for three weeks, then all of it: see ``make_world``."""


def levels_below_zero(world: World) -> None:
    """An official count that is smaller than what was gained before it."""
    diary = world.add_diary(12)
    for step in world.steps:
        counts = step.rows["follower_counts"]
        step.rows["follower_counts"] = [r for r in counts if r["account_id"] != diary.account]
    day = world.steps[world.middle].day
    for number in (1, 3):
        counted = day - timedelta(days=number)
        world.deliver("follower_counts", diary.count(counted, world.chance.randrange(3)), counted)


def a_jump_of_followers(world: World) -> None:
    """An account is shown on television: three times the followers, and nobody logged them."""
    jump = world.steps[world.middle].day
    diary = world.diaries[0]
    for step in world.steps:
        for row in step.rows["follower_counts"]:
            if row["account_id"] == diary.account and row["count_date"] >= str(jump):
                row["followers"] = str(int(row["followers"]) * 3)


def an_erased_person(world: World) -> None:
    """Somebody asks to be forgotten."""
    world.steps[world.middle + 1].forget = ("--person", "p7")


def an_erased_account(world: World) -> None:
    """An account is forgotten with all that it had."""
    diary = world.add_diary(10)
    number = world.middle
    if world.steps[number].forget:
        number += 1
    world.steps[number].forget = ("--account", diary.handle)
    # Files that name it again would bring it back.
    for step in world.steps[number + 1 :]:
        for entity, rows in step.rows.items():
            step.rows[entity] = [row for row in rows if not is_of(diary, row)]


def is_of(diary: Diary, row: Row) -> bool:
    return row.get("account_id") == diary.account or str(row.get("video_id")).startswith(
        f"{diary.account}-"
    )


def waiting_rows(world: World) -> None:
    """Events of an account come before the lists that name it and its videos."""
    diary = world.add_diary(8, lands=world.middle + 1)
    for step in world.steps[: world.middle + 1]:
        early = [row for row in step.rows["videos"] if row["account_id"] == diary.account]
        step.rows["videos"] = [row for row in step.rows["videos"] if row not in early]
        world.steps[world.middle + 1].rows["videos"] += early


def two_currencies(world: World) -> None:
    """Sales in dollars beside those in euros, and some whose currency was wrong at first."""
    for step in world.steps[world.middle :]:
        for row in step.rows["conversions"]:
            if world.chance.random() < 0.5:
                row["currency"] = "USD"
    found = world.find_rows(world.middle, ("conversions",))
    for _, row in found[-6:]:
        world.steps[world.middle].rows["conversions"].append({**row, "currency": "USD"})


def a_sparse_account(world: World) -> None:
    """Hardly anything happens."""
    diary = world.add_diary(0)
    for day in world.chance.sample(world.days, k=min(4, len(world.days))):
        world.deliver("video_views", diary.view(day), day)
        world.deliver("follower_events", diary.follow(day), day)


def a_new_account(world: World) -> None:
    """An account comes in late, with the months before."""
    diary = world.add_diary(9, since=world.days[-1], lands=world.middle)
    step = world.steps[world.middle]
    for back in range(50, 1, -2):
        for entity, row in diary.tell(step.day - timedelta(days=back)):
            step.rows[entity].append(row)


def an_old_backfill(world: World) -> None:
    """Rows of two months ago come in, for an account that has been known since."""
    diary, step = world.diaries[0], world.steps[world.middle]
    for number in range(12):
        day = world.first - timedelta(days=60 - 3 * number)
        step.rows["video_views"].append(diary.view(day))
        step.rows["interactions"].append(diary.interaction(day))


def a_viral_day(world: World) -> None:
    """Forty times the views of a usual day, and few of them interact."""
    diary = world.diaries[0]
    day = world.steps[world.middle].day - timedelta(days=1)
    for _ in range(min(400, 40 * diary.views)):
        world.deliver("video_views", diary.view(day), day)


def a_shrinking_audience(world: World) -> None:
    """From one ingest on two thirds of everything stays away."""
    for step in world.steps[world.middle :]:
        for entity in MOMENTS:
            rows = step.rows[entity]
            step.rows[entity] = [row for row in rows if world.chance.random() < 0.35]


def a_duration_corrected(world: World) -> None:
    """The length of videos was wrong, and is mended."""
    diary = world.diaries[0]
    for video, seconds in diary.videos[:4]:
        row = diary.video_row(video, duration_seconds=str(seconds * 2))
        world.steps[world.middle].rows["videos"].append(row)


def a_file_without_people(world: World) -> None:
    """A source that names nobody."""
    for step in world.steps[world.middle : world.middle + 2]:
        for entity in MOMENTS:
            for row in step.rows[entity]:
                row["person_id"] = None


def other_forms(world: World) -> None:
    """Timestamps become epochs in milliseconds, and categories are shouted."""
    for step in world.steps[world.middle :]:
        for entity, moment in MOMENTS.items():
            for row in step.rows[entity]:
                then = datetime.fromisoformat(row[moment]).replace(tzinfo=UTC)
                row[moment] = str(int(then.timestamp() * 1000))
                if entity == "interactions":
                    row["interaction_type"] = row["interaction_type"].upper()


def a_connector(world: World) -> None:
    """From one ingest on rows come through a connector, some a second time, in no order."""
    for step in world.steps[world.middle :]:
        for rows in step.rows.values():
            for row in rows:
                row[SYNC] = str(step.now - timedelta(minutes=world.chance.randrange(5, 600)))
            some = [row for row in rows if world.chance.random() < 0.2]
            rows += [{**row, SYNC: str(step.now - timedelta(minutes=1))} for row in some]
            world.chance.shuffle(rows)


def bad_rows(world: World) -> None:
    """Many rows of an ingest cannot be used, each for a reason of the contract."""
    for entity, row in world.find_rows(len(world.steps)):
        if world.chance.random() < 0.05:
            key = SPECS[entity].key[0]
            bad = world.chance.choice([{key: ""}, {MOMENTS[entity]: "soon"}])
            world.steps[-2].rows[entity].append({**row, **bad})


def a_handle_changes(world: World) -> None:
    """An account takes another name."""
    diary = world.diaries[0]
    row = diary.account_row(handle=f"new.{diary.handle}", display_name="New")
    world.steps[world.middle].rows["accounts"].append(row)


# ---------------------------------------------------------------- exports


def a_studio_account(world: World) -> None:
    """An account known from Studio alone, whose last days are not final at first."""
    truth = tell_truth(world, "studio.only")
    for number in range(0, len(world.steps), 2):
        export_studio(world, number, truth)


def studio_beside_the_log(world: World) -> None:
    """Exports of an account of the event log, from before its log began."""
    truth = tell_truth(world, world.diaries[0].handle)
    for number in (0, world.middle, len(world.steps) - 1):
        export_studio(world, number, truth, days=60)


def a_calendar_repair(world: World) -> None:
    """Labels of the first exports are a day late, which a later one shows."""
    truth = tell_truth(world, "a.day.off")
    export_studio(world, 0, truth, labels_later=1, is_final=True)
    for number in range(1, len(world.steps), 2):
        export_studio(world, number, truth, is_final=True)


def later_labels(world: World) -> None:
    """A later export is a day off, as are the viewers of all."""
    truth = tell_truth(world, "later.labels")
    for number in range(0, len(world.steps), 2):
        later = int(number == world.middle)
        export_studio(world, number, truth, labels_later=later, viewers_later=1, is_final=True)


def an_alias_changes(world: World) -> None:
    """Somebody says whose exports those of a former handle are, and takes it back."""
    truth = tell_truth(world, "former.name")
    for number in (0, world.middle):
        export_studio(world, number, truth)
    world.steps[world.middle].aliases = {"former.name": world.diaries[0].account}
    if world.middle + 3 < len(world.steps):
        world.steps[world.middle + 3].aliases = {}


def an_export_gets_an_id(world: World) -> None:
    """An account that exports alone knew is listed in the event log, under its id."""
    truth = tell_truth(world, "soon.listed")
    for number in range(0, len(world.steps), 3):
        export_studio(world, number, truth)
    row = {"account_id": "4711", "handle": "soon.listed", "account_role": "own"}
    world.steps[world.middle].rows["accounts"].append(row)


def an_api_account(world: World) -> None:
    """Payloads of the Accounts API: days that are restated, totals of videos that fall."""
    truth = tell_truth(world, "api.only")
    for number in range(0, len(world.steps), 2):
        export_api(world, number, truth)


def api_beside_the_log(world: World) -> None:
    """Payloads of an account of the event log."""
    truth = tell_truth(world, world.diaries[0].handle)
    for number in (1, world.middle, len(world.steps) - 1):
        export_api(world, number, truth)


def api_and_studio(world: World) -> None:
    """Studio first; then the API, which goes before it, for the same account."""
    truth = tell_truth(world, "both.sources")
    for number in range(0, len(world.steps), 2):
        export_studio(world, number, truth)
    for number in (world.middle, len(world.steps) - 1):
        export_api(world, number, truth, days=10)


def an_archive(world: World) -> None:
    """Somebody's own downloads, of three moments."""
    world.only_logs = False
    for watches, number in enumerate((0, world.middle, len(world.steps) - 1), 3):
        content = json.dumps(archive_files.make_json("J3", watches=watches))
        world.steps[number].files["archive/user_data_tiktok.json"] = content.encode()


def tell_truth(world: World, account: str) -> Truth:
    world.only_logs = False
    first = world.first - timedelta(days=120)
    return make_truth(account, first, world.last_day, seed=world.chance.getrandbits(32), level=5.0)


def export_studio(
    world: World,
    number: int,
    truth: Truth,
    *,
    days: int = 28,
    labels_later: int = 0,
    viewers_later: int = 0,
    is_final: bool = False,
) -> None:
    """Studio's zips of an account, as they are at an ingest."""
    world.only_logs = False
    step = world.steps[number]
    studio = Studio(
        account=truth.account,
        exported_on=step.exported_on,
        days=days,
        lag=2,
        labels_later=labels_later,
        viewers_later=viewers_later,
        seed=world.chance.getrandbits(32),
    )
    if not is_final:
        truth = not_final(truth, step.exported_on - timedelta(days=studio.lag + 1))
    for file in [*make_daily_files(truth, studio), make_files(studio)["Content"]]:
        path = f"studio/{name_zip(studio, file.name)}"
        content = io.BytesIO(step.files.get(path, b""))
        with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
            # A zip's own times name no zone, and are read as this machine's.
            local = studio.made_at.astimezone().timetuple()[:6]
            info = zipfile.ZipInfo(f"{file.name}.csv", local)
            archive.writestr(info, make_bytes(studio, file))
        step.files[path] = content.getvalue()


def not_final(truth: Truth, since: date) -> Truth:
    """The same account with fewer views on its newest days, which go up later."""
    days = {
        day: {**values, "video_views": values["video_views"] * 9 // 10} if day >= since else values
        for day, values in truth.days.items()
    }
    return replace(truth, days=days)


def export_api(world: World, number: int, truth: Truth, days: int = 30) -> None:
    """Payloads of an account, as they are at an ingest."""
    world.only_logs = False
    step, chance = world.steps[number], world.chance
    end = min(step.exported_on, world.last_day)
    shown = not_final(truth, end - timedelta(days=2)).days
    metrics = [
        api_files.make_day(
            date=str(day),
            video_views=shown[day]["video_views"],
            unique_video_views=str(shown[day]["total_viewers"]),
            profile_views=shown[day]["profile_views"],
            likes=max(0, shown[day]["likes"]),
            followers_count=shown[day]["followers"],
            daily_total_followers=shown[day]["followers"],
        )
        for day in (end - timedelta(days=back) for back in range(days, 0, -1))
    ]
    account = api_files.make_account(username=truth.account, metrics=metrics)
    link = f"https://www.tiktok.com/@{truth.account}/video/"
    totals = [
        api_files.make_video(
            item_id=str(7300000000000000000 + video),
            share_url=f"{link}{7300000000000000000 + video}",
            video_views=1000 * number + chance.randrange(2000),
            likes=90 * number + chance.randrange(100),
        )
        for video in range(2)
    ]
    folder = f"api/@{truth.account}"
    step.files[f"{folder}/account.json"] = json.dumps(api_files.page(account)).encode()
    step.files[f"{folder}/videos.json"] = json.dumps(api_files.video_page(*totals)).encode()


# What brings rows stands before what changes them.
SPECIALS: dict[str, Callable[[World], None]] = {
    special.__name__: special
    for special in (
        role_changes,
        video_moves,
        restated_snapshots,
        competitor_snapshots,
        own_snapshots,
        a_receding_end,
        a_pause,
        levels_below_zero,
        waiting_rows,
        a_sparse_account,
        a_new_account,
        an_old_backfill,
        a_viral_day,
        a_duration_corrected,
        a_handle_changes,
        a_studio_account,
        studio_beside_the_log,
        a_calendar_repair,
        later_labels,
        an_alias_changes,
        an_export_gets_an_id,
        an_api_account,
        api_beside_the_log,
        api_and_studio,
        an_archive,
        a_jump_of_followers,
        a_shrinking_audience,
        a_file_without_people,
        two_currencies,
        late_coverage,
        empty_files,
        late_rows,
        corrections,
        overlapping_windows,
        doubled_files,
        bad_rows,
        other_forms,
        a_connector,
        an_erased_person,
        an_erased_account,
    )
}
