"""Errors that a user can act on, and the exit code that each one ends a command with."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What a scheduler can tell from a command's exit code."""

    DONE = 0
    BUG = 1
    USAGE = 2
    CHECKS_FAILED = 3
    BUSY = 4
    NO_SPACE_OR_ACCESS = 5
    NOTHING_READABLE = 6


class WarehouseError(Exception):
    """A failure with a message for the user: what happened, where, and what to do."""

    exit_code = ExitCode.BUG


class UsageError(WarehouseError):
    """The command line, warehouse.toml or a mapping file is wrong."""

    exit_code = ExitCode.USAGE


class ChecksFailed(WarehouseError):
    """A dbt test or an expectation failed, so nothing was published."""

    exit_code = ExitCode.CHECKS_FAILED


class Busy(WarehouseError):
    """Another run holds the lock of this home."""

    exit_code = ExitCode.BUSY


class DamagedLake(WarehouseError):
    """A raw file that is part of what is published cannot be read any more."""

    exit_code = ExitCode.NO_SPACE_OR_ACCESS


class UnreadableVersion(WarehouseError):
    """What is published cannot be read: damaged, locked, or without the tables that are asked."""

    exit_code = ExitCode.NO_SPACE_OR_ACCESS


class RefusedFile(WarehouseError):
    """One file cannot be read; it goes to quarantine and the others go on."""

    exit_code = ExitCode.NOTHING_READABLE


@contextmanager
def refusing_what_nobody_foresaw(label: str) -> Iterator[None]:
    """Let an error that one file causes refuse that file, so that the others go on.

    An error of the disk (an OSError with a number) is no file's, and goes on its way.

    Args:
        label: the file's name for people.

    Raises:
        RefusedFile: in place of an error that nobody foresaw. It quotes nothing of the file.
    """
    try:
        yield
    except WarehouseError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        if isinstance(error, MemoryError):
            problem = "takes more memory than there is. Offer it in smaller parts."
        elif isinstance(error, RecursionError):
            problem = "is nested too deeply to be read."
        else:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} in {Path(frame.filename).name}, line {frame.lineno}"
            problem = f"cannot be read ({where}). This is a bug of ours: please report it."
        raise RefusedFile(f"{label} {problem}") from error


_NO_SPACE_OR_ACCESS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EIO,
}


def find_exit_code(error: BaseException) -> ExitCode:
    """The exit code of a command that ends with ``error``; BUG for what nobody foresaw."""
    if isinstance(error, WarehouseError):
        return error.exit_code
    if isinstance(error, OSError) and error.errno in _NO_SPACE_OR_ACCESS:
        return ExitCode.NO_SPACE_OR_ACCESS
    if type(error).__module__.endswith("duckdb") and find_refusal(str(error)) is not None:
        return ExitCode.NO_SPACE_OR_ACCESS
    return ExitCode.BUG


def find_refusal(message: str) -> int | None:
    """The error number of the operating system's refusal that a message of DuckDB's ends with.

    DuckDB's errors carry no number. None: the message tells of no refusal.
    """
    lines = message.splitlines()
    for code in _NO_SPACE_OR_ACCESS:
        if any(line.rstrip().endswith(f": {os.strerror(code)}") for line in lines):
            return code
    return errno.ENOSPC if "No space left" in message or "disk full" in message.lower() else None
