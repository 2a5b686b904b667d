"""Zip archives, unpacked into a scratch folder without trusting a word of them.

A zip says how large its members are, where they go and what they are called; all three may be
lies. So members are counted and measured before a byte is unpacked, written under names of our
own, and streamed; what they are called is kept as text for people. A zip inside a zip is unpacked
too (TikTok Studio hands out four, which people pack into one), a third level is not.
"""

from __future__ import annotations

import io
import stat
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn, cast

from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.plain_files import open_plain
from tiktok_warehouse.sources.export_file import ExportFile

CHUNK_BYTES = 1 << 20
# Ten thousand members need under 2 MiB of directory; zipfile would take any size into memory.
MAX_DIRECTORY_BYTES = 16 << 20
MAX_NAME_CHARACTERS = 1_000

_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE_PART = "[Content_Types].xml"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_UNIX_TIMES = 0x5455
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_FOREIGN_NAMES = (".ds_store", "thumbs.db", "desktop.ini")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Limits:
    """How much a zip may be, all levels together.

    Attributes:
        total_bytes: what it may unpack to.
        members: how many files and folders it may hold.
        ratio: how many times its packed size a member, or the whole, may unpack to ...
        ratio_from_bytes: ... where it unpacks to more than this.
        depth: how many levels of zips inside it are unpacked.
    """

    total_bytes: int = 4 << 30
    members: int = 10_000
    ratio: int = 200
    ratio_from_bytes: int = 100_000_000
    depth: int = 1


DEFAULT_LIMITS = Limits()


@dataclass
class _Budget:
    """What has been counted so far, over all levels of one outermost zip."""

    limits: Limits
    packed: int
    unpacked: int = 0
    members: int = 0
    written: int = 0


def is_zip(path: Path) -> bool:
    """Whether a file begins like a zip archive; an .xlsx workbook does too.

    Raises:
        OSError: it cannot be read.
    """
    with open_plain(path) as file:
        return file.read(4) in _MAGICS


def is_workbook(path: Path) -> bool:
    """Whether a file that begins like a zip is an .xlsx workbook, not files that were packed.

    Raises:
        OSError: it cannot be read.
    """
    return is_zip(path) and not _is_inner_zip(path, path.name)


def unpack(
    path: Path, scratch: Path, *, name: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> tuple[ExportFile, ...]:
    """Unpack a zip, and the zips inside it, into a scratch folder.

    Args:
        path: the zip.
        scratch: an existing, empty folder; every member gets a numbered folder of its own in it.
        name: what people call the zip; its file name where it is None.
        limits: how large it may be.

    Returns:
        Its files in the zip's order, without folders and without what macOS and Windows leave in
        zips (``__MACOSX``, ``.DS_Store``). The name of a file in an inner zip begins with that
        zip's name, and its ``zip_name`` is the inner zip's. Times are UTC: the exact one where
        the zip records it, else its naive time taken as this machine's; None for no time.

    Raises:
        RefusedFile: the zip is broken, too large, encrypted, or would write outside its folder;
            nothing of it should be used then.
        OSError: the scratch folder cannot be written.
    """
    called = printable(path.name if name is None else name)
    budget = _Budget(limits, packed=path.stat().st_size)
    zip_name = PurePosixPath(called).name
    return tuple(_unpack_level(path, called, zip_name, "", scratch, budget, depth=0))


def printable(text: str) -> str:
    """A name as a message may show it: what is no printable character becomes U+FFFD."""
    shown = "".join(
        character if unicodedata.category(character)[0] != "C" else "\ufffd"
        for character in text[: MAX_NAME_CHARACTERS + 1]
    )
    return shown if len(shown) <= MAX_NAME_CHARACTERS else shown[:MAX_NAME_CHARACTERS] + "…"


@contextmanager
def open_checked(
    source: Path | IO[bytes], called: str, limits: Limits = DEFAULT_LIMITS
) -> Iterator[zipfile.ZipFile]:
    """Open a zip of one level, with its members counted and measured before any is read.

    Args:
        source: the zip, or its bytes; they stay open.
        called: its name in messages.
        limits: how large it may be.

    Raises:
        RefusedFile: it is broken or breaks a limit; also while the caller reads from it.
    """
    with _open(source, called) as (archive, packed):
        budget = _Budget(limits, packed=packed)
        _check_members(archive.infolist(), called, budget)
        with _refusing_broken(called):
            yield archive


def _refuse(called: str, problem: str) -> NoReturn:
    raise RefusedFile(f"{called} {problem}")


def _refuse_broken(called: str, error: Exception, where: str = "") -> NoReturn:
    _refuse(
        called,
        f"is a zip that is cut off or damaged ({where}{type(error).__name__}). Copy or download it"
        " again.",
    )


@contextmanager
def _refusing_broken(called: str, where: str = "") -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        _refuse_broken(called, error, where)


class _BoundedFile:
    """A file of which no single read is larger than a zip's directory may be."""

    def __init__(self, file: IO[bytes], called: str) -> None:
        self._file = file
        self._called = called

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            _refuse(
                self._called,
                f"has a directory of more than {MAX_DIRECTORY_BYTES >> 20} MiB: it holds too many"
                " files for an export, or it is damaged. Download it again.",
            )
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0 and offset < 0:
            raise zipfile.BadZipFile
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


@contextmanager
def _open(source: Path | IO[bytes], called: str) -> Iterator[tuple[zipfile.ZipFile, int]]:
    """A zip of one level, and how many bytes it has."""
    with open_plain(source) if isinstance(source, Path) else nullcontext(source) as file:
        packed = file.seek(0, io.SEEK_END)
        try:
            archive = zipfile.ZipFile(cast(IO[bytes], _BoundedFile(file, called)))
        except (*_BROKEN, OSError) as error:
            # A damaged directory may point before the file's start, which is an OSError.
            _refuse_broken(called, error)
        with archive:
            yield archive, packed


def _check_members(members: Sequence[zipfile.ZipInfo], called: str, budget: _Budget) -> None:
    limits = budget.limits
    budget.members += len(members)
    if budget.members > limits.members:
        _refuse(
            called,
            f"holds more than {limits.members:,} files and folders: no export does. Unpack it and"
            " offer the files that matter.",
        )
    seen: set[str] = set()
    for member in members:
        _check_member(member, called, limits)
        budget.unpacked += member.file_size
        path = _path_of(member)
        if path in seen and not _is_folder(member):
            _refuse(
                called,
                f"holds two files of one name, {printable(path)}; which one counts cannot be"
                " known. Unpack it and offer the right one.",
            )
        seen.add(path)
    if budget.unpacked > limits.total_bytes:
        _refuse(
            called,
            f"would unpack to {budget.unpacked:,} bytes; at most {limits.total_bytes:,} are"
            " unpacked. Unpack it yourself and offer the files.",
        )
    if is_bomb(budget.unpacked, budget.packed, limits):
        _refuse_bomb(called, "it", limits)


def _check_member(member: zipfile.ZipInfo, called: str, limits: Limits) -> None:
    shown = printable(_decoded_name(member))
    if member.flag_bits & _ENCRYPTED:
        _refuse(
            called,
            f"is encrypted ({shown} asks for a password). Unpack it with its password and offer"
            " the files.",
        )
    if _leads_outside(_decoded_name(member)):
        _refuse(
            called,
            f"holds a file that would be written outside its folder ({shown}); no export does."
            " Download it again from where it came from.",
        )
    if not _path_of(member) and not _is_folder(member):
        _refuse(called, "holds a file without a name. Download it again from where it came from.")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        _refuse(
            called,
            f"holds a link or a device in place of a file ({shown}); no export does. Pack the"
            " files themselves.",
        )
    if member.compress_type not in _METHODS:
        _refuse(
            called,
            f"packs {shown} with a method that is not read ({member.compress_type}). Unpack it and"
            " offer the files, or pack them as a plain zip.",
        )
    if is_bomb(member.file_size, member.compress_size, limits):
        _refuse_bomb(called, shown, limits)


def is_bomb(unpacked: int, packed: int, limits: Limits = DEFAULT_LIMITS) -> bool:
    """Whether something unpacks to so much more than its size that no export does."""
    return unpacked > limits.ratio_from_bytes and unpacked > limits.ratio * packed


def _refuse_bomb(called: str, what: str, limits: Limits) -> NoReturn:
    _refuse(
        called,
        f"is packed too tightly to be an export: {what} would unpack to more than"
        f" {limits.ratio} times its size. If it is genuine, unpack it yourself and offer the"
        " files.",
    )


def _decoded_name(member: zipfile.ZipInfo) -> str:
    """A member's name; one in UTF-8 that does not say so is read as UTF-8 all the same."""
    if member.flag_bits & _UTF8_NAME:
        return member.orig_filename
    try:
        return member.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.orig_filename


def _is_folder(member: zipfile.ZipInfo) -> bool:
    # zipfile's own question fails for a name of no character.
    return _decoded_name(member).endswith(("/", "\\"))


def _path_of(member: zipfile.ZipInfo) -> str:
    """Its path with "/", whichever way the packer's system writes one."""
    return "/".join(
        part
        for part in _decoded_name(member).replace("\\", "/").split("/")
        if part not in ("", ".")
    )


def _leads_outside(name: str) -> bool:
    plain = name.replace("\\", "/")
    drive = len(plain) > 1 and plain[1] == ":" and plain[0].isalpha()
    return plain.startswith("/") or drive or ".." in plain.split("/") or "\0" in plain


def _is_foreign(path: str) -> bool:
    parts = path.casefold().split("/")
    return "__macosx" in parts or parts[-1] in _FOREIGN_NAMES or parts[-1].startswith("._")


def _unpack_level(
    path: Path,
    called: str,
    zip_name: str,
    prefix: str,
    scratch: Path,
    budget: _Budget,
    *,
    depth: int,
) -> Iterator[ExportFile]:
    with _open(path, called) as (archive, _):
        members = archive.infolist()
        _check_members(members, called, budget)
        for member in members:
            inside = _path_of(member)
            if _is_folder(member) or _is_foreign(inside):
                continue
            shown = printable(inside)
            target = _write_member(archive, member, called, shown, scratch, budget)
            if not _is_inner_zip(target, inside):
                yield ExportFile(prefix + shown, target, _time_of(member), zip_name)
                continue
            if depth >= budget.limits.depth:
                _refuse(
                    called,
                    f"holds a zip inside a zip inside a zip ({shown}). Unpack the outer one and"
                    " offer what is in it.",
                )
            inner = PurePosixPath(shown).name
            yield from _unpack_level(
                target,
                f"{called}: {shown}",
                inner,
                f"{prefix}{shown}/",
                scratch,
                budget,
                depth=depth + 1,
            )
            target.unlink()


def _is_inner_zip(target: Path, inside: str) -> bool:
    """Whether a member is a zip to unpack, and not a workbook, which is a zip too."""
    if not is_zip(target):
        return False
    try:
        with open_checked(target, inside) as archive:
            return _OFFICE_PART not in archive.NameToInfo
    except RefusedFile:
        # A damaged workbook is one file that its reader refuses, a damaged zip many that are lost.
        return inside.casefold().endswith(".zip")


def _write_member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    called: str,
    shown: str,
    scratch: Path,
    budget: _Budget,
) -> Path:
    budget.written += 1
    folder = scratch / f"{budget.written:05d}"
    folder.mkdir()
    target = folder / _file_name(shown)
    with target.open("xb") as file:
        for chunk in _read_member(archive, member, called, shown):
            file.write(chunk)
    return target


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, called: str, shown: str
) -> Iterator[bytes]:
    """The bytes of a member; zipfile gives no more than the size that was checked."""
    size = 0
    with _refusing_broken(called, f"in {shown}, "), archive.open(member) as packed:
        while chunk := packed.read(CHUNK_BYTES):
            size += len(chunk)
            yield chunk
        if size != member.file_size:
            raise EOFError


def _file_name(shown: str) -> str:
    """A harmless file name that still reads like the member's, its ending included."""
    name = PurePosixPath(shown).name.replace("\ufffd", "_")
    # A file name has 255 bytes, and a character up to four.
    return name if len(name) <= 60 else f"{name[:40]}…{name[-19:]}"


def _time_of(member: zipfile.ZipInfo) -> datetime | None:
    if seconds := _exact_seconds(member.extra):
        return datetime.fromtimestamp(seconds, UTC)
    if member.date_time == _NO_TIME:
        return None
    try:
        # A zip's own time names no zone; where nothing better is known, it is this machine's.
        return datetime.fromtimestamp(time.mktime((*member.date_time, 0, 0, -1)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _exact_seconds(extra: bytes) -> int | None:
    """The time of change in unix seconds UTC, from a zip's extended timestamp field."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        at += 4
        if kind == _UNIX_TIMES and size >= 5 and at + 5 <= len(extra) and extra[at] & 1:
            return int(struct.unpack_from("<i", extra, at + 1)[0])
        at += size
    return None
