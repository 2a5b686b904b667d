"""Publishing: a whole version or none, and readers that notice nothing."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import signal
import threading
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas  # type: ignore[import-untyped]
import pyarrow.dataset
import pytest

from tiktok_warehouse import publish as publishing
from tiktok_warehouse.errors import ChecksFailed, WarehouseError
from tiktok_warehouse.home import Home, open_home

ORIGIN = publishing.Origin(run_id="run", ingest_seq=1, change_seq=1, code="code")


def build_something(home: Home, *, marker: int, rows: int = 3) -> Path:
    """A build database with two marts and a quality table, and the manifest that lists them."""
    home.database.unlink(missing_ok=True)
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("create schema marts; create schema quality; create schema staging")
        connection.execute(
            "create table marts.daily as"
            f" select i as id, {marker} as marker, date '2026-08-01' + i::int as event_date"
            f" from range({rows}) as t (i)"
        )
        connection.execute("comment on table marts.daily is 'It''s one row per day'")
        connection.execute("comment on column marts.daily.id is 'The day''s number'")
        connection.execute("create table marts.fct_events as select * from marts.daily")
        connection.execute(f"create table quality.checks as select {marker} as marker")
        connection.execute("create table marts.removed_model as select 1 as x")
        connection.execute("create table staging.secret as select 1 as x")
    nodes = {}
    for schema, name, day in (
        ("marts", "daily", None),
        ("marts", "fct_events", "event_date"),
        ("quality", "checks", None),
        ("staging", "secret", None),
    ):
        meta = {"publish_by_day": day} if day else {}
        nodes[f"model.{name}"] = {
            "resource_type": "model",
            "schema": schema,
            "alias": name,
            "config": {"meta": meta},
        }
    target = home.build / "dbt"
    target.mkdir(exist_ok=True)
    (target / "manifest.json").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    return target


def publish(home: Home, target: Path) -> publishing.Published:
    with publishing.Incoming(home, target, ORIGIN) as incoming:
        return publishing.publish(incoming)


def read(home: Home, query: str) -> list[tuple[object, ...]]:
    database = home.published / publishing.DATABASE_NAME
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_readers_find_the_marts_with_their_comments_and_nothing_else(home: Home) -> None:
    published = publish(home, build_something(home, marker=1))
    tables = read(home, "select schema_name, table_name, comment from duckdb_tables() order by all")
    assert tables == [("marts", "daily", "It's one row per day"), ("quality", "checks", None)]
    comments = read(home, "select comment from duckdb_columns() where column_name = 'id'")
    assert comments == [("The day's number",)]
    assert published.database == home.published / "tiktok.duckdb"
    assert not list(home.published.rglob("*.wal"))


def test_the_file_opens_in_readers_from_duckdb_1_1_on(home: Home) -> None:
    publish(home, build_something(home, marker=1))
    tags = read(home, "select tags from duckdb_databases() where not internal")
    assert "v1.0.0" in str(tags), tags


def test_parquet_lies_beside_the_database_and_events_by_day(home: Home) -> None:
    published = publish(home, build_something(home, marker=1))
    with duckdb.connect() as connection:
        daily = connection.execute(
            f"select count(*) from '{published.parquet}/marts/daily.parquet'"
        ).fetchall()
        events = connection.execute(
            f"select count(*), count(distinct event_date)"
            f" from '{published.parquet}/marts/fct_events/*.parquet'"
        ).fetchall()
    assert daily == [(3,)]
    assert events == [(3, 3)]
    days = sorted(path.name for path in (published.parquet / "marts" / "fct_events").glob("2*"))
    assert days == ["2026-08-01.parquet", "2026-08-02.parquet", "2026-08-03.parquet"]


def test_a_folder_of_days_opens_in_pandas_and_pyarrow(home: Home) -> None:
    published = publish(home, build_something(home, marker=1))
    folder = published.parquet / "marts" / "fct_events"
    frame = pandas.read_parquet(folder)
    assert sorted(map(str, frame["event_date"])) == ["2026-08-01", "2026-08-02", "2026-08-03"]
    days = pyarrow.dataset.dataset(folder).to_table().column("event_date")
    assert days.type == pyarrow.date32()
    assert sorted(days.to_pylist()) == [date(2026, 8, day) for day in (1, 2, 3)]


def test_no_row_is_lost_of_a_day_that_is_written_in_pieces(home: Home) -> None:
    target = build_something(home, marker=1)
    rows, days = 1_000_000, 200
    with duckdb.connect(str(home.database)) as connection:
        # So many days at once, and no order by day, are more files than DuckDB keeps open.
        connection.execute(
            "create or replace table marts.fct_events as select i as id,"
            f" date '2026-08-01' + (i % {days})::int as event_date from range({rows}) as t (i)"
        )
    published = publish(home, target)
    files = [path.name for path in (published.parquet / "marts" / "fct_events").glob("2*")]
    assert any(name.endswith(".1.parquet") for name in files)
    assert {name.partition(".")[0] for name in files} == {
        str(date(2026, 8, 1) + timedelta(days=day)) for day in range(days)
    }
    assert sum(table.rows for table in published.tables if table.name == "fct_events") == rows


@pytest.mark.parametrize("is_of_folders", [False, True])
def test_untouched_days_are_linked_unless_they_lie_in_folders_as_they_did_once(
    is_of_folders: bool, home: Home
) -> None:
    target = build_something(home, marker=1)
    first = publish(home, target)
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_touched_days as"
            " select date '2026-08-02' as event_date, 2 as change_seq, 'events' as entity"
        )
        connection.execute("update marts.fct_events set marker = 2 where event_date = '2026-08-02'")
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    manifest["nodes"]["model.fct_events"]["config"]["meta"]["touched_entities"] = ["events"]
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if is_of_folders:
        for path in (first.parquet / "marts" / "fct_events").glob("2*.parquet"):
            folder = path.with_name(f"event_date={path.stem}")
            folder.mkdir()
            path.rename(folder / "data_0.parquet")
    origin = replace(ORIGIN, change_seq=2, can_link=True)
    with publishing.Incoming(home, target, origin) as incoming:
        second = publishing.publish(incoming)
    folder = second.parquet / "marts" / "fct_events"
    links = {path.stem: path.stat().st_nlink for path in folder.glob("2*.parquet")}
    kept = 1 if is_of_folders else 2
    assert links == {"2026-08-01": kept, "2026-08-02": 1, "2026-08-03": kept}
    frame = pandas.read_parquet(folder).sort_values("event_date")
    assert list(frame["marker"]) == [1, 2, 1]


def test_events_of_no_day_are_still_readable(home: Home) -> None:
    published = publish(home, build_something(home, marker=1, rows=0))
    files = published.parquet / "marts" / "fct_events" / "*.parquet"
    with duckdb.connect() as connection:
        events = connection.execute(f"select count(*) from read_parquet('{files}')").fetchall()
    assert events == [(0,)]


def test_a_failure_half_way_leaves_the_old_version(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, build_something(home, marker=1))
    target = build_something(home, marker=2)
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_make_durable", _no_space)
        with pytest.raises(OSError, match="No space"):
            publish(home, target)
    assert read(home, "select marker from quality.checks") == [(1,)]
    assert [path.name for path in (home.published / "versions").glob(".incoming*")] == []
    publish(home, target)
    assert read(home, "select marker from quality.checks") == [(2,)]


def _no_space(_folder: Path) -> None:
    raise OSError(28, "No space left on device")


def test_what_was_written_beside_the_checks_goes_out_with_the_rest(home: Home) -> None:
    target = build_something(home, marker=1)
    with publishing.Incoming(home, target, ORIGIN) as incoming:
        with incoming.writing_models(duckdb.connect(str(home.database), read_only=True)):
            pass
        assert [table.name for table in incoming.tables] == ["daily", "fct_events", "checks"]
        with duckdb.connect(str(home.database)) as connection:
            connection.execute("create schema if not exists quality")
            connection.execute("create table quality.check_results as select 7 as marker")
        publishing.publish(incoming)
    assert read(home, "select marker from quality.check_results") == [(7,)]
    assert read(home, "select count(*) from marts.daily") == [(3,)]


@pytest.mark.parametrize("is_judged", [False, True])
def test_a_version_that_is_given_up_leaves_nothing(
    is_judged: bool, home: Home, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """A failing check, or Ctrl-C when the checks are through and tables are still written."""
    target = build_something(home, marker=1)
    written: list[str] = []
    begun = threading.Event()
    endless = "select count(*) from range(1000000000000) as a (i), range(1000000) as b (i)"

    def write_for_ever(connection: duckdb.DuckDBPyConnection, plan: Any, *_: Any) -> None:
        written.append(plan.name)
        begun.set()
        connection.execute(endless)

    monkeypatch.setattr(publishing, "_WRITERS", 1)
    monkeypatch.setattr(publishing, "_write_table", write_for_ever)
    # Whoever starts the tests in the background may have them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    started = time.monotonic()
    with (
        contextlib.suppress(ChecksFailed, KeyboardInterrupt),
        publishing.Incoming(home, target, ORIGIN) as incoming,
        incoming.writing_models(duckdb.connect(str(home.database), read_only=True)),
    ):
        assert begun.wait(10)
        if is_judged:
            main = threading.main_thread().ident
            threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT)).start()
        else:
            raise ChecksFailed("a check failed")
    assert time.monotonic() - started < 10, "the table at work is interrupted"
    assert written == ["daily"], "no table is begun after that"
    assert list((home.published / "versions").iterdir()) == []
    # Nothing holds the build database any more.
    duckdb.connect(str(home.database)).close()


def test_a_table_that_cannot_be_written_beside_the_checks_stops_the_publication(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = build_something(home, marker=1)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing, "_write_table", no_space)
    with (
        pytest.raises(OSError, match="No space"),
        publishing.Incoming(home, target, ORIGIN) as incoming,
        incoming.writing_models(duckdb.connect(str(home.database), read_only=True)),
    ):
        pass
    assert list((home.published / "versions").iterdir()) == []


def test_what_a_killed_run_left_behind_is_removed(home: Home) -> None:
    leftover = home.published / "versions" / ".incoming-000009-20260101T000000Z"
    leftover.mkdir(parents=True)
    (leftover / "tiktok.duckdb").write_bytes(b"half")
    publish(home, build_something(home, marker=1))
    assert not leftover.exists()


def test_a_version_that_lost_rows_is_not_published(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, build_something(home, marker=1))
    target = build_something(home, marker=2)
    real = publishing._count

    def lose_a_row(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
        return real(connection, relation) - relation.startswith("incoming.marts")

    monkeypatch.setattr(publishing, "_count", lose_a_row)
    with pytest.raises(WarehouseError, match=r"marts\.daily has 3 rows .* and 2"):
        publish(home, target)
    assert read(home, "select marker from quality.checks") == [(1,)]


def test_only_the_configured_number_of_versions_is_kept(tmp_path: Path) -> None:
    (tmp_path / "warehouse.toml").write_text("keep_versions = 2\n", encoding="utf-8")
    home = open_home(tmp_path)
    names = [publish(home, build_something(home, marker=i)).version for i in range(4)]
    kept = sorted(path.name for path in (home.published / "versions").iterdir())
    assert kept == names[-2:]
    assert read(home, "select marker from quality.checks") == [(3,)]


def _read_without_pause(
    database: str, ready: object, stop: object, failures: object, reads: object
) -> None:
    ready.wait()  # type: ignore[attr-defined]
    count = 0
    while not stop.is_set():  # type: ignore[attr-defined]
        try:
            with duckdb.connect(database, read_only=True) as connection:
                first = connection.execute("select distinct marker from marts.daily").fetchall()
                second = connection.execute("select marker from quality.checks").fetchall()
            if first != second:
                failures.put(f"torn: {first} {second}")  # type: ignore[attr-defined]
        except duckdb.Error as error:
            failures.put(str(error))  # type: ignore[attr-defined]
        count += 1
    reads.put(count)  # type: ignore[attr-defined]


def test_a_reader_sees_the_old_version_or_the_new_and_never_neither(home: Home) -> None:
    publish(home, build_something(home, marker=0))
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Barrier(3), context.Event()
    failures, reads = context.Queue(), context.Queue()
    database = str(home.published / "tiktok.duckdb")
    readers = [
        context.Process(target=_read_without_pause, args=(database, ready, stop, failures, reads))
        for _ in range(2)
    ]
    for reader in readers:
        reader.start()
    counts = []
    # It takes them longer to begin than ten publications take.
    ready.wait(timeout=60)
    try:
        for marker in range(1, 11):
            publish(home, build_something(home, marker=marker))
    finally:
        stop.set()
        counts = [reads.get(timeout=60) for _ in readers]
        for reader in readers:
            reader.join(timeout=60)
    assert failures.empty(), failures.get()
    assert min(counts) > 0
