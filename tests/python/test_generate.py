"""The generator keeps the raw contract, and the committed sample is what it writes."""

from __future__ import annotations

import csv
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
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
from tiktok_warehouse.generate_mess import HOSTILE_TEXTS, PLANTS, TIMESTAMP_FORMS
from tiktok_warehouse.generate_world import INTERACTION_TYPES, TRAFFIC_SOURCES
from tiktok_warehouse.home import PROJECT_ROOT

SEEDS = PROJECT_ROOT / "seeds" / "raw"
ID_COLUMNS = {entity: header[0] for entity, header in HEADERS.items()}
TIME_COLUMNS = {
    "accounts": "created_at",
    "videos": "posted_at",
    "video_views": "viewed_at",
    "interactions": "interacted_at",
}
REQUIRED_CATEGORIES = {
    "accounts": ("account_role", ("own", "competitor")),
    "interactions": ("interaction_type", INTERACTION_TYPES),
}
REJECTION_REASONS = (
    *("malformed_row", "missing_key", "missing_required", "unparseable_timestamp"),
    *("future_timestamp", "before_platform", "unparseable_number", "negative_number"),
    *("absurd_watch_time", "unknown_category", "unknown_account", "unknown_video"),
)
# Kinds whose rows are rejected for a reason of another name.
OTHER_REASONS = {
    "rejected_never_displaces": {"unparseable_number"},
    "two_reasons": {"unparseable_timestamp", "future_timestamp"},
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
    assert sum(path.stat().st_size for path in sample.iterdir()) <= 2_800_000


@pytest.mark.parametrize("entity", HEADERS)
def test_sample_has_contract_columns_then_lineage(sample: Path, entity: str) -> None:
    text = (sample / f"raw_{entity}.csv").read_bytes()
    assert b"\r" not in text
    header = text.split(b"\n", 1)[0].decode().split(",")
    assert header == [*HEADERS[entity], *LINEAGE_COLUMNS, "_malformed"]
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
    for entity in ("video_views", "interactions"):
        people = {row["person_id"] for row in tables[entity]} - {""}
        assert all(re.fullmatch("[0-9a-f]{32}", person) for person in people)


def test_only_comments_have_text(tables: Tables) -> None:
    for row in tables["interactions"]:
        if row["comment_text"]:
            assert row["interaction_type"] == "comment"


def test_video_ids_hold_the_posting_time(tables: Tables) -> None:
    ids = [row for row in tables["videos"] if re.fullmatch(r"\d{19}", row["video_id"])]
    assert len(ids) == 60
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


def test_planted_keys_are_in_the_sample(tables: Tables) -> None:
    ids = {
        entity: {row[ID_COLUMNS[entity]].strip() for row in rows} for entity, rows in tables.items()
    }
    nameless = {
        f"{entity}/#{row['_source_row']}"
        for entity, rows in tables.items()
        for row in rows
        if not row[ID_COLUMNS[entity]].strip() and row["_ingest_id"].endswith("-0004")
    }
    for kind, names in planted_mess().items():
        for name in names:
            entity, key = name.split("/", 1)
            assert name in nameless if key.startswith("#") else key in ids[entity], (kind, name)


def test_only_planted_rows_are_rejected_and_for_their_reason(tables: Tables) -> None:
    planted: dict[str, set[str]] = {}
    for kind, names in planted_mess().items():
        for name in names:
            planted.setdefault(name, set()).add(kind)
    rejected: dict[str, set[str]] = {}
    for entity, row, reason in reject(tables):
        if reason:
            key = row[ID_COLUMNS[entity]].strip() or f"#{row['_source_row']}"
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
            row[ID_COLUMNS[entity]].strip() for name, row, _ in reject(tables) if name == entity
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
        if entity in ("video_views", "interactions") and not reason:
            day = f"{parse_timestamp(row[TIME_COLUMNS[entity]]):%Y-%m-%d}"
            assert "2026-06-01" <= day <= "2026-08-29", row


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
    for entity in ("accounts", "videos", "video_views", "interactions"):
        accepted[entity] = set()
        for row in tables[entity]:
            reason = find_reason(entity, row, accepted)
            if not reason:
                accepted[entity].add(row[ID_COLUMNS[entity]].strip())
            yield entity, row, reason


def find_reason(entity: str, row: Row, accepted: dict[str, set[str]]) -> str:
    value = {name: text.strip() for name, text in row.items()}
    if row["_malformed"]:
        return "malformed_row"
    if not value[ID_COLUMNS[entity]]:
        return "missing_key"
    if not all(value[name] for name in ENTITIES[entity].required):
        return "missing_required"
    if entity != "accounts":
        try:
            at = parse_timestamp(value[TIME_COLUMNS[entity]])
        except ValueError:
            return "unparseable_timestamp"
        if entity != "videos" and at > parse_timestamp(row["_ingested_at"]) + timedelta(hours=24):
            return "future_timestamp"
        if at < datetime(2016, 9, 1, tzinfo=UTC):
            return "before_platform"
    if entity == "video_views":
        watch = value["watch_seconds"]
        if not re.fullmatch(r"[+-]?\d+(\.\d+)?", watch):
            return "unparseable_number"
        if float(watch) < 0:
            return "negative_number"
        if float(watch) > 86_400:
            return "absurd_watch_time"
    if entity in REQUIRED_CATEGORIES:
        column, names = REQUIRED_CATEGORIES[entity]
        if value[column].lower() not in names:
            return "unknown_category"
    if entity == "videos" and value["account_id"] not in accepted["accounts"]:
        return "unknown_account"
    if "videos" in accepted and entity != "videos" and value["video_id"] not in accepted["videos"]:
        return "unknown_video"
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
            keys[entity][row[ID_COLUMNS[entity]].strip()] += 1
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
    ids = Counter(row["interaction_id"] for row in read_log(log, "interactions"))
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
        )
    assert not (tmp_path / "log").exists()
