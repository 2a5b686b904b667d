"""The copy in PostgreSQL, against a real server: what readers see of it, and what goes wrong."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pandas  # type: ignore[import-untyped]
import psycopg
import pytest
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from postgres_server import PASSWORD, Server, find_programs, run_server
from tiktok_warehouse import cli, postgres, transform, version_tables
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import Home
from tiktok_warehouse.postgres import Destination

MARTS = tuple(f"marts.mart_{letter}" for letter in "abcdef")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: make ci-deps installs it on Debian")
    with run_server(programs) as running:
        yield running


@pytest.fixture
def destination(server: Server, request: pytest.FixtureRequest) -> Destination:
    """An empty database of the test's own."""
    name = f"t{abs(hash(request.node.nodeid)) % 10**9}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return Destination(server.dsn(name), f"test/{name}")


def rewrite(database: Path, table: str, query: str) -> None:
    """Put the rows of a query in place of a table of a version; it may read ``before``."""
    file = database.parent / "parquet" / f"{table.replace('.', '/')}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table before as from read_parquet('{file}')")
        connection.sql(query).write_parquet(str(file))


def write_version(
    folder: Path,
    number: int,
    *,
    days: int = 20,
    only: Sequence[str] = MARTS,
    columns: str = "",
    keys: Sequence[str] = ("account_id", "kpi_date"),
) -> Path:
    """A version whose marts hold their version's number in every row."""
    folder = folder / str(number)
    folder.mkdir(parents=True)
    (folder / "parquet" / "marts").mkdir(parents=True)
    comments: list[version_tables.Comment] = []
    for table in only:
        schema, name = table.split(".")
        duckdb.sql(
            "copy (select '00' || account as account_id,"
            " cast(date '2026-08-01' + to_days(cast(day as integer)) as date) as kpi_date,"
            f" {number} as run_number {columns}"
            f" from range(5) as accounts (account), range({days}) as days (day))"
            f" to '{folder / 'parquet' / schema / name}.parquet'"
        )
        comments.append((schema, name, None, "Rows. It's one per day."))
        comments.append((schema, name, "kpi_date", "The % day"))
    version_tables.write_comments(folder, comments)
    named = {table: list(keys) for table in only if keys}
    (folder / postgres.KEYS_FILE).write_text(json.dumps(named), encoding="utf-8")
    return folder / "tiktok.duckdb"


def copy(destination: Destination, database: Path) -> postgres.Copied:
    copied = postgres.copy_version(destination, database.parent.name, database)
    assert copied is not None
    return copied


def ask(destination: Destination, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(destination.dsn) as connection:
        return connection.execute(query).fetchall()


def test_every_table_of_the_sample_arrives_with_its_rows_types_and_comments(
    sample_home: Home, destination: Destination
) -> None:
    database = (sample_home.published / "tiktok.duckdb").resolve()
    copied = copy(destination, database)
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name, comment from duckdb_tables()"
        ).fetchall()
        assert copied.tables == len(tables) > 25
        for schema, name, comment in tables:
            query = f"select * from {schema}.{name}"
            expected = connection.execute(query)
            names = [column[0] for column in expected.description or []]
            with psycopg.connect(destination.dsn) as reading:
                found = reading.execute(query)
                assert [column.name for column in found.description or []] == names
                assert sorted(found.fetchall(), key=repr) == sorted(expected.fetchall(), key=repr)
            assert ask(destination, f"select obj_description('{schema}.{name}'::regclass)") == [
                (comment,)
            ]
    ((described,),) = ask(
        destination,
        "select count(*) from pg_description where classoid = 'pg_class'::regclass"
        " and objsubid > 0 and objoid in (select oid from pg_class where relnamespace ="
        " 'marts'::regnamespace)",
    )
    assert described > 300
    keys = ask(
        destination,
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
        " where contype = 'p' and connamespace = 'marts'::regnamespace",
    )
    assert ("marts.daily_account_kpis", "PRIMARY KEY (account_id, kpi_date)") in keys
    assert ("marts.dim_videos", "PRIMARY KEY (video_id)") in keys
    assert len(keys) >= 20


def test_null_empty_and_awkward_values_arrive_as_they_are(
    tmp_path: Path, destination: Destination
) -> None:
    database = write_version(
        tmp_path,
        1,
        days=1,
        only=MARTS[:1],
        columns=", null::varchar as none, '' as empty, 'a\"b,' || chr(10) || '\\N' as awkward,"
        " 'x' || chr(0) || 'y' as nul, 0.1::double + 0.2 as third, 'nan'::double as nan,"
        " 1.5::decimal(9, 3) as exact, null::bigint as no_number, true as yes, [1, 2] as list,"
        " timestamp '2026-08-01 01:02:03.000004' as moment, 'NULL' as word",
    )
    copy(destination, database)
    ((*row,),) = ask(
        destination,
        "select none, empty, awkward, nul, third, nan::text, exact::text, no_number, yes, list,"
        " moment::text, word from marts.mart_a where account_id = '001'",
    )
    expected = [None, "", 'a"b,\n\\N', "x\ufffdy", 0.1 + 0.2, "NaN", "1.500", None, True]
    assert row == [*expected, "[1, 2]", "2026-08-01 01:02:03.000004", "NULL"]


def test_readers_see_one_version_in_all_marts_and_nobody_waits(
    tmp_path: Path, destination: Destination
) -> None:
    """An idle transaction holds every table while eight readers read and versions go by."""
    copy(destination, write_version(tmp_path, 1))
    in_one = " union ".join(f"select run_number from {table}" for table in MARTS)
    stop = threading.Event()
    seen: list[set[int]] = []
    slowest: list[float] = []
    broken: list[str] = []

    def read(number: int) -> None:
        try:
            with psycopg.connect(destination.dsn) as connection:
                if number % 2:
                    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                while not stop.is_set():
                    started = time.monotonic()
                    queries = [in_one] * len(MARTS)
                    if number % 2:
                        queries = [f"select distinct run_number from {t}" for t in MARTS]
                    found = [connection.execute(query).fetchall() for query in queries]
                    slowest.append(time.monotonic() - started)
                    connection.rollback()
                    # A statement sees one version; so does a repeatable read over all of them.
                    seen.extend({n for (n,) in rows} for rows in found)
                    if number % 2:
                        seen.append({n for rows in found for (n,) in rows})
        except psycopg.Error as error:
            broken.append(str(error))

    with psycopg.connect(destination.dsn) as idle:
        for table in MARTS:
            idle.execute(f"select * from {table}").fetchall()
        readers = [threading.Thread(target=read, args=(number,)) for number in range(8)]
        for reader in readers:
            reader.start()
        taken = [copy(destination, write_version(tmp_path, n)).seconds for n in range(2, 12)]
        stop.set()
        for reader in readers:
            reader.join()
        assert idle.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    assert broken == []
    assert {len(versions) for versions in seen} == {1}
    assert len(set.union(*seen)) > 3
    assert max(taken) < 30
    assert max(slowest) < 30


def test_no_lock_that_a_reader_would_wait_for_is_taken(
    tmp_path: Path, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(destination, write_version(tmp_path, 1))
    held: set[str] = set()
    let_read = postgres._let_read

    def spy(connection: psycopg.Connection[Any], *arguments: Any) -> None:
        let_read(connection, *arguments)
        rows = connection.execute(
            "select mode from pg_locks inner join pg_class on relation = pg_class.oid"
            " where pid = pg_backend_pid() and relnamespace = 'marts'::regnamespace"
        )
        held.update(mode for (mode,) in rows.fetchall())

    monkeypatch.setattr(postgres, "_let_read", spy)
    copied = copy(destination, write_version(tmp_path, 2))
    assert copied.changed == len(MARTS)
    assert "RowExclusiveLock" in held
    assert held <= {"AccessShareLock", "RowExclusiveLock"}


def test_a_copy_costs_what_changed(tmp_path: Path, destination: Destination) -> None:
    first = write_version(tmp_path, 1)
    assert copy(destination, first).inserted == 100 * len(MARTS)
    assert postgres.copy_version(destination, "1", first) is None
    second = write_version(tmp_path, 2)
    changed_day = "case when kpi_date = date '2026-08-03' then 2 else 1 end"
    rewrite(second, MARTS[0], f"from before select * replace ({changed_day} as run_number)")
    gone = "kpi_date <> date '2026-08-04'"
    rewrite(second, MARTS[1], f"from before select * replace (1 as run_number) where {gone}")
    for table in MARTS[2:]:
        rewrite(second, table, "from before select * replace (1 as run_number)")
    copied = copy(destination, second)
    assert (copied.changed, copied.deleted, copied.inserted) == (2, 10, 5)
    changed = ask(
        destination, f"select count(*), min(kpi_date)::text from {MARTS[0]} where run_number = 2"
    )
    assert changed == [(5, "2026-08-03")]
    assert ask(destination, f"select count(*) from {MARTS[1]}") == [(95,)]


def test_rows_that_somebody_took_away_come_back(tmp_path: Path, destination: Destination) -> None:
    copy(destination, write_version(tmp_path, 1))
    with psycopg.connect(destination.dsn) as connection:
        connection.execute("delete from marts.mart_c where account_id = '001'")
    copied = copy(destination, write_version(tmp_path, 2, only=MARTS))
    assert copied.changed == len(MARTS)
    assert ask(destination, "select count(*) from marts.mart_c") == [(100,)]


def test_new_columns_other_types_and_gone_tables_are_followed_and_views_live(
    tmp_path: Path, destination: Destination
) -> None:
    copy(destination, write_version(tmp_path, 1, columns=", 1 as old, 'x' as kind"))
    with psycopg.connect(destination.dsn) as connection:
        connection.execute("create view public.mine as select account_id from marts.mart_a")
    shapes = ", 2.5::decimal(9, 1) as kind, true as new"
    copy(destination, write_version(tmp_path, 2, only=MARTS[:2], columns=shapes, keys=()))
    found = ask(destination, "select kind::text, new, run_number from marts.mart_b limit 1")
    assert found == [("2.5", True, 2)]
    assert ask(destination, "select count(*) from public.mine") == [(100,)]
    names = ask(destination, "select tablename from pg_tables where schemaname = 'marts'")
    assert sorted(names) == [("mart_a",), ("mart_b",)]
    with pytest.raises(psycopg.errors.UndefinedColumn):
        ask(destination, "select old from marts.mart_a")
    copy(destination, write_version(tmp_path, 3))
    keys = ask(destination, "select count(*) from pg_constraint where contype = 'p'")
    assert keys[0][0] >= len(MARTS)


def test_a_table_in_use_whose_columns_change_fails_soon_and_changes_nothing(
    tmp_path: Path, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_LOCK_TIMEOUT", "200ms")
    copy(destination, write_version(tmp_path, 1))
    other = write_version(tmp_path, 2, columns=", 1 as new")
    with psycopg.connect(destination.dsn) as idle:
        idle.execute("select * from marts.mart_f").fetchall()
        with pytest.raises(postgres.CopyFailed, match="lock timeout"):
            copy(destination, other)
    runs = " union all ".join(f"select distinct run_number from {table}" for table in MARTS)
    assert ask(destination, runs) == [(1,)] * len(MARTS)
    copy(destination, other)
    assert ask(destination, "select distinct new, run_number from marts.mart_f") == [(1, 2)]


def test_the_reader_may_read_what_is_published_and_nothing_else(
    tmp_path: Path, destination: Destination
) -> None:
    copy(destination, write_version(tmp_path, 1))
    with psycopg.connect(destination.dsn, autocommit=True) as connection:
        connection.execute("set role tiktok_reader")
        assert connection.execute("select count(*) from marts.mart_a").fetchone() == (100,)
        shown = connection.execute("select version from publication.current_version").fetchone()
        assert shown == ("1",)
        for statement in (
            "delete from marts.mart_a",
            "update marts.mart_a set run_number = 2",
            "create table marts.t (a int)",
            "drop table marts.mart_a",
            "delete from publication.current_version",
            "select * from publication.slices",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("columns", ["mine text", "account_id text, kpi_date date, run_number int"])
def test_a_table_of_somebody_elses_is_left_alone(
    tmp_path: Path, destination: Destination, columns: str
) -> None:
    with psycopg.connect(destination.dsn) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.mart_b ({columns})")
        connection.execute("insert into marts.mart_b values ('precious')")
    with pytest.raises(postgres.CopyFailed, match=r"marts\.mart_b stands there"):
        copy(destination, write_version(tmp_path, 1))
    assert ask(destination, "select * from marts.mart_b")[0][0] == "precious"
    assert ask(destination, "select to_regclass('marts.mart_a')") == [(None,)]


def test_the_copy_of_another_home_is_left_alone(tmp_path: Path, destination: Destination) -> None:
    def write(number: int, runs: Sequence[str]) -> Path:
        database = write_version(tmp_path, number)
        file = database.parent / "parquet" / "quality" / "refresh_runs.parquet"
        file.parent.mkdir()
        duckdb.sql(f"select unnest({list(runs)}) as run_id").write_parquet(str(file))
        return database

    copy(destination, write(1, ["a1"]))
    copy(destination, write(2, ["a1", "a2"]))
    with pytest.raises(postgres.CopyFailed, match="copy of another home"):
        copy(destination, write(3, ["b1"]))
    assert ask(destination, "select distinct run_number from marts.mart_a") == [(2,)]
    copy(destination, write(4, ["a2", "a3"]))


def test_a_view_on_a_column_that_changes_is_named(tmp_path: Path, destination: Destination) -> None:
    copy(destination, write_version(tmp_path, 1, columns=", 'x' as kind"))
    with psycopg.connect(destination.dsn) as connection:
        connection.execute("create view public.mine as select kind from marts.mart_a")
    other = write_version(tmp_path, 2, columns=", 2.5::decimal(9, 1) as kind")
    with pytest.raises(postgres.CopyFailed, match="view mine") as failed:
        copy(destination, other)
    assert "CASCADE" not in str(failed.value)
    assert ask(destination, "select distinct kind from public.mine") == [("x",)]
    with psycopg.connect(destination.dsn) as connection:
        connection.execute("drop view public.mine")
    copy(destination, other)


def test_a_schema_that_the_reader_may_not_use_fails_and_says_what_to_run(
    tmp_path: Path, destination: Destination
) -> None:
    name = conninfo_to_dict(destination.dsn)["dbname"]
    with psycopg.connect(destination.dsn, autocommit=True) as connection:
        connection.execute(f"create role loader_{name} login password 'x'")
        connection.execute(f"grant create on database {name} to loader_{name}")
        connection.execute("create schema marts")
        connection.execute(f"grant all on schema marts to loader_{name}")
        connection.execute(
            "do $$ begin create role tiktok_reader nologin;"
            " exception when duplicate_object then null; end $$"
        )
    dsn = make_conninfo(destination.dsn, user=f"loader_{name}", password="x")
    loader = Destination(dsn, destination.shown)
    database = write_version(tmp_path, 1)
    with pytest.raises(postgres.CopyFailed, match='grant usage on schema "marts"'):
        copy(loader, database)
    with psycopg.connect(destination.dsn) as connection:
        connection.execute('grant usage on schema marts to "tiktok_reader"')
    copy(loader, database)


def test_a_key_too_long_for_an_index_leaves_the_table_without_one(
    tmp_path: Path, destination: Destination
) -> None:
    database = write_version(tmp_path, 1, only=MARTS[:1])
    long = "(select string_agg(md5(n::varchar), '') from range(500) as r (n))"
    is_long = "kpi_date = date '2026-08-02' and account_id = '001'"
    account_id = f"case when {is_long} then {long} else account_id end"
    rewrite(database, MARTS[0], f"from before select * replace ({account_id} as account_id)")
    copy(destination, database)
    assert ask(destination, "select count(*) from marts.mart_a") == [(100,)]
    # The row that went lies in the table still when the key is made, and no more at the next copy.
    copy(destination, write_version(tmp_path, 2, only=MARTS[:1]))
    copy(destination, write_version(tmp_path, 3, only=MARTS[:1]))
    assert ask(destination, "select count(*) from pg_constraint where conname = 'mart_a_pkey'") == [
        (1,)
    ]


def test_pandas_and_sqlalchemys_reflection_read_it(
    sample_home: Home, destination: Destination
) -> None:
    copy(destination, (sample_home.published / "tiktok.duckdb").resolve())
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(destination.dsn)
    )
    reflected = sqlalchemy.MetaData(schema="marts")
    reflected.reflect(engine)
    table = reflected.tables["marts.daily_account_kpis"]
    assert [column.name for column in table.primary_key] == ["account_id", "kpi_date"]
    assert table.comment is not None
    assert table.comment.startswith("KPIs of an account and day")
    assert table.c.views.comment
    with engine.connect() as connection:
        views = connection.execute(sqlalchemy.select(sqlalchemy.func.sum(table.c.views))).scalar()
        frame = pandas.read_sql_table("daily_account_kpis", connection, schema="marts")
    assert frame["views"].sum() == views
    assert frame["kpi_date"].notna().all()
    engine.dispose()


def test_a_refresh_with_nothing_new_makes_up_for_a_copy_that_failed_and_rollback_copies_too(
    lake_home: Home,
    destination: Destination,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    version = (lake_home.published / "current").readlink().name
    monkeypatch.setenv(
        postgres.VARIABLE, f"postgresql://postgres:{quote(PASSWORD, safe='')}@127.0.0.1:1/nowhere"
    )
    assert cli.run(["refresh", "--home", str(lake_home.root)]) == 5
    written = capsys.readouterr()
    assert f"{version} is published, but PostgreSQL (127.0.0.1:1/nowhere)" in written.err
    assert (lake_home.published / "current").readlink().name == version
    ledger = (lake_home.logs / "refresh_runs.jsonl").read_text(encoding="utf-8")
    assert '"exit_code": 5' in ledger.splitlines()[-1]
    for kept in (written.out, written.err, ledger, (lake_home.logs / "dbt.jsonl").read_text()):
        assert PASSWORD not in kept
        assert quote(PASSWORD, safe="") not in kept
    monkeypatch.setenv(postgres.VARIABLE, destination.dsn)
    assert cli.run(["refresh", "--home", str(lake_home.root)]) == 0
    assert "tables changed" in capsys.readouterr().out
    assert ask(destination, "select version from publication.current_version") == [(version,)]
    with psycopg.connect(destination.dsn) as connection:
        connection.execute("delete from publication.current_version")
    assert cli.run(["rollback", version, "--home", str(lake_home.root)]) == 0
    assert ask(destination, "select version from publication.current_version") == [(version,)]
    assert cli.run(["doctor", "--home", str(lake_home.root)]) == 0
    assert f"shows {version}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql://postgres:{PASSWORD}@127.0.0.1/db",
        "postgresql://postgres:p@ss@127.0.0.1/db",
        "postgresql://postgres:sec/ret@127.0.0.1/db",
        "host=x password=se cret",
        "hunter2",
    ],
)
def test_a_dsn_that_cannot_be_read_is_not_repeated(
    dsn: str,
    lake_home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(postgres.VARIABLE, dsn)
    assert cli.run(["refresh", "--home", str(lake_home.root)]) == 2
    written = capsys.readouterr()
    shown = (written.out + written.err).split("such as", 1)[0]
    assert "is no connection string" in shown
    for part in (dsn, "hunter2", "p@ss", "sec", "ss@", "ret", "cret"):
        assert part not in shown


def test_a_wrong_password_is_not_repeated(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "wrong-hunter3"
    monkeypatch.setenv(
        postgres.VARIABLE, f"postgresql://postgres:{wrong}@127.0.0.1:{server.port}/postgres"
    )
    found = postgres.find_destination()
    assert found is not None
    assert wrong not in repr(found)
    with pytest.raises(postgres.CopyFailed, match="password authentication failed") as caught:
        copy(found, write_version(tmp_path, 1))
    assert wrong not in str(caught.value)
    assert caught.value.__cause__ is None
    right = quote(PASSWORD, safe="")
    monkeypatch.setenv(
        postgres.VARIABLE, f"postgresql://postgres:{right}@127.0.0.1:{server.port}/postgres"
    )
    found = postgres.find_destination()
    assert found is not None
    assert "shows nothing yet" in postgres.check(found)


def test_dbts_process_does_not_get_the_dsn(
    lake_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(postgres.VARIABLE, "postgresql://u:p@127.0.0.1/db")
    given: list[dict[str, str]] = []

    class Stopped(Exception):
        pass

    def popen(*_arguments: object, env: dict[str, str], **_options: object) -> None:
        given.append(env)
        raise Stopped

    monkeypatch.setattr("tiktok_warehouse.transform.subprocess.Popen", popen)
    with pytest.raises(Stopped):
        transform.build_models(lake_home, "lake", dbt=transform.DbtProcess())
    assert given
    assert postgres.VARIABLE not in given[0]
    assert postgres.VARIABLE in os.environ


def test_without_psycopg_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    monkeypatch.setenv(postgres.VARIABLE, "postgresql://u:p@127.0.0.1/db")
    with pytest.raises(UsageError, match="pip install"):
        postgres.find_destination()
    monkeypatch.setenv(postgres.VARIABLE, " ")
    assert postgres.find_destination() is None
