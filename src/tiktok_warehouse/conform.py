"""Rows of text as the lake may keep them: people hashed, private text dropped, moments in UTC."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tiktok_warehouse.entities import (
    PERSON_COLUMNS,
    SENTIMENT_COLUMNS,
    SYNC_COLUMNS,
    SYNCED,
    Entity,
)
from tiktok_warehouse.readers import MALFORMED, SOURCE_ROW
from tiktok_warehouse.sentiment import judge_comments
from tiktok_warehouse.sources.text_values import read_moment

_CACHE_SIZE = 1 << 18
_LOCAL_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(\.\d+)?)?)?", re.ASCII
)

# Many values to as many, in their order.
Rewrite = Callable[[list[str]], list[str]]


def make_zone_reader(zone: str) -> Rewrite | None:
    """A function that rewrites a timestamp which names no zone as UTC text with ``Z``.

    Epochs, timestamps with a zone and anything that is no timestamp stay as they are; so do the
    digits after the second. Of an hour that a clock change repeats, the first is meant; a time
    that it skips is moved forward. None for UTC, where there is nothing to rewrite.
    """
    if zone == "UTC":
        return None
    local = ZoneInfo(zone)

    @lru_cache(_CACHE_SIZE)
    def rewrite(text: str) -> str:
        match = _LOCAL_TIME.fullmatch(text)
        if match is None:
            return text
        date, minutes, seconds, fraction = match.groups()
        try:
            clock = datetime.fromisoformat(f"{date}T{minutes or '00:00'}:{seconds or '00'}")
            moment = clock.replace(tzinfo=local).astimezone(UTC)
        except (ValueError, OverflowError):
            return text
        return f"{moment:%Y-%m-%d %H:%M:%S}".rjust(19, "0") + f"{fraction or ''}Z"

    return lambda texts: [rewrite(text) for text in texts]


def conform_batch(
    batch: pa.RecordBatch,
    entity: Entity,
    *,
    hash_values: Rewrite,
    hashed: Collection[str] = (),
    read_zone: Rewrite | None = None,
    keep_comment_text: bool = False,
) -> pa.RecordBatch:
    """Keep the entity's columns of a batch, in a form that may be stored.

    Args:
        batch: text columns (upper or lower case does not matter), ``_source_row``, ``_malformed``.
        entity: whose columns are kept; all others are dropped.
        hash_values: applied to ``person_id`` and to ``hashed``.
        hashed: further columns that contain a person's id.
        read_zone: applied to the entity's timestamps.
        keep_comment_text: keep the text of comments, once it is judged.

    Returns:
        The same rows, with ``_synced_at`` where a connector wrote it. ``comment_text`` is judged
        for comments alone, and only their text is ever kept: that of a direct message is neither
        stored nor judged.
    """
    arrays: dict[str, pa.Array] = {}
    read: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        plain = name.casefold()
        if plain in (SOURCE_ROW, MALFORMED):
            arrays[plain] = column
        elif plain in entity.columns:
            if plain in PERSON_COLUMNS or plain in hashed:
                column = rewrite_distinct(column, hash_values)
            elif read_zone is not None and plain in entity.timestamps:
                column = rewrite_distinct(column, read_zone)
            arrays[plain] = column
        elif plain in SYNC_COLUMNS:
            read[plain] = column
    if read:
        arrays[SYNCED] = _read_moments(read[min(read, key=SYNC_COLUMNS.index)])
    if "comment_text" in arrays:
        kind = arrays.get("interaction_type", pa.nulls(batch.num_rows, pa.string()))
        is_comment = pc.fill_null(pc.equal(pc.utf8_lower(kind), "comment"), False)
        nothing = pa.scalar(None, pa.string())
        arrays["comment_text"] = pc.if_else(is_comment, arrays["comment_text"], nothing)
        arrays |= judge_texts(arrays["comment_text"])
        if not keep_comment_text:
            arrays["comment_text"] = pa.nulls(batch.num_rows, pa.string())
    return pa.record_batch(list(arrays.values()), names=list(arrays))


def _read_moments(column: pa.Array) -> pa.Array:
    """Text as moments (UTC, microseconds); NULL where it is none."""
    encoded = column.dictionary_encode()
    moments = [read_moment(text) for text in encoded.dictionary.to_pylist()]
    known = [moment and datetime.fromisoformat(moment).replace(tzinfo=None) for moment in moments]
    return pa.array(known, pa.timestamp("us")).take(encoded.indices)


def judge_texts(column: pa.Array) -> dict[str, pa.Array]:
    """``comment_language`` and ``comment_sentiment_score`` of a column of comments."""
    encoded = column.dictionary_encode()
    judged = judge_comments(encoded.dictionary.to_pylist())
    return {
        name: pa.array([getattr(one, field) for one in judged], pa.string()).take(encoded.indices)
        for name, field in zip(SENTIMENT_COLUMNS, ("language", "score"), strict=True)
    }


def rewrite_distinct(column: pa.Array, rewrite: Rewrite) -> pa.Array:
    """Rewrite each different value of a text column once; NULLs stay."""
    encoded = column.dictionary_encode()
    values = rewrite(encoded.dictionary.to_pylist())
    return pa.array(values, pa.string()).take(encoded.indices)
