"""A copy of what readers see in PostgreSQL, for BI tools that open no DuckDB file.

All tables change in one transaction, so a reader sees one version. Only days whose rows changed are
written, and nothing that would make a reader wait is done to a table whose columns stay. What each
day's rows were is remembered in ``publication.slices``, which version it is in
``publication.current_version``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb

from tiktok_warehouse import ledger
from tiktok_warehouse.errors import ExitCode, UsageError, WarehouseError
from tiktok_warehouse.scratch import open_scratch
from tiktok_warehouse.version_tables import comment_on, open_tables, read_comments

if TYPE_CHECKING:
    import psycopg

VARIABLE = "TIKTOK_WAREHOUSE_PUBLISH_POSTGRES"
READER_VARIABLE = "TIKTOK_WAREHOUSE_POSTGRES_READER"
KEYS_FILE = "keys.json"

_READER = "tiktok_reader"
_BOOKS = "publication"
# Held for the length of a copy, so that two of them never mix.
_ADVISORY_LOCK = 7_483_920_146
_LOCK_TIMEOUT = "5s"
_CONNECT_TIMEOUT = "10"
_SHOWN_MESSAGE = 500
_SHOWN_NAMES = 5
# An index of PostgreSQL takes entries of up to 2,700 bytes.
_MOST_KEY_BYTES = 2000
_TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "INTEGER": "integer",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "HUGEINT": "numeric(39,0)",
}


class CopyFailed(WarehouseError):
    """PostgreSQL was not brought up to date; the published files were."""

    exit_code = ExitCode.NO_SPACE_OR_ACCESS


class _Refused(Exception):
    """Why the copy stops, in words for people."""


@dataclass(frozen=True)
class Destination:
    """A PostgreSQL database to copy to.

    Attributes:
        dsn: how to connect, its password included; never shown.
        shown: host and database, for messages.
        reader: role that may read what is published and nothing else.
    """

    dsn: str = field(repr=False)
    shown: str
    reader: str = _READER


@dataclass(frozen=True)
class Copied:
    """What a copy did.

    Attributes:
        version: that PostgreSQL shows now.
        shown: host and database.
        tables: how many tables it holds.
        changed: of them, those that were written to.
        deleted: rows that went, of changed days.
        inserted: rows that came.
        seconds: wall time.
    """

    version: str
    shown: str
    tables: int
    changed: int
    deleted: int
    inserted: int
    seconds: float


@dataclass(frozen=True)
class _Table:
    """A published table as PostgreSQL is to have it.

    Attributes:
        columns: types of PostgreSQL by column, in order.
        key: columns that name a row; none if no test says so.
        day: date column by which its rows are compared; None if they are compared as a whole.
        comments: of the table (under "") and its columns.
        slices: by day, how many rows, and a digest of them.
    """

    schema: str
    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    day: str | None
    comments: dict[str, str]
    slices: dict[str, tuple[int, str]]

    @property
    def rows(self) -> int:
        return sum(rows for rows, _ in self.slices.values())


def find_destination() -> Destination | None:
    """Where the environment asks for a copy; None if it does not.

    Raises:
        UsageError: the DSN cannot be read, or psycopg is not installed.
    """
    dsn = os.environ.get(VARIABLE, "").strip()
    if not dsn:
        return None
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise UsageError(
            f"{VARIABLE} is set, and psycopg is not installed: pip install 'psycopg[binary]'."
        ) from error
    unreadable = UsageError(
        f"{VARIABLE} is no connection string of PostgreSQL, such as"
        " postgresql://user:password@host:5432/database. Special characters of the password are"
        " percent-encoded there (@ is %40, / is %2F)."
    )
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
    except psycopg.Error:
        # Its message quotes what it stumbled on, which may be the password.
        raise unreadable from None
    host, database = parts.get("host", "localhost"), parts.get("dbname", "")
    port = parts.get("port", "5432")
    if any("@" in part for part in (host, database)) or not re.fullmatch(r"[\d,]*", port):
        raise unreadable
    reader = os.environ.get(READER_VARIABLE, "").strip() or _READER
    return Destination(dsn, f"{host}:{port}/{database}", reader)


def write_keys(target: Path, folder: Path) -> None:
    """Write which columns name a row of each table into a version, as dbt's tests have it.

    Args:
        target: folder with the manifest.json of the dbt run.
        folder: of the version.
    """
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    nodes = manifest["nodes"]
    grains: dict[str, list[str]] = {}
    uniques: dict[str, str] = {}
    never_null = set()
    for test in nodes.values():
        described = test.get("test_metadata") or {}
        node, given = test.get("attached_node"), described.get("kwargs", {})
        if test["config"].get("severity") != "ERROR" or test["config"].get("where"):
            continue
        if described.get("name") == "unique_grain":
            grains[node] = given["columns"]
        elif described.get("name") == "unique":
            uniques[node] = given["column_name"]
        elif described.get("name") == "not_null":
            never_null.add((node, given["column_name"]))
    for node, column in uniques.items():
        if (node, column) in never_null:
            grains.setdefault(node, [column])
    keys = {
        f"{nodes[node]['schema']}.{nodes[node]['alias']}": columns
        for node, columns in sorted(grains.items())
        if nodes[node]["resource_type"] == "model"
    }
    (folder / KEYS_FILE).write_text(json.dumps(keys, indent=1), encoding="utf-8")


def copy_version(destination: Destination, name: str, database: Path) -> Copied | None:
    """Have PostgreSQL show a version, all of its tables in one step.

    Args:
        destination: where to.
        name: of the version.
        database: its DuckDB file. Read are the Parquet files, keys.json and comments.json beside
            it, which nobody can lock.

    Returns:
        What was done; None if PostgreSQL shows that version already.

    Raises:
        CopyFailed: it could not be done; PostgreSQL shows what it showed before. No message has
            the password.
    """
    import psycopg

    started = time.monotonic()
    try:
        with _connect(destination) as connection:
            if _find_version(connection) == name:
                return None
            with open_scratch() as scratch:
                changed, deleted, inserted, tables = _copy(
                    connection, destination, name, database, scratch
                )
        with _connect(destination, autocommit=True) as connection:
            _tidy_up(connection, changed)
    except (psycopg.Error, duckdb.Error, OSError, _Refused) as error:
        raise CopyFailed(
            f"{name} is published, but PostgreSQL ({destination.shown}) still shows what it showed"
            f" before: {_describe(error, destination)}. Mend that and run 'tiktok-warehouse"
            " refresh': it makes up for it, also when nothing is new."
        ) from None
    seconds = time.monotonic() - started
    return Copied(name, destination.shown, tables, len(changed), deleted, inserted, seconds)


def check(destination: Destination) -> str:
    """Say which version a destination shows.

    Raises:
        CopyFailed: it cannot be reached.
    """
    import psycopg

    try:
        with _connect(destination) as connection:
            version = _find_version(connection)
    except psycopg.Error as error:
        raise CopyFailed(f"{destination.shown}: {_describe(error, destination)}") from None
    return f"{destination.shown} shows {version or 'nothing yet'}"


def _connect(destination: Destination, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    defaults = {"connect_timeout": _CONNECT_TIMEOUT, "application_name": "tiktok-warehouse"}
    given = conninfo_to_dict(destination.dsn)
    missing = {name: value for name, value in defaults.items() if name not in given}
    return psycopg.connect(destination.dsn, autocommit=autocommit, **cast(Any, missing))


def _describe(error: Exception, destination: Destination) -> str:
    from psycopg.conninfo import conninfo_to_dict

    text = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
    password = conninfo_to_dict(destination.dsn).get("password")
    if password and str(password) in destination.shown:
        # Taken out of the message, it would show where else it stands.
        return getattr(error, "sqlstate", None) or type(error).__name__
    for secret in (destination.dsn, str(password) if password else None):
        if secret:
            text = text.replace(secret, "***")
    return text[:_SHOWN_MESSAGE].rstrip(".") or type(error).__name__


def _find_version(connection: psycopg.Connection[Any]) -> str | None:
    if not _exists(connection, f"{_BOOKS}.current_version"):
        return None
    row = connection.execute(f"select version from {_BOOKS}.current_version").fetchone()
    return str(row[0]) if row else None


def _copy(
    connection: psycopg.Connection[Any],
    destination: Destination,
    name: str,
    database: Path,
    scratch: Path,
) -> tuple[list[_Table], int, int, int]:
    """Write everything in the open transaction of a connection, which commits at its end."""
    connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
    connection.execute("set local datestyle = 'ISO'")
    lock = connection.execute("select pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK]).fetchone()
    if not (lock and lock[0]):
        raise _Refused("another copy into this database is at work")
    _make_books(connection)
    deleted = inserted = 0
    changed = []
    with open_tables(database.parent) as source:
        for statement in comment_on("view", read_comments(database.parent)):
            source.execute(statement)
        tables = list(_describe_tables(source, database.with_name(KEYS_FILE)))
        for schema in sorted({table.schema for table in tables}):
            _make_schema(connection, schema)
        _refuse_what_is_not_ours(connection, tables)
        _refuse_another_home(connection, source, tables)
        _drop_gone(connection, tables)
        # A table whose columns change keeps its readers waiting from there to the end: last.
        ordered = [(table, _has_other_shape(connection, table)) for table in tables]
        for table, has_other_shape in sorted(ordered, key=lambda pair: pair[1]):
            if has_other_shape:
                _reshape(connection, table)
            gone, come, is_changed = _write(connection, source, table, scratch)
            deleted, inserted = deleted + gone, inserted + come
            if is_changed or has_other_shape:
                changed.append(table)
            _comment(connection, table)
    _let_read(connection, destination.reader, tables)
    connection.execute(f"delete from {_BOOKS}.current_version")
    connection.execute(f"insert into {_BOOKS}.current_version values (%s, now())", [name])
    return changed, deleted, inserted, len(tables)


def _make_books(connection: psycopg.Connection[Any]) -> None:
    _make_schema(connection, _BOOKS)
    if not _exists(connection, f"{_BOOKS}.tables"):
        connection.execute(
            f"create table {_BOOKS}.tables (schema_name text, table_name text,"
            " primary key (schema_name, table_name))",
        )
        connection.execute(
            f"comment on table {_BOOKS}.tables is 'The tables that the warehouse made here.'",
        )
    if not _exists(connection, f"{_BOOKS}.slices"):
        connection.execute(
            f"create table {_BOOKS}.slices (schema_name text, table_name text, slice text,"
            " row_count bigint not null, digest text not null,"
            " primary key (schema_name, table_name, slice))",
        )
        connection.execute(
            f"comment on table {_BOOKS}.slices is"
            " 'What the rows of each table and day were when they were copied last.'",
        )
    if not _exists(connection, f"{_BOOKS}.current_version"):
        connection.execute(
            f"create table {_BOOKS}.current_version (version text, copied_at timestamptz)",
        )
        connection.execute(
            f"comment on table {_BOOKS}.current_version is"
            " 'The published version that all tables show.'",
        )


def _make_schema(connection: psycopg.Connection[Any], schema: str) -> None:
    found = connection.execute("select 1 from pg_namespace where nspname = %s", [schema])
    if found.fetchone() is None:
        connection.execute(f"create schema {schema}")


def _describe_tables(source: duckdb.DuckDBPyConnection, keys_file: Path) -> Iterator[_Table]:
    keys: dict[str, list[str]] = {}
    with contextlib.suppress(FileNotFoundError):
        keys = json.loads(keys_file.read_text(encoding="utf-8"))
    for schema, name, comment in source.execute(
        "select schema_name, view_name, comment from duckdb_views() where not internal"
        " order by schema_name, view_name"
    ).fetchall():
        described = source.execute(
            "select column_name, data_type, comment from duckdb_columns()"
            " where not internal and schema_name = ? and table_name = ? order by column_index",
            [schema, name],
        ).fetchall()
        columns: dict[str, str] = {column: _translate(kind) for column, kind, _ in described}
        comments = {column: text for column, _, text in described if text}
        if comment:
            comments[""] = comment
        key = tuple(keys.get(f"{schema}.{name}", ()))
        if not set(key) <= set(columns) or not _fits_an_index(source, f"{schema}.{name}", key):
            key = ()
        day = next((name for name, kind in columns.items() if name in key and kind == "date"), None)
        slices = _digest(source, f"{schema}.{name}", columns, day)
        yield _Table(schema, name, columns, key, day, comments, slices)


def _translate(kind: str) -> str:
    if match := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind):
        return f"numeric({match[1]},{match[2]})"
    return _TYPES.get(kind, "text")


def _fits_an_index(source: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...]) -> bool:
    if not key:
        return True
    length = " + ".join(f'strlen(cast("{column}" as varchar))' for column in key)
    row = source.execute(f"select max({length}) from {table}").fetchone()
    return row is None or row[0] is None or row[0] <= _MOST_KEY_BYTES


def _digest(
    source: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], day: str | None
) -> dict[str, tuple[int, str]]:
    """Rows by day, and a digest of them and of the columns that does not depend on their order."""
    part = f"coalesce(cast(\"{day}\" as varchar), '')" if day else "''"
    hashed = "hash({})".format(", ".join(f'"{column}"' for column in columns))
    shape = ",".join(f"{column} {kind}" for column, kind in columns.items())
    return {
        slice_name: (rows, digest)
        for slice_name, rows, digest in source.execute(
            f"select {part}, count(*), md5(concat_ws('-', sum(cast({hashed} as hugeint)),"
            f" bit_xor({hashed}), count(*), ?)) from {table} group by 1",
            [shape],
        ).fetchall()
    }


def _list_ours(connection: psycopg.Connection[Any]) -> set[tuple[str, str]]:
    rows = connection.execute(f"select schema_name, table_name from {_BOOKS}.tables").fetchall()
    return {(schema, name) for schema, name in rows}


def _refuse_what_is_not_ours(connection: psycopg.Connection[Any], tables: list[_Table]) -> None:
    """Leave alone what somebody else made under the name of a published table."""
    ours = _list_ours(connection)
    foreign = [
        f"{table.schema}.{table.name}"
        for table in tables
        if (table.schema, table.name) not in ours and _read_columns(connection, table)
    ]
    if foreign:
        raise _Refused(
            f"{', '.join(foreign[:_SHOWN_NAMES])} stands there and was not made by a warehouse;"
            " rename it, or name a database of the warehouse's own"
        )


def _refuse_another_home(
    connection: psycopg.Connection[Any], source: duckdb.DuckDBPyConnection, tables: list[_Table]
) -> None:
    """Leave alone the copy of another home, of which no run is known here."""
    schema, name = ledger.SCHEMA, ledger.TABLE
    if (schema, name) not in _list_ours(connection) & {(t.schema, t.name) for t in tables}:
        return
    runs = f"select run_id from {schema}.{name}"
    theirs = {run for (run,) in connection.execute(runs).fetchall()}
    if theirs and theirs.isdisjoint(run for (run,) in source.execute(runs).fetchall()):
        raise _Refused(
            "it holds the copy of another home. Name another database; or, if that home is gone,"
            f" drop the schemas {', '.join(sorted({t.schema for t in tables} | {_BOOKS}))} there"
        )


def _drop_gone(connection: psycopg.Connection[Any], tables: list[_Table]) -> None:
    kept = {(table.schema, table.name) for table in tables}
    for schema, name in sorted(_list_ours(connection) - kept):
        connection.execute(f'drop table if exists "{schema}"."{name}"')
        for book in ("slices", "tables"):
            connection.execute(
                f"delete from {_BOOKS}.{book} where schema_name = %s and table_name = %s",
                [schema, name],
            )


def _has_other_shape(connection: psycopg.Connection[Any], table: _Table) -> bool:
    return _read_columns(connection, table) != table.columns or _read_key(connection, table) != set(
        table.key
    )


def _read_columns(connection: psycopg.Connection[Any], table: _Table) -> dict[str, str]:
    return dict(
        connection.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
            [f"{table.schema}.{table.name}"],
        ).fetchall()
    )


def _read_key(connection: psycopg.Connection[Any], table: _Table) -> set[str]:
    rows = connection.execute(
        "select attname from pg_index inner join pg_attribute"
        " on attrelid = indrelid and attnum = any(indkey)"
        " where indrelid = to_regclass(%s) and indisprimary",
        [f"{table.schema}.{table.name}"],
    ).fetchall()
    return {name for (name,) in rows}


def _reshape(connection: psycopg.Connection[Any], table: _Table) -> None:
    """Give a table its columns and key, in place, so that views on it live; its rows go."""
    from psycopg import errors

    full = f'"{table.schema}"."{table.name}"'
    found = _read_columns(connection, table)
    if not found:
        columns = ", ".join(f'"{column}" {kind}' for column, kind in table.columns.items())
        connection.execute(f"create table {full} ({columns})")
        connection.execute(
            f"insert into {_BOOKS}.tables values (%s, %s) on conflict do nothing",
            [table.schema, table.name],
        )
    else:
        connection.execute(f"delete from {full}")
        connection.execute(f'alter table {full} drop constraint if exists "{table.name}_pkey"')
        for column, kind in found.items():
            if table.columns.get(column) != kind:
                _drop_column(connection, table, column)
        for column, kind in table.columns.items():
            if found.get(column) != kind:
                connection.execute(f'alter table {full} add column "{column}" {kind}')
            # Of a key that it belonged to.
            connection.execute(f'alter table {full} alter column "{column}" drop not null')
    if table.key:
        key = ", ".join(f'"{column}"' for column in table.key)
        # Rows that just went are indexed too, and one may be too long; the next copy tries again.
        with contextlib.suppress(errors.ProgramLimitExceeded), connection.transaction():
            connection.execute(
                f'alter table {full} add constraint "{table.name}_pkey" primary key ({key})'
            )
    connection.execute(
        f"delete from {_BOOKS}.slices where schema_name = %s and table_name = %s",
        [table.schema, table.name],
    )


def _drop_column(connection: psycopg.Connection[Any], table: _Table, column: str) -> None:
    from psycopg import errors

    try:
        connection.execute(f'alter table "{table.schema}"."{table.name}" drop column "{column}"')
    except errors.DependentObjectsStillExist as error:
        raise _Refused(
            f"column {column} of {table.schema}.{table.name} changes, and something of yours rests"
            f" on it ({error.diag.message_detail}). Drop that, refresh, and make it again"
        ) from error


def _write(
    connection: psycopg.Connection[Any],
    source: duckdb.DuckDBPyConnection,
    table: _Table,
    scratch: Path,
) -> tuple[int, int, bool]:
    """Replace the days that are not as they were; say how many rows went and came, and if any."""
    rows = connection.execute(
        f"select slice, digest from {_BOOKS}.slices where schema_name = %s and table_name = %s",
        [table.schema, table.name],
    ).fetchall()
    before = dict(rows)
    now = {name: digest for name, (_, digest) in table.slices.items()}
    changed = sorted(name for name in before | now if before.get(name) != now.get(name))
    deleted = inserted = 0
    if changed:
        deleted, inserted = _replace(connection, source, table, changed, scratch)
    if _count(connection, table) != table.rows:
        # Somebody else wrote into it.
        gone, come = _replace(connection, source, table, None, scratch)
        deleted, inserted, changed = deleted + gone, inserted + come, sorted(now)
        if _count(connection, table) != table.rows:
            raise _Refused(f"{table.schema}.{table.name} has not as many rows as the file")
    _remember(connection, table, changed)
    return deleted, inserted, bool(changed)


def _replace(
    connection: psycopg.Connection[Any],
    source: duckdb.DuckDBPyConnection,
    table: _Table,
    days: list[str] | None,
    scratch: Path,
) -> tuple[int, int]:
    full = f'"{table.schema}"."{table.name}"'
    if days is None or table.day is None:
        deleted = connection.execute(f"delete from {full}").rowcount
        where = ""
    else:
        deleted = connection.execute(
            f'delete from {full} where "{table.day}" = any(%s::date[])', [days]
        ).rowcount
        listed = ", ".join(f"date '{day}'" for day in days)
        where = f' where "{table.day}" in ({listed})'
    file = scratch / "rows.csv"
    _dump(source, table, where, file)
    names = ", ".join(f'"{column}"' for column in table.columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {full} ({names}) from stdin (format csv)") as stream,
        file.open("rb") as content,
    ):
        while block := content.read(1 << 20):
            stream.write(block)
    file.unlink()
    written = table.slices if days is None else set(days) & table.slices.keys()
    return deleted, sum(table.slices[name][0] for name in written)


def _dump(source: duckdb.DuckDBPyConnection, table: _Table, where: str, file: Path) -> None:
    """Write rows as CSV in which an empty text is quoted and NULL is not."""
    texts = [column for column, kind in table.columns.items() if kind == "text"]
    # PostgreSQL has no text with a NUL.
    values = ", ".join(
        f'replace(cast("{column}" as varchar), chr(0), chr(65533)) as "{column}"'
        if column in texts
        else f'"{column}"'
        for column in table.columns
    )
    quoted = ", ".join(f'"{column}"' for column in texts)
    options = "format csv, header false, nullstr ''" + (
        f", force_quote ({quoted})" if quoted else ""
    )
    key = ", ".join(f'"{column}"' for column in table.key)
    order = f" order by {key}" if key else ""
    path = str(file).replace("'", "''")
    source.execute(
        f'copy (select {values} from {table.schema}."{table.name}"{where}{order})'
        f" to '{path}' ({options})"
    )


def _count(connection: psycopg.Connection[Any], table: _Table) -> int:
    row = connection.execute(f'select count(*) from "{table.schema}"."{table.name}"').fetchone()
    return int(row[0]) if row else 0


def _remember(connection: psycopg.Connection[Any], table: _Table, changed: list[str]) -> None:
    connection.execute(
        f"delete from {_BOOKS}.slices"
        " where schema_name = %s and table_name = %s and slice = any(%s)",
        [table.schema, table.name, changed],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into {_BOOKS}.slices values (%s, %s, %s, %s, %s)",
            [
                (table.schema, table.name, name, *table.slices[name])
                for name in changed
                if name in table.slices
            ],
        )


def _comment(connection: psycopg.Connection[Any], table: _Table) -> None:
    from psycopg import sql

    full = f"{table.schema}.{table.name}"
    found = dict(
        connection.execute(
            "select coalesce(attname, ''), description from pg_description"
            " left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0"
            " where objoid = to_regclass(%s) and classoid = 'pg_class'::regclass",
            [full],
        ).fetchall()
    )
    for column, comment in table.comments.items():
        if found.get(column) == comment:
            continue
        what = sql.SQL("column {}" if column else "table {}").format(
            sql.Identifier(*full.split("."), *([column] if column else []))
        )
        connection.execute(sql.SQL("comment on {} is {}").format(what, sql.Literal(comment)))


def _let_read(connection: psycopg.Connection[Any], reader: str, tables: list[_Table]) -> None:
    """Let a role read what is published, and make it if this user may."""
    from psycopg import errors, sql

    found = connection.execute("select 1 from pg_roles where rolname = %s", [reader]).fetchone()
    role = sql.Identifier(reader)
    if found is None:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("create role {} nologin").format(role))
        except errors.InsufficientPrivilege as error:
            raise _Refused(
                f"role {reader} is missing and this user may not make it; have it made with"
                f' create role "{reader}" nologin'
            ) from error
    for schema in sorted({table.schema for table in tables} | {_BOOKS}):
        if not _may(connection, "has_schema_privilege", reader, schema, "usage"):
            grant = sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), role)
            connection.execute(grant)
            # Of somebody who may not grant it PostgreSQL takes it with a warning alone.
            if not _may(connection, "has_schema_privilege", reader, schema, "usage"):
                raise _Refused(
                    f"role {reader} may not use schema {schema}, and this user may not let it;"
                    f" have its owner run {grant.as_string(connection)}"
                )
    readable = [(table.schema, table.name) for table in tables] + [(_BOOKS, "current_version")]
    for schema, name in readable:
        if not _may(connection, "has_table_privilege", reader, f"{schema}.{name}", "select"):
            connection.execute(
                sql.SQL("grant select on {} to {}").format(sql.Identifier(schema, name), role)
            )


def _may(
    connection: psycopg.Connection[Any], question: str, role: str, what: str, privilege: str
) -> bool:
    row = connection.execute(f"select {question}(%s, %s, %s)", [role, what, privilege])
    found = row.fetchone()
    return bool(found and found[0])


def _tidy_up(connection: psycopg.Connection[Any], changed: list[_Table]) -> None:
    """Let go of the rows that went, and count anew for the planner. Keeps no reader waiting."""
    import psycopg

    for table in changed:
        # It is copied; what cannot be tidied up now, autovacuum tidies up.
        with contextlib.suppress(psycopg.Error):
            connection.execute(
                f'vacuum (analyze, truncate false) "{table.schema}"."{table.name}"',
            )


def _exists(connection: psycopg.Connection[Any], name: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [name]).fetchone()
    return bool(row and row[0])
