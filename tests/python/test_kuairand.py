"""A log of another shape, from real people, through a mapping file to published marts."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from conftest import SHARED_DATA, SHARED_IS_ABSENT
from tiktok_warehouse import cli, offers
from tiktok_warehouse.home import Home, open_home

LOG = SHARED_DATA / "kuairand" / "short_video_events.tsv"

pytestmark = pytest.mark.skipif(not LOG.exists(), reason=SHARED_IS_ABSENT)


@pytest.fixture(scope="module")
def kuairand(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home into whose landing folder the log was dropped as it is, and refreshed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        home = open_home(tmp_path_factory.mktemp("kuairand"))
        shutil.copy(LOG, home.landing)
        assert cli.run(["refresh", "--home", str(home.root)]) == 0
    return home


def published(home: Home, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def of_log(query: str) -> list[tuple[object, ...]]:
    """A query on the file itself, which stands in for ``log``: one row per user, video, time."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"with raw as (select * from read_csv('{LOG}', delim = '\t', header = true,"
            " all_varchar = true)), log as (select distinct on (user_id, video_id, time_ms) *"
            f" from raw) {query}"
        ).fetchall()


def test_every_one_of_the_41828_rows_is_accounted_for(kuairand: Home) -> None:
    rows = published(
        kuairand,
        "select raw_rows, accepted_rows + rejected_rows + duplicate_rows, accepted_rows"
        " from quality.row_reconciliation where entity = 'video_views'",
    )
    assert rows == [(41828, 41828, of_log("select count(*) from log")[0][0])]


def test_the_totals_equal_a_direct_query_on_the_file(kuairand: Home) -> None:
    marts = published(
        kuairand,
        "select sum(impressions), sum(views), sum(total_watch_seconds), sum(likes), sum(comments),"
        " sum(shares) from marts.daily_account_kpis",
    )
    log = of_log(
        "select count(*), count(*) filter (where play_time_ms::bigint > 0),"
        " sum(play_time_ms::decimal(18, 3) / 1000)::decimal(18, 3),"
        " (select count(distinct (user_id, video_id, time_ms)) from raw where label = '1'),"
        " (select count(distinct (user_id, video_id, time_ms)) from raw where is_comment = '1'),"
        " (select count(distinct (user_id, video_id, time_ms)) from raw where is_forward = '1')"
        " from log"
    )
    assert marts == log


def test_a_day_and_its_people_equal_a_direct_query_on_the_file(kuairand: Home) -> None:
    marts = published(
        kuairand,
        "select kpi_date, views, reach, unique_viewers from marts.daily_account_kpis order by 1",
    )
    log = of_log(
        "select make_timestamp(time_ms::bigint * 1000)::date as day,"
        " count(*) filter (where play_time_ms::bigint > 0), count(distinct user_id),"
        " count(distinct user_id) filter (where play_time_ms::bigint > 0)"
        " from log group by day order by day"
    )
    assert len(marts) == 15
    assert marts == log


def test_what_the_source_never_has_is_null(kuairand: Home) -> None:
    rows = published(
        kuairand,
        "select distinct saves, engagement_has_saves, duets from marts.daily_account_kpis",
    )
    assert rows == [(None, False, None)]


def test_no_key_holds_a_viewer(kuairand: Home) -> None:
    lake = kuairand.raw / "*" / "video_views.*.parquet"
    with duckdb.connect() as connection:
        shapes = connection.execute(
            "select distinct regexp_full_match(view_id, '[0-9a-f]{32}'),"
            f" regexp_full_match(person_id, '[0-9a-f]{{32}}') from read_parquet('{lake}')"
        ).fetchall()
    assert shapes == [(True, True)]
    assert not list(Path(kuairand.landing).iterdir())
