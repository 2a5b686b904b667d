"""Mapping files: how a log of another shape becomes entities of the raw contract.

A mapping is YAML, described by ``mapping.schema.json``. Its SQL expressions see the file's
columns as text, nothing else: no other file, no network, no clock, no setting of the engine.
"""

from __future__ import annotations

import errno
import fnmatch
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from tiktok_warehouse.arrow_text import to_text
from tiktok_warehouse.entities import (
    ENTITIES,
    INTERACTION_TYPES,
    SYNC_COLUMNS,
    Entity,
    describe_columns,
)
from tiktok_warehouse.errors import RefusedFile, UsageError
from tiktok_warehouse.home import check_zone
from tiktok_warehouse.readers import BATCH_ROWS, MALFORMED, SOURCE_ROW

KeyPath = tuple[str | int, ...]

# DuckDB hands these to Arrow as bytes or as types without a text form.
_CAST_TO_TEXT = ("BIT", "INTERVAL", "TIME WITH TIME ZONE", "BIGNUM", "VARINT")
_MEMORY_LIMIT = "2GB"
# The longest that ships has 10 KiB. Aliases make a small file unfold without end.
_MAX_BYTES = 256 << 10
_MAX_VALUES = 10_000

# Names that SQL answers by itself where no column has them: every person would be "duckdb".
_VALUES_OF_SQL = (
    "user",
    "current_user",
    "session_user",
    "current_role",
    "current_catalog",
    "current_schema",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
)

# One row must stay one row.
_MAKE_ROWS = {"unnest", "unlist", "generate_subscripts", "regexp_split_to_table"}

# Beside those that DuckDB itself calls volatile: the clock, the engine, the session.
_LOOK_OUTSIDE = {
    "age",
    "ago",
    "current_localtime",
    "current_localtimestamp",
    "current_setting",
    "getvariable",
    "pg_conf_load_time",
    "pg_postmaster_start_time",
    "version",
    *_VALUES_OF_SQL,
}


@dataclass(frozen=True)
class Entry:
    """How one entity is filled. ``group_by`` None: a row for each row; (): one for the file."""

    position: int
    entity: Entity
    where: str | None
    group_by: tuple[str, ...] | None
    columns: dict[str, str]
    constants: dict[str, str]
    hashed: tuple[str, ...]
    never_has: tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """A checked mapping file.

    ``sha256`` is over its meaning: a changed comment does not make the same file land again.
    """

    path: Path
    name: str
    files: tuple[str, ...]
    zone: str
    entries: tuple[Entry, ...]
    sha256: str
    lines: dict[KeyPath, int] = field(repr=False)

    def locate(self, key: KeyPath) -> str:
        """``file, line 7, entities[2].columns.view_id``, for messages."""
        return _locate(self.path, self.lines, key)


@dataclass(frozen=True)
class Misfit:
    """Why a mapping cannot read a file: a column that is absent, or SQL that does not compile."""

    message: str
    is_missing_column: bool


# --- loading -------------------------------------------------------------------------------


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        UsageError: the file is absent or wrong; the message names file, line and key.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The mapping file {path} cannot be read: {error}") from error
    if len(content) > _MAX_BYTES:
        raise UsageError(f"{path} has more than {_MAX_BYTES >> 10} KiB: it is no mapping file.")
    try:
        return _read_mapping(path, text)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        # Whatever a parser stumbles on; its words may hold what no terminal should show.
        raise UsageError(
            f"{path} is no mapping file: it cannot be understood ({type(error).__name__})."
        ) from error


def _read_mapping(path: Path, text: str) -> Mapping:
    document, lines = _parse_yaml(path, text)
    _check_schema(path, document, lines)
    zone = document.get("zone", "UTC")
    check_zone(zone, _locate(path, lines, ("zone",)))
    entries = tuple(
        _check_entry(path, lines, position, raw)
        for position, raw in enumerate(document["entities"])
    )
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return Mapping(
        path=path,
        name=document["name"],
        files=tuple(document["files"]),
        zone=zone,
        entries=entries,
        sha256=hashlib.sha256(canonical.encode("utf-8")).hexdigest(),
        lines=lines,
    )


def _parse_yaml(path: Path, text: str) -> tuple[Any, dict[KeyPath, int]]:
    lines: dict[KeyPath, int] = {}
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UsageError(
            f"{path}, line {line}: not valid YAML: a control character stands in it."
        ) from error
    try:
        node = loader.get_single_node()
        if node is not None:
            _note_lines(path, node, (), lines)
        document = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageError(f"{path}, line {line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{path}: not valid YAML: {error}") from error
    finally:
        loader.dispose()
    return document, lines


def _note_lines(path: Path, node: yaml.Node, key: KeyPath, lines: dict[KeyPath, int]) -> None:
    lines.setdefault(key, node.start_mark.line + 1)
    if len(lines) > _MAX_VALUES:
        raise UsageError(
            f"{path}: it has more than {_MAX_VALUES:,} keys and values once its aliases are written"
            " out. It is no mapping file."
        )
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            _note_lines(path, child, (*key, position), lines)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for name_node, child in node.value:
            child_key = (*key, str(name_node.value))
            line = name_node.start_mark.line + 1
            if name_node.value in seen:
                # YAML itself would silently take the last one.
                raise UsageError(f"{path}, line {line}: the key {name_node.value} stands twice.")
            seen.add(name_node.value)
            lines[child_key] = line
            _note_lines(path, child, child_key, lines)


def _locate(path: Path, lines: dict[KeyPath, int], key: KeyPath) -> str:
    known = key
    while known not in lines and known:
        known = known[:-1]
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return f"{path}, line {lines.get(known, 1)}, {name.lstrip('.') or 'top level'}"


@cache
def _schema_validator() -> jsonschema.Draft202012Validator:
    schema = resources.files("tiktok_warehouse").joinpath("mapping.schema.json")
    return jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))


def _check_schema(path: Path, document: Any, lines: dict[KeyPath, int]) -> None:
    errors = sorted(
        _schema_validator().iter_errors(document), key=lambda e: [str(p) for p in e.absolute_path]
    )
    if not errors:
        return
    error = errors[0]
    key: KeyPath = tuple(error.absolute_path)
    message = error.message
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        key = (*key, next(str(name) for name in error.instance if name not in known))
        message = f"unknown key; known here: {', '.join(known)}"
    elif error.validator == "type" and error.validator_value == "string":
        message += "; put it in quotes"
    raise UsageError(f"{_locate(path, lines, key)}: {message}.")


def _check_entry(path: Path, lines: dict[KeyPath, int], at: int, raw: dict[str, Any]) -> Entry:
    def fail(key: KeyPath, message: str) -> UsageError:
        return UsageError(f"{_locate(path, lines, ('entities', at, *key))}: {message}.")

    entity = ENTITIES.get(raw["entity"])
    if entity is None:
        raise fail(
            ("entity",), f"no entity is called '{raw['entity']}'; there are {', '.join(ENTITIES)}"
        )
    columns, constants = raw.get("columns", {}), raw.get("constants", {})
    for section, names in (("columns", columns), ("constants", constants)):
        for name in names:
            if name not in entity.columns:
                raise fail(
                    (section, name),
                    f"{entity.name} has no column '{name}'; it has {', '.join(entity.columns)}",
                )
            if section == "constants" and name in columns:
                raise fail((section, name), f"'{name}' stands under columns and under constants")
    missing = [name for name in entity.required if name not in columns and name not in constants]
    if missing:
        raise fail((), f"{entity.name} needs {', '.join(missing)} under columns or constants")
    for position, name in enumerate(raw.get("hashed", [])):
        if name not in columns:
            raise fail(("hashed", position), f"'{name}' is no column under columns")
    for position, kind in enumerate(raw.get("never_has", [])):
        if entity.name != "interactions":
            raise fail(("never_has",), "only interactions have it")
        if kind not in INTERACTION_TYPES:
            raise fail(
                ("never_has", position),
                f"'{kind}' is no interaction type; there are {', '.join(INTERACTION_TYPES)}",
            )
    for name, sql in columns.items():
        if problem := _check_syntax(sql):
            raise fail(("columns", name), problem)
    if "where" in raw and (problem := _check_syntax(raw["where"])):
        raise fail(("where",), problem)
    return Entry(
        position=at,
        entity=entity,
        where=raw.get("where"),
        group_by=tuple(raw["group_by"]) if "group_by" in raw else None,
        columns=dict(columns),
        constants=dict(constants),
        hashed=tuple(raw.get("hashed", ())),
        never_has=tuple(raw.get("never_has", ())),
    )


# --- SQL -----------------------------------------------------------------------------------


def _connect(scratch: Path | None = None) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        # Else an expression could read variables of this process.
        "python_enable_replacements": "false",
        "memory_limit": _MEMORY_LIMIT,
        # One thread: first(), string_agg() and the order of rows are the same in every run.
        "threads": "1",
    }
    if scratch is not None:
        config["temp_directory"] = str(scratch / "spill")
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set lock_configuration = true")
    return connection


@cache
def _syntax_connection() -> duckdb.DuckDBPyConnection:
    return _connect()


def _parse_sql(sql: str) -> dict[str, Any]:
    query = f"select (\n{sql}\n) from source"
    row = _syntax_connection().execute("select json_serialize_sql(?)", [query]).fetchone()
    assert row is not None
    tree: dict[str, Any] = json.loads(row[0])
    return tree


def _check_syntax(sql: str) -> str | None:
    tree = _parse_sql(sql)
    if tree["error"]:
        return f"not valid SQL: {tree['error_message']}"
    statements = tree["statements"]
    items = statements[0]["node"].get("select_list", [])
    if (
        len(statements) != 1
        or len(items) != 1
        or statements[0]["node"]["from_table"].get("table_name") != "source"
        or statements[0]["node"]["where_clause"] is not None
    ):
        return "must be one SQL expression"
    nodes = list(_walk(items[0]))
    if any(node.get("class") in ("SUBQUERY", "STAR") for node in nodes):
        # The file is a stream that can be read once for each entry.
        return "a subquery or * cannot be used here"
    for node in nodes:
        name = str(node.get("function_name", "")).casefold()
        if name in _MAKE_ROWS:
            return f"{name}() makes several rows of one, and cannot be used here"
        if name in _LOOK_OUTSIDE or name in _volatile_functions():
            return (
                f"{name}() answers from outside the row, so the same file would not always give the"
                " same rows; it cannot be used here"
            )
    return None


@cache
def _volatile_functions() -> frozenset[str]:
    found = _syntax_connection().execute(
        "select function_name from duckdb_functions()"
        " where stability <> 'CONSISTENT' and function_name <> 'error'"
    )
    return frozenset(name for (name,) in found.fetchall())


def _walk(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from _walk(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _walk(child)


def find_unused_columns(mapping: Mapping, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The file's columns that no entry of the mapping uses, and no order of its rows."""
    used = _find_used_columns(mapping).union(SYNC_COLUMNS)
    return tuple(name for name in columns if name.casefold() not in used)


def _find_used_columns(mapping: Mapping) -> set[str]:
    used: set[str] = set()
    for entry in mapping.entries:
        used.update(name.casefold() for name in entry.group_by or ())
        for sql in (*entry.columns.values(), *([entry.where] if entry.where else [])):
            used.update(_find_columns(sql))
    return used


def _find_columns(sql: str) -> Iterator[str]:
    for node in _walk(_parse_sql(sql)):
        if node.get("class") == "COLUMN_REF":
            yield from (name.casefold() for name in node["column_names"])


def matches_name(mapping: Mapping, file_name: str) -> bool:
    """Whether one of the mapping's patterns fits a file's name, with or without ``.gz``."""
    return any(
        fnmatch.fnmatchcase(name, pattern)
        for pattern in mapping.files
        for name in {file_name, file_name.removesuffix(".gz")}
    )


def find_misfit(mapping: Mapping, columns: tuple[str, ...]) -> Misfit | None:
    """Compile every expression against a file's columns; the first problem, or None."""
    known = {name.casefold() for name in columns}
    with _connect() as connection:
        fields = [pa.field(name, pa.string()) for name in columns]
        empty = pa.schema([*fields, pa.field(SOURCE_ROW, pa.int64())]).empty_table()
        connection.register("source", empty)
        for entry in mapping.entries:
            for key, sql in _list_expressions(entry):
                for name in _find_columns(sql):
                    if name in _VALUES_OF_SQL and name not in known:
                        where = mapping.locate(("entities", entry.position, *key))
                        return _absent_column(mapping, where, name, columns)
                try:
                    connection.execute(_select_one(entry, sql, where=False))
                except duckdb.Error as error:
                    return _explain_misfit(mapping, entry, key, error, columns)
    return None


def _list_expressions(entry: Entry) -> Iterator[tuple[KeyPath, str]]:
    for position, name in enumerate(entry.group_by or ()):
        yield ("group_by", position), f"any_value(source.{_quote(name)})"
    if entry.where:
        yield (
            ("where",),
            f"count_if({entry.where}\n)" if entry.group_by is not None else entry.where,
        )
    for name, sql in entry.columns.items():
        yield ("columns", name), sql


def _select_one(entry: Entry, sql: str, *, where: bool) -> str:
    row = SOURCE_ROW if entry.group_by is None else f"min({SOURCE_ROW})"
    condition = f" where ({entry.where}\n)" if where and entry.where else ""
    return f"select (\n{sql}\n), {row} from source{condition}{_group(entry)}"


def _group(entry: Entry) -> str:
    # Qualified: an expression may be named like the column that it is grouped by.
    names = [f"source.{_quote(name)}" for name in entry.group_by or ()]
    return f" group by {', '.join(names)}" if names else ""


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _explain_misfit(
    mapping: Mapping, entry: Entry, key: KeyPath, error: duckdb.Error, columns: tuple[str, ...]
) -> Misfit:
    where = mapping.locate(("entities", entry.position, *key))
    message = str(error).split("\n", 1)[0]
    absent = re.search(r'(?:Referenced column|does not have a column named) "(.*?)"', message)
    if absent:
        return _absent_column(mapping, where, absent[1], columns)
    return Misfit(f"{where}: {message}", is_missing_column=False)


def _absent_column(mapping: Mapping, where: str, name: str, columns: tuple[str, ...]) -> Misfit:
    found = describe_columns(columns, _find_used_columns(mapping))
    return Misfit(f"{where}: the file has no column '{name}'; it has {found}.", True)


def apply_entry(
    mapping: Mapping,
    entry: Entry,
    open_batches: Callable[[], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
    scratch: Path,
) -> Iterator[pa.RecordBatch]:
    """The rows that one entry makes of a file.

    Args:
        mapping: the entry's mapping, for messages.
        entry: what to fill and how.
        open_batches: opens the file's rows (as ``readers.read_table`` gives them) from the start.
        schema: of those rows.
        scratch: an existing folder where large groups may spill to.

    Returns:
        Batches of the entry's columns as text, then the file's columns of ``SYNC_COLUMNS`` (of a
        group, the latest), ``_source_row`` (of a group, the first) and ``_malformed`` (NULL:
        malformed rows have no values, so they take no part).

    Raises:
        RefusedFile: an expression fails on a value of the file.
        OSError: no space for large groups.
    """
    synced = [name for name in schema.names if name.casefold() in SYNC_COLUMNS]
    texts_of = [*entry.columns, *synced]
    names = [*texts_of, SOURCE_ROW]
    out = pa.schema(
        [
            *(pa.field(name, pa.string()) for name in (*texts_of, *entry.constants)),
            pa.field(SOURCE_ROW, pa.int64()),
            pa.field(MALFORMED, pa.string()),
        ]
    )
    with _connect(scratch) as connection:
        _register(connection, open_batches, schema)
        try:
            reader = connection.execute(_build_query(connection, entry, synced)).to_arrow_reader(
                BATCH_ROWS
            )
            for batch in reader:
                arrays = dict(zip(names, batch.columns, strict=True))
                texts = [to_text(arrays[name]) for name in texts_of]
                texts += [_repeat(text, batch.num_rows) for text in entry.constants.values()]
                rows = arrays[SOURCE_ROW].cast(pa.int64())
                nothing = pa.nulls(batch.num_rows, pa.string())
                yield pa.record_batch([*texts, rows, nothing], schema=out)
        except duckdb.OutOfMemoryException as error:
            where = mapping.locate(("entities", entry.position))
            raise RefusedFile(
                f"{where}: takes more than {_MEMORY_LIMIT} of memory for this file. Group by"
                " columns with more values, or offer it in parts."
            ) from error
        except duckdb.IOException as error:
            raise OSError(errno.ENOSPC, f"no space to apply {mapping.name}: {error}") from error
        except (duckdb.Error, pa.ArrowException, ValueError) as error:
            where, problem = _find_culprit(mapping, entry, open_batches, schema, scratch, error)
            raise RefusedFile(
                f"{where}: {problem}. Use try_cast for values that may not fit, and keep their"
                " text for staging to judge."
            ) from error


def _register(
    connection: duckdb.DuckDBPyConnection,
    open_batches: Callable[[], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
) -> None:
    visible = pa.schema([column for column in schema if column.name != MALFORMED])
    stream = (
        batch.filter(pc.is_null(batch.column(MALFORMED))).drop_columns([MALFORMED])
        for batch in open_batches()
    )
    connection.register("source", pa.RecordBatchReader.from_batches(visible, stream))


def _build_query(connection: duckdb.DuckDBPyConnection, entry: Entry, synced: Sequence[str]) -> str:
    items = []
    for position, sql in enumerate(entry.columns.values()):
        described = connection.execute(f"describe {_select_one(entry, sql, where=True)}").fetchone()
        assert described is not None
        needs_cast = str(described[1]).startswith(_CAST_TO_TEXT)
        item = f"cast((\n{sql}\n) as varchar)" if needs_cast else f"(\n{sql}\n)"
        # Names that no expression refers to: DuckDB lets one use another's alias.
        items.append(f"{item} as __result_{position}")
    where = f" where ({entry.where}\n)" if entry.where else ""
    items += [
        f"source.{_quote(name)}" if entry.group_by is None else f"max(source.{_quote(name)})"
        for name in synced
    ]
    if entry.group_by is None:
        items.append(SOURCE_ROW)
        return f"select {', '.join(items)} from source{where}"
    items.append(f"min(source.{SOURCE_ROW}) as {SOURCE_ROW}")
    return (
        f"select {', '.join(items)} from source{where}{_group(entry)}"
        f" having count(*) > 0 order by {len(items)}"
    )


def _repeat(text: str, rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(text.strip() or None, pa.string()), rows)


def _find_culprit(
    mapping: Mapping,
    entry: Entry,
    open_batches: Callable[[], Iterator[pa.RecordBatch]],
    schema: pa.Schema,
    scratch: Path,
    error: Exception,
) -> tuple[str, str]:
    for key, sql in _list_expressions(entry):
        with _connect(scratch) as connection:
            _register(connection, open_batches, schema)
            query = _select_one(entry, sql, where=key != ("where",))
            try:
                for batch in connection.execute(query).to_arrow_reader(BATCH_ROWS):
                    to_text(batch.column(0))
            except (duckdb.Error, pa.ArrowException, ValueError) as again:
                return mapping.locate(("entities", entry.position, *key)), _redact(again)
    return mapping.locate(("entities", entry.position)), _redact(error)


def _redact(error: Exception) -> str:
    """The kind of an error, such as ``Conversion Error``: its text may quote a person's value."""
    kind = type(error).__name__.removesuffix("Exception").removesuffix("Error")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", f"{kind}Error")
