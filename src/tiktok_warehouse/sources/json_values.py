"""JSON in any wrapping, one value at a time: an object, an array, JSON Lines, or pages in a row.

Numbers stay as they were written (``1.50`` is not 1.5). Memory is bounded by one value: the
elements of an array at the top are read one by one.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.text_files import open_text

_CHUNK_BYTES = 1 << 20
# A page holds 20 videos of some 10 kB each; one value with all videos of an account is far below.
MAX_VALUE_CHARACTERS = 24 << 20
# What Python needs for one more list or object, and for one more element, in bytes (measured; for
# "[[0],[0],…" it is 108 for each character). One value may take this much in all.
_CONTAINER_BYTES, _ELEMENT_BYTES = 250, 120
MAX_VALUE_BYTES = 800 << 20
_NUMBER_GOES_ON = ("", *"0123456789+-.eE")
_SPACE = re.compile(r"[ \t\r\n]*")
_AGAIN = "Copy or export it again."


class Literal(str):
    """A JSON number as it was written."""

    __slots__ = ()


def _fold_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with its names in small letters: a warehouse may unload them in large ones."""
    folded: dict[str, Any] = {}
    for name, value in pairs:
        small = name.lower()
        if name == small or small not in folded:
            folded[small] = value
    return folded


DECODER = json.JSONDecoder(
    object_pairs_hook=_fold_names,
    parse_int=Literal,
    parse_float=Literal,
    parse_constant=Literal,
)


class _Text:
    """The file as text, a window of it at a time."""

    def __init__(self, file: IO[bytes], label: str):
        self.window = ""
        self.at = 0
        self.is_over = False
        self.before = 0
        self._file = file
        self._label = label
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()

    @property
    def position(self) -> int:
        """Characters of the file before the place that is read next."""
        return self.before + self.at

    def grow(self, size: int = _CHUNK_BYTES) -> None:
        """Drop what has been read and take more of the file."""
        try:
            chunk = self._file.read(size)
        except OSError as error:
            self.refuse(f"cannot be read ({error.strerror}). Check its disk.")
        is_text = True
        try:
            more = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            is_text = False
        if not is_text:
            self.refuse(f"is not UTF-8 text, after character {self.before + len(self.window):,}.")
        self.is_over = not chunk
        self.before += self.at
        self.window = self.window[self.at :] + more
        self.at = 0

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Pass over a pattern; the character that follows, or "" at the end of the file."""
        while True:
            match = pattern.match(self.window, self.at)
            end = match.end() if match else self.at
            if end < len(self.window):
                self.at = end
                return self.window[end]
            if self.is_over:
                self.at = end
                return ""
            self.grow()

    def refuse(self, problem: str) -> Any:
        raise RefusedFile(f"{self._label} {problem}")


def takes_too_much(text: str, start: int = 0) -> bool:
    """Whether JSON would fill the memory once it is decoded: by its brackets and commas."""
    containers = text.count("[", start) + text.count("{", start)
    elements = containers + text.count(",", start)
    return containers * _CONTAINER_BYTES + elements * _ELEMENT_BYTES > MAX_VALUE_BYTES


def read_values(path: Path, label: str) -> Iterator[Any]:
    """The values of a file: the elements of an array at the top, else each value at the top.

    Args:
        path: a UTF-8 file.
        label: its name for messages.

    Yields:
        Decoded JSON; names in small letters, numbers as ``Literal``, a text that looks like what
        was written.

    Raises:
        RefusedFile: it is no UTF-8 or no JSON, is cut off, or one value has more than 24 Mi
            characters. Messages quote nothing of it.
    """
    try:
        file = open_text(path)
    except OSError as error:
        raise RefusedFile(f"{label} cannot be read ({error.strerror}).") from None
    with file:
        text = _Text(file, label)
        first = text.skip(_SPACE)
        if first == "[":
            text.at += 1
            yield from _read_array(text)
        else:
            while text.skip(_SPACE):
                yield _read_value(text)


def _read_array(text: _Text) -> Iterator[Any]:
    if text.skip(_SPACE) == "]":
        text.at += 1
    else:
        while True:
            yield _read_value(text)
            after = text.skip(_SPACE)
            text.at += 1
            if after == "]":
                break
            if after != ",":
                what = "is cut off" if not after else "is broken JSON: no comma between elements"
                text.refuse(f"{what} at character {text.position:,}. {_AGAIN}")
            text.skip(_SPACE)
    if text.skip(_SPACE):
        text.refuse(f"goes on after the end of its array, at character {text.position:,}.")


def _read_value(text: _Text) -> Any:
    size = _CHUNK_BYTES
    while True:
        problem = ""
        if size > _CHUNK_BYTES and takes_too_much(text.window, text.at):
            text.refuse(
                "has one value with millions of elements: too many to hold. Land it a page a line"
                " (JSON Lines)."
            )
        try:
            value, end = DECODER.raw_decode(text.window, text.at)
            # A number at the very end of what has been read may go on ("345", "345." and "345.5").
            goes_on = isinstance(value, Literal) and text.window[end : end + 1] in _NUMBER_GOES_ON
            if text.is_over or not goes_on:
                text.at = end
                return value
        except json.JSONDecodeError as error:
            # The error itself holds the whole document: only its place is taken.
            problem = f"at character {text.before + error.pos + 1:,}"
        except RecursionError:
            text.refuse("is nested too deeply to be a payload.")
        if text.is_over:
            text.refuse(f"is broken or cut off JSON, {problem}. {_AGAIN}")
        room = MAX_VALUE_CHARACTERS - (len(text.window) - text.at)
        if room <= 0:
            text.refuse(
                f"has one value of more than {MAX_VALUE_CHARACTERS >> 20} Mi characters, or is"
                f" broken JSON, {problem or 'in it'}. Land it a page a line (JSON Lines)."
            )
        text.grow(min(size, room))
        size *= 4
