"""Where refused files and malformed rows wait, each beside the reason.

A name begins with the content's hash, so that a file which is refused every night is kept once.
What lies here is raw: it holds viewers' ids in the clear, and only its owner may read it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.home import Home
from tiktok_warehouse.plain_files import open_plain, remove_plain

MALFORMED_SUFFIX = ".malformed_rows.txt"
REASON_SUFFIX = ".reason.json"
# Leaves room for the hash and the suffixes within the 255 bytes of a file name.
_NAME_BYTES = 180


def quarantine_file(
    home: Home, path: Path, *, label: str, reason: str, now: datetime, move: bool
) -> Path | None:
    """Keep a refused file with its reason.

    Args:
        home: whose quarantine.
        path: the file.
        label: its name for people.
        reason: why it was refused and what to do.
        now: when.
        move: take the file out of its folder (landing) instead of copying it, if that may be.

    Returns:
        Where it lies now; None if it cannot be read (any more), and then it stays where it was.

    Raises:
        OSError: no space or no access in the quarantine.
    """
    sha256 = hash_raw(path)
    if sha256 is None:
        return None
    target = _find_copy(home, sha256) or home.quarantine / name_copy(sha256, path.name)
    # The reason first: a kill in between must not leave a file that nobody can explain.
    _write_reason(
        target,
        {
            "file": label,
            "reason": reason,
            "what_to_do": "Mend or replace the file and offer it again; then delete this copy.",
            "content_sha256": sha256,
        },
        now,
    )
    try:
        if not target.exists():
            _copy_whole(path, target)
    except (FileNotFoundError, RefusedFile):
        # It was taken away, or a link was put in its place.
        target.with_name(target.name + REASON_SUFFIX).unlink()
        return None
    if move:
        remove_plain(path)
    return target


def quarantine_rows(
    home: Home,
    rows: Path,
    *,
    file_name: str,
    label: str,
    sha256: str,
    problems: Sequence[dict[str, Any]],
    count: int,
    now: datetime,
) -> Path:
    """Keep the raw lines of a landed file's malformed rows with their reasons.

    Args:
        home: whose quarantine.
        rows: a file of the raw lines.
        file_name: the landed file's name.
        label: its name for people.
        sha256: of its content.
        problems: ``row``, ``problem`` of the first of them.
        count: how many there are.
        now: when.

    Raises:
        OSError: no space or no access in the quarantine.
    """
    target = home.quarantine / (name_copy(sha256, file_name) + MALFORMED_SUFFIX)
    _write_reason(
        target,
        {
            "file": label,
            "reason": f"{count} rows of this file do not have the shape of its header.",
            "what_to_do": (
                "The rest of the file has landed. Mend these rows in the file and offer it again,"
                " or offer the mended rows alone, under a header."
            ),
            "content_sha256": sha256,
            "malformed_rows": count,
            "first_problems": list(problems),
        },
        now,
    )
    _copy_whole(rows, target)
    return target


def hash_raw(path: Path) -> str | None:
    """SHA-256 of a file's bytes as they are; None if it cannot be read."""
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, RefusedFile):
        return None


def name_copy(sha256: str, file_name: str) -> str:
    """A name that every file system takes, and that still reads like the file's own."""
    end = os.fsencode(file_name)[-_NAME_BYTES:].decode("utf-8", "ignore")
    return f"{sha256[:12]}-{end}"


def _find_copy(home: Home, sha256: str) -> Path | None:
    for path in sorted(home.quarantine.glob(f"{sha256[:12]}-*")):
        is_note = path.name.endswith((MALFORMED_SUFFIX, REASON_SUFFIX))
        if not is_note and hash_raw(path) == sha256:
            return path
    return None


def _write_reason(target: Path, reason: dict[str, Any], now: datetime) -> None:
    path = target.with_name(target.name + REASON_SUFFIX)
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    first = moment
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        first = json.loads(path.read_text(encoding="utf-8"))["first_at"]
    note = {**reason, "first_at": first, "last_at": moment}
    unfinished = path.with_name(f".{path.name}")
    # A file name need not be UTF-8, and the reason may quote a value: readable by its owner alone.
    text = json.dumps(note, indent=2, ensure_ascii=False) + "\n"
    unfinished.write_bytes(text.encode("utf-8", "backslashreplace"))
    unfinished.chmod(0o600)
    unfinished.replace(path)


def _copy_whole(source: Path, target: Path) -> None:
    unfinished = target.with_name(f".{target.name}")
    try:
        with open_plain(source) as old, unfinished.open("wb") as new:
            unfinished.chmod(0o600)
            shutil.copyfileobj(old, new, 1 << 20)
            new.flush()
            os.fsync(new.fileno())
        unfinished.replace(target)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
