"""Any Arrow array as text, without loss: the one rule for typed sources.

Parquet files and the results of a mapping's SQL go through here, so that a number or a moment
has the same text wherever it came from, and staging's patterns (raw contract, part 2) can judge it.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_SUBSECOND_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}


def to_text(array: pa.Array) -> pa.Array:
    """The values of one column as trimmed text, with the empty text as NULL.

    Integers and decimals are plain digits; doubles have the shortest text that reads back to the
    same number, without an exponent; booleans are ``true`` and ``false``; dates are
    ``YYYY-MM-DD``; timestamps are ``YYYY-MM-DD hh:mm:ss.ffffff``, cut to the microsecond, in UTC
    with a ``Z`` where the type has a zone and as they stand where it has none; durations are
    seconds; lists and structs are JSON.

    Args:
        array: any Arrow array of n values.

    Returns:
        A string array of n values.

    Raises:
        ValueError: the type has no honest text, or bytes are not UTF-8.
    """
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return to_text(array.storage)
    if pa.types.is_dictionary(kind):
        return to_text(array.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return to_text(pc.run_end_decode(array))
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    if _is_text(kind) or _is_bytes(kind):
        return trim(_decode(array))
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_date(kind):
        return _plain_date(array).cast(pa.string())
    if pa.types.is_floating(kind):
        return _name_specials(_drop_exponents(array.cast(pa.string())))
    if pa.types.is_decimal(kind):
        return _drop_exponents(array.cast(pa.string()))
    if pa.types.is_timestamp(kind):
        return _timestamp_text(array)
    if pa.types.is_time(kind):
        return array.cast(pa.string())
    if pa.types.is_duration(kind):
        digits = _SUBSECOND_DIGITS[kind.unit]
        counts = array.cast(pa.int64()).to_pylist()
        return pa.array(
            [None if n is None else format(Decimal(n).scaleb(-digits), "f") for n in counts],
            pa.string(),
        )
    if pa.types.is_nested(kind):
        return pa.array([_json_or_none(value) for value in array.to_pylist()], pa.string())
    raise ValueError(f"the type {kind} has no text form")


def measure_text(array: pa.Array) -> int:
    """About how many bytes ``to_text`` would make of a column, without making them."""
    if isinstance(array, pa.DictionaryArray):
        if not (_is_text(array.dictionary.type) or _is_bytes(array.dictionary.type)):
            return int(array.nbytes)
        lengths = pc.binary_length(array.dictionary).cast(pa.int64())
        return int(pc.sum(pc.take(lengths, array.indices)).as_py() or 0)
    if isinstance(array, pa.StructArray):
        return sum(map(measure_text, array.flatten()))
    if isinstance(array, pa.ListArray | pa.LargeListArray | pa.MapArray):
        if len(array) == 0:
            return 0
        start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
        is_map = isinstance(array, pa.MapArray)
        children = (array.keys, array.items) if is_map else (array.values,)
        return sum(measure_text(child.slice(start, end - start)) for child in children)
    return int(array.nbytes)


def trim(text: pa.Array) -> pa.Array:
    """Text without white space (as Unicode defines it) at both ends; the empty text is NULL."""
    trimmed = pc.utf8_trim_whitespace(text)
    empty = pc.equal(pc.binary_length(trimmed), 0)
    if not pc.any(empty).as_py():
        return trimmed
    return pc.if_else(empty, pa.scalar(None, pa.string()), trimmed)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def _decode(array: pa.Array) -> pa.Array:
    try:
        text = array.cast(pa.string())
        # A file may claim that its bytes are UTF-8; a cast from string to string believes it.
        text.validate(full=True)
    except pa.ArrowInvalid as error:
        raise ValueError("bytes that are not UTF-8 text") from error
    return text


def _plain_date(array: pa.Array) -> pa.Array:
    return array.cast(pa.date32()) if pa.types.is_date64(array.type) else array


def _drop_exponents(text: pa.Array) -> pa.Array:
    has_exponent = pc.fill_null(pc.match_substring_regex(text, r"[0-9][eE]"), False)
    if not pc.any(has_exponent).as_py():
        return text
    plain = [format(Decimal(value), "f") for value in text.filter(has_exponent).to_pylist()]
    return pc.replace_with_mask(text, has_exponent, pa.array(plain, pa.string()))


def _name_specials(text: pa.Array) -> pa.Array:
    # Spelt as JSON tools spell them; no reader of numbers takes them for one.
    for short, name in (("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")):
        is_special = pc.fill_null(pc.equal(text, short), False)
        if pc.any(is_special).as_py():
            text = pc.if_else(is_special, name, text)
    return text


def _timestamp_text(array: pa.Array) -> pa.Array:
    zone = array.type.tz
    unit = array.type.unit
    # A zoned timestamp counts from the epoch in UTC, so without its zone it is the UTC clock.
    clock = array.cast(pa.int64()).cast(pa.timestamp(unit))
    if unit == "ns":
        clock = pc.floor_temporal(clock, unit="microsecond")
    try:
        text = clock.cast(pa.timestamp("us")).cast(pa.string())
    except pa.ArrowInvalid:
        # A year beyond the microsecond range: staging rejects it, so the text need only be there.
        text = clock.cast(pa.string())
    return text if zone is None else pc.binary_join_element_wise(text, "Z", "")


def _json_or_none(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False, default=_json_leaf)


def _json_leaf(value: Any) -> str:
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%fZ")
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.timedelta):
        return format(Decimal(value // dt.timedelta(microseconds=1)).scaleb(-6), "f")
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return "base64:" + base64.b64encode(value).decode("ascii")
    return str(value)
