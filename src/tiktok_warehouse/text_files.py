"""Text files as UTF-8, whichever of the two ways they say themselves that they are written in."""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import IO, cast

from tiktok_warehouse.plain_files import open_plain

_UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CHUNK_BYTES = 1 << 20


class _Recoded(io.RawIOBase):
    """UTF-16 with a byte order mark, read as UTF-8 without one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-16")()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = self._file.read(_CHUNK_BYTES)
            # What no text can be stays visible as what UTF-8 cannot be.
            self._rest = self._decode(chunk)
            if not chunk:
                break
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _decode(self, chunk: bytes) -> bytes:
        try:
            return self._decoder.decode(chunk, final=not chunk).encode()
        except UnicodeError:
            self._decoder.reset()
            return b"\xff"

    def close(self) -> None:
        self._file.close()
        super().close()


def as_utf8(file: IO[bytes]) -> IO[bytes]:
    """A file at its start, as UTF-8 where its first two bytes say that it is UTF-16.

    What is broken in it comes out as bytes that are no UTF-8 either, so that its reader says so.
    """
    start = file.read(2)
    file.seek(0)
    if start not in _UTF16_BOMS:
        return file
    return cast(IO[bytes], io.BufferedReader(_Recoded(file)))


def open_text(path: Path) -> IO[bytes]:
    """Open a text file's bytes as UTF-8.

    Raises:
        RefusedFile: it is no regular file, or a link.
        OSError: it cannot be opened.
    """
    return as_utf8(open_plain(path))
