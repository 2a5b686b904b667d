"""One raw file as a stream of text: CSV, TSV, JSON Lines or Parquet, plain or gzip.

No reader guesses a type: every column is text, trimmed, with the empty text as NULL. What a file
is, its content says; a name that lies does no harm. A row with the wrong number of fields stays
in the stream as a malformed row, and a file that cannot be trusted as a whole is refused.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast

import pyarrow as pa
import pyarrow.parquet as pq

from tiktok_warehouse.archives import DEFAULT_LIMITS, is_bomb
from tiktok_warehouse.arrow_text import measure_text, to_text, trim
from tiktok_warehouse.entities import KNOWN_COLUMNS
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.plain_files import open_plain
from tiktok_warehouse.sources.json_values import takes_too_much
from tiktok_warehouse.text_files import as_utf8

if TYPE_CHECKING:
    from _csv import _reader as _csv_reader

# Part of what makes a file "already landed": raise it whenever the same bytes would give other
# rows, so that offering a file again lands it anew.
PARSER_VERSION = "1"

SOURCE_ROW = "_source_row"
MALFORMED = "_malformed"
RESERVED = (SOURCE_ROW, MALFORMED)

# DuckDB's own row group: the size at which it reads Parquet best.
BATCH_ROWS = 122_880
BATCH_BYTES = 64 << 20
# A cell takes memory even where it is empty, so a wide table has shorter batches.
BATCH_CELLS = 4_000_000
MAX_COLUMNS = 1_000
CHUNK_BYTES = 1 << 20
# Longer than any caption or comment; a quote that is never closed must not swallow the memory.
MAX_FIELD_CHARACTERS = 16 << 20
MAX_LINE_BYTES = 64 << 20
# Of JSON in one value. Well below what Python's own stack takes, wherever it is called from.
MAX_NESTING = 100

_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=.?"?\s*', re.IGNORECASE)
_UTF8_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_PARQUET_MAGIC = b"PAR1"
# A thousand columns of ten million rows need some 10 MiB; Arrow takes twenty times as much memory.
MAX_FOOTER_BYTES = 16 << 20
# Each batch becomes a row group of the lake, and some writers make one of every few rows.
_SMALL_BATCHES = 1_000
_FOREIGN_MAGICS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a zip archive (an .xlsx workbook is one too)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1\0\0", "an Arrow file"),
    (b"Obj\x01", "an Avro file"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"BZh91AY", "compressed with bzip2"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
)
_EXPORT_HINT = "Export it as CSV, TSV, JSON Lines or Parquet, plain or gzip."

OnMalformed = Callable[[int, str, str], None]


@dataclass(frozen=True)
class RawTable:
    """One file, opened.

    Attributes:
        kind: ``csv``, ``tsv``, ``jsonl`` or ``parquet``.
        columns: the file's column names, trimmed, in the file's order.
        reserved: columns of the file that are left out because the stream needs their names.
        schema: ``columns`` as strings, then ``_source_row`` (int64, from 1) and ``_malformed``
            (string; NULL for a good row).
        batches: the rows, in the file's order; to be read once. Reading may raise RefusedFile.
    """

    kind: str
    columns: tuple[str, ...]
    reserved: tuple[str, ...]
    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


@dataclass
class _Position:
    """How far a text file has been read.

    ``line`` is the last line of the last whole record, ``byte`` what has been taken from the file,
    ``blocks`` the lines read since, each block with the number of lines before it.
    """

    line: int = 0
    byte: int = 0
    lines_read: int = 0
    blocks: list[tuple[int, list[str]]] = field(default_factory=list)


def hash_content(path: Path) -> str:
    """SHA-256, in hex, of a file's bytes, after decompression where it is gzip.

    Raises:
        RefusedFile: the file is empty, cannot be read, or is a broken gzip file.
    """
    digest = hashlib.sha256()
    size = 0
    for chunk in _read_chunks(path):
        digest.update(chunk)
        size += len(chunk)
    if size == 0:
        _refuse(path, "holds no bytes at all. Export it again; leave it out if there is no data.")
    return digest.hexdigest()


def read_table(path: Path, *, scratch: Path, on_malformed: OnMalformed | None = None) -> RawTable:
    """Open a file and say what it holds.

    Args:
        path: the file.
        scratch: an existing folder for a decompressed copy (gzip around Parquet only).
        on_malformed: called with (source row, problem, raw text) for each malformed row while
            the batches are read.

    Returns:
        The file's columns and a stream of its rows. Memory is bounded by a few batches of
        122,880 rows.

    Raises:
        RefusedFile: the file cannot be trusted; the message says what is wrong, where (line, row
            or byte), and what to do.
    """
    report = on_malformed or _ignore_malformed
    head = read_head(path)
    if head.startswith(_PARQUET_MAGIC):
        return _read_parquet(path, scratch)
    _check_is_text(path, head)
    first_line = _first_line(path, head)
    if first_line.startswith("{"):
        return _read_json_lines(path, report)
    if first_line.startswith("["):
        _refuse(
            path,
            "is a JSON array (line 1 starts with '['); JSON Lines is expected: one object a line,"
            " without the brackets and the commas between the objects. With jq: jq -c '.[]'.",
        )
    delimiter = _find_delimiter(path, first_line)
    return _read_separated(path, delimiter, report)


def _ignore_malformed(_row: int, _problem: str, _text: str) -> None:
    return None


def _refuse(path: Path, problem: str) -> NoReturn:
    raise RefusedFile(f"{path.name} {problem}")


# --- bytes ---------------------------------------------------------------------------------


def _read_chunks(path: Path) -> Iterator[bytes]:
    position = 0
    try:
        packed = path.stat().st_size
        with _open_bytes(path) as file:
            while chunk := file.read(CHUNK_BYTES):
                position += len(chunk)
                if is_bomb(position, packed):
                    _refuse_bomb(path)
                yield chunk
    except EOFError:
        _refuse(
            path,
            f"is cut off: its gzip stream ends in the middle, after {position:,} decompressed"
            " bytes. Copy or export it again.",
        )
    except (gzip.BadGzipFile, zlib.error) as error:
        _refuse(
            path,
            f"is a damaged gzip file ({error}), after {position:,} decompressed bytes."
            " Copy or export it again.",
        )
    except OSError as error:
        _refuse(
            path,
            f"cannot be read ({error.strerror or error}), after {position:,} bytes."
            " Check its permissions and its disk.",
        )


def _refuse_bomb(path: Path) -> NoReturn:
    _refuse(
        path,
        f"is packed too tightly to be a log: it unpacks to more than {DEFAULT_LIMITS.ratio} times"
        " its size. If it is genuine, unpack it yourself and offer it as CSV.",
    )


def _open_bytes(path: Path) -> IO[bytes]:
    file = open_plain(path)
    try:
        is_gzip = file.peek(2).startswith(_GZIP_MAGIC)
    except OSError:
        file.close()
        raise
    if not is_gzip:
        return as_utf8(file)
    return as_utf8(cast(IO[bytes], _Gzip(file)))


class _Gzip(gzip.GzipFile):
    """A gzip file that closes what it reads from."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def read_head(path: Path) -> bytes:
    """The first megabyte of a file, or a little more, after decompression.

    Raises:
        RefusedFile: the file is empty, cannot be read, or is a broken gzip file.
    """
    head = b""
    chunks = _read_chunks(path)
    for chunk in chunks:
        head += chunk
        # Far enough for any header line that a person or a tool writes.
        if len(head) >= CHUNK_BYTES:
            break
    if not head:
        _refuse(path, "holds no bytes at all. Export it again; leave it out if there is no data.")
    return head


def _check_is_text(path: Path, head: bytes) -> None:
    for magic, name in _FOREIGN_MAGICS:
        if head.startswith(magic):
            _refuse(path, f"is no table: its first bytes say that it is {name}. {_EXPORT_HINT}")
    if head.startswith(_GZIP_MAGIC):
        _refuse(path, f"is gzip inside gzip. Decompress it once. {_EXPORT_HINT}")
    if (at := head.find(b"\0")) >= 0:
        _refuse_nul(path, head.count(b"\n", 0, at) + 1, at)
    start = head.removeprefix(_UTF8_BOM).lstrip()[:64].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        _refuse(
            path,
            "is a web page or XML, not a table (line 1 starts with '<'): often an error page that"
            f" was saved in place of the export. {_EXPORT_HINT}",
        )


def _refuse_nul(path: Path, line: int, byte: int) -> NoReturn:
    _refuse(
        path,
        f"is binary, not text: a NUL byte in line {line}, byte {byte + 1:,}. {_EXPORT_HINT}"
        " (UTF-16 text without a byte order mark looks like this too: save it as UTF-8.)",
    )


def _first_line(path: Path, head: bytes) -> str:
    text = head.removeprefix(_UTF8_BOM).decode("utf-8", "replace")
    for line in text.split("\n"):
        if line.strip() and not is_separator_line(line):
            return line.strip(" \r")
    if len(head) < CHUNK_BYTES:
        _refuse(path, "has no header: it holds only blank lines. Export it again.")
    _refuse(path, "has no header in its first megabyte, only blank lines. Export it again.")


def is_separator_line(line: str) -> bool:
    """Whether a first line only tells a spreadsheet what separates the cells below it."""
    return _SEPARATOR_LINE.fullmatch(line) is not None


# --- lines ---------------------------------------------------------------------------------


def _read_lines(path: Path, position: _Position) -> Iterator[str]:
    """The lines of a UTF-8 file with their ends (``\\n`` only), checked as they are read."""
    # By blocks, so that a line passes through no Python frame of its own.
    return chain.from_iterable(_read_blocks(path, position))


def _read_blocks(path: Path, position: _Position) -> Iterator[list[str]]:
    rest = b""
    start = 0
    for chunk in _read_chunks(path):
        if b"\0" in chunk:
            at = position.byte + chunk.index(b"\0")
            before = (rest + chunk[: chunk.index(b"\0")]).count(b"\n")
            _refuse_nul(path, position.lines_read + before + 1, at)
        position.byte += len(chunk)
        block = rest + chunk if rest else chunk
        if start == 0 and position.lines_read == 0 and block.startswith(_UTF8_BOM):
            block = block[len(_UTF8_BOM) :]
            start = len(_UTF8_BOM)
        cut = block.rfind(b"\n") + 1
        rest = block[cut:]
        # A block has a chunk or more, and those of whole records are dropped.
        if len(position.blocks) * CHUNK_BYTES > MAX_LINE_BYTES:
            _refuse(
                path,
                f"has a record of more than {MAX_LINE_BYTES >> 20} MiB that begins in line"
                f" {position.line + 1}: most likely a quote that is never closed. Close it, or"
                " double it if it is part of the text.",
            )
        if len(rest) > MAX_LINE_BYTES:
            line = position.lines_read + block.count(b"\n") + 1
            _refuse(
                path,
                f"has a line of more than {MAX_LINE_BYTES >> 20} MiB (line {line}): its line ends"
                f" are missing, or it is no table. {_EXPORT_HINT}",
            )
        if cut:
            yield _split(_decode(path, block[:cut], position.lines_read, start), position)
            start += cut
    if rest:
        yield _split(_decode(path, rest, position.lines_read, start), position)


def _split(text: str, position: _Position) -> list[str]:
    # Unlike str.splitlines, this splits at \n alone: a comment may hold U+2028 or \x0b.
    lines = list(io.StringIO(text, newline="\n"))
    position.blocks = [
        (before, block) for before, block in position.blocks if before + len(block) > position.line
    ]
    position.blocks.append((position.lines_read, lines))
    position.lines_read += len(lines)
    return lines


def _raw_text(position: _Position, last: int) -> str:
    """The lines after the last whole record, up to line ``last``."""
    return "".join(
        "".join(block[max(0, position.line - before) : max(0, last - before)])
        for before, block in position.blocks
    )


def _decode(path: Path, block: bytes, lines_before: int, start: int) -> str:
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        line = lines_before + block.count(b"\n", 0, error.start) + 1
        _refuse(
            path,
            f"is not UTF-8 text: line {line}, byte {start + error.start + 1:,} of the file is"
            f" 0x{block[error.start]:02x}. Save it again as UTF-8, or convert it, for example:"
            " iconv -f WINDOWS-1252 -t UTF-8.",
        )


# --- names and batches ---------------------------------------------------------------------


def _name_columns(path: Path, raw_names: Sequence[str], where: str) -> tuple[str, ...]:
    if len(raw_names) > MAX_COLUMNS:
        _refuse_wide(path, f"{len(raw_names):,} columns ({where})")
    names = tuple(
        name.strip() or f"unnamed_{position}" for position, name in enumerate(raw_names, 1)
    )
    if not any(name.strip() for name in raw_names):
        _refuse(path, f"has no header: no column has a name ({where}). Export it with a header.")
    seen: dict[str, int] = {}
    for position, name in enumerate(names, 1):
        # DuckDB, and so every model, tells no two names apart by case alone.
        first = seen.setdefault(name.casefold(), position)
        if first != position:
            # Named only if it is known: without a header, these are values of a row.
            called = f", '{name.casefold()}'" if name.casefold() in KNOWN_COLUMNS else ""
            _refuse(
                path,
                f"has two columns of the same name{called}: columns {first} and {position}"
                f" ({where}); which one counts cannot be known. Rename or remove one of them, or"
                " add the header if it is missing.",
            )
    return names


def _refuse_wide(path: Path, found: str) -> NoReturn:
    _refuse(
        path,
        f"has {found}; more than {MAX_COLUMNS:,} are no table of one entity. Export the columns"
        " that the raw contract lists.",
    )


def _split_reserved(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kept = tuple(name for name in names if name.casefold() not in RESERVED)
    return kept, tuple(name for name in names if name.casefold() in RESERVED)


def _schema(columns: Iterable[str]) -> pa.Schema:
    fields = [pa.field(name, pa.string()) for name in columns]
    return pa.schema([*fields, pa.field(SOURCE_ROW, pa.int64()), pa.field(MALFORMED, pa.string())])


def _make_batch(
    schema: pa.Schema, arrays: list[pa.Array], first_row: int, rows: int, problems: dict[int, str]
) -> pa.RecordBatch:
    numbers = pa.array(range(first_row, first_row + rows), pa.int64())
    malformed = (
        pa.array([problems.get(at) for at in range(rows)], pa.string())
        if problems
        else pa.nulls(rows, pa.string())
    )
    return pa.record_batch([*arrays, numbers, malformed], schema=schema)


# --- CSV and TSV ---------------------------------------------------------------------------


def _find_delimiter(path: Path, first_line: str) -> str:
    fields = {mark: len(_parse_loosely(first_line, mark)) for mark in (",", "\t", ";", "|")}
    widest = max(fields.values())
    if widest > max(fields[","], fields["\t"]):
        mark = next(mark for mark, count in fields.items() if count == widest)
        _refuse(
            path,
            f"has its fields separated by '{mark}' (line 1); commas or tabs are expected. Save it"
            " again as comma-separated CSV or as TSV.",
        )
    if fields[","] == fields["\t"]:
        return "\t" if ".tsv" in path.name.lower() else ","
    return "," if fields[","] > fields["\t"] else "\t"


def _parse_loosely(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line.replace("\r", "")], delimiter=mark), [])
    except csv.Error:
        return []


def _read_separated(path: Path, delimiter: str, report: OnMalformed) -> RawTable:
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    position = _Position()
    reader = csv.reader(_read_lines(path, position), delimiter=delimiter, strict=True)
    header: list[str] = []
    try:
        while len(header) <= 2 and _says_nothing(delimiter.join(header)):
            position.line = reader.line_num
            header = next(reader)
    except csv.Error as error:
        _refuse(path, _explain_csv_error(str(error), position.line + 1, reader.line_num))
    except StopIteration:
        _refuse(path, "has no header: it holds only blank lines. Export it again.")
    names = _name_columns(path, header, f"line {position.line + 1}")
    position.line = reader.line_num
    columns, reserved = _split_reserved(names)
    schema = _schema(columns)
    batches = _batch_records(path, reader, position, names, schema, report)
    kind = "tsv" if delimiter == "\t" else "csv"
    return RawTable(kind, columns, reserved, schema, batches)


def _says_nothing(line: str) -> bool:
    return not line.strip() or is_separator_line(line)


def _explain_csv_error(error: str, first: int, last: int) -> str:
    if "unexpected end of data" in error:
        return (
            f"ends inside a quoted field: the quote that opens in line {first} is never closed."
            " Close it, double it if it is part of the text, or export the file again: it may be"
            " cut off."
        )
    if "new-line character" in error:
        return (
            f"has a lone carriage return in line {last}: old Mac line ends, or one inside an"
            " unquoted field. Save it with Unix or Windows line ends."
        )
    if "field larger" in error:
        return (
            f"has a field of more than {MAX_FIELD_CHARACTERS:,} characters that begins in line"
            f" {first}: most likely a quote that is never closed. Close it, or double it if it is"
            " part of the text."
        )
    return (
        f"has broken quoting in line {last} ({error}), in the record that begins in line {first}."
        " Double every quote inside a quoted field, or export the file again."
    )


def _batch_records(
    path: Path,
    reader: _csv_reader,
    position: _Position,
    names: tuple[str, ...],
    schema: pa.Schema,
    report: OnMalformed,
) -> Iterator[pa.RecordBatch]:
    width = len(names)
    kept = [at for at, name in enumerate(names) if name.casefold() not in RESERVED]
    blank = [""] * width
    most_rows = min(BATCH_ROWS, BATCH_CELLS // width)
    rows: list[list[str]] = []
    problems: dict[int, str] = {}
    first_row = 1
    bytes_at_start = position.byte
    try:
        for row in reader:
            fields = len(row)
            if fields == width and (fields > 1 or row[0].strip()):
                rows.append(row)
            elif row:
                text = _raw_text(position, reader.line_num)
                if fields == width and '"' in text:
                    rows.append(row)
                elif fields > 1 or text.strip():
                    line = position.line + 1
                    _refuse_if_cut_off(path, fields, width, line, text)
                    problem = f"{_count(fields, 'field')}, the header has {width} (line {line})"
                    problems[len(rows)] = problem
                    report(first_row + len(rows), problem, text)
                    rows.append(blank)
            position.line = reader.line_num
            is_much = position.byte - bytes_at_start > BATCH_BYTES
            if len(rows) == most_rows or (rows and is_much):
                yield _text_batch(schema, rows, kept, first_row, problems)
                first_row += len(rows)
                rows, problems, bytes_at_start = [], {}, position.byte
    except csv.Error as error:
        _refuse(path, _explain_csv_error(str(error), position.line + 1, reader.line_num))
    if rows:
        yield _text_batch(schema, rows, kept, first_row, problems)


def _refuse_if_cut_off(path: Path, fields: int, width: int, line: int, text: str) -> None:
    if fields < width and not text.endswith("\n"):
        _refuse(
            path,
            f"is cut off: its last line ({line}) has {fields} of {width} fields and no line end."
            " Copy or export it again; if the line is complete, end it with a line break and it is"
            " kept as a malformed row.",
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _text_batch(
    schema: pa.Schema,
    rows: Sequence[Sequence[str | None]],
    kept: Sequence[int],
    first_row: int,
    problems: dict[int, str],
) -> pa.RecordBatch:
    values = list(zip(*rows, strict=True))
    arrays = [trim(pa.array(values[at], pa.string())) for at in kept]
    return _make_batch(schema, arrays, first_row, len(rows), problems)


# --- JSON Lines ----------------------------------------------------------------------------


class _Literal(str):
    """A JSON number as it was written: ``1.50`` stays ``1.50``."""

    __slots__ = ()


class _BadRow(ValueError):
    """Why one line is no row."""


_TOO_DEEP = f"JSON that is nested deeper than {MAX_NESTING} levels"


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _BadRow("one key twice in one object")
    return result


_DECODER = json.JSONDecoder(
    parse_int=_Literal,
    parse_float=_Literal,
    parse_constant=_Literal,
    object_pairs_hook=_make_object,
)


def _parse_json_line(line: str) -> dict[str, Any]:
    if _is_too_much(line):
        raise _BadRow("more lists, objects and commas than a row has")
    try:
        value = _DECODER.decode(line)
    except json.JSONDecodeError as error:
        raise _BadRow(f"not valid JSON: {error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise _BadRow(_TOO_DEEP) from error
    if not isinstance(value, dict):
        raise _BadRow("valid JSON, but not an object")
    if "\\u" in line:
        try:
            _dump_json(value).encode("utf-8")
        except UnicodeEncodeError as error:
            raise _BadRow("half of a surrogate pair (\\ud800 to \\udfff), so not text") from error
    return value


def _is_too_much(line: str) -> bool:
    return len(line) > CHUNK_BYTES and takes_too_much(line)


def _dump_json(value: Any, depth: int = 0) -> str:
    """Nested JSON as text, its numbers as they were written."""
    if depth > MAX_NESTING:
        raise _BadRow(_TOO_DEEP)
    if isinstance(value, _Literal):
        return str(value)
    if isinstance(value, dict):
        items = (
            f"{json.dumps(key, ensure_ascii=False)}: {_dump_json(item, depth + 1)}"
            for key, item in value.items()
        )
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_dump_json(item, depth + 1) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _json_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    return _dump_json(value)


def _read_json_lines(path: Path, report: OnMalformed) -> RawTable:
    keys = _find_keys(path)
    names = _name_columns(path, keys, "over all lines")
    columns, reserved = _split_reserved(names)
    schema = _schema(columns)
    kept = [key for key, name in zip(keys, names, strict=True) if name in columns]
    return RawTable("jsonl", columns, reserved, schema, _batch_json(path, kept, schema, report))


def _find_keys(path: Path) -> list[str]:
    """The keys of all objects, in order of appearance. Also where a file is refused whole."""
    position = _Position()
    keys: dict[str, None] = {}
    first_problem = ""
    rows = 0
    for number, line in enumerate(_read_lines(path, position), 1):
        position.line = number
        if not line.strip():
            continue
        rows += 1
        if len(keys) > MAX_COLUMNS:
            _refuse_wide(path, f"{len(keys):,} different keys in its first {number - 1:,} lines")
        if _note_keys_quickly(line, keys):
            continue
        if rows == 2 and first_problem and not line.lstrip().startswith("{"):
            _refuse_pretty(path)
        try:
            value = _parse_json_line(line)
        except _BadRow as error:
            problem = str(error)
        else:
            if not value.keys() <= keys.keys():
                keys.update(dict.fromkeys(value))
            continue
        if rows == 1:
            first_problem = problem
            if line.rstrip().endswith(("{", "[", ",", ":")) and line.endswith("\n"):
                _refuse_pretty(path)
        if problem.startswith("not valid JSON") and not line.endswith("\n"):
            _refuse(
                path,
                f"is cut off: its last line ({position.line}) has no line end and is {problem}."
                " Copy or export it again.",
            )
    if not keys:
        _refuse(
            path,
            "holds no JSON object with a key in any line"
            + (f" (line 1: {first_problem})" if first_problem else "")
            + ". JSON Lines is expected: one object a line.",
        )
    return list(keys)


def _note_keys_quickly(line: str, keys: dict[str, None]) -> bool:
    # Twice as fast as a full parse, and enough for every good line.
    if "\\u" in line or _is_too_much(line):
        return False
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    if not value.keys() <= keys.keys():
        keys.update(dict.fromkeys(value))
    return True


def _refuse_pretty(path: Path) -> NoReturn:
    _refuse(
        path,
        "holds JSON over several lines: the object that begins in line 1 does not end there. JSON"
        " Lines is expected: one object a line. With jq: jq -c .",
    )


def _batch_json(
    path: Path, keys: list[str], schema: pa.Schema, report: OnMalformed
) -> Iterator[pa.RecordBatch]:
    position = _Position()
    blank: list[str | None] = [None] * len(keys)
    most_rows = min(BATCH_ROWS, BATCH_CELLS // len(keys)) if keys else BATCH_ROWS
    kept = range(len(keys))
    rows: list[list[str | None]] = []
    problems: dict[int, str] = {}
    first_row = 1
    bytes_at_start = 0
    for number, line in enumerate(_read_lines(path, position), 1):
        position.line = number
        if not line.strip():
            continue
        try:
            get = _parse_json_line(line).get
            rows.append([_json_text(get(key)) for key in keys])
        except _BadRow as error:
            problem = f"{error} (line {position.line})"
            problems[len(rows)] = problem
            report(first_row + len(rows), problem, line)
            rows.append(blank)
        if len(rows) == most_rows or position.byte - bytes_at_start > BATCH_BYTES:
            yield _text_batch(schema, rows, kept, first_row, problems)
            first_row += len(rows)
            rows, problems, bytes_at_start = [], {}, position.byte
    if rows:
        yield _text_batch(schema, rows, kept, first_row, problems)


# --- Parquet -------------------------------------------------------------------------------


def _read_parquet(path: Path, scratch: Path) -> RawTable:
    plain = _unpack(path, scratch)
    _check_footer(path, plain)
    try:
        metadata = pq.read_metadata(open_plain(plain))
        texts = [
            column.path
            for column in map(metadata.schema.column, range(len(metadata.schema)))
            if column.physical_type == "BYTE_ARRAY"
        ]
        # Each text once, with how often it comes: a small file may repeat a long one without end.
        file = pq.ParquetFile(
            *(open_plain(plain),),
            page_checksum_verification=True,
            pre_buffer=False,
            read_dictionary=texts,
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        _refuse_parquet(path, error, "in its footer")
    if is_bomb(_count_promised(metadata), path.stat().st_size):
        _refuse_bomb(path)
    names = _name_columns(path, list(file.schema_arrow.names), "in the footer")
    columns, reserved = _split_reserved(names)
    schema = _schema(columns)
    batches = _join_small(_batch_parquet(path, file, names, schema))
    return RawTable("parquet", columns, reserved, schema, batches)


def _check_footer(path: Path, plain: Path) -> None:
    with open_plain(plain) as file:
        file.seek(max(0, file.seek(0, io.SEEK_END) - 8))
        size = int.from_bytes(file.read(4), "little")
    # Of a damaged one, too, whose footer Arrow would refuse.
    if MAX_FOOTER_BYTES < size <= plain.stat().st_size:
        _refuse(
            path,
            f"has a footer of more than {MAX_FOOTER_BYTES >> 20} MiB: millions of row groups or"
            " columns. Write it again with 100,000 rows a row group.",
        )


def _count_promised(metadata: pq.FileMetaData) -> int:
    """Bytes of all pages, and one for each value, as a CSV has a comma."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    chunks = (group.column(at) for group in groups for at in range(group.num_columns))
    return sum(int(chunk.total_uncompressed_size) + int(chunk.num_values) for chunk in chunks)


def _unpack(path: Path, scratch: Path) -> Path:
    with open_plain(path) as file:
        if file.read(2) != _GZIP_MAGIC:
            return path
    target = scratch / "unpacked.parquet"
    target.touch(mode=0o600)
    with target.open("wb") as out:
        for chunk in _read_chunks(path):
            out.write(chunk)
    return target


def _batch_parquet(
    path: Path, file: pq.ParquetFile, names: tuple[str, ...], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    first_row = 1
    with file:
        batches = _cut_batches(path, file, len(names))
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError, ValueError) as error:
                _refuse_parquet(path, error, f"after row {first_row - 1:,}")
            if batch is None:
                break
            arrays = []
            for name, column in zip(names, batch.columns, strict=True):
                if name.casefold() in RESERVED:
                    continue
                try:
                    arrays.append(to_text(column))
                except (ValueError, pa.ArrowException, ArithmeticError) as error:
                    # Only our own words: Arrow's may quote a value.
                    problem = error if type(error) is ValueError else type(error).__name__
                    _refuse(
                        path,
                        f"cannot be read as text: column '{name}', rows {first_row:,} to"
                        f" {first_row + batch.num_rows - 1:,}: {problem}. Export the column as text"
                        " or as numbers.",
                    )
            yield _make_batch(schema, arrays, first_row, batch.num_rows, {})
            first_row += batch.num_rows
    if first_row - 1 != file.metadata.num_rows:
        _refuse(
            path,
            f"is damaged: it holds {first_row - 1:,} rows and its footer promises"
            f" {file.metadata.num_rows:,}. Copy or export it again.",
        )


def _join_small(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        size += batch.nbytes
        is_enough = rows >= BATCH_ROWS // 2 or size >= BATCH_BYTES // 2
        if is_enough or len(waiting) >= _SMALL_BATCHES:
            yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()
            waiting, rows, size = [], 0, 0
    if waiting:
        yield from pa.Table.from_batches(waiting).combine_chunks().to_batches()


def _cut_batches(path: Path, file: pq.ParquetFile, columns: int) -> Iterator[pa.RecordBatch]:
    """Batches small enough to be written out as text."""
    packed = path.stat().st_size
    unpacked = row = 0
    for whole in file.iter_batches(batch_size=min(BATCH_ROWS, BATCH_CELLS // columns)):
        unpacked += sum(map(measure_text, whole.columns))
        if is_bomb(unpacked, packed):
            _refuse_bomb(path)
        waiting = [whole]
        while waiting:
            batch = waiting.pop()
            if sum(map(measure_text, batch.columns)) <= BATCH_BYTES:
                row += batch.num_rows
                yield batch
            elif batch.num_rows == 1:
                _refuse(path, f"has a row of more than {BATCH_BYTES >> 20} MiB (row {row + 1:,}).")
            else:
                half = batch.num_rows // 2
                waiting += [batch.slice(half), batch.slice(0, half)]


def _refuse_parquet(path: Path, error: Exception, where: str) -> NoReturn:
    first_line = next(iter(str(error).splitlines()), type(error).__name__)
    _refuse(
        path,
        f"is a Parquet file that is cut off or damaged ({where}: {first_line}). Copy or export it"
        " again.",
    )
