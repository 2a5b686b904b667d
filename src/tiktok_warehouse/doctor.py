"""Look a home over: is everything there that a refresh needs?"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from tiktok_warehouse import lake, people, postgres
from tiktok_warehouse.errors import UsageError, WarehouseError
from tiktok_warehouse.home import FOLDERS, PROJECT_ROOT, Home, close_to_others, open_home
from tiktok_warehouse.publish import DATABASE_NAME
from tiktok_warehouse.recognise import load_mappings
from tiktok_warehouse.version_tables import open_tables

# A published version is a copy of the marts; below this a run of any size is a gamble.
_LEAST_FREE_BYTES = 1_000_000_000

Finding = tuple[str, bool, str]


def examine(root: Path) -> list[Finding]:
    """Examine the home at ``root``. All that is mended is who can read it.

    Returns:
        (what was looked at, whether it is well, what was found and what to do), in reading order.
    """
    findings = [_examine_python(), _examine_project()]
    if not root.exists():
        missing = f"{root} does not exist; make it with 'tiktok-warehouse init'"
        return [*findings, ("home", False, missing)]
    findings.append(("home", True, str(root)))
    checks: list[tuple[str, Callable[[Home], str]]] = [
        ("folders", _examine_folders),
        ("access", _examine_access),
        ("free space", _examine_space),
        ("key for people", _examine_key),
        ("mappings", _examine_mappings),
        ("lake", _examine_lake),
        ("build database", _examine_build),
        ("published", _examine_published),
        ("PostgreSQL", _examine_postgres),
    ]
    try:
        home = open_home(root, make_folders=False)
    except UsageError as error:
        return [*findings, ("warehouse.toml", False, str(error))]
    has_config = home.config_file.exists()
    findings.append(
        ("warehouse.toml", True, str(home.config_file) if has_config else "absent, all defaults")
    )
    for what, check in checks:
        try:
            findings.append((what, True, check(home)))
        except (WarehouseError, OSError, duckdb.Error) as error:
            findings.append((what, False, str(error)))
    return findings


def _examine_python() -> Finding:
    versions = [f"Python {sys.version.split()[0]}"]
    versions += [
        f"{name} {importlib.metadata.version(name)}"
        for name in ("dbt-core", "dbt-duckdb", "duckdb")
    ]
    return "versions", sys.version_info >= (3, 11), ", ".join(versions)


def _examine_project() -> Finding:
    is_there = (PROJECT_ROOT / "dbt_project.yml").exists()
    found = str(PROJECT_ROOT) if is_there else f"no dbt_project.yml in {PROJECT_ROOT}"
    return "project", is_there, found


def _examine_folders(home: Home) -> str:
    for name in FOLDERS:
        folder = home.root / name
        if not folder.is_dir():
            raise UsageError(f"{folder} is missing; 'tiktok-warehouse init' makes it")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"{folder} cannot be written by this user")
    return ", ".join(FOLDERS)


def _examine_access(home: Home) -> str:
    if close_to_others(home.root):
        return "everybody on this machine could read this home; now only its owner can"
    return "not open to everybody on this machine"


def _examine_space(home: Home) -> str:
    free = shutil.disk_usage(home.root).free
    if free < _LEAST_FREE_BYTES:
        raise UsageError(f"only {free / 1e9:.1f} GB left; make room before the next refresh")
    return f"{free / 1e9:,.0f} GB"


def _examine_key(home: Home) -> str:
    from_environment = bool(os.environ.get(people.SECRET_VARIABLE))
    if not from_environment and not home.secret_file.exists():
        if lake.read_registry(home):
            raise UsageError(
                f"{home.secret_file} is gone, and the lake's people were hashed with it: restore it"
            )
        return "none yet; the first ingest makes one"
    fingerprint = people.key_fingerprint(people.load_secret(home, create=False))
    others = {row.key_fingerprint for row in lake.read_registry(home)} - {fingerprint}
    if others:
        raise UsageError(
            f"fingerprint {fingerprint}, but the lake's is {', '.join(sorted(others))}"
        )
    where = people.SECRET_VARIABLE if from_environment else str(home.secret_file)
    if not from_environment and home.secret_file.stat().st_mode & 0o077:
        raise UsageError(f"others can read {home.secret_file}: chmod 600 it")
    return f"{where}, fingerprint {fingerprint}; keep a copy of it elsewhere"


def _examine_mappings(home: Home) -> str:
    return ", ".join(mapping.name for mapping in load_mappings(home)) or "none"


def _examine_lake(home: Home) -> str:
    registry = lake.read_registry(home)
    if not registry:
        return "empty: put files into landing/ and run 'tiktok-warehouse refresh'"
    rows = sum(row.raw_rows for row in registry)
    ingests = len({row.ingest_id for row in registry})
    newest = max(row.ingested_at for row in registry)
    return f"{ingests} ingests, {rows:,} raw rows, the newest at {newest:%Y-%m-%d %H:%M:%S} UTC"


def _examine_build(home: Home) -> str:
    if not home.database.exists():
        return "not built yet"
    with duckdb.connect(str(home.database), read_only=True) as connection:
        connection.execute("select 1")
    return f"{home.database.stat().st_size / 1e6:,.1f} MB"


def _examine_published(home: Home) -> str:
    database = home.published / DATABASE_NAME
    if not database.is_symlink():
        return "nothing yet"
    with open_tables(database.resolve().parent) as connection:
        row = connection.execute("select max(kpi_date) from marts.daily_account_kpis").fetchone()
    return f"{database.resolve().parent.name}, days up to {row[0] if row else None}"


def _examine_postgres(home: Home) -> str:
    destination = postgres.find_destination()
    return "no copy is asked for" if destination is None else postgres.check(destination)
