"""The audience marts beside a count in plain Python, and what a curious reader can work out."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from dbt_runs import DBT
from tiktok_warehouse.home import PROJECT_ROOT, Home

VARIABLES = yaml.safe_load((PROJECT_ROOT / "dbt_project.yml").read_text("utf-8"))["vars"]
THRESHOLD = VARIABLES["privacy_threshold"]
PERIODS = {"last_7_days": 7, "last_28_days": 28, "last_90_days": 90}
VIEWER_SEGMENTS = ("lurker", "occasional", "engager", "advocate")
SEGMENTS = (*VIEWER_SEGMENTS, "engaged_unseen")
MARTS = ("audience_segments", "viewer_cohorts", "viewer_retention")
PUBLIC = ("like", "comment", "share", "duet", "stitch")


@dataclass
class Person:
    """What one person did with one account, by day."""

    views: defaultdict[date, int] = field(default_factory=lambda: defaultdict(int))
    interactions: defaultdict[date, list[str]] = field(default_factory=lambda: defaultdict(list))

    def is_seen_between(self, first: date, last: date) -> bool:
        return any(first <= day <= last for day in self.views)

    def name_segment(self, first: date, last: date) -> str | None:
        done = [
            kind
            for day, kinds in self.interactions.items()
            if first <= day <= last
            for kind in kinds
        ]
        if not self.is_seen_between(first, last):
            return "engaged_unseen" if done else None
        if not done:
            return "lurker"
        passes_on = any(kind in VARIABLES["segment_advocacy_types"] for kind in done)
        if len(done) >= VARIABLES["segment_advocate_least_interactions"] and passes_on:
            return "advocate"
        is_occasional = len(done) <= VARIABLES["segment_occasional_most_interactions"]
        return "occasional" if is_occasional else "engager"


@dataclass(frozen=True)
class Audience:
    """The known people of the own accounts, and the last day of the data."""

    people: dict[str, dict[str, Person]]
    last_date: date


@pytest.fixture(scope="module")
def audience(sample_build: duckdb.DuckDBPyConnection) -> Audience:
    """Read from staging, row by row."""
    own = "select account_id from staging.stg_event_log__accounts where account_role = 'own'"
    people: dict[str, dict[str, Person]] = defaultdict(lambda: defaultdict(Person))
    for account, person, day in sample_build.execute(
        "select account_id, person_key, event_date from staging.stg_event_log__video_views"
        " inner join staging.stg_event_log__videos using (video_id)"
        f" where watch_seconds > 0 and person_key is not null and account_id in ({own})"
    ).fetchall():
        people[account][person].views[day] += 1
    for account, person, day, kind in sample_build.execute(
        "select account_id, person_key, event_date, interaction_type"
        " from staging.stg_event_log__interactions"
        " inner join staging.stg_event_log__videos using (video_id)"
        f" where person_key is not null and is_undo is not true and account_id in ({own})"
    ).fetchall():
        if kind in PUBLIC:
            people[account][person].interactions[day].append(kind)
    row = sample_build.execute("select max(kpi_date) from marts.daily_account_kpis").fetchone()
    assert row is not None
    return Audience(people, row[0])


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def test_segments_are_those_of_a_count_in_plain_python(
    sample_build: duckdb.DuckDBPyConnection, audience: Audience
) -> None:
    expected = {}
    for account, people in audience.people.items():
        for period, days in PERIODS.items():
            first = audience.last_date - timedelta(days=days - 1)
            counts = {segment: [0, 0, 0, 0] for segment in SEGMENTS}
            for person in people.values():
                segment = person.name_segment(first, audience.last_date)
                if segment is None:
                    continue
                counted = counts[segment]
                counted[0] += 1
                counted[1] += bool(person.views) and min(person.views) >= first
                counted[2] += sum(
                    n for d, n in person.views.items() if first <= d <= audience.last_date
                )
                counted[3] += sum(
                    len(kinds)
                    for d, kinds in person.interactions.items()
                    if first <= d <= audience.last_date
                )
            for segment, (count, new, views, interactions) in counts.items():
                is_viewer = segment != "engaged_unseen"
                expected[account, period, segment] = (
                    *(count, new if is_viewer else None),
                    *(count - new if is_viewer else None, views, interactions),
                )
    columns = ("people", "new_people", "returning_people", "views", "public_interactions")
    keys = "account_id, period, segment"
    query = f"select {keys}, {', '.join(columns)} from"
    counted_rows = sample_build.execute(f"{query} intermediate.int_audience_segments_counted")
    assert {row[:3]: row[3:] for row in counted_rows.fetchall()} == expected
    shown = sample_build.execute(f"{query} marts.audience_segments").fetchall()
    assert {row[:3] for row in shown} == set(expected)
    for row in shown:
        for name, value, true_value in zip(columns, row[3:], expected[row[:3]], strict=True):
            assert value in (None, true_value), (row[:3], name)
    assert sum(value is not None for row in shown for value in row[3:]) > len(shown)


def test_cohorts_and_their_returns_are_those_of_a_count_in_plain_python(
    sample_build: duckdb.DuckDBPyConnection, audience: Audience
) -> None:
    weeks: defaultdict[tuple[str, date, date], int] = defaultdict(int)
    came_back: defaultdict[tuple[str, date], int] = defaultdict(int)
    over = monday(audience.last_date + timedelta(days=1))
    for account, people in audience.people.items():
        for person in people.values():
            days = [day for day in person.views if day <= audience.last_date]
            if not days:
                continue
            cohort = monday(min(days))
            for week in {monday(day) for day in days}:
                weeks[account, cohort, week] += 1
            came_back[account, cohort] += any(cohort < monday(day) < over for day in days)
    counted = sample_build.execute(
        "select account_id, cohort_week, view_week, viewers"
        " from intermediate.int_viewer_returns_counted"
    ).fetchall()
    assert {row[:3]: row[3] for row in counted} == weeks

    cells = sample_build.execute(
        "select account_id, cohort_week, view_week, new_viewers, returned_people, is_complete,"
        " is_suppressed from marts.viewer_retention"
    ).fetchall()
    assert len(cells) == len({row[:3] for row in cells})
    assert {row[:3] for row in cells} >= set(weeks)
    for account, cohort, week, new, returned, is_complete, is_suppressed in cells:
        assert new in (None, weeks[account, cohort, cohort])
        assert is_complete == (week < over)
        if is_complete and not is_suppressed:
            assert returned == weeks.get((account, cohort, week), 0)
        else:
            assert returned is None
    assert sum(row[4] is not None for row in cells) > len(cells) / 4

    cohorts = sample_build.execute(
        "select account_id, cohort_week, returned_people, is_return_suppressed, weeks_followed"
        " from marts.viewer_cohorts"
    ).fetchall()
    assert {row[:2] for row in cohorts} == set(came_back)
    for account, cohort, returned, is_suppressed, followed in cohorts:
        hidden = is_suppressed or not followed
        assert returned == (None if hidden else came_back[account, cohort])
    assert any(row[2] for row in cohorts)


def test_no_mart_of_the_audience_names_a_person(
    sample_home: Home, sample_build: duckdb.DuckDBPyConnection
) -> None:
    keys = {
        key
        for table in ("video_views", "interactions", "follower_events", "profile_visits")
        for (key,) in sample_build.execute(
            f"select distinct person_key from staging.stg_event_log__{table}"
            " where person_key is not null"
        ).fetchall()
    }
    assert len(keys) > THRESHOLD
    with duckdb.connect(str(sample_home.published / "tiktok.duckdb"), read_only=True) as published:
        tables = published.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        assert {f"marts.{mart}" for mart in MARTS} <= {name for (name,) in tables}
        assert not [name for (name,) in tables if "int_" in name]
        for (table,) in tables:
            result = published.execute(f"select * from {table}")
            assert "person_key" not in [column[0] for column in result.description or []]
            for row in result.fetchall():
                assert keys.isdisjoint(str(value) for value in row), table


@pytest.fixture(scope="module")
def segments_query(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The mart as dbt compiles it."""
    target = tmp_path_factory.mktemp("compiled")
    command = [*DBT, "--quiet", "compile"]
    command += ["--select", "audience_segments", "--target-path", str(target)]
    command += ["--no-introspect", "--log-path", str(target), "--vars", json.dumps({})]
    environment = {**os.environ, "TIKTOK_WAREHOUSE_HOME": str(target)}
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True)
    (path,) = target.glob("compiled/**/audience_segments.sql")
    return path.read_text("utf-8")


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema intermediate")
        yield connection


Groups = dict[str, tuple[int, int]]


def draw_audience(draw: random.Random) -> Groups:
    """New and returning people of each segment, small groups being likely."""
    sizes = (0, 0, 1, 5, THRESHOLD - 1, THRESHOLD, THRESHOLD + 1, 2 * THRESHOLD, 300)
    return {segment: (draw.choice(sizes), draw.choice(sizes)) for segment in VIEWER_SEGMENTS}


def show(
    warehouse: duckdb.DuckDBPyConnection, query: str, audiences: list[Groups]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The mart's rows by audience and segment."""
    rows = []
    for number, groups in enumerate(audiences):
        for segment in SEGMENTS:
            is_viewer = segment != "engaged_unseen"
            new, returning = groups.get(segment, (0, 0))
            rows.append(
                {
                    "account_id": f"a{number}",
                    "segment": segment,
                    "people": new + returning,
                    "new_people": new if is_viewer else None,
                    "returning_people": returning if is_viewer else None,
                    "public_interactions": 0 if segment == "lurker" else new + returning,
                }
            )
    warehouse.register("counted", pa.Table.from_pylist(rows))
    warehouse.execute(
        "create table intermediate.int_audience_segments_counted as select *,"
        " 'last_28_days' as period, null::date as first_date, null::date as last_date,"
        " people as views, people::decimal(38, 3) as watch_seconds from counted"
    )
    result = warehouse.execute(query)
    names = [column[0] for column in result.description or []]
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in result.fetchall():
        values = dict(zip(names, row, strict=True))
        found[values["account_id"]][values["segment"]] = values
    return found


def test_whoever_knows_all_wholes_can_work_out_no_small_group(
    warehouse: duckdb.DuckDBPyConnection, segments_query: str
) -> None:
    """The reader knows viewers, new and returning ones of the account, whatever is shown."""
    draw = random.Random(8)
    audiences = [draw_audience(draw) for _ in range(3000)]
    shown = show(warehouse, segments_query, audiences)
    withheld_somewhere = 0
    for number, groups in enumerate(audiences):
        rows = shown[f"a{number}"]
        wholes = {
            "people": sum(map(sum, groups.values())),
            "new_people": sum(new for new, _ in groups.values()),
            "returning_people": sum(returning for _, returning in groups.values()),
        }
        for column, whole in wholes.items():
            values = [rows[segment][column] for segment in groups]
            assert not [v for v in values if v is not None and 0 < v < THRESHOLD], groups
            rest = whole - sum(v for v in values if v is not None)
            hidden = values.count(None)
            withheld_somewhere += hidden > 0
            if column == "people" and 0 < whole < THRESHOLD:
                assert hidden == len(values)
            elif hidden and whole >= THRESHOLD:
                # What is left over is more than one group, and none that is small.
                assert hidden > 1, (column, groups)
                assert rest == 0 or rest >= THRESHOLD, (column, groups)
        for new, returning in (
            (row["new_people"], row["returning_people"]) for row in rows.values()
        ):
            assert (new is None) == (returning is None)
    assert withheld_somewhere > 1000


def test_no_more_is_withheld_than_the_rule_asks_for(
    warehouse: duckdb.DuckDBPyConnection, segments_query: str
) -> None:
    """Without a small group all is shown; with one, never more than it takes."""
    sizes = (0, THRESHOLD, 2 * THRESHOLD, 300)
    audiences: list[Groups] = [
        dict(zip(VIEWER_SEGMENTS, groups, strict=True))
        for groups in product(((0, size) for size in sizes), repeat=len(VIEWER_SEGMENTS))
    ]
    small: Groups = {
        "lurker": (0, 300),
        "occasional": (0, 90),
        "engager": (0, 9),
        "advocate": (0, 0),
    }
    shown = show(warehouse, segments_query, [*audiences, small])
    for number in range(len(audiences)):
        for segment in VIEWER_SEGMENTS:
            row = shown[f"a{number}"][segment]
            assert not row["is_suppressed"]
            assert not row["is_split_suppressed"]
            assert None not in (row["people"], row["new_people"], row["returning_people"])
    rows = shown[f"a{len(audiences)}"]
    hidden = {segment for segment in SEGMENTS if rows[segment]["is_suppressed"]}
    assert hidden == {"engager", "occasional"}
