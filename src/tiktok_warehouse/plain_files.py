"""The one way to open or delete a file that was offered: no link is ever followed.

Whoever may write into ``landing/`` is not always whoever may read another client's files. So a link
is refused, in any place of the path; a path is gone through folder by folder, so that none can be
put in between; and whether it is a regular file is asked of what was opened, not of its name.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tiktok_warehouse.errors import RefusedFile

_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not to wait for whoever should write into a pipe.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_plain(path: Path) -> io.BufferedReader:
    """Open a regular file for reading, following no link.

    Raises:
        RefusedFile: it is no regular file, or it is a link or lies behind one.
        OSError: it is absent or cannot be read.
    """
    descriptor = _open(path)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedFile(f"{path.name} is no regular file. Offer a copy of what it holds.")
    return os.fdopen(descriptor, "rb")


def remove_plain(path: Path) -> bool:
    """Delete a file, through no link: else whoever writes the folder could have others deleted.

    Returns:
        Whether it is gone. False: it lies behind a link, or this user may not delete it.
    """
    try:
        with _enter_folder(path) as folder:
            os.unlink(path.name, dir_fd=folder)
    except FileNotFoundError:
        return True
    except (RefusedFile, OSError):
        return False
    return True


def _open(path: Path) -> int:
    with _enter_folder(path) as folder:
        return os.open(path.name, _FILE, dir_fd=folder)


@contextmanager
def _enter_folder(path: Path) -> Iterator[int]:
    """The folder that a file lies in, opened; what goes wrong in it is said of the file."""
    folders = Path(os.path.abspath(path)).parts[:-1]  # noqa: PTH100 - resolve() follows links
    here = os.open(folders[0], _FOLDER)
    try:
        for folder in folders[1:]:
            inner = os.open(folder, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        yield here
    except OSError as error:
        # Of a folder the system says that it is none.
        if error.errno == errno.ELOOP or (error.errno == errno.ENOTDIR and _is_behind_link(path)):
            raise RefusedFile(
                f"{path.name} is a link, or lies behind one: links are not followed. Offer the file"
                " itself, or a copy."
            ) from error
        error.filename = str(path)
        raise
    finally:
        os.close(here)


def _is_behind_link(path: Path) -> bool:
    return any(folder.is_symlink() for folder in path.parents)
