"""Rows for other programs: CSV that no spreadsheet takes for a formula, and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

# What a spreadsheet begins a formula with, the full-width forms too.
_FORMULA_SIGNS = (*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(stream: IO[str], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a header and rows. A text that a spreadsheet would run gets an apostrophe before it."""
    for row in (names, *rows):
        line = io.StringIO()
        # Only a terminator with it has the writer quote a lone carriage return.
        csv.writer(line, lineterminator="\r\n").writerow([_disarm(_flatten(cell)) for cell in row])
        stream.write(line.getvalue().removesuffix("\r\n") + "\n")


def write_json(stream: IO[str], value: Any) -> None:
    """Write one JSON value; numbers stay numbers, dates are ISO, what is no number is null."""
    stream.write(json.dumps(make_jsonable(value), indent=2, ensure_ascii=False) + "\n")


def make_jsonable(value: Any) -> Any:
    """A value with nothing in it that JSON does not have."""
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): make_jsonable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [make_jsonable(part) for part in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value)


def _flatten(value: Any) -> Any:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(make_jsonable(value), ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value) if not isinstance(value, timedelta) else f"{value.total_seconds()} s"


def _disarm(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_SIGNS):
        return f"'{value}"
    # Never as 1E-10.
    return format(value, "f") if isinstance(value, Decimal) else value
