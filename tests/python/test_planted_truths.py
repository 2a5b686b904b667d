"""What the generator plants is what the selects of ``analyses/`` answer, and no more than that.

Twenty logs of 200,000 events, of one account and 120 videos each, are landed in one home and
built. Each holds a spike, a campaign, a best hour and a save-worthy topic (``generate_plants``).
In the shuffled sets the labels of an account's videos (caption, time, format, sound, length) change
places and what hangs on them is computed anew: there is nothing to find.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from dbt_runs import DBT
from tiktok_warehouse import cli, question_docs
from tiktok_warehouse.generate import generate_log, generate_sample
from tiktok_warehouse.generate_plants import Plants, is_on_topic
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home

SETS = 20
EVENTS = 200_000
DAYS = 90
VIDEOS = 120
SHUFFLES_PER_SET = 10
FOUND_AT_LEAST = 19
MOST_FALSE_PCT = 5
MARTS = (
    *("dim_accounts", "content_performance", "save_worthy_content", "daily_kpi_movements"),
    "product_demand",
)
# What a shuffle moves from one video to another: all that int_video_traits reads.
LABELS = (
    *("caption", "posted_at", "posted_date", "content_format", "sound_id", "duration_seconds"),
    "is_ai_generated",
)

Row = dict[str, Any]
Answers = dict[str, list[Row]]


@dataclass(frozen=True)
class Sets:
    """The built sets: their database, the models as dbt compiled them, and the plants by handle."""

    database: Path
    compiled: Path
    plants: dict[str, Plants]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    root = tmp_path_factory.mktemp("sets")
    plants = {}
    for seed in range(1, SETS + 1):
        folder = root / "logs" / str(seed)
        log = generate_log(
            folder,
            events=EVENTS,
            days=DAYS,
            file_format="parquet",
            seed=seed,
            accounts=1,
            videos=VIDEOS,
        )
        (path,) = log.files["accounts"]
        accounts = pa_parquet.read_table(path)
        # Worlds know nothing of one another and give their accounts the same names.
        handles = [f"{handle}-{seed}" for handle in accounts["handle"].to_pylist()]
        column = accounts.column_names.index("handle")
        pa_parquet.write_table(accounts.set_column(column, "handle", pa.array(handles)), path)
        plants[handles[0]] = log.plants
    home = open_home(root / "home")
    assert cli.run(["ingest", str(root / "logs"), "--home", str(home.root)]) == 0
    build(home, root / "target")
    return Sets(home.database, root / "target" / "compiled" / "tiktok_warehouse", plants)


def build(home: Home, target: Path) -> None:
    """Build what the answers need, untested: other tests see to that."""
    command = [*DBT, "--quiet", "build"]
    command += ["--select", *(f"+{mart}" for mart in MARTS)]
    command += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    command += ["--vars", json.dumps({"raw_source": "lake"}), "--target-path", str(target)]
    command += ["--log-level-file", "none"]
    environment = {**os.environ, "TIKTOK_WAREHOUSE_HOME": str(home.root)}
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True)


def ask(question: str, database: Path) -> Answers:
    """Rows of one of the selects in ``analyses/``, by the handle of the account."""
    (path,) = (PROJECT_ROOT / "analyses").glob(f"q*_{question}.sql")
    with duckdb.connect(str(database), read_only=True) as connection:
        _, sql = question_docs.read_select(path, connection)
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    answers: Answers = {}
    for row in rows:
        answers.setdefault(str(row["handle"]), []).append(row)
    return answers


def has_best_hour(rows: list[Row], plants: Plants) -> bool:
    return list_best(rows, "posting_hour", "engagement_rate_pct") == [
        (f"{plants.best_hour:02d}", "better")
    ]


def has_save_worthy_topic(rows: list[Row], plants: Plants) -> bool:
    (topic,) = plants.topics.values()
    return list_best(rows, "topic", "save_rate_pct") == [(topic, "better")]


def list_best(rows: list[Row], trait: str, kpi: str) -> list[tuple[str, str]]:
    return [
        (row["trait_value"], row["verdict"])
        for row in rows
        if (row["trait"], row["kpi"]) == (trait, kpi)
    ]


def has_save_worthy_videos(rows: list[Row], plants: Plants) -> bool:
    """Whether most of the five saved most are of the topic, as a sixth or a third of all is."""
    (topic,) = plants.topics.values()
    best = sorted(rows, key=lambda row: int(row["save_rank"]))[:5]
    return sum(is_on_topic(0, topic, row["caption"]) for row in best) > len(best) / 2


def has_spike(rows: list[Row], plants: Plants) -> bool:
    """Whether views and engagement stood out most on its days, because of its video."""
    return {
        row["kpi"]
        for row in rows
        if row["video_id"] == plants.viral_video_id
        and plants.spike_first_date <= row["kpi_date"] <= plants.spike_last_date
    } == {"views", "engagement_rate_pct"}


def has_campaign_day(rows: list[Row], plants: Plants) -> bool:
    return any(
        row["kpi"] == "conversion_rate_pct"
        and plants.campaign_first_date <= row["kpi_date"] <= plants.campaign_last_date
        for row in rows
    )


def has_campaign_product(rows: list[Row], plants: Plants) -> bool:
    wanted = max(rows, key=lambda row: int(row["actions"] or 0) - int(row["actions_before"] or 0))
    return (wanted["product_id"], wanted["verdict"]) == (plants.campaign_product_id, "demand_up")


@pytest.mark.parametrize(
    ("question", "is_found"),
    [
        ("what_content_does_best", has_best_hour),
        ("what_content_does_best", has_save_worthy_topic),
        ("what_is_worth_saving", has_save_worthy_videos),
        ("which_days_stood_out", has_spike),
        ("which_days_stood_out", has_campaign_day),
        ("which_products_meet_demand", has_campaign_product),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_select_answers_with_what_was_planted_in_at_least_19_of_20_sets(
    sets: Sets, question: str, is_found: Callable[[list[Row], Plants], bool]
) -> None:
    answers = ask(question, sets.database)
    missed = {
        handle: (plants, answers.get(handle, []))
        for handle, plants in sets.plants.items()
        if not is_found(answers.get(handle, []), plants)
    }
    assert len(sets.plants) == SETS
    assert SETS - len(missed) >= FOUND_AT_LEAST, missed


@pytest.fixture(scope="module")
def shuffled(
    sets: Sets, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Each set so many times with its labels shuffled: ``findings`` holds content_performance."""
    numbers = np.random.default_rng(1)
    # dbt's models name their database: the scratch file has to be called as that one is.
    path = tmp_path_factory.mktemp("shuffled") / sets.database.name
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{sets.database}' as built (read_only)")
        for schema in ("marts", "intermediate", "reference"):
            connection.execute(f"create schema {schema}")
        videos = connection.execute(
            "select account_id, video_id from built.marts.dim_videos inner join"
            " built.marts.dim_accounts using (account_id) where account_role = 'own'"
            " order by account_id, video_id"
        ).fetchall()
        by_account: dict[str, list[str]] = {}
        for account, video in videos:
            by_account.setdefault(account, []).append(video)
        pairs = [
            (number, video, other)
            for own in by_account.values()
            for number in range(SHUFFLES_PER_SET)
            for video, other in zip(own, numbers.permutation(own).tolist(), strict=True)
        ]
        columns = zip(
            ("shuffle", "video_id", "label_video_id"), zip(*pairs, strict=True), strict=True
        )
        connection.register("pairs", pa.table({name: list(values) for name, values in columns}))
        labels = ", ".join(f"labels.{label}" for label in LABELS)
        connection.execute(
            "create table marts.dim_videos as"
            " select videos.account_id || '#' || shuffle as account_id,"
            f" videos.video_id || '#' || shuffle as video_id, {labels}"
            " from pairs inner join built.marts.dim_videos as videos using (video_id)"
            " inner join built.marts.dim_videos as labels on label_video_id = labels.video_id"
        )
        connection.execute(
            "create table intermediate.int_video_period_rates as"
            " select rates.* replace (account_id || '#' || shuffle as account_id,"
            " video_id || '#' || shuffle as video_id)"
            " from built.intermediate.int_video_period_rates as rates"
            " inner join pairs using (video_id)"
        )
        connection.execute("create table reference.topics as from built.reference.topics")
        for model, table in (
            ("int_video_traits", "intermediate.int_video_traits"),
            ("content_performance", "findings"),
        ):
            (compiled,) = sets.compiled.glob(f"**/{model}.sql")
            connection.execute(f"create table {table} as {compiled.read_text('utf-8')}")
        yield connection


def test_of_200_label_shuffles_at_most_5_percent_report_a_finding(
    shuffled: duckdb.DuckDBPyConnection,
) -> None:
    """Any finding, of any trait, KPI and period."""
    judged, found = shuffled.execute(
        "select list(distinct account_id) filter (where verdict is not null),"
        " list(distinct account_id) filter (where verdict in ('better', 'worse')) from findings"
    ).fetchall()[0]
    assert len(judged) == SETS * SHUFFLES_PER_SET
    assert len(found or []) <= len(judged) * MOST_FALSE_PCT / 100, found


def test_the_sample_s_answers_are_what_was_planted_in_it(sample_home: Home, tmp_path: Path) -> None:
    """Of its three accounts the smallest posts too little to tell an hour or a topic by.

    Nothing there is called better: the larger ones have some twenty videos each.
    """
    plants = generate_sample(tmp_path)
    database = sample_home.published / "tiktok.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute("select handle, account_id from marts.dim_accounts").fetchall()
    accounts: dict[str, str] = dict(rows)
    days, products = (
        ask("which_days_stood_out", database),
        ask("which_products_meet_demand", database),
    )
    for handle in ("hearth-and-crumb", "speichenwerk"):
        content = ask("what_content_does_best", database)[handle]
        ((hour, _),) = list_best(content, "posting_hour", "engagement_rate_pct")
        ((topic, _),) = list_best(content, "topic", "save_rate_pct")
        assert (hour, topic) == (f"{plants.best_hour:02d}", plants.topics[accounts[handle]])
    viral, advertiser = (
        next(handle for handle, account in accounts.items() if account == wanted)
        for wanted in (plants.viral_account_id, plants.campaign_account_id)
    )
    assert has_spike(days[viral], plants)
    assert has_campaign_product(products[advertiser], plants)
