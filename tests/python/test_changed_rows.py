"""In a refresh the tests over events look at what changed since the version published last."""

from __future__ import annotations

import os
import subprocess

import duckdb

from dbt_runs import DBT
from tiktok_warehouse import publish, transform
from tiktok_warehouse.home import PROJECT_ROOT, Home

BASE = "staging.base_event_log__video_views"
UNIQUE = "unique_stg_event_log__video_views_view_id"
NOT_NULL = "not_null_stg_event_log__video_views_video_id"


def run_tests(home: Home, published: int, *names: str) -> set[str]:
    """Run tests of dbt as a refresh after such a publication does; give back those that fail."""
    command = [*DBT, "test", "--select", *names]
    command += ["--target-path", str(transform.find_target(home)), "--log-level-file", "none"]
    command += ["--vars", "{raw_source: lake, reporting_time_zone: UTC}"]
    environment = {
        **os.environ,
        "TIKTOK_WAREHOUSE_HOME": str(home.root),
        "TIKTOK_WAREHOUSE_PUBLISHED_CHANGE_SEQ": str(published),
    }
    finished = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True
    )
    assert "Done." in finished.stdout, finished.stdout + finished.stderr
    return {name for name in names if f"Failure in test {name}" in finished.stdout}


def change(home: Home, statement: str) -> None:
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(statement)


def list_views(home: Home) -> list[str]:
    with duckdb.connect(str(home.database), read_only=True) as connection:
        return [
            name
            for (name,) in connection.execute(
                "select view_name from duckdb_views() where schema_name = 'quality'"
            ).fetchall()
        ]


def test_a_broken_row_fails_its_test_if_it_changed_since_or_if_everything_is_tested(
    lake_home: Home,
) -> None:
    newest = publish.find_newest(lake_home)
    assert newest is not None
    seq = newest.origin.change_seq
    # A second row of a view_id that is published, and a row without a video.
    change(
        lake_home,
        f"insert into {BASE} select * from {BASE} where row_status = 'accepted' limit 1",
    )
    change(
        lake_home,
        f"insert into {BASE} select * replace ('no-video' as view_id, null as video_id)"
        f" from {BASE} where row_status = 'accepted' limit 1",
    )
    assert run_tests(lake_home, 0, UNIQUE, NOT_NULL) == {UNIQUE, NOT_NULL}
    assert {UNIQUE, NOT_NULL} <= set(list_views(lake_home)), "the rows that break it are kept"
    assert run_tests(lake_home, seq, UNIQUE, NOT_NULL) == set()
    assert list_views(lake_home) == [], "and dropped when it passes"
    change(
        lake_home,
        f"update {BASE} set _change_seq = {seq + 1} where row_order in"
        f" (select row_order from {BASE} group by 1 having count(*) > 1) or video_id is null",
    )
    assert run_tests(lake_home, seq, UNIQUE, NOT_NULL) == {UNIQUE, NOT_NULL}


def test_the_twin_of_a_changed_row_may_be_one_that_did_not_change(lake_home: Home) -> None:
    newest = publish.find_newest(lake_home)
    assert newest is not None
    seq = newest.origin.change_seq
    change(
        lake_home,
        f"insert into {BASE} select * replace ({seq + 1} as _change_seq) from {BASE}"
        " where row_status = 'accepted' limit 1",
    )
    assert run_tests(lake_home, seq, UNIQUE) == {UNIQUE}
