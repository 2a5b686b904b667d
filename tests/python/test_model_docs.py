"""docs/erd.md and docs/glossary.md say what the marts' YAML says, and the sample bears it out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tiktok_warehouse import model_docs
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import PROJECT_ROOT
from tiktok_warehouse.model_docs import Column, Relation

AGAIN = "run: python -m tiktok_warehouse.model_docs"


def test_the_committed_pages_are_the_generated_ones() -> None:
    erd = (PROJECT_ROOT / model_docs.ERD_PAGE).read_text(encoding="utf-8")
    assert erd == model_docs.render_erd(), AGAIN
    glossary = (PROJECT_ROOT / model_docs.GLOSSARY_PAGE).read_text(encoding="utf-8")
    assert glossary == model_docs.render_glossary(), AGAIN


def test_each_model_that_readers_may_read_has_its_table() -> None:
    models = {
        path.stem
        for folder in ("marts", "quality")
        for path in (PROJECT_ROOT / "models" / folder).rglob("*.sql")
    }
    assert models == {table.name for table in model_docs.read_tables()}


def test_only_a_column_that_speaks_of_null_holds_one(
    sample_build: duckdb.DuckDBPyConnection,
) -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in model_docs.read_tables()
        for column in table.columns
        if "NULL" not in column.description
        and _count(sample_build, table.name, f"{column.name} is null")
    ]
    assert silent == [], "say in their YAML when they are NULL"


def test_each_drawn_relation_finds_its_row(sample_build: duckdb.DuckDBPyConnection) -> None:
    lost = [
        f"{table.name}.{relation.column}"
        for table in model_docs.read_tables()
        for relation in table.relations
        if _count(
            sample_build,
            table.name,
            f"{relation.column} not in (select {relation.key} from marts.{relation.table})",
        )
    ]
    assert lost == []


def _count(connection: duckdb.DuckDBPyConnection, table: str, condition: str) -> int:
    schema = connection.execute(
        "select table_schema from information_schema.tables where table_name = ?", [table]
    ).fetchone()
    assert schema, f"{table} is not built"
    row = connection.execute(
        f"select count(*) from {schema[0]}.{table} where {condition}"
    ).fetchone()
    assert row
    return int(row[0])


YAML = """\
models:
  - name: dim_things
    description: One row per thing.
    columns:
      - {name: thing_id, data_type: varchar, description: Its id., data_tests: [unique]}
  - name: fct_things
    description: What happened. One row per thing and day.
    data_tests:
      - unique_grain: {arguments: {columns: [thing_id, day]}}
    columns:
      - {name: thing_id, data_type: varchar, description: Its id.}
      - {name: day, data_type: date, description: The day.}
      - name: other_id
        data_type: varchar
        description: Another one. NULL if none.
        data_tests:
          - relationships: {arguments: {to: ref('dim_things'), field: thing_id}}
      - {name: drops_pct, data_type: double, description: "{{ doc('drops') }} NULL without day."}
  - name: fct_strangers
    description: One row per stranger.
    columns:
      - {name: thing_id, data_type: varchar, description: What somebody typed.}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models" / "marts" / "core").mkdir(parents=True)
    (tmp_path / "models" / "marts" / "core" / "all.yml").write_text(YAML, encoding="utf-8")
    (tmp_path / "models" / "columns.md").write_text(
        "{% docs drops %}Share of `day`.{% enddocs %}", encoding="utf-8"
    )
    return tmp_path


def test_a_relation_is_tested_or_has_the_name_and_text_of_a_dimensions_key(project: Path) -> None:
    tables = {table.name: table for table in model_docs.read_tables(project)}
    assert tables["fct_things"].grain == ("thing_id", "day")
    assert tables["fct_things"].relations == (
        Relation("thing_id", "dim_things", "thing_id", is_tested=False),
        Relation("other_id", "dim_things", "thing_id", is_tested=True),
    )
    assert tables["fct_strangers"].relations == ()
    assert tables["fct_strangers"].grain == ()


def test_the_diagram_tells_tested_relations_and_optional_ones_apart(project: Path) -> None:
    page = model_docs.render_erd(project)
    assert "    dim_things ||..o{ fct_things : thing_id\n" in page
    assert "    dim_things |o--o{ fct_things : other_id\n" in page
    assert "        varchar thing_id PK, FK\n        date day PK\n" in page
    assert "| `fct_things` | thing and day | 4 |" in page


def test_a_column_has_its_unit_its_tables_its_text_and_its_null(project: Path) -> None:
    page = model_docs.render_glossary(project)
    assert (
        "### drops_pct\npercent · `fct_things`\n\n"
        "Share of [`day`](#day). **NULL** without day.\n" in page
    )
    assert "### day\nday · `fct_things`\n\nThe day. Never NULL.\n" in page
    assert "- `fct_strangers`: What somebody typed.\n" in page


def test_a_text_that_columns_md_lacks_is_named(project: Path) -> None:
    (project / "models" / "columns.md").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="drops"):
        model_docs.read_tables(project)


@pytest.mark.parametrize(
    ("name", "data_type", "unit"),
    [
        ("engagement_rate_pct_7d", "double", "percent"),
        ("engagement_rate_pct_week_change", "double", "percentage points"),
        ("engagement_rate_pct_is_anomaly", "boolean", "true or false"),
        ("average_watch_seconds_week_before", "double", "seconds"),
        ("steepest_drop_second", "decimal(18, 3)", "seconds"),
        ("conversion_value_amount", "decimal(18, 4)", "money, in `currency`"),
        ("views", "bigint", "whole number"),
        ("frequency", "double", "number"),
        ("kpi_date", "date", "day"),
        ("posted_at", "timestamp", "moment in UTC"),
        ("handle", "varchar", "text"),
    ],
)
def test_a_columns_unit_is_that_of_its_suffix_and_type(
    name: str, data_type: str, unit: str
) -> None:
    assert model_docs.find_unit(Column(name, data_type, "", is_never_null=False)) == unit
