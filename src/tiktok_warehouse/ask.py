"""One SELECT of a user on the published file, with nothing else in its reach."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tiktok_warehouse.errors import UnreadableVersion, UsageError
from tiktok_warehouse.kpis import describe_unreadable

# The machine's files and network are shut off. A folder for temporary files would stay open.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "temp_directory": "",
}
_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
_SHOWN_MESSAGE = 1000


@dataclass(frozen=True)
class Answer:
    """The rows of a select.

    Attributes:
        names: of the columns, no two alike.
        rows: at most as many as were asked for.
        is_cut: whether there are more.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool


def ask(database: Path, sql: str, limit: int) -> Answer:
    """Run one statement that reads.

    Args:
        database: a published file.
        sql: a SELECT (FROM, WITH, DESCRIBE, SHOW, SUMMARIZE and EXPLAIN are fine too).
        limit: most rows; 0 for all.

    Raises:
        UsageError: it does not read, it is more than one statement, or DuckDB refuses it.
        UnreadableVersion: the file cannot be read.
        KeyboardInterrupt: it was interrupted.
    """
    sql = _decode(sql)
    try:
        opened = duckdb.connect(str(database), read_only=True, config=_SETTINGS)
    except duckdb.Error as error:
        raise UnreadableVersion(describe_unreadable(database, error)) from error
    try:
        with opened as connection:
            # Tables are found without their schema too. From here on nothing can be set.
            connection.execute("set search_path = 'marts,quality'")
            connection.execute("set lock_configuration = true")
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type not in _READING:
                raise UsageError(
                    "Ask with one SELECT: this command only reads what is published, and changes"
                    " nothing."
                )
            names, rows = _run(connection, statements[0], limit)
    except duckdb.Error as error:
        message = str(error)[:_SHOWN_MESSAGE].strip()
        raise UsageError(f"{message}{_hint(database, sql)}") from None
    return Answer(
        tuple(names), tuple(rows[:limit] if limit else rows), bool(limit) and len(rows) > limit
    )


def _run(
    connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement, limit: int
) -> tuple[list[str], list[tuple[Any, ...]]]:
    def run() -> tuple[list[str], list[tuple[Any, ...]]]:
        cursor = connection.execute(statement)
        names = _tell_apart([str(column[0]) for column in cursor.description or []])
        return names, cursor.fetchmany(limit + 1) if limit else cursor.fetchall()

    # In a thread, so that Ctrl-C is heard while DuckDB is at work.
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(run)
        try:
            return answer.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _decode(sql: str) -> str:
    """The question as text, also where the terminal's locale could not read it."""
    try:
        return os.fsencode(sql).decode("utf-8")
    except UnicodeError:
        raise UsageError("The question is not text in UTF-8.") from None


def _hint(database: Path, sql: str) -> str:
    """A table by event is no table of the file."""
    # By the stable path where there is one: that of a version goes with it.
    is_version = database.parent.parent.name == "versions"
    published = database.parents[2] if is_version else database.parent
    for folder in sorted((published / "parquet").glob("*/*")):
        if folder.is_dir() and folder.name in sql.lower():
            return (
                f"\n{folder.name} has a row an event and is published as Parquet alone, a file a"
                f" day: read {folder} with pandas, Polars or Spark, and {folder}/*.parquet with"
                " DuckDB."
            )
    return ""


def _tell_apart(names: list[str]) -> list[str]:
    seen: set[str] = set()
    told = []
    for name in names:
        new, number = name, 2
        while new in seen:
            new, number = f"{name}_{number}", number + 1
        seen.add(new)
        told.append(new)
    return told
