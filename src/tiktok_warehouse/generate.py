"""Invented logs: the sample that the project ships with, and logs of any size to load it with."""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from tiktok_warehouse.entities import ENTITIES, LINEAGE_COLUMNS, SENTIMENT_COLUMNS
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.generate_audience import (
    ACTIONS,
    CONVERSION_TYPES,
    CURRENCIES,
    draw_conversions,
    draw_follows,
    draw_visits,
)
from tiktok_warehouse.generate_counters import (
    Competitors,
    Dated,
    Tally,
    build_competitors,
    list_follower_counts,
    list_own_snapshots,
)
from tiktok_warehouse.generate_mess import (
    CONVERSION_KINDS,
    FOLLOW_KINDS,
    INTERACTION_KINDS,
    MOST_TEXT_ROWS,
    PLANTS,
    ROWS_PER_TEXT_MESS,
    UNKNOWN_ACCOUNTS,
    UNKNOWN_VIDEOS,
    VIEW_KINDS,
    VISIT_KINDS,
    Plant,
    list_odd_counters,
    list_odd_videos,
    planted_mess,
    spoil,
    spoil_text,
)
from tiktok_warehouse.generate_plants import VIRAL_VIDEO, Plants
from tiktok_warehouse.generate_world import (
    COMMENTS,
    INTERACTION_TYPES,
    NULL,
    PRODUCTS,
    SECOND_US,
    TRAFFIC_SOURCES,
    Columns,
    Ints,
    World,
    build_world,
    draw_interactions,
    draw_views,
    start_stream,
)
from tiktok_warehouse.sentiment import judge_comment

__all__ = ["GeneratedLog", "generate_log", "generate_sample", "planted_mess"]

FileFormat = Literal["parquet", "csv"]

# In the order of the raw contract's table, which is the order a platform's export would have.
HEADERS: dict[str, tuple[str, ...]] = {
    "accounts": (
        *("account_id", "handle", "display_name", "account_role", "country", "created_at"),
    ),
    "videos": (
        *("video_id", "account_id", "posted_at", "caption", "duration_seconds"),
        *("content_format", "sound_id", "sound_title", "is_ai_generated", "is_ad"),
        *("language", "product_id"),
    ),
    "video_views": (
        *("view_id", "viewed_at", "video_id", "person_id", "watch_seconds", "traffic_source"),
    ),
    "interactions": (
        *("interaction_id", "interacted_at", "person_id", "video_id", "interaction_type"),
        *("is_undo", "comment_text", "traffic_source"),
    ),
    "follower_events": (
        *("event_id", "occurred_at", "account_id", "person_id", "action", "source_video_id"),
    ),
    "follower_counts": ("account_id", "count_date", "followers"),
    "profile_visits": (*("visit_id", "visited_at", "account_id", "person_id", "source_video_id"),),
    "conversions": (
        *("conversion_id", "converted_at", "account_id", "person_id", "video_id"),
        *("conversion_type", "value_amount", "currency", "product_id", "quantity"),
    ),
    "account_snapshots": (*("account_id", "captured_at", "followers", "total_likes", "videos"),),
    "video_snapshots": (
        *("video_id", "account_id", "captured_at", "views", "likes", "comments", "shares"),
        *("saves", "reach", "total_watch_seconds"),
    ),
}
# Drawn from the views, chunk by chunk; what is spoilt in each.
EVENT_KINDS = {
    "video_views": VIEW_KINDS,
    "interactions": INTERACTION_KINDS,
    "follower_events": FOLLOW_KINDS,
    "profile_visits": VISIT_KINDS,
    "conversions": CONVERSION_KINDS,
}
SAMPLE_ID_FORMS = {
    "video_views": "v{:06d}",
    "interactions": "i{:05d}",
    "follower_events": "f{:05d}",
    "profile_visits": "p{:05d}",
    "conversions": "c{:05d}",
}
# Which column of codes a raw column is made of.
CODES = {
    "video_id": "video",
    "source_video_id": "video",
    "account_id": "account",
    "traffic_source": "source",
    "interaction_type": "type",
    "comment_text": "text",
    "action": "action",
    "conversion_type": "conversion",
    "currency": "currency",
    "product_id": "product",
}
STREAMS = (
    *("people", "video_views", "interactions", "videos", "follower_events", "profile_visits"),
    *("conversions", "accounts"),
)

LAST_DAY = date(2026, 8, 29)

SAMPLE_SEED = 20260829
SAMPLE_DAYS = 90
SAMPLE_ACCOUNTS = 3
SAMPLE_VIDEOS = 60
SAMPLE_PEOPLE = 6000
# As many as keep the ten files under 5 MB.
SAMPLE_VIEWS = 15_300
# Not a secret: the sample's viewers are invented.
SAMPLE_KEY = b"invented viewers of the sample"
SAMPLE_INGESTS = (
    datetime(2026, 7, 1, 2, 10, tzinfo=UTC),
    datetime(2026, 8, 1, 2, 10, tzinfo=UTC),
    datetime(2026, 8, 30, 6, 0, tzinfo=UTC),
    datetime(2026, 8, 30, 18, 30, tzinfo=UTC),
)
# The fourth ingest holds corrections alone.
REGULAR_INGESTS = 3

# Small enough for the cache and for memory, large enough that Python's share is lost in numpy's.
CHUNK_ROWS = 250_000
CHUNKS_PER_FILE = 8
# In the sample so few views would bring a follow or a visit a week: its viewers are keener.
LOG_KEENNESS = 0.3
# The platform's first day is 2016-09-01, and the oldest videos are 60 days older than the window.
FIRST_DAY = date(2017, 1, 1)

_HEX_PAIRS = np.frombuffer(
    b"".join(b"%04x" % number for number in range(65536)), dtype=np.uint32
).copy()


@dataclass(frozen=True)
class GeneratedLog:
    """What ``generate_log`` wrote.

    Attributes:
        files: paths by entity.
        rows: data rows by entity, spoilt ones included.
        mess: spoilt rows by entity and kind. Each kind of duplicate counts the row that is one
            too many.
        plants: what an analysis has to find in it.
    """

    files: dict[str, tuple[Path, ...]]
    rows: dict[str, int]
    mess: dict[str, dict[str, int]]
    plants: Plants


def generate_sample(folder: Path) -> Plants:
    """Write the ten seed files of the sample, the same bytes each time.

    Columns are the contract's, then the lineage, then ``_malformed``. Four ingests landed them;
    ``planted_mess`` lists the rows that are wrong on purpose.

    Args:
        folder: where ``raw_accounts.csv`` and the other nine go; made if absent.

    Returns:
        What an analysis has to find in it.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    world = build_world(
        seed=SAMPLE_SEED,
        last_day=LAST_DAY,
        days=SAMPLE_DAYS,
        accounts=SAMPLE_ACCOUNTS,
        videos=SAMPLE_VIDEOS,
        people=SAMPLE_PEOPLE,
    )
    rng = start_stream(SAMPLE_SEED, 1)
    views = draw_views(world, rng, 0, SAMPLE_VIEWS, SAMPLE_VIEWS)
    events = {"video_views": views, "interactions": draw_interactions(world, rng, views, 0)}
    events |= _draw_audience(world, start_stream(SAMPLE_SEED, 4), views, Counter(), 1.0)
    people = _list_sample_people(world.people)
    competitors = build_competitors(SAMPLE_SEED, LAST_DAY, SAMPLE_DAYS)
    tally = Tally(world)
    tally.add(events)
    posted = [*zip(world.posted_us.tolist(), world.videos, strict=True), *competitors.videos]
    by_entity = {
        "accounts": [(1, row) for row in (*world.accounts, *competitors.accounts)],
        "videos": _pair_with_ingest(posted),
    }
    for entity, columns in events.items():
        ids = [SAMPLE_ID_FORMS[entity].format(number) for number in columns["id"].tolist()]
        named = _pick(people, columns["person"])
        rows = _render_rows(entity, columns, world, ids, named, seconds_only=True)
        by_entity[entity] = _pair_with_ingest(zip(columns["at"].tolist(), rows, strict=True))
    for entity, dated in _list_counters(tally, competitors, SAMPLE_SEED).items():
        by_entity[entity] = _pair_with_ingest(dated)
    names = _name_aliases(world)
    for plant in PLANTS:
        row = _resolve_plant(plant, names, people)
        by_entity[plant.entity].append((plant.ingest, row))

    sequence = _number_files(by_entity)
    for entity, landed in by_entity.items():
        # Stable, so that plants follow the regular rows of their ingest.
        landed.sort(key=lambda pair: pair[0])
        header = (*HEADERS[entity], *ENTITIES[entity].derived, *LINEAGE_COLUMNS, "_malformed")
        row_numbers: Counter[int] = Counter()
        lines = []
        for ingest, row in landed:
            row_numbers[ingest] += 1
            at = SAMPLE_INGESTS[ingest - 1]
            row |= {
                "_ingest_seq": str(sequence[ingest, entity]),
                "_ingest_id": f"{at:%Y%m%dT%H%M%SZ}-{ingest:04d}",
                "_source_file": f"{entity}.csv",
                "_source_row": str(row_numbers[ingest]),
                "_ingested_at": f"{at:%Y-%m-%d %H:%M:%S}",
            }
            if row.get("comment_text"):
                judged = judge_comment(row["comment_text"].strip())
                row |= zip(SENTIMENT_COLUMNS, (text or "" for text in judged), strict=True)
            lines.append([row.get(name, "") for name in header])
        _write_csv(folder / f"raw_{entity}.csv", header, lines)
    return world.plants


def generate_log(
    folder: Path,
    *,
    events: int,
    days: int,
    file_format: FileFormat,
    seed: int = 1,
    last_day: date = LAST_DAY,
    accounts: int | None = None,
    videos: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> GeneratedLog:
    """Write a raw log as a platform would, about one row in a hundred of it spoilt.

    Files are one each of ``accounts``, ``videos``, ``follower_counts`` and the snapshots, and
    numbered parts of the event entities (``video_views-0001``...); the last part of video_views
    and of interactions holds only text, for what a typed column cannot get wrong.
    The same arguments give the same rows. Memory does not grow with ``events``.

    Args:
        folder: where the files go; made if absent. Files of the same names are replaced.
        events: number of rows of video_views, spoilt ones included; all else comes on top.
        days: length of the window in days.
        file_format: of all the files.
        seed: another seed gives another log.
        last_day: last day of the window (UTC).
        accounts: number of own accounts; by default more of them in a larger log, 3 to 30.
        videos: number of videos, at least one an account; by default more in a larger log.
        on_progress: called after each chunk with the number of views written so far.

    Raises:
        UsageError: ``events``, ``days``, ``seed`` or ``file_format`` is out of range.
        OSError: the folder cannot be written.
    """
    _check_arguments(events, days, last_day, seed, file_format)
    accounts = min(max(events // 1_000_000, 3), 30) if accounts is None else accounts
    if videos is None:
        videos = max(min(max(events // 20_000, days * 2 // 3, 60), 2000), accounts)
    if not 1 <= accounts <= videos:
        raise UsageError(
            f"{accounts} accounts and {videos} videos: give 1 or more, and a video an account."
        )
    folder.mkdir(parents=True, exist_ok=True)
    world = build_world(
        seed=seed,
        last_day=last_day,
        days=days,
        accounts=accounts,
        videos=videos,
        people=max(int(events * 0.4), 20),
    )
    files: dict[str, list[Path]] = {name: [] for name in HEADERS}
    rows: Counter[str] = Counter()
    mess: dict[str, Counter[str]] = {name: Counter() for name in HEADERS}
    text_rows = min(events // ROWS_PER_TEXT_MESS, MOST_TEXT_ROWS)
    odd_videos = list_odd_videos(world.videos) if text_rows else []
    mess["videos"].update(kind for kind, _ in odd_videos)
    competitors = build_competitors(seed, last_day, days)
    own_and_others = [*world.videos, *(row for _, row in competitors.videos)]
    for entity, texts in (
        ("accounts", [*world.accounts, *competitors.accounts]),
        ("videos", [*own_and_others, *(row for _, row in odd_videos)]),
    ):
        files[entity].append(_write_rows(folder, entity, texts, file_format))
        rows[entity] += len(texts)

    typed_rows = events - text_rows
    encoders = _make_encoders(world, seed)
    tally = Tally(world)
    part = 0
    for file_first in range(0, typed_rows, CHUNK_ROWS * CHUNKS_PER_FILE):
        part += 1
        file_last = min(file_first + CHUNK_ROWS * CHUNKS_PER_FILE, typed_rows)
        paths = {entity: folder / f"{entity}-{part:04d}.{file_format}" for entity in EVENT_KINDS}
        with ExitStack() as stack:
            writers = {
                entity: stack.enter_context(_PartWriter(path)) for entity, path in paths.items()
            }
            for first in range(file_first, file_last, CHUNK_ROWS):
                last = min(first + CHUNK_ROWS, file_last)
                rng = start_stream(seed, 1, first)
                views = draw_views(world, rng, first, last, typed_rows)
                chunk = {
                    "video_views": views,
                    "interactions": draw_interactions(world, rng, views, rows["interactions"]),
                }
                later = start_stream(seed, 4, first)
                chunk |= _draw_audience(world, later, views, rows, LOG_KEENNESS)
                tally.add(chunk)
                for entity, kinds in EVENT_KINDS.items():
                    columns = chunk[entity]
                    stream = rng if entity in ("video_views", "interactions") else later
                    mess[entity].update(spoil(world, stream, columns, kinds))
                    writers[entity].write(_make_table(entity, columns, encoders, seed))
                    rows[entity] += len(columns["at"])
                if on_progress is not None:
                    on_progress(rows["video_views"])
        for entity, path in paths.items():
            files[entity].append(path)

    for entity, dated in _list_counters(tally, competitors, seed).items():
        texts = [row for _, row in dated]
        odd = list_odd_counters(entity, texts) if text_rows else []
        mess[entity].update(kind for kind, _ in odd)
        texts += [row for _, row in odd]
        files[entity].append(_write_rows(folder, entity, texts, file_format))
        rows[entity] += len(texts)
    if text_rows:
        views = draw_views(world, start_stream(seed, 2), 0, text_rows, text_rows)
        views["id"] += typed_rows
        acts = draw_interactions(world, start_stream(seed, 3), views, rows["interactions"])
        for entity, columns in (("video_views", views), ("interactions", acts)):
            path = folder / f"{entity}-{part + 1:04d}.{file_format}"
            lines = _spoil_texts(entity, columns, world, seed, file_format, mess[entity])
            if not lines:
                continue
            _write_texts(path, HEADERS[entity], lines)
            files[entity].append(path)
            rows[entity] += len(lines)
        if on_progress is not None:
            on_progress(rows["video_views"])
    return GeneratedLog(
        files={entity: tuple(paths) for entity, paths in files.items()},
        rows={entity: rows[entity] for entity in HEADERS},
        mess={
            entity: {kind: count for kind, count in counts.items() if count}
            for entity, counts in mess.items()
        },
        plants=world.plants,
    )


def _draw_audience(
    world: World,
    rng: np.random.Generator,
    views: Columns,
    first_ids: Counter[str],
    keenness: float,
) -> dict[str, Columns]:
    visits = draw_visits(world, rng, views, first_ids["profile_visits"], keenness)
    follows = draw_follows(world, rng, views, first_ids["follower_events"], keenness)
    return {
        "profile_visits": visits,
        "follower_events": follows,
        "conversions": draw_conversions(world, rng, visits, first_ids["conversions"]),
    }


def _list_counters(tally: Tally, competitors: Competitors, seed: int) -> dict[str, list[Dated]]:
    accounts, videos = list_own_snapshots(tally, seed)
    return {
        "follower_counts": list_follower_counts(tally, seed),
        "account_snapshots": [*accounts, *competitors.account_snapshots],
        "video_snapshots": [*videos, *competitors.video_snapshots],
    }


def _check_arguments(events: int, days: int, last_day: date, seed: int, file_format: str) -> None:
    if events < 1:
        raise UsageError(f"{events} events: give a number of 1 or more.")
    most_days = (last_day - FIRST_DAY).days + 1
    if not 1 <= days <= most_days:
        raise UsageError(
            f"{days} days: give a number from 1 to {most_days}; the window ends on {last_day}"
            f" and may not begin before {FIRST_DAY}."
        )
    if seed < 0:
        raise UsageError(f"Seed {seed}: give a number of 0 or more.")
    if file_format not in ("parquet", "csv"):
        raise UsageError(f"Format '{file_format}': give parquet or csv.")


# -- text rows: the sample, and the text-only part of a log --


def _render_rows(
    entity: str,
    columns: Columns,
    world: World,
    ids: list[str],
    people: list[str],
    *,
    seconds_only: bool,
) -> list[dict[str, str]]:
    """Text rows by column, in the order of the entity's header."""
    header = HEADERS[entity]
    precision = "seconds" if seconds_only else "milliseconds"
    lists = _list_code_texts(world)
    texts = {
        header[0]: ids,
        header[1]: [_render_time(int(at), precision) for at in columns["at"]],
        "person_id": people,
    }
    for name in header:
        if name in CODES:
            texts[name] = _pick(lists[CODES[name]], columns[CODES[name]])
    if entity == "video_views":
        texts["watch_seconds"] = [_render_seconds(int(ms)) for ms in columns["watch"]]
    elif entity == "interactions":
        texts["is_undo"] = _pick(("false", "true"), columns["undo"])
    elif entity == "conversions":
        texts["value_amount"] = [_render_amount(int(cents)) for cents in columns["value"]]
        texts["quantity"] = ["" if n == NULL else str(n) for n in columns["quantity"].tolist()]
    ordered = (texts[name] for name in header)
    return [dict(zip(header, values, strict=True)) for values in zip(*ordered, strict=True)]


def _list_code_texts(world: World) -> dict[str, Sequence[str]]:
    """The texts that the codes of each column point to."""
    return {
        "video": [row["video_id"] for row in world.videos],
        "account": [row["account_id"] for row in world.accounts],
        "source": TRAFFIC_SOURCES,
        "type": INTERACTION_TYPES,
        "text": COMMENTS,
        "action": ACTIONS,
        "conversion": CONVERSION_TYPES,
        "currency": CURRENCIES,
        "product": PRODUCTS,
    }


def _render_time(at_us: int, timespec: str) -> str:
    seconds, micros = divmod(at_us, SECOND_US)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros, tzinfo=None)
    return moment.isoformat(sep=" ", timespec=timespec)


def _render_seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}" if milliseconds else "0"


def _render_amount(cents: int) -> str:
    if cents == NULL:
        return ""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _pick(texts: Sequence[str], positions: Ints) -> list[str]:
    return ["" if position == NULL else texts[position] for position in positions.tolist()]


def _list_sample_people(people: int) -> list[str]:
    return [
        hmac.new(SAMPLE_KEY, b"viewer %d" % number, hashlib.sha256).hexdigest()[:32]
        for number in range(people)
    ]


def _choose_ingest(at_us: int) -> int:
    """The first regular ingest of a later day: 1 to 3."""
    for number, at in enumerate(SAMPLE_INGESTS[: REGULAR_INGESTS - 1], start=1):
        midnight = at.replace(hour=0, minute=0)
        if at_us < int(midnight.timestamp()) * SECOND_US:
            return number
    return REGULAR_INGESTS


def _pair_with_ingest(dated: Iterable[Dated]) -> list[tuple[int, dict[str, str]]]:
    return [(_choose_ingest(at), row) for at, row in dated]


def _name_aliases(world: World) -> dict[str, dict[str, str]]:
    """What ``@name`` in a plant stands for, by column."""
    first_of = {
        account: int(np.flatnonzero(world.account_of == account)[0])
        for account in range(SAMPLE_ACCOUNTS)
    }
    unknown_length = next(row["video_id"] for row in world.videos if row["duration_seconds"] == "")
    videos = {
        "@steady": world.videos[VIRAL_VIDEO + 1]["video_id"],
        "@mid": world.videos[first_of[1]]["video_id"],
        "@small": world.videos[first_of[2]]["video_id"],
        "@nodur": unknown_length,
    }
    return {
        "account_id": {
            f"@{size}": world.accounts[number]["account_id"]
            for number, size in enumerate(("large", "medium", "small"))
        },
        "video_id": videos,
        "source_video_id": videos,
    }


def _resolve_plant(
    plant: Plant, names: dict[str, dict[str, str]], people: list[str]
) -> dict[str, str]:
    if plant.kind == "malformed_row":
        return {"_malformed": plant.values[0]}
    row = dict(zip(HEADERS[plant.entity], plant.values, strict=True))
    for column, text in row.items():
        name = text.strip()
        if column == "person_id" and name:
            row[column] = people[int(name.removeprefix("@p"))]
        elif name in names.get(column, {}):
            row[column] = text.replace(name, names[column][name])
    return row


def _number_files(
    by_entity: dict[str, list[tuple[int, dict[str, str]]]],
) -> dict[tuple[int, str], int]:
    """``_ingest_seq`` of each landed file: by ingest, then by path."""
    landed = sorted({(ingest, entity) for entity, rows in by_entity.items() for ingest, _ in rows})
    return {place: number for number, place in enumerate(landed, start=1)}


def _spoil_texts(
    entity: str,
    columns: Columns,
    world: World,
    seed: int,
    file_format: FileFormat,
    mess: Counter[str],
) -> list[list[str]]:
    ids = _make_uuids(columns["id"], _stream_of(entity, seed)).to_pylist()
    people = _make_uuids(columns["person"], _stream_of("people", seed)).to_pylist()
    rows = _render_rows(
        entity, columns, world, ids, [person or "" for person in people], seconds_only=False
    )
    lines = []
    for number, row in enumerate(rows):
        kind, fields = spoil_text(HEADERS[entity], row, number, file_format == "csv")
        mess[kind] += 1
        lines.append(fields)
    return lines


def _write_rows(
    folder: Path, entity: str, texts: list[dict[str, str]], file_format: FileFormat
) -> Path:
    path = folder / f"{entity}.{file_format}"
    header = HEADERS[entity]
    _write_texts(path, header, [[row.get(name, "") for name in header] for row in texts])
    return path


def _write_texts(path: Path, header: tuple[str, ...], lines: list[list[str]]) -> None:
    if path.suffix == ".csv":
        _write_csv(path, header, lines)
        return
    columns = {
        name: pa.array([line[number] or None for line in lines], pa.string())
        for number, name in enumerate(header)
    }
    part = path.with_name(path.name + ".part")
    pa_parquet.write_table(pa.table(columns), part, compression="zstd", compression_level=1)
    part.replace(path)


def _write_csv(path: Path, header: Iterable[str], lines: list[list[str]]) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)
    part.replace(path)


# -- typed columns: the bulk of a log --


class _PartWriter:
    """One file of a log, written chunk by chunk; it has its name only once it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._writer: Any = None

    def __enter__(self) -> _PartWriter:
        return self

    def write(self, table: pa.Table) -> None:
        if self._path.suffix == ".csv":
            table = pa.table(
                {
                    name: column.cast(pa.string())
                    if pa.types.is_dictionary(column.type)
                    else column
                    for name, column in zip(table.column_names, table.columns, strict=True)
                }
            )
        if self._writer is None:
            self._writer = self._open(table.schema)
        if len(table):
            self._writer.write_table(table)

    def _open(self, schema: pa.Schema) -> Any:
        if self._path.suffix == ".csv":
            # Only comments need quotes, and pyarrow would quote every text for them.
            quoting = "needed" if "comment_text" in schema.names else "none"
            options = pa_csv.WriteOptions(quoting_style=quoting, quoting_header="none")
            return pa_csv.CSVWriter(self._part, schema, write_options=options)
        # A dictionary of nearly unique values costs time and saves nothing.
        return pa_parquet.ParquetWriter(
            self._part,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=[name for name in schema.names if name in CODES],
        )

    def __exit__(self, failed: object, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        if failed is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)


def _make_encoders(world: World, seed: int) -> dict[str, pa.Array]:
    """The texts that each coded column points to, spoilt ones last."""
    spoilt = {
        "video": _make_uuids(
            np.arange(UNKNOWN_VIDEOS, dtype=np.int64), _stream_of("videos", seed)
        ).to_pylist(),
        "account": _make_uuids(
            np.arange(UNKNOWN_ACCOUNTS, dtype=np.int64), _stream_of("accounts", seed)
        ).to_pylist(),
        "source": ["carrier_pigeon"],
        "type": ["superlike"],
        "action": ["block"],
        "conversion": ["daydream"],
        "currency": ["doubloons"],
    }
    return {
        name: pa.array([*texts, *spoilt.get(name, ())])
        for name, texts in _list_code_texts(world).items()
    }


def _make_table(
    entity: str, columns: Columns, encoders: dict[str, pa.Array], seed: int
) -> pa.Table:
    """A chunk as the raw columns of its entity."""
    header = HEADERS[entity]
    at = pa.array(columns["at"], mask=columns["at"] == NULL)
    arrays = {
        header[0]: _make_uuids(columns["id"], _stream_of(entity, seed)),
        header[1]: at.cast(pa.timestamp("us", tz="UTC")),
        "person_id": _make_uuids(columns["person"], _stream_of("people", seed)),
    }
    for name in header:
        if name in CODES:
            arrays[name] = _encode(columns[CODES[name]], encoders[CODES[name]])
    # Division rounds to the double nearest to the decimal, so its shortest text has 3 places.
    if entity == "video_views":
        watch = columns["watch"]
        arrays["watch_seconds"] = pa.array(watch / 1000, mask=watch == NULL)
    elif entity == "interactions":
        arrays["is_undo"] = pa.array(columns["undo"] == 1)
    elif entity == "conversions":
        value, quantity = columns["value"], columns["quantity"]
        arrays["value_amount"] = pa.array(value / 100, mask=value == NULL)
        arrays["quantity"] = pa.array(quantity, mask=quantity == NULL)
    return pa.table({name: arrays[name] for name in header})


def _encode(positions: Ints, texts: pa.Array) -> pa.DictionaryArray:
    missing = positions == NULL
    codes = pa.array(np.where(missing, 0, positions).astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, texts)


def _stream_of(name: str, seed: int) -> int:
    return seed * len(STREAMS) + STREAMS.index(name)


def _make_uuids(numbers: Ints, stream: int) -> pa.StringArray:
    """One UUID (version 4 in form) for each number of a stream; NULL stays NULL.

    A bijection of the number makes the first half, so that distinct numbers have distinct ids,
    short of two numbers that agree in all 122 bits.
    """
    count = len(numbers)
    base = numbers.astype(np.uint64)
    salt = _mix(np.array([2 * stream, 2 * stream + 1], np.uint64))
    halves = np.empty((count, 2), ">u8")
    halves[:, 0] = (_mix(base + salt[0]) & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x4000)
    halves[:, 1] = (_mix(base ^ salt[1]) & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(1 << 63)
    digits = _HEX_PAIRS[halves.view(">u2")].view(np.uint8)
    text = np.full((count, 36), ord("-"), np.uint8)
    for to, start, stop in ((0, 0, 8), (9, 8, 12), (14, 12, 16), (19, 16, 20), (24, 20, 32)):
        text[:, to : to + stop - start] = digits[:, start:stop]
    valid = numbers != NULL
    return pa.StringArray.from_buffers(
        count,
        pa.py_buffer(np.arange(0, 36 * (count + 1), 36, dtype=np.int32)),
        pa.py_buffer(text),
        pa.py_buffer(np.packbits(valid, bitorder="little")),
    )


def _mix(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """splitmix64's finaliser, a bijection of 64 bits (Steele, Lea and Flood, OOPSLA 2014)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
