"""Mapping files: checked with file, line and key, and sealed off from everything but the rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tiktok_warehouse.conform import make_zone_reader
from tiktok_warehouse.errors import RefusedFile, UsageError
from tiktok_warehouse.home import PROJECT_ROOT
from tiktok_warehouse.mapping import (
    _connect,
    apply_entry,
    find_misfit,
    find_unused_columns,
    load_mapping,
    matches_name,
)

GOOD = """\
name: plays
files: ["plays*.csv"]
entities:
  - entity: accounts
    group_by: []
    constants: {account_id: a, handle: a, account_role: own}
  - entity: video_views
    where: kind <> 'ad'
    columns:
      view_id: user || '-' || moment
      viewed_at: moment
      video_id: upper(video)
      person_id: user
      watch_seconds: try_cast(ms as bigint) * 0.001
    hashed: [view_id]
"""
COLUMNS = ("user", "moment", "video", "ms", "kind")


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "plays.yml"
    path.write_text(text)
    return path


def apply(
    tmp_path: Path, text: str, rows: list[tuple[str | None, ...]], position: int = 0
) -> list[dict[str, Any]]:
    mapping = load_mapping(write(tmp_path, text))
    schema = pa.schema(
        [(name, pa.string()) for name in COLUMNS]
        + [("_source_row", pa.int64()), ("_malformed", pa.string())]
    )
    full: list[dict[str, Any]] = [
        dict(zip(COLUMNS, row, strict=True)) | {"_source_row": n, "_malformed": None}
        for n, row in enumerate(rows, 1)
    ]
    full.append(dict.fromkeys(COLUMNS) | {"_source_row": len(full) + 1, "_malformed": "bad"})
    table = pa.Table.from_pylist(full, schema=schema)

    def open_batches() -> Iterator[pa.RecordBatch]:
        return iter(table.to_batches(max_chunksize=2))

    entry = mapping.entries[position]
    batches = list(apply_entry(mapping, entry, open_batches, schema, tmp_path))
    return [row for batch in batches for row in batch.to_pylist()]


def test_the_shipped_mappings_are_valid() -> None:
    paths = sorted((PROJECT_ROOT / "mappings").glob("*.yml"))
    assert "kuairand" in [load_mapping(path).name for path in paths]


def test_a_comment_is_no_change_of_a_mapping(tmp_path: Path) -> None:
    first = load_mapping(write(tmp_path, GOOD)).sha256
    assert load_mapping(write(tmp_path, "# why\n" + GOOD)).sha256 == first
    assert load_mapping(write(tmp_path, GOOD.replace("0.001", "0.01"))).sha256 != first


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: plays", "name: [", "not valid YAML"),
        ("name: plays", "naem: plays", "line 1, naem: unknown key; known here: name"),
        ("files: [", "name: again\nfiles: [", "line 2: the key name stands twice"),
        ('files: ["plays*.csv"]', 'files: ["a"]\nzone: Mars', "line 3, zone: 'Mars'"),
        ("entity: accounts", "entity: users", "line 4, entities[0].entity: no entity is called"),
        (
            "viewed_at: moment",
            "seen_at: moment",
            "line 11, entities[1].columns.seen_at: video_views has",
        ),
        ("      viewed_at: moment\n", "", "line 7, entities[1]: video_views needs viewed_at"),
        ("{account_id: a,", "{account_id: 007,", "line 6, entities[0].constants.account_id: 7 is"),
        ("upper(video)", "upper(video", "line 12, entities[1].columns.video_id: not valid SQL"),
        ("upper(video)", "1), (2", "columns.video_id: must be one SQL expression"),
        ("upper(video)", "(select max(video) from source)", "video_id: a subquery"),
        ("kind <> 'ad'", "kind <>", "line 8, entities[1].where: not valid SQL"),
        ("hashed: [view_id]", "hashed: [video]", "line 15, entities[1].hashed[0]: 'video'"),
        ("hashed: [view_id]", "never_has: [save]", "never_has: only interactions have it"),
        (
            "    hashed: [view_id]\n",
            "    constants: {video_id: x}\n",
            "line 15, entities[1].constants.video_id: 'video_id' stands under columns and",
        ),
    ],
)
def test_a_wrong_mapping_is_told_by_file_line_and_key(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(UsageError) as caught:
        load_mapping(path)
    assert str(caught.value).startswith(str(path))
    assert expected in str(caught.value)


def test_an_unknown_interaction_type_in_never_has_is_told(tmp_path: Path) -> None:
    text = """\
name: x
files: [x]
entities:
  - entity: interactions
    columns: {interaction_id: a, interacted_at: a, video_id: a, interaction_type: a}
    never_has: [save, wave]
"""
    with pytest.raises(UsageError, match=r"line 6, entities\[0\]\.never_has\[1\]: 'wave'"):
        load_mapping(write(tmp_path, text))


def test_a_column_that_the_file_lacks_is_told_with_line_and_key(tmp_path: Path) -> None:
    misfit = find_misfit(load_mapping(write(tmp_path, GOOD)), ("user", "moment", "video", "kind"))
    assert misfit is not None
    assert misfit.is_missing_column
    assert "line 14, entities[1].columns.watch_seconds: the file has no column 'ms'" in (
        misfit.message
    )


def test_a_column_named_like_a_value_of_sql_must_be_in_the_file(tmp_path: Path) -> None:
    misfit = find_misfit(load_mapping(write(tmp_path, GOOD)), ("moment", "video", "ms", "kind"))
    assert misfit is not None
    assert misfit.is_missing_column
    assert "columns.view_id: the file has no column 'user'" in misfit.message


def test_sql_that_does_not_compile_is_told_with_line_and_key(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path, GOOD.replace("upper(", "uper(")))
    misfit = find_misfit(mapping, COLUMNS)
    assert misfit is not None
    assert not misfit.is_missing_column
    assert "line 12, entities[1].columns.video_id" in misfit.message


def test_a_good_mapping_fits_and_names_what_it_leaves_out(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path, GOOD))
    assert find_misfit(mapping, tuple(name.upper() for name in COLUMNS)) is None
    assert find_unused_columns(mapping, (*COLUMNS, "extra")) == ("extra",)
    assert matches_name(mapping, "plays_1.csv.gz")
    assert not matches_name(mapping, "displays.csv")


def test_rows_keep_their_order_number_and_exact_decimals(tmp_path: Path) -> None:
    rows = [("u", str(n), "v", str(n), "ad" if n == 2 else "x") for n in range(1, 6)]
    got = apply(tmp_path, GOOD, list(rows), position=1)
    assert [row["_source_row"] for row in got] == [1, 3, 4, 5]
    assert [row["watch_seconds"] for row in got] == ["0.001", "0.003", "0.004", "0.005"]
    assert got[0]["view_id"] == "u-1"
    assert got[0]["video_id"] == "V"


@pytest.mark.parametrize(
    ("grouped", "expected"),
    [("", ["2024-01-02", "2024-01-01"]), ("group_by: [user]", ["2024-01-02"])],
)
def test_when_a_connector_read_a_row_passes_through(
    tmp_path: Path, grouped: str, expected: list[str]
) -> None:
    text = f"""
        name: plays
        description: x
        files: ["plays*"]
        entities:
          - entity: accounts
            {grouped}
            columns: {{account_id: 'any_value("user")', handle: "'h'", account_role: "'own'"}}
    """
    if not grouped:
        text = text.replace("any_value", "")
    mapping = load_mapping(write(tmp_path, text))
    names = ("user", "_Airbyte_Extracted_At")
    table = pa.table(
        {
            **dict(zip(names, (["a", "a"], ["2024-01-02", "2024-01-01"]), strict=True)),
            "_source_row": [1, 2],
            "_malformed": pa.nulls(2, pa.string()),
        }
    )
    assert find_unused_columns(mapping, names) == ()
    (batch,) = apply_entry(
        mapping, mapping.entries[0], lambda: iter(table.to_batches()), table.schema, tmp_path
    )
    assert batch.column("_Airbyte_Extracted_At").to_pylist() == expected


def test_one_row_for_a_file_and_none_for_an_empty_one(tmp_path: Path) -> None:
    (row,) = apply(tmp_path, GOOD, [("u", "1", "v", "2", "x")] * 3)
    assert row == {
        "account_id": "a",
        "handle": "a",
        "account_role": "own",
        "_source_row": 1,
        "_malformed": None,
    }
    assert apply(tmp_path, GOOD, []) == []


def test_groups_aggregate_under_the_name_that_they_are_grouped_by(tmp_path: Path) -> None:
    text = """\
name: x
files: [x]
entities:
  - entity: videos
    group_by: [video]
    columns: {video_id: video, posted_at: min(moment), duration_seconds: "max(ms::int) / 4"}
    constants: {account_id: a}
"""
    rows: list[tuple[str | None, ...]] = [
        ("u", "3", "b", "1", "x"),
        ("u", "2", "a", "2", "x"),
        ("u", "1", "b", "3", "x"),
    ]
    got = apply(tmp_path, text, rows)
    assert [
        (r["video_id"], r["posted_at"], r["duration_seconds"], r["_source_row"]) for r in got
    ] == [
        ("b", "1", "0.75", 1),
        ("a", "2", "0.5", 2),
    ]


def test_a_value_that_breaks_an_expression_names_the_key_and_hides_the_value(
    tmp_path: Path,
) -> None:
    text = GOOD.replace("try_cast(ms as bigint)", "cast(ms as bigint)")
    with pytest.raises(RefusedFile) as caught:
        apply(tmp_path, text, [("u", "1", "v", "anna", "x")], position=1)
    assert "line 14, entities[1].columns.watch_seconds: Conversion Error" in str(caught.value)
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize(
    "sql", ["error('anna')", "error(video)", "cast(video as date)::text", "video::json::text"]
)
def test_the_text_of_an_error_is_never_shown(tmp_path: Path, sql: str) -> None:
    with pytest.raises(RefusedFile) as caught:
        apply(tmp_path, GOOD.replace("upper(video)", sql), [("u", "1", "anna", "1", "x")], 1)
    assert "line 12, entities[1].columns.video_id: " in str(caught.value)
    assert " Error. Use try_cast" in str(caught.value)
    assert "anna" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "unnest([video, user])",
        "main.UNNEST([video, user])",
        "list_value(video, user).unlist()",
        "generate_subscripts([1, 2], 1)",
        "regexp_split_to_table(video, '-')",
    ],
)
def test_one_row_stays_one_row(tmp_path: Path, sql: str) -> None:
    with pytest.raises(UsageError, match=r"line 12, .*video_id: \w+\(\) makes several rows of one"):
        load_mapping(write(tmp_path, GOOD.replace("upper(video)", sql)))


@pytest.mark.parametrize(
    "sql",
    [
        *("now()", "today()", "random()", "uuid()", "version()", "current_setting('TimeZone')"),
        *("current_timestamp()", "getvariable('x')", "age(moment::timestamp)", "user()"),
    ],
)
def test_one_file_gives_the_same_rows_whenever_it_is_read(tmp_path: Path, sql: str) -> None:
    with pytest.raises(UsageError, match="answers from outside the row"):
        load_mapping(write(tmp_path, GOOD.replace("upper(video)", f"{sql} || video")))


def test_a_column_named_like_a_word_of_sql_stands_in_quotes(tmp_path: Path) -> None:
    mapping = load_mapping(write(tmp_path, GOOD.replace("upper(video)", "'\"at\"'")))
    assert find_misfit(mapping, (*COLUMNS, "at")) is None


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("enable_external_access", False),
        ("autoinstall_known_extensions", False),
        ("autoload_known_extensions", False),
        ("python_enable_replacements", False),
        ("lock_configuration", True),
        ("memory_limit", "1.8 GiB"),
        ("threads", 1),
        ("TimeZone", "UTC"),
    ],
)
def test_the_engine_of_a_mapping_is_sealed_off(setting: str, expected: object) -> None:
    with _connect() as connection:
        found = connection.execute(f"select current_setting('{setting}')").fetchone()
        assert found == (expected,)
        with pytest.raises(duckdb.Error):
            connection.execute(f"set {setting} = '{expected}'")


def test_the_engine_of_a_mapping_spills_into_the_scratch_folder(tmp_path: Path) -> None:
    with _connect(tmp_path) as connection:
        found = connection.execute("select current_setting('temp_directory')").fetchone()
    assert found == (str(tmp_path / "spill"),)


def test_the_engine_of_a_mapping_opens_no_file_and_no_variable(tmp_path: Path) -> None:
    people = pa.table({"name": ["anna"]})
    (tmp_path / "other.csv").write_text("name\nanna\n")
    with _connect() as connection:
        with pytest.raises(duckdb.Error):
            connection.execute(f"from read_text('{tmp_path}/other.csv')")
        with pytest.raises(duckdb.CatalogException):
            connection.execute("from people")
    assert people.num_rows == 1


@pytest.mark.parametrize(
    "sql", ["getenv('HOME')", "(from read_text('/etc/hostname'))", "current_setting('secret')"]
)
def test_expressions_see_nothing_but_the_rows(tmp_path: Path, sql: str) -> None:
    path = write(tmp_path, GOOD.replace("upper(video)", sql))
    try:
        misfit = find_misfit(load_mapping(path), COLUMNS)
    except UsageError:
        return
    assert misfit is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-07-01", "2024-06-30 22:00:00Z"),
        ("2024-07-01 10:00", "2024-07-01 08:00:00Z"),
        ("2024-01-01T10:00:01.123456789", "2024-01-01 09:00:01.123456789Z"),
        ("2024-03-31 02:30:00", "2024-03-31 01:30:00Z"),
        ("2024-10-27 02:30:00", "2024-10-27 00:30:00Z"),
        ("2024-07-01 10:00:00Z", "2024-07-01 10:00:00Z"),
        ("2024-07-01 10:00:00+02:00", "2024-07-01 10:00:00+02:00"),
        ("1719828000", "1719828000"),
        ("2024-13-01 10:00", "2024-13-01 10:00"),
        ("0001-01-01", "0001-01-01"),
        ("yesterday", "yesterday"),
    ],
)
def test_only_text_without_a_zone_is_moved_to_utc(text: str, expected: str) -> None:
    read_zone = make_zone_reader("Europe/Berlin")
    assert read_zone is not None
    assert read_zone([text, text]) == [expected, expected]


def test_utc_leaves_everything_verbatim() -> None:
    assert make_zone_reader("UTC") is None
