"""The child process that dbt runs in: ``python -m tiktok_warehouse.dbt_child``.

It imports dbt and then waits for one line of JSON on standard input: ``arguments`` of dbt and
what to add to its ``environment``. So the two seconds of importing pass while files are ingested.

It ends with its parent. A refresh that is killed would otherwise leave dbt at work on the build
database, locked against the next run. The parent holds the other end of standard input, and the
kernel closes that end however the parent dies.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import threading
from collections.abc import Callable
from typing import IO, Any


def _end_with_parent() -> None:
    # Read below Python's buffers: a lock held there at exit would end the interpreter badly.
    while os.read(0, 1024):
        pass
    # Like kill -9, which DuckDB's write-ahead log and the models' transactions stand.
    os._exit(1)


def _leave_debugging_out() -> None:
    """Drop what dbt says at the level of debugging before it is put into words for nobody."""
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_shown(self: Any, event: Any, level: Any = None, *rest: Any, **named: Any) -> None:
        if (level or event.level_tag()) != EventLevel.DEBUG:
            fire(self, event, level, *rest, **named)

    EventManager.fire_event = fire_shown  # type: ignore[method-assign, assignment]


def _parse_alike_in_every_home() -> None:
    """Keep what dbt has parsed when a home is moved or copied.

    dbt parses the whole project anew, for 13 seconds of a core, when the database lies elsewhere.
    Nothing of it follows from that path; what reads the home from the environment is parsed anew
    anyway.
    """
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    name_keys = DuckDBCredentials._connection_keys

    def name_keys_but_path(self: Any) -> tuple[str, ...]:
        keys = name_keys(self)  # type: ignore[no-untyped-call]
        return tuple(key for key in keys if key != "path")

    DuckDBCredentials._connection_keys = name_keys_but_path  # type: ignore[method-assign]


def _encode_json_at_once() -> None:
    """Let C encode what dbt writes (a manifest of 5 MB): ``json.dump`` would do it in Python."""

    def dump(value: Any, file: IO[str], **settings: Any) -> None:
        file.write(json.dumps(value, **settings))

    json.dump = dump  # type: ignore[assignment]


def load_dbt() -> Callable[[list[str]], object]:
    """Import dbt, which takes two seconds, and make it fit for a process that runs it once.

    Returns:
        Runs dbt with the arguments of a command, and gives back its exit code.
    """
    # Looking for cycles among the manifest's objects, again and again, took a sixth of the time of
    # a run; the process ends before what they hold would matter.
    gc.disable()
    # What dbt imports when it has read its profile.
    import dbt.adapters.duckdb  # noqa: F401
    from dbt.cli.main import cli

    _leave_debugging_out()
    _parse_alike_in_every_home()
    _encode_json_at_once()

    def run(arguments: list[str]) -> object:
        try:
            cli(arguments)
        except SystemExit as ended:
            return ended.code
        return 0

    return run


def leave(code: object) -> None:
    """Exit without taking the manifest's objects apart one by one, which took over a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def main() -> None:
    """Run dbt as the parent says, if it says anything before it ends."""
    code: object = 1
    # What is registered first runs last: dbt, imported after it, has closed the database by then.
    atexit.register(lambda: leave(code))
    run = load_dbt()
    line = sys.stdin.readline()
    if not line:
        code = 0
        return
    threading.Thread(target=_end_with_parent, daemon=True).start()
    request = json.loads(line)
    os.environ.update(request["environment"])
    code = run(request["arguments"])


if __name__ == "__main__":
    main()
