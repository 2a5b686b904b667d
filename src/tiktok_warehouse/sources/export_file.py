"""What a source's reader is given, and what it gives back."""

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
        name: its path inside its zip or folder, with "/".
        path: where its bytes lie on disk.
        modified: the time of the zip member, or of the file, in UTC; None where there is none.
        zip_name: the file name of the zip it came out of, if it came out of one.
    """

    name: str
    path: Path
    modified: datetime | None
    zip_name: str | None


@dataclass(frozen=True)
class Part:
    """The rows of one entity that a file gave.

    Attributes:
        entity: whose columns they have.
        rows: the entity's columns as nullable text, and ``_source_row`` (int64), the number of
            the record in the file, from 1.
    """

    entity: Entity
    rows: pa.Table
