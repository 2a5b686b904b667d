"""Accounts whose real days are known, and the exports that TikTok Studio makes of them.

The numbers are invented from a seed. An export shows some of an account's days as its ``Studio``
says: which window, which language, and by how many days its labels are off.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from studio_files import (
    HEADERS,
    Studio,
    Written,
    make_bytes,
    make_label,
    name_zip,
)
from tiktok_warehouse import lake
from tiktok_warehouse.entities import Entity
from tiktok_warehouse.home import Home
from tiktok_warehouse.sources import studio as reader
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.sources.studio import StudioRead

OVERVIEW = ("video_views", "profile_views", "likes", "comments", "shares")
VIEWERS = ("total_viewers", "new_viewers", "returning_viewers")
FOLLOWERS = ("followers",)
MEASURES = {"Overview": OVERVIEW, "Viewers": VIEWERS, "FollowerHistory": FOLLOWERS}

Day = dict[str, int]


@dataclass(frozen=True)
class Truth:
    """What happened on each day of an account."""

    account: str
    days: dict[date, Day]


def make_truth(
    account: str,
    first: date,
    last: date,
    *,
    seed: int,
    swing: float = 0.8,
    memory: float = 0.5,
    level: float = 8.0,
    replays: tuple[float, float] = (1.05, 1.5),
    standing: float = 0,
) -> Truth:
    """An account's days.

    Args:
        account: its handle.
        first, last: its days.
        seed: of the numbers.
        swing: how much views differ from day to day, as a logarithm.
        memory: how much of a day's deviation the next one keeps, 0 to 1.
        level: logarithm of its usual views.
        replays: views a viewer, from and to.
        standing: how likely a day is followed by one to six days on which nothing changes; the
            level of followers then stands still on a day of its own as well.
    """
    numbers = random.Random(seed)
    days: dict[date, Day] = {}
    still = 0
    deviation, followers = 0.0, numbers.randrange(500, 50_000)
    for at in range((last - first).days + 1):
        if still:
            days[first + timedelta(days=at)] = days[first + timedelta(days=at - 1)]
            still -= 1
            continue
        if standing and numbers.random() < standing:
            still = numbers.randrange(1, 7)
        deviation = memory * deviation + numbers.gauss(0, swing)
        views = int(math.exp(level + deviation))
        viewers = min(views, int(views / numbers.uniform(*replays)))
        new = int(viewers * numbers.uniform(0.3, 0.9))
        if not standing or numbers.random() >= standing:
            followers += numbers.randrange(-3, 40)
        days[first + timedelta(days=at)] = {
            "video_views": views,
            "profile_views": int(views * numbers.uniform(0, 0.02)),
            # Net of likes taken back: a quiet day has fewer than none.
            "likes": int(views * numbers.uniform(0, 0.1)) - numbers.randrange(3),
            "comments": int(views * numbers.uniform(0, 0.01)),
            "shares": int(views * numbers.uniform(0, 0.01)),
            "total_viewers": viewers,
            "new_viewers": new,
            "returning_viewers": viewers - new,
            "followers": followers,
        }
    return Truth(account, days)


def list_days(studio: Studio) -> list[date]:
    """The real days that an export shows."""
    last = studio.exported_on - timedelta(days=studio.lag)
    return [last - timedelta(days=back) for back in range(studio.days - 1, -1, -1)]


def make_daily_files(truth: Truth, studio: Studio) -> list[Written]:
    """Overview, Viewers and FollowerHistory of an export."""
    files = []
    for name, measures in MEASURES.items():
        later = studio.labels_later + (studio.viewers_later if name == "Viewers" else 0)
        cells = []
        for at, day in enumerate(list_days(studio)):
            values = [str(truth.days[day][measure]) for measure in measures]
            if name != "Overview" and at < studio.undefined:
                values = ["undefined", *("0" for _ in values[1:])]
            if name == "FollowerHistory":
                values.append("0")
            cells.append((make_label(day + timedelta(days=later), studio.language), *values))
        files.append(Written(name, HEADERS[name], cells, []))
    return files


def write_export(truth: Truth, studio: Studio, folder: Path) -> list[ExportFile]:
    """The files of an export as a reader is given them."""
    folder.mkdir(parents=True)
    files = []
    for file in make_daily_files(truth, studio):
        path = folder / f"{file.name}.csv"
        path.write_bytes(make_bytes(studio, file))
        os.utime(path, (studio.made_at.timestamp(),) * 2)
        files.append(
            ExportFile(
                name=f"{file.name}.csv",
                path=path,
                modified=studio.made_at,
                zip_name=name_zip(studio, file.name),
            )
        )
    return files


def read_export(files: Sequence[ExportFile], exported_on: date) -> list[StudioRead]:
    """What the reader makes of an export's files."""
    return [
        reader.read(
            file,
            account=None,
            exported_on=exported_on,
            siblings=files,
            today=datetime.now(UTC).date(),
        )
        for file in files
    ]


def land_tables(
    home: Home, tables: Iterable[tuple[Entity, pa.Table]], source_kind: str = "studio"
) -> None:
    """Put rows that readers gave into a home's lake, in one ingest."""
    lake.ensure_lake(home)
    incoming = lake.begin_ingest(home, lake.read_registry(home), datetime.now(UTC))
    for number, (entity, table) in enumerate(tables):
        name = f"{entity.name}-{number}"
        seq, rows, _ = lake.write_entity(incoming, entity, table.to_batches(), name)
        incoming.registered.append(
            lake.Registered(
                ingest_seq=seq,
                ingest_id=incoming.ingest_id,
                entity=entity.name,
                source_file=name,
                source_kind=source_kind,
                content_sha256=f"{seq:064x}",
                mapping_name=None,
                mapping_sha256=None,
                parser_version="1",
                key_fingerprint="0" * 16,
                never_has=None,
                raw_rows=rows,
                unknown_columns=None,
                ingested_at=incoming.ingested_at,
            )
        )
    assert lake.land(home, incoming)
