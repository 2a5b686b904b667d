"""The generator keeps the raw contract, and the committed sample is what it writes."""

from __future__ import annotations

import csv
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from tiktok_warehouse.entities import ENTITIES, LINEAGE_COLUMNS
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.generate import (
    HEADERS,
    FileFormat,
    GeneratedLog,
    generate_log,
    generate_sample,
    planted_mess,
)
from tiktok_warehouse.generate_audience import ACTIONS, CONVERSION_TYPES
from tiktok_warehouse.generate_mess import HOSTILE_TEXTS, PLANTS, TIMESTAMP_FORMS
from tiktok_warehouse.generate_world import INTERACTION_TYPES, TRAFFIC_SOURCES
from tiktok_warehouse.home import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "seeds" / "raw"
KEY_COLUMNS = {entity: (header[0],) for entity, header in HEADERS.items()} | {
    "follower_counts": ("account_id", "count_date"),
    "account_snapshots": ("account_id", "captured_at"),
    "video_snapshots": ("video_id", "captured_at"),
}
TIME_COLUMNS = {
    "accounts": "created_at",
    "videos": "posted_at",
    "video_views": "viewed_at",
    "interactions": "interacted_at",
    "follower_events": "occurred_at",
    "follower_counts": "count_date",
    "profile_visits": "visited_at",
    "conversions": "converted_at",
    "account_snapshots": "captured_at",
    "video_snapshots": "captured_at",
}
PARENTS = {
    "videos": ("account",),
    "video_views": ("video",),
    "interactions": ("video",),
    "follower_events": ("account",),
    "follower_counts": ("account",),
    "profile_visits": ("account",),
    "conversions": ("account",),
    "account_snapshots": ("account",),
    "video_snapshots": ("account", "video"),
}
REQUIRED_NUMBERS = {
    "video_views": ("watch_seconds", r"[+-]?\d+(\.\d+)?"),
    "follower_counts": ("followers", r"[+-]?\d+"),
}
REQUIRED_CATEGORIES = {
    "accounts": ("account_role", ("own", "competitor")),
    "interactions": ("interaction_type", INTERACTION_TYPES),
    "follower_events": ("action", ACTIONS),
    "conversions": ("conversion_type", CONVERSION_TYPES),
}
REJECTION_REASONS = (
    *("malformed_row", "missing_key", "missing_required", "unparseable_timestamp"),
    *("future_timestamp", "before_platform", "unparseable_number", "negative_number"),
    *("absurd_watch_time", "unknown_category", "unknown_account", "unknown_video"),
)
# Kinds whose rows are rejected for a reason of another name.
OTHER_REASONS = {
    "rejected_never_displaces": {"unparseable_number", "unknown_category", "future_timestamp"},
    "two_reasons": {
        *("unparseable_timestamp", "future_timestamp", "negative_number", "unknown_category"),
        "unknown_account",
    },
}
TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?)?(Z|[+-]\d{2}:\d{2})?"
)

Row = dict[str, str]
Tables = dict[str, list[Row]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    generate_sample(folder)
    return folder


@pytest.fixture(scope="module")
def tables(sample: Path) -> Tables:
    return {entity: read_csv(sample / f"raw_{entity}.csv") for entity in HEADERS}


@pytest.fixture(scope="module")
def regular_views(tables: Tables) -> list[Row]:
    return [row for row in tables["video_views"] if re.fullmatch(r"v\d{6}", row["view_id"])]


def read_csv(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


# -- the committed sample --


@pytest.mark.parametrize("entity", HEADERS)
def test_committed_sample_is_what_the_generator_writes(sample: Path, entity: str) -> None:
    name = f"raw_{entity}.csv"
    assert (SEEDS / name).read_bytes() == (sample / name).read_bytes()


def test_sample_stays_below_its_size_limit(sample: Path) -> None:
    assert sum(path.stat().st_size for path in sample.iterdir()) <= 5_000_000


@pytest.mark.parametrize("entity", HEADERS)
def test_sample_has_contract_columns_then_lineage(sample: Path, entity: str) -> None:
    text = (sample / f"raw_{entity}.csv").read_bytes()
    assert b"\r" not in text
    header = text.split(b"\n", 1)[0].decode().split(",")
    derived = ENTITIES[entity].derived
    assert header == [*HEADERS[entity], *derived, *LINEAGE_COLUMNS, "_malformed"]
    assert set(HEADERS[entity]) == set(ENTITIES[entity].columns)


def test_each_landed_file_has_its_own_growing_number(tables: Tables) -> None:
    files: dict[int, set[tuple[str, str, str]]] = {}
    for entity, rows in tables.items():
        last = (0, 0)
        for row in rows:
            place = int(row["_ingest_seq"]), int(row["_source_row"])
            assert place == (last[0], last[1] + 1) or (place[0] > last[0] and place[1] == 1)
            last = place
            assert row["_source_file"] == f"{entity}.csv"
            lineage = row["_ingested_at"], row["_ingest_id"], row["_source_file"]
            files.setdefault(place[0], set()).add(lineage)
    assert all(len(names) == 1 for names in files.values())
    in_order = [next(iter(files[number])) for number in sorted(files)]
    assert sorted(files) == list(range(1, len(files) + 1))
    assert in_order == sorted(in_order)
    assert len({ingest for _, ingest, _ in in_order}) == 4


def test_sample_names_no_person_but_by_key(tables: Tables) -> None:
    for entity in HEADERS:
        people = {row.get("person_id", "") for row in tables[entity]} - {""}
        assert bool(people) == ("person_id" in HEADERS[entity])
        assert all(re.fullmatch("[0-9a-f]{32}", person) for person in people)


def test_only_comments_have_text(tables: Tables) -> None:
    for row in tables["interactions"]:
        if row["comment_text"]:
            assert row["interaction_type"] == "comment"


def test_video_ids_hold_the_posting_time(tables: Tables) -> None:
    ids = [row for row in tables["videos"] if re.fullmatch(r"\d{19}", row["video_id"])]
    assert len(ids) == 60 + 3 * 8
    for row in ids:
        assert parse_timestamp(row["posted_at"]) == datetime.fromtimestamp(
            int(row["video_id"]) >> 32, UTC
        )
        assert int(row["video_id"]) > 2**53


# -- the shape of the sample --


def test_views_follow_the_week(regular_views: list[Row]) -> None:
    days = Counter(row["viewed_at"][:10] for row in regular_views)
    assert len(days) == 90
    by_weekday: dict[int, list[int]] = {}
    for day, count in days.items():
        by_weekday.setdefault(datetime.fromisoformat(day).weekday(), []).append(count)
    median = {day: statistics.median(counts) for day, counts in by_weekday.items()}
    assert min(median[5], median[6]) > 1.15 * max(median[0], median[1], median[2])


def test_views_follow_the_day_of_the_account(tables: Tables, regular_views: list[Row]) -> None:
    accounts = {row["video_id"]: row["account_id"] for row in tables["videos"]}
    names = {row["account_id"]: row["handle"] for row in tables["accounts"]}
    hours: dict[str, Counter[int]] = {}
    for row in regular_views:
        handle = names[accounts[row["video_id"]]]
        hours.setdefault(handle, Counter())[int(row["viewed_at"][11:13])] += 1
    # The evening peak, 19 to 21 o'clock, in UTC: New York 23-1, Berlin 17-19, Kolkata 13:30-15:30.
    for handle, peak in (
        ("hearth-and-crumb", {23, 0, 1}),
        ("speichenwerk", {17, 18, 19}),
        ("monsoon.studio", {13, 14, 15}),
    ):
        share = sum(hours[handle][hour] for hour in peak) / hours[handle].total()
        assert share > 0.24


def test_no_video_is_seen_before_it_is_posted(tables: Tables) -> None:
    posted = {row["video_id"]: row["posted_at"] for row in tables["videos"]}
    for entity, row, reason in reject(tables):
        if entity == "video_views" and not reason:
            seen = parse_timestamp(row["viewed_at"])
            assert seen >= parse_timestamp(posted[row["video_id"].strip()]), row


def test_few_videos_have_most_views(regular_views: list[Row]) -> None:
    counts = sorted(Counter(row["video_id"] for row in regular_views).values(), reverse=True)
    assert len(counts) == 60
    assert sum(counts[:12]) > 0.6 * sum(counts)
    assert counts[0] > 15 * statistics.median(counts)


def test_one_video_goes_viral_for_four_days(regular_views: list[Row]) -> None:
    days = Counter(row["viewed_at"][:10] for row in regular_views)
    spike = [day for day, count in days.items() if count > 3 * statistics.median(days.values())]
    assert sorted(spike) == ["2026-07-25", "2026-07-26", "2026-07-27", "2026-07-28"]
    top = Counter(row["video_id"] for row in regular_views if row["viewed_at"][:10] in spike)
    assert top.most_common(1)[0][1] > 0.6 * top.total()


def test_watch_times_mix_early_leavers_full_plays_and_replays(
    tables: Tables, regular_views: list[Row]
) -> None:
    durations = {
        row["video_id"]: float(row["duration_seconds"])
        for row in tables["videos"]
        if re.fullmatch(r"\d+", row["duration_seconds"]) and row["duration_seconds"] != "0"
    }
    shown = len(regular_views)
    played = [row for row in regular_views if float(row["watch_seconds"]) > 0]
    assert 0.08 < 1 - len(played) / shown < 0.12
    assert all(re.fullmatch(r"\d+(\.\d{3})?", row["watch_seconds"]) for row in regular_views)
    long = [
        (float(row["watch_seconds"]), durations[row["video_id"]])
        for row in played
        if durations.get(row["video_id"], 0) >= 10
    ]
    kept = [sum(watch >= mark for watch, _ in long) / len(long) for mark in range(7)]
    losses = [before - after for before, after in pairwise(kept)]
    assert sum(losses[:3]) > 0.3
    assert min(losses[:2]) > 1.5 * max(losses[3:])
    assert 0.1 < sum(watch >= 0.99 * duration for watch, duration in long) / len(long) < 0.4
    assert sum(watch > 2 * duration for watch, duration in long) > 20


def test_viewers_come_back(regular_views: list[Row]) -> None:
    people = Counter(row["person_id"] for row in regular_views)
    assert 0.03 < people.pop("") / len(regular_views) < 0.05
    once = sum(count == 1 for count in people.values())
    assert 0.2 < once / len(people) < 0.6
    assert max(people.values()) > 10 * statistics.mean(people.values())


def test_likes_and_other_interactions_are_as_rare_as_they_are(
    tables: Tables, regular_views: list[Row]
) -> None:
    views = sum(float(row["watch_seconds"]) > 0 for row in regular_views)
    kinds = Counter(
        row["interaction_type"] for row in tables["interactions"] if row["is_undo"] == "false"
    )
    assert 0.05 < kinds["like"] / views < 0.08
    assert set(INTERACTION_TYPES) <= set(kinds)
    undos = sum(row["is_undo"] == "true" for row in tables["interactions"])
    assert 20 < undos < 150


def regular_rows(tables: Tables, entity: str, form: str) -> list[Row]:
    return [row for row in tables[entity] if re.fullmatch(form, row[HEADERS[entity][0]])]


def find_account(tables: Tables, handle: str) -> str:
    return next(row["account_id"] for row in tables["accounts"] if row["handle"] == handle)


@pytest.fixture(scope="module")
def follows(tables: Tables) -> list[Row]:
    return regular_rows(tables, "follower_events", r"f\d{5}")


def test_followers_come_after_a_good_video_with_a_lag(tables: Tables, follows: list[Row]) -> None:
    large = find_account(tables, "hearth-and-crumb")
    gained = Counter(
        (row["occurred_at"][:10], bool(row["source_video_id"]))
        for row in follows
        if row["account_id"] == large and row["action"] == "follow"
    )
    spike = [f"2026-07-{day}" for day in range(25, 32)]
    others = sorted({day for day, _ in gained} - set(spike))
    for with_source in (True, False):
        usual = sum(gained[day, with_source] for day in others) / len(others)
        assert sum(gained[day, with_source] for day in spike) / len(spike) > 3 * usual

    def middle(with_source: bool) -> float:
        counts = [(number, gained[day, with_source]) for number, day in enumerate(spike)]
        return sum(number * count for number, count in counts) / sum(c for _, c in counts)

    assert middle(False) - middle(True) > 0.5


def test_videos_that_hold_their_viewers_gain_more_followers(
    tables: Tables, regular_views: list[Row], follows: list[Row]
) -> None:
    durations = {row["video_id"]: row["duration_seconds"] for row in tables["videos"]}
    viral = Counter(row["video_id"] for row in regular_views).most_common(1)[0][0]
    gained = Counter(row["source_video_id"] for row in follows if row["action"] == "follow")
    watched: dict[str, list[float]] = {}
    for row in regular_views:
        duration = durations[row["video_id"]]
        if duration not in ("", "0") and row["watch_seconds"] != "0" and row["video_id"] != viral:
            share = min(float(row["watch_seconds"]) / float(duration), 1.0)
            watched.setdefault(row["video_id"], []).append(share)
    ranked = sorted(watched, key=lambda video: statistics.mean(watched[video]))
    third = len(ranked) // 3

    def follow_rate(videos: list[str]) -> float:
        return sum(gained[video] for video in videos) / sum(len(watched[video]) for video in videos)

    assert follow_rate(ranked[-third:]) > 1.5 * follow_rate(ranked[:third])


def test_follows_follow_the_week(follows: list[Row]) -> None:
    spike = {f"2026-07-{day}" for day in range(25, 32)}
    days: dict[str, int] = dict(Counter(row["occurred_at"][:10] for row in follows))
    by_end: dict[bool, list[int]] = {True: [], False: []}
    for day, count in days.items():
        if day not in spike:
            by_end[datetime.fromisoformat(day).weekday() >= 5].append(count)
    assert statistics.mean(by_end[True]) > 1.1 * statistics.mean(by_end[False])


def test_who_leaves_had_followed_once(follows: list[Row]) -> None:
    since: dict[tuple[str, str], str] = {}
    known = strangers = 0
    for row in follows:
        tie = row["account_id"], row["person_id"]
        if row["action"] == "follow":
            assert not row["person_id"] or tie not in since
            since[tie] = row["occurred_at"]
        elif row["person_id"]:
            assert not row["source_video_id"]
            known += tie in since and since[tie] < row["occurred_at"]
            strangers += tie not in since
    assert known > 40
    assert strangers > 40
    sources = [bool(row["source_video_id"]) for row in follows if row["action"] == "follow"]
    assert 0.4 < sum(sources) / len(sources) < 0.7


def test_official_counts_have_gaps_and_disagree_with_the_events(
    tables: Tables, follows: list[Row]
) -> None:
    net: Counter[tuple[str, str]] = Counter()
    for row in follows:
        step = 1 if row["action"] == "follow" else -1
        net[row["account_id"], row["occurred_at"][:10]] += step
    counts: dict[str, dict[str, int]] = {}
    for row in tables["follower_counts"]:
        if row["account_id"].isdigit() and row["followers"].isdigit():
            counts.setdefault(row["account_id"], {})[row["count_date"]] = int(row["followers"])
    days = [f"{datetime(2026, 6, 1) + timedelta(days=n):%Y-%m-%d}" for n in range(90)]
    adjustments = []
    for account, levels in counts.items():
        for before, day in pairwise(days):
            if before in levels and day in levels:
                adjustments.append(levels[day] - levels[before] - net[account, day])
    assert len(counts) == 3
    corrections = [change for change in adjustments if abs(change) > 3]
    assert len(corrections) == 1
    assert corrections[0] < -100
    assert 0.15 < sum(change != 0 for change in adjustments) / len(adjustments) < 0.4
    large, medium, small = (
        counts[find_account(tables, handle)]
        for handle in ("hearth-and-crumb", "speichenwerk", "monsoon.studio")
    )
    assert min(small) > min(large) == "2026-06-01"
    assert 3 < 90 - len(large) < 15
    gap = [day for day in days if day not in medium]
    assert {f"2026-07-{day}" for day in range(26, 31)} <= set(gap)


def test_visitors_come_from_a_view_or_by_themselves(
    tables: Tables, regular_views: list[Row]
) -> None:
    seen: dict[tuple[str, str], str] = {}
    for row in regular_views:
        seen.setdefault((row["person_id"], row["video_id"]), row["viewed_at"])
    accounts = {row["video_id"]: row["account_id"] for row in tables["videos"]}
    visits = regular_rows(tables, "profile_visits", r"p\d{5}")
    sourced = [row for row in visits if row["source_video_id"]]
    assert 0.5 < len(sourced) / len(visits) < 0.9
    for row in sourced:
        assert seen[row["person_id"], row["source_video_id"]] <= row["visited_at"]
        assert accounts[row["source_video_id"]] == row["account_id"]


def test_a_campaign_of_two_weeks_lifts_conversions(tables: Tables) -> None:
    medium = find_account(tables, "speichenwerk")
    per_day = Counter(
        row["converted_at"][:10]
        for row in regular_rows(tables, "conversions", r"c\d{5}")
        if row["account_id"] == medium
    )
    campaign = [f"2026-08-{day:02d}" for day in range(10, 24)]
    inside = sum(per_day[day] for day in campaign) / 14
    assert inside > 3 * (per_day.total() - 14 * inside) / 76


def test_purchases_have_values_in_several_currencies_and_refunds(tables: Tables) -> None:
    rows = regular_rows(tables, "conversions", r"c\d{5}")
    currencies: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        assert bool(row["value_amount"]) == (row["conversion_type"] == "purchase")
        assert bool(row["currency"]) == bool(row["product_id"]) == bool(row["value_amount"])
        if row["value_amount"]:
            day = row["account_id"], row["converted_at"][:10]
            currencies.setdefault(day, set()).add(row["currency"])
            assert (row["quantity"] == "") == row["value_amount"].startswith("-")
    assert {row["conversion_type"] for row in rows} == set(CONVERSION_TYPES)
    assert sum(len(names) > 1 for names in currencies.values()) > 2
    assert 3 < sum(row["value_amount"].startswith("-") for row in rows) < 30


def test_own_snapshots_count_roughly_what_the_events_do(
    tables: Tables, regular_views: list[Row]
) -> None:
    own = {row["account_id"] for row in tables["accounts"] if row["account_role"] == "own"}
    snapshots: dict[str, list[Row]] = {}
    for row in tables["video_snapshots"]:
        if row["account_id"] in own and row["video_id"].isdigit() and row["views"]:
            snapshots.setdefault(row["video_id"], []).append(row)
    assert len(snapshots) == 60
    checked = 0
    for video, rows in snapshots.items():
        views = [int(row["views"]) for row in rows]
        assert views == sorted(views)
        first, last = rows[0]["captured_at"][:10], rows[-1]["captured_at"][:10]
        events = sum(
            first < row["viewed_at"][:10] <= last and row["watch_seconds"] != "0"
            for row in regular_views
            if row["video_id"] == video
        )
        assert abs(views[-1] - views[0] - events) <= 2 + 0.03 * events
        checked += events
    assert checked > 10_000


@pytest.fixture(scope="module")
def rivals(tables: Tables) -> dict[str, str]:
    """Handles of the competitors that no plant is, by account."""
    return {
        row["account_id"]: row["handle"]
        for row in tables["accounts"]
        if row["account_role"] == "competitor" and row["account_id"].isdigit()
    }


def list_rival_snapshots(tables: Tables, rivals: dict[str, str]) -> dict[str, list[Row]]:
    snapshots: dict[str, list[Row]] = {}
    for row in tables["video_snapshots"]:
        if row["account_id"] in rivals:
            snapshots.setdefault(row["video_id"], []).append(row)
    return snapshots


def test_competitors_are_known_by_snapshots_alone(tables: Tables, rivals: dict[str, str]) -> None:
    videos = Counter(row["account_id"] for row in tables["videos"] if row["account_id"] in rivals)
    assert sorted(videos.values()) == [8, 8, 8]
    ids = {row["video_id"] for row in tables["videos"] if row["account_id"] in rivals}
    assert set(list_rival_snapshots(tables, rivals)) == ids
    for entity in ("video_views", "interactions", "follower_events", "profile_visits"):
        for row in tables[entity]:
            assert row.get("video_id") not in ids
            assert row.get("account_id") not in rivals


def test_competitors_are_captured_with_gaps(tables: Tables, rivals: dict[str, str]) -> None:
    gaps: Counter[int] = Counter()
    for account in rivals:
        days = [
            datetime.fromisoformat(row["captured_at"][:10])
            for row in tables["account_snapshots"]
            if row["account_id"] == account
        ]
        assert days[-1] >= datetime(2026, 8, 26)
        gaps.update((after - before).days for before, after in pairwise(days))
    assert set(gaps) == {1, 2, 3, 4, 9}
    assert gaps[9] == 1


def test_one_competitor_s_video_is_restated(tables: Tables, rivals: dict[str, str]) -> None:
    falls = []
    for video, rows in list_rival_snapshots(tables, rivals).items():
        for name in ("views", "likes", "comments", "shares"):
            values = [int(row[name]) for row in rows if row[name]]
            falls += [(video, name) for before, after in pairwise(values) if after < before]
    assert len({video for video, _ in falls}) == 1
    assert sorted(name for _, name in falls) == ["likes", "views"]


def test_one_competitor_s_video_is_captured_on_its_first_day(
    tables: Tables, rivals: dict[str, str]
) -> None:
    posted = {row["video_id"]: row["posted_at"] for row in tables["videos"]}
    same_day = []
    for video, rows in list_rival_snapshots(tables, rivals).items():
        moments = [parse_timestamp(row["captured_at"]) for row in rows]
        assert moments[0] > parse_timestamp(posted[video])
        if posted[video][:10] == rows[0]["captured_at"][:10]:
            same_day.append(int(rows[0]["views"]))
    assert len(same_day) == 1
    assert same_day[0] > 0


def test_snapshots_lack_a_measure_here_and_there(tables: Tables, rivals: dict[str, str]) -> None:
    rows = [row for rows in list_rival_snapshots(tables, rivals).values() for row in rows]
    for name in ("views", "likes", "comments", "shares", "saves"):
        assert 0 < sum(not row[name] for row in rows) < len(rows) / 2
    assert not any(row["reach"] or row["total_watch_seconds"] for row in rows)
    hidden = {rivals[row["account_id"]] for row in rows} - {
        rivals[row["account_id"]] for row in rows if row["saves"]
    }
    assert hidden == {"indigo.house"}


# -- the planted mess: an independent reading of the raw contract --


def test_every_kind_is_planted() -> None:
    kinds = planted_mess()
    assert set(REJECTION_REASONS) <= set(kinds)
    assert {
        *("exact_duplicate_same_ingest", "exact_duplicate_other_ingest", "superseded"),
        *("superseded_on_another_day", "late", "waiting_for_video", "waiting_for_account"),
        *("bad_optional_value", "timestamp_form", "padded_or_mixed_case", "hostile_text"),
        *("id_kept_as_text", "id_over_2_to_53", "zone_crosses_midnight", "undo"),
    } <= set(kinds)


def test_every_entity_has_its_share_of_the_mess() -> None:
    planted: dict[str, set[str]] = {entity: set() for entity in HEADERS}
    for kind, names in planted_mess().items():
        for name in names:
            planted[name.split("/", 1)[0]].add(kind)
    for entity in set(HEADERS) - {"accounts", "videos"}:
        assert {
            *("malformed_row", "missing_key", "missing_required", "unparseable_timestamp"),
            *("future_timestamp", "before_platform", "late"),
            *("exact_duplicate_same_ingest", "exact_duplicate_other_ingest", "superseded"),
            "padded_or_mixed_case",
        } - ({"missing_required"} if entity == "account_snapshots" else set()) <= planted[entity]
        assert {f"unknown_{parent}" for parent in PARENTS[entity]} <= planted[entity]
    for entity in ("follower_events", "profile_visits", "conversions"):
        assert {
            *("superseded_on_another_day", "waiting_for_account", "unknown_optional_reference"),
            "no_person",
        } <= planted[entity]
    for entity in ("follower_counts", "account_snapshots", "video_snapshots"):
        assert "waiting_for_account" in planted[entity]
    for entity in ("account_snapshots", "video_snapshots"):
        assert {"all_measures_null", "bad_optional_value"} <= planted[entity]
    assert {"unparseable_number", "negative_number"} <= planted["follower_counts"]
    assert {"refund", "bad_optional_value", "unknown_category"} <= planted["conversions"]
    assert "unknown_category" in planted["follower_events"]


def test_planted_keys_are_in_the_sample(tables: Tables) -> None:
    keys = {entity: {find_key(entity, row) for row in rows} for entity, rows in tables.items()}
    nameless = {
        f"{entity}/#{row['_source_row']}"
        for entity, rows in tables.items()
        for row in rows
        if not find_key(entity, row) and row["_ingest_id"].endswith("-0004")
    }
    for kind, names in planted_mess().items():
        for name in names:
            entity, key = name.split("/", 1)
            is_nameless = key.startswith("#")
            assert name in nameless if is_nameless else key in keys[entity], (kind, name)


def test_only_planted_rows_are_rejected_and_for_their_reason(tables: Tables) -> None:
    planted: dict[str, set[str]] = {}
    for kind, names in planted_mess().items():
        for name in names:
            planted.setdefault(name, set()).add(kind)
    rejected: dict[str, set[str]] = {}
    for entity, row, reason in reject(tables):
        if reason:
            key = find_key(entity, row) or f"#{row['_source_row']}"
            rejected.setdefault(f"{entity}/{key}", set()).add(reason)
    expected = {}
    for name, kinds in planted.items():
        reasons = set().union(*(OTHER_REASONS.get(kind, {kind}) for kind in kinds))
        if reasons & set(REJECTION_REASONS):
            expected[name] = reasons & set(REJECTION_REASONS)
    assert rejected.keys() == expected.keys()
    assert all(reasons <= expected[name] for name, reasons in rejected.items())
    assert set().union(*rejected.values()) == set(REJECTION_REASONS)


def test_only_planted_keys_repeat(tables: Tables) -> None:
    kinds = planted_mess()
    repeated = {
        f"{entity}/{key}"
        for entity in HEADERS
        for key, count in Counter(
            find_key(entity, row) for name, row, _ in reject(tables) if name == entity
        ).items()
        if count > 1 and key
    }
    assert repeated == {
        name
        for kind, names in kinds.items()
        for name in names
        if kind.startswith(("exact_", "superseded", "rejected_never", "waiting_competes"))
    }


def test_accepted_events_lie_in_the_window(tables: Tables) -> None:
    for entity, row, reason in reject(tables):
        if entity not in ("accounts", "videos") and not reason:
            day = f"{parse_timestamp(row[TIME_COLUMNS[entity]]):%Y-%m-%d}"
            assert "2026-06-01" <= day <= "2026-08-29", row


def test_late_rows_are_days_older_than_their_ingest(tables: Tables) -> None:
    rows = {(e, find_key(e, row)): row for e in HEADERS for row in tables[e]}
    for name in planted_mess()["late"]:
        entity, key = name.split("/", 1)
        row = rows[entity, key]
        age = parse_timestamp(row["_ingested_at"]) - parse_timestamp(row[TIME_COLUMNS[entity]])
        assert age > timedelta(days=2), name


def test_waiting_rows_come_before_their_account(tables: Tables) -> None:
    landed = {row["account_id"]: row["_ingested_at"] for row in reversed(tables["accounts"])}
    rows = {(e, find_key(e, row)): row for e in HEADERS for row in tables[e]}
    for name in planted_mess()["waiting_for_account"]:
        entity, key = name.split("/", 1)
        if entity != "accounts":
            row = rows[entity, key]
            assert landed[row["account_id"]] > row["_ingested_at"], name


def test_late_and_waiting_rows_come_in_the_order_that_they_claim(tables: Tables) -> None:
    landed = {row["video_id"]: row["_ingested_at"] for row in reversed(tables["videos"])}
    by_id = {row["view_id"]: row for row in tables["video_views"]}
    for name in planted_mess()["late"]:
        if name.startswith("video_views/"):
            row = by_id[name.split("/")[1]]
            age = parse_timestamp(row["_ingested_at"]) - parse_timestamp(row["viewed_at"])
            assert age > timedelta(days=2)
    for number in (1, 2):
        row = by_id[f"v-mess-waiting-{number}"]
        assert landed[row["video_id"]] > row["_ingested_at"]


def test_times_mean_what_the_table_says(tables: Tables) -> None:
    by_id = {row["view_id"]: row for row in tables["video_views"]}
    for view_id, meaning in TIMESTAMP_FORMS.items():
        expected = datetime.fromisoformat(meaning).replace(tzinfo=UTC)
        assert parse_timestamp(by_id[view_id]["viewed_at"]) == expected
    forms = {name.split("/")[1] for name in planted_mess()["timestamp_form"]}
    assert forms == set(TIMESTAMP_FORMS)


def test_hostile_texts_survive_the_file(tables: Tables) -> None:
    comments = {row["comment_text"] for row in tables["interactions"]}
    captions = {row["caption"] for row in tables["videos"]}
    assert set(HOSTILE_TEXTS) <= comments
    assert set(HOSTILE_TEXTS) <= captions


def test_every_view_of_a_planted_video_names_a_planted_video() -> None:
    videos = {plant.values[0].strip() for plant in PLANTS if plant.entity == "videos"}
    for plant in PLANTS:
        if plant.entity == "video_views" and len(plant.values) > 1:
            video = plant.values[2].strip()
            assert not video or video.startswith("@") or video in videos | {"vid-mess-never"}


def reject(tables: Tables) -> Iterator[tuple[str, Row, str]]:
    """Each row with its rejection reason in the final state, or an empty text."""
    accepted: dict[str, set[str]] = {}
    for entity in HEADERS:
        accepted[entity] = set()
        for row in tables[entity]:
            reason = find_reason(entity, row, accepted)
            if not reason:
                accepted[entity].add(find_key(entity, row))
            yield entity, row, reason


def find_key(entity: str, row: Row) -> str:
    """The parsed parts of a key; empty where one is."""
    parts = [row[name].strip() for name in KEY_COLUMNS[entity]]
    if entity in ("account_snapshots", "video_snapshots"):
        with suppress(ValueError):
            parts[1] = f"{parse_timestamp(parts[1]):%Y-%m-%d %H:%M:%S}"
    return "@".join(parts) if all(parts) else ""


def find_reason(entity: str, row: Row, accepted: dict[str, set[str]]) -> str:
    value = {name: text.strip() for name, text in row.items()}
    if row["_malformed"]:
        return "malformed_row"
    if not find_key(entity, row):
        return "missing_key"
    if not all(value[name] for name in ENTITIES[entity].required):
        return "missing_required"
    if entity != "accounts":
        time = value[TIME_COLUMNS[entity]]
        try:
            at = parse_timestamp(time)
        except ValueError:
            return "unparseable_timestamp"
        if entity == "follower_counts" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", time):
            return "unparseable_timestamp"
        if entity != "videos" and at > parse_timestamp(row["_ingested_at"]) + timedelta(hours=24):
            return "future_timestamp"
        if at < datetime(2016, 9, 1, tzinfo=UTC):
            return "before_platform"
    if entity in REQUIRED_NUMBERS:
        column, pattern = REQUIRED_NUMBERS[entity]
        if not re.fullmatch(pattern, value[column]):
            return "unparseable_number"
        if float(value[column]) < 0:
            return "negative_number"
        if entity == "video_views" and float(value[column]) > 86_400:
            return "absurd_watch_time"
    if entity in REQUIRED_CATEGORIES:
        column, names = REQUIRED_CATEGORIES[entity]
        if value[column].lower() not in names:
            return "unknown_category"
    for parent in PARENTS.get(entity, ()):
        if value[f"{parent}_id"] not in accepted[f"{parent}s"]:
            return f"unknown_{parent}"
    return ""


def parse_timestamp(text: str) -> datetime:
    text = text.strip()
    if re.fullmatch(r"\d{10}|\d{13}", text):
        scale = 1 if len(text) == 10 else 1000
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=1) * int(text) / scale
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day, minute, seconds, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{minute or '00:00'}{seconds or ''}{zone or 'Z'}")
    return moment.astimezone(UTC)


# -- logs of any size --


def read_log(log: GeneratedLog, entity: str) -> list[Row]:
    """All rows of an entity as text, as an ingest would cast them."""
    rows: list[Row] = []
    for path in log.files[entity]:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                reader = csv.reader(file, strict=True)
                header = next(reader)
                rows += [
                    dict(zip(header, line, strict=False))
                    | {"_malformed": "" if len(line) == len(header) else f"{len(line)} fields"}
                    for line in reader
                ]
        else:
            table = pa_parquet.read_table(path)
            texts = {
                name: [
                    "" if text is None else text for text in column.cast(pa.string()).to_pylist()
                ]
                for name, column in zip(table.column_names, table.columns, strict=True)
            }
            rows += [
                dict(zip(texts, values, strict=True)) | {"_malformed": ""}
                for values in zip(*texts.values(), strict=True)
            ]
    return [row | {"_ingested_at": "2026-08-30 06:00:00"} for row in rows]


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
@pytest.mark.parametrize(("events", "days"), [(1, 1), (7, 3), (1000, 1), (1000, 90), (3000, 400)])
def test_small_logs_have_the_rows_they_promise(
    tmp_path: Path, events: int, days: int, file_format: FileFormat
) -> None:
    log = generate_log(tmp_path, events=events, days=days, file_format=file_format)
    assert log.rows["video_views"] == events
    for entity, count in log.rows.items():
        assert len(read_log(log, entity)) == count
        assert all(path.is_file() for path in log.files[entity])
    assert sorted(tmp_path.iterdir()) == sorted(sum(log.files.values(), ()))


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_log_reconciles_with_the_mess_it_reports(tmp_path: Path, file_format: FileFormat) -> None:
    log = generate_log(tmp_path, events=60_000, days=30, file_format=file_format)
    tables = {entity: read_log(log, entity) for entity in HEADERS}
    found: dict[str, Counter[str]] = {entity: Counter() for entity in HEADERS}
    keys: dict[str, Counter[str]] = {entity: Counter() for entity in HEADERS}
    for entity, row, reason in reject(tables):
        found[entity][reason] += 1
        if not reason:
            keys[entity][find_key(entity, row)] += 1
    for entity, mess in log.mess.items():
        for reason in REJECTION_REASONS:
            assert found[entity][reason] == mess.get(reason, 0), (entity, reason)
        duplicates = sum(
            count for kind, count in mess.items() if kind.startswith(("exact_", "superseded"))
        )
        assert keys[entity].total() - len(keys[entity]) == duplicates
    spoilt = sum(log.mess["video_views"].values()) / log.rows["video_views"]
    assert 0.005 < spoilt < 0.02
    assert ("malformed_row" in log.mess["video_views"]) == (file_format == "csv")


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_log_values_have_the_contract_s_form(tmp_path: Path, file_format: FileFormat) -> None:
    log = generate_log(tmp_path, events=20_000, days=10, file_format=file_format)
    views = read_log(log, "video_views")[:19_000]
    uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
    for row in views:
        assert not row["view_id"] or uuid.fullmatch(row["view_id"])
        assert not row["person_id"] or uuid.fullmatch(row["person_id"])
        assert re.fullmatch(r"(-?\d+(\.\d{1,3})?)?", row["watch_seconds"])
        assert row["traffic_source"] in (*TRAFFIC_SOURCES, "carrier_pigeon")
        assert not row["viewed_at"] or parse_timestamp(row["viewed_at"])


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_a_seed_gives_one_log(tmp_path: Path, file_format: FileFormat) -> None:
    logs = [
        generate_log(tmp_path / name, events=5000, days=9, file_format=file_format, seed=seed)
        for name, seed in (("a", 4), ("b", 4), ("c", 5))
    ]
    first, again, other = (
        [path.read_bytes() for paths in log.files.values() for path in paths] for log in logs
    )
    assert first == again
    assert first != other
    people = [{row["person_id"] for row in read_log(log, "video_views")} for log in logs]
    assert people[0] & people[2] <= {""}


def test_plants_are_of_the_log_that_holds_them(tmp_path: Path) -> None:
    log = generate_log(
        tmp_path, events=3000, days=30, file_format="parquet", seed=5, accounts=4, videos=80
    )
    own = {row["account_id"] for row in read_log(log, "accounts") if row["account_role"] == "own"}
    videos = {row["video_id"]: row for row in read_log(log, "videos")}
    plants = log.plants
    assert len(own) == 4
    assert set(plants.topics) == own
    assert sum(row["account_id"] in own for row in videos.values()) >= 80
    assert videos[plants.viral_video_id]["account_id"] == plants.viral_account_id
    assert plants.campaign_account_id in own - {plants.viral_account_id}
    hours = Counter(row["posted_at"][11:13] for row in videos.values() if row["account_id"] in own)
    assert hours[f"{plants.best_hour:02d}"] >= 5
    others = {
        generate_log(
            tmp_path / str(seed), events=100, days=30, file_format="parquet", seed=seed
        ).plants.best_hour
        for seed in range(8)
    }
    assert len(others) > 2


def test_files_and_progress_follow_the_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiktok_warehouse.generate.CHUNK_ROWS", 1000)
    monkeypatch.setattr("tiktok_warehouse.generate.CHUNKS_PER_FILE", 2)
    seen: list[int] = []
    log = generate_log(
        tmp_path, events=5000, days=30, file_format="parquet", on_progress=seen.append
    )
    assert seen == [1000, 2000, 3000, 4000, 4990, 5000]
    assert [path.name for path in log.files["video_views"]] == [
        f"video_views-{number:04d}.parquet" for number in range(1, 5)
    ]
    for entity in ("interactions", "follower_events", "profile_visits", "conversions"):
        ids = Counter(find_key(entity, row) for row in read_log(log, entity))
        assert sum(count > 1 for key, count in ids.items() if key) < 20


def test_log_is_generated_fast_enough_to_load_millions(tmp_path: Path) -> None:
    start = time.perf_counter()
    generate_log(tmp_path, events=500_000, days=90, file_format="parquet")
    assert 500_000 / (time.perf_counter() - start) > 100_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"events": 0, "days": 1}, "0 events"),
        ({"events": 1, "days": 0}, "0 days"),
        ({"events": 1, "days": 5000}, "5000 days"),
        ({"events": 1, "days": 1, "seed": -1}, "Seed -1"),
        ({"events": 1, "days": 1, "accounts": 3, "videos": 2}, "3 accounts and 2 videos"),
        ({"events": 1, "days": 1, "accounts": 0}, "0 accounts"),
    ],
)
def test_impossible_logs_are_refused(
    tmp_path: Path, arguments: dict[str, int], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        generate_log(
            tmp_path / "log",
            events=arguments["events"],
            days=arguments["days"],
            file_format="csv",
            seed=arguments.get("seed", 1),
            accounts=arguments.get("accounts"),
            videos=arguments.get("videos"),
        )
    assert not (tmp_path / "log").exists()
