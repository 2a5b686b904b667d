"""One of everything that TikTok lets a creator download, from the files to the KPI marts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import api_files
import archive_files
from studio_files import Studio, make_files, write_zips
from tiktok_warehouse import cli, offers
from tiktok_warehouse.home import Home, open_home
from tiktok_warehouse.people import SECRET_VARIABLE

BAKES = Studio(account="bakes", exported_on=date(2026, 3, 9), days=28, lag=2, viewers_later=0)
EVENTS = {
    "accounts": "account_id,handle,account_role\n007,@Fries,own\n",
    "videos": "video_id,account_id,posted_at,duration_seconds\nv1,007,2026-03-01,10\n",
    "video_views": "view_id,viewed_at,video_id,person_id,watch_seconds\n"
    "w1,2026-03-05 10:00:00,v1,alice,5\nw2,2026-03-06 10:00:00,v1,bob,5\n",
}
FRIES = replace(BAKES, account="fries", seed=9)
CLICKS = {"bio_link_clicks": 4, "email_clicks": "2", "app_download_clicks": 1, "address_clicks": 0}
API_DAYS = [
    api_files.make_day(1, **CLICKS),
    api_files.make_day(2, **CLICKS, lead_submissions=3),
    api_files.make_day(3),
]


def run(home: Home, *arguments: str) -> int:
    return cli.run([*arguments, "--home", str(home.root)])


def fetch(home: Home, query: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        cursor = connection.execute(query)
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def offer(home: Home, content: dict[str, str]) -> None:
    for name, text in content.items():
        (home.landing / f"{name}.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with an event log of one account, and exports of it and of others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SECRET_VARIABLE, raising=False)
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        home = open_home(tmp_path_factory.mktemp("exported"))
        offer(home, EVENTS)
        for studio in (BAKES, FRIES):
            write_zips(studio, home.landing)
        folder = home.landing / "api"
        folder.mkdir()
        api_files.write(folder, api_files.page(api_files.make_account(metrics=API_DAYS)))
        folder = home.landing / "archive"
        folder.mkdir()
        archive_files.write_json(folder, archive_files.make_json("J3"), zip_name=None)
        assert run(home, "refresh") == 0
        yield home


def test_a_studio_export_becomes_the_daily_kpis_of_its_account(exported: Home) -> None:
    overview = make_files(BAKES)["Overview"].rows
    rows = fetch(
        exported,
        "select * from marts.daily_account_kpis where account_id = 'bakes' order by kpi_date",
    )
    found = {str(row["kpi_date"]): row for row in rows}
    assert len(overview) == BAKES.days
    for truth in overview:
        row = found[str(truth["event_date"])]
        views, likes = int(truth["video_views"] or 0), int(truth["likes"] or 0)
        comments, shares = int(truth["comments"] or 0), int(truth["shares"] or 0)
        assert (row["views"], row["likes"], row["comments"], row["shares"]) == (
            views,
            likes,
            comments,
            shares,
        )
        assert row["profile_visits"] == int(truth["profile_views"] or 0)
        assert row["engagement_source"] == row["watch_source"] == row["funnel_source"] == "studio"
        assert row["engagement_has_saves"] is False
        assert row["saves"] is None
        if views:
            assert row["engagement_rate_pct"] == (likes + comments + shares) / views * 100
    levels = [
        (str(row["kpi_date"]), row["followers_closing"])
        for row in rows
        if row["followers_closing"] is not None
    ]
    history = make_files(BAKES)["FollowerHistory"].rows
    assert levels == [
        (str(row["event_date"]), int(row["followers"])) for row in history if row["followers"]
    ]


def test_a_day_is_provisional_by_the_day_of_its_export(exported: Home) -> None:
    days = fetch(
        exported,
        "select kpi_date from marts.daily_account_kpis where account_id = 'bakes'"
        " and is_provisional and watch_source = 'studio'",
    )
    # Exported on the 9th; the 6th had ended two days before.
    assert [row["kpi_date"] for row in days] == [date(2026, 3, 7)]
    trust = fetch(
        exported,
        "select event_date from quality.data_trust where account_id = 'bakes'"
        " and source = 'studio' and is_provisional and event_date < date '2026-03-08'",
    )
    assert [row["event_date"] for row in trust] == [date(2026, 3, 7)]


def test_days_before_the_event_log_come_from_studio_and_its_own_from_it(exported: Home) -> None:
    rows = fetch(
        exported,
        "select kpi_date, views, watch_source, followers_closing, followers_source"
        " from marts.daily_account_kpis where account_id = '007' order by kpi_date",
    )
    sources = {row["kpi_date"]: row["watch_source"] for row in rows}
    assert sources[date(2026, 3, 4)] == "studio"
    assert sources[date(2026, 3, 5)] == sources[date(2026, 3, 6)] == "event_log"
    assert sources[date(2026, 3, 7)] == "studio"
    views = {row["kpi_date"]: row["views"] for row in rows}
    assert views[date(2026, 3, 5)] == 1
    handles = fetch(exported, "select account_id, handle from marts.dim_accounts order by all")
    assert {row["account_id"] for row in handles} >= {"007", "bakes", "invented_cook"}
    assert "fries" not in {row["account_id"] for row in handles}


def test_two_sources_of_one_day_that_disagree_are_listed(exported: Home) -> None:
    rows = fetch(
        exported,
        "select event_date, trusted_value, other_value from quality.source_disagreements"
        " where account_id = '007' and measure = 'views' and video_id is null order by all",
    )
    truth = {
        str(row["event_date"]): row["video_views"] for row in make_files(FRIES)["Overview"].rows
    }
    assert {str(row["event_date"]) for row in rows} == {"2026-03-05", "2026-03-06"}
    for row in rows:
        assert row["trusted_value"] == 1
        assert row["other_value"] == int(truth[str(row["event_date"])] or 0)


def test_a_payload_of_the_api_becomes_the_daily_kpis_of_its_account(exported: Home) -> None:
    rows = fetch(
        exported,
        "select * from marts.daily_account_kpis where account_id = 'invented_cook'"
        " order by kpi_date limit 3",
    )
    assert [
        (row["views"], row["unique_viewers"], row["likes"], row["comments"], row["shares"])
        for row in rows
    ] == [(1001, 801, 20, 3, None), (1002, 802, 20, 3, None), (1003, 803, 20, 3, None)]
    assert [(row["profile_visits"], row["conversions"]) for row in rows] == [
        (31, 7),
        (31, 10),
        (31, None),
    ]
    assert rows[0]["conversion_rate_pct"] == 7 / 31 * 100
    assert {row["conversion_denominator"] for row in rows} == {"visits"}
    assert {row["engagement_source"] for row in rows} == {"accounts_api"}
    assert [(row["followers_gained"], row["followers_closing"]) for row in rows] == [
        (12, 5000),
        (12, 5000),
        (12, 5000),
    ]


def test_an_archive_becomes_the_history_of_its_owner(exported: Home) -> None:
    rows = fetch(
        exported,
        "select event_type, sum(events) as events from marts.interaction_history"
        " group by event_type",
    )
    events = {row["event_type"]: row["events"] for row in rows}
    assert events["view"] == 3
    assert events["like"] > 0
    assert events["save"] > 0
    owners = fetch(exported, "select distinct archive_owner from marts.interaction_history")
    assert len(owners) == 1


def test_a_source_of_which_nothing_landed_is_left_alone(
    exported: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = fetch(exported, "select * from marts.daily_account_kpis order by all")
    more = "view_id,viewed_at,video_id,person_id,watch_seconds\nw3,2026-03-06 11:00:00,v1,eve,3\n"
    offer(exported, {"video_views_2": more})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        assert run(exported, "refresh") == 0
    results = json.loads((exported.build / "dbt" / "run_results.json").read_text(encoding="utf-8"))
    built = {str(result["unique_id"]).split(".")[2] for result in results["results"]}
    assert {"base_event_log__video_views", "daily_account_kpis"} <= built
    left_alone = ("base_studio__", "stg_studio__", "int_studio_", "base_accounts_api__")
    assert not [name for name in built if name.startswith(left_alone)]
    # No view says which handles an account has.
    assert not built & {"calendar_repairs", "interaction_history", "int_account_handles"}
    after = fetch(exported, "select * from marts.daily_account_kpis order by all")
    assert len(after) == len(before)
    assert [row for row in after if row["account_id"] == "bakes"] == [
        row for row in before if row["account_id"] == "bakes"
    ]


def test_a_later_export_extends_the_days_and_moved_labels_are_said(exported: Home) -> None:
    later = replace(BAKES, exported_on=BAKES.exported_on + timedelta(days=8))
    write_zips(later, exported.landing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        assert run(exported, "refresh") == 0
    repairs = fetch(
        exported, "select * from quality.calendar_repairs where account_handle = 'bakes'"
    )
    assert {row["file_kind"] for row in repairs} == {"overview", "viewers", "follower_history"}
    assert {row["exported_on"] for row in repairs} == {BAKES.exported_on, later.exported_on}


def test_labels_can_be_moved_by_hand(exported: Home, tmp_path: Path) -> None:
    lone = Studio(account="lone", exported_on=date(2026, 3, 9), days=10, lag=2, viewers_later=0)
    paths = [path for path in write_zips(lone, tmp_path) if path.name.startswith("Overview")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        assert run(exported, "ingest", str(paths[0])) == 0
        assert run(exported, "ingest", str(paths[0]), "--shift", "-1") == 0
        assert run(exported, "refresh") == 0
    rows = fetch(
        exported,
        "select kpi_date, views from marts.daily_account_kpis where account_id = 'lone'"
        " and views is not null order by kpi_date",
    )
    truth = make_files(lone)["Overview"].rows
    assert [row["views"] for row in rows] == [int(row["video_views"] or 0) for row in truth]
    assert [row["kpi_date"] for row in rows] == [
        date.fromisoformat(str(row["event_date"])) - timedelta(days=1) for row in truth
    ]
    repairs = fetch(
        exported,
        "select decision, shift_days, reason_code from quality.calendar_repairs"
        " where account_handle = 'lone'",
    )
    assert repairs == [{"decision": "shifted", "shift_days": -1, "reason_code": "asked_for"}]


def test_what_came_piece_by_piece_equals_a_rebuild(exported: Home) -> None:
    ledgers = {"check_results", "refresh_runs", "ingest_profiles"}
    ledgers |= {"kpi_restatements", "explained_days"}
    tables = [
        f"{row['schema_name']}.{row['table_name']}"
        for row in fetch(exported, "select schema_name, table_name from duckdb_tables()")
        if row["schema_name"] in ("marts", "quality") and row["table_name"] not in ledgers
    ]
    assert len(tables) > 15
    before = {table: fetch(exported, f"select * from {table} order by all") for table in tables}
    assert run(exported, "refresh", "--yes-rebuild-everything") == 0
    for table in tables:
        assert fetch(exported, f"select * from {table} order by all") == before[table], table
