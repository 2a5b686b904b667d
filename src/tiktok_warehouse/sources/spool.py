"""Rows of text on their way to a scratch Parquet file, so that no export has to fit in memory.

A spooled file holds what its reader lets through, people's names not yet hashed: the scratch
folder is private (0700) and its owner, the caller, deletes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tiktok_warehouse.entities import Entity
from tiktok_warehouse.readers import MALFORMED, SOURCE_ROW
from tiktok_warehouse.sources.export_file import Part

# A tenth of a second's parsing; the file's row groups, and so what a batch takes in memory.
SPOOL_ROWS = 50_000
# Captions and comments can be long, and a hostile file's names too: then a batch ends early.
SPOOL_CHARACTERS = 32 << 20

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class SpooledPart:
    """Rows of one entity, on disk.

    Attributes:
        entity: whose rows.
        rows: how many, malformed ones included.
        malformed_rows: how many of them carry a ``_malformed`` reason.
        path: the scratch Parquet file. It lacks the columns of ``constants``.
        constants: columns with one value for all rows, added as the rows are read back.
    """

    entity: Entity
    rows: int
    malformed_rows: int
    path: Path
    constants: dict[str, str] = field(repr=False)

    @property
    def schema(self) -> pa.Schema:
        """The entity's columns as text, then ``_source_row`` (int64) and ``_malformed``."""
        return _schema(self.entity.landed_columns)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in the file's order, at most 50,000 at a time; each call reads them anew."""
        with pq.ParquetFile(self.path, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=SPOOL_ROWS):
                arrays = [
                    pa.repeat(pa.scalar(self.constants[name], pa.string()), batch.num_rows)
                    if name in self.constants
                    else batch.column(name)
                    for name in self.schema.names
                ]
                yield pa.record_batch(arrays, schema=self.schema)

    def to_part(self) -> Part:
        """All rows in one table: for sections that are known to be small."""
        return Part(self.entity, pa.Table.from_batches(list(self.batches()), schema=self.schema))


class Spool:
    """Writes the rows of one entity; numbers them from 1 unless told otherwise."""

    def __init__(self, entity: Entity, folder: Path, *, left_for_later: tuple[str, ...] = ()):
        """
        Args:
            entity: whose rows.
            folder: an existing, private folder; the file is named after the entity.
            left_for_later: columns that are one constant, known only at the end.
        """
        self.entity = entity
        self.rows = 0
        self.malformed_rows = 0
        self.path = folder / f"{entity.name}.parquet"
        self._columns = tuple(name for name in entity.landed_columns if name not in left_for_later)
        self._schema = _schema(self._columns)
        self._pending: list[Row] = []
        self._numbers: list[int] = []
        self._problems: list[str | None] = []
        self._characters = 0
        self._writer = pq.ParquetWriter(self.path, self._schema, compression="snappy")

    def add(self, row: Row, problem: str | None = None, *, source_row: int | None = None) -> None:
        """Take one row: its values in the order of the columns, and what is wrong with it."""
        self.rows += 1
        self._pending.append(row)
        self._numbers.append(self.rows if source_row is None else source_row)
        self._problems.append(problem)
        if problem is not None:
            self.malformed_rows += 1
        self._characters += sum(map(len, filter(None, row)))
        if len(self._pending) >= SPOOL_ROWS or self._characters > SPOOL_CHARACTERS:
            self._flush()

    def finish(self, constants: dict[str, str] | None = None) -> SpooledPart:
        """Write what is left and close the file."""
        self._flush()
        self.close()
        return SpooledPart(
            self.entity, self.rows, self.malformed_rows, self.path, dict(constants or {})
        )

    def close(self) -> None:
        self._writer.close()

    def _flush(self) -> None:
        if self._pending:
            arrays = [text_array(values) for values in zip(*self._pending, strict=True)]
            numbers = pa.array(self._numbers, pa.int64())
            problems = pa.array(self._problems, pa.string())
            batch = pa.record_batch([*arrays, numbers, problems], schema=self._schema)
            self._writer.write_batch(batch)
        self._pending, self._numbers, self._problems, self._characters = [], [], [], 0


def text_array(values: tuple[str | None, ...]) -> pa.Array:
    """Texts as an Arrow array; half a surrogate pair, which is no text, becomes ``?``."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        mended = [
            None if value is None else value.encode("utf-8", "replace").decode("utf-8")
            for value in values
        ]
        return pa.array(mended, pa.string())


def _schema(columns: tuple[str, ...]) -> pa.Schema:
    fields = [pa.field(name, pa.string()) for name in columns]
    return pa.schema([*fields, pa.field(SOURCE_ROW, pa.int64()), pa.field(MALFORMED, pa.string())])
