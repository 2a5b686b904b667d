"""After any sequence of ingests the incremental tables equal a full build of the same lake.

The logs are those of the independent computation: late, doubled, superseded on another day,
waiting for their video or account, with parents that change; one file is landed again as the
newest, a person is erased in between, and a build is killed at any moment. ``SOAK_SEQUENCES``
raises the number of sequences, with another choice at every run.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import oracle
from dbt_runs import DBT
from test_oracle import (
    GENERATE_ONLY,
    PROJECT,
    SPANS,
    Log,
    compare,
    is_rich,
    logs,
    place,
    write_lake,
)
from tiktok_warehouse import forget, transform
from tiktok_warehouse.home import Home, open_home

SOAK = int(os.environ.get("SOAK_SEQUENCES", "0"))

# What a run remembers of itself differs from a build that has had one run only.
RUN_TABLES = ("int_touched_days",)
RUN_COLUMNS = ("_change_seq",)

WHITE_SPACE = " \t\n\r\v\f"


@dataclass(frozen=True)
class Refreshed:
    """A home that is built again and again, and one that is built once from the same lake."""

    folder: Path
    time_zone: str

    def database(self, name: str) -> Path:
        return self.folder / name / "build" / "warehouse.duckdb"

    def build(
        self, name: str, kill_after: float | None = None, landed: set[str] | None = None
    ) -> bool:
        """Run dbt for what has landed; if it still runs after so many seconds, kill -9 it.

        Returns:
            Whether it ran to its end.
        """
        home = self.folder / name
        variables = {"raw_source": "lake", "reporting_time_zone": self.time_zone}
        target = self.folder / "target"
        command = [*DBT, "--quiet", "build"]
        command += ["--exclude-resource-type", "test", "unit_test"]
        command += ["--vars", json.dumps(variables)]
        command += ["--target-path", str(target), "--log-path", str(target)]
        if landed is not None:
            command += transform.select_affected(target, landed)
        environment = {**os.environ, "TIKTOK_WAREHOUSE_HOME": str(home)}
        with subprocess.Popen(command, cwd=PROJECT, env=environment) as process:
            try:
                assert process.wait(kill_after) == 0
            except subprocess.TimeoutExpired:
                process.kill()
                return False
        return True

    def build_incrementally(
        self, log: Log, stops: Sequence[tuple[int, float | None]], person: str
    ) -> Log:
        """Land the log file by file, and build whenever as many have landed as said.

        As in a refresh, a build looks at what landed since the one before, if that ran to its end.

        Args:
            log: what is landed in the end, but for the person.
            stops: after how many files to build, and after how many seconds to kill that build.
            person: who is erased after the first of these builds; rows that come later stay.

        Returns:
            The log without what was erased.
        """
        shutil.rmtree(self.folder / "incremental", ignore_errors=True)
        raw = self.folder / "incremental" / "raw"
        in_order = sorted(stops, key=lambda stop: stop[0])
        built: int | None = None
        for number, (count, kill_after) in enumerate([*in_order, (len(log.files), None)]):
            write_lake(log.first(count), raw)
            landed = None if built is None else {file.entity for file in log.files[built:count]}
            is_whole = self.build("incremental", kill_after, landed)
            # The build database goes with a person.
            built = count if is_whole and number > 0 else None
            if number == 0:
                home = open_home(self.folder / "incremental")
                forget.resume(home, forget.Forgetting("person", person_keys=[person]))
                log = erase(log, person, count)
                left = read_lake(raw)
                write_lake(log.first(count), raw)
                assert left == read_lake(raw)
        return log

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


def erase(log: Log, person: str, count: int) -> Log:
    """The log without a person's rows in the first so many of its files."""
    landed = {file.ingest_seq for file in log.files[:count]}
    theirs = {
        place(row)
        for rows in log.raw.values()
        for row in rows
        if row["_ingest_seq"] in landed and read_person(row) == person
    }
    return log.only(set(log.places) - theirs)


def read_lake(raw: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        str(path.relative_to(raw)): pq.ParquetFile(path).read().to_pylist()
        for path in sorted(raw.glob("*/*.parquet"))
    }


def read_person(row: dict[str, Any]) -> str:
    return (row.get("person_id") or "").strip(WHITE_SPACE)


def list_people(log: Log) -> list[str]:
    """Everybody whom the log names, in the order of the number of their rows."""
    people = Counter(read_person(row) for rows in log.raw.values() for row in rows)
    return [person for person, _ in people.most_common() if person]


def land_again(log: Log, number: int) -> Log:
    """The log with one of its files landed once more, as the newest."""
    newest = log.files[-1]
    again = replace(
        log.files[number], ingest_seq=newest.ingest_seq + 1, ingest_id=f"{newest.ingest_id}-again"
    )
    rows = [
        {**row, "_ingest_seq": again.ingest_seq, "_ingest_id": again.ingest_id}
        for row in log.raw[again.entity]
        if row["_ingest_seq"] == log.files[number].ingest_seq
    ]
    raw = {**log.raw, again.entity: [*log.raw[again.entity], *rows]}
    return Log(log.time_zone, raw, [*log.files, again])


def test_who_reads_touched_days_waits_for_the_videos_that_they_were_compared_with(
    sample_home: Home,
) -> None:
    """A run may end between the two. What has taken in a state by then must be what was noted."""
    manifest = json.loads((transform.find_target(sample_home) / "manifest.json").read_text("utf-8"))
    days, seen = (
        f"model.tiktok_warehouse.{name}" for name in ("int_touched_days", "int_videos_seen")
    )
    readers = {
        name: node["depends_on"]["nodes"]
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and days in node["depends_on"]["nodes"]
    }
    assert len(readers) > 20
    assert [name for name, parents in readers.items() if name != seen and seen not in parents] == []


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
        log = land_again(log, data.draw(st.integers(0, len(log.files) - 1)))
        counts = st.integers(1, len(log.files) - 1)
        # dbt needs some seconds to begin; what comes later is in the midst of its models.
        killed = data.draw(st.tuples(counts, st.floats(4, 9)))
        # The last file is alone in the last build, so that most models are left out of that.
        whole = [data.draw(counts), len(log.files) - 1]
        stops = [killed, *((count, None) for count in whole)]
        person = data.draw(st.sampled_from(list_people(log)))
        log = refreshed.build_incrementally(log, stops, person)
        refreshed.build_at_once()
        found = refreshed.differences()
        # And both equal the independent reading of the contract.
        expected = oracle.expect(log.raw, log.files, zone)
        found += map(str, compare(expected, refreshed.database("incremental")))
        built = f"{log}, built after {stops} files, without {person}"
        assert not found, f"{built}:\n" + "\n".join(found[:20])

    check()
