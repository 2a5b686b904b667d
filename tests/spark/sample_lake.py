"""The sample's raw rows as a lake, and more of them."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pyarrow as pa

from tiktok_warehouse import lake
from tiktok_warehouse.entities import ENTITIES, list_all_entities
from tiktok_warehouse.home import PROJECT_ROOT, Home

Row = dict[str, str | None]


def land_sample(home: Home) -> None:
    """Let the sample land, ingest by ingest and file by file as its rows' lineage names them."""
    lake.ensure_lake(home)
    sample = [(entity, row) for entity in ENTITIES for row in read_sample(entity)]

    def ingest_of(item: tuple[str, Row]) -> str:
        return str(item[1]["_ingested_at"])

    for ingested_at, items in groupby(sorted(sample, key=ingest_of), key=ingest_of):
        files: dict[str, list[Row]] = {}
        for entity, row in items:
            files.setdefault(entity, []).append(row)
        land_rows(home, files, datetime.fromisoformat(ingested_at).replace(tzinfo=UTC))


def make_exports() -> dict[str, list[Row]]:
    """Exports of an account of the sample, from before its log began, and of one of their own.

    Viewers of Studio are a day late; of two Overviews the later one has its labels a day late.
    """
    numbers = random.Random(5)
    first = date(2026, 4, 1)
    views = [numbers.randrange(200, 9000) for _ in range(31)]
    files: dict[str, list[Row]] = {name: [] for name in list_all_entities() if "_" in name}
    for exported_on, late, start, end in (("2026-04-29", 0, 0, 26), ("2026-05-03", 1, 5, 30)):
        for day in range(start, end):
            common: Row = {"account_handle": "monsoon.studio", "exported_on": exported_on}
            label = str(first + timedelta(days=day + late))
            likes, shares = str(views[day] // 9 - 30), str(views[day] // 40)
            files["studio_overview"].append(
                {
                    **common,
                    **{"event_date": label, "video_views": str(views[day]), "profile_views": "12"},
                    **{"likes": likes, "comments": "3", "shares": shares},
                }
            )
            seen = str(first + timedelta(days=day + late + 1))
            people = {"total_viewers": str(views[day] * 4 // 5), "new_viewers": "7"}
            files["studio_viewers"].append({**common, "event_date": seen, **people})
            files["studio_follower_history"].append(
                {**common, "event_date": label, "followers": str(1000 + 7 * day)}
            )
    for day in range(20):
        files["api_account_days"].append(
            {
                "account_handle": "lone.account",
                "event_date": str(first + timedelta(days=day)),
                "video_views": str(views[day]),
                "unique_video_views": "90",
                "likes": "20",
                "comments": "1",
                "shares": None if day == 4 else "2",
                "profile_views": "30",
                "daily_new_followers": str(day),
                "daily_lost_followers": "1",
                "daily_total_followers": "500" if day == 9 else None,
                "bio_link_clicks": "2",
            }
        )
        if day % 3 == 0:
            files["api_videos"].append(
                {
                    "account_handle": "lone.account",
                    "video_id": "7400000000000000001",
                    "captured_at": f"{first + timedelta(days=day)} 22:30:00",
                    "posted_at": "2026-04-01 10:00:00",
                    "media_type": "VIDEO",
                    "duration_seconds": "12.5",
                    "views": str(100 + 31 * day - (40 if day == 9 else 0)),
                    "likes": str(10 + day),
                    "total_time_watched": f"{500 + 7 * day}.125",
                }
            )
    return {name: rows for name, rows in files.items() if rows}


def read_sample(entity: str) -> Iterable[Row]:
    """The raw rows of one entity of the sample, empty text as NULL."""
    path = PROJECT_ROOT / "seeds" / "raw" / f"raw_{entity}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: value or None for name, value in row.items()}


def land_rows(home: Home, files: dict[str, list[Row]], ingested_at: datetime) -> None:
    """Let raw rows land as one ingest, one file an entity; rows without a number are counted on."""
    incoming = lake.begin_ingest(home, lake.read_registry(home), ingested_at)
    for name, rows in files.items():
        entity = list_all_entities()[name]
        numbers = [int(row.get("_source_row") or i) for i, row in enumerate(rows, start=1)]
        batch = pa.record_batch(
            {
                **{c: pa.array([row.get(c) for row in rows], pa.string()) for c in entity.columns},
                "_source_row": pa.array(numbers, pa.int64()),
                "_malformed": pa.array([row.get("_malformed") for row in rows], pa.string()),
            }
        )
        seq, raw_rows, _ = lake.write_entity(incoming, entity, [batch], f"{name}.csv")
        incoming.registered.append(
            lake.Registered(
                ingest_seq=seq,
                ingest_id=incoming.ingest_id,
                entity=name,
                source_file=f"{name}.csv",
                source_kind="event_log",
                content_sha256=f"{seq:064x}",
                mapping_name=None,
                mapping_sha256=None,
                parser_version="1",
                key_fingerprint="f" * 16,
                never_has=None,
                raw_rows=raw_rows,
                unknown_columns=None,
                ingested_at=incoming.ingested_at,
            )
        )
    lake.land(home, incoming)
