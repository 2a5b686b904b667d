"""`tiktok-warehouse query`: one select on the published file, with nothing else in its reach."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tiktok_warehouse import ask, cli, rows_out
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import Home


def run(home: Home, *arguments: str) -> int:
    return cli.run(["query", *arguments, "--home", str(home.root)])


def test_a_select_answers_as_a_table_csv_and_json(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "select handle, videos, created_at from dim_accounts where handle = 'speichenwerk'"
    assert run(sample_home, sql) == 0
    assert "│ speichenwerk │" in capsys.readouterr().out
    assert run(sample_home, sql, "--csv") == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert run(sample_home, sql, "--json") == 0
    (parsed,) = json.loads(capsys.readouterr().out)
    assert row == {name: str(value) for name, value in parsed.items()}
    assert datetime.fromisoformat(parsed["created_at"])
    assert isinstance(parsed["videos"], int)


@pytest.mark.parametrize(
    "sql",
    [
        "delete from marts.dim_accounts",
        "create table marts.t as select 1 as a",
        "create temp table t as select 1 as a",
        "update marts.dim_accounts set handle = 'x'",
        "drop schema marts cascade",
        "copy marts.dim_accounts to '{folder}/out.csv'",
        "export database '{folder}/out'",
        "attach '{folder}/other.duckdb' as other",
        "attach ':memory:' as other",
        "select * from read_csv('{folder}/secret.csv')",
        "select * from read_text('{folder}/secret.csv')",
        "select * from '{folder}/secret.csv'",
        "select * from glob('{folder}/*')",
        "select * from query('copy (select 1) to ''{folder}/out.csv''')",
        "set enable_external_access = true",
        "select 1; set enable_external_access = true",
        "pragma enable_profiling",
        "install httpfs",
        "load httpfs",
        "call pragma_version()",
        "checkpoint",
        "select * from nowhere",
        "selec",
        "",
    ],
)
def test_what_is_no_plain_reading_is_refused_in_a_sentence(
    sample_home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], sql: str
) -> None:
    (tmp_path / "secret.csv").write_text("password\nhunter2\n", encoding="utf-8")
    before = sorted(path.stat().st_mtime_ns for path in sample_home.published.rglob("*"))
    assert run(sample_home, sql.format(folder=tmp_path)) == 2
    written = capsys.readouterr()
    assert written.err.strip()
    assert "Traceback" not in written.err
    assert "hunter2" not in written.out + written.err
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert sorted(path.stat().st_mtime_ns for path in sample_home.published.rglob("*")) == before


def test_the_lock_holds_even_if_a_statement_got_through(
    sample_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    monkeypatch.setattr(ask, "_READING", tuple(duckdb.StatementType.__members__.values()))
    database = sample_home.published / "tiktok.duckdb"
    for sql in (
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "reset lock_configuration",
        "delete from marts.dim_accounts",
        "copy marts.dim_accounts to '/tmp/out.csv'",
    ):
        with pytest.raises(UsageError):
            ask.ask(database, sql, 1)


def test_a_question_in_another_encoding_is_read_or_refused(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    # What Python makes of an argument that its locale cannot read.
    assert run(sample_home, "select 'é' as x".encode().decode("ascii", "surrogateescape")) == 0
    assert "é" in capsys.readouterr().out
    assert run(sample_home, "select '\udce9' as x") == 2
    assert "UTF-8" in capsys.readouterr().err


def test_ctrl_c_ends_a_long_question_with_130(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    stop = threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT])
    stop.start()
    try:
        sql = "select count(*) from range(20000000000) as t (n) where n % 7 = 3"
        assert run(sample_home, sql) == 130
    finally:
        stop.join()
        signal.signal(signal.SIGINT, before)
    written = capsys.readouterr().err
    assert "Stopped." in written
    assert "Traceback" not in written


def test_lines_of_a_value_stay_lines(sample_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sample_home, "select 'one' || chr(10) || 'two' as x") == 0
    shown = capsys.readouterr().out
    assert "\ufffd" not in shown
    assert any(line.strip("│ ") == "two" for line in shown.splitlines())


def test_rows_are_capped_with_a_notice_beside_the_answer(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "select * from range(5) as numbers (number)"
    assert run(sample_home, sql, "--csv", "--limit", "3") == 0
    written = capsys.readouterr()
    assert written.out.split() == ["number", "0", "1", "2"]
    assert "The first 3 rows; there are more" in written.err
    for limit in ("5", "0"):
        assert run(sample_home, sql, "--csv", "--limit", limit) == 0
        written = capsys.readouterr()
        assert len(written.out.split()) == 6
        assert written.err == ""


def test_a_table_by_event_is_named_with_its_parquet(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(sample_home, "from fct_interactions") == 2
    written = capsys.readouterr().err
    assert "published as Parquet alone" in written
    # By a path that the next version keeps.
    assert "versions" not in written


def test_an_answer_of_many_columns_is_shown_below_each_other(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(sample_home, "from daily_account_kpis limit 2") == 0
    shown = capsys.readouterr().out
    assert "row 2" in shown
    assert "  engagement_rate_pct  " in shown


def test_the_select_may_come_from_the_input(
    sample_home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 42 as answer -- of all\n"))
    assert run(sample_home, "-", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [{"answer": 42}]


def test_a_reader_that_has_seen_enough_is_no_failure(sample_home: Home) -> None:
    command = [sys.executable, "-m", "tiktok_warehouse.cli", "query", "--limit", "0", "--csv"]
    command += ["--home", str(sample_home.root), "select * from range(1000000)"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.parametrize("sign", [*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_text_in_csv_is_taken_for_a_formula(sign: str) -> None:
    stream = io.StringIO()
    rows_out.write_csv(
        stream, [f"{sign}a"], [[f"{sign}cmd|' /C calc'!A0"], [-1], [Decimal("-2.5")]]
    )
    stream.seek(0)
    cells = [cell for (cell,) in csv.reader(stream)]
    assert cells == [f"'{sign}a", f"'{sign}cmd|' /C calc'!A0", "-1", "-2.5"]


def test_what_json_does_not_have_is_still_one_value() -> None:
    values = [date(2026, 8, 1), float("nan"), Decimal("2.50"), Decimal(10**20), {1: [b"x"]}, None]
    expected = ["2026-08-01", None, 2.5, 10**20, {"1": ["b'x'"]}, None]
    assert rows_out.make_jsonable(values) == expected
