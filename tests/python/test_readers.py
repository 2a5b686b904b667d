"""Readers: text verbatim but trimmed, malformed rows kept, and what cannot be trusted refused."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import sqlite3
import struct
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok_warehouse import readers, text_files
from tiktok_warehouse.arrow_text import to_text
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.readers import hash_content, read_table


def read(path: Path) -> list[dict[str, Any]]:
    table = read_table(path, scratch=path.parent)
    rows = pa.Table.from_batches(list(table.batches), schema=table.schema)
    return list(rows.to_pylist())


def values(path: Path) -> list[tuple[str | None, ...]]:
    lineage = (readers.SOURCE_ROW, readers.MALFORMED)
    return [tuple(v for k, v in row.items() if k not in lineage) for row in read(path)]


def refusal(path: Path) -> str:
    def hash_and_read() -> None:
        hash_content(path)
        read(path)

    with pytest.raises(RefusedFile) as caught:
        hash_and_read()
    message = str(caught.value)
    assert message.startswith(path.name)
    return message


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write_file(content: bytes | str, name: str = "f.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


# --- good files ------------------------------------------------------------------------------


def test_csv_is_text_trimmed_with_empty_as_null(write: Any) -> None:
    path = write(
        'a, b ,c\r\n 007 ,"x,\r\n""y""",\u3000\r\n\r\nNA,null,1_000\r\n   \r\n'.encode(),
    )
    assert read(path) == [
        {"a": "007", "b": 'x,\r\n"y"', "c": None, "_source_row": 1, "_malformed": None},
        {"a": "NA", "b": "null", "c": "1_000", "_source_row": 2, "_malformed": None},
    ]


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz", "f.parquet", "f", "f.json"])
def test_what_a_file_is_its_content_says(write: Any, name: str) -> None:
    text = b"\xef\xbb\xbfa,b\n1,2\n"
    assert values(write(text, name)) == [("1", "2")]
    assert values(write(gzip.compress(text), name)) == [("1", "2")]
    assert values(write(b"a\tb\n1\t2,3\n", name)) == [("1", "2,3")]
    assert values(write(b'\n{"a": 1}\n', name)) == [("1",)]


def test_a_header_alone_is_a_file_of_no_rows(write: Any) -> None:
    assert read(write("a,b")) == []


def test_the_last_line_may_lack_its_end(write: Any) -> None:
    assert values(write("a,b\n1,2")) == [("1", "2")]


def test_a_line_separator_inside_a_comment_ends_no_line(write: Any) -> None:
    assert values(write("a,b\n1,x\u2028y\x0bz\u0085w\n")) == [("1", "x\u2028y\x0bz\u0085w")]


def test_wrong_field_counts_stay_as_malformed_rows(write: Any) -> None:
    path = write('a,b\n1,2\n"x\ny",2,3\n7\n8,9\n')
    seen: list[tuple[int, str, str]] = []
    table = read_table(path, scratch=path.parent, on_malformed=lambda *row: seen.append(row))
    rows = pa.Table.from_batches(list(table.batches)).to_pylist()
    assert [(row["a"], row["_source_row"], row["_malformed"]) for row in rows] == [
        ("1", 1, None),
        (None, 2, "3 fields, the header has 2 (line 3)"),
        (None, 3, "1 field, the header has 2 (line 5)"),
        ("8", 4, None),
    ]
    assert [(row, text) for row, _, text in seen] == [(2, '"x\ny",2,3\n'), (3, "7\n")]


@pytest.mark.parametrize("chunk", [5, 8, 13, 1000])
def test_the_raw_lines_of_a_long_malformed_row_are_whole(
    write: Any, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(readers, "CHUNK_BYTES", chunk)
    bad = '"one\ntwo\nthree\nfour",2,3\n'
    path = write("a,b\n1,2\n3,4\n" + bad + "5,6\n")
    seen: list[tuple[int, str, str]] = []
    table = read_table(path, scratch=path.parent, on_malformed=lambda *row: seen.append(row))
    assert sum(batch.num_rows for batch in table.batches) == 4
    assert seen == [(3, "3 fields, the header has 2 (line 4)", bad)]


def test_batches_number_rows_without_a_gap(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BATCH_ROWS", 3)
    monkeypatch.setattr(readers, "CHUNK_BYTES", 7)
    path = write("a,b\n" + "".join(f"{n},é{n}\n" if n != 5 else "5\n" for n in range(10)))
    rows = read(path)
    assert [row["_source_row"] for row in rows] == list(range(1, 11))
    assert [row["b"] for row in rows] == [f"é{n}" if n != 5 else None for n in range(10)]
    assert rows[5]["_malformed"] == "1 field, the header has 2 (line 7)"
    lines = write("".join(json.dumps({"a": n}) + "\n" for n in range(10)), "f.jsonl")
    assert [(row["a"], row["_source_row"]) for row in read(lines)] == [
        (str(n), n + 1) for n in range(10)
    ]


def test_a_column_with_a_name_of_ours_is_set_aside(write: Any) -> None:
    table = read_table(write("a,_malformed\n1,x\n"), scratch=Path())
    assert (table.columns, table.reserved) == (("a",), ("_malformed",))
    assert next(table.batches).to_pylist() == [{"a": "1", "_source_row": 1, "_malformed": None}]


def test_json_numbers_keep_their_text_and_columns_are_the_union(write: Any) -> None:
    path = write(
        '{"id": 1.50, "big": 123456789012345678901, "e": 1e400, "n": NaN}\n'
        '{"t": true, "f": false, "z": null, "s": " x ", "o": {"k": [1.0, "\\u00e9"]}}\n'
    )
    first, second = read(path)
    assert (first["id"], first["big"], first["e"], first["n"], first["t"]) == (
        *("1.50", "123456789012345678901", "1e400", "NaN"),
        None,
    )
    assert (second["t"], second["f"], second["z"], second["s"]) == ("true", "false", None, "x")
    assert (second["o"], second["id"]) == ('{"k": [1.0, "é"]}', None)


def test_bad_json_lines_are_malformed_rows(write: Any) -> None:
    path = write('{"a": 1}\n{"a": \n[1]\n{"a": 1, "a": 2}\n{"a": "\\ud800"}\n{"a": 2}\n')
    rows = read(path)
    assert [row["a"] for row in rows] == ["1", None, None, None, None, "2"]
    problems = [row["_malformed"] for row in rows]
    assert problems[0] is None
    assert problems[1].startswith("not valid JSON: ")
    assert problems[1].endswith("(line 2)")
    assert "not an object (line 3)" in problems[2]
    assert "twice" in problems[3]
    assert "surrogate" in problems[4]


def test_parquet_becomes_text_without_loss(tmp_path: Path) -> None:
    at = dt.datetime(2024, 3, 31, 1, 2, 3, 400_000)
    berlin = pa.array([at, None], pa.timestamp("us", "UTC")).cast(
        pa.timestamp("us", "Europe/Berlin")
    )
    columns = {
        "i": pa.array([7_123_456_789_012_345_678, None], pa.int64()),
        "dec": pa.array([Decimal("0.0000000001"), Decimal("-1.5")], pa.decimal128(38, 10)),
        "dbl": pa.array([1e-7, float("nan")]),
        "big": pa.array([1e20, 0.1]),
        "f32": pa.array([0.1, 16_777_216], pa.float32()),
        "d": pa.array([at.date(), None]),
        "naive": pa.array([at, None], pa.timestamp("ms")),
        "zoned": berlin,
        "ns": pa.array([1_577_840_523_123_456_999, -1], pa.timestamp("ns")),
        "b": pa.array([True, False]),
        "cat": pa.array([" x ", ""]).dictionary_encode(),
        "bin": pa.array(["é".encode(), None], pa.binary()),
        "list": pa.array([[1, 2], None]),
        "none": pa.nulls(2),
        "took": pa.array([1500, None], pa.duration("ms")),
    }
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table(columns), path)
    first, second = values(path)
    assert first == (
        "7123456789012345678",
        "0.0000000001",
        "0.0000001",
        "100000000000000000000",
        "0.1",
        "2024-03-31",
        "2024-03-31 01:02:03.400000",
        "2024-03-31 01:02:03.400000Z",
        "2020-01-01 01:02:03.123456",
        "true",
        "x",
        "é",
        "[1, 2]",
        None,
        "1.500",
    )
    assert second[1:5] == ("-1.5000000000", "NaN", "0.1", "16777216")
    assert second[8:11] == ("1969-12-31 23:59:59.999999", "false", None)
    packed = tmp_path / "g.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert values(packed) == [first, second]
    assert hash_content(packed) == hash_content(path)


def test_the_hash_is_over_the_decompressed_bytes(write: Any) -> None:
    plain = hash_content(write(b"a\n1\n", "a.csv"))
    assert hash_content(write(gzip.compress(b"a\n1\n"), "a.csv.gz")) == plain


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(*[st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1)] * 2),
        min_size=1,
        max_size=30,
    ),
    order=st.sampled_from(["le", "be"]),
    chunk=st.integers(1, 40),
)
def test_utf_16_that_says_so_is_read_as_its_utf_8_twin(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], order: str, chunk: int
) -> None:
    folder = tmp_path_factory.mktemp("utf")
    out = io.StringIO()
    csv.writer(out).writerows([("x", "y"), *rows])
    text = out.getvalue()
    twin, path = folder / "a.csv", folder / "b.csv"
    twin.write_bytes(text.encode())
    path.write_bytes(f"\ufeff{text}".encode(f"utf-16-{order}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_files, "_CHUNK_BYTES", chunk)
        assert values(path) == values(twin)
    assert hash_content(path) == hash_content(twin)


@pytest.mark.parametrize("first", ["sep=,\n", "SEP=,\r\n", '"sep=,"\n', "\ufeffsep=,\n"])
def test_a_spreadsheets_own_first_line_is_no_header(write: Any, first: str) -> None:
    path = write(first + "a,b\n1,2\n")
    assert [*read(path)[0].items()][:2] == [("a", "1"), ("b", "2")]
    assert read_table(path, scratch=path.parent).columns == ("a", "b")


# --- refused files ---------------------------------------------------------------------------


def _png() -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(40)


def _xlsx() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def _sqlite() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a)")
    return bytes(connection.serialize())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", "no bytes", id="zero bytes"),
        pytest.param(gzip.compress(b""), "no bytes", id="zero bytes in gzip"),
        pytest.param(b"\n \r\n\n", "no header", id="blank lines only"),
        pytest.param(b" , \n1,2\n", "no column has a name (line 1)", id="empty names"),
        pytest.param(
            b"a,b,a\n1,2,3\n", "of the same name: columns 1 and 3 (line 1)", id="duplicate names"
        ),
        pytest.param(
            b"View_id,VIEW_ID\n1,2\n", "of the same name, 'view_id': columns 1", id="names by case"
        ),
        pytest.param(b"a;b;c\n1;2;3\n", "separated by ';' (line 1)", id="semicolons"),
        pytest.param(_png(), "PNG", id="png"),
        pytest.param(_xlsx(), ".xlsx", id="xlsx"),
        pytest.param(_sqlite(), "SQLite", id="sqlite"),
        pytest.param(b"<!DOCTYPE html><html>", "line 1", id="html"),
        pytest.param(b"a,b\n1,2\n3,\x004\n", "line 3, byte 11", id="nul"),
        pytest.param(b"a,b\n1,2\n3,\xff4\n", "line 3, byte 11", id="not utf-8"),
        pytest.param("a,b\n1,2\n".encode("utf-16")[:-1], "not UTF-8", id="utf-16 cut off"),
        pytest.param(b"\xff\xfe\x00\xdc,\x00\n\x00", "not UTF-8", id="utf-16, half a pair"),
        pytest.param("a,b\n1,2\n".encode("utf-16-le"), "UTF-16", id="utf-16 without bom"),
        pytest.param(b'a,b\n1,2\n3,"4\n5,6\n', "opens in line 3", id="open quote"),
        pytest.param(b'a,b\n1,2\n3,"4"x\n5,6\n', "quoting in line 3", id="broken quote"),
        pytest.param(b"a,b\r1,2\r", "carriage return in line 1", id="old mac"),
        pytest.param(b"a,b\n1,2\n3", "last line (3) has 1 of 2", id="cut off"),
        pytest.param(gzip.compress(b"a,b\n1,2\n")[:-4], "cut off", id="cut gzip"),
        pytest.param(gzip.compress(b"a,b\n1,2\n")[:-8] + bytes(8), "damaged gzip", id="gzip crc"),
        pytest.param(gzip.compress(gzip.compress(b"a\n1\n")), "inside gzip", id="gzip twice"),
        pytest.param(b'[{"a": 1}]', "array (line 1", id="json array"),
        pytest.param(b'{\n  "a": 1\n}\n', "begins in line 1", id="pretty json"),
        pytest.param(b'{"a": 1,\n "b": 2}\n', "begins in line 1", id="pretty json, two lines"),
        pytest.param(b'{"d": [\n{"a": 1},\n{"a": 2}\n]}\n', "begins in line 1", id="wrapped json"),
        pytest.param(b'{"a": 1}\n{"a": 2', "last line (2)", id="cut json"),
        pytest.param(
            b'{"a": 1}\n{"A": 2}\n', "columns 1 and 2 (over all lines)", id="json names by case"
        ),
        pytest.param(b"{}\n{}\n", "no JSON object with a key", id="json without keys"),
        pytest.param(b"PAR1" + bytes(20), "footer", id="cut parquet"),
    ],
)
def test_what_cannot_be_trusted_is_refused_with_place(
    write: Any, content: bytes, expected: str
) -> None:
    assert expected in refusal(write(content))


def test_a_parquet_file_with_damaged_pages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"a": [str(n) for n in range(5000)]}), path, compression="snappy")
    content = bytearray(path.read_bytes())
    content[100:600] = bytes(500)
    path.write_bytes(content)
    assert "cut off or damaged" in refusal(path)


def test_a_flipped_bit_is_caught_where_the_pages_have_checksums(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    table = pa.table({"a": ["one", "two", "three"]})
    pq.write_table(table, path, compression="none", use_dictionary=False, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[content.index(b"three")] ^= 1
    path.write_bytes(content)
    assert "cut off or damaged (after row 0" in refusal(path)


@pytest.mark.parametrize("bad", [b"\xff", b"\0"])
def test_line_and_byte_are_right_in_any_chunk(
    write: Any, monkeypatch: pytest.MonkeyPatch, bad: bytes
) -> None:
    monkeypatch.setattr(readers, "CHUNK_BYTES", 64)
    before = b"\xef\xbb\xbfa,b\n" + b"1,22222\n" * 100
    message = refusal(write(before + b"1," + bad + b"\n"))
    assert f"line 102, byte {len(before) + 3}" in message


def test_parquet_bytes_that_are_no_text_name_column_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"raw": pa.array([b"\xff\xfe"], pa.binary())}), path)
    assert "column 'raw', rows 1 to 1" in refusal(path)


def test_the_error_of_a_parquet_value_is_named_without_the_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quote_a_value(_column: object) -> None:
        raise pa.ArrowInvalid("cannot cast anna")

    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"raw": ["anna"]}), path)
    monkeypatch.setattr(readers, "to_text", quote_a_value)
    message = refusal(path)
    assert "rows 1 to 1: ArrowInvalid. Export" in message
    assert "anna" not in message


def test_duplicate_parquet_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    one = pa.array(["1"])
    pq.write_table(pa.Table.from_arrays([one, one], names=["a", "A"]), path)
    assert "columns 1 and 2 (in the footer)" in refusal(path)


def test_a_parquet_file_with_fewer_rows_than_its_footer_promises_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"a": ["one", "two", "three"]}), path)
    (batch,) = pq.ParquetFile(path).iter_batches()
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *_, **__: iter([batch.slice(1)]))
    assert "it holds 2 rows and its footer promises 3" in refusal(path)


@pytest.mark.parametrize("columns", [1_000, 1_001])
def test_a_table_has_at_most_a_thousand_columns(write: Any, columns: int) -> None:
    names = [f"c{n}" for n in range(columns)]
    pq.write_table(pa.table({name: ["1"] for name in names}), parquet := write(b"", "f.parquet"))
    files = [
        write(",".join(names) + "\n" + ",".join("1" * columns) + "\n"),
        write("".join(f'{{"{name}": 1}}\n' for name in names), "f.jsonl"),
        parquet,
    ]
    for path in files:
        if columns > 1_000:
            assert "1,001 " in refusal(path)
        else:
            assert len(read_table(path, scratch=path.parent).columns) == 1_000


def test_keys_are_counted_while_they_are_read(write: Any) -> None:
    lines = "".join(f'{{"key{n}": 1}}\n' for n in range(5_000))
    message = refusal(write(lines, "f.jsonl"))
    assert "1,001 different keys in its first 1,001 lines" in message
    assert "key7" not in message
    assert len(message) < 300


def test_a_wide_table_has_shorter_batches(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BATCH_CELLS", 6)
    for path in (write("a,b\n" + "1,2\n" * 7), write('{"a": 1, "b": 2}\n' * 7, "f.jsonl")):
        table = read_table(path, scratch=path.parent)
        assert [batch.num_rows for batch in table.batches] == [3, 3, 1]


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "MAX_FIELD_CHARACTERS", 1000)
    assert "begins in line 2" in refusal(write('a,b\n1,"' + "x\n" * 5000))
    monkeypatch.setattr(readers, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(readers, "CHUNK_BYTES", 100)
    assert "(line 2)" in refusal(write("a,b\n" + "x" * 5000))


def test_a_file_that_may_not_be_read_is_refused(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("a\n1\n")

    def deny(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(readers, "_open_bytes", deny)
    assert "Permission denied" in refusal(path)


# --- any text --------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=8),
    delimiter=st.sampled_from([",", "\t"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    is_gzip=st.booleans(),
)
def test_any_text_survives_csv(
    rows: list[tuple[str, str, str]], delimiter: str, line_end: str, is_gzip: bool
) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *rows])
    content = buffer.getvalue().encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f")
        path.write_bytes(gzip.compress(content) if is_gzip else content)
        assert values(path) == [tuple(v.strip() or None for v in row) for row in rows]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), ANY_TEXT), max_size=8), st.booleans())
def test_any_text_survives_json_lines(rows: list[dict[str, str]], is_ascii: bool) -> None:
    rows = [{"a": "first"}, *rows]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f")
        lines = [json.dumps(row, ensure_ascii=is_ascii) for row in rows]
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        found = read(path)
    assert len(found) == len(rows)
    for row, got in zip(rows, found, strict=True):
        for key in got.keys() & set("abc"):
            assert got[key] == (row.get(key, "").strip() or None)


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_reads_back_as_itself_without_an_exponent(number: float) -> None:
    (text,) = to_text(pa.array([number])).to_pylist()
    assert float(text) == number
    assert "e" not in text.lower()
    assert struct.pack("d", float(text)) == struct.pack("d", number)
