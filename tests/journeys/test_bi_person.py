"""A BI person reads what is published, in every way that the pages name, while refreshes run."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas  # type: ignore[import-untyped]
import psycopg
import pytest

from journey import Terminal, block, clone_installed, count_views, offer_views
from postgres_server import Server, find_programs, run_server

# What a tool that connects without a thought does, as many do by default.
_HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""
_READ_WITH_POLARS = """
import sys
from pathlib import Path
import polars
for path in sorted(Path(sys.argv[1]).glob("*/*")):
    print(f"{path.parent.name}.{path.stem}", len(polars.read_parquet(path)))
"""


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Where a log of one's own was brought in, as README tells."""
    terminal = clone_installed(tmp_path_factory.mktemp("bi") / "clone")
    terminal.expect(".venv/bin/tiktok-warehouse generate exports --events 1000 --days 12")
    told = terminal.expect(block("README.md", "tiktok-warehouse init"))
    assert "Published version 000001" in told
    return terminal


@pytest.fixture(scope="module")
def home(terminal: Terminal) -> Path:
    return terminal.user / "warehouses" / "my-client"


@contextmanager
def held(database: Path) -> Iterator[None]:
    """A tool that has a file open for writing."""
    command = [sys.executable, "-c", _HOLD, str(database)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as tool:
        assert tool.stdout is not None
        assert tool.stdout.readline() == "held\n"
        yield
        assert tool.poll() is None
        tool.kill()


def test_a_tool_that_holds_the_file_stops_neither_refresh_nor_status(
    terminal: Terminal, home: Path
) -> None:
    views = count_views(home)
    offer_views(terminal, home, "2026-08-25 10:00:00")
    parquet = home / "published" / "parquet" / "marts" / "daily_account_kpis.parquet"
    with held(home / "published" / "tiktok.duckdb"):
        with pytest.raises(duckdb.IOException, match="lock"):
            count_views(home)
        refresh = terminal.start("tiktok-warehouse refresh")
        seen = set()
        while refresh.poll() is None:
            seen.add(int(pandas.read_parquet(parquet)["views"].sum()))
            assert "Readers see 00000" in terminal.expect("tiktok-warehouse status")
        told, problems = refresh.communicate()
        assert refresh.returncode == 0, problems
        assert "Published version 000002" in told
        assert seen <= {views, views + 1}
        # The tool goes on seeing its version; who opens the file now sees the new one.
        assert count_views(home) == views + 1


def test_pandas_and_polars_read_all_tables(terminal: Terminal, home: Path, tmp_path: Path) -> None:
    published = home / "published"
    with duckdb.connect(str(published / "tiktok.duckdb"), read_only=True) as connection:
        counted = {
            f"{schema}.{table}": rows
            for schema, table, rows in connection.execute(
                "select schema_name, table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        }
    by_pandas = {
        f"{path.parent.name}.{path.stem}": len(pandas.read_parquet(path))
        for path in sorted((published / "parquet").glob("*/*"))
    }
    assert by_pandas.keys() - counted.keys() == {"marts.fct_follows", "marts.fct_interactions"}
    assert {name: by_pandas[name] for name in counted} == counted
    terminal.expect(f"python3 -m venv {tmp_path}/polars")
    terminal.expect(f"{tmp_path}/polars/bin/pip install --quiet polars")
    (tmp_path / "read.py").write_text(_READ_WITH_POLARS, encoding="utf-8")
    told = terminal.expect(f"{tmp_path}/polars/bin/python {tmp_path}/read.py {published}/parquet")
    by_polars = dict(line.split() for line in told.splitlines())
    assert {name: int(rows) for name, rows in by_polars.items()} == by_pandas


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: make ci-deps installs it on Debian")
    with run_server(programs) as running:
        yield running


def test_the_copy_in_postgresql_changes_while_the_file_is_read(
    terminal: Terminal, home: Path, server: Server
) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create role loader login createrole password 'secret'")
        connection.execute("create database tiktok")
        connection.execute("grant create on database tiktok to loader")
    views = count_views(home)
    offer_views(terminal, home, "2026-08-26 10:00:00")
    host = f"127.0.0.1:{server.port}"
    refresh = terminal.start(
        block("docs/connect.md", "PUBLISH_POSTGRES", {"db.example.com:5432": host})
    )
    seen = set()
    while refresh.poll() is None:
        seen.add(count_views(home))
        time.sleep(0.1)
    told, problems = refresh.communicate()
    assert refresh.returncode == 0, problems
    assert "tables changed" in told
    assert views in seen
    assert seen <= {views, views + 1}
    with psycopg.connect(server.dsn("tiktok"), autocommit=True) as connection:
        connection.execute("create role bi login password 'secret' in role tiktok_reader")
    places = {"…": "secret", "db.example.com": host}
    read = block("docs/connect.md", "read_sql_table", places)
    shown = terminal.python(f"{read}\nprint(frame['views'].sum())")
    assert float(shown) == views + 1


def test_python_reads_the_file_and_its_folders(terminal: Terminal, home: Path) -> None:
    beside = Terminal(home, terminal.user)
    beside.expect(f"source {terminal.folder}/.venv/bin/activate")
    for read in (
        block("docs/connect.md", '.sql("from marts.daily_account_kpis")'),
        block("docs/connect.md", "duckdb:///published/tiktok.duckdb"),
    ):
        assert float(beside.python(f"{read}\nprint(frame['views'].sum())")) == count_views(home)
    read = block("docs/connect.md", 'read_parquet("published/parquet/marts/fct_interactions")')
    with duckdb.connect(str(home / "published" / "tiktok.duckdb"), read_only=True) as connection:
        likes = connection.execute(
            "select sum(likes) from marts.daily_account_kpis where engagement_source = 'event_log'"
        ).fetchone()
    likes_by_event = "(frame['interaction_type'] == 'like') & ~frame['is_undo']"
    assert likes == (int(beside.python(f"{read}\nprint(({likes_by_event}).sum())")),)


def test_kpis_are_asked_for_as_metrics(terminal: Terminal, home: Path) -> None:
    told = terminal.expect(
        block("docs/connect.md", "mf list metrics", {"home/sample": "~/warehouses/my-client"})
    )
    with duckdb.connect(str(home / "published" / "tiktok.duckdb"), read_only=True) as connection:
        months = connection.execute(
            "select handle, strftime(date_trunc('month', kpi_date), '%Y-%m-%dT%H:%M:%S'),"
            " sum(views)::int from marts.daily_account_kpis"
            " inner join marts.dim_accounts using (account_id) where views is not null"
            " group by all"
        ).fetchall()
    assert len(months) > 3
    for handle, month, views in months:
        assert re.search(rf"^{month}\s+{handle}\s+{views}\s", told, re.MULTILINE), handle
