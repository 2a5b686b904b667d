"""An analytics engineer clones the project and works on the models."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from journey import clone


def test_a_bare_dbt_build_works_on_a_clean_clone(tmp_path: Path) -> None:
    terminal = clone(tmp_path / "clone")
    home = terminal.folder / "home"
    assert not home.exists()
    terminal.expect("dbt build")
    build = home / "sample" / "build" / "warehouse.duckdb"
    with duckdb.connect(str(build), read_only=True) as connection:
        days = connection.execute("select count(*) from marts.daily_account_kpis").fetchone()
    assert days is not None
    assert days[0] > 100

    shutil.rmtree(home)
    terminal.expect("dbt seed --select account_aliases")
    assert build.exists()

    elsewhere = tmp_path / "not" / "there" / "yet"
    terminal.settings["TIKTOK_WAREHOUSE_HOME"] = str(elsewhere)
    terminal.expect("dbt seed --select account_aliases")
    assert (elsewhere / "build" / "warehouse.duckdb").exists()


def test_asking_a_home_that_is_not_there_for_metrics_makes_nothing(tmp_path: Path) -> None:
    terminal = clone(tmp_path / "clone")
    nowhere = tmp_path / "nowhere"
    terminal.settings.update(DBT_TARGET="published", TIKTOK_WAREHOUSE_HOME=str(nowhere))
    terminal.expect("dbt parse")
    asked = terminal.type("dbt show --inline 'select 1 as one'")
    assert asked.returncode != 0
    assert "published/tiktok.duckdb" in asked.stdout
    assert not nowhere.exists()
