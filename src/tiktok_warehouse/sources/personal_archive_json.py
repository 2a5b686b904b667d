"""The JSON of a personal archive, read as a stream of events: memory does not grow with the file.

Names are looked up key by key, so that sections may stand in any order, root and vintage; of what
is not looked for, nothing is ever held but a count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from ijson.common import IncompleteJSONError, JSONError

from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources.personal_archive_sections import (
    LIVES,
    PREFIXES,
    ROOTS,
    SECTIONS_BY_PATH,
    SUMMARY,
    SUMMARY_MEASURES,
    Record,
    Section,
    is_empty,
    plain,
    sections_under,
)
from tiktok_warehouse.sources.personal_archive_tally import (
    PLACEHOLDER_LIVE,
    SENSITIVE,
    UNKNOWN,
    Tally,
    is_left_out,
    name_unknown,
)
from tiktok_warehouse.text_files import open_text

Event = tuple[str, Any]
Path_ = tuple[str, ...]

BUFFER_BYTES = 1 << 16
# No caption, comment or message comes near; a quote that is never closed must not fill the memory.
# The C parser reads an unfinished text again with each buffer: 4 MiB take a second, 16 MiB 20.
MAX_VALUE_BYTES = 4 << 20
# The deepest place in any archive seen is 8 levels down.
MAX_DEPTH = 200
# How far recognition looks: a section that is known stands within the first lines of every
# archive seen, and a foreign file of gigabytes must not be read twice.
RECOGNISE_BYTES = 16 << 20

_UTF8_BOM = b"\xef\xbb\xbf"
# JSONError's own text quotes the file, so it is never passed on.
_JSON_ERRORS = (
    JSONError,
    ValueError,
    ArithmeticError,
    RecursionError,
    # What the C parser leaves behind where Python refuses one of its numbers.
    SystemError,
)
# Python makes no integer of more than 4,300 digits, and the C parser does not notice its refusal.
_LONG_NUMBER = re.compile(rb"[\s:,\[-][0-9]{4000}")
# Every 500th byte: fewer than seven digits in a row there rule out 4,000 in a row, 40 times faster.
_STRIDE = 500
_DIGITS_AT_STRIDE = re.compile(rb"[0-9]{7}")
_MOST_DECIMALS = 40
# The C parser refuses the second half of a surrogate pair without the first, and takes whatever
# escape follows a first half for its second.
_HIGH_HALF = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}")
_LONE_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|\\u[dD][c-fC-F][0-9a-fA-F]{2}(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4})"
)
_HALF_BYTES = 6
_AGAIN = "Download it again, or unpack the original zip again."


class _TooDeep(ValueError):
    """Nested beyond any archive."""


class _TooLong(ValueError):
    """One value of many megabytes."""


class _TooManyDigits(ValueError):
    """A number that is none of an archive's."""


class _Unreadable(ValueError):
    """The disk failed."""


class _EndOfLook(Exception):
    """Recognition has read as far as it may."""


class _Bytes:
    """A file for the parser: counts bytes, skips the byte order mark, and stops endless values."""

    def __init__(self, file: IO[bytes], limit: int | None = None):
        self.position = 0
        self._file = file
        self._limit = limit
        self._last = self._tail = self._held = b""
        self._without_end = 0

    def read(self, size: int) -> bytes:
        if size == 0:
            return b""
        if self._limit is not None and self.position >= self._limit:
            raise _EndOfLook
        try:
            chunk = self._file.read(size)
        except OSError:
            raise _Unreadable from None
        if self.position == 0 and chunk.startswith(_UTF8_BOM):
            self.position = len(_UTF8_BOM)
            chunk = chunk[len(_UTF8_BOM) :] or self._file.read(size)
        self.position += len(chunk)
        is_over = not chunk
        chunk = self._take_whole_escapes(chunk)
        if not chunk and not is_over:
            return self.read(size)
        self._refuse_long_number(chunk)
        # A quote that no backslash precedes ends or begins a text. (One behind an escaped
        # backslash is missed; that matters only if nothing else ends for megabytes.)
        seen = self._last + chunk
        if seen.count(b'"') > seen.count(b'\\"'):
            self._without_end = 0
        else:
            self._without_end += len(chunk)
            if self._without_end > MAX_VALUE_BYTES:
                raise _TooLong
        self._last = chunk[-1:] if chunk.endswith(b"\\") else b""
        return chunk

    def _take_whole_escapes(self, chunk: bytes) -> bytes:
        """What was held back and what was read, up to an escape that may go on; b"" is the end."""
        seen = self._held + chunk
        at = seen.find(b"\\", max(0, len(seen) - 2 * _HALF_BYTES + 1)) if chunk else -1
        if at < 0:
            at = len(seen)
        elif _HIGH_HALF.fullmatch(seen, max(0, at - _HALF_BYTES), at):
            at -= _HALF_BYTES
        self._held = seen[at:]
        return _LONE_HALF.sub(rb"\\u003f", seen[:at])

    def _refuse_long_number(self, chunk: bytes) -> None:
        seen = self._tail + chunk
        if _DIGITS_AT_STRIDE.search(seen[::_STRIDE]) and _LONG_NUMBER.search(seen):
            raise _TooManyDigits
        self._tail = seen[-4100:]


def _backend() -> Any:
    # The C parser is some 20 times as fast. Wheels bring it; without one, pure Python does.
    try:
        return import_module("ijson.backends.yajl2_c")
    except ImportError:
        return import_module("ijson.backends.python")


@dataclass
class Look:
    """What recognition saw of a JSON file: its known roots, and known sections below them."""

    roots: set[str] = field(default_factory=set)
    sections: set[Path_] = field(default_factory=set)
    is_broken: bool = False

    @property
    def is_archive(self) -> bool:
        """A list where only this export has one, or two sections that stand where it has them."""
        return any(len(path) >= 3 for path in self.sections) or len(self.sections) >= 2


def look_at_json(path: Path) -> Look | None:
    """The keys at the top of a JSON object, as far as 16 MiB reach; None for what is none.

    Raises:
        OSError: the file cannot be read.
    """
    look = Look()
    with open_text(path) as file:
        data = _Bytes(file, RECOGNISE_BYTES)
        events = _parse(data)
        try:
            if next(events)[0] != "start_map":
                return None
            _look(events, (), look)
        except _EndOfLook:
            pass
        except (*_JSON_ERRORS, StopIteration):
            look.is_broken = True
    return look


def _look(events: Iterator[Event], path: Path_, look: Look) -> None:
    for event, key in events:
        if event == "end_map":
            return
        child = (*path, plain(key))
        if len(child) == 1 and child[0] in ROOTS:
            look.roots.add(child[0])
        event, _value = next(events)
        if child in SECTIONS_BY_PATH or (len(child) > 1 and child in PREFIXES):
            look.sections.add(child)
        if event == "start_map" and child in PREFIXES:
            _look(events, child, look)
        elif event in ("start_map", "start_array"):
            _count_records(events, event)


def read_json(path: Path, label: str, tally: Tally) -> None:
    """Read a whole archive into a tally.

    Args:
        path: the bytes.
        label: the file's name for messages.
        tally: takes rows and counts.

    Raises:
        RefusedFile: it is broken, cut off, no object, or holds a value that no archive has.
    """
    problem = ""
    with open_text(path) as file:
        data = _Bytes(file)
        events = _parse(data)
        try:
            first = next(events, ("", None))
            if first[0] != "start_map":
                problem = "is no JSON object, as a personal archive is."
            else:
                _walk(events, (), tally)
                # TikTok has written a document twice, one behind the other.
                if next(events, None) is not None and not _is_one_document(path):
                    problem = (
                        "holds more than one archive, and they differ. Offer each as a file of its"
                        " own."
                    )
        except _TooLong:
            problem = (
                f"has a value of more than {MAX_VALUE_BYTES >> 20} MiB before byte"
                f" {data.position:,}: no archive has one."
            )
        except _TooManyDigits:
            problem = f"has a number of thousands of digits before byte {data.position:,}."
        except _Unreadable:
            problem = f"cannot be read beyond byte {data.position:,}. Check its disk."
        except _TooDeep:
            problem = f"is nested deeper than {MAX_DEPTH} levels before byte {data.position:,}."
        except IncompleteJSONError:
            problem = (
                f"is cut off or broken: the JSON does not go on at byte {data.position:,} or"
                f" shortly before ({BUFFER_BYTES >> 10} KiB at most)."
            )
        except (*_JSON_ERRORS, StopIteration):
            problem = f"is broken JSON in the {BUFFER_BYTES >> 10} KiB before {data.position:,}."
    # Raised out here, so that no traceback leads to the parser's error, which quotes the file.
    if problem:
        raise RefusedFile(f"{label} {problem} {_AGAIN}")


def _parse(data: _Bytes) -> Iterator[Event]:
    return iter(_backend().basic_parse(data, buf_size=BUFFER_BYTES, multiple_values=True))


def _is_one_document(path: Path) -> bool:
    """Whether all documents of a file say the same, however they are laid out."""
    digests = set()
    with open_text(path) as file:
        depth, digest = 0, hashlib.sha256()
        for event, value in _parse(_Bytes(file)):
            digest.update(f"{event}\0{value!r}\n".encode("utf-8", "surrogatepass"))
            depth += event.startswith("start_") - event.startswith("end_")
            if depth == 0:
                digests.add(digest.digest())
                digest = hashlib.sha256()
    return len(digests) == 1


def _walk(events: Iterator[Event], path: Path_, tally: Tally) -> None:
    """Go through one map on the way to sections, up to its end."""
    for event, key in events:
        if event == "end_map":
            return
        child = (*path, plain(key))
        if not path and child[0] in ROOTS:
            tally.roots.add(child[0])
        event, value = next(events)
        section = SECTIONS_BY_PATH.get(child)
        if section is not None and not _goes_on(child, event):
            _read_section(events, event, value, section, tally)
        elif child in PREFIXES:
            _note_below(child, tally)
            if event == "start_map":
                _walk(events, child, tally)
            elif event == "start_array":
                records = _count_records(events, event)
                if records:
                    tally.leave_out(name_unknown((*child, "")), records, UNKNOWN)
                    _refuse_below(child, tally)
            elif not is_empty(_to_text(event, value)):
                tally.leave_out(name_unknown((*child, "")), 1, UNKNOWN)
                _refuse_below(child, tally)
        elif event in ("start_map", "start_array"):
            records = _count_records(events, event)
            if records:
                tally.leave_out(name_unknown(child), records, UNKNOWN)
        elif len(child) < 3 and not is_empty(_to_text(event, value)):
            # Deeper down, single values beside a list are flags of the app's (App, IsFastLane).
            tally.leave_out(name_unknown(child), 1, UNKNOWN)


def _goes_on(path: Path_, event: str) -> bool:
    """Whether a place that may be a section is, here, the way to one (``Comment > Comments``)."""
    return path in PREFIXES and event == "start_map"


def _note_below(path: Path_, tally: Tally) -> None:
    # The key of a single section says that the section is there; a root says nothing of the kind.
    if len(path) == 2:
        for section in sections_under(path):
            if not is_left_out(section):
                tally.note_empty(section)


def _refuse_below(path: Path_, tally: Tally) -> None:
    """Say of the sections that should stand in a map here that they are neither empty nor read."""
    if len(path) == 2:
        for section in sections_under(path):
            if not is_left_out(section):
                tally.add_malformed(section, f"{section.name}: no map where one belongs")


# --- sections ------------------------------------------------------------------------------


def _read_section(
    events: Iterator[Event], event: str, value: Any, section: Section, tally: Tally
) -> None:
    if is_left_out(section):
        records = _count_left_out(events, event, value)
        if records:
            repeated = section.name == "activity outside TikTok"
            tally.leave_out(section.name, records, SENSITIVE, repeated=repeated)
        return
    tally.note_place(section)
    if event == "start_array":
        _read_list(events, section, tally)
    elif event == "start_map" and section.layout == LIVES:
        _read_lives(events, section, tally)
    elif event == "start_map":
        record, keys, unknown = _read_record(events, section)
        # An empty map is one of the ways to say "nothing".
        if keys:
            tally.add_record(section, record)
            if section.layout == SUMMARY and unknown:
                tally.leave_out("unknown totals of the activity summary", unknown, UNKNOWN)
    elif not is_empty(_to_text(event, value)):
        tally.add_malformed(section, f"{section.name}: a single value where a list belongs")


def _read_list(events: Iterator[Event], section: Section, tally: Tally) -> None:
    for event, _value in events:
        if event == "start_map":
            tally.add_record(section, _read_record(events, section)[0])
        elif event == "end_array":
            return
        else:
            if event == "start_array":
                _count_records(events, event)
            tally.add_malformed(section, f"{section.name}: no object of keys and values")


def _read_record(events: Iterator[Event], section: Section) -> tuple[Record, int, int]:
    """The fields that the section asks for; how many keys there were; how many unknown totals.

    Of a nested value only the number of its elements is taken, where the section asks for it.
    """
    record: Record = {}
    fields = section.fields
    keys = unknown = 0
    for event, key in events:
        if event == "end_map":
            break
        keys += 1
        name = plain(key)
        event, value = next(events)
        ours = fields.get(name)
        if event in ("start_map", "start_array"):
            _count_records(events, event)
        elif ours is not None:
            text = _to_text(event, value)
            # Of several links, the first that says something.
            if record.get(ours) is None or (text and is_empty(record[ours])):
                record[ours] = text
        elif event == "number" and name not in SUMMARY_MEASURES:
            unknown += 1
    return record, keys, unknown


def _read_lives(events: Iterator[Event], section: Section, tally: Tally) -> None:
    for event, live_id in events:
        if event == "end_map":
            return
        event, _value = next(events)
        if live_id == PLACEHOLDER_LIVE:
            if event in ("start_map", "start_array"):
                _count_records(events, event)
            tally.leave_out("placeholders of lives", 1, "the platform's, no live")
        elif event == "start_map":
            tally.add_live(section, live_id, _read_live(events))
        else:
            if event == "start_array":
                _count_records(events, event)
            tally.add_malformed(section, f"{section.name}: no object of keys and values")


def _read_live(events: Iterator[Event]) -> Record:
    record: Record = {}
    for event, key in events:
        if event == "end_map":
            break
        name = plain(key)
        event, value = next(events)
        if name in ("comments", "questions"):
            record[name] = str(_count_elements(events, event, value))
        elif event in ("start_map", "start_array"):
            _count_records(events, event)
        elif name == "watchtime":
            record["date"] = _to_text(event, value)
    return record


# --- values --------------------------------------------------------------------------------


def _to_text(event: str, value: Any) -> str | None:
    if event == "string":
        return str(value)
    if event == "number":
        if isinstance(value, Decimal) and abs(value.adjusted()) < _MOST_DECIMALS:
            return f"{value:f}"
        return str(value)
    if event == "boolean":
        return "true" if value else "false"
    return None


def _count_elements(events: Iterator[Event], event: str, value: Any) -> int:
    """How many elements a list has; 0 for what is empty, 1 for any other single value."""
    if event != "start_array":
        if event == "start_map":
            return 1 if _count_records(events, event) else 0
        return 0 if is_empty(_to_text(event, value)) else 1
    elements = 0
    for inner, _value in events:
        if inner == "end_array":
            break
        elements += 1
        if inner in ("start_map", "start_array"):
            _count_records(events, inner)
    return elements


def _count_left_out(events: Iterator[Event], event: str, value: Any) -> int:
    if event in ("start_map", "start_array"):
        return _count_records(events, event)
    return 0 if is_empty(_to_text(event, value)) else 1


def _count_records(events: Iterator[Event], opened: str) -> int:
    """Pass over a value that has just begun, up to its end, and hold nothing of it.

    Returns:
        How many objects stand in lists in it, at any depth; else 1 if it says anything at all.
    """
    records = 0
    says_something = False
    in_list = [opened == "start_array"]
    for event, value in events:
        if event == "start_map":
            records += in_list[-1]
            in_list.append(False)
        elif event == "start_array":
            in_list.append(True)
        elif event in ("end_map", "end_array"):
            in_list.pop()
            if not in_list:
                break
            continue
        elif event != "map_key":
            says_something = says_something or value is not None
            continue
        else:
            continue

        if len(in_list) > MAX_DEPTH:
            raise _TooDeep
    return records or int(says_something)
