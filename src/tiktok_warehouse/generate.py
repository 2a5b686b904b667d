"""Invented logs: the sample that the project ships with, and logs of any size to load it with."""

from __future__ import annotations

import csv
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from tiktok_warehouse.entities import LINEAGE_COLUMNS
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.generate_mess import (
    INTERACTION_KINDS,
    MOST_TEXT_ROWS,
    PLANTS,
    ROWS_PER_TEXT_MESS,
    UNKNOWN_VIDEOS,
    VIEW_KINDS,
    Plant,
    list_odd_videos,
    planted_mess,
    spoil,
    spoil_text,
)
from tiktok_warehouse.generate_world import (
    COMMENTS,
    INTERACTION_TYPES,
    NULL,
    SECOND_US,
    TRAFFIC_SOURCES,
    VIRAL_VIDEO,
    Columns,
    Ints,
    World,
    build_world,
    draw_interactions,
    draw_views,
    start_stream,
)

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
}
REPEATING_COLUMNS = ("video_id", "traffic_source", "interaction_type", "comment_text")

LAST_DAY = date(2026, 8, 29)

SAMPLE_SEED = 20260829
SAMPLE_DAYS = 90
SAMPLE_ACCOUNTS = 3
SAMPLE_VIDEOS = 60
SAMPLE_PEOPLE = 6000
# As many as keep the four files under 2.8 MB.
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
    """

    files: dict[str, tuple[Path, ...]]
    rows: dict[str, int]
    mess: dict[str, dict[str, int]]


def generate_sample(folder: Path) -> None:
    """Write the four seed files of the sample, the same bytes each time.

    Columns are the contract's, then the lineage, then ``_malformed``. Four ingests landed them;
    ``planted_mess`` lists the rows that are wrong on purpose.

    Args:
        folder: where ``raw_accounts.csv``, ``raw_videos.csv``, ``raw_video_views.csv`` and
            ``raw_interactions.csv`` go; made if absent.

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
    interactions = draw_interactions(world, rng, views, 0)
    people = _list_sample_people(world.people)
    by_entity: dict[str, list[tuple[int, dict[str, str]]]] = {
        "accounts": [(1, row) for row in world.accounts],
        "videos": [
            (_choose_ingest(int(at)), row)
            for at, row in zip(world.posted_us, world.videos, strict=True)
        ],
        "video_views": _pair_with_ingest(
            views["at"],
            _render_rows(
                "video_views",
                views,
                world,
                [f"v{number:06d}" for number in views["id"]],
                _pick(people, views["person"]),
                seconds_only=True,
            ),
        ),
        "interactions": _pair_with_ingest(
            interactions["at"],
            _render_rows(
                "interactions",
                interactions,
                world,
                [f"i{number:05d}" for number in interactions["id"]],
                _pick(people, interactions["person"]),
                seconds_only=True,
            ),
        ),
    }
    names = _name_aliases(world)
    for plant in PLANTS:
        row = _resolve_plant(plant, names, people)
        by_entity[plant.entity].append((plant.ingest, row))

    sequence = _number_files(by_entity)
    for entity, rows in by_entity.items():
        # Stable, so that plants follow the regular rows of their ingest.
        rows.sort(key=lambda pair: pair[0])
        header = (*HEADERS[entity], *LINEAGE_COLUMNS, "_malformed")
        row_numbers: Counter[int] = Counter()
        lines = []
        for ingest, row in rows:
            row_numbers[ingest] += 1
            at = SAMPLE_INGESTS[ingest - 1]
            row |= {
                "_ingest_seq": str(sequence[ingest, entity]),
                "_ingest_id": f"{at:%Y%m%dT%H%M%SZ}-{ingest:04d}",
                "_source_file": f"{entity}.csv",
                "_source_row": str(row_numbers[ingest]),
                "_ingested_at": f"{at:%Y-%m-%d %H:%M:%S}",
            }
            lines.append([row.get(name, "") for name in header])
        _write_csv(folder / f"raw_{entity}.csv", header, lines)


def generate_log(
    folder: Path,
    *,
    events: int,
    days: int,
    file_format: FileFormat,
    seed: int = 1,
    last_day: date = LAST_DAY,
    on_progress: Callable[[int], None] | None = None,
) -> GeneratedLog:
    """Write a raw log as a platform would, about one row in a hundred of it spoilt.

    Files are ``accounts``, ``videos``, ``video_views-0001``... and ``interactions-0001``...; the
    last part of the two event entities holds only text, for what a typed column cannot get wrong.
    The same arguments give the same rows. Memory does not grow with ``events``.

    Args:
        folder: where the files go; made if absent. Files of the same names are replaced.
        events: number of rows of video_views, spoilt ones included; interactions come on top.
        days: length of the window in days.
        file_format: of all the files.
        seed: another seed gives another log.
        last_day: last day of the window (UTC).
        on_progress: called after each chunk with the number of views written so far.

    Raises:
        UsageError: ``events``, ``days``, ``seed`` or ``file_format`` is out of range.
        OSError: the folder cannot be written.
    """
    _check_arguments(events, days, last_day, seed, file_format)
    folder.mkdir(parents=True, exist_ok=True)
    accounts = min(max(events // 1_000_000, 3), 30)
    world = build_world(
        seed=seed,
        last_day=last_day,
        days=days,
        accounts=accounts,
        videos=min(max(events // 20_000, days * 2 // 3, 60), 2000),
        people=max(int(events * 0.4), 20),
    )
    files: dict[str, list[Path]] = {name: [] for name in HEADERS}
    rows: Counter[str] = Counter()
    mess: dict[str, Counter[str]] = {name: Counter() for name in HEADERS}
    text_rows = min(events // ROWS_PER_TEXT_MESS, MOST_TEXT_ROWS)
    odd_videos = list_odd_videos(world.videos) if text_rows else []
    mess["videos"].update(kind for kind, _ in odd_videos)
    videos = [*world.videos, *(row for _, row in odd_videos)]
    for entity, texts in (("accounts", world.accounts), ("videos", videos)):
        path = folder / f"{entity}.{file_format}"
        _write_texts(path, HEADERS[entity], [list(row.values()) for row in texts])
        files[entity].append(path)
        rows[entity] += len(texts)

    typed_rows = events - text_rows
    encoders = _make_encoders(world, seed)
    part = 0
    for file_first in range(0, typed_rows, CHUNK_ROWS * CHUNKS_PER_FILE):
        part += 1
        file_last = min(file_first + CHUNK_ROWS * CHUNKS_PER_FILE, typed_rows)
        paths = {
            entity: folder / f"{entity}-{part:04d}.{file_format}"
            for entity in ("video_views", "interactions")
        }
        with (
            _PartWriter(paths["video_views"]) as view_writer,
            _PartWriter(paths["interactions"]) as interaction_writer,
        ):
            for first in range(file_first, file_last, CHUNK_ROWS):
                last = min(first + CHUNK_ROWS, file_last)
                rng = start_stream(seed, 1, first)
                views = draw_views(world, rng, first, last, typed_rows)
                acts = draw_interactions(world, rng, views, rows["interactions"])
                mess["video_views"].update(spoil(world, rng, views, VIEW_KINDS))
                mess["interactions"].update(spoil(world, rng, acts, INTERACTION_KINDS))
                view_writer.write(_make_table("video_views", views, encoders, seed))
                interaction_writer.write(_make_table("interactions", acts, encoders, seed))
                rows["video_views"] += last - first
                rows["interactions"] += len(acts["at"])
                if on_progress is not None:
                    on_progress(rows["video_views"])
        for entity, path in paths.items():
            files[entity].append(path)

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
    )


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
    videos = [row["video_id"] for row in world.videos]
    texts = {
        header[0]: ids,
        header[1]: [_render_time(int(at), precision) for at in columns["at"]],
        "video_id": _pick(videos, columns["video"]),
        "person_id": people,
        "traffic_source": _pick(TRAFFIC_SOURCES, columns["source"]),
    }
    if entity == "video_views":
        texts["watch_seconds"] = [_render_seconds(int(ms)) for ms in columns["watch"]]
    else:
        texts["interaction_type"] = _pick(INTERACTION_TYPES, columns["type"])
        texts["is_undo"] = _pick(("false", "true"), columns["undo"])
        texts["comment_text"] = _pick(COMMENTS, columns["text"])
    ordered = (texts[name] for name in header)
    return [dict(zip(header, values, strict=True)) for values in zip(*ordered, strict=True)]


def _render_time(at_us: int, timespec: str) -> str:
    seconds, micros = divmod(at_us, SECOND_US)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros, tzinfo=None)
    return moment.isoformat(sep=" ", timespec=timespec)


def _render_seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}" if milliseconds else "0"


def _pick(texts: list[str] | tuple[str, ...], positions: Ints) -> list[str]:
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


def _pair_with_ingest(at_us: Ints, rows: list[dict[str, str]]) -> list[tuple[int, dict[str, str]]]:
    return [(_choose_ingest(int(at)), row) for at, row in zip(at_us, rows, strict=True)]


def _name_aliases(world: World) -> dict[str, dict[str, str]]:
    """What ``@name`` in a plant stands for, by column."""
    first_of = {
        account: int(np.flatnonzero(world.account_of == account)[0])
        for account in range(SAMPLE_ACCOUNTS)
    }
    unknown_length = next(row["video_id"] for row in world.videos if row["duration_seconds"] == "")
    return {
        "account_id": {
            f"@{size}": world.accounts[number]["account_id"]
            for number, size in enumerate(("large", "medium", "small"))
        },
        "video_id": {
            "@steady": world.videos[VIRAL_VIDEO + 1]["video_id"],
            "@mid": world.videos[first_of[1]]["video_id"],
            "@small": world.videos[first_of[2]]["video_id"],
            "@nodur": unknown_length,
        },
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
            use_dictionary=[name for name in schema.names if name in REPEATING_COLUMNS],
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
    unknown = _make_uuids(np.arange(UNKNOWN_VIDEOS, dtype=np.int64), _stream_of("videos", seed))
    return {
        "video": pa.array([*(row["video_id"] for row in world.videos), *unknown.to_pylist()]),
        "source": pa.array([*TRAFFIC_SOURCES, "carrier_pigeon"]),
        "type": pa.array([*INTERACTION_TYPES, "superlike"]),
        "text": pa.array(COMMENTS),
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
        "video_id": _encode(columns["video"], encoders["video"]),
        "person_id": _make_uuids(columns["person"], _stream_of("people", seed)),
        "traffic_source": _encode(columns["source"], encoders["source"]),
    }
    if entity == "video_views":
        watch = columns["watch"]
        # Division rounds to the double nearest to the decimal, so its shortest text has 3 places.
        arrays["watch_seconds"] = pa.array(watch / 1000, mask=watch == NULL)
    else:
        arrays["interaction_type"] = _encode(columns["type"], encoders["type"])
        arrays["is_undo"] = pa.array(columns["undo"] == 1)
        arrays["comment_text"] = _encode(columns["text"], encoders["text"])
    return pa.table({name: arrays[name] for name in header})


def _encode(positions: Ints, texts: pa.Array) -> pa.DictionaryArray:
    missing = positions == NULL
    codes = pa.array(np.where(missing, 0, positions).astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(codes, texts)


def _stream_of(name: str, seed: int) -> int:
    return seed * 8 + ("people", "video_views", "interactions", "videos").index(name)


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
