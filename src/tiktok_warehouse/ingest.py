"""Land raw files in the lake: recognise, parse, hash people, land once, or say why not.

The caller holds the home's lock. All files of one call land together, in one rename; a file that
is refused goes to quarantine with its reason and never stops the others. Event logs are read here,
TikTok's own exports by ``exports``; of a zip in which one file is refused the others land, and the
zip is kept in quarantine as it was offered.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tiktok_warehouse import exports, lake, people, readers
from tiktok_warehouse.conform import Rewrite, conform_batch, make_zone_reader, rewrite_distinct
from tiktok_warehouse.entities import SYNC_COLUMNS, Entity
from tiktok_warehouse.errors import (
    RefusedFile,
    UsageError,
    WarehouseError,
    refusing_what_nobody_foresaw,
)
from tiktok_warehouse.home import Home
from tiktok_warehouse.mapping import (
    Entry,
    Mapping,
    apply_entry,
    find_misfit,
    find_unused_columns,
    load_mapping,
    matches_name,
)
from tiktok_warehouse.offers import (
    Ignored,
    Offer,
    find_offers,
    take_signature,
    wait_until_settled,
)
from tiktok_warehouse.plain_files import open_plain, remove_plain
from tiktok_warehouse.quarantine import hash_raw, name_copy, quarantine_file, quarantine_rows
from tiktok_warehouse.recognise import load_mappings, open_table
from tiktok_warehouse.scratch import clear_left_behind, open_scratch

SOURCE_KIND = exports.EVENT_LOG
# Stands in the registry for the name of a file that named a forgotten account.
FORGOTTEN_FILE = "(forgotten)"
_SCRATCH = "scratch"
_PROBLEMS_KEPT = 1000
# A name is too long here, or what is a folder there lies here as a file, or the other way round.
_NO_PLACE = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


@dataclass(frozen=True)
class LandedFile:
    """One entity that one file gave.

    Attributes:
        source_file: the file's name for people.
        entity: what it holds.
        ingest_seq: its number in the lake.
        rows: raw rows, malformed ones included.
        malformed_rows: rows that do not have the shape of the header.
        unknown_columns: columns of the file that were left out.
        mapping: the name of the mapping that read it, if any.
        quarantine: where the raw lines of its malformed rows lie, if there are any.
        facts: what an export was taken for; None for an event log.
        first_problems: what is wrong with its first malformed rows.
    """

    source_file: str
    entity: str
    ingest_seq: int
    rows: int
    malformed_rows: int
    unknown_columns: tuple[str, ...]
    mapping: str | None
    quarantine: Path | None
    facts: exports.Facts | None = None
    first_problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class AlreadyLanded:
    """A file whose content is in the lake already; ``reason`` says since when."""

    source_file: str
    reason: str


@dataclass(frozen=True)
class Refused:
    """A file that could not be read. ``quarantine`` is None where even a copy was impossible."""

    source_file: str
    reason: str
    quarantine: Path | None


@dataclass(frozen=True)
class IngestResult:
    """What became of every file that was offered. ``ingest_id`` is None if nothing landed."""

    ingest_id: str | None
    landed: tuple[LandedFile, ...]
    already_landed: tuple[AlreadyLanded, ...]
    refused: tuple[Refused, ...]
    ignored: tuple[Ignored, ...]


@dataclass(frozen=True)
class Progress:
    """How far an ingest is: the file at work, its number of how many, its rows so far."""

    source_file: str
    file_number: int
    files: int
    rows: int


OnProgress = Callable[[Progress], None]

# content, entity (None: as the mapping says), mapping's name and hash, parser version
_ContentKey = tuple[str, str | None, str | None, str | None, str]
# content, source kind, version of the reader
_ExportKey = tuple[str, str, str]
# the newest that landed of each
_Exports = dict[_ExportKey, lake.Registered]


@dataclass
class _Run:
    home: Home
    incoming: lake.Incoming
    hash_values: Rewrite
    fingerprint: str
    explicit: Mapping | None
    mappings: list[Mapping]
    landed_before: dict[_ContentKey, str]
    exports_before: _Exports
    from_landing: bool
    now: datetime
    settings: exports.Settings
    on_rows: Callable[[int], None]
    landed_now: set[_ContentKey] = field(default_factory=set)
    exports_now: set[_ExportKey] = field(default_factory=set)

    @property
    def scratch(self) -> Path:
        return self.incoming.folder.parent / _SCRATCH


def ingest_paths(
    home: Home,
    paths: Sequence[Path | str],
    *,
    mapping: Path | None = None,
    again: bool = False,
    taken_from_landing: bool = False,
    settings: exports.Settings | None = None,
    on_progress: OnProgress | None = None,
    now: datetime | None = None,
) -> IngestResult:
    """Land files in a home's lake.

    Args:
        home: whose lake; the caller holds its lock.
        paths: files, folders or glob patterns.
        mapping: a mapping file that reads all of them.
        again: land content anew that has landed before, as the newest version.
        taken_from_landing: the files are taken: deleted (or moved to ``keep_originals``) once
            they have landed, moved to quarantine where they are refused. Otherwise the originals
            are never touched.
        settings: what the caller knows of TikTok's own exports.
        on_progress: called after each batch of rows.
        now: the time of the ingest, with a zone; the clock's where it is None.

    Returns:
        What landed, was there already, was refused (with the reason) or left alone.

    Raises:
        UsageError: a path is empty or matches nothing, a mapping file is wrong, or the key is not
            the lake's.
        OSError: no space or no access; nothing has landed, and files still lie in landing.
    """
    now = now or datetime.now(UTC)
    offers, ignored = find_offers(paths, home=home.root, may_be_empty=taken_from_landing)
    explicit = load_mapping(mapping) if mapping is not None else None
    mappings = [] if explicit else load_mappings(home)
    if taken_from_landing:
        if home.keep_originals is not None:
            home.keep_originals.mkdir(mode=0o700, parents=True, exist_ok=True)
        wait_until_settled(offers)
    clear_left_behind()
    lake.ensure_lake(home)
    registry = lake.read_registry(home)
    secret = people.load_secret(home, create=not registry)
    fingerprint = people.key_fingerprint(secret)
    _check_key(home, registry, fingerprint)

    landed: list[LandedFile] = []
    already: list[AlreadyLanded] = []
    refused: list[Refused] = []
    done: list[tuple[Offer, tuple[int, int, int] | None]] = []
    try:
        run = _Run(
            home=home,
            incoming=lake.begin_ingest(home, registry, now),
            hash_values=people.make_hasher(secret),
            fingerprint=fingerprint,
            explicit=explicit,
            mappings=mappings,
            landed_before={} if again else _index_content(registry),
            exports_before={} if again else _index_exports(registry),
            from_landing=taken_from_landing,
            now=now,
            settings=settings or exports.Settings(),
            on_rows=lambda _rows: None,
        )
        number = 0
        for task in plan_reading(offers, explicit, mappings):
            offer = task.offers[0]
            number += len(task.offers)
            if on_progress is not None:
                run.on_rows = _bind_progress(on_progress, offer.label, number, len(offers))
            if task.source_kind != SOURCE_KIND:
                taken = _ingest_exports(run, task)
                landed += taken.landed
                already += taken.already
                refused += taken.refused
                ignored += taken.ignored
                done += taken.done
                continue
            signature = take_signature(offer.path)
            outcome = _ingest_offer(run, offer, signature)
            if isinstance(outcome, Refused):
                refused.append(outcome)
            elif isinstance(outcome, Ignored):
                ignored.append(outcome)
            else:
                done.append((offer, signature))
                if isinstance(outcome, AlreadyLanded):
                    already.append(outcome)
                else:
                    landed += outcome
        shutil.rmtree(run.scratch, ignore_errors=True)
        has_landed = lake.land(home, run.incoming)
    except BaseException:
        lake.abandon(home)
        raise
    if taken_from_landing:
        ignored += _clear_landing(home, done)
    return IngestResult(
        ingest_id=run.incoming.ingest_id if has_landed else None,
        landed=tuple(landed),
        already_landed=tuple(already),
        refused=tuple(refused),
        ignored=tuple(ignored),
    )


def _check_key(home: Home, registry: Iterable[lake.Registered], fingerprint: str) -> None:
    others = {row.key_fingerprint for row in registry} - {fingerprint}
    if others:
        raise UsageError(
            f"The people in {home.raw} were hashed with another key (fingerprint"
            f" {', '.join(sorted(others))}) than the one given now (fingerprint {fingerprint})."
            " With two keys the same person would count as two, so nothing was ingested. Restore"
            f" the first key in {people.SECRET_VARIABLE} or in {home.secret_file}."
        )


def _index_content(registry: Iterable[lake.Registered]) -> dict[_ContentKey, str]:
    return {
        (
            row.content_sha256,
            row.entity if row.mapping_name is None else None,
            row.mapping_name,
            row.mapping_sha256,
            row.parser_version,
        ): f"landed with ingest {row.ingest_id} as {row.source_file}"
        for row in registry
    }


def _bind_progress(
    on_progress: OnProgress, label: str, number: int, files: int
) -> Callable[[int], None]:
    total = 0

    def on_rows(rows: int) -> None:
        nonlocal total
        total += rows
        on_progress(Progress(label, number, files, total))

    on_rows(0)
    return on_rows


def plan_reading(
    offers: Sequence[Offer], explicit: Mapping | None, mappings: Sequence[Mapping]
) -> list[exports.Task]:
    """Say which offers are read together, and which of them are event logs.

    Args:
        offers: in the order of their paths.
        explicit: the mapping that reads all of them, if any.
        mappings: those that may describe one of them.
    """
    if explicit is not None:
        return [exports.Task(SOURCE_KIND, (offer,)) for offer in offers]
    return exports.plan(offers, lambda offer: _is_mapped(offer, mappings))


def _is_mapped(offer: Offer, mappings: Sequence[Mapping]) -> bool:
    """Whether a mapping reads a file that could be an export: somebody has said what it is."""
    fitting = [mapping for mapping in mappings if matches_name(mapping, offer.path.name)]
    if not fitting:
        return False
    with open_scratch() as scratch:
        try:
            with refusing_what_nobody_foresaw(offer.label):
                columns = readers.read_table(offer.path, scratch=scratch).columns
                return any(find_misfit(mapping, columns) is None for mapping in fitting)
        except RefusedFile:
            return False


def _index_exports(registry: Iterable[lake.Registered]) -> _Exports:
    found: _Exports = {}
    for row in registry:
        if row.source_kind != SOURCE_KIND:
            version = exports.strip_move(row.parser_version)
            found[row.content_sha256, row.source_kind, version] = row
    return found


# --- one export ------------------------------------------------------------------------------


@dataclass
class _Taken:
    """What became of the offers of one task."""

    landed: list[LandedFile] = field(default_factory=list)
    already: list[AlreadyLanded] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    done: list[tuple[Offer, tuple[int, int, int] | None]] = field(default_factory=list)


def _ingest_exports(run: _Run, task: exports.Task) -> _Taken:
    taken = _Taken()
    signatures = {offer.path: take_signature(offer.path) for offer in task.offers}
    failures: list[exports.Failure] = []
    malformed: list[exports.Export] = []
    good: set[Path] = set()
    changing: set[Path] = set()
    run.scratch.mkdir(mode=0o700, exist_ok=True)
    try:
        for outcome in exports.read(
            task,
            scratch=run.scratch,
            settings=run.settings,
            now=run.now,
            find_known=lambda piece: _find_known(run, piece),
        ):
            if isinstance(outcome, exports.Failure):
                failures.append(outcome)
            elif isinstance(outcome, exports.LeftAlone):
                taken.ignored.append(Ignored(outcome.label, outcome.reason))
                changing.update(offer.path for offer in outcome.offers if outcome.is_changing)
            elif isinstance(outcome, exports.Known):
                good.update(offer.path for offer in outcome.piece.offers)
                taken.already.append(AlreadyLanded(outcome.piece.label, outcome.reason))
            else:
                first_seq = run.incoming.next_seq
                try:
                    with refusing_what_nobody_foresaw(outcome.piece.label):
                        taken.landed += _write_export(run, outcome)
                except RefusedFile as error:
                    lake.drop_written(run.incoming, first_seq)
                    run.exports_now.discard(_export_key(outcome.piece))
                    piece = outcome.piece
                    failures.append(exports.Failure(piece.label, str(error), piece.offers))
                    continue
                good.update(offer.path for offer in outcome.piece.offers)
                if outcome.malformed_rows and outcome.piece.source_kind != exports.PERSONAL_ARCHIVE:
                    malformed.append(outcome)
    finally:
        shutil.rmtree(run.scratch, ignore_errors=True)
    kept = _quarantine_offers(run, task.offers, failures, malformed, good, signatures, changing)
    for failure in failures:
        paths = [offer.path for offer in failure.offers]
        if not changing.intersection(paths):
            taken.refused.append(Refused(failure.label, failure.reason, kept.get(paths[0])))
    with_rows = {export.piece.label: kept.get(export.piece.offers[0].path) for export in malformed}
    taken.landed = [
        replace(file, quarantine=with_rows.get(file.source_file)) if file.malformed_rows else file
        for file in taken.landed
    ]
    for offer in task.offers:
        if offer.path in good and offer.path not in changing:
            taken.done.append((offer, signatures[offer.path]))
    return taken


def _find_known(run: _Run, piece: exports.Piece) -> str | None:
    """Why a piece is not read again; it may come under another name."""
    if _export_key(piece) in run.exports_now:
        return "the same content was offered twice in this ingest"
    return _find_among(run.exports_before, piece)


def find_landed(registry: Iterable[lake.Registered], piece: exports.Piece) -> str | None:
    """Since when a piece of an export is in the lake; None if it is not."""
    return _find_among(_index_exports(registry), piece)


def _export_key(piece: exports.Piece) -> _ExportKey:
    return piece.sha256, piece.source_kind, piece.parser_version


def _find_among(landed: _Exports, piece: exports.Piece) -> str | None:
    newest = landed.get(_export_key(piece))
    # Who does not ask for a move leaves the labels as they have landed.
    if newest is None or (piece.moved is not None and newest.parser_version != piece.version):
        return None
    return f"landed with ingest {newest.ingest_id} as {newest.source_file}"


def _write_export(run: _Run, export: exports.Export) -> list[LandedFile]:
    piece = export.piece
    name = _unname_owner(export)
    run.exports_now.add(_export_key(piece))
    landed = []
    for part in export.parts:
        batches = _hash_people(run, _count_rows(run, part.open_batches()))
        seq, rows, malformed = lake.write_entity(run.incoming, part.entity, batches, name)
        run.incoming.registered.append(
            lake.Registered(
                ingest_seq=seq,
                ingest_id=run.incoming.ingest_id,
                entity=part.entity.name,
                source_file=name,
                source_kind=piece.source_kind,
                content_sha256=piece.sha256,
                mapping_name=None,
                mapping_sha256=None,
                parser_version=piece.version,
                key_fingerprint=run.fingerprint,
                never_has=None,
                raw_rows=rows,
                unknown_columns=",".join(export.left_out) or None,
                ingested_at=run.incoming.ingested_at,
            )
        )
        landed.append(
            LandedFile(
                source_file=piece.label,
                entity=part.entity.name,
                ingest_seq=seq,
                rows=rows,
                malformed_rows=malformed,
                unknown_columns=export.left_out,
                mapping=None,
                quarantine=None,
                facts=export.facts,
                first_problems=export.first_problems,
            )
        )
    return landed


def _unname_owner(export: exports.Export) -> str:
    """A file's name for people; an archive's often names its owner, who is a person."""
    label, owner = export.piece.label, export.facts.account
    if export.piece.source_kind != exports.PERSONAL_ARCHIVE or not owner:
        return label
    return re.sub(re.escape(owner), "(owner)", label, flags=re.IGNORECASE)


def _hash_people(run: _Run, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    from tiktok_warehouse.sources.personal_archive_sections import (
        OWNER,
        PERSON_COLUMNS_OF_ARCHIVE,
    )

    for batch in batches:
        hashed = [
            rewrite_distinct(
                pc.utf8_lower(column) if name == OWNER else column,
                run.hash_values,
            )
            if name in PERSON_COLUMNS_OF_ARCHIVE
            else column
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        yield pa.record_batch(hashed, names=batch.schema.names)


def _quarantine_offers(
    run: _Run,
    offers: Iterable[Offer],
    failures: Sequence[exports.Failure],
    malformed: Sequence[exports.Export],
    good: set[Path],
    signatures: dict[Path, tuple[int, int, int] | None],
    changing: set[Path],
) -> dict[Path, Path | None]:
    """Keep each offer of which something was refused, once, with all that is wrong with it."""
    kept: dict[Path, Path | None] = {}
    for offer in offers:
        problems = [
            (failure.label, failure.reason)
            for failure in failures
            if offer in failure.offers and offer.path not in changing
        ]
        problems += [
            (
                export.piece.label,
                f"{export.malformed_rows:,} of its rows could not be read; they have landed without"
                f" their values, as malformed rows. First: {'; '.join(export.first_problems)}.",
            )
            for export in malformed
            if offer in export.piece.offers
        ]
        if not problems:
            continue
        reason = " ".join(
            text if label == offer.label else f"{label}: {text}" for label, text in problems
        )
        kept[offer.path] = quarantine_file(
            run.home,
            offer.path,
            label=offer.label,
            reason=reason,
            now=run.now,
            # What landed of it is not in the lake yet: it leaves the folder when that is done.
            move=run.from_landing
            and offer.path not in good
            and take_signature(offer.path) == signatures[offer.path],
        )
    return kept


# --- one event log ---------------------------------------------------------------------------


def _ingest_offer(
    run: _Run, offer: Offer, signature: tuple[int, int, int] | None
) -> list[LandedFile] | AlreadyLanded | Refused | Ignored:
    first_seq = run.incoming.next_seq
    run.scratch.mkdir(mode=0o700, exist_ok=True)
    try:
        with refusing_what_nobody_foresaw(offer.label):
            result = _read_and_write(run, offer, signature)
    except RefusedFile as error:
        lake.drop_written(run.incoming, first_seq)
        if signature is not None and take_signature(offer.path) != signature:
            return _still_changing(offer)
        kept = quarantine_file(
            run.home,
            offer.path,
            label=offer.label,
            reason=str(error),
            now=run.now,
            move=run.from_landing,
        )
        return Refused(offer.label, str(error), kept)
    except _ChangedWhileRead:
        lake.drop_written(run.incoming, first_seq)
        return _still_changing(offer)
    finally:
        shutil.rmtree(run.scratch, ignore_errors=True)
    return result


class _ChangedWhileRead(WarehouseError):
    """What was read may be half of one version and half of another."""


def _still_changing(offer: Offer) -> Ignored:
    return Ignored(
        offer.label,
        "it was written to while it was read, so it may not be complete; it stays where it is."
        " Offer it again.",
    )


def _read_and_write(
    run: _Run, offer: Offer, signature: tuple[int, int, int] | None
) -> list[LandedFile] | AlreadyLanded:
    sha256 = readers.hash_content(offer.path)
    with closing(_MalformedRows(run.scratch / "malformed_rows.txt")) as malformed:
        table, kind = open_table(
            offer.path,
            scratch=run.scratch,
            explicit=run.explicit,
            mappings=run.mappings,
            on_malformed=malformed.add,
        )
        table = replace(table, batches=malformed.count_rows(table.batches))
        key = _content_key(sha256, kind)
        if key in run.landed_now:
            return AlreadyLanded(offer.label, "the same content was offered twice in this ingest")
        if key in run.landed_before:
            return AlreadyLanded(offer.label, run.landed_before[key])
        if isinstance(kind, Mapping):
            landed = _write_mapped(run, offer, sha256, table, kind)
        else:
            landed = [_write_direct(run, offer, sha256, table, kind)]
    if take_signature(offer.path) != signature:
        raise _ChangedWhileRead
    first = tuple(each["problem"] for each in malformed.problems[: exports.MOST_PROBLEMS])
    refuse_unreadable(offer.path, malformed.rows, malformed.count, first)
    run.landed_now.add(key)
    if malformed.count == 0:
        return landed
    kept = quarantine_rows(
        run.home,
        malformed.path,
        file_name=offer.path.name,
        label=offer.label,
        sha256=sha256,
        problems=malformed.problems,
        count=malformed.count,
        now=run.now,
    )
    return [
        replace(file, quarantine=kept, first_problems=first) if file.malformed_rows else file
        for file in landed
    ]


def refuse_unreadable(path: Path, rows: int, malformed: int, problems: Sequence[str]) -> None:
    """Raise RefusedFile for an event log of which no row can be read."""
    if rows and rows == malformed:
        raise RefusedFile(
            f"{path.name} has no row that can be read: {'; '.join(problems)}. Export it again."
        )


def _content_key(sha256: str, kind: Entity | Mapping) -> _ContentKey:
    if isinstance(kind, Mapping):
        return sha256, None, kind.name, kind.sha256, readers.PARSER_VERSION
    return sha256, kind.name, None, None, readers.PARSER_VERSION


class _MalformedRows:
    """The raw lines of malformed rows, on disk: there may be millions."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.rows = 0
        self.problems: list[dict[str, Any]] = []
        self._file: IO[str] | None = None

    def count_rows(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Pass a file's rows on, and count all of them."""
        for batch in batches:
            self.rows += batch.num_rows
            yield batch

    def add(self, row: int, problem: str, text: str) -> None:
        if self._file is None:
            self.path.touch(mode=0o600)
            self._file = self.path.open("w", encoding="utf-8", newline="")
        self._file.write(text if text.endswith("\n") else text + "\n")
        self.count += 1
        if len(self.problems) < _PROBLEMS_KEPT:
            self.problems.append({"row": row, "problem": problem})

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _write_direct(
    run: _Run, offer: Offer, sha256: str, table: readers.RawTable, entity: Entity
) -> LandedFile:
    known = {*entity.columns, *SYNC_COLUMNS}
    unknown = tuple(name for name in table.columns if name.casefold() not in known)
    batches = (
        conform_batch(
            batch,
            entity,
            hash_values=run.hash_values,
            keep_comment_text=run.settings.keep_comment_text,
        )
        for batch in _count_rows(run, table.batches)
    )
    return _write(run, offer, sha256, entity, batches, unknown + table.reserved)


def _write_mapped(
    run: _Run, offer: Offer, sha256: str, table: readers.RawTable, mapping: Mapping
) -> list[LandedFile]:
    spool = run.scratch / "rows.parquet"
    spool.touch(mode=0o600)
    with pq.ParquetWriter(spool, table.schema, compression="lz4") as writer:
        for batch in _count_rows(run, table.batches):
            writer.write_batch(batch)

    def open_batches() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(spool, pre_buffer=False) as file:
            yield from file.iter_batches(batch_size=readers.BATCH_ROWS)

    unused = find_unused_columns(mapping, table.columns) + table.reserved
    read_zone = make_zone_reader(mapping.zone)
    landed = []
    for entry in mapping.entries:
        rows = apply_entry(mapping, entry, open_batches, table.schema, run.scratch)
        batches: Iterator[pa.RecordBatch] = (
            conform_batch(
                batch,
                entry.entity,
                hash_values=run.hash_values,
                hashed=entry.hashed,
                read_zone=read_zone,
                keep_comment_text=run.settings.keep_comment_text,
            )
            for batch in rows
        )
        if entry is _keeper_of_malformed_rows(mapping):
            batches = _chain(batches, _select_malformed(open_batches()))
        landed.append(_write(run, offer, sha256, entry.entity, batches, unused, mapping, entry))
    return landed


def _keeper_of_malformed_rows(mapping: Mapping) -> Entry:
    """The entry that a mapped file's malformed rows are counted in: they have no values, so no
    condition can choose one. The first that takes every row; else the first that takes rows one by
    one; else the first.
    """
    entries = mapping.entries
    every_row = [entry for entry in entries if entry.group_by is None and entry.where is None]
    one_by_one = [entry for entry in entries if entry.group_by is None]
    return (every_row or one_by_one or list(entries))[0]


def _chain(*streams: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for stream in streams:
        yield from stream


def _select_malformed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        is_malformed = pc.is_valid(batch.column(readers.MALFORMED))
        yield batch.select([readers.SOURCE_ROW, readers.MALFORMED]).filter(is_malformed)


def _count_rows(run: _Run, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch
        run.on_rows(batch.num_rows)


def _write(
    run: _Run,
    offer: Offer,
    sha256: str,
    entity: Entity,
    batches: Iterable[pa.RecordBatch],
    unknown_columns: tuple[str, ...],
    mapping: Mapping | None = None,
    entry: Entry | None = None,
) -> LandedFile:
    seq, rows, malformed = lake.write_entity(run.incoming, entity, batches, offer.label)
    run.incoming.registered.append(
        lake.Registered(
            ingest_seq=seq,
            ingest_id=run.incoming.ingest_id,
            entity=entity.name,
            source_file=offer.label,
            source_kind=SOURCE_KIND,
            content_sha256=sha256,
            mapping_name=mapping.name if mapping else None,
            mapping_sha256=mapping.sha256 if mapping else None,
            parser_version=readers.PARSER_VERSION,
            key_fingerprint=run.fingerprint,
            never_has=",".join(entry.never_has) if entry and entry.never_has else None,
            raw_rows=rows,
            unknown_columns=",".join(unknown_columns) or None,
            ingested_at=run.incoming.ingested_at,
        )
    )
    return LandedFile(
        source_file=offer.label,
        entity=entity.name,
        ingest_seq=seq,
        rows=rows,
        malformed_rows=malformed,
        unknown_columns=unknown_columns,
        mapping=mapping.name if mapping else None,
        quarantine=None,
    )


# --- the landing folder --------------------------------------------------------------------


def _clear_landing(
    home: Home, done: Iterable[tuple[Offer, tuple[int, int, int] | None]]
) -> list[Ignored]:
    """Delete or keep files whose content is in the lake; leave one that has grown since."""
    left = []
    for offer, signature in done:
        if take_signature(offer.path) != signature:
            left.append(
                Ignored(
                    offer.label,
                    "what it held when it was read has landed, but it has been written to since;"
                    " it stays, and the next ingest takes it as a new version",
                )
            )
        elif not _take_away(home, offer):
            left.append(
                Ignored(
                    offer.label,
                    "it has landed, and cannot be taken away: it lies behind a link, or in a folder"
                    " that this user may not write; delete it yourself",
                )
            )
    return left


def _take_away(home: Home, offer: Offer) -> bool:
    if home.keep_originals is None:
        return remove_plain(offer.path)
    try:
        kept = _keep_original(offer.path, home.keep_originals / offer.label)
    except RefusedFile:
        return False
    except FileNotFoundError:
        return True
    except OSError as error:
        sha256 = hash_raw(offer.path)
        if error.errno not in _NO_PLACE or sha256 is None:
            raise
        kept = _keep_original(offer.path, home.keep_originals / name_copy(sha256, offer.path.name))
    if remove_plain(offer.path):
        return True
    # Or there would be one more of it after each ingest.
    kept.unlink()
    return False


def _keep_original(path: Path, wanted: Path) -> Path:
    wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for attempt in range(1, 10_000):
        target = wanted
        if attempt > 1:
            target = wanted.with_name(f"{wanted.stem}.{attempt}{wanted.suffix}")
        if _copy_new(path, target):
            return target
    raise FileExistsError(f"{wanted} exists ten thousand times; clear the folder of originals.")


def _copy_new(source: Path, target: Path) -> bool:
    """Copy to a name that is free. The folder may be on another disk, so a rename may not do."""
    try:
        new = target.open("xb")
    except FileExistsError:
        return False
    try:
        with new, open_plain(source) as old:
            shutil.copyfileobj(old, new, 1 << 20)
            new.flush()
            os.fsync(new.fileno())
        shutil.copystat(source, target)
        # It holds viewers' ids in the clear, whatever the original's folder let others see.
        target.chmod(0o600)
    except (OSError, RefusedFile):
        target.unlink(missing_ok=True)
        raise
    return True
