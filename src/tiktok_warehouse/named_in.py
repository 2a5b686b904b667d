"""Whether a file names somebody, packed or not, without taking it into memory.

What nobody can look into (a bomb, a picture, a database, Parquet) may name anybody: the answer is
that it is not known.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from tiktok_warehouse import archives
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.plain_files import open_plain

# More of a packed file is not looked into.
_MOST_UNPACKED = archives.Limits(total_bytes=1 << 30, members=2_000)
_LEVELS = 2
_CHUNK_BYTES = 1 << 20
_UNPACKERS: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file)),
    b"BZh": lambda file: cast(IO[bytes], bz2.BZ2File(file)),
    b"\xfd7zXZ": lambda file: cast(IO[bytes], lzma.LZMAFile(file)),  # noqa: SIM115 - closed with the file
}
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
# Text has none of these.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# JSON inside JSON has its backslashes doubled.
_BACKSLASHES = re.compile(rb"\\+u")
_ESCAPES = re.compile(rb"(?:\\+u[0-9a-fA-F]{4})+")
_REFERENCES = re.compile(rb"&#([xX]?)0*([0-9a-fA-F]{1,6});")
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1")


class _Unreadable(Exception):
    """A file that cannot be unpacked to see what it names."""


def is_named_in(path: Path, needles: Sequence[str], handles: Sequence[str]) -> bool | None:
    """Whether one of some texts stands in a file or in its name, also as JSON or XML escape it.

    Args:
        path: the file; links are not followed.
        needles: texts as they are written.
        handles: texts in small letters, looked for in any case of letters.

    Returns:
        None where it cannot be looked into.
    """
    wanted = (_encode(needles), _encode(handles))
    if _is_in(os.fsencode(path.name), wanted):
        return True
    try:
        with open_plain(path) as file:
            return _look(file, wanted, _LEVELS, path.stat().st_size)
    except (_Unreadable, RefusedFile, OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
        return None


def _encode(texts: Sequence[str]) -> list[bytes]:
    return [
        text.encode(encoding)
        for text in texts
        for encoding in _ENCODINGS
        if encoding != "latin-1" or all(ord(character) < 256 for character in text)
    ]


_Wanted = tuple[list[bytes], list[bytes]]


def _look(file: IO[bytes], wanted: _Wanted, levels: int, packed: int) -> bool:
    start = file.read(8)
    file.seek(0)
    if start.startswith((b"PAR1", b"\x28\xb5\x2f\xfd")):
        # Parquet packs its pages, and zstd needs its own reader: nobody looks inside here.
        raise _Unreadable
    if levels < 0:
        raise _Unreadable
    if start.startswith((*_UNPACKERS, b"PK")):
        # What a packed file says of itself: comments, the name it had, what lies behind its end.
        if any(_is_in(window, wanted) for window in _read_windows(file, wanted)):
            return True
        file.seek(0)
    for magic, unpack in _UNPACKERS.items():
        if start.startswith(magic):
            return _look(_Counted(unpack(file), packed), wanted, levels - 1, packed)  # type: ignore[arg-type]
    if start.startswith(b"PK"):
        with archives.open_checked(file, "", _MOST_UNPACKED) as archive:
            for member in archive.infolist():
                if _is_in(member.filename.encode("utf-8", "replace"), wanted):
                    return True
                with archive.open(member) as inner:
                    if _look(inner, wanted, levels - 1, member.file_size):
                        return True
        return False
    return _look_at_text(file, wanted, is_utf16=start.startswith(_UTF16_BOMS))


class _Counted:
    """What a packed file unpacks to, up to a bound."""

    def __init__(self, file: IO[bytes], packed: int) -> None:
        self._file = file
        self._packed = packed

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        at = self._file.tell()
        if at > _MOST_UNPACKED.total_bytes or archives.is_bomb(at, self._packed, _MOST_UNPACKED):
            raise _Unreadable
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 2:
            # A zip's end is known only once all of it has been unpacked, within the bound.
            while self.read(_CHUNK_BYTES):
                pass
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def _look_at_text(file: IO[bytes], wanted: _Wanted, *, is_utf16: bool) -> bool:
    is_text = True
    for window in _read_windows(file, wanted):
        if _is_in(window, wanted):
            return True
        is_text = is_text and (is_utf16 or _BINARY.search(window) is None)
    if not is_text:
        raise _Unreadable
    return False


def _read_windows(file: IO[bytes], wanted: _Wanted) -> Iterator[bytes]:
    """A file in pieces that overlap, so that what is looked for stands in one of them whole."""
    # A character may be written as eight bytes and more, in UTF-16 as twice as many.
    overlap = 24 * max((len(text) for texts in wanted for text in texts), default=0)
    rest = b""
    while chunk := file.read(_CHUNK_BYTES):
        yield rest + chunk
        rest = (rest + chunk)[-overlap:] if overlap else b""


def _is_in(window: bytes, wanted: _Wanted) -> bool:
    exact, folded = wanted
    forms = [window]
    # In UTF-16 each of their characters is followed or preceded by a NUL.
    for text in (window, window.replace(b"\0", b"")) if b"\0" in window else (window,):
        if b"\\u" in text or b"&#" in text:
            forms.append(_REFERENCES.sub(_read_reference, _ESCAPES.sub(_read_escapes, text)))
    return any(
        any(text in form for text in exact) or any(text in form.lower() for text in folded)
        for form in forms
    )


def _read_escapes(match: re.Match[bytes]) -> bytes:
    units = bytes.fromhex(_BACKSLASHES.sub(b"", match.group()).decode("ascii"))
    return units.decode("utf-16-be", "replace").encode("utf-8")


def _read_reference(match: re.Match[bytes]) -> bytes:
    try:
        return chr(int(match.group(2), 16 if match.group(1) else 10)).encode("utf-8", "replace")
    except (ValueError, OverflowError):
        return match.group()
