"""Write docs/questions.md: each question in ``analyses/`` with its select and the sample's answer.

``python -m tiktok_warehouse.question_docs`` reads the published sample (``make build``). A test
holds the committed page equal to it.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

import duckdb

from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home

PAGE = Path("docs/questions.md")
# So many rows of an answer are shown.
MOST_ROWS = 8

_REFERENCE = re.compile(r"\{\{ ref\('(\w+)'\) \}\}")
_INTRODUCTION = """\
# Eleven questions, eleven selects

What people ask of short-video numbers, each answered by one plain select on the published file
(`published/tiktok.duckdb`); two have more than one select, for the rest of the question. The
answers are those of the sample, of invented accounts; rates are in percent. dbt compiles the same
selects from `analyses/`, and its documentation shows which tables each stands on.

This page is generated: `python -m tiktok_warehouse.question_docs`.
"""


def render(home: Home, root: Path = PROJECT_ROOT) -> str:
    """The page as it has to be for what a home has published.

    Args:
        home: with the published sample.
        root: of the project.

    Raises:
        duckdb.Error: a select does not run.
    """
    parts = [_INTRODUCTION]
    database = home.published / "tiktok.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        for path in sorted((root / "analyses").glob("q*.sql")):
            question, sql = read_select(path, connection)
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            heading = f"{int(path.name[1:3])}. {question}"
            parts.append(_write_section(heading, sql, names, cursor.fetchall()))
    return "\n".join(parts)


def read_select(path: Path, connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """The question that a file of ``analyses/`` asks, and its select on the tables of a database.

    Args:
        path: of the file.
        connection: to a published file or a build database.
    """
    schemas = dict(
        connection.execute(
            "select table_name, table_schema from information_schema.tables"
        ).fetchall()
    )
    lines = path.read_text(encoding="utf-8").splitlines()
    comment = list(takewhile(lambda line: line.startswith("--"), lines))
    question = " ".join(line.lstrip("- ") for line in comment)
    select = "\n".join(lines[len(comment) :])
    return question, _REFERENCE.sub(lambda match: _qualify(match[1], schemas), select).strip()


def _qualify(table: str, schemas: dict[str, str]) -> str:
    return f"{schemas.get(table, 'marts')}.{table}"


def _write_section(heading: str, sql: str, names: list[str], rows: list[tuple[Any, ...]]) -> str:
    lines = [f"## {heading}\n", "```sql", sql, "```\n"]
    lines += [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(map(_write_cell, row))} |" for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(f"\n… and {len(rows) - MOST_ROWS} more rows.")
    return "\n".join(lines) + "\n"


def _write_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value).replace("|", "\\|")


def main() -> None:
    """Write the page from the published sample."""
    home = open_home(PROJECT_ROOT / "home" / "sample")
    (PROJECT_ROOT / PAGE).write_text(render(home), encoding="utf-8")
    sys.stdout.write(f"{PAGE} written\n")


if __name__ == "__main__":
    main()
