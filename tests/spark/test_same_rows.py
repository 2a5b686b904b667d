"""Spark and DuckDB build the same rows from the same lake, first at once and then by a refresh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

from sample_lake import Row, land_rows, land_sample, make_exports, read_sample
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home

# A KPI mart and the quality tables, with every model that they stand on.
SELECTION = (
    *("+daily_account_kpis", "+row_reconciliation", "+rejected_rows", "+nulled_values"),
    *("+calendar_repairs", "+source_disagreements", "+interaction_history"),
    *("+content_performance", "+retention_by_duration_band", "+save_worthy_content"),
    *("+content_calendar", "+follower_drivers", "+account_benchmarks", "+daily_kpi_movements"),
    *("+kpi_pacing", "+product_demand", "+conversion_funnel_values"),
    *("+audience_segments", "+viewer_cohorts", "+viewer_retention", "+comment_sentiment_daily"),
    *("+data_trust", "+interaction_habits", "+inferred_sessions", "+interaction_streaks"),
    *("+followed_accounts",),
)

# What must be among the relations that are compared: a layer each.
NAMED = {
    "intermediate.int_touched_days",
    "staging.stg_event_log__video_views",
    "intermediate.int_video_views_daily",
    "marts.fct_video_daily",
    "marts.daily_account_kpis",
    "quality.row_reconciliation",
}

# Far from UTC, so that a day that is cut in another zone shows.
REPORTING_TIME_ZONE = "America/New_York"

SAMPLE_ENDS_AT = datetime(2026, 8, 30, 18, 30, tzinfo=UTC)
# A day of its own before all others, for a view that a newer row moves away.
LONE_DAY = date(2026, 5, 20)


def describe_run(home: Home, target: str) -> list[str]:
    """The arguments of dbt for the selection on one engine."""
    variables = {"raw_source": "lake", "reporting_time_zone": REPORTING_TIME_ZONE}
    return [
        *("build", "--target", target, "--select", *SELECTION),
        *("--resource-type", "model", "--resource-type", "seed"),
        *("--vars", json.dumps(variables)),
        *("--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)),
        *("--target-path", str(home.build / f"dbt-{target}"), "--log-path", str(home.logs)),
    ]


def refresh_both(home: Home) -> None:
    """Run the models on DuckDB in a child process, which closes its file, and on Spark in this one.

    One Java machine serves every run and answers the comparison.
    """
    command = [sys.executable, "-m", "dbt.cli.main", *describe_run(home, "duckdb")]
    run = subprocess.run(command, cwd=PROJECT_ROOT, env=os.environ, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert dbtRunner().invoke(describe_run(home, "spark")).success


@contextmanager
def open_build(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home.database), read_only=True) as build:
        # Spark's timestamps arrive with a zone; DuckDB's have none and are UTC.
        build.execute("set TimeZone = 'UTC'")
        yield build


def list_relations(build: duckdb.DuckDBPyConnection) -> list[str]:
    """Every relation that DuckDB built, as ``schema.name``."""
    rows = build.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema not in ('build_state', 'main') order by all"
    ).fetchall()
    return [name for (name,) in rows]


def describe(build: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Column names and types, by name: Spark moves the column of its partitions to the end."""
    rows = build.execute(f"describe {relation}").fetchall()
    return sorted((row[0], row[1].replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMP")) for row in rows)


def find_differences(
    build: duckdb.DuckDBPyConnection, spark: SparkSession, relation: str
) -> list[str]:
    """What a relation has on one engine alone: its columns and types, else its first such rows."""
    build.register("of_spark", spark.table(relation).toArrow())
    columns, columns_of_spark = describe(build, relation), describe(build, "of_spark")
    if columns != columns_of_spark:
        return [f"{relation}: columns on DuckDB {columns}, on Spark {columns_of_spark}"]
    names = ", ".join(name for name, _ in columns)
    differences = []
    for engine, one, other in (
        ("DuckDB", relation, "of_spark"),
        ("Spark", "of_spark", relation),
    ):
        # `except all` counts repeated rows and takes NULL for equal to NULL.
        alone = f"select {names} from {one} except all select {names} from {other}"
        rows = build.execute(f"select count(*) over (), * from ({alone}) limit 3").fetchall()
        if rows:
            shown = [dict(zip([name for name, _ in columns], row[1:], strict=True)) for row in rows]
            differences.append(f"{relation}: {rows[0][0]} rows on {engine} alone, such as {shown}")
    return differences


def assert_same_rows(home: Home) -> None:
    spark = SparkSession.builder.getOrCreate()
    with open_build(home) as build:
        relations = list_relations(build)
        assert set(relations) >= NAMED
        differences = [
            difference
            for relation in relations
            for difference in find_differences(build, spark, relation)
        ]
    assert not differences, "\n".join(differences)


def fetch(home: Home, query: str) -> list[tuple[object, ...]]:
    with open_build(home) as build:
        return build.execute(query).fetchall()


def write_view(view_id: str, viewed_at: date | str, **others: str) -> Row:
    """A raw row of a view, of a video of the sample's if no other is named."""
    first_video = next(iter(read_sample("videos")))["video_id"]
    row = {"video_id": first_video, "watch_seconds": "7.5", **others}
    return {**row, "view_id": view_id, "viewed_at": str(viewed_at)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with the sample and a lone view, built on both engines."""
    home = open_home(tmp_path_factory.mktemp("spark") / "home")
    (home.build / "spark").mkdir()
    land_sample(home)
    land_rows(home, make_exports(), SAMPLE_ENDS_AT + timedelta(minutes=4))
    lone = write_view("lone", f"{LONE_DAY} 12:00:00")
    land_rows(home, {"video_views": [lone]}, SAMPLE_ENDS_AT + timedelta(minutes=5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOK_WAREHOUSE_HOME", str(home.root))
        refresh_both(home)
        yield home


def test_a_build_from_nothing_gives_the_same_rows(home: Home) -> None:
    exported = "select distinct watch_source from marts.daily_account_kpis order by 1 nulls last"
    assert {source for (source,) in fetch(home, exported)} >= {
        "event_log",
        "studio",
        "accounts_api",
    }
    assert fetch(home, f"select views from marts.fct_video_daily where event_date = '{LONE_DAY}'")
    assert_same_rows(home)


def test_a_refresh_with_late_moved_and_vanished_rows_gives_the_same_rows(home: Home) -> None:
    columns = "view_id, viewed_at, video_id, watch_seconds, person_key"
    # Moved on by two days, the rows must not lie ahead of their ingest.
    last_day = SAMPLE_ENDS_AT.date() - timedelta(days=7)
    ((quiet_day, *_),) = fetch(
        home,
        "select event_date from intermediate.int_video_views_daily"
        f" where event_date > '{LONE_DAY}' and event_date < '{last_day}'"
        " group by event_date order by sum(impressions), event_date limit 1",
    )
    assert isinstance(quiet_day, date)
    of_quiet_day = fetch(
        home,
        f"select {columns} from intermediate.int_video_views_dated"
        f" where event_date = '{quiet_day}'",
    )
    moved = fetch(
        home,
        f"select {columns} from intermediate.int_video_views_dated"
        f" where event_date <> '{quiet_day}' and view_id <> 'lone' order by view_id limit 20",
    )
    rows = [write_view("late", quiet_day + timedelta(days=3))]
    rows += [write_view("lone", "2026-08-01 12:00:00")]
    for view_id, viewed_at, video_id, watch_seconds, person_key in of_quiet_day + moved:
        assert isinstance(viewed_at, datetime)
        rows.append(
            {
                "view_id": str(view_id),
                "viewed_at": str(viewed_at + timedelta(days=2)),
                "video_id": str(video_id),
                "watch_seconds": str(watch_seconds),
                "person_id": None if person_key is None else str(person_key),
            }
        )
    land_rows(home, {"video_views": rows}, SAMPLE_ENDS_AT + timedelta(minutes=10))
    refresh_both(home)

    days = "select 1 from {} where event_date = '{}'"
    assert not fetch(home, days.format("intermediate.int_video_views_daily", quiet_day))
    assert not fetch(home, days.format("marts.fct_video_daily", LONE_DAY))
    assert fetch(home, "select 1 from staging.stg_event_log__video_views where view_id = 'late'")
    assert_same_rows(home)
