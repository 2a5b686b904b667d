"""What a reader of exports is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from tiktok_warehouse.entities import Entity


@dataclass(frozen=True)
class ExportFile:
    """One file of an export.

    Attributes:
        name: its path inside its zip or folder, with ``/``.
        path: the bytes on disk.
        modified: time of the zip member or of the file, UTC; None where it is unknown.
        zip_name: file name of the zip it came out of, if it came out of one.
    """

    name: str
    path: Path
    modified: datetime | None
    zip_name: str | None


@dataclass(frozen=True)
class Part:
    """Rows of one entity.

    Attributes:
        entity: the entity; all its columns are text.
        rows: nullable text columns named as the entity's, and ``_source_row`` (int64), which
            counts the records of the file from 1.
    """

    entity: Entity
    rows: pa.Table
