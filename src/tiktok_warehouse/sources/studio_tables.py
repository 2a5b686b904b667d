"""The cells of a TikTok Studio file, which is a CSV or a workbook of one sheet, as text.

Real files are UTF-8 with a byte order mark, quoted, without a last line end. What spreadsheets make
of them when they save them again (UTF-16, semicolons, tabs, CRLF, numbers and dates in place of
text) is read as well, as long as it says the same. Formulas and macros are refused.
"""

from __future__ import annotations

import csv
import errno
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, NoReturn

from tiktok_warehouse import archives
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.plain_files import open_plain
from tiktok_warehouse.sources.export_file import ExportFile

# 365 rows of the widest file are 20 KB. Two years of 24 rows a day fit, and what is built to be
# slow takes seconds at most.
MAX_BYTES = 8 << 20
MAX_ROWS = 20_000
MAX_COLUMNS = 64
HEAD_BYTES = 64 << 10
DELIMITERS = (",", "\t", ";")
# Python's own bound is 131,072 characters, for all readers at once.
MAX_CELL = 1 << 20

# openpyxl takes a workbook's texts into memory whole, and a megabyte of styles takes it a second.
_WORKBOOK_LIMITS = archives.Limits(total_bytes=8 << 20, members=500)
_MAX_SIDE_PART_BYTES = 1 << 20
_MAIN_PARTS = ("xl/worksheets/", "xl/sharedstrings.xml")
_WORKBOOK_PART = "xl/workbook.xml"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
# A first line for spreadsheets, which says what separates the cells below it.
_SEP_LINE = re.compile(r'"?sep=.?"?[^\S\n]*\r?\n', re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """One record of a file: its number from 1, its cells, trimmed, and how many it really has.

    Empty cells at its end are cut off; those that a CSV lacks tell a row that was cut off from one
    whose last values are empty.
    """

    number: int
    cells: tuple[str, ...]
    width: int


@dataclass(frozen=True)
class Table:
    """A file's header, its width with empty names at its end, and its records.

    Records of empty cells alone are neither kept nor counted.
    """

    header: tuple[str, ...]
    width: int
    records: tuple[Record, ...]


def read_headers(file: ExportFile) -> list[tuple[str, ...]]:
    """What may be the header of a file, one for each way to read it; none if it is no table.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        if archives.is_zip(file.path):
            with _open_workbook(file) as book:
                rows = _sheet_rows(book.worksheets[0], 1)
                return [_trim(next(rows, ()))]
        with open_plain(file.path) as opened:
            head = opened.read(HEAD_BYTES)
        text = _decode(head, whole=False)
        return [header for mark in DELIMITERS if (header := _first_row(text, mark))]
    except (RefusedFile, UnicodeError, csv.Error, IndexError):
        return []


def read_table(file: ExportFile, header: Sequence[str]) -> Table:
    """Read a file whose header is known.

    Args:
        file: the file.
        header: one of those that ``read_headers`` gave; it settles what separates the cells.

    Raises:
        RefusedFile: the file is too large, damaged, or a workbook with formulas, macros or more
            than one sheet.
        OSError: the file cannot be read.
    """
    if file.path.stat().st_size > MAX_BYTES:
        refuse(file, f"is larger than {MAX_BYTES >> 20} MiB: no file of TikTok Studio is.")
    is_workbook = archives.is_zip(file.path)
    rows = _read_workbook(file) if is_workbook else _read_csv(file, header)
    filled = [(row, len(raw)) for raw in rows if (row := _trim(raw))]
    if not filled:
        refuse(file, "has no header. Download it again.")
    names, width = filled[0]
    if is_workbook:
        # A workbook leaves out empty cells, so its rows are as wide as its header at least.
        width = len(names)
        filled = [(row, max(len(row), width)) for row, _ in filled]
    records = (Record(number, row, cells) for number, (row, cells) in enumerate(filled[1:], 1))
    return Table(names, width, tuple(records))


def refuse(file: ExportFile, problem: str) -> NoReturn:
    """Raise RefusedFile for a file, by its printable name.

    Raises:
        RefusedFile: always.
    """
    raise RefusedFile(f"{archives.printable(file.name)} {problem}")


def _trim(cells: Sequence[str]) -> tuple[str, ...]:
    trimmed = [cell.strip().strip("\ufeff").strip() for cell in cells]
    while trimmed and not trimmed[-1]:
        trimmed.pop()
    return tuple(trimmed)


# --- CSV -------------------------------------------------------------------------------------


def _decode(content: bytes, *, whole: bool) -> str:
    if content.startswith(_UTF16_BOMS):
        even = content if whole else content[: len(content) // 2 * 2]
        text = even.decode("utf-16", "strict" if whole else "replace")
    else:
        plain = content.removeprefix(b"\xef\xbb\xbf")
        text = plain.decode("utf-8", "strict" if whole else "replace")
    return _SEP_LINE.sub("", text, count=1) if _SEP_LINE.match(text) else text


def _first_row(text: str, delimiter: str) -> tuple[str, ...]:
    if "\0" in text:
        return ()
    with _wide_cells():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return next((row for row in map(_trim, reader) if row), ())


@contextmanager
def _wide_cells() -> Iterator[None]:
    before = csv.field_size_limit(MAX_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _read_csv(file: ExportFile, header: Sequence[str]) -> Iterator[list[str]]:
    with open_plain(file.path) as opened:
        content = opened.read(MAX_BYTES + 1)
    try:
        text = _decode(content, whole=True)
    except UnicodeError:
        refuse(
            file,
            "is neither UTF-8 nor UTF-16 text all the way through. Download it again, and do not"
            " open it in another program before.",
        )
    if "\0" in text:
        refuse(file, "is binary, not text: it holds a NUL character. Download it again.")
    delimiter = next(
        (mark for mark in DELIMITERS if _is_header(text, mark, tuple(header))), DELIMITERS[0]
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        with _wide_cells():
            rows = list(islice(reader, MAX_ROWS + 1))
    except csv.Error:
        refuse(
            file,
            f"is damaged in or after line {reader.line_num}: a quotation mark is never closed, or"
            f" stands in the middle of a cell, or a cell has more than {MAX_CELL:,} characters."
            " Download it again.",
        )
    if len(rows) > MAX_ROWS:
        _refuse_long(file)
    yield from rows


def _is_header(text: str, delimiter: str, header: tuple[str, ...]) -> bool:
    try:
        return _first_row(text, delimiter) == header
    except csv.Error:
        return False


def _refuse_long(file: ExportFile) -> NoReturn:
    refuse(file, f"has more than {MAX_ROWS:,} rows: no file of TikTok Studio has.")


# --- workbooks -------------------------------------------------------------------------------


@contextmanager
def _open_workbook(file: ExportFile) -> Iterator[Any]:
    """An openpyxl workbook, read-only, formulas unevaluated; refused where it is not safe to open.

    Whatever openpyxl makes of a damaged workbook, inside the block too, is a refusal.
    """
    from openpyxl import load_workbook

    called = archives.printable(file.name)
    if file.path.stat().st_size > MAX_BYTES:
        refuse(file, f"is larger than {MAX_BYTES >> 20} MiB: no file of TikTok Studio is.")
    with archives.open_checked(file.path, called, _WORKBOOK_LIMITS) as archive:
        if _WORKBOOK_PART not in archive.NameToInfo:
            refuse(file, "is a zip archive, not a workbook. Unpack it and offer the files.")
        _check_parts(file, archive)
    book = None
    # An open file, because of a path it looks at the ending, which may be any.
    with open_plain(file.path) as opened:
        try:
            with warnings.catch_warnings():
                # What it misses, such as a default style, is not what is read here.
                warnings.simplefilter("ignore")
                book = load_workbook(opened, read_only=True, data_only=False, keep_links=False)
                yield book
        except (RefusedFile, MemoryError):
            raise
        except Exception as error:
            # It trusts a workbook, so anything may come.
            # Its own words for a damaged workbook are an OSError too, but one without a number.
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            refuse(
                file,
                f"is a damaged workbook ({type(error).__name__}). Download it again, or choose CSV"
                " in TikTok Studio.",
            )
        finally:
            if book is not None:
                book.close()


def _check_parts(file: ExportFile, archive: zipfile.ZipFile) -> None:
    for part in archive.infolist():
        name = part.filename.casefold()
        if not name.endswith((".xml", ".rels")):
            continue
        if part.file_size > _MAX_SIDE_PART_BYTES and not name.startswith(_MAIN_PARTS):
            refuse(
                file,
                f"is a workbook with more than {_MAX_SIDE_PART_BYTES >> 20} MiB beside its cells."
                " Choose CSV in TikTok Studio.",
            )
        content = archive.read(part)
        # Neither stands in a workbook; entities could make a small one unfold without end.
        if b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b"") or b"\0" in content:
            refuse(
                file,
                "is a workbook with declarations in its XML that no spreadsheet writes. Choose CSV"
                " in TikTok Studio.",
            )


def _read_workbook(file: ExportFile) -> Iterator[tuple[str, ...]]:
    with _open_workbook(file) as book:
        if book.vba_archive is not None or _has_macros(file):
            refuse(file, "is a workbook with macros. Choose CSV in TikTok Studio.")
        if len(book.sheetnames) != 1 or len(book.worksheets) != 1:
            refuse(
                file,
                f"is a workbook of {len(book.sheetnames):,} sheets; TikTok Studio writes one."
                " Offer the file as it was downloaded.",
            )
        rows = list(_sheet_rows(book.worksheets[0], MAX_ROWS + 1, file))
    if len(rows) > MAX_ROWS:
        _refuse_long(file)
    yield from rows


def _has_macros(file: ExportFile) -> bool:
    with archives.open_checked(file.path, archives.printable(file.name)) as archive:
        return any("vbaproject" in name.casefold() for name in archive.namelist())


def _sheet_rows(
    sheet: Any, max_rows: int, file: ExportFile | None = None
) -> Iterator[tuple[str, ...]]:
    # Bounds of our own: the size that a sheet claims may be short, or take hours to fill up.
    for cells in sheet.iter_rows(max_row=max_rows, max_col=MAX_COLUMNS):
        if file is not None and any(cell.data_type == "f" for cell in cells):
            refuse(
                file,
                "is a workbook with formulas; what they last gave is not in it for certain. Save"
                " the values alone, or offer the file as it was downloaded.",
            )
        yield tuple(_cell_text(cell.value) for cell in cells)


def _cell_text(value: object) -> str:
    """A cell as TikTok Studio would have written it: every real one is text already."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        at_midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if at_midnight else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
