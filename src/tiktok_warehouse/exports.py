"""What is offered beside event logs: TikTok's own exports, as they were downloaded.

Content decides what a file is; names say whose it is. Files of TikTok Studio that lie together say
something about each other's year, so they are read together; the text files of a personal archive
are one export. A zip is unpacked into scratch, and what its names and folders say goes with its
files. Nothing here writes to the lake: whoever calls takes the rows, or only looks at them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tiktok_warehouse import archives, readers
from tiktok_warehouse.entities import Entity
from tiktok_warehouse.errors import RefusedFile, refusing_what_nobody_foresaw
from tiktok_warehouse.neighbours import find_neighbour
from tiktok_warehouse.offers import Offer, take_signature
from tiktok_warehouse.plain_files import open_plain
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.text_files import open_text

if TYPE_CHECKING:
    from tiktok_warehouse.sources.accounts_api import ApiRead
    from tiktok_warehouse.sources.personal_archive import ArchiveRead
    from tiktok_warehouse.sources.spool import SpooledPart
    from tiktok_warehouse.sources.studio import StudioRead

EVENT_LOG = "event_log"
STUDIO = "studio"
PERSONAL_ARCHIVE = "personal_archive"
ACCOUNTS_API = "accounts_api"
SOURCE_KINDS = (STUDIO, PERSONAL_ARCHIVE, ACCOUNTS_API)

# Parquet and gzip: neither comes from TikTok.
_NO_EXPORT_MAGICS = (b"PAR1", b"\x1f\x8b")
# The four zips of one export are written within minutes; a zip's clock may be hours off.
_ONE_EXPORT = timedelta(days=2)
_ZIP_TIME, _FILE_TIME = "the time of the zip member", "the time of the file"
# Of the path of a file that was named itself, as many names as the folders of an archive need.
_NAMES_AROUND = 4
_MOST_NAMED = 5
# How many malformed rows a message names.
MOST_PROBLEMS = 3
# Of the two names that an archive's JSON has, the one that is read.
_BETTER_NAME = "user_data_tiktok.json"
_MOVED_BY = " moved by "

Signature = tuple[int, int, int]


@dataclass(frozen=True)
class Settings:
    """What the caller knows of the exports.

    Attributes:
        account: whose they are, where nothing around them says it.
        exported_on: the day on which they were downloaded.
        keep_comment_text: land the text of comments, of event logs too.
        shift_days: by how many days the labels of Studio's files are to be moved; None leaves that
            to what other exports say.
    """

    account: str | None = None
    exported_on: date | None = None
    keep_comment_text: bool = False
    shift_days: int | None = None


@dataclass(frozen=True)
class Facts:
    """What a file was taken for; None or empty where that does not apply or is not known.

    Attributes:
        source_kind: event log, Studio, personal archive or Accounts API.
        kind: which of the source's files.
        vintage: of a personal archive.
        languages: codes of those in which its days can be read.
        account: the handle.
        account_evidence: what says so.
        window: first and last day of its rows.
        window_evidence: what the years rest on.
        exported_on: the day of the export, as near as it is known.
        export_evidence: what says so.
        notes: what else somebody should know, in sentences.
    """

    source_kind: str
    kind: str
    vintage: str | None = None
    languages: tuple[str, ...] = ()
    account: str | None = None
    account_evidence: str | None = None
    window: tuple[date, date] | None = None
    window_evidence: str | None = None
    exported_on: date | None = None
    export_evidence: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartRows:
    """Rows of one entity; ``open_batches`` reads them anew each time, people not yet hashed."""

    entity: Entity
    rows: int
    malformed_rows: int
    open_batches: Callable[[], Iterator[pa.RecordBatch]]

    def name_problems(self) -> list[str]:
        """What is wrong with the first malformed rows."""
        problems: list[str] = []
        for batch in self.open_batches() if self.malformed_rows else ():
            problems += batch.column(readers.MALFORMED).drop_null().to_pylist()
            if len(problems) >= MOST_PROBLEMS:
                break
        return problems[:MOST_PROBLEMS]


@dataclass(frozen=True)
class Piece:
    """What is read as one: a file, or all files of a personal archive.

    Attributes:
        label: its name for people, beginning with that of the offer.
        source_kind: whose reader reads it.
        sha256: its content; of what came in a zip, the zip's content, its own and its path there.
        parser_version: of its reader.
        offers: what it came in.
        moved: by how many days its labels are moved because somebody said so.
    """

    label: str
    source_kind: str
    sha256: str
    parser_version: str
    offers: tuple[Offer, ...]
    moved: int | None = None

    @property
    def version(self) -> str:
        """Of its reader; the same bytes, moved, are other rows."""
        moved = "" if self.moved is None else f"{_MOVED_BY}{self.moved}"
        return self.parser_version + moved


@dataclass(frozen=True)
class Export:
    """A piece that was read. ``left_out`` names what of it is not in the rows."""

    piece: Piece
    facts: Facts
    parts: tuple[PartRows, ...]
    left_out: tuple[str, ...]

    @property
    def malformed_rows(self) -> int:
        return sum(part.malformed_rows for part in self.parts)

    @cached_property
    def first_problems(self) -> tuple[str, ...]:
        """What is wrong with the first malformed rows; never a value of a person's.

        To be asked for before the next export is read: its rows are gone then.
        """
        problems = [problem for part in self.parts for problem in part.name_problems()]
        return tuple(dict.fromkeys(problems))[:MOST_PROBLEMS]


@dataclass(frozen=True)
class Known:
    """A piece that is in the lake already."""

    piece: Piece
    reason: str


@dataclass(frozen=True)
class Failure:
    """Something that cannot be read. ``label`` is its name for people."""

    label: str
    reason: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True)
class LeftAlone:
    """Something that is not read although nothing is wrong with it.

    ``is_changing``: it was written to while it was read; it has to be offered again.
    """

    label: str
    reason: str
    offers: tuple[Offer, ...]
    is_changing: bool = False


Outcome = Export | Known | Failure | LeftAlone


@dataclass(frozen=True)
class Task:
    """Offers that are read together.

    Attributes:
        source_kind: STUDIO for zips too, whatever is in them.
        offers: the files; of a personal archive, those of no known section last.
        problem: why none of them can be read, where that is known already.
    """

    source_kind: str
    offers: tuple[Offer, ...]
    problem: str | None = None


@dataclass(frozen=True)
class _Member:
    """A file to read, and the offer that it came in."""

    offer: Offer
    file: ExportFile
    label: str
    inner: str
    sha256: str


@dataclass
class _Reading:
    """What all readings of one task share."""

    scratch: Path
    settings: Settings
    now: datetime
    find_known: Callable[[Piece], str | None]
    signatures: dict[Path, Signature | None] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(UTC).date()

    def has_changed(self, offer: Offer) -> bool:
        return take_signature(offer.path) != self.signatures[offer.path]


def strip_move(version: str) -> str:
    """The version of the reader that a piece's version names."""
    return version.partition(_MOVED_BY)[0]


# --- what belongs together -------------------------------------------------------------------


def plan(offers: Sequence[Offer], is_event_log: Callable[[Offer], bool]) -> list[Task]:
    """Say which offers are read together, and by whom.

    Args:
        offers: in the order of their paths.
        is_event_log: whether somebody has described a file as an event log, in a mapping; asked
            only of files that could be something else.

    Returns:
        Each offer in one task; what is no export is an event log, whose reader has the last word.
    """
    found: dict[tuple[object, ...], list[Offer]] = {}
    problems: dict[tuple[object, ...], str] = {}
    texts: list[Offer] = []
    for offer in offers:
        try:
            with refusing_what_nobody_foresaw(offer.label):
                kind = _recognise_offer(offer)
        except RefusedFile as error:
            kind, problems["refused", offer.path] = "refused", str(error)
        if kind not in (EVENT_LOG, "refused") and is_event_log(offer):
            kind = EVENT_LOG
        if kind == PERSONAL_ARCHIVE:
            texts.append(offer)
        key = (kind, offer.path.parent if kind == STUDIO else offer.path)
        found.setdefault(key, []).append(offer)
    for archive in _group_archives(texts):
        for offer in archive:
            del found[PERSONAL_ARCHIVE, offer.path]
        found[PERSONAL_ARCHIVE, archive[0].path] = list(archive)
    tasks = [Task(str(key[0]), tuple(members), problems.get(key)) for key, members in found.items()]
    places = {offer.path: place for place, offer in enumerate(offers)}
    return sorted(tasks, key=lambda task: places[task.offers[0].path])


def _recognise_offer(offer: Offer) -> str:
    try:
        if archives.is_zip(offer.path) and not archives.is_workbook(offer.path):
            return STUDIO
        return recognise(_describe(offer)) or EVENT_LOG
    except OSError:
        # Whoever reads it says what is wrong.
        return EVENT_LOG


def recognise(file: ExportFile) -> str | None:
    """Whose export a file is, by its content; None for no export.

    Raises:
        RefusedFile: it begins like one and is broken.
        OSError: it cannot be read.
    """
    from tiktok_warehouse.sources import accounts_api, personal_archive, studio

    with open_plain(file.path) as opened:
        if opened.read(4).startswith(_NO_EXPORT_MAGICS):
            return None
    if studio.recognise(file) is not None:
        return STUDIO
    if archives.is_zip(file.path):
        if neighbour := find_neighbour(file.path, file.name):
            raise RefusedFile(f"{file.name} {neighbour}")
        raise RefusedFile(
            f"{file.name} begins like a workbook, and by its header it is no file of TikTok Studio,"
            " or it is damaged. Download it again; export a table of another kind as CSV."
        )
    if personal_archive.recognise(file) is not None:
        return PERSONAL_ARCHIVE
    return ACCOUNTS_API if accounts_api.recognise(file) is not None else None


def _group_archives(offers: Sequence[Offer]) -> list[tuple[Offer, ...]]:
    """The files of each loose archive."""
    from tiktok_warehouse.sources import personal_archive

    by_start: dict[Path, list[Offer]] = {}
    for offer in offers:
        start = offer.path.absolute()
        for _ in PurePosixPath(_describe(offer).name).parts:
            start = start.parent
        by_start.setdefault(start, []).append(offer)
    groups = []
    for members in by_start.values():
        of_path = {offer.path: offer for offer in members}
        for archive in personal_archive.find_archives([_describe(offer) for offer in members]):
            groups.append(tuple(of_path[file.path] for file in archive))
    return groups


# --- names -----------------------------------------------------------------------------------


def _describe(offer: Offer) -> ExportFile:
    try:
        modified = datetime.fromtimestamp(offer.path.stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        # Gone, which its reader says, or a time that no calendar has.
        modified = None
    return _name_by_content(ExportFile(_name_with_folders(offer), offer.path, modified, None))


def _name_by_content(file: ExportFile) -> ExportFile:
    """JSON in a text file is read as JSON; the sections of an archive never begin like it."""
    from tiktok_warehouse.sources.personal_archive_txt import find_section

    name = PurePosixPath(file.name)
    if name.suffix.casefold() != ".txt" or find_section(name.stem) is not None:
        return file
    try:
        with open_text(file.path) as opened:
            start = opened.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError:
        return file
    return replace(file, name=str(name.with_suffix(".json"))) if start[:1] == b"{" else file


def _name_with_folders(offer: Offer) -> str:
    """A file's name behind those folders that may say whose it is, or what it belongs to.

    All folders from the given one on; of those above it, and of a file that was named itself, only
    what is marked as an account or bears the name of an export. Text files keep their folders,
    because the sections of an archive lie in them.
    """
    from tiktok_warehouse.sources.studio_evidence import read_export_name

    path = offer.path.absolute()
    parts = path.parts[1:]
    if offer.root is not None:
        near = len(parts) - len(offer.root.absolute().parts[1:]) + 1
    else:
        near = _NAMES_AROUND if path.suffix.casefold() == ".txt" else 1
    names = list(parts[-near:])
    if not any(name.startswith("@") for name in names[:-1]):
        above = [
            name
            for name in parts[-near - 2 : -near]
            if name.startswith("@") or read_export_name(name) is not None
        ]
        names = above[-1:] + names
    return archives.printable("/".join(names))


def _without_plain_folders(name: str) -> str:
    """Of a payload's folders only those that are marked as an account: any other is no handle."""
    *folders, last = name.split("/")
    return "/".join([*(folder for folder in folders if folder.startswith("@")), last])


# --- reading ---------------------------------------------------------------------------------


def read(
    task: Task,
    *,
    scratch: Path,
    settings: Settings,
    now: datetime,
    find_known: Callable[[Piece], str | None],
) -> Iterator[Outcome]:
    """Read the offers of one task.

    Rows may lie in scratch: use those of an export before asking for the next. People are not yet
    hashed.

    Args:
        task: what to read; no event log.
        scratch: an existing, private folder, which the caller deletes.
        settings: what the caller knows.
        now: the time of the ingest, with a zone.
        find_known: why a piece need not be read again; None if it must.

    Raises:
        OSError: scratch cannot be written.
    """
    reading = _Reading(scratch, settings, now, find_known)
    for offer in task.offers:
        reading.signatures[offer.path] = take_signature(offer.path)
    if task.problem is not None:
        yield Failure(task.offers[0].label, task.problem, task.offers)
        return
    members = []
    for offer in task.offers:
        try:
            sha256 = _hash_offer(offer, task.source_kind)
        except RefusedFile as error:
            yield Failure(offer.label, str(error), (offer,))
        else:
            members.append(_Member(offer, _describe(offer), offer.label, "", sha256))
    if task.source_kind == STUDIO:
        yield from _read_folder(members, reading)
    elif members and task.source_kind == PERSONAL_ARCHIVE:
        yield from _read_archive(members, reading)
    elif members:
        yield from _read_payload(members[0], reading)


def _hash_offer(offer: Offer, source_kind: str) -> str:
    signature = take_signature(offer.path)
    if source_kind == PERSONAL_ARCHIVE and signature is not None and signature[1] == 0:
        # A section of which there is nothing.
        return hashlib.sha256().hexdigest()
    return readers.hash_content(offer.path)


def _explain(error: RefusedFile | FileNotFoundError) -> str:
    if isinstance(error, RefusedFile):
        return str(error)
    return "It is gone: it was moved or deleted before it was read to its end. Offer it again."


def _read_folder(files: Sequence[_Member], reading: _Reading) -> Iterator[Outcome]:
    """Zips and Studio's files of one folder: all are unpacked before the first is dated."""
    of_studio: list[_Member] = []
    for number, file in enumerate(files):
        offer = file.offer
        folder = reading.scratch / f"zip-{number}"
        try:
            if not archives.is_zip(offer.path) or archives.is_workbook(offer.path):
                of_studio.append(file)
                continue
            folder.mkdir(mode=0o700)
            with refusing_what_nobody_foresaw(offer.label):
                members = _unpack(offer, folder, file.sha256)
        except (RefusedFile, FileNotFoundError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            yield Failure(offer.label, _explain(error), (offer,))
            continue
        if reading.has_changed(offer):
            shutil.rmtree(folder)
            yield _say_changing(offer.label, (offer,))
            continue
        of_studio += yield from _read_zip(offer, members, reading)
    for member in of_studio:
        beside = [other.file for other in of_studio if _may_be_one_export(member, other)]
        yield _read_studio(member, beside, reading)


def _unpack(offer: Offer, folder: Path, sha256: str) -> list[_Member]:
    name = _name_with_folders(offer)
    around = name[: len(name) - len(PurePosixPath(name).name)]
    return [
        _Member(
            offer,
            _name_by_content(replace(file, name=around + file.name)),
            f"{offer.label}/{file.name}",
            file.name,
            sha256,
        )
        for file in archives.unpack(offer.path, folder, name=archives.printable(offer.path.name))
    ]


def _read_zip(
    offer: Offer, members: Sequence[_Member], reading: _Reading
) -> Generator[Outcome, None, list[_Member]]:
    """Read what is not Studio's at once and make room. Returns Studio's files."""
    by_kind: dict[str | None, list[_Member]] = {}
    broken: list[tuple[_Member, str]] = []
    for member in members:
        try:
            with refusing_what_nobody_foresaw(member.label):
                kind = recognise(member.file)
            by_kind.setdefault(kind, []).append(member)
        except RefusedFile as error:
            broken.append((member, str(error)))
    groups = _group_members(by_kind.get(PERSONAL_ARCHIVE, []))
    for archive in groups:
        yield from _read_archive(archive, reading)
    failures = []
    for member, reason in broken:
        if archives.is_zip(member.file.path) and any(_lies_around(member, each) for each in groups):
            by_kind.setdefault(None, []).append(member)
        else:
            failures.append(Failure(member.label, reason, (offer,)))
    for member in by_kind.get(ACCOUNTS_API, []):
        yield from _read_payload(member, reading)
    yield from failures
    yield from _name_unknown(offer, by_kind, bool(failures))
    of_studio = by_kind.get(STUDIO, [])
    kept = {member.file.path for member in of_studio}
    for member in members:
        if member.file.path not in kept:
            member.file.path.unlink(missing_ok=True)
    return of_studio


def _lies_around(member: _Member, archive: Sequence[_Member]) -> bool:
    """Whether a file lies in the folder of an archive, or in one that this is in."""
    base = _shared_folders([PurePosixPath(each.inner).parts[:-1] for each in archive])
    folder = PurePosixPath(member.inner).parts[:-1]
    return all(a == b for a, b in zip(folder, base, strict=False))


def _name_unknown(
    offer: Offer, by_kind: Mapping[str | None, Sequence[_Member]], has_failures: bool
) -> Iterator[Outcome]:
    unknown = []
    for member in by_kind.get(None, []):
        neighbour = find_neighbour(member.file.path, member.file.name)
        if neighbour is None or PERSONAL_ARCHIVE in by_kind:
            unknown.append(member)
        else:
            has_failures = True
            yield Failure(member.label, f"It {neighbour}", (offer,))
    if PERSONAL_ARCHIVE in by_kind and unknown:
        # Not refused: for a picture's sake no messages should come to lie in quarantine.
        yield LeftAlone(
            offer.label,
            f"{_list_names(unknown)} of this personal archive: no section of it that is read",
            (offer,),
        )
    elif len(by_kind) > 1 or has_failures:
        for member in unknown:
            yield Failure(
                member.label,
                "It is no file of TikTok Studio, of a personal archive or of the Accounts API, by"
                " its content. Take it out of the zip; offer an event log as a file of its own.",
                (offer,),
            )
    elif unknown or not by_kind:
        holds = f"holds {_list_names(unknown)}" if unknown else "is empty"
        yield Failure(
            offer.label,
            f"{archives.printable(offer.path.name)} {holds}, and nothing of TikTok Studio, of a"
            " personal archive or of the Accounts API. Offer an event log as a file of its own,"
            " outside of a zip.",
            (offer,),
        )


def _list_names(members: Sequence[_Member]) -> str:
    names = ", ".join(member.inner for member in members[:_MOST_NAMED])
    more = len(members) - _MOST_NAMED
    return names + (f" and {more:,} more" if more > 0 else "")


def _group_members(members: Sequence[_Member]) -> list[list[_Member]]:
    from tiktok_warehouse.sources import personal_archive

    of_path = {member.file.path: member for member in members}
    groups = personal_archive.find_archives([member.file for member in members])
    return [[of_path[file.path] for file in group] for group in groups]


def _say_changing(label: str, offers: tuple[Offer, ...]) -> LeftAlone:
    return LeftAlone(
        label,
        "it was written to while it was read, so it may not be complete; it stays where it is."
        " Offer it again.",
        offers,
        is_changing=True,
    )


# --- TikTok Studio ---------------------------------------------------------------------------


def _may_be_one_export(member: _Member, other: _Member) -> bool:
    """Files of one folder or zip are siblings; two zips only where they are of one time."""
    if member.offer is other.offer or not (member.file.zip_name and other.file.zip_name):
        return True
    times = (member.file.modified, other.file.modified)
    return times[0] is None or times[1] is None or abs(times[0] - times[1]) <= _ONE_EXPORT


def _read_studio(member: _Member, siblings: Sequence[ExportFile], reading: _Reading) -> Outcome:
    from tiktok_warehouse.sources import studio

    offers = (member.offer,)
    shift = reading.settings.shift_days
    content = _hash_together([member])
    if not member.inner:
        # Loose files of two accounts may be alike, byte by byte, where both are new.
        try:
            with refusing_what_nobody_foresaw(member.label):
                account, _ = studio.find_account(member.file, reading.settings.account, siblings)
        except RefusedFile as error:
            return Failure(member.label, _explain(error), offers)
        content = hashlib.sha256(f"{content} {account}".encode()).hexdigest()
    piece = Piece(member.label, STUDIO, content, studio.PARSER_VERSION, offers, moved=shift)
    if reason := reading.find_known(piece):
        return Known(piece, reason)
    try:
        with refusing_what_nobody_foresaw(member.label):
            found = studio.read(
                member.file,
                account=reading.settings.account,
                exported_on=reading.settings.exported_on,
                siblings=siblings,
                today=reading.today,
                shift_days=shift,
            )
    except (RefusedFile, FileNotFoundError) as error:
        return Failure(member.label, _explain(error), offers)
    if not member.inner and reading.has_changed(member.offer):
        return _say_changing(member.label, offers)
    facts = Facts(
        STUDIO,
        found.kind.name,
        languages=found.languages,
        account=found.account,
        account_evidence=found.account_evidence,
        window=found.window,
        window_evidence=found.year_evidence if found.window else None,
        exported_on=found.exported_on,
        export_evidence=found.export_evidence,
        notes=tuple(_note_studio(found)),
    )
    # A malformed row stands in the first part alone.
    parts = [
        PartRows(
            part.entity,
            part.rows.num_rows,
            found.malformed_rows if part is found.parts[0] else 0,
            partial(_iterate_batches, part.rows),
        )
        for part in found.parts
    ]
    return Export(piece, facts, tuple(parts), found.left_out)


def _iterate_batches(rows: pa.Table) -> Iterator[pa.RecordBatch]:
    return iter(rows.to_batches())


def _note_studio(found: StudioRead) -> Iterator[str]:
    if not found.parts[0].rows.num_rows:
        yield "It has a header and no rows."
    if found.left_out:
        yield f"Left out: {', '.join(found.left_out)}."


# --- personal archives -----------------------------------------------------------------------


def _read_archive(members: Sequence[_Member], reading: _Reading) -> Iterator[Outcome]:
    from tiktok_warehouse.sources import personal_archive

    offers = tuple(dict.fromkeys(member.offer for member in members))
    piece = Piece(
        _name_archive(members),
        PERSONAL_ARCHIVE,
        _hash_together(members),
        personal_archive.PARSER_VERSION,
        offers,
    )
    if reason := reading.find_known(piece):
        yield Known(piece, reason)
        return
    spools = reading.scratch / f"spool-{len(list(reading.scratch.iterdir()))}"
    spools.mkdir(mode=0o700)
    try:
        with refusing_what_nobody_foresaw(piece.label):
            found = personal_archive.read(
                [member.file for member in members],
                scratch=spools,
                account=reading.settings.account,
                keep_comment_text=reading.settings.keep_comment_text,
            )
        _check_owner(members, found, reading.settings.account)
        if not found.parts:
            raise RefusedFile(
                f"{piece.label} holds no section of a personal archive that lands. Ask TikTok for"
                " all data, as JSON."
            )
    except (RefusedFile, FileNotFoundError) as error:
        yield Failure(piece.label, _explain(error), offers)
        return
    if any(not member.inner and reading.has_changed(member.offer) for member in members):
        yield _say_changing(piece.label, offers)
        return
    yield Export(
        piece,
        _describe_archive(members, found),
        tuple(_count_part(part) for part in found.parts),
        tuple(left.name for left in found.left_out),
    )
    shutil.rmtree(spools)
    of_path = {member.file.path: member for member in members}
    for part in found.refused:
        member = of_path[part.file.path]
        yield Failure(member.label, part.reason, (member.offer,))
    for file in found.unused:
        yield _leave_unused(of_path[file.path], members)


def _leave_unused(member: _Member, members: Sequence[_Member]) -> Outcome:
    if _is_text(member):
        reason = "It is no section of the personal archive beside it."
        return LeftAlone(member.label, reason, (member.offer,))
    reason = "It was not read: another file beside it holds the same archive in a better form."
    is_alone = all(other is member or other.offer is not member.offer for other in members)
    if is_alone:
        return Failure(member.label, reason, (member.offer,))
    return LeftAlone(member.label, reason, (member.offer,))


def _is_text(member: _Member) -> bool:
    return member.file.name.casefold().endswith(".txt")


def _name_archive(members: Sequence[_Member]) -> str:
    """The name of its only file, else of the folder that they share."""
    names = [member.label for member in members]
    if len(names) == 1:
        return names[0]
    shared = _shared_folders([PurePosixPath(name).parts[:-1] for name in names])
    # Text files that were named one by one may share no folder.
    return "/".join(shared) or f"{names[0]} and {len(names) - 1:,} more"


def _shared_folders(folders: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    shared = folders[0]
    for other in folders[1:]:
        same = [a == b for a, b in zip(shared, other, strict=False)]
        shared = shared[: same.index(False) if False in same else len(same)]
    return shared


def _hash_together(members: Sequence[_Member]) -> str:
    """The file's own hash; of several, and in a zip, that of their hashes and names.

    Of an archive with JSON it is the hash of that file which is read.
    """
    named = [m for m in members if PurePosixPath(m.file.name).name.casefold() == _BETTER_NAME]
    members = named[:1] or [m for m in members if not _is_text(m)][:1] or members
    if len(members) == 1 and not members[0].inner:
        return members[0].sha256
    # Two members of a zip may have one name for people: only their content tells them apart.
    lines = sorted(
        f"{member.sha256} {member.inner} {_hash_bytes(member.file.path)}"
        if member.inner
        else f"{'/'.join(PurePosixPath(member.file.name).parts[-2:])} {member.sha256}"
        for member in members
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _hash_bytes(path: Path) -> str:
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_owner(members: Sequence[_Member], found: ArchiveRead, given: str | None) -> None:
    if found.owner_source != "profile":
        return
    marked = [name for name in members[0].file.name.split("/")[:-1] if name.startswith("@")]
    claims = [(name, "its folder") for name in marked[-1:]]
    claims += [(given, "--account")] if given else []
    _check_claims(members[0].file.name, {found.owner}, "profile", claims)


def _check_claims(
    name: str, found: Iterable[str], what: str, claims: Iterable[tuple[str, str]]
) -> None:
    """Raise RefusedFile where somebody says another account than the content does."""
    for claim, where in claims:
        wanted = claim.strip().removeprefix("@").casefold()
        if any(account.casefold() != wanted for account in found):
            raise RefusedFile(
                f"{name} belongs to another account by its {what} than {where} says. Leave"
                " --account out, or offer it outside the other account's folder."
            )


def _describe_archive(members: Sequence[_Member], found: ArchiveRead) -> Facts:
    first = members[0].file
    evidence = {
        "profile": "its profile",
        "name": "the name of its zip or folder",
        "caller": "--account",
    }
    sections: dict[str, list[str]] = {}
    for section in found.sections:
        sections.setdefault(section.status, []).append(section.name)
    notes = [
        f"Sections that are {status}: {', '.join(names)}."
        for status, names in sections.items()
        if status != "present"
    ]
    if found.left_out:
        notes.append(f"Left out: {', '.join(left.name for left in found.left_out)}.")
    moments = [
        (part.entity.timestamps[0], part.batches) for part in found.parts if part.entity.timestamps
    ]
    return Facts(
        PERSONAL_ARCHIVE,
        f"{'text' if first.name.casefold().endswith('.txt') else 'JSON'} archive",
        vintage=found.vintage,
        account=found.owner,
        account_evidence=evidence[found.owner_source],
        window=_find_window(moments),
        window_evidence="the times of its events",
        exported_on=first.modified.date() if first.modified else None,
        export_evidence=(_ZIP_TIME if members[0].inner else _FILE_TIME) if first.modified else None,
        notes=tuple(notes),
    )


# --- the Accounts API ------------------------------------------------------------------------


def _read_payload(member: _Member, reading: _Reading) -> Iterator[Outcome]:
    from tiktok_warehouse.sources import accounts_api

    offers = (member.offer,)
    piece = Piece(
        *(member.label, ACCOUNTS_API, _hash_together([member])),
        *(accounts_api.PARSER_VERSION, offers),
    )
    if reason := reading.find_known(piece):
        yield Known(piece, reason)
        return
    spools = reading.scratch / f"spool-{len(list(reading.scratch.iterdir()))}"
    spools.mkdir(mode=0o700)
    file = replace(member.file, name=_without_plain_folders(member.file.name))
    try:
        with refusing_what_nobody_foresaw(member.label):
            found, evidence = _read_payload_of(file, spools, reading.settings.account)
            facts = _describe_payload(file, found, evidence)
            _check_has_rows(member.label, found)
    except (RefusedFile, FileNotFoundError) as error:
        yield Failure(member.label, _explain(error), offers)
        return
    if not member.inner and reading.has_changed(member.offer):
        yield _say_changing(member.label, offers)
        return
    yield Export(
        piece,
        facts,
        tuple(_count_part(part) for part in found.parts),
        tuple(left.name for left in found.left_out),
    )
    shutil.rmtree(spools)


def _read_payload_of(file: ExportFile, scratch: Path, account: str | None) -> tuple[ApiRead, str]:
    """Read a payload, and say what its account rests on."""
    from tiktok_warehouse.sources import accounts_api

    found = accounts_api.read(file, scratch=scratch, account=account)
    return found, found.account_evidence


def _count_part(part: SpooledPart) -> PartRows:
    return PartRows(part.entity, part.rows, part.malformed_rows, part.batches)


def _find_accounts(found: ApiRead) -> list[str]:
    accounts: set[str] = set()
    for part in found.parts:
        if "account_handle" in part.entity.columns:
            for batch in part.batches():
                accounts.update(pc.unique(batch.column("account_handle")).to_pylist())
    return sorted(accounts)


def _check_has_rows(label: str, found: ApiRead) -> None:
    """Raise RefusedFile for a payload of which no record can be read."""
    if all(part.malformed_rows == part.rows for part in found.parts):
        rows = [_count_part(part) for part in found.parts]
        problems = [problem for part in rows for problem in part.name_problems()]
        raise RefusedFile(
            f"{label} has no record that can be read: {'; '.join(problems[:MOST_PROBLEMS])}."
        )


def _describe_payload(file: ExportFile, found: ApiRead, evidence: str) -> Facts:
    from tiktok_warehouse.sources import accounts_api

    payload = accounts_api.recognise(file)
    times = {"api_account_days": "event_date"}
    moments = [(times.get(part.entity.name, "captured_at"), part.batches) for part in found.parts]
    captured = _find_window([(name, rows) for name, rows in moments if name == "captured_at"])
    days = _find_window([(name, rows) for name, rows in moments if name == "event_date"])
    notes = list(found.notes)
    if found.left_out:
        left = (f"{left.name} ({left.records:,})" for left in found.left_out)
        notes.append(f"Left out: {', '.join(left)}.")
    by_file = _ZIP_TIME if file.zip_name else _FILE_TIME
    said_by = by_file if found.is_dated_by_file else "the newest of its totals"
    dated_by = "the payload" if days or not found.is_dated_by_file else by_file
    return Facts(
        ACCOUNTS_API,
        " and ".join(payload.endpoints) if payload else "payload",
        account=", ".join(_find_accounts(found)),
        account_evidence=evidence,
        window=days or captured,
        window_evidence=dated_by if days or captured else None,
        exported_on=captured[1] if captured else None,
        export_evidence=said_by if captured else None,
        notes=tuple(notes),
    )


def _find_window(
    moments: Iterable[tuple[str, Callable[[], Iterator[pa.RecordBatch]]]],
) -> tuple[date, date] | None:
    """First and last day in columns of the contract's timestamps."""
    found: list[str] = []
    for name, open_batches in moments:
        for batch in open_batches():
            bounds = pc.min_max(batch.column(name)).as_py()
            found += [value[:10] for value in bounds.values() if value]
    return (date.fromisoformat(min(found)), date.fromisoformat(max(found))) if found else None
