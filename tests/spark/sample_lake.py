"""The sample's raw rows as a lake, and more of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby

import pyarrow as pa

from tiktok_warehouse import lake
from tiktok_warehouse.entities import ENTITIES
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
        entity = ENTITIES[name]
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
