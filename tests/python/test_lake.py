"""The lake: typed, atomic, numbered."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tiktok_warehouse import lake
from tiktok_warehouse.entities import ENTITIES
from tiktok_warehouse.home import Home

NOW = datetime(2024, 5, 6, 7, 8, 9, 123_456, tzinfo=UTC)
VIEWS = ENTITIES["video_views"]


def batch(ids: list[str]) -> pa.RecordBatch:
    rows = pa.array(range(1, len(ids) + 1), pa.int64())
    malformed = pa.nulls(len(ids), pa.string())
    return pa.record_batch(
        [pa.array(ids), rows, malformed], names=["view_id", "_source_row", "_malformed"]
    )


def register(incoming: lake.Incoming, seq: int, rows: int) -> None:
    incoming.registered.append(
        lake.Registered(
            ingest_seq=seq,
            ingest_id=incoming.ingest_id,
            entity="video_views",
            source_file="f.csv",
            source_kind="event_log",
            content_sha256="0" * 64,
            mapping_name=None,
            mapping_sha256=None,
            parser_version="1",
            key_fingerprint="f" * 16,
            never_has=None,
            raw_rows=rows,
            unknown_columns=None,
            ingested_at=incoming.ingested_at,
        )
    )


def land_one(home: Home, ids: list[str]) -> lake.Incoming:
    incoming = lake.begin_ingest(home, lake.read_registry(home), NOW)
    seq, rows, malformed = lake.write_entity(incoming, VIEWS, [batch(ids)], "f.csv")
    assert (rows, malformed) == (len(ids), 0)
    register(incoming, seq, rows)
    assert lake.land(home, incoming)
    return incoming


def test_every_glob_finds_a_typed_empty_file(home: Home) -> None:
    lake.ensure_lake(home)
    for name in [*ENTITIES, lake.REGISTRY]:
        found = duckdb.sql(f"select * from '{home.raw}/*/{name}.*.parquet'")
        assert found.fetchall() == []
    (path,) = home.raw.glob("*/video_views.*.parquet")
    assert pq.read_schema(path).equals(lake.entity_schema(VIEWS))
    before = path.stat().st_mtime_ns
    lake.ensure_lake(home)
    assert path.stat().st_mtime_ns == before


def test_an_empty_file_follows_the_contract_when_it_grows(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.ensure_lake(home)
    grown = replace(VIEWS, optional=(*VIEWS.optional, "new"))
    monkeypatch.setitem(ENTITIES, "video_views", grown)
    lake.ensure_lake(home)
    assert "new" in pq.read_schema(home.raw / "_empty" / "video_views.0.parquet").names


def test_a_landed_file_has_all_columns_and_its_lineage(home: Home) -> None:
    incoming = land_one(home, ["a", "b"])
    assert incoming.ingest_id == "20240506T070809Z-000001"
    table = pq.read_table(home.raw / incoming.ingest_id / "video_views.1.parquet")
    assert table.schema.equals(lake.entity_schema(VIEWS))
    assert table.to_pylist()[1] == {
        **dict.fromkeys(VIEWS.columns),
        "view_id": "b",
        "_ingest_seq": 1,
        "_ingest_id": incoming.ingest_id,
        "_source_file": "f.csv",
        "_source_row": 2,
        "_ingested_at": datetime(2024, 5, 6, 7, 8, 9, 123_456),
        "_malformed": None,
    }
    (row,) = lake.read_registry(home)
    (file,) = (home.raw / incoming.ingest_id).glob("video_views.*")
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert row == replace(incoming.registered[0], file_sha256=sha256)


def test_numbers_grow_and_ids_differ_within_one_second(home: Home) -> None:
    ids = {land_one(home, ["a"]).ingest_id for _ in range(3)}
    assert len(ids) == 3
    assert [row.ingest_seq for row in lake.read_registry(home)] == [1, 2, 3]


def test_nothing_unfinished_is_seen_and_a_killed_ingest_is_cleared(home: Home) -> None:
    lake.ensure_lake(home)
    killed = lake.begin_ingest(home, [], NOW)
    lake.write_entity(killed, VIEWS, [batch(["lost"])], "f.csv")
    assert duckdb.sql(f"select * from '{home.raw}/*/video_views.*.parquet'").fetchall() == []
    assert lake.read_registry(home) == []
    land_one(home, ["kept"])
    assert not (home.raw / lake.INCOMING).exists()
    assert duckdb.sql(f"select view_id from '{home.raw}/*/video_views.*.parquet'").fetchall() == [
        ("kept",)
    ]


def test_a_file_that_breaks_off_leaves_nothing_and_gives_its_number_back(home: Home) -> None:
    incoming = lake.begin_ingest(home, [], NOW)

    def break_off() -> object:
        yield batch(["a"])
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        lake.write_entity(incoming, VIEWS, break_off(), "f.csv")  # type: ignore[arg-type]
    assert list(incoming.folder.iterdir()) == []
    assert incoming.next_seq == 1


def test_written_files_can_be_taken_back(home: Home) -> None:
    incoming = lake.begin_ingest(home, [], NOW)
    for _ in range(12):
        seq, rows, _malformed = lake.write_entity(incoming, VIEWS, [batch(["a"])], "f.csv")
        register(incoming, seq, rows)
    lake.drop_written(incoming, 3)
    assert sorted(path.name for path in incoming.folder.iterdir()) == [
        "video_views.1.parquet",
        "video_views.2.parquet",
    ]
    assert (incoming.next_seq, len(incoming.registered)) == (3, 2)


def test_an_ingest_of_nothing_leaves_no_folder(home: Home) -> None:
    incoming = lake.begin_ingest(home, [], NOW)
    assert not lake.land(home, incoming)
    assert list(home.raw.iterdir()) == []


def test_a_failed_rename_lands_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    incoming = lake.begin_ingest(home, [], NOW)
    seq, rows, _malformed = lake.write_entity(incoming, VIEWS, [batch(["a"])], "f.csv")
    register(incoming, seq, rows)

    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="No space"):
        lake.land(home, incoming)
    assert lake.read_registry(home) == []
