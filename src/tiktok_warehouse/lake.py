"""The raw lake: immutable Parquet, one folder an ingest, every row with its lineage.

``raw/<ingest_id>/<entity>.<ingest_seq>.parquet`` holds rows, and ``ingested_files.*.parquet``
beside them is the registry. A folder is written under ``raw/.incoming`` and renamed once it is
complete and on disk, so an ingest lands as a whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tiktok_warehouse.entities import ENTITIES, SYNCED, Entity, list_all_entities
from tiktok_warehouse.home import Home
from tiktok_warehouse.readers import MALFORMED, SOURCE_ROW

INCOMING = ".incoming"
EMPTY = "_empty"
REGISTRY = "ingested_files"

_MICROSECONDS = pa.timestamp("us")

REGISTRY_SCHEMA = pa.schema(
    [
        ("ingest_seq", pa.int64()),
        ("ingest_id", pa.string()),
        ("entity", pa.string()),
        ("source_file", pa.string()),
        ("source_kind", pa.string()),
        ("content_sha256", pa.string()),
        ("mapping_name", pa.string()),
        ("mapping_sha256", pa.string()),
        ("parser_version", pa.string()),
        ("key_fingerprint", pa.string()),
        ("never_has", pa.string()),
        ("raw_rows", pa.int64()),
        ("unknown_columns", pa.string()),
        ("ingested_at", _MICROSECONDS),
    ]
)


@dataclass(frozen=True)
class Registered:
    """One row of the registry: one entity that one source file gave. Texts joined by commas.

    ``file_sha256`` is that of the Parquet file; it stands beside the rows of the registry, and is
    None of event logs, and in lakes of before.
    """

    ingest_seq: int
    ingest_id: str
    entity: str
    source_file: str
    source_kind: str
    content_sha256: str
    mapping_name: str | None
    mapping_sha256: str | None
    parser_version: str
    key_fingerprint: str
    never_has: str | None
    raw_rows: int
    unknown_columns: str | None
    ingested_at: datetime
    file_sha256: str | None = None


@dataclass
class Incoming:
    """An ingest that is being written. ``ingested_at`` is UTC without a zone."""

    folder: Path
    ingest_id: str
    first_seq: int
    next_seq: int
    ingested_at: datetime
    registered: list[Registered] = field(default_factory=list)


def entity_schema(entity: Entity) -> pa.Schema:
    """The columns of an entity's Parquet files: its own as text, then the lineage."""
    return pa.schema(
        [(name, pa.string()) for name in entity.landed_columns]
        + [
            ("_ingest_seq", pa.int64()),
            ("_ingest_id", pa.string()),
            ("_source_file", pa.string()),
            (SOURCE_ROW, pa.int64()),
            ("_ingested_at", _MICROSECONDS),
            (MALFORMED, pa.string()),
            *([(SYNCED, _MICROSECONDS)] if entity.name in ENTITIES else []),
        ]
    )


def ensure_lake(home: Home) -> None:
    """Make one empty, typed Parquet file for each entity and the registry: no glob is ever empty.

    Raises:
        OSError: the lake cannot be written.
    """
    folder = home.raw / EMPTY
    folder.mkdir(parents=True, exist_ok=True)
    schemas = {entity.name: entity_schema(entity) for entity in list_all_entities().values()}
    for name, schema in {**schemas, REGISTRY: REGISTRY_SCHEMA}.items():
        target = folder / f"{name}.0.parquet"
        if target.exists() and pq.read_schema(target).equals(schema):
            continue
        # A dot first: no glob of dbt sees it before it is whole.
        unfinished = folder / f".{name}.0.parquet"
        pq.write_table(schema.empty_table(), unfinished)
        _sync(unfinished)
        unfinished.replace(target)
    _sync(folder)


def read_registry(home: Home) -> list[Registered]:
    """Every landed file so far, in the order of ``ingest_seq``."""
    rows: list[dict[str, Any]] = []
    for path in sorted(home.raw.glob(f"*/{REGISTRY}.*.parquet")):
        table = pq.ParquetFile(path).read()
        hashes = table.schema.metadata or {}
        for row in table.to_pylist():
            sha256 = hashes.get(_hash_key(row["ingest_seq"]))
            rows.append({**row, "file_sha256": sha256.decode() if sha256 else None})
    return sorted((Registered(**row) for row in rows), key=lambda row: row.ingest_seq)


def with_hashes(table: pa.Table, folder: Path) -> pa.Table:
    """A registry with the SHA-256 of each of its exports' files, as they lie in a folder.

    The rows of an event log have ids, which say more, and its files can be large.
    """
    hashes = {
        _hash_key(row["ingest_seq"]): hash_file(
            folder / f"{row['entity']}.{row['ingest_seq']}.parquet"
        )
        for row in table.select(["entity", "ingest_seq"]).to_pylist()
        if row["entity"] not in ENTITIES
    }
    return table.replace_schema_metadata(hashes)


def _hash_key(ingest_seq: int) -> bytes:
    return f"sha256.{ingest_seq}".encode()


def hash_file(path: Path) -> str:
    """SHA-256 of a file of the lake, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_change(home: Home, row: Registered) -> str | None:
    """What is to be said of a landed file that has other values than it landed with.

    None if it has the same, if its rows are not as many (which the checks say), or if that cannot
    be known.
    """
    path = home.raw / row.ingest_id / f"{row.entity}.{row.ingest_seq}.parquet"
    if row.file_sha256 is None or find_damage(home, row, every_page=False) is not None:
        return None
    return None if hash_file(path) == row.file_sha256 else "it is not the file that was landed"


def find_damage(home: Home, row: Registered, *, every_page: bool) -> str | None:
    """What is wrong with a landed file, None if nothing is.

    Args:
        home: whose lake.
        row: the file's entry in the registry.
        every_page: read all of it and verify the checksums, not only its footer.
    """
    path = home.raw / row.ingest_id / f"{row.entity}.{row.ingest_seq}.parquet"
    try:
        with pq.ParquetFile(path, page_checksum_verification=every_page) as file:
            if file.metadata.num_rows != row.raw_rows:
                return f"it holds {file.metadata.num_rows} rows, and {row.raw_rows} were landed"
            for _ in file.iter_batches() if every_page else ():
                pass
    except FileNotFoundError:
        return "it is gone"
    except (pa.ArrowException, OSError) as error:
        return f"it cannot be read ({type(error).__name__})"
    return None


def set_aside(home: Home, row: Registered) -> Path:
    """Take a damaged file out of the lake, so that its original can be landed again.

    Returns:
        Where it lies in the quarantine now, if it is still there at all.

    Raises:
        OSError: the lake or the quarantine cannot be written.
    """
    name = f"{row.entity}.{row.ingest_seq}.parquet"
    damaged = home.raw / row.ingest_id / name
    target = home.quarantine / f"damaged-{row.ingest_id}-{name}"
    if damaged.exists():
        damaged.replace(target)
    for registry in damaged.parent.glob(f"{REGISTRY}.*.parquet"):
        with pq.ParquetFile(registry) as file:
            table = file.read()
        kept = table.filter(pc.not_equal(table.column("ingest_seq"), row.ingest_seq))
        unfinished = registry.with_name(f".{registry.name}")
        pq.write_table(kept, unfinished)
        _sync(unfinished)
        unfinished.replace(registry)
    _sync(damaged.parent)
    return target


def begin_ingest(home: Home, registry: list[Registered], now: datetime) -> Incoming:
    """Clear what a killed ingest left behind, and open a folder for a new one.

    Args:
        home: whose lake; its lock must be held.
        registry: what has landed; the new numbers follow its highest.
        now: the time of the ingest, with a zone.

    Raises:
        OSError: the lake cannot be written.
    """
    incoming = home.raw / INCOMING
    if incoming.exists():
        shutil.rmtree(incoming)
    first_seq = 1 + max((row.ingest_seq for row in registry), default=0)
    utc = now.astimezone(UTC)
    ingest_id = f"{utc:%Y%m%dT%H%M%SZ}-{first_seq:06d}"
    # Private: the scratch folder beside the new one holds viewers' ids in the clear.
    incoming.mkdir(mode=0o700)
    folder = incoming / ingest_id
    folder.mkdir()
    return Incoming(folder, ingest_id, first_seq, first_seq, utc.replace(tzinfo=None))


def write_entity(
    incoming: Incoming, entity: Entity, batches: Iterable[pa.RecordBatch], source_file: str
) -> tuple[int, int, int]:
    """Write one Parquet file of an entity and give it the next number.

    Args:
        incoming: the ingest that it belongs to.
        entity: whose columns the batches have, in any order; an absent one becomes NULL.
        batches: text columns, ``_source_row`` and ``_malformed``.
        source_file: the file's name for people; no absolute path.

    Returns:
        ingest_seq, number of rows, number of malformed rows among them.

    Raises:
        OSError: no space or no access; the unfinished file is removed.
        Whatever ``batches`` raise; the unfinished file is removed.
    """
    seq = incoming.next_seq
    target = incoming.folder / f"{entity.name}.{seq}.parquet"
    schema = entity_schema(entity)
    rows = malformed = 0
    try:
        with pq.ParquetWriter(
            target, schema, compression="zstd", write_page_checksum=True
        ) as writer:
            for batch in batches:
                if batch.num_rows == 0:
                    continue
                rows += batch.num_rows
                malformed += batch.num_rows - batch.column(MALFORMED).null_count
                writer.write_batch(_add_lineage(batch, schema, incoming, seq, source_file))
        _sync(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    incoming.next_seq += 1
    return seq, rows, malformed


def _add_lineage(
    batch: pa.RecordBatch, schema: pa.Schema, incoming: Incoming, seq: int, source_file: str
) -> pa.RecordBatch:
    constants = {
        "_ingest_seq": seq,
        "_ingest_id": incoming.ingest_id,
        "_source_file": source_file,
        "_ingested_at": incoming.ingested_at,
    }
    present = set(batch.schema.names)
    arrays = []
    for column in schema:
        if column.name in constants:
            value = pa.scalar(constants[column.name], column.type)
            arrays.append(pa.repeat(value, batch.num_rows))
        elif column.name in present:
            arrays.append(batch.column(column.name))
        else:
            arrays.append(pa.nulls(batch.num_rows, column.type))
    return pa.record_batch(arrays, schema=schema)


def drop_written(incoming: Incoming, first_seq: int) -> None:
    """Take back the files numbered ``first_seq`` and above: their source file was refused."""
    for path in incoming.folder.glob("*.parquet"):
        if int(path.name.split(".")[1]) >= first_seq:
            path.unlink()
    incoming.registered = [row for row in incoming.registered if row.ingest_seq < first_seq]
    incoming.next_seq = first_seq


def land(home: Home, incoming: Incoming) -> bool:
    """Let everything that was written become part of the lake, in one rename.

    Returns:
        Whether there was anything to land.

    Raises:
        OSError: no space or no access; nothing has landed.
    """
    if not incoming.registered:
        abandon(home)
        return False
    rows = [vars(row) for row in incoming.registered]
    registry = incoming.folder / f"{REGISTRY}.{incoming.first_seq}.parquet"
    table = pa.Table.from_pylist(rows, schema=REGISTRY_SCHEMA)
    pq.write_table(with_hashes(table, incoming.folder), registry)
    _sync(registry)
    _sync(incoming.folder)
    incoming.folder.rename(home.raw / incoming.ingest_id)
    _sync(home.raw)
    abandon(home)
    return True


def abandon(home: Home) -> None:
    """Remove what has not landed."""
    shutil.rmtree(home.raw / INCOMING, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
