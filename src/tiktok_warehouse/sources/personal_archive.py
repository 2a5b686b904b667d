"""The "Download your data" archive of one person, JSON or text, of any year.

Read are the events that count (watches, likes, follows, …). What a person wrote, received, typed
into a form or carried along (messages, search terms, addresses, devices, places) is dropped as it
is read: it stands in no row, no result and no message.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tiktok_warehouse.errors import RefusedFile, refusing_what_nobody_foresaw
from tiktok_warehouse.neighbours import explain_language, guess_language, has_foreign_records
from tiktok_warehouse.sources import personal_archive_json as json_reader
from tiktok_warehouse.sources import personal_archive_txt as txt_reader
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.sources.personal_archive_sections import (
    ENTITIES_OF_ARCHIVE,
    OWNER,
    PERSON_COLUMNS_OF_ARCHIVE,
    ROOTS,
    is_empty,
    plain,
)
from tiktok_warehouse.sources.personal_archive_tally import (
    EMPTY,
    MISSING,
    PRESENT,
    UNKNOWN,
    LeftOut,
    SectionCount,
    Tally,
)
from tiktok_warehouse.sources.spool import SpooledPart
from tiktok_warehouse.sources.text_values import read_handle
from tiktok_warehouse.text_files import open_text

__all__ = [
    "EMPTY",
    "ENTITIES_OF_ARCHIVE",
    "MISSING",
    "PERSON_COLUMNS_OF_ARCHIVE",
    "PRESENT",
    "ArchiveRead",
    "LeftOut",
    "RefusedPart",
    "SectionCount",
    "Vintage",
    "find_archives",
    "read",
    "recognise",
]

# Part of what makes a file "already landed": raise it whenever the same bytes would give other
# rows.
PARSER_VERSION = "3"

_PREFERRED = "user_data_tiktok.json"
_JSON_NAMES = frozenset({_PREFERRED, "user_data.json"})
_NEWEST_ROOTS = frozenset({"likesandfavorites", "likesandfavourites", "profileandsettings"})
_OLDEST_ROOTS = frozenset({"activity", "adsanddata", "video"})


@dataclass(frozen=True)
class Vintage:
    """What kind of archive a file belongs to. For people: no section is looked up by it.

    Attributes:
        name: J1, J2, J3, T1, T2, T3; ``J hybrid`` where the roots of several are mixed, ``J`` where
            the roots that were looked at belong to all of them.
        kind: ``json`` (the whole archive) or ``txt`` (one section of it).
        section: of a text file, the section by its name; None where that is not known.
    """

    name: str
    kind: str
    section: str | None = None


@dataclass(frozen=True)
class RefusedPart:
    """A text file of an archive that could not be read; the others went on."""

    file: ExportFile
    reason: str


@dataclass(frozen=True)
class ArchiveRead:
    """What one archive gave.

    Attributes:
        vintage: its name, as in ``Vintage``.
        owner: the account's handle, without ``@``.
        owner_source: ``profile``, ``name`` (of a folder or the zip) or ``caller``.
        parts: an entity each, on disk; one with no rows where a section says that it is empty.
            ``_source_row`` counts an entity's records in the archive from 1.
        sections: every section that can land, with its status and counts.
        left_out: what is there and does not land, by our names, with counts.
        refused: text files that could not be read.
        unused: files that were not read because another one holds the same.
    """

    vintage: str
    owner: str = field(repr=False)
    owner_source: str
    parts: tuple[SpooledPart, ...]
    sections: tuple[SectionCount, ...]
    left_out: tuple[LeftOut, ...]
    refused: tuple[RefusedPart, ...]
    unused: tuple[ExportFile, ...]


# --- recognition ---------------------------------------------------------------------------


def recognise(file: ExportFile) -> Vintage | None:
    """Say whether a file is (a part of) a personal archive: by its content, then by its names.

    Of a JSON file no more than 16 MiB are looked at, so the vintage may be a guess; ``read``
    knows it.

    Raises:
        RefusedFile: it begins like an archive and is broken, or it cannot be opened.
    """
    try:
        return _recognise(file)
    except OSError as error:
        raise RefusedFile(_unreadable(file, error)) from None


def _recognise(file: ExportFile) -> Vintage | None:
    name = PurePosixPath(file.name)
    if name.suffix.casefold() == ".txt":
        return _recognise_txt(file, name)
    with open_text(file.path) as opened:
        start = opened.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{"):
        if name.name.casefold() in _JSON_NAMES:
            raise RefusedFile(
                f"{file.name} has the name of a personal archive and does not begin like one (with"
                " '{'). Download it again, or unpack the original zip again."
            )
        return None
    look = json_reader.look_at_json(file.path)
    if look is None:
        return None
    if look.is_broken:
        has_its_name = name.name.casefold() in _JSON_NAMES
        if not (look.roots or has_its_name) or (not look.sections and not has_its_name):
            return None
        raise RefusedFile(
            f"{file.name} begins like a personal archive and is cut off or broken JSON. Download"
            " it again, or unpack the original zip again."
        )
    has_its_name = name.name.casefold() in _JSON_NAMES and bool(look.roots)
    return Vintage(_name_json(look.roots), "json") if look.is_archive or has_its_name else None


def _recognise_txt(file: ExportFile, name: PurePosixPath) -> Vintage | None:
    folders = name.parts[:-1]
    section = txt_reader.find_section(name.stem)
    is_inside = txt_reader.stands_in_archive(folders, file.zip_name)
    if not is_inside:
        # The oldest archives have no folder of their own. Their chats have no keys either.
        is_chat = section is not None and txt_reader.lies_in_section_folder(section, folders)
        if section is None or not (is_chat or txt_reader.has_grammar(file.path)):
            return None
    vintage = txt_reader.tell_vintage(name.stem, folders)
    return Vintage(vintage, "txt", section.name if section else None)


def _name_json(roots: Iterable[str]) -> str:
    found = set(roots)
    old, new = bool(found & _OLDEST_ROOTS), bool(found & _NEWEST_ROOTS)
    if new and not old:
        return "J3"
    if "youractivity" in found and not old:
        return "J2"
    if old and not new and "youractivity" not in found:
        return "J1"
    return "J hybrid" if old else "J"


def find_archives(files: Sequence[ExportFile]) -> list[tuple[ExportFile, ...]]:
    """Put the files of each archive together, in the order of their names; each is one ``read``.

    A JSON file is an archive; both of the names that TikTok gives it, in one folder, are one. Text
    files are one archive with those whose section folders stand side by side; folders of other
    names, where nothing says that they are an archive's, may be those of different people, and are
    one archive each. Text files of no
    known section, in or above the folders of an archive, come last in it, for somebody to say so.

    Args:
        files: files that ``recognise`` knows.
    """
    groups: dict[tuple[str, ...], list[ExportFile]] = {}
    bases: dict[tuple[str, ...], tuple[str, ...]] = {}
    strays: dict[tuple[str, ...], list[ExportFile]] = {}
    for file in sorted(files, key=lambda file: (file.zip_name or "", file.name)):
        name = PurePosixPath(file.name)
        is_text = name.suffix.casefold() == ".txt"
        base = name.parts[: -2 if is_text and _is_in_section_folder(file, name) else -1]
        what = "" if is_text or name.name.casefold() in _JSON_NAMES else name.name
        key = ("txt" if is_text else "json", what, file.zip_name or "", *base)
        is_stray = is_text and txt_reader.find_section(name.stem) is None
        (strays if is_stray else groups).setdefault(key, []).append(file)
        bases[key] = base
    for key, found in strays.items():
        folder = PurePosixPath(found[0].name).parts[:-1]
        around = [
            near
            for near in groups
            if near[2] == key[2] and all(a == b for a, b in zip(folder, bases[near], strict=False))
        ]
        groups.setdefault(around[0] if around and key not in groups else key, []).extend(found)
    return [tuple(group) for group in groups.values()]


def _is_in_section_folder(file: ExportFile, name: PurePosixPath) -> bool:
    folders = name.parts[:-1]
    return txt_reader.stands_in_archive(folders[:-1], file.zip_name) or (
        bool(folders) and plain(folders[-1]) in ROOTS
    )


# --- reading -------------------------------------------------------------------------------


def read(
    files: Sequence[ExportFile],
    *,
    scratch: Path,
    account: str | None = None,
    keep_comment_text: bool = False,
) -> ArchiveRead:
    """Read one archive.

    Rows are spooled to Parquet in a new private folder below ``scratch``, with people's names as
    they stand in the file: the caller hashes ``PERSON_COLUMNS_OF_ARCHIVE`` and deletes the folder.
    Memory stays bounded by a batch of rows, whatever the size of the file.

    Args:
        files: the JSON file, or all text files of one archive (as ``find_archives`` groups them).
            Where there is JSON, text files are not read.
        scratch: an existing folder.
        account: the owner's handle, where neither the profile nor a folder or zip says it.
        keep_comment_text: land the text of the owner's comments.

    Raises:
        RefusedFile: the JSON is broken or cut off, none of the text files can be read, or it is
            not known whose archive it is, or two accounts are named.
    """
    if not files:
        raise RefusedFile("There is no file of a personal archive to read.")
    chosen, unused = _choose(files)
    _check_language(chosen)
    folder = Path(tempfile.mkdtemp(prefix="personal_archive_", dir=scratch))
    tally = Tally(folder, keep_comment_text)
    is_done = False
    problem = ""
    try:
        if PurePosixPath(chosen[0].name).suffix.casefold() == ".txt":
            vintage, refused = _read_txt_files(chosen, tally)
        else:
            json_reader.read_json(chosen[0].path, chosen[0].name, tally)
            vintage, refused = _name_json(tally.roots), ()
        owner, owner_source = _find_owner(chosen, tally, account)
        parts = tuple(spool.finish({OWNER: owner}) for spool in tally.spools)
        is_done = True
    except OSError as error:
        if not _is_about(error, chosen):
            raise
        problem = _unreadable(chosen[0], error)
    finally:
        tally.close()
        if not is_done:
            shutil.rmtree(folder, ignore_errors=True)
    if problem:
        raise RefusedFile(problem)
    return ArchiveRead(
        vintage,
        owner,
        owner_source,
        parts,
        tally.count_sections(),
        tally.list_left_out(),
        refused,
        unused,
    )


def _choose(files: Sequence[ExportFile]) -> tuple[tuple[ExportFile, ...], tuple[ExportFile, ...]]:
    """Which files are read, and which are not because those hold the same."""
    with_json = [f for f in files if PurePosixPath(f.name).suffix.casefold() != ".txt"]
    if not with_json:
        return tuple(files), ()
    named = [f for f in with_json if PurePosixPath(f.name).name.casefold() == _PREFERRED]
    chosen = (named or with_json)[0]
    return (chosen,), tuple(file for file in files if file is not chosen)


def _check_language(files: Sequence[ExportFile]) -> None:
    """Refuse text files whose names mean nothing and that begin as sections do, at once.

    A few beside as many that are known are sections that are new.
    """
    texts = [file for file in files if PurePosixPath(file.name).suffix.casefold() == ".txt"]
    dated = [file for file in texts if has_foreign_records(_read_start(file))]
    unknown = [
        file for file in dated if txt_reader.find_section(PurePosixPath(file.name).stem) is None
    ]
    if unknown and 2 * len(unknown) >= len(dated):
        raise RefusedFile(f"{files[0].name} {explain_language(guess_language(texts))}")


def _read_start(file: ExportFile) -> str:
    try:
        with open_text(file.path) as opened:
            return opened.read(4096).decode("utf-8-sig", "ignore")
    except OSError:
        # Whoever reads it says what is wrong.
        return ""


def _read_txt_files(
    files: Sequence[ExportFile], tally: Tally
) -> tuple[str, tuple[RefusedPart, ...]]:
    refused: list[RefusedPart] = []
    vintages: list[str] = []
    for file in files:
        name = PurePosixPath(file.name)
        vintages.append(txt_reader.tell_vintage(name.stem, name.parts[:-1]))
        section = txt_reader.find_section(name.stem)
        if section is None:
            tally.leave_out("text files of unknown sections", 1, UNKNOWN)
            continue
        try:
            with refusing_what_nobody_foresaw(file.name):
                txt_reader.check_text(file.path, file.name)
                txt_reader.read_txt(file.path, file.name, section, tally)
        except RefusedFile as error:
            refused.append(RefusedPart(file, str(error)))
        except OSError as error:
            if not _is_about(error, [file]):
                raise
            refused.append(RefusedPart(file, _unreadable(file, error)))
    if len(refused) == len(files):
        raise RefusedFile(refused[0].reason)
    # One file of a newer kind says more than many whose names never changed.
    newest = next(name for name in ("T3", "T1", "T2") if name in vintages)
    return newest, tuple(refused)


def _find_owner(files: Sequence[ExportFile], tally: Tally, account: str | None) -> tuple[str, str]:
    label = files[0].name
    if tally.has_two_owners:
        raise RefusedFile(
            f"{label} holds the profiles of two accounts. Offer their archives apart."
        )
    owner = read_handle(tally.owner or "")
    if tally.owner is not None and owner is None:
        raise RefusedFile(
            f"{label} has a profile with a user name that is none: letters, digits, _ and . are"
            " expected. Download it again."
        )
    given = None if is_empty(account) else read_handle(account or "")
    names = [PurePosixPath(files[0].zip_name or "").stem, *_folders_inside_out(files[0])]
    marked = [read_handle(name) for name in names if name.startswith("@")]
    claims = [
        *((name, "name") for name in marked if name is not None),
        *([(given, "caller")] if given and not owner else []),
    ]
    if owner is not None:
        claims = [(owner, "profile"), *claims]
    if len({handle.casefold() for handle, _source in claims}) > 1:
        raise RefusedFile(
            f"{label} belongs to two accounts: its profile, the names of its zip and folders, and"
            " --account do not agree. Leave --account out, or offer it outside the other account's"
            " folder."
        )
    if claims:
        return claims[0]
    raise RefusedFile(
        f"{label} does not say whose archive it is: it has no profile with a user name."
        " Say the account, or put the file in a folder named @ and the account's handle."
    )


def _folders_inside_out(file: ExportFile) -> list[str]:
    return list(reversed(PurePosixPath(file.name).parts[:-1]))


def _is_about(error: OSError, files: Sequence[ExportFile]) -> bool:
    """Whether an error is about reading the export, not about writing to scratch."""
    return error.filename is not None and any(
        str(file.path) == str(error.filename) for file in files
    )


def _unreadable(file: ExportFile, error: OSError) -> str:
    return f"{file.name} cannot be read ({error.strerror}). Check its permissions and its disk."
