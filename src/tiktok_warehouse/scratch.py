"""Scratch outside of a home, under the system's temporary folder.

What is unpacked there holds viewers' ids in the clear. A process that is killed leaves it behind,
so each folder is locked while somebody is at work in it, and whoever comes next clears the others.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

_PREFIX = "tiktok-warehouse-"
_LOCK = ".lock"


@contextmanager
def open_scratch() -> Iterator[Path]:
    """Make a private folder that is gone afterwards.

    Raises:
        OSError: there is no room or no access.
    """
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        folder = Path(name).resolve()
        with filelock.FileLock(folder / _LOCK):
            yield folder


def clear_left_behind() -> None:
    """Delete this user's scratch folders whose process is gone."""
    try:
        left = list(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"))
    except OSError:
        # A machine without a temporary folder has nothing in it.
        return
    for folder in left:
        lock = folder / _LOCK
        try:
            if folder.lstat().st_uid != os.getuid() or folder.is_symlink() or not lock.exists():
                continue
            with filelock.FileLock(lock).acquire(blocking=False):
                shutil.rmtree(folder, ignore_errors=True)
        except (filelock.Timeout, OSError):
            # Somebody is at work in it, or has just cleared it.
            continue
