"""One client's folder: where its state lives, its configuration and its lock."""

from __future__ import annotations

import errno
import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock
import jsonschema

from tiktok_warehouse.errors import Busy, UsageError

# dbt's project: in a wheel within the package (hatch_build.py), in a checkout around it.
_IN_PACKAGE = Path(__file__).resolve().parent / "project"
IS_CHECKOUT = not _IN_PACKAGE.is_dir()
PROJECT_ROOT = Path(__file__).resolve().parents[2] if IS_CHECKOUT else _IN_PACKAGE
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
FOLDERS = ("landing", "raw", "build", "published", "quarantine", "logs")

CONFIG_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "reporting_time_zone": {"type": "string", "minLength": 1},
        "keep_originals": {"type": "string", "minLength": 1},
        "publish_person_keys": {"type": "boolean"},
        "keep_versions": {"type": "integer", "minimum": 1},
        "mappings": {"type": "array", "items": {"type": "string", "minLength": 1}},
    },
}

CONFIG_TEMPLATE = """\
# Configuration of one warehouse home. Every line is optional; what is commented out shows the
# default. `tiktok-warehouse doctor` checks this file.

# Days are calendar days in this zone. Changing it recomputes every day.
# reporting_time_zone = "UTC"

# How many published versions stay on disk.
# keep_versions = 7

# Files in landing/ are deleted once they are landed. Name a folder outside this home to have
# them moved there instead. It will hold viewers' ids in the clear.
# keep_originals = "/srv/tiktok-originals"

# Whether fct_interactions is published with the keyed hash of who acted. With it, groups of people
# that other tables withhold can be counted again. Only where every reader may know single people.
# publish_person_keys = false

# Mapping files for logs of another shape, tried beside those that ship with the project.
# Paths are relative to this file.
# mappings = ["my-platform.yml"]
"""


@dataclass(frozen=True)
class Home:
    """Paths and settings of one client's warehouse. Nothing is shared between homes but code."""

    root: Path
    reporting_time_zone: str = "UTC"
    keep_versions: int = 7
    publish_person_keys: bool = False
    keep_originals: Path | None = None
    mappings: tuple[Path, ...] = ()

    @property
    def landing(self) -> Path:
        return self.root / "landing"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def config_file(self) -> Path:
        return self.root / "warehouse.toml"

    @property
    def secret_file(self) -> Path:
        return self.root / "secret.key"

    @property
    def database(self) -> Path:
        return self.build / "warehouse.duckdb"


def find_home(option: Path | None) -> Path:
    """The home folder that a command works on: ``--home``, the environment, or ``./home``."""
    if option is not None:
        return option.expanduser().resolve()
    from_env = os.environ.get("TIKTOK_WAREHOUSE_HOME")
    return Path(from_env or "home").expanduser().resolve()


def find_sample_home() -> Path:
    """Where the sample is built by default: in the checkout, or in the current folder."""
    return (PROJECT_ROOT if IS_CHECKOUT else Path.cwd()) / "home" / "sample"


def open_home(root: Path, *, make_folders: bool = True) -> Home:
    """Read a home's configuration and make its folders.

    Raises:
        UsageError: warehouse.toml is not valid TOML, or holds an unknown or bad setting.
        OSError: the folder cannot be written.
    """
    # The lake is read through a glob over this path, in which most of these would be patterns;
    # dbt cannot carry the others.
    if bad := set("*?[]{}\\#") & set(str(root)):
        raise UsageError(
            f"{root}: a home's path cannot contain {' '.join(sorted(bad))}; name another folder"
            " with --home."
        )
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is no folder; name a warehouse's with --home.")
    settings = _read_config(root / "warehouse.toml")
    home = Home(
        root=root,
        reporting_time_zone=settings.get("reporting_time_zone", "UTC"),
        keep_versions=settings.get("keep_versions", 7),
        publish_person_keys=settings.get("publish_person_keys", False),
        keep_originals=_outside(root, settings.get("keep_originals")),
        mappings=tuple((root / name).resolve() for name in settings.get("mappings", [])),
    )
    for folder in (root, *(root / name for name in FOLDERS)) if make_folders else ():
        _make_folder(folder)
    # It holds viewers' ids in the clear.
    if make_folders and home.quarantine.stat().st_mode & 0o077:
        home.quarantine.chmod(0o700)
    return home


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileNotFoundError as error:
        # Its parents are made too, so this is a file system that takes no folders, such as /proc.
        raise PermissionError(errno.EACCES, "No folder can be made here", str(folder)) from error


def close_to_others(root: Path) -> bool:
    """Take a home that everybody on this machine can enter away from all but its owner.

    Homes that were made before this was so are open. One that its owner has opened to a group, and
    not to everybody, stays as it is.

    Returns:
        Whether there was anything to close.

    Raises:
        OSError: it belongs to somebody else.
    """
    if not root.stat().st_mode & 0o007:
        return False
    root.chmod(0o700)
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o700)
    return True


def _read_config(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    errors = sorted(
        jsonschema.Draft202012Validator(CONFIG_SCHEMA).iter_errors(settings),
        key=lambda error: list(error.path),
    )
    if errors:
        where = ".".join(str(part) for part in errors[0].path) or "top level"
        known = ", ".join(CONFIG_SCHEMA["properties"])
        raise UsageError(f"{path}, {where}: {errors[0].message}. Known settings: {known}.")
    zone = settings.get("reporting_time_zone", "UTC")
    check_zone(zone, f"{path}, reporting_time_zone")
    return settings


def check_zone(zone: str, where: str) -> None:
    """Raise UsageError unless ``zone`` is an IANA time zone such as ``Europe/Berlin``."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
        # Files beside the zones, which Python opens and DuckDB does not know.
        if zone.startswith(("posix/", "right/")) or zone in ("localtime", "posixrules"):
            raise ValueError(zone)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(
            f"{where}: '{zone}' is not a time zone; use an IANA name such as Europe/Berlin."
        ) from error


def _outside(root: Path, setting: str | None) -> Path | None:
    if setting is None:
        return None
    folder = Path(setting).expanduser()
    folder = folder if folder.is_absolute() else root / folder
    folder = folder.resolve()
    if folder.is_relative_to(root):
        raise UsageError(
            f"keep_originals = {setting}: originals hold viewers' ids in the clear, so the folder"
            f" must lie outside {root}."
        )
    return folder


@contextmanager
def hold_lock(home: Home, command: str) -> Iterator[None]:
    """Hold this home's lock; a dead holder's lock is free.

    Raises:
        Busy: another process holds it; the message names that process.
        OSError: as raised meanwhile; one of a disk that names no file names the home.
    """
    lock = filelock.FileLock(home.root / ".lock")
    holder_file = home.root / ".lock-holder.json"
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout as error:
        raise Busy(
            f"Another run is at work on {home.root}: {_name_holder(holder_file)}."
            " Nothing was changed; try again when it has ended."
        ) from error
    try:
        holder = {
            "pid": os.getpid(),
            "command": command,
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        holder_file.write_text(json.dumps(holder), encoding="utf-8")
        yield
    except OSError as error:
        # A write into an open file that fails does not say where.
        if error.errno in _DISK_ERRORS and error.filename is None:
            error.filename = str(home.root)
        raise
    finally:
        holder_file.unlink(missing_ok=True)
        lock.release()


def _name_holder(holder_file: Path) -> str:
    try:
        holder = json.loads(holder_file.read_text(encoding="utf-8"))
        return f"'{holder['command']}', process {holder['pid']}, since {holder['since']}"
    except (OSError, ValueError, KeyError):
        return "a process that has not yet given its name"
