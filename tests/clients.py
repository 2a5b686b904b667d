"""Open the published sample with other versions of DuckDB than ours: `make test-clients`.

Each is installed from the package index into a virtual environment of its own, which then goes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("1.1.0", "1.4.4")
_READ = """
import sys, duckdb
assert duckdb.__version__ == sys.argv[2], duckdb.__version__
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = connection.execute(
    "select schema_name, table_name from duckdb_tables() order by all"
).fetchall()
assert len(tables) > 25, tables
rows = sum(
    connection.execute(f"select count(*) from (from {schema}.{name})").fetchone()[0]
    for schema, name in tables
)
comments = connection.execute(
    "select count(*) from duckdb_columns() where comment is not null"
).fetchone()[0]
assert comments > 300, comments
print(f"duckdb {duckdb.__version__}: {len(tables)} tables, {rows:,} rows, {comments} comments")
"""


def main() -> None:
    """Publish the sample unless it is there, then read every table with each version."""
    database = PROJECT_ROOT / "home" / "sample" / "published" / "tiktok.duckdb"
    if len(sys.argv) > 1:
        database = Path(sys.argv[1])
    elif not database.exists():
        command = [sys.executable, "-m", "tiktok_warehouse.cli", "refresh", "--sample"]
        subprocess.run(command, check=True, cwd=PROJECT_ROOT)
    for version in VERSIONS:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            python = str(Path(folder) / "bin" / "python")
            install = [python, "-m", "pip", "install", "--quiet", f"duckdb=={version}"]
            subprocess.run(install, check=True)
            subprocess.run([python, "-c", _READ, str(database), version], check=True)


if __name__ == "__main__":
    main()
