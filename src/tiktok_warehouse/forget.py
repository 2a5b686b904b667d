"""Forget a person or an account: out of the lake, the build, every version, and the quarantine.

The lake is otherwise never rewritten. Here each Parquet file that names the forgotten is written
anew without those rows and swapped in, the build database is made again from what is left, and
the versions that were published before are removed once the new one is out. A note of what is
being forgotten (keyed hashes and ids, never a viewer's id) lies in the home until all is done, one
for each time that somebody asked, so that runs which were killed are finished by the next command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tiktok_warehouse import ingest, lake, ledger, people, postgres, publish
from tiktok_warehouse.entities import ENTITIES, list_all_entities
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import Home
from tiktok_warehouse.named_in import is_named_in
from tiktok_warehouse.plain_files import remove_plain

_NOTE = ".forgetting-{}.json"
# Of homes of before, which had one for whoever was forgotten last.
_OLD_NOTE = ".forgetting.json"
_WHITE_SPACE = " \t\n\r\v\f"
_OWNER = "archive_owner"
_PERSON_COLUMNS = ("person_id", "followed_person", "follower_person", _OWNER)
_KEY = re.compile(f"[0-9a-f]{{{people.HASH_LENGTH}}}")
# Columns of TikTok's own exports that say whose they are.
_HANDLE_COLUMNS = ("account_handle",)
_VIDEOS_OF_HANDLES = {
    "studio_content": "account_handle",
    "api_videos": "account_handle",
    "archive_posts": _OWNER,
}
# Entities whose rows belong to the account of their video.
_OF_VIDEO = (
    *("videos", "video_views", "interactions", "video_snapshots"),
    *("studio_content", "api_videos", "api_video_retention", "api_video_sources"),
)


@dataclass
class Forgetting:
    """What is to be forgotten, and what has been done about it.

    Attributes:
        what: ``person``, ``account``, or ``archive owners``: their handles alone, which lakes of
            before hold in the clear.
        person_keys: keyed hashes of the person, or of who has the account's handles.
        account_ids: ids of the account.
        video_ids: ids of videos that were never another account's.
        handles: handles that the account has had, without @ and in small letters.
        files_searched: whether files as they came and texts of comments have been looked through.
            Of a person only who was told the ids can do that, and the note does not hold them.
        receipt_id: name of the receipt, which says nothing of whom.
        started_at: UTC.
        rows_removed: raw rows by entity.
        files_rewritten: Parquet files of the lake.
        quarantine_removed: refused files and notes that named the forgotten, or that could not be
            read to see whether they do.
        landing_removed: hidden and unfinished files in ``landing/`` that named the forgotten.
        landing_unread: those that could not be read to see, or not be deleted: still there.
        mentions_removed: other people's comments whose text named the forgotten.
    """

    what: str
    person_keys: list[str] = field(default_factory=list)
    account_ids: list[str] = field(default_factory=list)
    video_ids: list[str] = field(default_factory=list)
    handles: list[str] = field(default_factory=list)
    files_searched: bool = True
    receipt_id: str = ""
    started_at: str = ""
    rows_removed: dict[str, int] = field(default_factory=dict)
    files_rewritten: int = 0
    quarantine_removed: int = 0
    landing_removed: int = 0
    landing_unread: int = 0
    mentions_removed: int = 0


@dataclass(frozen=True)
class Receipt:
    """Proof of an erasure, without the id. Times are UTC.

    ``not_reached`` says where the forgotten may stand still, in sentences.
    """

    receipt_id: str
    what: str
    started_at: str
    finished_at: str
    rows_removed: dict[str, int]
    files_rewritten: int
    quarantine_removed: int
    landing_removed: int
    mentions_removed: int
    versions_removed: int
    version: str | None
    not_reached: tuple[str, ...]


def forget_person(home: Home, *person_ids: str) -> Forgetting:
    """Take people out of the lake and the quarantine. The caller holds the lock.

    The build database is removed too: the caller builds and publishes again, and then calls
    ``finish``.

    Args:
        home: whose people they are.
        person_ids: as the raw files have them. They are hashed here and stored nowhere.

    Raises:
        UsageError: an id is empty or there is none, or the home's key is missing.
        OSError: the lake cannot be written; the next command goes on from there.
    """
    if not person_ids or not all(person_id.strip() for person_id in person_ids):
        raise UsageError("Name the person's id as the raw files have it.")
    secret = people.load_secret(home, create=False)
    # An archive's owner is known by the handle.
    keys = list(
        dict.fromkeys(
            hash_name(secret, person_id)
            for person_id in person_ids
            for hash_name in (people.hash_person, people.hash_handle)
        )
    )
    # What waits in landing/ would bring the person back with the next refresh.
    ingest.ingest_paths(home, [home.landing], taken_from_landing=True)
    forgetting = Forgetting(what="person", person_keys=keys, files_searched=False)
    _begin(home, forgetting)
    names = [person_id.strip() for person_id in person_ids]
    # An archive writes its owner's handle without @, in letters that may be large.
    handles = [people.fold_handle(name) for name in names]
    _search_files(home, forgetting, [*names, *keys], handles, [*names, *handles])
    return resume(home, forgetting)


def forget_account(home: Home, handle: str) -> Forgetting:
    """Take an account with its videos, events and exports out of the lake and the quarantine.

    The caller holds the lock, builds and publishes again, and then calls ``finish``.

    Args:
        home: whose account it is.
        handle: any handle that the account has had, with or without @, in any case.

    Raises:
        UsageError: no account of that handle is known.
        OSError: the lake cannot be written; the next command goes on from there.
    """
    ingest.ingest_paths(home, [home.landing], taken_from_landing=True)
    wanted = people.fold_handle(handle)
    secret = people.load_secret(home, create=False)
    accounts = list(_read_columns(home, "accounts", ("account_id", "handle")))
    ids = {row["account_id"] for row in accounts if people.fold_handle(row["handle"]) == wanted}
    ids.discard("")
    wanted_keys = {people.hash_handle(secret, wanted)}
    if not wanted or not (ids or _has_exports(home, {wanted}, wanted_keys)):
        raise UsageError(
            f"No account with the handle '{handle}' has been ingested into {home.root}."
        )
    handles = {people.fold_handle(row["handle"]) for row in accounts if row["account_id"] in ids}
    handles = (handles | {wanted}) - {""}
    keys = {people.hash_handle(secret, each) for each in handles}
    videos = _find_videos(home, ids, handles, keys)
    forgetting = Forgetting(
        what="account",
        person_keys=sorted(keys),
        account_ids=sorted(ids),
        video_ids=videos,
        handles=sorted(handles),
        files_searched=False,
    )
    return resume(home, _begin(home, forgetting))


def _has_exports(home: Home, handles: set[str], keys: set[str]) -> bool:
    return any(
        _is_theirs(row[column], handles, keys)
        for entity in list_all_entities().values()
        for column in (*_HANDLE_COLUMNS, _OWNER)
        if column in entity.columns
        for row in _read_columns(home, entity.name, (column,))
    )


def _is_theirs(value: str, handles: set[str], keys: set[str]) -> bool:
    return value in keys or people.fold_handle(value) in handles


def _find_videos(home: Home, ids: set[str], handles: set[str], keys: set[str]) -> list[str]:
    """The videos of an account, by any source, that are no other account's by any."""
    owners: dict[str, set[bool]] = {}
    for row in _read_columns(home, "videos", ("video_id", "account_id")):
        owners.setdefault(row["video_id"], set()).add(row["account_id"] in ids)
    for entity, column in _VIDEOS_OF_HANDLES.items():
        for row in _read_columns(home, entity, ("video_id", column)):
            is_theirs = _is_theirs(row[column], handles, keys)
            owners.setdefault(row["video_id"], set()).add(is_theirs)
    return sorted(video for video, theirs in owners.items() if video and all(theirs))


def find_unfinished(home: Home) -> list[Forgetting]:
    """What killed runs were forgetting, the oldest first; else owners of archives in the clear.

    Empty if there is neither.

    Raises:
        UsageError: the home's key is missing.
        OSError: the lake cannot be read.
    """
    found = []
    for path in [*sorted(home.root.glob(_NOTE.format("*"))), home.root / _OLD_NOTE]:
        if path.exists():
            forgetting = Forgetting(**json.loads(path.read_text(encoding="utf-8")))
            path.replace(_find_note(home, forgetting))
            found.append(forgetting)
    # A killed run leaves what was no note yet; it names the forgotten too.
    for path in home.root.glob(".forgetting*.new"):
        path.unlink()
    if not found and any(_find_clear_owners(path) for path in home.raw.glob("*/archive_*.parquet")):
        found.append(_begin(home, Forgetting(what="archive owners")))
    return found


def _find_clear_owners(path: Path) -> set[str]:
    """Handles of owners in a file of an archive; they land as keyed hashes now."""
    with pq.ParquetFile(path) as file:
        owners = pc.unique(file.read(columns=[_OWNER]).column(_OWNER)).to_pylist()
    return {owner for owner in owners if owner and not _KEY.fullmatch(owner)}


def _hash_owners(home: Home, forgetting: Forgetting) -> None:
    for path in sorted(home.raw.glob("*/archive_*.parquet")):
        owners = _find_clear_owners(path)
        if not owners:
            continue
        secret = people.load_secret(home, create=False)
        keys = {owner: people.hash_handle(secret, owner) for owner in owners}
        handles = [people.fold_handle(owner) for owner in owners]
        registry = next(path.parent.glob(f"{lake.REGISTRY}.*.parquet"))
        # The registry first: the file says whose name it is until it is swapped in.
        _count_again(registry, handles)
        _write_anew(path, partial(_hash_owner, keys=keys, handles=handles))
        forgetting.files_rewritten += 1


def _hash_owner(
    batch: pa.RecordBatch, *, keys: dict[str, str], handles: list[str]
) -> pa.RecordBatch:
    place = batch.schema.get_field_index(_OWNER)
    owners = [keys.get(owner, owner) for owner in batch.column(place).to_pylist()]
    hashed = batch.set_column(place, batch.schema.field(place), pa.array(owners, pa.string()))
    return _unname_files(hashed, handles)


def resume(home: Home, forgetting: Forgetting) -> Forgetting:
    """Rewrite the lake without the forgotten and remove what was built from it.

    Can be repeated: what is gone already is not found again.

    Raises:
        OSError: the lake cannot be written; the next command goes on from there.
    """
    shutil.rmtree(home.raw / lake.INCOMING, ignore_errors=True)
    if forgetting.what == "account" and not forgetting.files_searched:
        needles = [*forgetting.account_ids, *forgetting.video_ids, *forgetting.person_keys]
        mentions = [f"@{handle}" for handle in forgetting.handles]
        _search_files(home, forgetting, needles, forgetting.handles, mentions)
    _hash_owners(home, forgetting)
    for folder in sorted(home.raw.iterdir()):
        registry = next(iter(folder.glob(f"{lake.REGISTRY}.*.parquet")), None)
        if registry is None:
            continue
        for entity in list_all_entities():
            for path in sorted(folder.glob(f"{entity}.*.parquet")):
                removed = _rewrite(path, entity, forgetting)
                if removed is not None:
                    forgetting.rows_removed[entity] = (
                        forgetting.rows_removed.get(entity, 0) + removed
                    )
                    forgetting.files_rewritten += 1
                    _write_note(home, forgetting)
        _count_again(registry, forgetting.handles)
    # A database file keeps what was deleted in its free blocks; the logs may quote rows.
    shutil.rmtree(home.build, ignore_errors=True)
    home.build.mkdir(parents=True, exist_ok=True)
    for path in home.logs.iterdir():
        if path == ledger.find_ledger(home) or path.name == "forgotten":
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    needles = [
        *(*forgetting.person_keys, *forgetting.account_ids),
        *(*forgetting.video_ids, *forgetting.handles),
    ]
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
        for name in publish.LINKS:
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
        landing_removed=forgetting.landing_removed,
        mentions_removed=forgetting.mentions_removed,
        versions_removed=removed,
        version=version,
        not_reached=_list_not_reached(home, forgetting),
    )
    folder = home.logs / "forgotten"
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(receipt), indent=2) + "\n"
    (folder / f"{receipt.receipt_id}.json").write_text(text, encoding="utf-8")
    _find_note(home, forgetting).unlink(missing_ok=True)
    return receipt


def _begin(home: Home, forgetting: Forgetting) -> Forgetting:
    forgetting.started_at = _now()
    forgetting.receipt_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    _write_note(home, forgetting)
    return forgetting


def _find_note(home: Home, forgetting: Forgetting) -> Path:
    return home.root / _NOTE.format(forgetting.receipt_id)


def _write_note(home: Home, forgetting: Forgetting) -> None:
    path = _find_note(home, forgetting)
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.write_text(json.dumps(asdict(forgetting)), encoding="utf-8")
    unfinished.chmod(0o600)
    _sync(unfinished)
    unfinished.replace(path)
    _sync(home.root)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


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
    handles = [] if entity in ENTITIES else forgetting.handles
    with pq.ParquetFile(path) as file:
        if not any(_names(batch, columns, forgetting, handles) for batch in file.iter_batches()):
            return None
        before = int(file.metadata.num_rows)

    def leave_out(batch: pa.RecordBatch) -> pa.RecordBatch:
        kept = batch.filter(pc.invert(_find(batch, columns)))
        return _unname_files(_unname_videos(kept, forgetting), handles)

    return before - _write_anew(path, leave_out)


def _write_anew(path: Path, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> int:
    """Swap in a changed copy of a file of the lake. Returns how many rows it has."""
    unfinished = path.with_name(f".{path.name}")
    with (
        pq.ParquetFile(path) as file,
        pq.ParquetWriter(
            unfinished, file.schema_arrow, compression="zstd", write_page_checksum=True
        ) as writer,
    ):
        rows = 0
        for batch in file.iter_batches():
            changed = change(batch)
            rows += changed.num_rows
            writer.write_batch(changed)
    _sync(unfinished)
    unfinished.replace(path)
    _sync(path.parent)
    return rows


def _names(
    batch: pa.RecordBatch,
    columns: dict[str, list[str]],
    forgetting: Forgetting,
    handles: list[str],
) -> bool:
    if _find(batch, columns).true_count:
        return True
    return not _unname_files(_unname_videos(batch, forgetting), handles).equals(batch)


def _name_columns(entity: str, forgetting: Forgetting) -> dict[str, list[str]]:
    """The columns by which a row of an entity belongs to the forgotten, with the values there."""
    known = list_all_entities()[entity].columns
    candidates = {
        **dict.fromkeys(_PERSON_COLUMNS, forgetting.person_keys),
        "account_id": forgetting.account_ids,
        **{name: [*forgetting.handles, *forgetting.account_ids] for name in _HANDLE_COLUMNS},
        # The video of a follow, a visit or a conversion is only where it came from; that of an
        # archive's like or watch is what somebody else looked at.
        **({"video_id": forgetting.video_ids} if entity in _OF_VIDEO else {}),
    }
    return {name: values for name, values in candidates.items() if values and name in known}


def _find(batch: pa.RecordBatch, columns: dict[str, list[str]]) -> pa.BooleanArray:
    found = pa.array([False] * batch.num_rows, pa.bool_())
    for name, values in columns.items():
        column = batch.column(name)
        found = pc.or_(found, _is_one_of(column, values))
        if name in _HANDLE_COLUMNS:
            bare = pc.utf8_ltrim(pc.utf8_trim(column, characters=_WHITE_SPACE), characters="@")
            found = pc.or_(found, _is_one_of(pc.utf8_lower(bare), values))
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


def _unname_files(batch: pa.RecordBatch, handles: list[str]) -> pa.RecordBatch:
    """Let rows that stay no longer say that they came in a file with a forgotten name."""
    if not handles:
        return batch
    place = batch.schema.get_field_index("_source_file")
    names = [_forget_name(name, handles) for name in batch.column(place).to_pylist()]
    return batch.set_column(place, batch.schema.field(place), pa.array(names, pa.string()))


def _forget_name(source_file: str, handles: list[str]) -> str:
    if any(handle in source_file.casefold() for handle in handles):
        return ingest.FORGOTTEN_FILE
    return source_file


def _count_again(registry: Path, handles: list[str]) -> None:
    """Let the registry of an ingest say what its files are now, and name no forgotten.

    The name of an export often has the account's handle in it.
    """
    with pq.ParquetFile(registry) as file:
        table = file.read()
    counts = [
        pq.read_metadata(registry.parent / f"{row['entity']}.{row['ingest_seq']}.parquet").num_rows
        for row in table.to_pylist()
    ]
    names = [
        _forget_name(row["source_file"], [] if row["entity"] in ENTITIES else handles)
        for row in table.to_pylist()
    ]
    place = table.schema.get_field_index("raw_rows")
    name_place = table.schema.get_field_index("source_file")
    counted = table.set_column(place, table.schema.field(place), pa.array(counts, pa.int64()))
    counted = counted.set_column(
        name_place, table.schema.field(name_place), pa.array(names, pa.string())
    )
    counted = lake.with_hashes(counted, registry.parent)
    if counted.equals(table, check_metadata=True):
        return
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


def _search_files(
    home: Home,
    forgetting: Forgetting,
    needles: Iterable[str],
    handles: Iterable[str],
    mentions: Iterable[str],
) -> None:
    """Look through files as they came, and the texts of other people's comments."""
    _clear_files(home, forgetting, needles, handles)
    _empty_mentions(home, forgetting, mentions)
    forgetting.files_searched = True
    _write_note(home, forgetting)


def _clear_files(
    home: Home, forgetting: Forgetting, needles: Iterable[str], handles: Iterable[str]
) -> None:
    """Remove files as they came that name the forgotten.

    In the quarantine also what nobody can look into. What is left in ``landing/`` (hidden,
    unfinished) may be on its way: what cannot be looked into stays there, and is counted.
    """
    wanted = [needle for needle in needles if needle]
    folded = [handle for handle in handles if handle]
    for path in sorted(home.quarantine.iterdir()):
        if path.is_file() and is_named_in(path, wanted, folded) is not False:
            path.unlink()
            forgetting.quarantine_removed += 1
    for path in sorted(home.landing.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        is_named = is_named_in(path, wanted, folded)
        if is_named and remove_plain(path):
            forgetting.landing_removed += 1
        elif is_named is not False:
            forgetting.landing_unread += 1


def _empty_mentions(home: Home, forgetting: Forgetting, names: Iterable[str]) -> None:
    """Drop the texts of other people's comments in which the forgotten are named."""
    pattern = "|".join(re.escape(name) for name in names if name)
    expression = rf"(?i)(^|[^\w.])({pattern})($|\W)"
    for path in sorted(home.raw.glob("*/*.parquet")):
        with pq.ParquetFile(path) as file:
            if "comment_text" not in file.schema_arrow.names:
                continue
            column = file.read(columns=["comment_text"]).column(0)
        mentions = pc.sum(pc.match_substring_regex(column, expression)).as_py() or 0
        if mentions:
            _write_anew(path, partial(_empty_texts, expression=expression))
            forgetting.mentions_removed += mentions
            forgetting.files_rewritten += 1


def _empty_texts(batch: pa.RecordBatch, *, expression: str) -> pa.RecordBatch:
    place = batch.schema.get_field_index("comment_text")
    column = batch.column(place)
    is_named = pc.fill_null(pc.match_substring_regex(column, expression), False)
    emptied = pc.if_else(is_named, pa.scalar(None, column.type), column)
    return batch.set_column(place, batch.schema.field(place), emptied)


def _list_not_reached(home: Home, forgetting: Forgetting) -> tuple[str, ...]:
    found = [
        "Files that were offered by their path, where they lie.",
        "Backups of this home, and copies that readers have made of what was published.",
    ]
    if home.keep_originals is not None:
        found.append("The originals in the folder that keep_originals names.")
    if postgres.find_destination() is not None:
        found.append("PostgreSQL's write-ahead log, replicas and backups.")
    if not forgetting.files_searched:
        found.append(
            "Files in quarantine/ and landing/, and mentions in comments: the run that looked"
            " through them was killed. Forget the same person again."
        )
    if forgetting.landing_unread:
        found.append(
            f"{forgetting.landing_unread} files in landing/ that are hidden or unfinished and"
            " cannot be looked into, or not be deleted."
        )
    return tuple(found)
