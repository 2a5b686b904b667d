"""The child process that dbt runs in: ``python -m tiktok_warehouse.dbt_child build ...``.

It ends with its parent. A refresh that is killed would otherwise leave dbt at work on the build
database, locked against the next run. The parent holds the other end of standard input, and the
kernel closes that end however the parent dies.
"""

from __future__ import annotations

import os
import sys
import threading

from dbt.cli.main import cli


def _end_with_parent() -> None:
    # Read below Python's buffers: a lock held there at exit would end the interpreter badly.
    while os.read(0, 1024):
        pass
    # Like kill -9, which DuckDB's write-ahead log and the models' transactions stand.
    os._exit(1)


def main() -> None:
    """Run dbt with the arguments of this process."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cli(sys.argv[1:])


if __name__ == "__main__":
    main()
