"""What somebody can work out who has every published file: nothing that is withheld."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
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
SENTIMENT_MARTS = ("video_comment_sentiment_daily", "comment_sentiment_daily")
FIRST_DAY = date(2026, 8, 1)
DAYS = 21

Row = dict[str, Any]
# A published number is the sum of some video days; those that are shown are taken off already.
Cell = tuple[str, date]


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The marts as dbt compiles them."""
    target = tmp_path_factory.mktemp("compiled")
    command = [*DBT, "--quiet", "compile", "--select", *SENTIMENT_MARTS]
    command += ["--target-path", str(target), "--no-introspect", "--log-path", str(target)]
    environment = {**os.environ, "TIKTOK_WAREHOUSE_HOME": str(target)}
    subprocess.run(
        [*command, "--vars", json.dumps({})], cwd=PROJECT_ROOT, env=environment, check=True
    )
    found = {}
    for mart in SENTIMENT_MARTS:
        (path,) = target.glob(f"compiled/**/audience/{mart}.sql")
        found[mart] = path.read_text("utf-8")
    return found


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema intermediate")
        connection.execute("create schema marts")
        yield connection


def draw_video_days(draw: random.Random, account: str) -> list[Row]:
    """Judged comments of some videos, few and many, on three weeks of days."""
    rows = []
    most = draw.choice((3, 12, 40))
    for number in range(DAYS):
        for video in range(draw.randint(0, 4)):
            judged = draw.choice((0, 1, 2, THRESHOLD - 1, THRESHOLD, draw.randint(0, most)))
            positive = draw.randint(0, judged)
            negative = draw.randint(0, judged - positive)
            rows.append(
                {
                    "video_id": f"{account}-v{video}",
                    "account_id": account,
                    "event_date": FIRST_DAY + timedelta(number),
                    "comments": judged + 1,
                    "comments_judged": judged,
                    "comments_in_other_languages": 0,
                    "positive_comments": positive,
                    "negative_comments": negative,
                    "comment_sentiment_sum": positive - negative,
                }
            )
    return rows


def publish(
    warehouse: duckdb.DuckDBPyConnection, queries: dict[str, str], rows: list[Row]
) -> dict[str, list[Row]]:
    """What the marts show of the rows."""
    warehouse.register("drawn", pa.Table.from_pylist(rows))
    warehouse.execute(
        "create table intermediate.int_video_comment_sentiment as select * replace"
        " (comment_sentiment_sum::decimal(18, 4) as comment_sentiment_sum) from drawn"
    )
    warehouse.execute(
        f"""
        create table marts.daily_account_kpis as
        with days as (select date '{FIRST_DAY}' + n::int as kpi_date from range({DAYS}) as t (n))
        select account_id, 'own' as account_role, kpi_date,
            coalesce(sum(comments) filter (where event_date = kpi_date), 0)::bigint as comments,
            'event_log' as engagement_source, false as has_restatement, false as is_provisional
        from drawn cross join days group by all
        """
    )
    found = {}
    for mart, query in queries.items():
        result = warehouse.execute(query)
        names = [column[0] for column in result.description or []]
        found[mart] = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return found


def find_determined(equations: Sequence[set[Cell]]) -> list[set[Cell]]:
    """Every sum that follows from equations between unknown cells, in as few cells as it goes."""
    rows = [{cell: Fraction(1) for cell in equation} for equation in equations if equation]
    reduced: list[dict[Cell, Fraction]] = []
    for row in rows:
        for known in reduced:
            pivot = next(iter(known))
            if factor := row.get(pivot):
                row = _subtract(row, known, factor / known[pivot])
        if row:
            pivot = next(iter(row))
            reduced = [
                _subtract(known, row, known[pivot] / row[pivot]) if pivot in known else known
                for known in reduced
            ]
            reduced.append(row)
    return [set(row) for row in reduced]


def _subtract(
    row: dict[Cell, Fraction], other: dict[Cell, Fraction], factor: Fraction
) -> dict[Cell, Fraction]:
    cells = [*row, *(cell for cell in other if cell not in row)]
    values = {cell: row.get(cell, Fraction(0)) - factor * other.get(cell, 0) for cell in cells}
    return {cell: value for cell, value in values.items() if value}


def test_how_few_comments_sound_follows_from_no_sum_and_no_difference(
    warehouse: duckdb.DuckDBPyConnection, queries: dict[str, str]
) -> None:
    """Sums over videos and over weeks, and all that follows from them by subtraction."""
    draw = random.Random(17)
    rows = [row for n in range(150) for row in draw_video_days(draw, f"a{n}")]
    shown = publish(warehouse, queries, rows)
    judged = {(row["video_id"], row["event_date"]): row["comments_judged"] for row in rows}
    hidden: dict[str, dict[date, set[Cell]]] = {}
    for row in shown["video_comment_sentiment_daily"]:
        is_known = row["positive_comments"] is not None
        assert is_known is not row["is_suppressed"]
        assert not (is_known and 0 < row["comments_judged"] < THRESHOLD), row
        for column in ("neutral_comments", "negative_comments", "comment_sentiment_sum"):
            assert (row[column] is not None) is is_known
        if row["comments_judged"] == 0:
            assert row["positive_comments"] in (0, None)
        elif not is_known:
            cell = (row["video_id"], row["event_date"])
            hidden.setdefault(row["account_id"], {}).setdefault(row["event_date"], set()).add(cell)
    equations: dict[str, list[set[Cell]]] = {}
    for row in shown["comment_sentiment_daily"]:
        of_day = hidden.get(row["account_id"], {})
        mine = equations.setdefault(row["account_id"], [])
        if row["comment_sentiment_sum"] is not None:
            mine.append(of_day.get(row["event_date"], set()))
        if row["comment_sentiment_sum_7d"] is not None:
            week = [row["event_date"] - timedelta(back) for back in range(7)]
            mine.append({cell for day in week for cell in of_day.get(day, set())})
    solved = [sums for account in equations.values() for sums in find_determined(account)]
    assert len(hidden) > 100
    assert len(solved) > 300
    for sums in solved:
        assert len(sums) > 1, sums
        assert sum(judged[cell] for cell in sums) >= THRESHOLD, sums


def test_no_published_file_tells_people_apart(
    sample_home: Home, sample_build: duckdb.DuckDBPyConnection
) -> None:
    """Whoever groups events by any column finds no groups that are those of one person."""
    parquet = sample_home.published / "parquet"
    tables = sorted(
        {
            path.parent if path.parent.name.startswith("fct_") else path
            for path in parquet.rglob("*.parquet")
        }
    )
    assert len(tables) > 30
    keys = {
        key
        for table in ("video_views", "interactions", "follower_events", "profile_visits")
        for (key,) in sample_build.execute(
            f"select distinct person_key from staging.stg_event_log__{table}"
            " where person_key is not null"
        ).fetchall()
    }
    assert len(keys) > 1000
    for path in tables:
        source = f"{path}/*.parquet" if path.is_dir() else str(path)
        relation = duckdb.sql(f"select * from read_parquet('{source}')")
        for column in relation.columns:
            found = duckdb.sql(
                f'select distinct cast("{column}" as varchar) from relation'
            ).fetchall()
            assert keys.isdisjoint(value for (value,) in found), (path.name, column)
    tried = 0
    sample_build.execute(
        "create temp view published_events as select * from"
        f" read_parquet('{parquet}/marts/fct_interactions/*.parquet')"
    )
    columns = [row[0] for row in sample_build.execute("describe published_events").fetchall()]
    for column in columns:
        (named, groups) = sample_build.execute(
            f"""
            select count(*) filter (where people = 1), count(*) from (
                select count(distinct staged.person_key) as people
                from published_events
                inner join staging.stg_event_log__interactions as staged using (interaction_id)
                where staged.person_key is not null and published_events."{column}" is not null
                group by published_events."{column}" having count(*) > 2
            )
            """
        ).fetchall()[0]
        tried += groups > 0
        assert named <= groups / 2, (column, named, groups)
    assert tried >= 4
