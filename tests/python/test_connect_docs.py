"""What docs/connect.md says of Python and the published files is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pandas  # type: ignore[import-untyped]
import pytest
import sqlalchemy

from tiktok_warehouse.home import PROJECT_ROOT, Home

_PAGE = (PROJECT_ROOT / "docs" / "connect.md").read_text("utf-8")
BLOCKS = [
    block for block in re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL) if "published/" in block
]


@pytest.fixture
def engine(sample_home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlalchemy.Engine]:
    """The page's own engine, in the home that it speaks of."""
    monkeypatch.chdir(sample_home.root)
    engine: sqlalchemy.Engine = run(BLOCKS[-1])["engine"]
    yield engine
    engine.dispose()


def run(block: str) -> dict[str, Any]:
    """Run it as it stands there, and give back the names that it sets."""
    names: dict[str, Any] = {}
    exec(block, names)
    return names


def test_each_way_gives_rows(sample_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sample_home.root)
    assert len(BLOCKS) == 3
    for block in BLOCKS:
        names = run(block)
        assert len(names["frame"]) > 100, block
    names["engine"].dispose()
    assert set(names["frame"]) == set(names["columns"]["column_name"])
    assert names["columns"]["comment"].notna().all()


def test_the_file_cannot_be_reflected_as_the_page_says(engine: sqlalchemy.Engine) -> None:
    """Once duckdb-engine can, the page is to say so."""
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="pg_collation"):
        pandas.read_sql_table("daily_account_kpis", engine, schema="marts")
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="pg_collation"):
        sqlalchemy.MetaData(schema="marts").reflect(engine)
