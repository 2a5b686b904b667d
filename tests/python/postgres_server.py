"""A PostgreSQL server for tests, from the machine's own packages, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "hunter2/@:%"


@dataclass(frozen=True)
class Server:
    """A running server: the folder of its socket, and its port on loopback."""

    folder: Path
    port: int

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """How to connect over the socket, where nobody is asked for a password."""
        return f"host={self.folder} port={self.port} dbname={database} user={user}"


def find_programs() -> Path | None:
    """The folder with initdb and pg_ctl; None where PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return found[0].parent if found else None


@contextmanager
def run_server(programs: Path) -> Iterator[Server]:
    """Start a server that is gone afterwards. It refuses to run as root: another user runs it."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_owner: list[str] = []
    if os.geteuid() == 0:
        owner = "postgres" if _is_user("postgres") else "nobody"
        shutil.chown(folder, owner)
        as_owner = ["runuser", "-u", owner, "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    (folder / "password").chmod(0o644)
    data = str(folder / "data")

    def call(program: str, *arguments: str) -> None:
        command = [*as_owner, str(programs / program), *arguments]
        with (folder / "log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=folder)

    try:
        call(
            "initdb",
            *(f"--pgdata={data}", "--username=postgres", "--no-sync", "--encoding=UTF8"),
            *("--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256"),
            f"--pwfile={folder / 'password'}",
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        call("pg_ctl", "start", "-w", "-D", data, "-o", options, "-l", str(folder / "data" / "out"))
        try:
            yield Server(folder, port)
        finally:
            call("pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())
