"""The tables of a published version, read from its Parquet files.

Tools keep ``tiktok.duckdb`` open, many of them for writing, and whoever does shuts everybody else
out of the file; a hard link to it shares the lock. Nobody can lock a Parquet file, so what the
warehouse itself has to know of a version comes from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

COMMENTS_FILE = "comments.json"

# Schema, table, column (None: of the table itself), text.
Comment = tuple[str, str, str | None, str]


def open_tables(folder: Path) -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables of a version as views, under their own schemas.

    Args:
        folder: of the version. Tables that are published by day (a folder of files) are left out,
            as they are of its DuckDB file.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    connection = duckdb.connect(":memory:")
    try:
        for statement in describe_tables(folder, "memory"):
            connection.execute(statement)
    except duckdb.Error:
        connection.close()
        raise
    return connection


def describe_tables(folder: Path, database: str) -> list[str]:
    """Statements that make the tables of a version views of a database.

    Args:
        folder: of the version.
        database: name under which one is attached that can be written.
    """
    statements = []
    for schema in sorted(path for path in (folder / "parquet").glob("*") if path.is_dir()):
        statements.append(f"create schema if not exists {database}.{schema.name}")
        statements += (
            f'create view {database}.{schema.name}."{file.stem}" as'
            f" select * from read_parquet({_quote(file)})"
            for file in sorted(schema.glob("*.parquet"))
            if file.is_file()
        )
    return statements


def comment_on(kind: str, comments: Iterable[Comment], database: str = "memory") -> list[str]:
    """Statements that say what tables and columns of a database mean.

    Args:
        kind: ``table`` or ``view``, whichever they are there.
        comments: to write.
        database: name under which it is attached.
    """
    return [
        f"comment on {kind} {database}.{schema}.{table} is {_quote(text)}"
        if column is None
        else f'comment on column {database}.{schema}.{table}."{column}" is {_quote(text)}'
        for schema, table, column, text in comments
    ]


def write_comments(folder: Path, comments: Sequence[Comment]) -> None:
    """Write what tables and columns mean into a version: Parquet files say nothing of it."""
    (folder / COMMENTS_FILE).write_text(json.dumps(comments), encoding="utf-8")


def read_comments(folder: Path) -> list[Comment]:
    """What the tables and columns of a version mean; nothing if it is of an older release."""
    path = folder / COMMENTS_FILE
    there = {file.stem for file in (folder / "parquet").glob("*/*.parquet")}
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [
        (schema, table, column, text) for schema, table, column, text in found if table in there
    ]


def _quote(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"
