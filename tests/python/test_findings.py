"""What content_performance calls better is there, and it calls nothing better that is not.

Invented accounts of 120 videos and about 200,000 views each. In the planted ones a topic is saved
more often and posts of one hour get more engagements; in the shuffled ones labels mean nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from tiktok_warehouse.home import PROJECT_ROOT

VIDEOS = 120
MEAN_VIEWS = 1_700
TOPICS = ("baking", "craft", "bicycles", "art", "travel", "music")
HOURS = ("07", "09", "12", "15", "18", "20")
SAVEABLE, BEST_HOUR = "craft", "18"
# Videos of one topic differ among themselves by more than chance, as real ones do.
SPREAD = 0.35


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The model as dbt compiles it."""
    target = tmp_path_factory.mktemp("compiled")
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "compile"]
    command += ["--select", "content_performance", "--target-path", str(target)]
    command += ["--no-introspect", "--log-path", str(target), "--vars", json.dumps({})]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True)
    (path,) = target.glob("compiled/**/content_performance.sql")
    return path.read_text("utf-8")


def draw_accounts(
    accounts: int, seed: int, *, save_lift: float = 1.0, engagement_lift: float = 1.0
) -> tuple[pa.Table, pa.Table]:
    """Traits and rates of so many accounts, as their models have them."""
    numbers = np.random.default_rng(seed)
    size = accounts * VIDEOS
    account = np.repeat(np.arange(accounts), VIDEOS)
    video = np.arange(size)

    def shuffle(values: tuple[str, ...]) -> npt.NDArray[np.str_]:
        return numbers.permuted(np.tile(np.resize(values, VIDEOS), (accounts, 1)), axis=1).ravel()

    topics, hours = shuffle(TOPICS), shuffle(HOURS)
    views = np.maximum(numbers.lognormal(np.log(MEAN_VIEWS) - 0.5, 1, size), 20).astype(int)
    lifts = {
        "save_rate_pct": 0.015 * np.where(topics == SAVEABLE, save_lift, 1.0),
        "engagement_rate_pct": 0.08 * np.where(hours == BEST_HOUR, engagement_lift, 1.0),
    }
    rates = []
    for kpi, rate in lifts.items():
        own = rate * numbers.lognormal(-(SPREAD**2) / 2, SPREAD, size)
        counts = numbers.binomial(views, np.minimum(own, 1))
        columns = {"account": account, "video": video, "numerator": counts, "denominator": views}
        rates.append(pa.table({**columns, "kpi": [kpi] * size, "rate": counts / views * 100}))
    traits = [
        pa.table({"account": account, "video": video, "trait": [trait] * size, "value": values})
        for trait, values in (("topic", topics), ("posting_hour", hours))
    ]
    return pa.concat_tables(traits), pa.concat_tables(rates)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create schema intermediate")
        yield connection


def find_verdicts(
    warehouse: duckdb.DuckDBPyConnection, query: str, tables: tuple[pa.Table, pa.Table]
) -> dict[tuple[str, str, str], dict[str, list[str]]]:
    """Groups that are called better and worse, by account, trait and KPI."""
    traits, rates = tables
    warehouse.register("traits", traits)
    warehouse.register("rates", rates)
    warehouse.execute(
        "create table intermediate.int_video_traits as select 'a' || account as account_id,"
        " 'v' || video as video_id, trait, value as trait_value from traits"
    )
    warehouse.execute(
        "create table intermediate.int_video_period_rates as select 'a' || account as account_id,"
        " 'v' || video as video_id, 'all_days' as period, kpi, 100 as factor, rate,"
        " cast(null as date) as first_date, cast(null as date) as last_date,"
        " cast(null as boolean) as engagement_has_saves,"
        " cast(numerator as decimal(38, 3)) as numerator,"
        " cast(denominator as decimal(38, 0)) as denominator from rates"
    )
    found: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    rows = warehouse.execute(
        f"select account_id, trait, kpi, trait_value, verdict from ({query}) order by all"
    ).fetchall()
    for account, trait, kpi, value, verdict in rows:
        group = found.setdefault((account, trait, kpi), {"better": [], "worse": []})
        if verdict != "no_difference":
            group[verdict].append(value)
    return found


def test_a_planted_topic_and_a_planted_hour_are_found_in_at_least_19_of_20_sets(
    warehouse: duckdb.DuckDBPyConnection, query: str
) -> None:
    tables = draw_accounts(20, seed=1, save_lift=2.0, engagement_lift=1.7)
    verdicts = find_verdicts(warehouse, query, tables)
    topics = [
        v["better"] for (_, t, k), v in verdicts.items() if (t, k) == ("topic", "save_rate_pct")
    ]
    hours = [
        v["better"]
        for (_, t, k), v in verdicts.items()
        if (t, k) == ("posting_hour", "engagement_rate_pct")
    ]
    assert len(topics) == len(hours) == 20
    assert sum(better == [SAVEABLE] for better in topics) >= 19, topics
    assert sum(better == [BEST_HOUR] for better in hours) >= 19, hours


def test_of_200_shuffled_sets_at_most_5_percent_report_a_finding(
    warehouse: duckdb.DuckDBPyConnection, query: str
) -> None:
    verdicts = find_verdicts(warehouse, query, draw_accounts(200, seed=2))
    for question in (("topic", "save_rate_pct"), ("posting_hour", "engagement_rate_pct")):
        answers = [v for (_, *asked), v in verdicts.items() if tuple(asked) == question]
        findings = [v for v in answers if v["better"] or v["worse"]]
        assert len(answers) == 200
        assert len(findings) <= 10, (question, findings)
