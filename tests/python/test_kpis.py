"""`tiktok-warehouse kpis`: the windows of the law over any days, for people and for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from tiktok_warehouse import cli, kpis, report
from tiktok_warehouse.home import Home

FIRST = date(2026, 8, 1)


@contextmanager
def rewriting(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of a version, to be changed: it is read from its Parquet files."""
    folder = database.parent / "parquet" / "marts"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        for file in folder.glob("*.parquet"):
            connection.execute(f"create table marts.{file.stem} as from '{file}'")
        yield connection
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f"copy marts.{name} to '{folder / name}.parquet'")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A version with 14 days of one account: every count is 10, followers grow by 10."""
    database = tmp_path / "tiktok.duckdb"
    with rewriting(database) as connection:
        connection.execute(
            "create table marts.dim_accounts as"
            " select '007' as account_id, 'bakes' as handle, 'own' as account_role"
        )
        connection.execute(
            """
            create table marts.daily_account_kpis as
            select
                '007' as account_id,
                cast(date '2026-08-01' + to_days(cast(number as integer)) as date) as kpi_date,
                10 as views, 10 as engagements, 10 as saves, true as engagement_has_saves,
                10 as followers_net, 100 + 10 * number as followers_opening,
                110 + 10 * number as followers_closing,
                10 as total_watch_seconds, 10 as completed_views, 10 as views_with_duration,
                10 as profile_visits, 10 as profile_visitors, 10 as conversions,
                'visitors' as conversion_denominator, 'event_log' as engagement_source,
                'event_log' as watch_source, 'event_log' as followers_source,
                'event_log' as funnel_source, false as is_provisional,
                100.0 as engagement_rate_pct, 100.0 as save_rate_pct,
                100.0 as completion_rate_pct, 1.0 as average_watch_seconds,
                100.0 as conversion_rate_pct, 1000.0 / (100 + 10 * number)
                    as follower_growth_rate_pct
            from range(14) as numbers (number)
            """
        )
    return database


def change(database: Path, assignments: str, days: str) -> None:
    with rewriting(database) as connection:
        connection.execute(f"update marts.daily_account_kpis set {assignments} where {days}")


def read_one(database: Path, first: date = FIRST, last: date | None = None) -> kpis.AccountKpis:
    _, (account,) = kpis.read_kpis(database, first=first, last=last)
    return account


@pytest.mark.parametrize("days", [7, 28])
def test_windows_are_those_of_the_mart_to_the_last_digit(sample_home: Home, days: int) -> None:
    database = kpis.find_published(sample_home.published)
    names = [kpi.name for kpi in kpis.KPIS]
    with duckdb.connect(str(database), read_only=True) as connection:
        expected = {
            (account_id, day): dict(zip(names, values, strict=True))
            for account_id, day, *values in connection.execute(
                f"select account_id, kpi_date, {', '.join(f'{name}_{days}d' for name in names)}"
                " from marts.daily_account_kpis"
            ).fetchall()
        }
        handles = [row[0] for row in connection.execute("from marts.dim_accounts").fetchall()]
    last = max(day for _, day in expected)
    compared = known = 0
    for day in (last - timedelta(days=back) for back in range(0, 85, 4)):
        _, accounts = kpis.read_kpis(
            database, first=day - timedelta(days=days - 1), last=day, accounts=handles
        )
        for account in accounts:
            found = {name: account.values[name] for name in names}
            wanted = expected.get((account.account_id, day), dict.fromkeys(names))
            assert found == wanted, (account.handle, day)
            compared += 1
            known += sum(value is not None for value in found.values())
    assert compared > 50
    assert known > 300


def test_a_window_is_a_ratio_of_sums_and_growth_is_against_its_first_opening(small: Path) -> None:
    change(small, "views = 90, engagements = 0", "kpi_date = date '2026-08-02'")
    values = read_one(small, last=date(2026, 8, 2)).values
    assert values["engagement_rate_pct"] == 10.0
    assert values["follower_growth_rate_pct"] == 20.0
    assert values["followers_opening"] == 100


def test_the_change_is_on_the_window_before(small: Path) -> None:
    change(small, "views = 30", "kpi_date > date '2026-08-07'")
    account = read_one(small, first=date(2026, 8, 8))
    assert account.changes["views"] == 140
    assert account.changes["average_watch_seconds"] == pytest.approx(1 / 3 - 1)
    assert read_one(small).changes["views"] is None


@pytest.mark.parametrize(
    ("assignments", "unknown"),
    [
        ("views = null", {"views", "average_watch_seconds", "engagement_rate_pct"}),
        ("engagements = null, engagement_has_saves = null", {"engagements", "engagement_rate_pct"}),
        ("followers_net = null", {"followers_net", "follower_growth_rate_pct"}),
        ("completed_views = null", {"completion_rate_pct"}),
        ("profile_visitors = null", {"conversion_rate_pct"}),
        ("watch_source = 'studio'", {"average_watch_seconds", "completion_rate_pct"}),
        ("funnel_source = 'studio'", {"conversion_rate_pct"}),
        ("engagement_has_saves = false", {"engagements", "engagement_rate_pct"}),
    ],
)
def test_one_day_unknown_or_of_another_kind_leaves_the_window_unknown(
    small: Path, assignments: str, unknown: set[str]
) -> None:
    change(small, assignments, "kpi_date = date '2026-08-03'")
    values = read_one(small).values
    assert unknown <= {name for name, value in values.items() if value is None}
    assert values["profile_visits"] == 140
    known = read_one(small, first=date(2026, 8, 4)).values
    assert None not in known.values()


def test_a_window_that_is_longer_than_the_account_is_unknown(small: Path) -> None:
    account = read_one(small, last=date(2026, 8, 15))
    assert account.days == 14
    assert set(account.values.values()) == {None}


def test_windows_of_two_sources_are_not_compared(small: Path) -> None:
    change(small, "watch_source = 'studio'", "kpi_date > date '2026-08-07'")
    account = read_one(small, first=date(2026, 8, 8))
    assert account.values["views"] == 70
    assert account.changes["views"] is None
    assert account.changes["followers_net"] == 0


def test_bars_run_from_the_least_to_the_largest_and_show_what_is_not_known() -> None:
    assert report.draw_bars([0, 7, None, 3.5]) == "▁█·▅"
    assert report.draw_bars([5, 5]) == "▁▁"
    assert report.draw_bars([None]) == "·"


def test_the_three_outputs_say_the_same(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["kpis", "--home", str(sample_home.root), "--from", "2026-08-01"]
    assert cli.run([*arguments, "--json"]) == 0
    accounts = json.loads(capsys.readouterr().out)["accounts"]
    assert cli.run([*arguments, "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert cli.run(arguments) == 0
    shown = capsys.readouterr().out
    assert [row["account_id"] for row in rows] == [each["account_id"] for each in accounts]
    for account, row in zip(accounts, rows, strict=True):
        assert account["handle"] in shown
        assert f"{account['values']['views']:,}" in shown
        for name, value in account["values"].items():
            assert float(row[name]) == value
            assert value is not None


def test_a_day_that_is_missing_is_none_among_the_days(small: Path) -> None:
    with rewriting(small) as connection:
        connection.execute(
            "delete from marts.daily_account_kpis where kpi_date = date '2026-08-12'"
        )
    account = read_one(small, first=date(2026, 8, 11), last=date(2026, 8, 15))
    assert account.daily["views"] == (10, None, 10, 10, None)


@pytest.mark.parametrize(("width", "days"), [(200, 28), (80, 25), (60, 0)])
def test_as_many_of_the_newest_days_are_drawn_as_fit(small: Path, width: int, days: int) -> None:
    with rewriting(small) as connection:
        # Rising, so that the newest day has the tallest bar.
        connection.execute(
            "create or replace table marts.daily_account_kpis as"
            " select kpis.* replace (cast(date '2026-08-01' + to_days(cast(number as integer))"
            " as date) as kpi_date, number as views) from range(40) as numbers (number)"
            " cross join (from marts.daily_account_kpis limit 1) as kpis"
        )
    window, accounts = kpis.read_kpis(small, first=FIRST, last=date(2026, 9, 9))
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    report.show_kpis(console, window, accounts)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert ("┃ last" in shown) == (days > 0)
    if days:
        drawn = next(line for line in shown.splitlines() if " views " in line)
        bars = drawn.split("│")[-2].strip()
        assert bars.endswith("█")
        assert f"last {len(bars)} days" in shown
        assert len(bars) == days


def test_accounts_without_a_day_are_named_beside_the_answer(
    sample_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["kpis", "--home", str(sample_home.root), "--json", "--account", "new-handle"]
    assert cli.run([*arguments, "--account", "speichenwerk"]) == 0
    written = capsys.readouterr()
    assert [each["handle"] for each in json.loads(written.out)["accounts"]] == ["speichenwerk"]
    assert "is known of new-handle" in " ".join(written.err.split())
    assert "speichenwerk" not in written.err


@pytest.mark.parametrize("damage", ["garbage", "empty", "without a mart"])
def test_a_file_that_cannot_be_read_is_one_sentence_and_exit_code_5(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    database = tmp_path / "published" / "tiktok.duckdb"
    database.parent.mkdir()
    if damage == "without a mart":
        duckdb.connect(str(database)).close()
    else:
        database.write_bytes(b"no database at all" * 999 if damage == "garbage" else b"")
    assert cli.run(["kpis", "--home", str(tmp_path)]) == 5
    written = capsys.readouterr().err
    assert "cannot be read" in written
    assert "Traceback" not in written
    if damage != "without a mart":
        assert cli.run(["query", "select 1", "--home", str(tmp_path)]) == 5
        assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2026-08-02", "--to", "2026-08-01"], "before it begins"),
        (["--from", "2036-08-02", "--to", "2036-08-03"], "the days go from"),
        (["--account", "nobody"], "Accounts: "),
        (["--json", "--csv"], "not for both"),
        (["--from", "yesterday"], "does not match the format"),
        (["--from", "0001-01-01"], "before any short video"),
        (["--to", "0001-01-01"], "before any short video"),
    ],
)
def test_a_wrong_question_is_one_sentence_and_exit_code_2(
    sample_home: Home,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert cli.run(["kpis", "--home", str(sample_home.root), *arguments]) == 2
    written = capsys.readouterr().err
    assert message in written
    assert "Traceback" not in written


def test_a_home_that_has_published_nothing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["kpis"], ["query", "select 1"]):
        assert cli.run([*arguments, "--home", str(tmp_path / "no")]) == 2
        assert "Nothing is published" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("command", sorted(c.name or "" for c in cli.list_commands()))
def test_each_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command, "--help"]) == 0
    assert f"tiktok-warehouse {command}" in capsys.readouterr().out.split("Usage", 1)[1][60:]
