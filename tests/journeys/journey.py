"""What the journeys share: the blocks of the pages, a clean clone, and a terminal to type in."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
from markdown_it import MarkdownIt

CHECKOUT = Path(__file__).resolve().parents[2]
# What a person may have set for the programs that a journey types.
_SET_ELSEWHERE = re.compile(r"DBT_|MAKE|MFLAGS|PYTEST_|PYTHON|TIKTOK_WAREHOUSE_|VIRTUAL_ENV")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its first line's number, what it says it is, and its text."""

    page: str
    line: int
    kind: str
    text: str


@cache
def list_blocks(page: str) -> tuple[Block, ...]:
    """All blocks of a page, which is named from the project's root."""
    tokens = MarkdownIt().parse((CHECKOUT / page).read_text(encoding="utf-8"))
    return tuple(
        Block(page, token.map[0] + 2 if token.map else 0, token.info.strip(), token.content)
        for token in tokens
        if token.type == "fence"
    )


def find_block(page: str, words: str) -> Block:
    """The one block of a page that has these words in a line."""
    found = [block for block in list_blocks(page) if words in block.text]
    assert len(found) == 1, f"{len(found)} blocks of {page} have: {words}"
    return found[0]


def block(page: str, words: str, places: Mapping[str, str] | None = None) -> str:
    """The text of a page's block, to be typed as it stands.

    Args:
        page: named from the project's root.
        words: which only that block has.
        places: what the page cannot know, such as a host, and what is put there instead.
    """
    text = find_block(page, words).text
    for place, here in (places or {}).items():
        assert place in text, f"{page} does not name {place} there any more"
        text = text.replace(place, here)
    return text


class Terminal:
    """A terminal that somebody has just opened: a folder, a home folder, nothing set.

    What is typed goes to bash and ends at the first command that fails. The folder that it changes
    into and the variables that it sets hold for what is typed next.
    """

    def __init__(self, folder: Path, user: Path | None = None) -> None:
        """Set what every terminal has, and nothing that was set for this process.

        Args:
            folder: where it is opened.
            user: the home folder. Default: one beside ``folder``, empty at first.
        """
        self.folder = folder
        self.user = user or folder.with_name(f"{folder.name}-user")
        self.user.mkdir(parents=True, exist_ok=True)
        here = str(Path(sys.executable).parent)
        path = [part for part in os.environ["PATH"].split(os.pathsep) if part != here]
        self.settings = {
            name: value for name, value in os.environ.items() if not _SET_ELSEWHERE.match(name)
        } | {"PATH": os.pathsep.join(path), "HOME": str(self.user), "COLUMNS": "120"}

    def start(self, text: str) -> subprocess.Popen[str]:
        """Type something and do not wait for its end. It leaves nothing set."""
        return subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail\n{text}"],
            cwd=self.folder,
            env=self.settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(self, text: str) -> subprocess.CompletedProcess[str]:
        """Type something, and give back what came of it. A test that fails shows it too."""
        with tempfile.TemporaryFile() as left:
            keep = f"trap 'env -0 >&{left.fileno()}' EXIT"
            ended = subprocess.run(
                ["bash", "-c", f"{keep}\nset -euo pipefail\n{text}"],
                cwd=self.folder,
                env=self.settings,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                pass_fds=(left.fileno(),),
            )
            left.seek(0)
            lines = left.read().decode(errors="surrogateescape").split("\0")
        if len(lines) > 1:
            self.settings = dict(line.split("=", 1) for line in lines if line)
            self.folder = Path(self.settings["PWD"])
        print(f"$ {text}\n{ended.stdout}{ended.stderr}")
        return ended

    def expect(self, text: str) -> str:
        """Type something that has to end well, and give back what it printed."""
        ended = self.type(text)
        assert ended.returncode == 0, f"exit code {ended.returncode} of: {text}"
        return ended.stdout

    def python(self, text: str) -> str:
        """Type Python, which has to end well, and give back what it printed."""
        return self.expect(f"python -c {shlex.quote(text)}")


def clone(folder: Path) -> Terminal:
    """Copy the files that git has of this checkout, and no others; open a terminal there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, copy, follow_symlinks=False)
    return Terminal(folder)


def clone_installed(folder: Path) -> Terminal:
    """A clean clone in which ``.venv`` is there already.

    It borrows what is installed here, and runs the clone's code: an installation takes a minute,
    and one journey makes it.
    """
    terminal = clone(folder)
    venv = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    paths = f"{folder / 'src'}\n{sysconfig.get_path('purelib')}\n"
    (packages / "borrowed.pth").write_text(paths, encoding="utf-8")
    for name in ("dbt", "mf", "pip", "tiktok-warehouse"):
        here = Path(sys.executable).with_name(name)
        program = venv / "bin" / name
        program.write_text(f'#!/bin/sh\nexec "{venv}/bin/python" "{here}" "$@"\n', "utf-8")
        program.chmod(0o755)
    return terminal


def offer_views(terminal: Terminal, home: Path, *moments: str) -> None:
    """Put a file into a home's landing folder: a view of an own account's video at each moment."""
    video = terminal.expect(
        f"tiktok-warehouse query --csv --home {home} 'select min(video_id) from marts.dim_videos"
        " inner join marts.dim_accounts using (account_id) where account_role = $$own$$'"
    ).splitlines()[1]
    name = f"late-{time.time_ns()}"
    lines = ["view_id,viewed_at,video_id,person_id,watch_seconds"]
    lines += [f"{name}-{at},{moment},{video},p1,3.5" for at, moment in enumerate(moments)]
    text = "".join(f"{line}\n" for line in lines)
    (home / "landing" / f"video_views_{name}.csv").write_text(text, encoding="utf-8")


def count_views(home: Path) -> int:
    """All views that readers of a home see."""
    with duckdb.connect(str(home / "published" / "tiktok.duckdb"), read_only=True) as connection:
        row = connection.execute("select sum(views) from marts.daily_account_kpis").fetchone()
    assert row is not None
    return int(row[0])
