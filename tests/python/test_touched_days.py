"""After any sequence of ingests the incremental tables equal a full build of the same lake.

The logs are those of the independent computation: late, doubled, superseded on another day,
waiting for their video or account, with parents that change. ``SOAK_SEQUENCES`` raises the number
of sequences, with another choice at every run.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from test_oracle import GENERATE_ONLY, PROJECT, SPANS, Log, is_rich, logs, write_lake

SOAK = int(os.environ.get("SOAK_SEQUENCES", "0"))

# What a run remembers of itself differs from a build that has had one run only.
RUN_TABLES = ("int_touched_days",)
RUN_COLUMNS = ("_change_seq",)


@dataclass(frozen=True)
class Refreshed:
    """A home that is built again and again, and one that is built once from the same lake."""

    folder: Path
    time_zone: str

    def database(self, name: str) -> Path:
        return self.folder / name / "build" / "warehouse.duckdb"

    def build(self, name: str, *selection: str) -> None:
        home = self.folder / name
        (home / "build").mkdir(parents=True, exist_ok=True)
        variables = {"raw_source": "lake", "reporting_time_zone": self.time_zone}
        target = str(self.folder / "target")
        command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "build", *selection]
        command += ["--exclude-resource-type", "test", "unit_test"]
        command += ["--vars", json.dumps(variables), "--target-path", target, "--log-path", target]
        environment = {**os.environ, "TIKTOK_WAREHOUSE_HOME": str(home)}
        subprocess.run(command, cwd=PROJECT, env=environment, check=True)

    def build_incrementally(self, log: Log, stops: Sequence[int]) -> None:
        """Land the log ingest by ingest and build whenever as many files have landed as said."""
        shutil.rmtree(self.folder / "incremental", ignore_errors=True)
        for count in sorted({*stops, len(log.files)}):
            landed = {file.ingest_seq for file in log.files[:count]}
            rows = {
                entity: [row for row in rows if row["_ingest_seq"] in landed]
                for entity, rows in log.raw.items()
            }
            part = Log(log.time_zone, rows, log.files[:count])
            write_lake(part, self.folder / "incremental" / "raw")
            self.build("incremental")

    def build_at_once(self) -> None:
        shutil.rmtree(self.folder / "rebuilt", ignore_errors=True)
        shutil.copytree(self.folder / "incremental" / "raw", self.folder / "rebuilt" / "raw")
        self.build("rebuilt")

    def differences(self) -> list[str]:
        """Rows of every table that stand on one side only, both ways and null-safe."""
        found = []
        with duckdb.connect() as connection:
            for name in ("incremental", "rebuilt"):
                connection.execute(f"attach '{self.database(name)}' as {name} (read_only)")
            for schema, table, columns in list_tables(connection):
                for ours, theirs in itertools.permutations(("incremental", "rebuilt")):
                    rows = connection.execute(
                        f"select {columns} from {ours}.{schema}.{table} except all"
                        f" select {columns} from {theirs}.{schema}.{table} limit 5"
                    ).fetchall()
                    found += [
                        f"{schema}.{table}: only the {ours} one has ({columns}) {row}"
                        for row in rows
                    ]
        return found


def list_tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(
        """
        select schema_name, table_name, string_agg('"' || column_name || '"', ', ')
        from duckdb_columns()
        where
            database_name = 'rebuilt'
            and schema_name in ('staging', 'intermediate', 'marts', 'quality')
            and not list_contains(?, table_name)
            and not list_contains(?, column_name)
            and (schema_name, table_name) in (
                select (schema_name, table_name)
                from duckdb_tables()
                where database_name = 'rebuilt'
            )
        group by all
        order by all
        """,
        [RUN_TABLES, RUN_COLUMNS],
    ).fetchall()


@pytest.mark.parametrize("zone", ["UTC", "Africa/Cairo"])
def test_after_any_sequence_of_ingests_the_tables_equal_a_full_build(
    zone: str, tmp_path: Path
) -> None:
    refreshed = Refreshed(tmp_path, zone)

    @seed(random.getrandbits(64) if SOAK else f"t {zone}")
    @settings(GENERATE_ONLY, max_examples=SOAK or 1)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        log = data.draw(logs(zone, SPANS[0]).filter(lambda log: is_rich(log, SPANS[0])))
        counts = st.integers(1, len(log.files))
        stops = data.draw(st.lists(counts, min_size=2, max_size=4, unique=True))
        refreshed.build_incrementally(log, stops)
        refreshed.build_at_once()
        found = refreshed.differences()
        assert not found, f"{log}, built after {sorted(stops)} files:\n" + "\n".join(found[:20])

    check()
