# ruff: noqa: E501  (the planted rows read as tables, one row a line)
"""What real logs get wrong, planted on purpose: by hand in the sample, at a low rate in a log."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from tiktok_warehouse.generate_audience import ACTIONS, CONVERSION_TYPES, CURRENCIES
from tiktok_warehouse.generate_world import (
    DAY_US,
    INTERACTION_TYPES,
    NULL,
    SECOND_US,
    TRAFFIC_SOURCES,
    Columns,
    Ints,
    World,
)

_ZONED_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True)
class Plant:
    """One hand-placed row of the sample.

    Attributes:
        kind: what is wrong (or odd but right) with it.
        entity: the file that it is planted in.
        ingest: 1 to 4, the ingest that lands it.
        values: the row's texts in the order of the contract's columns; for a malformed row, the
            one text of ``_malformed``. ``@name`` stands for a video or an account of the sample,
            ``@p7`` for the key of viewer 7.
    """

    kind: str
    entity: str
    ingest: int
    values: tuple[str, ...]


def _views(*rows: tuple[str, int, str, str, str, str, str, str]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "video_views", row[1], row[2:]) for row in rows)


def _interactions(
    *rows: tuple[str, int, str, str, str, str, str, str, str, str],
) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "interactions", row[1], row[2:]) for row in rows)


def _videos(
    *rows: tuple[str, int, str, str, str, str, str, str, str],
) -> tuple[Plant, ...]:
    """Rows of id, account, posted_at, caption, duration, format and is_ai_generated."""
    return tuple(
        Plant(row[0], "videos", row[1], (*row[2:8], "", "original sound", row[8], "", "en", ""))
        for row in rows
    )


def _accounts(*rows: tuple[str, int, str, str, str, str, str, str]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "accounts", row[1], row[2:]) for row in rows)


def _follower_events(*rows: tuple[str, int, *tuple[str, ...]]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "follower_events", row[1], row[2:]) for row in rows)


def _follower_counts(*rows: tuple[str, int, *tuple[str, ...]]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "follower_counts", row[1], row[2:]) for row in rows)


def _profile_visits(*rows: tuple[str, int, *tuple[str, ...]]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "profile_visits", row[1], row[2:]) for row in rows)


def _conversions(*rows: tuple[str, int, *tuple[str, ...]]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "conversions", row[1], row[2:]) for row in rows)


def _account_snapshots(*rows: tuple[str, int, *tuple[str, ...]]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "account_snapshots", row[1], row[2:]) for row in rows)


def _video_snapshots(*rows: tuple[str, int, *tuple[str, ...]]) -> tuple[Plant, ...]:
    return tuple(Plant(row[0], "video_snapshots", row[1], row[2:]) for row in rows)


def _malformed(entity: str, ingest: int, text: str) -> tuple[Plant, ...]:
    return (Plant("malformed_row", entity, ingest, (text,)),)


VIEW_PLANTS = (
    # Duplicates: of each key the latest row that passes is accepted.
    *_views(
        ("exact_duplicate_same_ingest", 1, "v-mess-exact-1", "2026-06-10 18:00:00", "@steady", "@p11", "7.250", "for_you"),
        ("exact_duplicate_same_ingest", 1, "v-mess-exact-1", "2026-06-10 18:00:00", "@steady", "@p11", "7.250", "for_you"),
        ("exact_duplicate_other_ingest", 1, "v-mess-exact-2", "2026-06-11 18:00:00", "@mid", "@p12", "3.100", "following"),
        ("exact_duplicate_other_ingest", 2, "v-mess-exact-2", "2026-06-11 18:00:00", "@mid", "@p12", "3.100", "following"),
        ("exact_duplicate_after_parsing", 2, "v-mess-exact-3", "2026-07-12 20:00:00", "@steady", "@p13", "4.500", "search"),
        ("exact_duplicate_after_parsing", 4, " v-mess-exact-3 ", "2026-07-13T01:30:00+05:30", "@steady", "@p13", "4.5", " Search "),
        ("superseded", 1, "v-mess-superseded-1", "2026-06-14 12:00:00", "@steady", "@p14", "2.000", "for_you"),
        ("superseded", 4, "v-mess-superseded-1", "2026-06-14 12:00:00", "@steady", "@p14", "9.000", "for_you"),
        ("superseded", 3, "v-mess-superseded-2", "2026-08-14 12:00:00", "@mid", "@p15", "5.000", "profile"),
        ("superseded", 3, "v-mess-superseded-2", "2026-08-14 12:00:00", "@mid", "@p15", "6.000", "profile"),
        ("superseded_on_another_day", 2, "v-mess-superseded-day-1", "2026-07-16 09:00:00", "@steady", "@p16", "8.000", "for_you"),
        ("superseded_on_another_day", 4, "v-mess-superseded-day-1", "2026-07-18 09:00:00", "@steady", "@p16", "8.000", "for_you"),
        ("superseded_on_another_video", 2, "v-mess-superseded-video-1", "2026-07-17 09:00:00", "@steady", "@p17", "8.000", "for_you"),
        ("superseded_on_another_video", 4, "v-mess-superseded-video-1", "2026-07-17 09:00:00", "@mid", "@p17", "8.000", "for_you"),
        ("rejected_never_displaces", 2, "v-mess-rejected-later-1", "2026-07-19 10:00:00", "@mid", "@p18", "5.500", "for_you"),
        ("rejected_never_displaces", 4, "v-mess-rejected-later-1", "2026-07-19 10:00:00", "@mid", "@p18", "five", "for_you"),
    ),
    # Late, and waiting for what they belong to.
    *_views(
        ("late", 2, "v-mess-late-1", "2026-06-20 21:00:00", "@steady", "@p21", "6.000", "for_you"),
        ("late", 3, "v-mess-late-2", "2026-06-05 07:00:00", "@mid", "@p22", "2.500", "search"),
        ("late", 4, "v-mess-late-3", "2026-08-27 23:30:00", "@small", "@p23", "4.000", "hashtag"),
        ("waiting_for_video", 1, "v-mess-waiting-1", "2026-06-28 15:00:00", "vid-mess-waiting-1", "@p24", "11.000", "for_you"),
        ("waiting_for_video", 2, "v-mess-waiting-2", "2026-07-30 15:00:00", "vid-mess-waiting-2", "@p25", "12.000", "for_you"),
        ("waiting_competes", 1, "v-mess-waiting-competes-1", "2026-06-29 15:00:00", "@steady", "@p26", "1.000", "for_you"),
        ("waiting_competes", 2, "v-mess-waiting-competes-1", "2026-06-29 15:00:00", "vid-mess-waiting-2", "@p26", "2.000", "for_you"),
        ("unknown_video", 2, "v-mess-unknown-video-1", "2026-07-05 10:00:00", "vid-mess-never", "@p27", "3.000", "for_you"),
        ("unknown_video", 3, "v-mess-unknown-video-2", "2026-08-05 10:00:00", "vid-mess-unknown-account-1", "@p27", "3.000", "for_you"),
    ),
    # One row or more for each reason to reject.
    *_malformed("video_views", 4, "7 fields, the header has 6"),
    *_malformed("video_views", 4, "2 fields, the header has 6"),
    *_views(
        ("missing_key", 4, "", "2026-08-20 10:00:00", "@steady", "@p31", "3.000", "for_you"),
        ("missing_key", 4, "  ", "2026-08-20 10:00:00", "@steady", "@p31", "3.000", "for_you"),
        ("missing_required", 4, "v-mess-missing-1", "", "@steady", "@p31", "3.000", "for_you"),
        ("missing_required", 4, "v-mess-missing-2", "2026-08-20 10:00:00", "", "@p31", "3.000", "for_you"),
        ("missing_required", 4, "v-mess-missing-3", "2026-08-20 10:00:00", "@steady", "@p31", "", "for_you"),
        ("unparseable_timestamp", 4, "v-mess-bad-time-1", "2026-02-30 10:00:00", "@steady", "@p32", "3.000", "for_you"),
        ("unparseable_timestamp", 4, "v-mess-bad-time-2", "yesterday", "@steady", "@p32", "3.000", "for_you"),
        ("unparseable_timestamp", 4, "v-mess-bad-time-3", "20/08/2026 10:00", "@steady", "@p32", "3.000", "for_you"),
        ("unparseable_timestamp", 4, "v-mess-bad-time-4", "2026-08-20 25:61:00", "@steady", "@p32", "3.000", "for_you"),
        ("unparseable_timestamp", 4, "v-mess-bad-time-5", "2026-08-20 10:00:00 CEST", "@steady", "@p32", "3.000", "for_you"),
        ("future_timestamp", 4, "v-mess-future-1", "2027-01-01 00:00:00", "@steady", "@p33", "3.000", "for_you"),
        ("future_timestamp", 1, "v-mess-future-2", "2026-07-02 02:10:01", "@steady", "@p33", "3.000", "for_you"),
        ("clock_ahead_within_24_hours", 1, "v-mess-clock-ahead-1", "2026-07-01 20:00:00", "@steady", "@p33", "3.000", "for_you"),
        ("before_platform", 4, "v-mess-before-1", "2016-08-31 23:59:59", "@steady", "@p34", "3.000", "for_you"),
        ("before_platform", 4, "v-mess-before-2", "1970-01-01", "@steady", "@p34", "3.000", "for_you"),
        ("unparseable_number", 4, "v-mess-bad-number-1", "2026-08-20 10:00:00", "@steady", "@p35", "1_000", "for_you"),
        ("unparseable_number", 4, "v-mess-bad-number-2", "2026-08-20 10:00:00", "@steady", "@p35", "NaN", "for_you"),
        ("unparseable_number", 4, "v-mess-bad-number-3", "2026-08-20 10:00:00", "@steady", "@p35", "1e3", "for_you"),
        ("unparseable_number", 4, "v-mess-bad-number-4", "2026-08-20 10:00:00", "@steady", "@p35", "12,5", "for_you"),
        ("unparseable_number", 4, "v-mess-bad-number-5", "2026-08-20 10:00:00", "@steady", "@p35", ".5", "for_you"),
        ("negative_number", 4, "v-mess-negative-1", "2026-08-20 10:00:00", "@steady", "@p36", "-0.001", "for_you"),
        ("absurd_watch_time", 4, "v-mess-absurd-1", "2026-08-20 10:00:00", "@steady", "@p37", "86400.001", "for_you"),
        ("longest_watch_time", 4, "v-mess-longest-1", "2026-07-29 10:00:00", "@nodur", "@p37", "86400", "for_you"),
        ("two_reasons", 4, "v-mess-two-reasons-1", "yesterday", "vid-mess-never", "@p38", "NaN", "for_you"),
        ("bad_optional_value", 4, "v-mess-bad-source-1", "2026-08-20 11:00:00", "@steady", "@p39", "3.000", "carrier_pigeon"),
        ("empty_optional_value", 4, "v-mess-no-source-1", "2026-08-20 11:00:00", "@steady", "@p39", "3.000", ""),
    ),
    # Each way to write a time; what each one means is in TIMESTAMP_FORMS.
    *_views(
        *(
            ("timestamp_form", 4, view_id, text, "@steady", "@p41", "2.000", "for_you")
            for view_id, text in (
                ("v-mess-time-space", "2026-08-21 10:11:12"),
                ("v-mess-time-t", "2026-08-21T10:11:12"),
                ("v-mess-time-no-seconds", "2026-08-21T10:11"),
                ("v-mess-time-fraction", "2026-08-21 10:11:12.123456"),
                ("v-mess-time-short-fraction", "2026-08-21T10:11:12.5Z"),
                ("v-mess-time-z", "2026-08-21T10:11:12Z"),
                ("v-mess-time-offset", "2026-08-21T10:11:12+05:30"),
                ("v-mess-time-day-before", "2026-08-21T02:00:00+05:30"),
                ("v-mess-time-day-after", "2026-08-21 22:15:00-07:00"),
                ("v-mess-time-epoch-seconds", "1787307072"),
                ("v-mess-time-epoch-millis", "1787307072123"),
                ("v-mess-time-date-only", "2026-08-21"),
                ("v-mess-time-padded", "  2026-08-21 10:11:12  "),
            )
        ),
        ("padded_or_mixed_case", 4, "v-mess-case-1", "2026-08-21 12:00:00", "@mid", "@p42", " 3.500 ", "FOR_YOU"),
        ("padded_or_mixed_case", 4, "v-mess-case-2", "2026-08-21 12:00:00", " @mid ", "@p42", "+3.5", "  Profile "),
        ("id_kept_as_text", 4, "007", "2026-08-22 12:00:00", "@mid", "@p43", "3.000", "for_you"),
        ("id_kept_as_text", 4, "7", "2026-08-22 12:00:00", "@mid", "@p43", "3.000", "for_you"),
        ("id_kept_as_text", 4, "NA", "2026-08-22 12:00:00", "@mid", "@p43", "3.000", "for_you"),
        ("id_kept_as_text", 4, "null", "2026-08-22 12:00:00", "@mid", "@p43", "3.000", "for_you"),
        ("id_over_2_to_53", 4, "9007199254740993", "2026-08-22 12:00:00", "@mid", "@p43", "3.000", "for_you"),
        ("id_over_2_to_53", 4, "9007199254740992", "2026-08-22 12:00:00", "@mid", "@p43", "3.000", "for_you"),
        ("zone_crosses_midnight", 4, "v-mess-midnight-1", "2026-08-23T23:59:59.999999Z", "@small", "@p44", "3.000", "for_you"),
        ("zone_crosses_midnight", 4, "v-mess-midnight-2", "2026-08-24T00:00:00Z", "@small", "@p44", "3.000", "for_you"),
        ("zone_crosses_midnight", 4, "v-mess-midnight-3", "2026-08-23T18:29:59Z", "@small", "@p45", "3.000", "for_you"),
        ("zone_crosses_midnight", 4, "v-mess-midnight-4", "2026-08-23T18:30:00Z", "@small", "@p45", "3.000", "for_you"),
        # What is odd about a video is seen where it has views.
        *(
            (kind, 4, f"v-of-{video}", f"2026-08-{day:02d} 14:00:00", video, "@p46", "4.000", "for_you")
            for kind, video, day in (
                ("bad_optional_value", "vid-mess-bad-duration-1", 4),
                ("bad_optional_value", "vid-mess-bad-duration-2", 5),
                ("bad_optional_value", "vid-mess-bad-format-1", 6),
                ("bad_optional_value", "vid-mess-bad-ai-1", 7),
                ("id_kept_as_text", "007", 8),
                ("id_kept_as_text", "NA", 9),
                ("id_kept_as_text", "null", 10),
                *(("hostile_text", f"vid-mess-text-{number}", 10 + number) for number in range(1, 16)),
            )
        ),
    ),
)  # fmt: skip

TIMESTAMP_FORMS = {
    "v-mess-time-space": "2026-08-21 10:11:12",
    "v-mess-time-t": "2026-08-21 10:11:12",
    "v-mess-time-no-seconds": "2026-08-21 10:11:00",
    "v-mess-time-fraction": "2026-08-21 10:11:12.123456",
    "v-mess-time-short-fraction": "2026-08-21 10:11:12.500000",
    "v-mess-time-z": "2026-08-21 10:11:12",
    "v-mess-time-offset": "2026-08-21 04:41:12",
    "v-mess-time-day-before": "2026-08-20 20:30:00",
    "v-mess-time-day-after": "2026-08-22 05:15:00",
    "v-mess-time-epoch-seconds": "2026-08-21 10:11:12",
    "v-mess-time-epoch-millis": "2026-08-21 10:11:12.123000",
    "v-mess-time-date-only": "2026-08-21 00:00:00",
    "v-mess-time-padded": "2026-08-21 10:11:12",
}
"""UTC time that each accepted way of writing one means, by view_id."""

HOSTILE_TEXTS = (
    'He said "hi", then left',
    '""doubled "" quotes""',
    "first line\nsecond line",
    "tab\there, comma, semicolon; pipe|",
    "👩🏽\u200d🍳🔥 emoji 🇧🇷",
    "\u202eright to left\u202c עברית العربية",
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(A1:A9)",
    "-1+1",
    "</script><script>alert(1)</script>",
    "'; drop table videos; --",
    "{{ 7*7 }}",
    "NULL",
    "\\N back\\slash %s %00 ${HOME}",
)

INTERACTION_PLANTS = (
    *_interactions(
        ("exact_duplicate_same_ingest", 2, "i-mess-exact-1", "2026-07-10 18:00:00", "@p11", "@steady", "like", "false", "", "for_you"),
        ("exact_duplicate_same_ingest", 2, "i-mess-exact-1", "2026-07-10 18:00:00", "@p11", "@steady", "like", "false", "", "for_you"),
        ("exact_duplicate_other_ingest", 2, "i-mess-exact-2", "2026-07-11 18:00:00", "@p12", "@mid", "save", "", "", "following"),
        ("exact_duplicate_other_ingest", 3, "i-mess-exact-2", "2026-07-11 18:00:00", "@p12", "@mid", "SAVE", "0", "", "following"),
        ("superseded", 3, "i-mess-superseded-1", "2026-08-12 18:00:00", "@p13", "@mid", "comment", "false", "typo hree", "for_you"),
        ("superseded", 4, "i-mess-superseded-1", "2026-08-12 18:00:00", "@p13", "@mid", "comment", "false", "typo here", "for_you"),
        ("superseded_on_another_day", 3, "i-mess-superseded-day-1", "2026-08-12 23:50:00", "@p14", "@steady", "share", "false", "", "for_you"),
        ("superseded_on_another_day", 4, "i-mess-superseded-day-1", "2026-08-13 00:10:00", "@p14", "@steady", "share", "false", "", "for_you"),
        ("late", 3, "i-mess-late-1", "2026-06-21 08:00:00", "@p15", "@steady", "like", "false", "", "for_you"),
        ("waiting_for_video", 1, "i-mess-waiting-1", "2026-06-28 15:00:20", "@p24", "vid-mess-waiting-1", "like", "false", "", "for_you"),
        ("unknown_video", 3, "i-mess-unknown-video-1", "2026-08-05 10:00:00", "@p27", "vid-mess-never", "like", "false", "", "for_you"),
    ),
    *_malformed("interactions", 4, "5 fields, the header has 8"),
    *_interactions(
        ("missing_key", 4, "", "2026-08-20 10:00:00", "@p31", "@steady", "like", "false", "", "for_you"),
        ("missing_required", 4, "i-mess-missing-1", "", "@p31", "@steady", "like", "false", "", "for_you"),
        ("missing_required", 4, "i-mess-missing-2", "2026-08-20 10:00:00", "@p31", "@steady", "", "false", "", "for_you"),
        ("unparseable_timestamp", 4, "i-mess-bad-time-1", "2026-02-30", "@p32", "@steady", "like", "false", "", "for_you"),
        ("future_timestamp", 4, "i-mess-future-1", "2126-08-20 10:00:00", "@p33", "@steady", "like", "false", "", "for_you"),
        ("before_platform", 4, "i-mess-before-1", "2009-12-31 10:00:00", "@p34", "@steady", "like", "false", "", "for_you"),
        ("unknown_category", 4, "i-mess-superlike-1", "2026-08-20 10:00:00", "@p35", "@steady", "superlike", "false", "", "for_you"),
        ("unknown_category", 4, "i-mess-view-1", "2026-08-20 10:00:00", "@p35", "@steady", "view", "false", "", "for_you"),
        ("two_reasons", 4, "i-mess-two-reasons-1", "2126-08-20 10:00:00", "@p36", "vid-mess-never", "superlike", "false", "", "for_you"),
        ("bad_optional_value", 4, "i-mess-bad-undo-1", "2026-08-20 10:00:00", "@p37", "@steady", "like", "maybe", "", "for_you"),
        ("bad_optional_value", 4, "i-mess-bad-source-1", "2026-08-20 10:00:00", "@p38", "@steady", "like", "false", "", "carrier_pigeon"),
        ("padded_or_mixed_case", 4, "i-mess-case-1", "2026-08-21 10:00:00", "@p39", "@mid", "LIKE", "NO", "", "For_You"),
        ("padded_or_mixed_case", 4, "i-mess-case-2", "2026-08-21 10:00:00", "@p40", "@mid", " Save ", " Yes ", "", " profile"),
        ("undo", 4, "i-mess-undo-1", "2026-08-21 11:00:00", "@p41", "@mid", "like", "1", "", "for_you"),
        ("undo", 4, "i-mess-undo-2", "2026-08-21 11:00:00", "@p42", "@mid", "comment", "true", "", "for_you"),
        ("id_kept_as_text", 4, "007", "2026-08-22 12:00:00", "@p43", "@mid", "like", "false", "", "for_you"),
        ("id_kept_as_text", 4, "NA", "2026-08-22 12:00:00", "@p44", "@mid", "like", "false", "", "for_you"),
        ("id_kept_as_text", 4, "null", "2026-08-22 12:00:00", "@p45", "@mid", "like", "false", "", "for_you"),
        ("id_over_2_to_53", 4, "9007199254740993", "2026-08-22 12:00:00", "@p46", "@mid", "like", "false", "", "for_you"),
        *(
            ("hostile_text", 4, f"i-mess-text-{number}", f"2026-08-23 12:{number:02d}:00", f"@p{50 + number}", "@mid", "comment", "false", text, "for_you")
            for number, text in enumerate(HOSTILE_TEXTS, start=1)
        ),
    ),
)  # fmt: skip

VIDEO_PLANTS = (
    *_videos(
        ("exact_duplicate_same_ingest", 1, "vid-mess-exact-1", "@large", "2026-06-02T10:00:00Z", "Twice the same #dup", "20", "video", "false"),
        ("exact_duplicate_same_ingest", 1, "vid-mess-exact-1", "@large", "2026-06-02T10:00:00Z", "Twice the same #dup", "20", "video", "false"),
        ("exact_duplicate_other_ingest", 1, "vid-mess-exact-2", "@large", "2026-06-03T10:00:00Z", "Again #dup", "21", "video", "false"),
        ("exact_duplicate_other_ingest", 2, "vid-mess-exact-2", "@large", "2026-06-03 12:00:00+02:00", "Again #dup", "21.0", "VIDEO", "no"),
        ("superseded", 1, "vid-mess-superseded-1", "@medium", "2026-06-04T10:00:00Z", "Caption with a tpyo", "22", "video", "false"),
        ("superseded", 4, "vid-mess-superseded-1", "@medium", "2026-06-04T10:00:00Z", "Caption without a typo #fixed", "22.5", "video", "true"),
        ("waiting_for_video", 2, "vid-mess-waiting-1", "@large", "2026-06-27T10:00:00Z", "Its views came first", "15", "video", "false"),
        ("waiting_for_video", 3, "vid-mess-waiting-2", "@large", "2026-06-27T11:00:00Z", "Its views came first, too", "16", "video", "false"),
        ("waiting_for_account", 2, "vid-mess-waiting-account-1", "acc-mess-late-1", "2026-07-04T11:00:00Z", "Its account comes later", "16", "video", "false"),
        ("unknown_account", 3, "vid-mess-unknown-account-1", "acc-mess-never", "2026-08-01T10:00:00Z", "Nobody's", "10", "video", "false"),
    ),
    *_malformed("videos", 4, "13 fields, the header has 12"),
    *_videos(
        ("missing_key", 4, "", "@large", "2026-08-01T10:00:00Z", "No id", "10", "video", "false"),
        ("missing_required", 4, "vid-mess-missing-1", "@large", "", "No time", "10", "video", "false"),
        ("missing_required", 4, "vid-mess-missing-2", "", "2026-08-01T10:00:00Z", "No account", "10", "video", "false"),
        ("unparseable_timestamp", 4, "vid-mess-bad-time-1", "@large", "2026-13-01", "Thirteenth month", "10", "video", "false"),
        ("before_platform", 4, "vid-mess-before-1", "@large", "2016-08-31", "Too early", "10", "video", "false"),
        ("scheduled_in_the_future", 4, "vid-mess-scheduled-1", "@large", "2026-09-15T10:00:00Z", "Scheduled", "10", "video", "false"),
        ("bad_optional_value", 4, "vid-mess-bad-duration-1", "@large", "2026-08-02T10:00:00Z", "Negative length", "-5", "video", "false"),
        ("bad_optional_value", 4, "vid-mess-bad-duration-2", "@large", "2026-08-02T10:00:00Z", "Length in letters", "abc", "video", "false"),
        ("bad_optional_value", 4, "vid-mess-bad-format-1", "@large", "2026-08-02T10:00:00Z", "Unknown format", "10", "hologram", "false"),
        ("bad_optional_value", 4, "vid-mess-bad-ai-1", "@large", "2026-08-02T10:00:00Z", "Perhaps a machine", "10", "video", "maybe"),
        ("padded_or_mixed_case", 4, "vid-mess-case-1", "@large", " 1785664800 ", "Shouted", " 10 ", " Duet ", "YES"),
        ("id_kept_as_text", 4, "007", "@large", "2026-08-02T10:00:00Z", "Agent", "10", "video", "false"),
        ("id_kept_as_text", 4, "NA", "@large", "2026-08-02T10:00:00Z", "Namibia", "10", "video", "false"),
        ("id_kept_as_text", 4, "null", "@large", "2026-08-02T10:00:00Z", "Zero in German", "10", "video", "false"),
        *(
            ("hostile_text", 4, f"vid-mess-text-{number}", "@small", f"2026-07-{2 * number:02d}T10:00:00Z", text, "10", "video", "false")
            for number, text in enumerate(HOSTILE_TEXTS, start=1)
        ),
    ),
)  # fmt: skip

ACCOUNT_PLANTS = (
    *_accounts(
        ("exact_duplicate_same_ingest", 1, "acc-mess-exact-1", "twice-the-same", "Twice", "competitor", "FR", "2022-01-01"),
        ("exact_duplicate_same_ingest", 1, "acc-mess-exact-1", "twice-the-same", "Twice", "competitor", "FR", "2022-01-01"),
        ("superseded", 1, "acc-mess-superseded-1", "old-handle", "Renamed", "competitor", "BR", "2022-01-02"),
        ("superseded", 3, "acc-mess-superseded-1", "new-handle", "Renamed", "competitor", "BR", "2022-01-02"),
        ("waiting_for_account", 3, "acc-mess-late-1", "late-to-the-party", "Late", "competitor", "JP", "2022-01-03T00:00:00+09:00"),
    ),
    *_malformed("accounts", 4, "1 field, the header has 6"),
    *_accounts(
        ("missing_key", 4, "", "no-id", "No id", "own", "US", ""),
        ("missing_required", 4, "acc-mess-missing-1", "", "No handle", "own", "US", ""),
        ("unknown_category", 4, "acc-mess-role-1", "the-rival", "Rival", "rival", "US", ""),
        ("bad_optional_value", 4, "acc-mess-bad-time-1", "long-ago", "Long ago", "competitor", "US", "long ago"),
        ("padded_or_mixed_case", 4, "acc-mess-case-1", " Shouted ", "Shouted", " COMPETITOR ", "US", ""),
        ("hostile_text", 4, "acc-mess-text-1", "=1+1", '"Quoted" </script><script>alert(1)</script>', "competitor", "US", ""),
        ("hostile_text", 4, "acc-mess-text-2", "{{ 7*7 }}", "'; drop table accounts; --\n\u202eאב 👾", "competitor", "", ""),
    ),
)  # fmt: skip

FOLLOWER_EVENT_PLANTS = (
    *_follower_events(
        ("exact_duplicate_same_ingest", 1, "f-mess-exact-1", "2026-06-10 18:00:00", "@large", "@p61", "follow", "@steady"),
        ("exact_duplicate_same_ingest", 1, "f-mess-exact-1", "2026-06-10 18:00:00", "@large", "@p61", "follow", "@steady"),
        ("exact_duplicate_other_ingest", 2, "f-mess-exact-2", "2026-07-11 18:00:00", "@medium", "@p62", "follow", "@mid"),
        ("exact_duplicate_other_ingest", 3, "f-mess-exact-2", "2026-07-11T20:00:00+02:00", "@medium", "@p62", "FOLLOW", "@mid"),
        ("superseded", 3, "f-mess-superseded-1", "2026-08-12 18:00:00", "@medium", "@p63", "follow", ""),
        ("superseded", 4, "f-mess-superseded-1", "2026-08-12 18:00:00", "@medium", "@p63", "follow", "@mid"),
        ("superseded", 3, "f-mess-superseded-2", "2026-08-13 18:00:00", "@small", "@p64", "follow", ""),
        ("superseded", 3, "f-mess-superseded-2", "2026-08-13 18:00:00", "@small", "@p64", "unfollow", ""),
        ("superseded_on_another_day", 3, "f-mess-superseded-day-1", "2026-08-14 23:50:00", "@small", "@p65", "follow", "@small"),
        ("superseded_on_another_day", 4, "f-mess-superseded-day-1", "2026-08-15 00:10:00", "@small", "@p65", "follow", "@small"),
        ("rejected_never_displaces", 2, "f-mess-rejected-later-1", "2026-07-19 10:00:00", "@large", "@p66", "follow", ""),
        ("rejected_never_displaces", 4, "f-mess-rejected-later-1", "2026-07-19 10:00:00", "@large", "@p66", "followed", ""),
        ("late", 3, "f-mess-late-1", "2026-06-21 08:00:00", "@large", "@p67", "follow", "@steady"),
        ("late", 4, "f-mess-late-2", "2026-06-22 08:00:00", "@medium", "@p68", "unfollow", ""),
        ("waiting_for_account", 2, "f-mess-waiting-account-1", "2026-07-15 09:00:00", "acc-mess-late-1", "@p69", "follow", ""),
        ("unknown_account", 3, "f-mess-unknown-account-1", "2026-08-05 10:00:00", "acc-mess-never", "@p69", "follow", ""),
        ("unknown_optional_reference", 4, "f-mess-unknown-source-1", "2026-08-05 10:00:00", "@large", "@p70", "follow", "vid-mess-never"),
    ),
    *_malformed("follower_events", 4, "3 fields, the header has 6"),
    *_follower_events(
        ("missing_key", 4, "", "2026-08-20 10:00:00", "@large", "@p71", "follow", ""),
        ("missing_required", 4, "f-mess-missing-1", "", "@large", "@p71", "follow", ""),
        ("missing_required", 4, "f-mess-missing-2", "2026-08-20 10:00:00", "", "@p71", "follow", ""),
        ("missing_required", 4, "f-mess-missing-3", "2026-08-20 10:00:00", "@large", "@p71", "", ""),
        ("unparseable_timestamp", 4, "f-mess-bad-time-1", "2026-02-30", "@large", "@p72", "follow", ""),
        ("future_timestamp", 4, "f-mess-future-1", "2126-08-20 10:00:00", "@large", "@p73", "follow", ""),
        ("before_platform", 4, "f-mess-before-1", "2016-08-31 23:59:59", "@large", "@p74", "follow", ""),
        ("unknown_category", 4, "f-mess-block-1", "2026-08-20 10:00:00", "@large", "@p75", "block", ""),
        ("two_reasons", 4, "f-mess-two-reasons-1", "2026-08-20 10:00:00", "acc-mess-never", "@p76", "block", ""),
        ("padded_or_mixed_case", 4, "f-mess-case-1", " 2026-08-21 10:00:00 ", " @large ", "@p77", " UnFollow ", ""),
        ("no_person", 4, "f-mess-nobody-1", "2026-08-21 11:00:00", "@large", "", "follow", ""),
    ),
)  # fmt: skip

# Of a competitor, so that no planted day is a regular one's.
FOLLOWER_COUNT_PLANTS = (
    *_follower_counts(
        ("exact_duplicate_same_ingest", 1, "acc-mess-exact-1", "2026-06-10", "1200"),
        ("exact_duplicate_same_ingest", 1, "acc-mess-exact-1", "2026-06-10", "1200"),
        ("exact_duplicate_other_ingest", 1, "acc-mess-exact-1", "2026-06-11", "1210"),
        ("exact_duplicate_other_ingest", 2, "acc-mess-exact-1", " 2026-06-11 ", "+01210"),
        ("superseded", 2, "acc-mess-exact-1", "2026-07-10", "1300"),
        ("superseded", 2, "acc-mess-exact-1", "2026-07-10", "1310"),
        ("superseded", 2, "acc-mess-exact-1", "2026-07-11", "1320"),
        ("superseded", 4, "acc-mess-exact-1", "2026-07-11", "1290"),
        ("rejected_never_displaces", 2, "acc-mess-exact-1", "2026-07-12", "1295"),
        ("rejected_never_displaces", 4, "acc-mess-exact-1", "2026-07-12", "1295.5"),
        ("late", 3, "acc-mess-exact-1", "2026-06-15", "1230"),
        ("waiting_for_account", 2, "acc-mess-late-1", "2026-07-15", "500"),
        ("unknown_account", 3, "acc-mess-never", "2026-08-05", "7"),
    ),
    *_malformed("follower_counts", 4, "4 fields, the header has 3"),
    *_follower_counts(
        ("missing_key", 4, "", "2026-08-20", "1400"),
        ("missing_key", 4, "acc-mess-exact-1", "", "1400"),
        ("missing_required", 4, "acc-mess-exact-1", "2026-08-01", " "),
        ("unparseable_timestamp", 4, "acc-mess-exact-1", "2026-02-30", "1400"),
        ("unparseable_timestamp", 4, "acc-mess-exact-1", "20/08/2026", "1400"),
        ("unparseable_timestamp", 4, "acc-mess-exact-1", "2026-08-20 10:00:00", "1400"),
        ("unparseable_timestamp", 4, "acc-mess-exact-1", "1787307072", "1400"),
        ("future_timestamp", 4, "acc-mess-exact-1", "2027-01-01", "1400"),
        ("before_platform", 4, "acc-mess-exact-1", "2016-08-31", "1400"),
        ("unparseable_number", 4, "acc-mess-exact-1", "2026-08-02", "12.5"),
        ("unparseable_number", 4, "acc-mess-exact-1", "2026-08-03", "1_400"),
        ("unparseable_number", 4, "acc-mess-exact-1", "2026-08-04", "many"),
        ("negative_number", 4, "acc-mess-exact-1", "2026-08-05", "-1"),
        ("two_reasons", 4, "acc-mess-never", "2026-08-06", "-1"),
        ("padded_or_mixed_case", 4, " acc-mess-exact-1 ", " 2026-08-21 ", " +1400 "),
    ),
)  # fmt: skip

PROFILE_VISIT_PLANTS = (
    *_profile_visits(
        ("exact_duplicate_same_ingest", 1, "p-mess-exact-1", "2026-06-10 18:00:00", "@large", "@p81", "@steady"),
        ("exact_duplicate_same_ingest", 1, "p-mess-exact-1", "2026-06-10 18:00:00", "@large", "@p81", "@steady"),
        ("exact_duplicate_other_ingest", 2, "p-mess-exact-2", "2026-07-11 18:00:00", "@medium", "@p82", ""),
        ("exact_duplicate_other_ingest", 3, "p-mess-exact-2", "1783792800", "@medium", "@p82", " "),
        ("superseded", 3, "p-mess-superseded-1", "2026-08-12 18:00:00", "@medium", "@p83", ""),
        ("superseded", 4, "p-mess-superseded-1", "2026-08-12 18:00:00", "@medium", "@p83", "@mid"),
        ("superseded_on_another_day", 3, "p-mess-superseded-day-1", "2026-08-14 23:50:00", "@small", "@p84", "@small"),
        ("superseded_on_another_day", 4, "p-mess-superseded-day-1", "2026-08-15 00:10:00", "@small", "@p84", "@small"),
        ("late", 3, "p-mess-late-1", "2026-06-21 08:00:00", "@large", "@p85", "@steady"),
        ("waiting_for_account", 2, "p-mess-waiting-account-1", "2026-07-15 09:00:00", "acc-mess-late-1", "@p86", ""),
        ("unknown_account", 3, "p-mess-unknown-account-1", "2026-08-05 10:00:00", "acc-mess-never", "@p86", ""),
        ("unknown_optional_reference", 4, "p-mess-unknown-source-1", "2026-08-05 10:00:00", "@large", "@p87", "vid-mess-never"),
    ),
    *_malformed("profile_visits", 4, "8 fields, the header has 5"),
    *_profile_visits(
        ("missing_key", 4, "", "2026-08-20 10:00:00", "@large", "@p88", ""),
        ("missing_required", 4, "p-mess-missing-1", "", "@large", "@p88", ""),
        ("missing_required", 4, "p-mess-missing-2", "2026-08-20 10:00:00", "", "@p88", ""),
        ("unparseable_timestamp", 4, "p-mess-bad-time-1", "yesterday", "@large", "@p89", ""),
        ("future_timestamp", 4, "p-mess-future-1", "2027-01-01", "@large", "@p90", ""),
        ("before_platform", 4, "p-mess-before-1", "1970-01-01", "@large", "@p91", ""),
        ("padded_or_mixed_case", 4, " p-mess-case-1 ", "2026-08-21T10:00:00Z", " @large ", "@p92", " @steady "),
        ("no_person", 4, "p-mess-nobody-1", "2026-08-21 11:00:00", "@large", "", "@steady"),
    ),
)  # fmt: skip

CONVERSION_PLANTS = (
    *_conversions(
        ("exact_duplicate_same_ingest", 1, "c-mess-exact-1", "2026-06-10 18:00:00", "@large", "@p101", "@steady", "purchase", "39.00", "USD", "starter-kit", "1"),
        ("exact_duplicate_same_ingest", 1, "c-mess-exact-1", "2026-06-10 18:00:00", "@large", "@p101", "@steady", "purchase", "39.00", "USD", "starter-kit", "1"),
        ("exact_duplicate_other_ingest", 2, "c-mess-exact-2", "2026-07-21 18:00:00", "@medium", "@p102", "", "purchase", "12.50", "EUR", "chain-oil-100", "1"),
        ("exact_duplicate_other_ingest", 3, "c-mess-exact-2", "2026-07-21T20:00:00+02:00", "@medium", "@p102", "", "Purchase", "12.5", "EUR", "chain-oil-100", "+1"),
        ("superseded", 3, "c-mess-superseded-1", "2026-08-12 18:00:00", "@large", "@p103", "@steady", "purchase", "28.50", "USD", "focaccia-pan", "1"),
        ("superseded", 4, "c-mess-superseded-1", "2026-08-12 18:00:00", "@large", "@p103", "@steady", "purchase", "57.00", "USD", "focaccia-pan", "2"),
        ("superseded_on_another_day", 3, "c-mess-superseded-day-1", "2026-08-14 23:50:00", "@small", "@p104", "@small", "lead", "", "", "", ""),
        ("superseded_on_another_day", 4, "c-mess-superseded-day-1", "2026-08-15 00:10:00", "@small", "@p104", "@small", "lead", "", "", "", ""),
        ("rejected_never_displaces", 2, "c-mess-rejected-later-1", "2026-07-22 10:00:00", "@large", "@p105", "", "sign_up", "", "", "", ""),
        ("rejected_never_displaces", 4, "c-mess-rejected-later-1", "2126-07-22 10:00:00", "@large", "@p105", "", "sign_up", "", "", "", ""),
        ("late", 3, "c-mess-late-1", "2026-06-21 08:00:00", "@large", "@p106", "@steady", "link_click", "", "", "", ""),
        ("waiting_for_account", 2, "c-mess-waiting-account-1", "2026-07-15 09:00:00", "acc-mess-late-1", "@p107", "", "link_click", "", "", "", ""),
        ("unknown_account", 3, "c-mess-unknown-account-1", "2026-08-05 10:00:00", "acc-mess-never", "@p107", "", "link_click", "", "", "", ""),
        ("unknown_optional_reference", 4, "c-mess-unknown-video-1", "2026-08-05 10:00:00", "@large", "@p108", "vid-mess-never", "purchase", "24.00", "USD", "indigo-scarf", "1"),
        ("two_currencies_on_one_day", 4, "c-mess-currency-1", "2026-08-08 10:00:00", "@medium", "@p109", "@mid", "purchase", "12.50", "EUR", "chain-oil-100", "1"),
        ("two_currencies_on_one_day", 4, "c-mess-currency-2", "2026-08-08 11:00:00", "@medium", "@p110", "@mid", "purchase", "13.7525", "CHF", "chain-oil-100", "1"),
        ("refund", 4, "c-mess-refund-1", "2026-08-16 18:00:00", "@large", "@p103", "@steady", "purchase", "-28.50", "USD", "focaccia-pan", "1"),
    ),
    *_malformed("conversions", 4, "11 fields, the header has 10"),
    *_conversions(
        ("missing_key", 4, "", "2026-08-20 10:00:00", "@large", "@p111", "", "lead", "", "", "", ""),
        ("missing_required", 4, "c-mess-missing-1", "", "@large", "@p111", "", "lead", "", "", "", ""),
        ("missing_required", 4, "c-mess-missing-2", "2026-08-20 10:00:00", "", "@p111", "", "lead", "", "", "", ""),
        ("missing_required", 4, "c-mess-missing-3", "2026-08-20 10:00:00", "@large", "@p111", "", "", "", "", "", ""),
        ("unparseable_timestamp", 4, "c-mess-bad-time-1", "2026-08-20 25:61:00", "@large", "@p112", "", "lead", "", "", "", ""),
        ("future_timestamp", 4, "c-mess-future-1", "2027-01-01", "@large", "@p113", "", "lead", "", "", "", ""),
        ("before_platform", 4, "c-mess-before-1", "2016-08-31 23:59:59", "@large", "@p114", "", "lead", "", "", "", ""),
        ("unknown_category", 4, "c-mess-daydream-1", "2026-08-20 10:00:00", "@large", "@p115", "", "daydream", "", "", "", ""),
        ("two_reasons", 4, "c-mess-two-reasons-1", "2026-08-20 10:00:00", "acc-mess-never", "@p116", "", "daydream", "", "", "", ""),
        ("bad_optional_value", 4, "c-mess-bad-currency-1", "2026-08-17 10:00:00", "@small", "@p117", "", "purchase", "990", "rupees", "indigo-scarf", "1"),
        ("bad_optional_value", 4, "c-mess-bad-value-1", "2026-08-17 11:00:00", "@small", "@p118", "", "purchase", "12,50", "INR", "indigo-scarf", "1"),
        ("bad_optional_value", 4, "c-mess-bad-quantity-1", "2026-08-17 12:00:00", "@small", "@p119", "", "purchase", "990", "INR", "indigo-scarf", "1.5"),
        ("padded_or_mixed_case", 4, "c-mess-case-1", "2026-08-21 10:00:00", " @large ", "@p120", " @steady ", " LINK_Click ", "", "", "", ""),
        ("no_person", 4, "c-mess-nobody-1", "2026-08-21 11:00:00", "@large", "", "@steady", "download", "", "", "", ""),
    ),
)  # fmt: skip

ACCOUNT_SNAPSHOT_PLANTS = (
    *_account_snapshots(
        ("exact_duplicate_same_ingest", 1, "acc-mess-exact-1", "2026-06-12 20:00:00", "1220", "5000", "12"),
        ("exact_duplicate_same_ingest", 1, "acc-mess-exact-1", "2026-06-12 20:00:00", "1220", "5000", "12"),
        ("exact_duplicate_other_ingest", 2, "acc-mess-exact-1", "2026-07-13 20:00:00", "1300", "5200", "13"),
        ("exact_duplicate_other_ingest", 3, "acc-mess-exact-1", "2026-07-14T01:30:00+05:30", "+1300", "05200", "13"),
        ("superseded", 2, "acc-mess-exact-1", "2026-07-14 20:00:00", "1305", "5210", "13"),
        ("superseded", 4, "acc-mess-exact-1", "2026-07-14 20:00:00", "1285", "5150", "13"),
        ("late", 3, "acc-mess-exact-1", "2026-06-16 20:00:00", "1235", "5050", "12"),
        ("waiting_for_account", 2, "acc-mess-late-1", "2026-07-16 20:00:00", "510", "900", "3"),
        ("unknown_account", 3, "acc-mess-never", "2026-08-05 20:00:00", "1", "1", "1"),
    ),
    *_malformed("account_snapshots", 4, "2 fields, the header has 5"),
    *_account_snapshots(
        ("missing_key", 4, "", "2026-08-20 20:00:00", "1400", "5400", "14"),
        ("missing_key", 4, "acc-mess-exact-1", "  ", "1400", "5400", "14"),
        ("unparseable_timestamp", 4, "acc-mess-exact-1", "20/08/2026 10:00", "1400", "5400", "14"),
        ("future_timestamp", 4, "acc-mess-exact-1", "2027-01-01 20:00:00", "1400", "5400", "14"),
        ("before_platform", 4, "acc-mess-exact-1", "2016-08-31 20:00:00", "1400", "5400", "14"),
        ("two_reasons", 4, "acc-mess-never", "2126-08-20 20:00:00", "1400", "5400", "14"),
        ("bad_optional_value", 4, "acc-mess-exact-1", "2026-08-09 20:00:00", "1.4e3", "5400", "14"),
        ("bad_optional_value", 4, "acc-mess-exact-1", "2026-08-10 20:00:00", "1400", "-5400", "14"),
        ("bad_optional_value", 4, "acc-mess-exact-1", "2026-08-11 20:00:00", "1400", "5400", "fourteen"),
        ("all_measures_null", 4, "acc-mess-exact-1", "2026-08-12 20:00:00", "", "", " "),
        ("padded_or_mixed_case", 4, " acc-mess-exact-1 ", " 2026-08-13 20:00:00 ", " 1401 ", "5401", "14"),
    ),
)  # fmt: skip

VIDEO_SNAPSHOT_PLANTS = (
    *_video_snapshots(
        ("exact_duplicate_same_ingest", 1, "vid-mess-exact-1", "@large", "2026-06-12 20:00:00", "100", "9", "1", "1", "2", "80", "512.250"),
        ("exact_duplicate_same_ingest", 1, "vid-mess-exact-1", "@large", "2026-06-12 20:00:00", "100", "9", "1", "1", "2", "80", "512.250"),
        ("exact_duplicate_other_ingest", 2, "vid-mess-exact-1", "@large", "2026-07-13 20:00:00", "110", "10", "1", "1", "2", "88", "560.5"),
        ("exact_duplicate_other_ingest", 3, "vid-mess-exact-1", "@large", "2026-07-14T01:30:00+05:30", "110", "10", "1", "1", "2", "88", "560.500"),
        ("superseded", 2, "vid-mess-exact-1", "@large", "2026-07-14 20:00:00", "115", "11", "1", "1", "2", "90", "570"),
        ("superseded", 4, "vid-mess-exact-1", "@large", "2026-07-14 20:00:00", "112", "11", "1", "1", "2", "89", "565"),
        ("late", 3, "vid-mess-exact-1", "@large", "2026-06-16 20:00:00", "103", "9", "1", "1", "2", "82", "520.125"),
        ("waiting_for_video", 1, "vid-mess-waiting-1", "@large", "2026-06-29 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("waiting_for_account", 2, "vid-mess-waiting-account-1", "acc-mess-late-1", "2026-07-16 20:00:00", "50", "4", "0", "0", "", "", ""),
        ("unknown_video", 3, "vid-mess-never", "@large", "2026-08-05 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("unknown_account", 3, "vid-mess-exact-1", "acc-mess-never", "2026-08-05 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
    ),
    *_malformed("video_snapshots", 4, "9 fields, the header has 10"),
    *_video_snapshots(
        ("missing_key", 4, "", "@large", "2026-08-20 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("missing_key", 4, "vid-mess-exact-1", "@large", "", "5", "1", "0", "0", "0", "5", "30"),
        ("missing_required", 4, "vid-mess-exact-1", " ", "2026-08-06 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("unparseable_timestamp", 4, "vid-mess-exact-1", "@large", "2026-02-30 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("future_timestamp", 4, "vid-mess-exact-1", "@large", "2027-01-01 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("before_platform", 4, "vid-mess-exact-1", "@large", "2016-08-31 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("two_reasons", 4, "vid-mess-never", "acc-mess-never", "2026-08-07 20:00:00", "5", "1", "0", "0", "0", "5", "30"),
        ("bad_optional_value", 4, "vid-mess-exact-1", "@large", "2026-08-09 20:00:00", "120.5", "12", "1", "1", "2", "95", "600"),
        ("bad_optional_value", 4, "vid-mess-exact-1", "@large", "2026-08-10 20:00:00", "121", "12", "-1", "1", "2", "95", "601"),
        ("bad_optional_value", 4, "vid-mess-exact-1", "@large", "2026-08-11 20:00:00", "122", "12", "1", "1", "2", "95", "00:10:02"),
        ("all_measures_null", 4, "vid-mess-exact-1", "@large", "2026-08-12 20:00:00", "", "", "", "", "", "", ""),
        ("padded_or_mixed_case", 4, " vid-mess-exact-1 ", " @large ", "2026-08-13T20:00:00Z", " 123 ", "12", "1", "1", "2", "95", "602"),
    ),
)  # fmt: skip

PLANTS = (
    *(*ACCOUNT_PLANTS, *INTERACTION_PLANTS, *VIEW_PLANTS, *VIDEO_PLANTS, *FOLLOWER_EVENT_PLANTS),
    *(*FOLLOWER_COUNT_PLANTS, *PROFILE_VISIT_PLANTS, *CONVERSION_PLANTS),
    *(*ACCOUNT_SNAPSHOT_PLANTS, *VIDEO_SNAPSHOT_PLANTS),
)

KEY_POSITIONS = {"follower_counts": (0, 1), "account_snapshots": (0, 1), "video_snapshots": (0, 2)}
"""Where a plant's key stands among its values, for the entities whose key is no single id."""


def name_key(parts: Iterable[str]) -> str:
    """A key of one or several columns as ``planted_mess`` writes it; empty if a part is empty.

    A moment with an offset is written as UTC, so that a key has one name however it was planted.
    """
    texts = [_name_moment(part.strip()) for part in parts]
    return "@".join(texts) if all(texts) else ""


def _name_moment(text: str) -> str:
    if not _ZONED_TIME.fullmatch(text):
        return text
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def planted_mess() -> dict[str, list[str]]:
    """What is planted in the sample, by kind.

    Returns:
        For each kind the keys of its rows, as ``<entity>/<id>``, trimmed and each once; a key of
        two columns as ``<entity>/<id>@<date or time>``. A row without a key (``malformed_row``,
        ``missing_key``) stands as ``<entity>/#<n>``: the row
        ``_source_row`` n of that entity's file in the fourth ingest.
    """
    kinds: dict[str, dict[str, None]] = {}
    row_numbers: Counter[tuple[str, int]] = Counter()
    for plant in PLANTS:
        place = (plant.entity, plant.ingest)
        row_numbers[place] += 1
        positions = KEY_POSITIONS.get(plant.entity, (0,)) if len(plant.values) > 1 else ()
        key = name_key(plant.values[position] for position in positions)
        name = f"{plant.entity}/{key or f'#{row_numbers[place]}'}"
        kinds.setdefault(plant.kind, {})[name] = None
    return {kind: list(names) for kind, names in kinds.items()}


# In a log, one row in so many is spoilt. The text-only kinds come on top, in a file of their own.
ROWS_PER_MESS = 125
ROWS_PER_TEXT_MESS = 500
MOST_TEXT_ROWS = 20_000

BAD_SOURCE = len(TRAFFIC_SOURCES)
BAD_TYPE = len(INTERACTION_TYPES)
BAD_ACTION = len(ACTIONS)
BAD_CONVERSION = len(CONVERSION_TYPES)
BAD_CURRENCY = len(CURRENCIES)
UNKNOWN_VIDEOS = 3
UNKNOWN_ACCOUNTS = 2

VIEW_KINDS = (
    *("exact_duplicate", "superseded", "superseded_on_another_day", "late"),
    *("missing_key", "missing_required", "future_timestamp", "before_platform"),
    *("negative_number", "absurd_watch_time", "unknown_video", "bad_optional_value"),
)
INTERACTION_KINDS = (
    *("exact_duplicate", "superseded", "superseded_on_another_day", "late"),
    *("missing_key", "missing_required", "future_timestamp", "before_platform"),
    *("unknown_category", "unknown_video", "bad_optional_value"),
)
VISIT_KINDS = (
    *("exact_duplicate", "superseded", "superseded_on_another_day", "late"),
    *("missing_key", "missing_required", "future_timestamp", "before_platform"),
    *("unknown_account", "unknown_optional_reference"),
)
FOLLOW_KINDS = (*VISIT_KINDS, "unknown_category")
CONVERSION_KINDS = (*FOLLOW_KINDS, "bad_optional_value")

TEXT_KINDS = (
    "timestamp_form",
    "padded_or_mixed_case",
    "unparseable_timestamp",
    "unparseable_number",
    "malformed_row",
    "hostile_text",
)
BAD_TIMES = ("2026-02-30", "yesterday", "20/08/2026 10:00", "2026-08-20 25:61:00")
BAD_NUMBERS = ("1_000", "NaN", "1e3", "12,5", ".5", "12s")


def spoil(
    world: World, rng: np.random.Generator, columns: Columns, kinds: tuple[str, ...]
) -> dict[str, int]:
    """Spoil one row in ``ROWS_PER_MESS`` of a chunk in place.

    Each spoilt row takes the place of a good one, so the number of rows stays what it was.

    Args:
        columns: the chunk as ``draw_views``, ``draw_interactions`` or another draw gives it.
        kinds: that entity's, such as ``VIEW_KINDS``; each spoils the same share of rows.

    Returns:
        How many rows were spoilt, by kind.
    """
    count = len(columns["at"]) // ROWS_PER_MESS
    start = np.arange(count) * ROWS_PER_MESS
    half = ROWS_PER_MESS // 2
    # Copied rows come from the first half of each stretch, spoilt ones lie in the second: so no
    # row is spoilt twice, and each duplicate's original is good.
    good = start + rng.integers(0, half, count)
    bad = start + rng.integers(half, ROWS_PER_MESS, count)
    kind = rng.integers(0, len(kinds), count)
    for number, name in enumerate(kinds):
        chosen = kind == number
        _spoil_rows(world, rng, columns, name, bad[chosen], good[chosen])
    return {name: int((kind == number).sum()) for number, name in enumerate(kinds)}


def _spoil_rows(
    world: World, rng: np.random.Generator, columns: Columns, kind: str, bad: Ints, good: Ints
) -> None:
    if kind in ("exact_duplicate", "superseded", "superseded_on_another_day"):
        for values in columns.values():
            values[bad] = values[good]
    at = columns["at"]
    if kind == "superseded":
        if "source" in columns:
            columns["source"][bad] = (columns["source"][bad] + 1) % len(TRAFFIC_SOURCES)
        else:
            at[bad] += SECOND_US
    elif kind == "superseded_on_another_day":
        moved = at[bad] - DAY_US
        # On the first day there is no day before.
        at[bad] = np.where(moved >= world.start_us, moved, at[bad] + SECOND_US)
    elif kind == "late":
        moved = at[bad] - rng.integers(2, 30, len(bad)) * DAY_US
        at[bad] = np.where(moved >= world.start_us, moved, at[bad])
    elif kind == "missing_key":
        columns["id"][bad] = NULL
    elif kind == "missing_required":
        half = len(bad) // 2
        at[bad[:half]] = NULL
        columns["account" if "account" in columns else "video"][bad[half:]] = NULL
    elif kind == "future_timestamp":
        at[bad] += 100 * 365 * DAY_US
    elif kind == "before_platform":
        at[bad] -= 20 * 365 * DAY_US
    elif kind == "negative_number":
        columns["watch"][bad] = -1 - columns["watch"][bad]
    elif kind == "absurd_watch_time":
        columns["watch"][bad] += 86_400_001
    elif kind == "unknown_category":
        for name, code in (
            ("type", BAD_TYPE),
            ("action", BAD_ACTION),
            ("conversion", BAD_CONVERSION),
        ):
            if name in columns:
                columns[name][bad] = code
    elif kind in ("unknown_video", "unknown_optional_reference"):
        unknown = rng.integers(0, UNKNOWN_VIDEOS, len(bad))
        columns["video"][bad] = len(world.posted_us) + unknown
    elif kind == "unknown_account":
        unknown = rng.integers(0, UNKNOWN_ACCOUNTS, len(bad))
        columns["account"][bad] = len(world.accounts) + unknown
    elif kind == "bad_optional_value":
        if "source" in columns:
            columns["source"][bad] = BAD_SOURCE
        else:
            columns["currency"][bad] = BAD_CURRENCY


def spoil_text(
    header: tuple[str, ...], row: dict[str, str], number: int, can_be_malformed: bool
) -> tuple[str, list[str]]:
    """Spoil a row in a way that only text can be spoilt.

    Args:
        header: the file's columns.
        row: a good row by column; its time as ``YYYY-MM-DD hh:mm:ss.fff``.
        number: number of the row, which chooses the kind and the form.
        can_be_malformed: whether the file format allows a row with too few or too many fields.

    Returns:
        The kind, and the fields of the spoilt row.
    """
    kinds = [kind for kind in TEXT_KINDS if can_be_malformed or kind != "malformed_row"]
    kinds.remove("unparseable_number" if "watch_seconds" not in header else "hostile_text")
    kind, form = kinds[number % len(kinds)], number // len(kinds)
    row = dict(row)
    time_column = header[1]
    at = row[time_column]
    if kind == "timestamp_form":
        forms = (at.replace(" ", "T"), at[:16], at[:19] + "Z", at[:10], at + "+05:30", f"  {at} ")
        row[time_column] = forms[form % len(forms)]
    elif kind == "padded_or_mixed_case":
        row["traffic_source"] = f" {row['traffic_source'].upper()} "
        if "interaction_type" in row:
            row["interaction_type"] = row["interaction_type"].title()
    elif kind == "unparseable_timestamp":
        row[time_column] = BAD_TIMES[form % len(BAD_TIMES)]
    elif kind == "unparseable_number":
        row["watch_seconds"] = BAD_NUMBERS[form % len(BAD_NUMBERS)]
    elif kind == "hostile_text":
        row["interaction_type"] = "comment"
        row["is_undo"] = "false"
        row["comment_text"] = HOSTILE_TEXTS[form % len(HOSTILE_TEXTS)]
    fields = [row[name] for name in header]
    if kind == "malformed_row":
        fields = fields[:-2] if form % 2 else [*fields, "one too many"]
    return kind, fields


def list_odd_videos(videos: list[dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    """Kinds and rows to add to a log's videos, made from its good ones."""
    first, second, third = (videos[number % len(videos)] for number in range(3))
    new_ids = (f"{third['video_id']}-{number}" for number in range(1, 100))
    return [
        ("exact_duplicate", first),
        ("superseded", second | {"caption": second["caption"] + " (edited)"}),
        ("unknown_account", third | {"video_id": next(new_ids), "account_id": "no-such-account"}),
        ("missing_key", third | {"video_id": ""}),
        ("unparseable_timestamp", third | {"video_id": next(new_ids), "posted_at": "2026-02-30"}),
        ("bad_optional_value", third | {"video_id": next(new_ids), "duration_seconds": "-5"}),
        ("bad_optional_value", third | {"video_id": next(new_ids), "content_format": "hologram"}),
        *(
            ("hostile_text", third | {"video_id": next(new_ids), "caption": text})
            for text in HOSTILE_TEXTS
        ),
    ]


def list_odd_counters(entity: str, rows: list[dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    """Kinds and rows to add to a log's follower counts or snapshots, made from its good ones."""
    if not rows:
        return []
    first, last = rows[0], rows[-1]
    time_column = "count_date" if entity == "follower_counts" else "captured_at"
    measure = "views" if entity == "video_snapshots" else "followers"
    same_day = last | {time_column: last[time_column][:10] + " 00:00:01"}
    # Rejected rows, so these days start nobody's calendar.
    shifted = [last | {time_column: f"2016-09-{day:02d}"} for day in range(1, 10)]
    odd = [
        ("exact_duplicate", first),
        ("superseded", last | {measure: "1"}),
        ("missing_key", first | {time_column: ""}),
        ("unparseable_timestamp", shifted[0] | {time_column: "2026-02-30"}),
        ("future_timestamp", shifted[1] | {time_column: "2126-01-01"}),
        ("before_platform", shifted[2] | {time_column: "2016-08-31"}),
        ("unknown_account", shifted[3] | {"account_id": "no-such-account"}),
    ]
    if entity == "follower_counts":
        return [
            *odd,
            ("missing_required", shifted[4] | {measure: ""}),
            ("unparseable_number", shifted[5] | {measure: "12.5"}),
            ("negative_number", shifted[6] | {measure: "-1"}),
        ]
    if entity == "video_snapshots":
        odd.append(("unknown_video", shifted[4] | {"video_id": "no-such-video"}))
    return [*odd, ("bad_optional_value", same_day | {measure: "12.5"})]
