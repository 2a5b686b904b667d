"""What an ingest would make of files: read and told, with nothing landed, moved or created."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tiktok_warehouse import exports, lake, readers
from tiktok_warehouse.entities import Entity
from tiktok_warehouse.errors import RefusedFile, refusing_what_nobody_foresaw
from tiktok_warehouse.home import Home
from tiktok_warehouse.ingest import find_landed, plan_reading, refuse_unreadable
from tiktok_warehouse.mapping import Mapping, load_mapping
from tiktok_warehouse.offers import Ignored, Offer, find_offers
from tiktok_warehouse.recognise import load_mappings, open_table
from tiktok_warehouse.scratch import clear_left_behind, open_scratch


@dataclass(frozen=True)
class Previewed:
    """What one file, or one archive of many files, was taken for.

    Attributes:
        source_file: its name for people.
        facts: what it was taken for; None where it cannot be read.
        rows: raw rows, malformed ones included.
        malformed_rows: how many of them are malformed.
        first_problems: what is wrong with the first of them.
        problem: why it would be refused.
        known: since when it is in the lake; its rows were not counted then.
    """

    source_file: str
    facts: exports.Facts | None = None
    rows: int | None = None
    malformed_rows: int = 0
    first_problems: tuple[str, ...] = ()
    problem: str | None = None
    known: str | None = None


def preview(
    home: Home,
    paths: Sequence[Path | str],
    *,
    mapping: Path | None = None,
    again: bool = False,
    settings: exports.Settings | None = None,
    now: datetime | None = None,
) -> tuple[list[Previewed], list[Ignored]]:
    """Recognise and read files without a trace.

    Args:
        home: whose mappings and lake are looked at; it need not exist.
        paths: files, folders or glob patterns.
        mapping: a mapping file that reads all of them.
        again: whether content that has landed before would land anew.
        settings: what the caller knows of TikTok's own exports.
        now: the time of the ingest, with a zone; the clock's where it is None.

    Returns:
        Every file that would be read or refused, and those that would be left alone.

    Raises:
        UsageError: a path matches nothing, or a mapping file is wrong.
        OSError: there is no room for what has to be unpacked.
    """
    offers, ignored = find_offers(paths, home=home.root)
    explicit = load_mapping(mapping) if mapping is not None else None
    mappings = [] if explicit else load_mappings(home)
    registry = [] if again else lake.read_registry(home)
    found: list[Previewed] = []
    clear_left_behind()
    for task in plan_reading(offers, explicit, mappings):
        with open_scratch() as scratch:
            if task.source_kind == exports.EVENT_LOG:
                offer = task.offers[0]
                found.append(_preview_event_log(offer, scratch, explicit, mappings, registry))
                continue
            for outcome in exports.read(
                task,
                scratch=scratch,
                settings=settings or exports.Settings(),
                now=now or datetime.now(UTC),
                find_known=lambda piece: find_landed(registry, piece),
            ):
                if isinstance(outcome, exports.LeftAlone):
                    ignored.append(Ignored(outcome.label, outcome.reason))
                else:
                    found.append(_describe(outcome))
    return found, ignored


def _describe(outcome: exports.Export | exports.Known | exports.Failure) -> Previewed:
    if isinstance(outcome, exports.Failure):
        return Previewed(outcome.label, problem=outcome.reason)
    if isinstance(outcome, exports.Known):
        return Previewed(outcome.piece.label, known=outcome.reason)
    return Previewed(
        outcome.piece.label,
        outcome.facts,
        sum(part.rows for part in outcome.parts),
        outcome.malformed_rows,
        outcome.first_problems,
    )


def _preview_event_log(
    offer: Offer,
    scratch: Path,
    explicit: Mapping | None,
    mappings: Sequence[Mapping],
    registry: Sequence[lake.Registered],
) -> Previewed:
    try:
        with refusing_what_nobody_foresaw(offer.label):
            return _read_event_log(offer, scratch, explicit, mappings, registry)
    except RefusedFile as error:
        return Previewed(offer.label, problem=str(error))


def _read_event_log(
    offer: Offer,
    scratch: Path,
    explicit: Mapping | None,
    mappings: Sequence[Mapping],
    registry: Sequence[lake.Registered],
) -> Previewed:
    sha256 = readers.hash_content(offer.path)
    table, kind = open_table(offer.path, scratch=scratch, explicit=explicit, mappings=mappings)
    for row in registry:
        if _is_same(row, sha256, kind):
            known = f"landed with ingest {row.ingest_id} as {row.source_file}"
            return Previewed(offer.label, known=known)
    rows = malformed = 0
    first: list[str] = []
    for batch in table.batches:
        rows += batch.num_rows
        problems = batch.column(readers.MALFORMED).drop_null()
        malformed += len(problems)
        first += problems[: exports.MOST_PROBLEMS - len(first)].to_pylist()
    refuse_unreadable(offer.path, rows, malformed, first)
    what = kind.name if isinstance(kind, Entity) else f"mapping {kind.name}"
    facts = exports.Facts(exports.EVENT_LOG, what)
    return Previewed(offer.label, facts, rows, malformed, tuple(first))


def _is_same(row: lake.Registered, sha256: str, kind: Entity | Mapping) -> bool:
    if (row.content_sha256, row.parser_version) != (sha256, readers.PARSER_VERSION):
        return False
    if isinstance(kind, Entity):
        return (row.entity, row.mapping_name) == (kind.name, None)
    return (row.mapping_name, row.mapping_sha256) == (kind.name, kind.sha256)
