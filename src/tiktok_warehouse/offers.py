"""Which files a command line or the landing folder offers.

Hidden files, unfinished downloads and what a home keeps are left alone and reported. A file in
``landing/`` that was changed in the last two seconds is given those two seconds; one that changes
while it is read is left for the next ingest.
"""

from __future__ import annotations

import glob
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tiktok_warehouse.errors import UsageError

UNFINISHED_SUFFIXES = (".tmp", ".part", ".crdownload")
SETTLE_SECONDS = 2.0


@dataclass(frozen=True)
class Offer:
    """A file to ingest. ``label`` is its name for people: relative to the folder that was given,
    with as many folders before it as tell it from the other files of the call. ``root`` is the
    folder that was given; None for a file that was named itself.
    """

    path: Path
    label: str
    root: Path | None = None


@dataclass(frozen=True)
class Ignored:
    """A file that was left where it is, and why."""

    source_file: str
    reason: str


def find_offers(
    paths: Sequence[Path | str], *, home: Path | None = None, may_be_empty: bool = False
) -> tuple[list[Offer], list[Ignored]]:
    """Expand files, folders (with all that is in them) and glob patterns.

    Args:
        paths: what the user named.
        home: the home's root. Below it only ``landing/`` is offered, and what waits in
            ``quarantine/`` where it was named itself.
        may_be_empty: a folder without files is fine (the landing folder often has none).

    Returns:
        The files in the order of their paths, each once, and those that are left alone.

    Raises:
        UsageError: a path is empty or matches nothing.
    """
    home = _resolve(home) if home is not None else None
    offers: dict[Path, Offer] = {}
    ignored: list[Ignored] = []
    for given in paths:
        if not str(given):
            raise UsageError(
                "A path is empty. Name a file, a folder or a pattern; '.' is this one."
            )
        found = list(_expand(Path(given), home))
        if not found and not may_be_empty:
            raise UsageError(f"{given} matches no file. Check the path; nothing was ingested.")
        for path, label, root in found:
            reason = _why_ignored(path, root, home)
            if reason:
                ignored.append(Ignored(label, reason))
            else:
                # A link above what was named is the caller's own; one at or below it is refused.
                real = _resolve(path.parent if root is None else root)
                place = real / (path.name if root is None else path.relative_to(root))
                offers.setdefault(place, Offer(place, label, root and real))
    return _tell_apart([offers[path] for path in sorted(offers)]), ignored


def _tell_apart(offers: list[Offer]) -> list[Offer]:
    """Give files of one label the shortest ends of their paths that differ."""
    while True:
        times = Counter(offer.label for offer in offers)
        longer = [_lengthen(offer) if times[offer.label] > 1 else offer for offer in offers]
        if longer == offers:
            return offers
        offers = longer


def _lengthen(offer: Offer) -> Offer:
    folders = offer.path.absolute().parts[1:]
    more = PurePosixPath(offer.label).parts
    return replace(offer, label=_readable("/".join(folders[-len(more) - 1 :])))


def _expand(given: Path, home: Path | None) -> Iterator[tuple[Path, str, Path | None]]:
    if given.is_dir():
        yield from _walk(given, home)
    elif given.exists() or given.is_symlink():
        yield given, _readable(given.name), None
    else:
        for match in sorted(glob.glob(str(given), recursive=True)):  # noqa: PTH207
            path = Path(match)
            if path.is_dir():
                yield from _walk(path, home)
            else:
                yield path, _readable(path.name), None


def _walk(folder: Path, home: Path | None) -> Iterator[tuple[Path, str, Path | None]]:
    closed: list[Path] = []

    def pass_by(error: OSError) -> None:
        # Of the home's own folder: one that somebody put there must not stop all others.
        if home is None or Path(error.filename) == folder or not folder.is_relative_to(home):
            raise error
        closed.append(Path(error.filename))

    for root, folders, files in os.walk(folder, onerror=pass_by):
        folders.sort()
        here = Path(root)
        if _is_of_home(here, home):
            # Of a whole home one line is enough.
            folders[:] = [name for name in folders if not _is_of_home(here / name, home)]
            name = folder.name if here == folder else here.relative_to(folder).as_posix()
            yield here, _readable(name or "."), folder
            continue
        # A linked folder is not walked (links may go in circles), but it is not passed by silently.
        for name in [n for n in folders if n.startswith(".") or (here / n).is_symlink()]:
            folders.remove(name)
            yield here / name, _readable((here / name).relative_to(folder).as_posix()), folder
        for name in sorted(files):
            yield here / name, _readable((here / name).relative_to(folder).as_posix()), folder
    for path in closed:
        yield path, _readable(path.relative_to(folder).as_posix()), folder


def _readable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _resolve(path: Path) -> Path:
    # (Path.resolve fails on links that go in circles.)
    return Path(os.path.realpath(path))


def _is_of_home(path: Path, home: Path | None) -> bool:
    """Whether a path lies in a home, and not in its landing folder."""
    if home is None:
        return False
    real = _resolve(path)
    return real.is_relative_to(home) and not real.is_relative_to(home / "landing")


def _why_ignored(path: Path, root: Path | None, home: Path | None) -> str | None:
    is_waiting = root is None and home is not None and _resolve(path.parent) == home / "quarantine"
    if _is_of_home(path, home) and not is_waiting:
        return "kept by the warehouse itself: of its home only landing/ is read"
    if path.name.startswith("."):
        return "hidden"
    if path.is_symlink() and path.is_dir():
        return "a linked folder; links are not followed"
    if path.name.lower().endswith(UNFINISHED_SUFFIXES):
        return "an unfinished download, by its name"
    if path.is_dir():
        return "a folder that cannot be read"
    if path.exists() and not path.is_symlink() and not path.is_file():
        return "not a regular file"
    return None


def wait_until_settled(offers: Sequence[Offer]) -> None:
    """Give files that were written a moment ago two seconds, once for all of them."""
    youngest = max((_modified(offer.path) for offer in offers), default=0.0)
    wait = SETTLE_SECONDS - (time.time() - youngest)
    if wait > 0:
        # No longer than that, even where the clock of a network disk runs ahead.
        time.sleep(min(wait, SETTLE_SECONDS))


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def take_signature(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written to: inode, bytes, time in nanoseconds; None if gone."""
    try:
        stat = path.lstat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
