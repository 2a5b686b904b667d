# ruff: noqa: E501  (the planted rows read as tables, one row a line)
"""What real logs get wrong, planted on purpose: by hand in the sample, at a low rate in a log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

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
        ("longest_watch_time", 4, "v-mess-longest-1", "2026-08-20 10:00:00", "@nodur", "@p37", "86400", "for_you"),
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

PLANTS = (*ACCOUNT_PLANTS, *INTERACTION_PLANTS, *VIEW_PLANTS, *VIDEO_PLANTS)


def planted_mess() -> dict[str, list[str]]:
    """What is planted in the sample, by kind.

    Returns:
        For each kind the keys of its rows, as ``<entity>/<id>``, trimmed and each once. A row
        without an id (``malformed_row``, ``missing_key``) stands as ``<entity>/#<n>``: the row
        ``_source_row`` n of that entity's file in the fourth ingest.
    """
    kinds: dict[str, dict[str, None]] = {}
    row_numbers: Counter[tuple[str, int]] = Counter()
    for plant in PLANTS:
        place = (plant.entity, plant.ingest)
        row_numbers[place] += 1
        key = plant.values[0].strip() if len(plant.values) > 1 else ""
        name = f"{plant.entity}/{key or f'#{row_numbers[place]}'}"
        kinds.setdefault(plant.kind, {})[name] = None
    return {kind: list(names) for kind, names in kinds.items()}


# In a log, one row in so many is spoilt. The text-only kinds come on top, in a file of their own.
ROWS_PER_MESS = 125
ROWS_PER_TEXT_MESS = 500
MOST_TEXT_ROWS = 20_000

BAD_SOURCE = len(TRAFFIC_SOURCES)
BAD_TYPE = len(INTERACTION_TYPES)
UNKNOWN_VIDEOS = 3

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
        columns: the chunk as ``draw_views`` or ``draw_interactions`` gives it.
        kinds: ``VIEW_KINDS`` or ``INTERACTION_KINDS``; each spoils the same share of rows.

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
        columns["source"][bad] = (columns["source"][bad] + 1) % len(TRAFFIC_SOURCES)
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
        columns["video"][bad[half:]] = NULL
    elif kind == "future_timestamp":
        at[bad] += 100 * 365 * DAY_US
    elif kind == "before_platform":
        at[bad] -= 20 * 365 * DAY_US
    elif kind == "negative_number":
        columns["watch"][bad] = -1 - columns["watch"][bad]
    elif kind == "absurd_watch_time":
        columns["watch"][bad] += 86_400_001
    elif kind == "unknown_category":
        columns["type"][bad] = BAD_TYPE
    elif kind == "unknown_video":
        unknown = rng.integers(0, UNKNOWN_VIDEOS, len(bad))
        columns["video"][bad] = len(world.posted_us) + unknown
    elif kind == "bad_optional_value":
        columns["source"][bad] = BAD_SOURCE


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
