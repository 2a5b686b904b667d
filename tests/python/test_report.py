"""What reaches the terminal: no text of a source can steer it, and no list fills it."""

from __future__ import annotations

import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from tiktok_warehouse import kpis, report
from tiktok_warehouse.ingest import AlreadyLanded, IngestResult, LandedFile, Refused
from tiktok_warehouse.offers import Ignored

# An escape, a C1 control, a turn of direction, mark-up, the name of an emoji, a line of its own.
HOSTILE = "a\x1b[31mb\x9bc\u202ed[red]e[/]f:boom:g\nh"
SHOWN = "a\ufffd[31mb\ufffdc\ufffdd[red]e[/]f:boom:g\ufffdh"


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)


def shown_on(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def assert_harmless(console: Console, times: int) -> None:
    shown = shown_on(console)
    assert shown.count(SHOWN) == times, shown
    for letter in "\x1b\x9b\u202e\U0001f4a5":
        assert letter not in shown


def landed(name: str, *columns: str) -> LandedFile:
    return LandedFile(name, "videos", 1, 1, 0, columns, name, None)


def test_names_of_files_and_columns_cannot_steer_the_terminal(console: Console) -> None:
    result = IngestResult(
        ingest_id="1",
        landed=(landed(HOSTILE, HOSTILE),),
        already_landed=(AlreadyLanded(HOSTILE, f"as {HOSTILE}"),),
        refused=(Refused(HOSTILE, f"it has {HOSTILE}", Path(HOSTILE)),),
        ignored=(Ignored(HOSTILE, "hidden"),),
    )
    report.show_ingest(console, result)
    assert_harmless(console, times=2 + 2 + 2 + 3 + 1)


def test_a_handle_in_the_table_of_kpis_cannot_steer_the_terminal(
    console: Console, tmp_path: Path
) -> None:
    database = tmp_path / "t.duckdb"
    folder = tmp_path / "parquet" / "marts"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.dim_accounts as"
            " select 'a' as account_id, ? as handle, 'own' as account_role",
            [HOSTILE],
        )
        connection.execute(
            """
            create table marts.daily_account_kpis as
            select
                'a' as account_id, date '2026-08-01' as kpi_date, 'own' as account_role,
                1 as views, 1 as engagements, true as engagement_has_saves, 1 as followers_net,
                1 as followers_opening, 2 as followers_closing, 1 as saves,
                'event_log' as followers_source,
                'event_log' as funnel_source, false as is_provisional, 1.0 as engagement_rate_pct,
                1.0 as save_rate_pct, 1.0 as follower_growth_rate_pct, 1.0 as completion_rate_pct,
                1.0 as average_watch_seconds, 1.0 as conversion_rate_pct,
                1 as conversions, 1 as profile_visitors,
                1 as profile_visits, 'visitors' as conversion_denominator,
                'event_log' as engagement_source, 'event_log' as watch_source,
                1 as total_watch_seconds, 1 as completed_views, 1 as views_with_duration
            """
        )
        for table in ("dim_accounts", "daily_account_kpis"):
            connection.execute(f"copy marts.{table} to '{folder / table}.parquet'")
    report.show_account_kpis(console, database)
    report.show_kpis(console, *kpis.read_kpis(database))
    # Lines of a value stay lines there, within its cell.
    report.show_rows(console, [HOSTILE], [[HOSTILE.replace("\n", "?")]])
    assert_harmless(console, times=3)
    assert SHOWN.replace("g\ufffd", "g?") in shown_on(console)


def test_checks_and_findings_cannot_steer_the_terminal(console: Console) -> None:
    report.show_findings(console, [("home", False, HOSTILE.replace("\n", "?"))])
    assert SHOWN.replace("g\ufffd", "g?") in shown_on(console)
    report.say(console, "one\ntwo [red]\x1b[0m :boom:")
    assert "one\ntwo [red]\ufffd[0m :boom:\n" in shown_on(console)
    assert "\x1b" not in shown_on(console)


def test_a_long_list_of_columns_is_shortened(console: Console) -> None:
    columns = [f"column{n}" for n in range(1, 501)] + ["x" * 100_000]
    report.show_ingest(console, IngestResult("1", (landed("f", *columns),), (), (), ()))
    shown = shown_on(console)
    assert "column20 and 481 more" in shown
    assert "column21" not in shown
    report.show_ingest(console, IngestResult("1", (landed("f", columns[-1]),), (), (), ()))
    assert len(shown_on(console)) < 5_000
