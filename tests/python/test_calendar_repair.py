"""Two hundred pairs of exports whose days often stand still: which files are moved by a day.

What is measured are files. None whose labels are right may be moved, and of those that are a day
off at most one in fifty may stay where it is.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from studio_files import Studio
from studio_truth import land_tables, list_days, make_truth, read_export, write_export
from test_studio_staging import run_dbt
from tiktok_warehouse import changes
from tiktok_warehouse.home import open_home

PAIRS = 200
KINDS = {
    "Overview": "overview",
    "Viewers": "viewers",
    "FollowerHistory": "follower_history",
}
FileId = tuple[str, str, date]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> dict[FileId, tuple[int, int]]:
    """By how many days each file had to be moved, and was."""
    folder = tmp_path_factory.mktemp("pairs")
    home = open_home(folder / "home")
    numbers = random.Random(17)
    wanted: dict[FileId, int] = {}
    tables = []
    for number in range(PAIRS):
        account = f"pair_{number}"
        first = Studio(account=account, days=28, viewers_later=0, exported_on=date(2026, 3, 9))
        second = replace(
            first,
            exported_on=first.exported_on + timedelta(days=numbers.randrange(3, 12)),
            labels_later=numbers.choice((0, 0, 1, -1)),
        )
        truth = make_truth(
            account,
            list_days(first)[0],
            list_days(second)[-1],
            seed=number,
            standing=numbers.choice((0.1, 0.2, 0.3)),
        )
        # In every fourth pair the level of followers is all there is.
        names = ("FollowerHistory",) if number % 4 == 0 else tuple(KINDS)
        for at, studio in enumerate((first, second)):
            files = write_export(truth, studio, folder / f"{account}-{at}")
            kept = [file for file in files if Path(file.name).stem in names]
            for found in read_export(kept, studio.exported_on):
                tables += [(part.entity, part.rows) for part in found.parts]
                wanted[account, KINDS[found.kind.name], studio.exported_on] = -studio.labels_later
    land_tables(home, tables)
    run_dbt(home, "+calendar_repairs")
    with duckdb.connect(str(home.database), read_only=True) as connection:
        rows = connection.execute(
            "select account_handle, file_kind, exported_on, shift_days from"
            " quality.calendar_repairs"
        ).fetchall()
    found_shifts = {(account, kind, day): shift for account, kind, day, shift in rows}
    assert found_shifts.keys() == wanted.keys()
    return {file: (shift, found_shifts[file]) for file, shift in wanted.items()}


def test_no_file_is_moved_to_where_its_days_are_not(
    moved: dict[FileId, tuple[int, int]],
) -> None:
    assert {file: both for file, both in moved.items() if both[1] not in (0, both[0])} == {}


def test_of_the_files_that_are_a_day_off_at_most_one_in_fifty_stays(
    moved: dict[FileId, tuple[int, int]],
) -> None:
    off = {file: both for file, both in moved.items() if both[0] != 0}
    left = {file: both for file, both in off.items() if both[1] == 0}
    assert len(off) > PAIRS
    assert len(left) * 50 <= len(off), left


def test_a_refresh_says_which_files_were_moved_and_which_are_in_doubt() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema quality")
        connection.execute("create schema intermediate")
        connection.execute(
            "create table quality.calendar_repairs as select * from (values"
            " ('anna', 'viewers', date '2026-03-17', 'shifted', -1),"
            " ('anna', 'overview', date '2026-03-17', 'shifted', -1),"
            " ('anna', 'overview', date '2026-03-09', 'kept', 0),"
            " ('bert', 'overview', date '2026-03-09', 'flagged', 0),"
            " ('old', 'overview', date '2026-03-09', 'flagged', 0))"
            " as repairs (account_handle, file_kind, exported_on, decision, shift_days)"
        )
        connection.execute(
            "create table intermediate.int_account_handles as select * from (values"
            " ('anna', 7), ('bert', 8), ('old', 3)) as handles (account_handle, newest_ingest_seq)"
        )
        assert changes._describe_labels(connection, 5) == [
            "The day labels of 2 Studio files of anna are moved by a day: overview of 2026-03-17"
            " (-1), viewers of 2026-03-17 (-1). See quality.calendar_repairs.",
            "The day labels of 1 Studio file of bert are in doubt and kept: overview of 2026-03-09."
            " See quality.calendar_repairs.",
        ]


def test_a_refresh_warns_of_exports_that_contradict_each_other_by_account_and_days() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_studio_contradictions as select 'mixed' as"
            " account_handle, unnest([date '2026-04-16', date '2026-04-18']) as event_date,"
            " date '2026-04-20' as earlier_exported_on, date '2026-04-24' as later_exported_on"
        )
        connection.execute(
            "create table intermediate.int_account_handles as"
            " select 'mixed' as account_handle, 7 as newest_ingest_seq"
        )
        assert changes._describe_contradictions(connection, 7) == []
        assert changes._describe_contradictions(connection, 6) == [
            "Warning: 2 days of mixed (2026-04-16 to 2026-04-18) are told otherwise by the Studio"
            " exports of 2026-04-20 and 2026-04-24. Are both of this account? See"
            " quality.source_disagreements."
        ]
