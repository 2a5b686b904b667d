"""What the checks of staging say of an ingest beside the ones before it, on rows made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from tiktok_warehouse import validate

validate.load_great_expectations()

from expectations import Project, staging  # noqa: E402 - they lie at the project's root

COLUMNS = {
    "video_views": "viewed_at timestamp, video_id varchar, watch_seconds decimal(18, 3),"
    " traffic_source varchar",
    "interactions": "interacted_at timestamp, video_id varchar, interaction_type varchar,"
    " is_undo boolean",
    "follower_events": "occurred_at timestamp, account_id varchar, action varchar",
    "profile_visits": "visited_at timestamp, account_id varchar",
    "conversions": "converted_at timestamp, account_id varchar, conversion_type varchar,"
    " value_amount decimal(18, 4), currency varchar",
    "videos": "duration_seconds decimal(18, 3)",
}
PROJECT = Project("lake", "", 0, "UTC", {}, {}, {}, {}, {})
OLD, NEW = "old", "new"


class Staged:
    """Base tables of events, and the checks that look at them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute("attach ':memory:' as checks")
        connection.execute("create schema staging")
        for entity, columns in COLUMNS.items():
            connection.execute(
                f"create table staging.base_event_log__{entity} (_ingest_id varchar,"
                f" row_status varchar, event_date date, person_key varchar, {columns})"
            )
        connection.execute("create table checks.new_ingests (entity varchar, ingest_id varchar)")
        for entity in COLUMNS:
            self.connection.execute("insert into checks.new_ingests values (?, ?)", [entity, NEW])

    def add(self, entity: str, ingest: str, rows: int, **columns: str) -> None:
        """So many accepted rows; values are SQL over the row's number ``n``."""
        given = {
            "_ingest_id": f"'{ingest}'",
            "row_status": "'accepted'",
            "event_date": "date '2026-06-01'",
            "person_key": "'p' || n",
            **columns,
        }
        self.connection.execute(
            f"insert into staging.base_event_log__{entity} by name"
            f" select {', '.join(f'{sql} as {name}' for name, sql in given.items())}"
            f" from range({rows}) as numbers (n)"
        )

    def judge(self, check: str) -> list[dict[str, Any]]:
        """The rows that break a check."""
        for observation in staging.observe(PROJECT):
            if observation.name in ("ingest_values", "ingest_people", "ingest_quantiles") or any(
                rule.check.name == check for rule in observation.rules
            ):
                table = f"checks.{observation.name}"
                self.connection.execute(f"create or replace table {table} as {observation.query}")
                for rule in observation.rules:
                    if rule.check.name == check:
                        query = getattr(rule.expectation, "unexpected_rows_query", "")
                        found = self.connection.execute(query.replace("{batch}", table))
                        names = [column[0] for column in found.description or []]
                        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        raise AssertionError(f"no check is called {check}")


@pytest.fixture
def staged() -> Iterator[Staged]:
    with duckdb.connect() as connection:
        yield Staged(connection)


def test_a_second_currency_in_half_of_the_rows_is_told(staged: Staged) -> None:
    staged.add("conversions", OLD, 200, currency="'EUR'")
    staged.add("conversions", NEW, 40, currency="case when n % 2 = 0 then 'USD' else 'EUR' end")
    (found,) = staged.judge("mix_within_history")
    assert (found["column"], found["value"]) == ("currency", "USD")
    assert (float(found["pct"]), float(found["usual_pct"])) == (50.0, 0.0)


def test_undos_in_the_place_of_everything_are_told(staged: Staged) -> None:
    staged.add("interactions", OLD, 200, is_undo="n % 20 = 0", interaction_type="'like'")
    staged.add("interactions", NEW, 40, is_undo="true", interaction_type="'like'")
    (found,) = staged.judge("mix_within_history")
    assert (found["column"], found["value"]) == ("is_undo", "true")


def test_a_mix_that_is_as_usual_or_of_few_rows_is_not_told(staged: Staged) -> None:
    kinds = "case when n % 3 = 0 then 'comment' else 'like' end"
    staged.add("interactions", OLD, 200, interaction_type=kinds)
    staged.add("interactions", NEW, 60, interaction_type=kinds)
    assert staged.judge("mix_within_history") == []
    staged.add("conversions", OLD, 200, currency="'EUR'")
    staged.add("conversions", NEW, 10, currency="'USD'")
    # A column that was empty had no usual value.
    staged.add("video_views", OLD, 200)
    staged.add("video_views", NEW, 200, traffic_source="'for_you'")
    assert staged.judge("mix_within_history") == []


@pytest.mark.parametrize(("factor", "stops"), [("1000", True), ("0.01", True), ("10", False)])
def test_another_unit_of_watch_times_stops_and_another_mix_does_not(
    staged: Staged, factor: str, stops: bool
) -> None:
    staged.add("video_views", OLD, 200, watch_seconds="5 + n % 30")
    staged.add("video_views", NEW, 200, watch_seconds=f"{factor} * (5 + n % 30)")
    assert bool(staged.judge("durations_in_seconds")) == stops
    assert staged.judge("durations_within_history")


# A large order among small ones, and a currency that is new, are no other unit.
UNITS = [
    ("100", "EUR", True),
    ("0.01", "EUR", True),
    ("10", "EUR", False),
    ("case when n = 3 then 900 else 1 end", "EUR", False),
    ("160", "JPY", False),
]


def test_one_long_tail_is_another_mix_and_no_other_unit(staged: Staged) -> None:
    staged.add("video_views", OLD, 200, watch_seconds="5")
    staged.add("video_views", NEW, 200, watch_seconds="case when n % 4 = 0 then 3000 else 5 end")
    assert staged.judge("durations_in_seconds") == []
    assert staged.judge("durations_within_history")


@pytest.mark.parametrize(("factor", "currency", "is_told"), UNITS)
def test_amounts_of_another_unit_are_told_for_few_rows(
    staged: Staged, factor: str, currency: str, is_told: bool
) -> None:
    staged.add("conversions", OLD, 20, value_amount="5 + n", currency="'EUR'")
    amount = f"{factor} * (5 + n)"
    staged.add("conversions", NEW, 12, value_amount=amount, currency=f"'{currency}'")
    assert bool(staged.judge("units_within_history")) == is_told


@pytest.mark.parametrize("before", ["accepted", "duplicate"])
def test_durations_of_few_videos_in_milliseconds_are_told(staged: Staged, before: str) -> None:
    # A whole list that is sent again takes the place of the one before.
    staged.add("videos", OLD, 12, duration_seconds="5 + n", row_status=f"'{before}'")
    staged.add("videos", NEW, 12, duration_seconds="1000 * (5 + n)")
    (found,) = staged.judge("units_within_history")
    assert (found["column"], found["median"]) == ("duration_seconds", 10500)
    assert staged.judge("durations_in_seconds") == [], "too few to stop a publication"


def test_everybody_as_one_person_is_told(staged: Staged) -> None:
    staged.add("video_views", OLD, 200)
    staged.add("video_views", NEW, 200, person_key="'0'")
    (found,) = staged.judge("people_within_history")
    assert (found["rows"], found["people"]) == (200, 1)


def test_fewer_people_in_a_far_larger_ingest_are_nothing(staged: Staged) -> None:
    staged.add("video_views", OLD, 200)
    staged.add("video_views", NEW, 2000, person_key="'p' || (n % 200)")
    assert staged.judge("people_within_history") == []


def test_one_person_beside_a_far_larger_ingest_of_many_is_told(staged: Staged) -> None:
    staged.add("video_views", OLD, 2000, person_key="'p' || (n % 200)")
    staged.add("video_views", NEW, 200, person_key="'0'")
    assert staged.judge("people_within_history")


MOMENTS = {"viewed_at": "timestamp '2026-06-01 10:00:00' + to_seconds(n)", "video_id": "'v'"}


def test_the_same_events_under_other_ids_are_told(staged: Staged) -> None:
    for ingest in (OLD, NEW):
        staged.add("video_views", ingest, 50, watch_seconds="n", **MOMENTS)
    (found,) = staged.judge("rows_not_repeated")
    assert found == {"entity": "video_views", "ingest": NEW, "of_rows": 50, "repeated": 50}


@pytest.mark.parametrize(
    "other",
    [
        {"person_key": "null"},
        {"viewed_at": "timestamp '2026-06-01'"},
        {"watch_seconds": "n + 1000"},
    ],
)
def test_rows_that_name_nobody_or_no_moment_or_differ_repeat_nothing(
    staged: Staged, other: dict[str, str]
) -> None:
    staged.add("video_views", OLD, 50, watch_seconds="n", **MOMENTS)
    staged.add("video_views", NEW, 50, **{"watch_seconds": "n", **MOMENTS, **other})
    assert staged.judge("rows_not_repeated") == []
