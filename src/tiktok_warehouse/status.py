"""How a home is doing: last runs, freshness, rejected rows, failing checks, disk."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tiktok_warehouse import lake, ledger, publish
from tiktok_warehouse.home import FOLDERS, Home
from tiktok_warehouse.version_tables import open_tables

_SHOWN_RUNS = 10


def describe(home: Home) -> dict[str, Any]:
    """Gather the state of a home without changing it; of plain values, ready for JSON.

    Returns:
        ``version`` and ``published_at`` of what readers see (None before the first publication);
        ``runs``, the last ten, newest first, as the ledger has them; ``freshness`` by entity: the
        newest landed file and its age in hours; ``rejected_rows`` by entity and reason and
        ``failing_checks`` of what readers see; ``disk_bytes`` by folder, each file counted once.
    """
    current = next((kept for kept in publish.list_versions(home) if kept.is_current), None)
    folder = None if current is None else current.folder
    return {
        "home": str(home.root),
        "version": current.name if current else None,
        "published_at": current.published_at if current else None,
        "runs": [asdict(run) for run in reversed(ledger.read(home)[-_SHOWN_RUNS:])],
        "freshness": _describe_freshness(home),
        "rejected_rows": _query(
            folder,
            "quality.rejected_rows",
            "select entity, reason_code, is_waiting, count(*) as rows"
            " from quality.rejected_rows group by all order by rows desc, entity, reason_code",
        ),
        "failing_checks": _query(
            folder,
            "quality.check_results",
            "select layer, tool, check_name, severity,"
            " case severity when 'critical' then 'failed' else severity end as outcome, observed"
            " from quality.check_results where passed is false and run_id = ("
            "select max_by(run_id, checked_at) from quality.check_results) order by all",
        ),
        "disk_bytes": _measure_disk(home),
    }


def _describe_freshness(home: Home) -> list[dict[str, Any]]:
    now = datetime.now(UTC).replace(tzinfo=None)
    newest: dict[str, datetime] = {}
    for row in lake.read_registry(home):
        newest[row.entity] = max(newest.get(row.entity, row.ingested_at), row.ingested_at)
    return [
        {
            "entity": entity,
            "newest_ingest": ingested_at.isoformat(timespec="seconds"),
            "age_hours": round((now - ingested_at).total_seconds() / 3600, 1),
        }
        for entity, ingested_at in sorted(newest.items())
    ]


def _query(folder: Path | None, table: str, query: str) -> list[dict[str, Any]]:
    if folder is None or not (folder / "parquet" / f"{table.replace('.', '/')}.parquet").exists():
        return []
    with open_tables(folder) as connection:
        cursor = connection.execute(query)
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _measure_disk(home: Home) -> dict[str, int]:
    """Bytes of each folder's files; a file that versions share by hard links is counted once."""
    measured = {}
    for folder in FOLDERS:
        seen: dict[tuple[int, int], int] = {}
        for parent, _, files in os.walk(home.root / folder):
            for file in files:
                path = Path(parent) / file
                if path.is_symlink():
                    continue
                try:
                    status = path.stat()
                except FileNotFoundError:
                    continue
                seen[status.st_dev, status.st_ino] = status.st_blocks * 512
        measured[folder] = sum(seen.values())
    return measured
