"""The text files of a personal archive: one section a file, English or Dutch.

Blocks of ``Key: value`` lines with blank lines between them. A text that a person wrote (a
comment, a title) may hold blank lines and colons itself, so a line begins a field only where its
key is known, and a block begins a record only where its first key has been seen before.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn

from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources.personal_archive_sections import (
    KNOWN_FIELDS,
    ROOTS,
    SECTIONS_BY_FILE,
    Record,
    Section,
    plain,
)
from tiktok_warehouse.sources.personal_archive_tally import SENSITIVE, Tally, is_left_out
from tiktok_warehouse.text_files import open_text

MAX_LINE_BYTES = 16 << 20
MAX_RECORD_CHARACTERS = 16 << 20
_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 64 << 10

# "Split at the first colon only"; favourite hashtags have a key that ends in two.
_FIELD = re.compile(r"([^:]{1,60}):(:?)(.*)", re.DOTALL)
_NO_DATA = ("you have no data in this section", "geen gegevens")
# Fields in which a person may have written line breaks.
_FREE_TEXT = frozenset(
    [
        *("comment", "reactie", "title", "content", "searchterm", "zoekterm"),
        *("location", "addyourstext", "alternatetext"),
    ]
)
# Fields whose text lands. They stand before the texts of a record: behind one, or a second time,
# such a line may be part of what the person wrote.
_BEFORE_TEXT = frozenset({"sound", "whocanview", "likes", "aigeneratedcontent"})

_DATA_FOLDER = re.compile(r"tiktok_data_.*", re.IGNORECASE)
_NEW_FOLDERS = frozenset(
    {"youractivity", "likesandfavorites", "likesandfavourites", "profileandsettings"}
)
_OLD_FOLDERS = frozenset({"videos"})


def find_section(stem: str) -> Section | None:
    """The section that a text file's name, without folders and suffix, stands for."""
    return SECTIONS_BY_FILE.get(plain(stem))


def stands_in_archive(folders: tuple[str, ...], zip_name: str | None) -> bool:
    """Whether the folders or the zip around a file have the export's own names."""
    names = [*folders, zip_name or ""]
    return any(_DATA_FOLDER.fullmatch(name) or name.casefold() == "tiktok" for name in names)


def lies_in_section_folder(section: Section, folders: tuple[str, ...]) -> bool:
    """Whether a section that is left out lies where the export puts it."""
    return is_left_out(section) and bool(folders) and plain(folders[-1]) in ROOTS


def tell_vintage(stem: str, folders: tuple[str, ...]) -> str:
    """T1, T2 or T3, by the names of the file and its folders. For people: no reader asks for it."""
    plain_folders = {plain(folder) for folder in folders}
    if plain_folders & _NEW_FOLDERS or plain(stem) == "watchhistory":
        return "T3"
    if plain(stem) == "videobrowsinghistory" or plain_folders & _OLD_FOLDERS:
        return "T1"
    return "T2"


def has_grammar(path: Path) -> bool:
    """Whether a file begins with a known key, or with the sentence that says "no data".

    Raises:
        OSError: the file cannot be read.
    """
    with open_text(path) as file:
        head = file.read(_HEAD_BYTES)
    text = head.decode("utf-8-sig", "ignore")
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return _read_key(first) is not None or _says_no_data(first)


def check_text(path: Path, label: str) -> None:
    """Read a whole file once, so that nothing of it lands if a part of it cannot be read.

    Raises:
        RefusedFile: it is not UTF-8, is binary, or has a line of more than 16 MiB.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    line_bytes = 0
    broken = False
    with open_text(path) as file:
        while chunk := _read_chunk(file, label):
            if b"\0" in chunk:
                where = lines + chunk.count(b"\n", 0, chunk.index(b"\0"))
                _refuse(label, f"is binary, not text: a NUL byte in line {where}.")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                lines += error.object[: error.start].count(b"\n")
                broken = True
                break
            lines += chunk.count(b"\n")
            last = chunk.rfind(b"\n")
            line_bytes = line_bytes + len(chunk) if last < 0 else len(chunk) - last
            if line_bytes > MAX_LINE_BYTES:
                _refuse(label, f"has a line of more than {MAX_LINE_BYTES >> 20} MiB ({lines}).")
    if broken or decoder.getstate()[0]:
        _refuse(label, f"is not UTF-8 text (line {lines}).")


def _read_chunk(file: IO[bytes], label: str) -> bytes:
    try:
        return file.read(_CHUNK_BYTES)
    except OSError as error:
        _refuse(label, f"cannot be read ({error.strerror}). Check its disk.")


def read_txt(path: Path, label: str, section: Section, tally: Tally) -> None:
    """Read one text file, which ``check_text`` has passed, into a tally.

    Args:
        path: the bytes.
        label: the file's name for messages.
        section: what it holds, by its name.
        tally: takes rows and counts.

    Raises:
        RefusedFile: none of its lines begins with a known key, and there is more than a sentence.
    """
    if is_left_out(section):
        blocks = _count_blocks(path)
        if blocks:
            tally.leave_out(section.name, blocks, SENSITIVE)
        return
    if not _has_a_known_key(path):
        _check_is_empty(path, label)
        tally.note_place(section)
        return
    tally.note_place(section)
    for record, problem in _read_records(path, section):
        if problem:
            tally.add_malformed(section, problem)
        else:
            tally.add_record(section, record)


# --- lines ---------------------------------------------------------------------------------


def _read_lines(path: Path) -> Iterator[str]:
    # Only \n ends a line: a comment may hold other characters that Python counts as line ends.
    with io.TextIOWrapper(open_text(path), encoding="utf-8-sig", newline="\n") as file:
        for line in file:
            yield line.rstrip("\r\n")


def _read_field(line: str) -> tuple[str | None, str]:
    """The plain key that a line begins with and its value; no key where it is not known."""
    match = _FIELD.fullmatch(line)
    if match is None:
        return None, ""
    key = plain(match.group(1))
    return (key if key in KNOWN_FIELDS else None), match.group(3)


def _read_key(line: str) -> str | None:
    return _read_field(line)[0]


def _says_no_data(line: str) -> bool:
    return any(sentence in line.casefold() for sentence in _NO_DATA)


def _has_a_known_key(path: Path) -> bool:
    return any(_read_key(line) is not None for line in _read_lines(path))


def _check_is_empty(path: Path, label: str) -> None:
    lines = [line for _, line in zip(range(1000), _read_lines(path), strict=False) if line.strip()]
    if not lines or _says_no_data(lines[0]) or (len(lines) == 1 and ":" not in lines[0]):
        return
    _refuse(
        label,
        "has no line that begins with a known key (English and Dutch are known: Date, Datum, Link,"
        " …). Download the archive as JSON instead.",
    )


def _count_blocks(path: Path) -> int:
    """Blocks of ``key: value`` lines, of which nothing is held."""
    blocks = 0
    after_blank = True
    for line in _read_lines(path):
        if not line.strip():
            after_blank = True
        elif after_blank:
            after_blank = False
            blocks += ":" in line
    return blocks


# --- records -------------------------------------------------------------------------------


@dataclass
class _Block:
    """The record that is being read: its lines by plain key, texts in pieces."""

    seen: set[str] = field(default_factory=set)
    pieces: dict[str, list[str]] = field(default_factory=dict)
    current: str = ""
    problem: str | None = None
    characters: int = 0

    def begin(self, section: Section, key: str, value: str) -> None:
        """Take the line that begins a field; the first that says something is kept."""
        ours = section.fields.get(key)
        is_repeated = key in self.seen
        self.seen.add(key)
        self.current = key
        if ours in _BEFORE_TEXT and is_repeated:
            self.pieces[ours] = []
            return
        if ours is not None and not any(self.pieces.get(ours, ())):
            self.pieces[ours] = [value]

    def is_behind_text(self, section: Section, key: str | None) -> bool:
        """Whether a field stands behind a text, of which its line may be a part."""
        return section.fields.get(key or "") in _BEFORE_TEXT and not _FREE_TEXT.isdisjoint(
            self.seen
        )

    def go_on(self, section: Section, line: str, blank_lines: int) -> None:
        """Take a line that begins no known field."""
        if not self.current:
            self.problem = f"{section.name}: text before the first key"
        elif self.current in _FREE_TEXT:
            ours = section.fields.get(self.current)
            if ours is not None:
                self.pieces.setdefault(ours, []).append("\n" * (blank_lines + 1) + line)
                self.characters += blank_lines
        elif not _FIELD.fullmatch(line):
            # (A field that is not known is not asked for either, like an unknown key of the JSON.)
            self.problem = self.problem or f"{section.name}: a line that belongs to no key"

    def finish(self) -> tuple[Record, str | None]:
        return {name: "".join(pieces).strip() for name, pieces in self.pieces.items()}, self.problem


def _read_records(path: Path, section: Section) -> Iterator[tuple[Record, str | None]]:
    """The file's records with the fields that the section asks for, each with its problem."""
    block = _Block()
    first_key = ""
    blank_lines = 0
    for line in _read_lines(path):
        if not line.strip():
            blank_lines += 1
            continue
        key, value = _read_field(line)
        if key in block.seen and block.current in _FREE_TEXT and not blank_lines:
            # "Date: …" among the lines of a comment: part of what the person wrote.
            key = None
        elif key != first_key and block.is_behind_text(section, key):
            key = None
        if key is None:
            block.go_on(section, line, blank_lines)
        else:
            # Within a text, only the first key begins a record.
            is_text = block.current in _FREE_TEXT
            starts = key == first_key or (blank_lines > 0 and key in block.seen and not is_text)
            if (block.seen and starts) or (block.problem and not block.seen):
                yield block.finish()
                block = _Block()
            first_key = first_key or key
            block.begin(section, key, value)
        block.characters += len(line)
        if block.characters > MAX_RECORD_CHARACTERS:
            limit = MAX_RECORD_CHARACTERS >> 20
            block.problem = f"{section.name}: a record of more than {limit} Mi characters"
            block.pieces.clear()
        blank_lines = 0
    if block.seen or block.problem:
        yield block.finish()


def _refuse(label: str, problem: str) -> NoReturn:
    raise RefusedFile(f"{label} {problem}")
