"""Put checked marts before readers: a fresh database and Parquet files, swapped in at once.

Layout of ``published/``::

    versions/000007-20260830T060512Z/tiktok.duckdb
    versions/000007-20260830T060512Z/parquet/marts/daily_account_kpis.parquet
    versions/000007-20260830T060512Z/parquet/marts/fct_interactions/2026-08-30.parquet
    versions/000007-20260830T060512Z/version.json        what it was built from
    versions/000007-20260830T060512Z/keys.json           which columns name a row
    versions/000007-20260830T060512Z/comments.json       what tables and columns mean
    current -> versions/000007-20260830T060512Z      the one thing that is swapped
    tiktok.duckdb -> current/tiktok.duckdb           what readers open
    parquet -> current/parquet
    data_docs -> current/data_docs                   what the expectations saw, for people
    dashboard -> current/dashboard                   the same marts as one page, for people

Readers never open the build database: one process may write a DuckDB file and a reader blocks it,
and halfway through a build its marts disagree with one another.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from tiktok_warehouse import (
    check_results,
    dashboard,
    explained_days,
    findings,
    ledger,
    postgres,
    restatements,
    version_tables,
)
from tiktok_warehouse.errors import WarehouseError
from tiktok_warehouse.home import Home

PUBLISHED_SCHEMAS = ("marts", "quality")
DATABASE_NAME = "tiktok.duckdb"
DATA_DOCS = "data_docs"
VERSION_FILE = "version.json"
# What readers open, by the current version; the first is the one that is swapped.
LINKS = ("current", DATABASE_NAME, "parquet", DATA_DOCS, dashboard.FOLDER)

# Readers from DuckDB 1.1 on can open this; the newest format would shut most BI tools out.
_STORAGE_VERSION = "v1.0.0"
_WRITERS = min(4, os.cpu_count() or 1)
_VERSION_NAME = re.compile(r"(\d{6,})-\d{8}T\d{6}Z")


@dataclass(frozen=True)
class PublishedTable:
    """One table that went out: its rows, and whether it is in the database too."""

    schema: str
    name: str
    rows: int
    in_database: bool


@dataclass(frozen=True)
class Published:
    """A published version and the stable paths under which readers find it."""

    version: str
    database: Path
    parquet: Path
    data_docs: Path | None
    dashboard: Path | None
    tables: tuple[PublishedTable, ...]
    bytes_written: int


@dataclass(frozen=True)
class Origin:
    """What a version was built from.

    Attributes:
        run_id: the refresh that published it.
        ingest_seq: number of the newest landed file in it; 0 for the sample.
        change_seq: number of the dbt run that built it.
        code: digest of the code and configuration, see transform.fingerprint_code.
        can_link: whether the days untouched since the version before are the same as in that one.
        time_zone: the reporting time zone; None in a version of an older release.
        aliases: whose account each handle of ``account_aliases`` was; None in such a version.
    """

    run_id: str
    ingest_seq: int
    change_seq: int
    code: str
    can_link: bool = False
    time_zone: str | None = None
    aliases: dict[str, str] | None = None


@dataclass(frozen=True)
class Version:
    """A kept version, as its version.json describes it."""

    name: str
    folder: Path
    origin: Origin
    published_at: str
    is_current: bool

    @property
    def database(self) -> Path:
        """The version's DuckDB file."""
        return self.folder / DATABASE_NAME


@dataclass(frozen=True)
class _Plan:
    schema: str
    name: str
    day_column: str | None
    touched_entities: tuple[str, ...] = ()


class Incoming:
    """A version in the making, which nobody sees before it is published.

    As a context it goes when it ends, whatever ended it, unless it was published by then.
    """

    def __init__(self, home: Home, target: Path, origin: Origin) -> None:
        """Make a folder for it. The caller holds the home's lock.

        Args:
            home: whose build database is read and whose ``published/`` is written.
            target: folder with the manifest.json of the dbt run, which says what there is to
                publish.
            origin: what the build was built from.

        Raises:
            OSError: no space or no access.
        """
        versions = home.published / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(versions)
        self.home, self.target, self.origin = home, target, origin
        self.name = _name_version(versions)
        self.folder = versions / f".incoming-{self.name}"
        self.folder.mkdir()
        self._before = find_newest(home) if origin.can_link else None
        self._tables: list[PublishedTable] = []
        self._is_given_up = False
        self._at_work: set[duckdb.DuckDBPyConnection] = set()

    def __enter__(self) -> Incoming:
        """Give back itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not published."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def writing_models(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Write the tables that the checks only read, beside what is done in the context.

        If that fails, no further table is begun.

        Args:
            connection: has the build database open for reading, and is closed.

        Raises:
            WarehouseError: a written table does not equal the built one.
            OSError, duckdb.Error: no space or no access.
        """
        plans = [plan for plan in _plan_tables(self.target) if plan.name != findings.MODEL]
        with connection, ThreadPoolExecutor(1) as pool:
            writing = pool.submit(self._write, connection, plans)
            try:
                yield
                writing.result()
            except BaseException as error:
                # What could not be written may be why the rest failed.
                problem = writing.exception() if writing.done() else None
                self._give_up(writing)
                if problem is not None and isinstance(error, Exception):
                    raise problem from None
                raise

    def _give_up(self, writing: Future[None]) -> None:
        self._is_given_up = True
        # Again and again: between two statements nothing is interrupted.
        while not writing.done():
            for connection in tuple(self._at_work):
                # It may have been closed by now.
                with contextlib.suppress(duckdb.Error):
                    connection.interrupt()
            wait([writing], timeout=0.05)

    def write_rest(self) -> None:
        """Write the tables that are not there yet.

        Raises:
            WarehouseError, OSError, duckdb.Error: as for ``writing_models``.
        """
        written = {(table.schema, table.name) for table in self._tables}
        with duckdb.connect(str(self.home.database), read_only=True) as connection:
            plans = [*_plan_tables(self.target), *_plan_written_tables(connection)]
            missing = [plan for plan in plans if (plan.schema, plan.name) not in written]
            self._write(connection, missing)

    def _write(self, connection: duckdb.DuckDBPyConnection, plans: Sequence[_Plan]) -> None:
        database = self.folder / DATABASE_NAME
        connection.execute(
            f"attach {_quote(database)} as incoming"
            f" (read_write, storage_version '{_STORAGE_VERSION}')"
        )
        try:
            for schema in PUBLISHED_SCHEMAS:
                connection.execute(f"create schema if not exists incoming.{schema}")
                (self.folder / "parquet" / schema).mkdir(parents=True, exist_ok=True)
            comments = _read_comments(connection)
            version_tables.write_comments(self.folder, comments)

            def write(plan: _Plan) -> PublishedTable:
                if self._is_given_up:
                    raise WarehouseError("What was to be published has been given up.")
                with connection.cursor() as own:
                    self._at_work.add(own)
                    try:
                        return _write_table(own, plan, self.folder, self._before, comments)
                    finally:
                        self._at_work.discard(own)

            # Most tables are too small for DuckDB to share one out among the cores.
            with ThreadPoolExecutor(_WRITERS) as pool:
                self._tables += pool.map(write, plans)
            connection.execute("checkpoint incoming")
        finally:
            connection.execute("detach incoming")
        if (self.folder / f"{DATABASE_NAME}.wal").exists():
            raise WarehouseError(
                f"{database} was left with a write-ahead log, so it is not whole and was not"
                " published. Run the same command again."
            )

    @property
    def tables(self) -> tuple[PublishedTable, ...]:
        """What has been written, in order of schema and name."""
        return tuple(sorted(self._tables, key=lambda table: (table.schema, table.name)))


def publish(incoming: Incoming, data_docs: Path | None = None) -> Published:
    """Publish the marts and quality tables of a home's build database.

    The caller holds the lock, and has seen every check pass.

    Args:
        incoming: the version; what it lacks is written.
        data_docs: folder with the Data Docs of the checks, to lie beside the tables.

    Raises:
        WarehouseError: a published table does not equal the built one.
        OSError: no space or no access; what was published before stays.
    """
    home, version, folder = incoming.home, incoming.name, incoming.folder
    incoming.write_rest()
    if data_docs is not None:
        shutil.copytree(data_docs, folder / DATA_DOCS)
    postgres.write_keys(incoming.target, folder)
    page = write_dashboard(home, version, folder)
    described = {"published_at": _now(), **asdict(incoming.origin)}
    (folder / VERSION_FILE).write_text(json.dumps(described), encoding="utf-8")
    bytes_written = _make_durable(folder)
    folder.rename(folder.with_name(version))
    _fsync(folder.parent)
    point_to(home, version)
    _prune(folder.parent, keep=home.keep_versions, current=version)
    return Published(
        version=version,
        database=home.published / DATABASE_NAME,
        parquet=home.published / "parquet",
        data_docs=None if data_docs is None else home.published / DATA_DOCS,
        dashboard=None if page is None else home.published / dashboard.FOLDER / dashboard.PAGE,
        tables=incoming.tables,
        bytes_written=bytes_written,
    )


def write_dashboard(home: Home, version: str, folder: Path) -> dashboard.Written | None:
    """Write the dashboard of the version whose files lie in ``folder`` beside them.

    Returns:
        What was written; None if the version has not the marts that a dashboard shows.

    Raises:
        OSError: no space or no access.
    """
    if dashboard.find_missing(folder / DATABASE_NAME):
        return None
    return dashboard.write(
        folder / DATABASE_NAME,
        folder / dashboard.FOLDER / dashboard.PAGE,
        version=version,
        time_zone=home.reporting_time_zone,
    )


def point_to(home: Home, version: str) -> None:
    """Let readers see a kept version, in one step.

    Raises:
        OSError: ``published/`` cannot be written; readers keep what they see.
    """
    _swap_link(home.published / "current", f"versions/{version}")
    for name in LINKS[1:]:
        is_there = (home.published / "versions" / version / name).exists()
        if is_there and not (home.published / name).is_symlink():
            _swap_link(home.published / name, f"current/{name}")


def list_versions(home: Home) -> list[Version]:
    """The kept versions, oldest first."""
    folder = home.published / "versions"
    current = home.published / "current"
    current_name = current.readlink().name if current.is_symlink() else None
    found = []
    for name in sorted(_names(folder), key=_number) if folder.exists() else []:
        if not _VERSION_NAME.fullmatch(name):
            continue
        described = _read_description(folder / name)
        published_at = described.pop("published_at")
        found.append(
            Version(name, folder / name, Origin(**described), published_at, name == current_name)
        )
    return found


def number_of(version: Version) -> int:
    """The number of a version, which grows with every publication."""
    return _number(version.name)


def find_newest(home: Home) -> Version | None:
    """The version that was published last; readers may have been rolled back to an older one."""
    return next(reversed(list_versions(home)), None)


def find_current(home: Home) -> Version | None:
    """The version that readers see."""
    return next((version for version in list_versions(home) if version.is_current), None)


def _read_description(folder: Path) -> dict[str, Any]:
    try:
        described: dict[str, Any] = json.loads((folder / VERSION_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Published before versions were described; nothing can be told or linked from it.
        unknown = Origin(run_id="", ingest_seq=-1, change_seq=-1, code="")
        described = {"published_at": "", **asdict(unknown)}
    return described


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _plan_tables(target: Path) -> list[_Plan]:
    """Tables that the manifest lists, so that one of a removed model does not go out."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    plans = [
        _Plan(
            node["schema"],
            node["alias"],
            node["config"]["meta"].get("publish_by_day"),
            tuple(node["config"]["meta"].get("touched_entities", ())),
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in PUBLISHED_SCHEMAS
    ]
    return sorted(plans, key=lambda plan: (plan.schema, plan.name))


def _plan_written_tables(connection: duckdb.DuckDBPyConnection) -> list[_Plan]:
    """Tables that Python wrote into the build, as far as they are there; dbt lists no model."""
    written = (
        (check_results.SCHEMA, check_results.TABLE),
        (check_results.SCHEMA, check_results.PROFILES),
        (findings.SCHEMA, findings.TABLE),
        (ledger.SCHEMA, ledger.TABLE),
        (restatements.SCHEMA, restatements.TABLE),
        (explained_days.SCHEMA, explained_days.TABLE),
    )
    there = connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database()"
    ).fetchall()
    return [_Plan(schema, name, None) for schema, name in written if (schema, name) in there]


def _write_table(
    connection: duckdb.DuckDBPyConnection,
    plan: _Plan,
    folder: Path,
    before: Version | None,
    comments: Sequence[version_tables.Comment],
) -> PublishedTable:
    source = f"{plan.schema}.{plan.name}"
    parquet = folder / "parquet" / plan.schema / f"{plan.name}.parquet"
    if plan.day_column is None:
        copy = f"incoming.{plan.schema}.{plan.name}"
        # Ordered, so that the same marts give the same files.
        statements = [f"create table {copy} as select * from {source} order by all"]
        own = [comment for comment in comments if comment[:2] == (plan.schema, plan.name)]
        statements += version_tables.comment_on("table", own, "incoming")
        connection.execute(";\n".join(["begin", *statements, "commit"]))
        connection.execute(f"copy {copy} to {_quote(parquet)} (format parquet, compression zstd)")
        written = copy
    else:
        parquet = parquet.with_suffix("")
        parquet.mkdir()
        _write_days(connection, plan, parquet, before)
        pattern = _quote(parquet / "*.parquet")
        # Not even where a folder of the home's own path has a = in its name.
        written = f"read_parquet({pattern}, hive_partitioning = false)"
    rows, expected = _count(connection, written), _count(connection, source)
    if rows != expected:
        raise WarehouseError(
            f"{plan.schema}.{plan.name} has {expected} rows in the build database and {rows} in the"
            " new version, so it was not published. Run the same command again."
        )
    return PublishedTable(plan.schema, plan.name, rows, in_database=plan.day_column is None)


def _write_days(
    connection: duckdb.DuckDBPyConnection, plan: _Plan, parquet: Path, before: Version | None
) -> None:
    """Write one file a day; days untouched since the version before are hard links to its."""
    source = f"{plan.schema}.{plan.name}"
    # An empty file with the columns, so that reading the folder never finds nothing.
    connection.execute(
        f"copy (select * from {source} limit 0) to {_quote(parquet / 'empty.parquet')}"
        " (format parquet)"
    )
    days = {
        str(day)
        for (day,) in connection.execute(
            f"select distinct {plan.day_column} from {source}"
        ).fetchall()
    }
    linked = _link_days(connection, plan, parquet, before, days) if before else set()
    if to_write := sorted(days - linked):
        listed = ", ".join(_quote(day) for day in to_write)
        connection.execute(
            f"copy (select * from {source} where {plan.day_column} in ({listed}) order by all)"
            f" to {_quote(parquet)} (format parquet, compression zstd,"
            f" partition_by ({plan.day_column}), write_partition_columns true,"
            " overwrite_or_ignore true)"
        )
        _flatten(parquet)


def _flatten(parquet: Path) -> None:
    """Make files of the folders that DuckDB writes, one a day.

    pandas and pyarrow refuse a day that stands in the folder's name and in the file too.
    """
    for folder in parquet.glob("*=*"):
        day = folder.name.partition("=")[2]
        for number, file in enumerate(sorted(folder.iterdir())):
            more = f".{number}" if number else ""
            file.rename(parquet / f"{day}{more}.parquet")
        folder.rmdir()


def _link_days(
    connection: duckdb.DuckDBPyConnection,
    plan: _Plan,
    parquet: Path,
    before: Version,
    days: set[str],
) -> set[str]:
    old = before.folder / "parquet" / plan.schema / plan.name
    untouched = days - {
        str(day)
        for (day,) in connection.execute(
            "select distinct event_date from intermediate.int_touched_days"
            " where change_seq > ? and list_contains(?, entity)",
            [before.origin.change_seq, list(plan.touched_entities)],
        ).fetchall()
    }
    linked = set()
    for file in old.glob("*.parquet"):
        day = file.name.partition(".")[0]
        if day in untouched:
            os.link(file, parquet / file.name)
            linked.add(day)
    return linked


def _read_comments(connection: duckdb.DuckDBPyConnection) -> list[version_tables.Comment]:
    """What the build says of its tables and columns: a copy has no comments of its own."""
    return connection.execute(
        "select schema_name, table_name, null, comment from duckdb_tables()"
        " where database_name = current_database() and comment is not null"
        " union all"
        " select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where database_name = current_database() and comment is not null"
    ).fetchall()


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


def _quote(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _name_version(versions: Path) -> str:
    """The next version's name. Its number grows by one even if the clock is set back."""
    numbers = [int(match[1]) for match in map(_VERSION_NAME.fullmatch, _names(versions)) if match]
    return f"{max(numbers, default=0) + 1:06d}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def _number(name: str) -> int:
    """The number of a version, by which they are ordered; 0 for a folder that is none."""
    match = _VERSION_NAME.fullmatch(name)
    return int(match[1]) if match else 0


def _names(versions: Path) -> list[str]:
    return [path.name for path in versions.iterdir()]


def _remove_leftovers(versions: Path) -> None:
    for path in versions.glob(".incoming-*"):
        shutil.rmtree(path)


def _prune(versions: Path, *, keep: int, current: str) -> None:
    names = [name for name in _names(versions) if _VERSION_NAME.fullmatch(name)]
    for name in sorted(names, key=_number)[:-keep]:
        if name != current:
            shutil.rmtree(versions / name, ignore_errors=True)


def _make_durable(folder: Path) -> int:
    """Flush every file and folder to the disk; give back the bytes of files that are no links."""
    written = 0
    for parent, _, files in os.walk(folder, topdown=False):
        for file in files:
            path = Path(parent) / file
            status = path.stat()
            if status.st_nlink == 1:
                written += status.st_size
                _fsync(path)
        _fsync(Path(parent))
    return written


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap_link(link: Path, destination: str) -> None:
    """Point a symbolic link elsewhere in one step; a reader sees the old or the new, never none."""
    new = link.with_name(f".new-{link.name}")
    new.unlink(missing_ok=True)
    new.symlink_to(destination)
    new.replace(link)
    _fsync(link.parent)
