"""Forget a person or an account: out of the lake, the build, every version, and the quarantine.

The lake is otherwise never rewritten. Here each Parquet file that names the forgotten is written
anew without those rows and swapped in, the build database is made again from what is left, and
the versions that were published before are removed once the new one is out. A note of what is
being forgotten (keyed hashes and ids, never a viewer's id) lies in the home until all is done, so
that a run which was killed is finished by the next command.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tiktok_warehouse import ingest, lake, ledger, people, publish
from tiktok_warehouse.entities import ENTITIES
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import Home

_NOTE = ".forgetting.json"
_WHITE_SPACE = " \t\n\r\v\f"


@dataclass
class Forgetting:
    """What is to be forgotten, and what has been done about it.

    Attributes:
        what: ``person`` or ``account``.
        person_keys: keyed hashes of the person.
        account_ids: ids of the account.
        video_ids: ids of videos that were never another account's.
        receipt_id: name of the receipt, which says nothing of whom.
        started_at: UTC.
        rows_removed: raw rows by entity.
        files_rewritten: Parquet files of the lake.
        quarantine_removed: refused files and notes that named the forgotten, or that could not be
            read to see whether they do.
    """

    what: str
    person_keys: list[str] = field(default_factory=list)
    account_ids: list[str] = field(default_factory=list)
    video_ids: list[str] = field(default_factory=list)
    receipt_id: str = ""
    started_at: str = ""
    rows_removed: dict[str, int] = field(default_factory=dict)
    files_rewritten: int = 0
    quarantine_removed: int = 0


@dataclass(frozen=True)
class Receipt:
    """Proof of an erasure, without the id. Times are UTC."""

    receipt_id: str
    what: str
    started_at: str
    finished_at: str
    rows_removed: dict[str, int]
    files_rewritten: int
    quarantine_removed: int
    versions_removed: int
    version: str | None


def forget_person(home: Home, person_id: str) -> Forgetting:
    """Take a person out of the lake and the quarantine. The caller holds the lock.

    The build database is removed too: the caller builds and publishes again, and then calls
    ``finish``.

    Args:
        home: whose person it is.
        person_id: as the raw files have it. It is hashed here and stored nowhere.

    Raises:
        UsageError: the id is empty, or the home's key is missing.
        OSError: the lake cannot be written; the next command goes on from there.
    """
    if not person_id.strip():
        raise UsageError("Name the person's id as the raw files have it.")
    key = people.hash_person(people.load_secret(home, create=False), person_id)
    # What waits in landing/ would bring the person back with the next refresh.
    ingest.ingest_paths(home, [home.landing], taken_from_landing=True)
    # Before the note: it does not hold the id by which refused files are searched.
    removed = _clear_quarantine(home, [person_id.strip(), key])
    forgetting = Forgetting(what="person", person_keys=[key], quarantine_removed=removed)
    return resume(home, _begin(home, forgetting))


def forget_account(home: Home, handle: str) -> Forgetting:
    """Take an account with its videos and events out of the lake and the quarantine.

    The caller holds the lock, builds and publishes again, and then calls ``finish``.

    Args:
        home: whose account it is.
        handle: any handle that the account has had, with or without @, in any case.

    Raises:
        UsageError: no account of that handle is known.
        OSError: the lake cannot be written; the next command goes on from there.
    """
    ingest.ingest_paths(home, [home.landing], taken_from_landing=True)
    wanted = _fold_handle(handle)
    accounts = list(_read_columns(home, "accounts", ("account_id", "handle")))
    ids = {row["account_id"] for row in accounts if _fold_handle(row["handle"]) == wanted}
    ids.discard("")
    if not wanted or not ids:
        raise UsageError(
            f"No account with the handle '{handle}' has been ingested into {home.root}."
        )
    owners: dict[str, set[str]] = {}
    for row in _read_columns(home, "videos", ("video_id", "account_id")):
        owners.setdefault(row["video_id"], set()).add(row["account_id"])
    videos = sorted(video for video, of in owners.items() if video and of <= ids)
    handles = {row["handle"] for row in accounts if row["account_id"] in ids} - {""}
    removed = _clear_quarantine(home, [*ids, *handles, *videos])
    forgetting = Forgetting(
        what="account", account_ids=sorted(ids), video_ids=videos, quarantine_removed=removed
    )
    return resume(home, _begin(home, forgetting))


def find_unfinished(home: Home) -> Forgetting | None:
    """What a killed run was forgetting; None if nothing was."""
    path = home.root / _NOTE
    if not path.exists():
        return None
    return Forgetting(**json.loads(path.read_text(encoding="utf-8")))


def resume(home: Home, forgetting: Forgetting) -> Forgetting:
    """Rewrite the lake without the forgotten and remove what was built from it.

    Can be repeated: what is gone already is not found again.

    Raises:
        OSError: the lake cannot be written; the next command goes on from there.
    """
    shutil.rmtree(home.raw / lake.INCOMING, ignore_errors=True)
    for folder in sorted(home.raw.iterdir()):
        registry = next(iter(folder.glob(f"{lake.REGISTRY}.*.parquet")), None)
        if registry is None:
            continue
        for entity in ENTITIES:
            for path in sorted(folder.glob(f"{entity}.*.parquet")):
                removed = _rewrite(path, entity, forgetting)
                if removed is not None:
                    forgetting.rows_removed[entity] = (
                        forgetting.rows_removed.get(entity, 0) + removed
                    )
                    forgetting.files_rewritten += 1
                    _write_note(home, forgetting)
        _count_again(registry)
    # A database file keeps what was deleted in its free blocks; the logs may quote rows.
    shutil.rmtree(home.build, ignore_errors=True)
    home.build.mkdir(parents=True, exist_ok=True)
    for path in home.logs.iterdir():
        if path == ledger.find_ledger(home) or path.name == "forgotten":
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    needles = [*forgetting.person_keys, *forgetting.account_ids, *forgetting.video_ids]
    ledger.blank_messages(home, needles)
    return forgetting


def finish(home: Home, forgetting: Forgetting, version: str | None) -> Receipt:
    """Remove the versions published before, and write the receipt.

    Args:
        home: whose person or account was forgotten.
        forgetting: what was done.
        version: the version that was published since; None if there is nothing to publish, and
            then every version goes.

    Returns:
        The receipt, which also lies under ``logs/forgotten/``.
    """
    removed = 0
    if version is None:
        for name in ("current", publish.DATABASE_NAME, "parquet", publish.DATA_DOCS):
            (home.published / name).unlink(missing_ok=True)
    (home.published / "rolled_back.json").unlink(missing_ok=True)
    for kept in publish.list_versions(home):
        if kept.name != version:
            shutil.rmtree(kept.folder)
            removed += 1
    receipt = Receipt(
        receipt_id=forgetting.receipt_id,
        what=forgetting.what,
        started_at=forgetting.started_at,
        finished_at=_now(),
        rows_removed=forgetting.rows_removed,
        files_rewritten=forgetting.files_rewritten,
        quarantine_removed=forgetting.quarantine_removed,
        versions_removed=removed,
        version=version,
    )
    folder = home.logs / "forgotten"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(receipt), indent=2) + "\n"
    (folder / f"{receipt.receipt_id}.json").write_text(text, encoding="utf-8")
    (home.root / _NOTE).unlink(missing_ok=True)
    return receipt


def _begin(home: Home, forgetting: Forgetting) -> Forgetting:
    forgetting.started_at = _now()
    forgetting.receipt_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    _write_note(home, forgetting)
    return forgetting


def _write_note(home: Home, forgetting: Forgetting) -> None:
    path = home.root / _NOTE
    unfinished = path.with_name(f"{_NOTE}.new")
    unfinished.write_text(json.dumps(asdict(forgetting)), encoding="utf-8")
    unfinished.chmod(0o600)
    unfinished.replace(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _fold_handle(handle: str) -> str:
    return handle.strip(_WHITE_SPACE).removeprefix("@").casefold()


def _read_columns(home: Home, entity: str, columns: tuple[str, ...]) -> Iterable[dict[str, str]]:
    for path in sorted(home.raw.glob(f"*/{entity}.*.parquet")):
        for row in pq.ParquetFile(path).read(columns=list(columns)).to_pylist():
            yield {name: (value or "").strip(_WHITE_SPACE) for name, value in row.items()}


# ---------------------------------------------------------------- the lake


def _rewrite(path: Path, entity: str, forgetting: Forgetting) -> int | None:
    """Write a file of the lake anew if it names the forgotten.

    Returns:
        How many rows were theirs; None if the file did not have to be written.
    """
    columns = _name_columns(entity, forgetting)
    with pq.ParquetFile(path) as file:
        if not any(_names(batch, columns, forgetting) for batch in file.iter_batches()):
            return None
        unfinished = path.with_name(f".{path.name}")
        removed = 0
        with pq.ParquetWriter(
            unfinished, file.schema_arrow, compression="zstd", write_page_checksum=True
        ) as writer:
            for batch in file.iter_batches():
                forgotten = _find(batch, columns)
                removed += forgotten.true_count
                writer.write_batch(_unname_videos(batch.filter(pc.invert(forgotten)), forgetting))
    _sync(unfinished)
    unfinished.replace(path)
    _sync(path.parent)
    return removed


def _names(batch: pa.RecordBatch, columns: dict[str, list[str]], forgetting: Forgetting) -> bool:
    if _find(batch, columns).true_count:
        return True
    return not _unname_videos(batch, forgetting).equals(batch)


def _name_columns(entity: str, forgetting: Forgetting) -> dict[str, list[str]]:
    """The columns by which a row of an entity belongs to the forgotten, with the values there."""
    known = ENTITIES[entity].columns
    # The video of a follow, a visit or a conversion is only where it came from.
    of_video = entity in ("videos", "video_views", "interactions", "video_snapshots")
    candidates = {
        "person_id": forgetting.person_keys,
        "account_id": forgetting.account_ids,
        **({"video_id": forgetting.video_ids} if of_video else {}),
    }
    return {name: values for name, values in candidates.items() if values and name in known}


def _find(batch: pa.RecordBatch, columns: dict[str, list[str]]) -> pa.BooleanArray:
    found = pa.array([False] * batch.num_rows, pa.bool_())
    for name, values in columns.items():
        found = pc.or_(found, _is_one_of(batch.column(name), values))
    return found


def _is_one_of(column: pa.Array, values: list[str]) -> pa.BooleanArray:
    trimmed = pc.utf8_trim(column, characters=_WHITE_SPACE)
    return pc.fill_null(pc.is_in(trimmed, value_set=pa.array(values, pa.string())), False)


def _unname_videos(batch: pa.RecordBatch, forgetting: Forgetting) -> pa.RecordBatch:
    """Let rows that stay no longer say that they came from a forgotten video."""
    if not forgetting.video_ids:
        return batch
    for name in ("source_video_id", "video_id"):
        if name in batch.schema.names:
            place = batch.schema.get_field_index(name)
            column = batch.column(place)
            named = _is_one_of(column, forgetting.video_ids)
            emptied = pc.if_else(named, pa.scalar(None, column.type), column)
            batch = batch.set_column(place, batch.schema.field(place), emptied)
    return batch


def _count_again(registry: Path) -> None:
    """Let the registry of an ingest say how many rows its files have now."""
    with pq.ParquetFile(registry) as file:
        table = file.read()
    counts = [
        pq.read_metadata(registry.parent / f"{row['entity']}.{row['ingest_seq']}.parquet").num_rows
        for row in table.to_pylist()
    ]
    place = table.schema.get_field_index("raw_rows")
    if table.column(place).to_pylist() == counts:
        return
    counted = table.set_column(place, table.schema.field(place), pa.array(counts, pa.int64()))
    unfinished = registry.with_name(f".{registry.name}")
    pq.write_table(counted, unfinished)
    _sync(unfinished)
    unfinished.replace(registry)
    _sync(registry.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------- refused files


def _clear_quarantine(home: Home, needles: Iterable[str]) -> int:
    """Remove refused files that name the forgotten, or that nobody can read to see; count them."""
    wanted = [needle for needle in needles if needle]
    removed = 0
    for path in sorted(home.quarantine.iterdir()):
        if path.is_file() and _may_name(path, wanted):
            path.unlink()
            removed += 1
    return removed


def _may_name(path: Path, needles: list[str]) -> bool:
    texts = _read_decoded(path)
    if texts is None:
        return True
    return any(
        needle.encode(encoding) in content
        for content in texts
        for needle in needles
        for encoding in ("utf-8", "utf-16-le")
    )


def _read_decoded(path: Path) -> list[bytes] | None:
    """The content of a file, unpacked where it is packed; None if it cannot be unpacked."""
    content = path.read_bytes()
    unpack: dict[bytes, Callable[[bytes], bytes]] = {
        b"\x1f\x8b": gzip.decompress,
        b"BZh": bz2.decompress,
        b"\xfd7zXZ": lzma.decompress,
    }
    if content.startswith((b"PAR1", b"\x28\xb5\x2f\xfd")):
        # Parquet packs its pages, and zstd needs its own reader: nobody looks inside here.
        return None
    try:
        for magic, decompress in unpack.items():
            if content.startswith(magic):
                return [decompress(content)]
        if content.startswith(b"PK"):
            with zipfile.ZipFile(path) as archive:
                return [archive.read(name) for name in archive.namelist()]
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, lzma.LZMAError, RuntimeError):
        return None
    return [content]
