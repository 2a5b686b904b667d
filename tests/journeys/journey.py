"""What the journeys share: a clean clone, and a terminal in which nothing has been set yet."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Terminal:
    """A terminal with an activated virtual environment, in some folder.

    Attributes:
        folder: where its commands run.
        programs: the environment's folder of programs.
        settings: variables that its user has set.
    """

    folder: Path
    programs: Path = Path(sys.executable).parent
    settings: dict[str, str] = field(default_factory=dict)

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as it stands in a page, and give back what came of it."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DBT_", "TIKTOK_WAREHOUSE_"))
        }
        path = os.pathsep.join((str(self.programs), os.environ["PATH"]))
        return subprocess.run(
            shlex.split(command),
            cwd=self.folder,
            env={**inherited, "PATH": path, **self.settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def expect(self, command: str) -> str:
        """Run a command that has to end well, and give back what it printed."""
        ended = self.type(command)
        assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
        return ended.stdout


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
