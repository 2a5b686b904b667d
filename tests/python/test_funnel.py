"""The funnel of the sample, computed once more from the accepted rows in plain Python.

It shares no SQL with the project: rows are listed one by one under the account, the video and the
traffic source that they belong to, and the view behind each visit and conversion is looked for
among all views of its person.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from dbt_runs import DBT
from tiktok_warehouse import cli
from tiktok_warehouse.home import PROJECT_ROOT, Home

Row = dict[str, Any]
# Account, day, breakdown, and its value.
Key = tuple[str, date, str, str]

WINDOW = timedelta(hours=24)
SMALLEST_GROUP = 10
STEPS = {
    "views": "unique_viewers",
    "public_engagements": "engagers",
    "saves": None,
    "profile_visits": "profile_visitors",
    "link_clicks": "link_clickers",
    "conversions_beyond_clicks": "converters_beyond_clicks",
    "purchases": "purchasers",
    "conversions": None,
}
RATES = {
    "view_to_engagement_pct": ("engagements", "views"),
    "engagement_to_visit_pct": ("profile_visits", "engagements"),
    "visit_to_click_pct": ("link_clicks", "profile_visits"),
    "click_to_conversion_pct": ("conversions_beyond_clicks", "link_clicks"),
    "view_to_conversion_pct": ("conversions_beyond_clicks", "views"),
    "viewer_to_engager_pct": ("engagers", "unique_viewers"),
    "engager_to_visitor_pct": ("profile_visitors", "engagers"),
    "visitor_to_clicker_pct": ("link_clickers", "profile_visitors"),
    "clicker_to_converter_pct": ("converters_beyond_clicks", "link_clickers"),
    "viewer_to_converter_pct": ("converters_beyond_clicks", "unique_viewers"),
}


@dataclass
class Cell:
    """What happened under one key: the person of each event by step, seconds, and values."""

    people: dict[str, list[str | None]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[Decimal] = field(default_factory=list)
    values: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(list))


def read(build: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    cursor = build.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclass
class Funnel:
    """The accepted rows of an event log, and the funnel that follows from them (days in UTC)."""

    build: duckdb.DuckDBPyConnection
    cells: dict[Key, Cell] = field(default_factory=lambda: defaultdict(Cell))

    def __post_init__(self) -> None:
        self.owner: dict[str, str] = {
            row["video_id"]: row["account_id"] for row in self.stage("videos")
        }
        self.views: dict[tuple[str | None, str], list[Row]] = defaultdict(list)
        for view in self.stage("video_views"):
            if view["watch_seconds"] > 0:
                self.views[view["person_key"], self.owner[view["video_id"]]].append(view)
                self.add_of_video("views", view, view["viewed_at"].date())
        for row in self.stage("interactions"):
            kind = row["interaction_type"]
            if not row["is_undo"] and kind in ("like", "comment", "share", "save"):
                step = "saves" if kind == "save" else "public_engagements"
                self.add_of_video(step, row, row["interacted_at"].date())
        for row in self.stage("profile_visits"):
            self.add_action(row, row["visited_at"], row["source_video_id"], ["profile_visits"])
        for row in self.stage("conversions"):
            kind = row["conversion_type"]
            steps = ["link_clicks" if kind == "link_click" else "conversions_beyond_clicks"]
            steps += ["conversions"] + ["purchases"] * (kind == "purchase")
            self.add_action(row, row["converted_at"], row["video_id"], steps)

    def stage(self, entity: str) -> list[Row]:
        return read(self.build, f"select * from staging.stg_event_log__{entity}")

    def add_of_video(self, step: str, row: Row, day: date) -> None:
        account = self.owner[row["video_id"]]
        source = row["traffic_source"] or "unknown"
        for key in self.keys(account, day, row["video_id"], source):
            self.cells[key].people[step].append(row["person_key"])

    def add_action(self, row: Row, moment: Any, video: str | None, steps: list[str]) -> None:
        view = self.view_behind(row, moment, video)
        source = (view and view["traffic_source"]) or "unknown"
        for key in self.keys(row["account_id"], moment.date(), video, source):
            cell = self.cells[key]
            for step in steps:
                cell.people[step].append(row["person_key"])
            if view and "conversions_beyond_clicks" in steps:
                micros = (moment - view["viewed_at"]) // timedelta(microseconds=1)
                cell.seconds.append((Decimal(micros) / 10**6).quantize(Decimal("0.001")))
            if row.get("value_amount") is not None:
                cell.values[row["currency"] or "unknown"].append(row["value_amount"])

    def keys(self, account: str, day: date, video: str | None, source: str) -> Iterator[Key]:
        yield account, day, "account", "all"
        yield account, day, "traffic_source", source
        if video in self.owner:
            yield self.owner[video], day, "video", video

    def view_behind(self, row: Row, moment: Any, video: str | None) -> Row | None:
        if row["person_key"] is None:
            return None
        before = [
            view
            for view in self.views[row["person_key"], row["account_id"]]
            if timedelta(0) <= moment - view["viewed_at"] <= WINDOW
        ]
        of_video = [view for view in before if view["video_id"] == video]
        return max(
            of_video or before, key=lambda view: (view["viewed_at"], view["view_id"]), default=None
        )


def describe(cell: Cell, breakdown: str) -> Row:
    """The mart's columns of a key whose sources are all known."""
    row: Row = {}
    for step, people in STEPS.items():
        row[step] = len(cell.people[step])
        if people:
            row[people] = len({person for person in cell.people[step] if person})
    row["engagements"] = row.pop("public_engagements") + row.pop("saves")
    hidden = {
        name
        for name in STEPS.values()
        if name and breakdown == "traffic_source" and 0 < row[name] < SMALLEST_GROUP
    }
    seconds = [] if "converters_beyond_clicks" in hidden else cell.seconds
    times_hidden = "converters_beyond_clicks" in hidden
    row |= dict.fromkeys(hidden)
    row["has_suppressed_people"] = bool(hidden)
    row["timed_conversions"] = None if times_hidden else len(seconds)
    row["total_time_to_convert_seconds"] = sum(seconds) if seconds else None
    row["average_time_to_convert_seconds"] = float(sum(seconds)) / len(seconds) if seconds else None
    row["median_time_to_convert_seconds"] = statistics.median(seconds) if seconds else None
    for name, (above, below) in RATES.items():
        known = row[above] is not None and row[below]
        row[name] = 100 * row[above] / row[below] if known else None
    one_currency = len(cell.values) <= 1
    row["conversion_value_amount"] = sum(map(sum, cell.values.values())) if one_currency else None
    named = [currency for currency in cell.values if currency != "unknown"]
    row["currency"] = named[0] if one_currency and named else None
    return row


def is_same(shown: Any, expected: Any) -> bool:
    if isinstance(shown, float) and expected is not None:
        return math.isclose(shown, expected, rel_tol=1e-9)
    return bool(shown == expected)


@pytest.fixture(scope="module")
def funnel(sample_build: duckdb.DuckDBPyConnection) -> Funnel:
    return Funnel(sample_build)


def own_days(build: duckdb.DuckDBPyConnection) -> set[tuple[str, date]]:
    """Accounts and days of the KPI mart; beyond the data's end there are none."""
    query = "select account_id, kpi_date from marts.daily_account_kpis where account_role = 'own'"
    return set(build.execute(query).fetchall())


def test_the_funnel_equals_an_independent_count_of_the_accepted_rows(
    funnel: Funnel, sample_build: duckdb.DuckDBPyConnection
) -> None:
    rows = read(sample_build, "select * from marts.conversion_funnel")
    shown = {
        (row["account_id"], row["event_date"], row["breakdown"], row["breakdown_value"]): row
        for row in rows
    }
    days = own_days(sample_build)
    expected = {key for key in funnel.cells if key[:2] in days}
    # An account has every day, a video also those on which it did nothing of the funnel.
    assert expected <= shown.keys()
    assert {key for key in shown if key[2] == "traffic_source"} == {
        key for key in expected if key[2] == "traffic_source"
    }
    differing = []
    for key, row in shown.items():
        for name, value in describe(funnel.cells.get(key, Cell()), key[2]).items():
            if not is_same(row[name], value):
                differing.append((key, name, row[name], value))
    assert not differing, differing[:10]
    assert {row["breakdown"] for row in rows} == {"account", "video", "traffic_source"}


def test_the_values_equal_an_independent_sum_by_currency(
    funnel: Funnel, sample_build: duckdb.DuckDBPyConnection
) -> None:
    days = own_days(sample_build)
    expected = {
        (*key, currency): (len(values), sum(values))
        for key, cell in funnel.cells.items()
        if key[:2] in days
        for currency, values in cell.values.items()
    }
    rows = read(sample_build, "select * from marts.conversion_funnel_values")
    key_columns = ("account_id", "event_date", "breakdown", "breakdown_value", "currency")
    shown = {
        tuple(row[name] for name in key_columns): (
            row["valued_conversions"],
            row["conversion_value_amount"],
        )
        for row in rows
    }
    assert shown == expected
    assert len({key[-1] for key in shown}) > 2


def test_no_small_group_is_shown_by_traffic_source(
    sample_build: duckdb.DuckDBPyConnection,
) -> None:
    people = [name for name in STEPS.values() if name]
    least = ", ".join(f"min(nullif({name}, 0)) as {name}" for name in people)
    (row,) = read(
        sample_build,
        f"select {least}, count(*) filter (has_suppressed_people) as hidden"
        " from marts.conversion_funnel where breakdown = 'traffic_source'",
    )
    assert row.pop("hidden") > 0
    assert all(count is None or count >= SMALLEST_GROUP for count in row.values()), row
    assert row["unique_viewers"] is not None


def land(home: Home, entity: str, header: str, row: str) -> None:
    path = home.root.with_name(f"{entity}.csv")
    path.write_text(f"{header}\n{row}\n", "utf-8")
    assert cli.run(["ingest", str(path), "--home", str(home.root)]) == 0


def land_view(home: Home, video: str, source: str) -> None:
    header = "view_id,viewed_at,video_id,person_id,watch_seconds,traffic_source"
    land(home, "video_views", header, f"w,2026-08-24 23:00:00,{video},somebody,5,{source}")


def build_funnel(home: Home) -> None:
    """The models alone: a whole refresh would check every mart three times."""
    command = [*DBT, "--quiet", "run"]
    command += ["--select", "+int_traffic_source_funnel_daily"]
    command += ["--vars", json.dumps({"raw_source": "lake"})]
    command += ["--target-path", str(home.root / "target"), "--log-path", str(home.logs)]
    environment = {**os.environ, "TIKTOK_WAREHOUSE_HOME": str(home.root)}
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True)


def count_purchases(home: Home, account: str) -> dict[str, int]:
    """Purchases of the day by traffic source."""
    with duckdb.connect(str(home.database), read_only=True) as build:
        rows = build.execute(
            "select traffic_source, purchases"
            " from intermediate.int_traffic_source_funnel_daily"
            " where event_date = '2026-08-25' and account_id = ? and purchases > 0",
            [account],
        ).fetchall()
    return dict(rows)


def read_attributed(home: Home) -> set[tuple[str, str, Decimal | None]]:
    """Kind, traffic source and seconds since the view of the actions that were landed."""
    with duckdb.connect(str(home.database), read_only=True) as build:
        rows = build.execute(
            "select action_type, traffic_source, seconds_since_view"
            " from intermediate.int_funnel_actions_attributed where action_id in ('p', 'c')"
        ).fetchall()
    return set(rows)


def test_a_view_that_comes_late_takes_over_the_conversions_of_the_next_day(
    lake_home: Home,
) -> None:
    """It lies on another day, and so does the re-export that says it came from elsewhere."""
    with duckdb.connect(str(lake_home.database), read_only=True) as build:
        ((account, video),) = build.execute(
            "select account_id, min(video_id) from marts.dim_videos"
            " inner join marts.dim_accounts using (account_id) where account_role = 'own'"
            " group by account_id order by account_id limit 1"
        ).fetchall()
    of_others = count_purchases(lake_home, account)

    def plus_one(source: str) -> dict[str, int]:
        return {**of_others, source: of_others.get(source, 0) + 1}

    moment = f"2026-08-25 12:00:00,{account},somebody"
    land(lake_home, "profile_visits", "visit_id,visited_at,account_id,person_id", f"p,{moment}")
    header = "conversion_id,converted_at,account_id,person_id,conversion_type"
    land(lake_home, "conversions", header, f"c,{moment},purchase")
    build_funnel(lake_home)
    assert read_attributed(lake_home) == {
        ("purchase", "unknown", None),
        ("profile_visit", "unknown", None),
    }
    assert count_purchases(lake_home, account) == plus_one("unknown")
    for source in ("hashtag", "sound"):
        land_view(lake_home, video, source)
        build_funnel(lake_home)
        assert read_attributed(lake_home) == {
            ("purchase", source, Decimal(13 * 3600)),
            ("profile_visit", source, Decimal(13 * 3600)),
        }
        assert count_purchases(lake_home, account) == plus_one(source)
