"""Spark and DuckDB build the same rows from the same lake, first at once and then by a refresh."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import duckdb
import pyarrow as pa
import pytest
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

from tiktok_warehouse.home import PROJECT_ROOT, Home

# A KPI mart and a quality table, with every model that they stand on.
SELECTION = ("+daily_account_kpis", "+row_reconciliation")


def run_dbt(home: Home, target: str) -> list[str]:
    """The arguments of one `dbt run` of the selection on one engine."""
    return [
        *("run", "--target", target, "--select", *SELECTION),
        *("--vars", json.dumps({"raw_source": "lake"})),
        *("--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)),
        *("--target-path", str(home.build / f"dbt-{target}"), "--log-path", str(home.logs)),
    ]


def build_on_duckdb(home: Home) -> None:
    command = [sys.executable, "-m", "dbt.cli.main", *run_dbt(home, "duckdb")]
    run = subprocess.run(command, cwd=PROJECT_ROOT, env=os.environ, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def build_on_spark(home: Home) -> None:
    """In this process, so that one Java machine serves every run and answers the comparison."""
    assert dbtRunner().invoke(run_dbt(home, "spark")).success
