"""An analytics engineer clones the project, builds it, and works on the models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb

from journey import block, clone, clone_installed

MART = """\
select
    account_id,
    {{ iso_day_of_week('posted_date') }} as iso_day_of_week,
    count(*) as posts
from {{ ref('dim_videos') }}
where posted_date is not null
group by account_id, {{ iso_day_of_week('posted_date') }}
"""
MART_YAML = """\
version: 2

models:
  - name: posts_by_weekday
    description: How often an account posts on each day of the week.
    columns:
      - name: account_id
        data_type: string
        description: The account.
        data_tests: [not_null]
      - name: iso_day_of_week
        data_type: integer
        description: "Day of the week, 1 = Monday to 7 = Sunday."
      - name: posts
        data_type: bigint
        description: Videos posted on it.
"""


def test_a_clean_clone_is_built_asked_changed_and_published(tmp_path: Path) -> None:
    terminal = clone(tmp_path / "clone")
    root = terminal.folder
    told = terminal.expect(block("README.md", "make build", {"make test": "true"}))
    assert "KPIs of 2026-08-23 to 2026-08-29" in told
    assert (root / "home" / "sample" / "published" / "dashboard" / "index.html").exists()
    own = ("hearth-and-crumb", "speichenwerk", "monsoon.studio")
    told = terminal.expect(block("README.md", "tiktok-warehouse kpis"))
    assert "KPIs of 2026-08-01 to 2026-08-28" in told
    for answer in (told, terminal.expect(block("README.md", "duckdb.connect("))):
        assert [handle for handle in own if handle not in answer] == []

    # A mart is added, and the folder of the build is not there yet, as on a fresh clone.
    shutil.rmtree(root / "home")
    folder = root / "models" / "marts" / "content"
    (folder / "posts_by_weekday.sql").write_text(MART, encoding="utf-8")
    (folder / "posts_by_weekday.yml").write_text(MART_YAML, encoding="utf-8")
    told = terminal.expect(block("README.md", "unset TIKTOK_WAREHOUSE_HOME"))
    assert "ERROR=0" in told
    assert "WARN freshness of lake.video_views" in told
    terminal.expect("dbt build --select posts_by_weekday")
    terminal.expect("dbt docs generate")
    catalog = json.loads((root / "target" / "catalog.json").read_text(encoding="utf-8"))
    assert "model.tiktok_warehouse.posts_by_weekday" in catalog["nodes"]
    published = root / "home" / "sample" / "published" / "tiktok.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        found = connection.execute(
            "select sum(posts) from marts.posts_by_weekday union all"
            " select count(*) from marts.dim_videos where posted_date is not null union all"
            " select count(*) from duckdb_columns() where table_name = 'posts_by_weekday'"
            " and comment is not null"
        ).fetchall()
    assert found[0] == found[1]
    assert found[2] == (3,)


def test_dbt_makes_the_folder_of_a_home_that_is_not_there_yet(tmp_path: Path) -> None:
    terminal = clone_installed(tmp_path / "clone")
    terminal.expect("source .venv/bin/activate")
    elsewhere = tmp_path / "not" / "there" / "yet"
    terminal.expect(f"export TIKTOK_WAREHOUSE_HOME={elsewhere}")
    terminal.expect("dbt seed --select account_aliases")
    assert (elsewhere / "build" / "warehouse.duckdb").exists()


def test_asking_a_home_that_is_not_there_for_metrics_makes_nothing(tmp_path: Path) -> None:
    terminal = clone_installed(tmp_path / "clone")
    nowhere = tmp_path / "nowhere"
    terminal.expect("source .venv/bin/activate")
    terminal.expect(f"export DBT_TARGET=published TIKTOK_WAREHOUSE_HOME={nowhere}")
    terminal.expect("dbt parse")
    asked = terminal.type("dbt show --inline 'select 1 as one'")
    assert asked.returncode != 0
    assert "published/tiktok.duckdb" in asked.stdout
    assert not nowhere.exists()
