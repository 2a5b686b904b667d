"""Every kind of mess that the sample holds, and where each one ends."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pytest

from tiktok_warehouse.entities import ENTITIES
from tiktok_warehouse.generate import planted_mess
from tiktok_warehouse.generate_mess import HOSTILE_TEXTS, TIMESTAMP_FORMS

KEYS = {
    "accounts": "account_id",
    "videos": "video_id",
    "video_views": "view_id",
    "interactions": "interaction_id",
    "follower_events": "event_id",
    "follower_counts": "account_id || '@' || strftime(count_date, '%Y-%m-%d')",
    "profile_visits": "visit_id",
    "conversions": "conversion_id",
    "account_snapshots": "account_id || '@' || strftime(captured_at, '%Y-%m-%d %H:%M:%S')",
    "video_snapshots": "video_id || '@' || strftime(captured_at, '%Y-%m-%d %H:%M:%S')",
}
# Where a key has a moment that cannot be read, its raw text stands in the key.
UNREAD_KEYS = {
    entity: f"""{owner} || '@' || (
        select trim(seed.{moment}) from raw.raw_{entity} as seed
        where cast(seed._ingest_seq as bigint) = base._ingest_seq
        and cast(seed._source_row as bigint) = base._source_row
    )"""
    for entity, owner, moment in (
        ("follower_counts", "account_id", "count_date"),
        ("account_snapshots", "account_id", "captured_at"),
        ("video_snapshots", "video_id", "captured_at"),
    )
}
# Three event entities, each with the model that gives its rows a day.
DATED = {
    "follower_events": ("occurred_at", "int_follower_events_dated"),
    "profile_visits": ("visited_at", "int_profile_visits_dated"),
    "conversions": ("converted_at", "int_conversions_dated"),
}
MOMENTS = {
    "interactions": "interacted_at",
    "follower_events": "occurred_at",
    "follower_counts": "count_date",
    "profile_visits": "visited_at",
    "conversions": "converted_at",
    "account_snapshots": "captured_at",
    "video_snapshots": "captured_at",
}
REJECTED_KINDS = (
    "malformed_row",
    "missing_key",
    "missing_required",
    "unparseable_timestamp",
    "future_timestamp",
    "before_platform",
    "unparseable_number",
    "negative_number",
    "absurd_watch_time",
    "unknown_category",
    "unknown_account",
    "unknown_video",
)
Build = duckdb.DuckDBPyConnection


def planted(kind: str, entity: str | None = None) -> list[tuple[str, str]]:
    """(entity, key) of each row planted for a kind."""
    places = [tuple(place.split("/", 1)) for place in planted_mess()[kind]]
    return [(where, key) for where, key in places if entity in (None, where)]


def statuses(build: Build, entity: str, key: str) -> list[tuple[str, str | None, str | None]]:
    """(row_status, duplicate_kind, reason_code) of each raw row with this key, oldest first.

    A key like ``#7`` is the seventh row of the entity's file in the corrections ingest.
    """
    where = f"coalesce({KEYS[entity]}, {UNREAD_KEYS.get(entity, 'null')}) = ?"
    if key.startswith("#"):
        where = (
            "_source_row = cast(substr(?, 2) as bigint) and _ingest_seq ="
            f" (select max(_ingest_seq) from staging.base_event_log__{entity})"
        )
    return build.execute(
        f"select row_status, duplicate_kind, reason_code from staging.base_event_log__{entity}"
        f" as base where {where} order by _ingest_seq, _source_row",
        [key],
    ).fetchall()


def accepted_row(build: Build, entity: str, key: str, columns: str) -> tuple[object, ...]:
    row = build.execute(
        f"select {columns} from staging.stg_event_log__{entity} where {KEYS[entity]} = ?", [key]
    ).fetchone()
    assert row is not None, f"{entity}/{key} is not accepted"
    return row


def kinds(rows: Iterable[tuple[str, str | None, str | None]]) -> list[str]:
    return [duplicate or reason or status for status, duplicate, reason in rows]


@pytest.mark.parametrize("kind", REJECTED_KINDS)
def test_a_row_is_rejected_for_the_reason_it_was_planted_for(
    sample_build: Build, kind: str
) -> None:
    places = planted(kind)
    assert places
    for entity, key in places:
        assert kinds(statuses(sample_build, entity, key)) == [kind], f"{entity}/{key}"


@pytest.mark.parametrize("kind", REJECTED_KINDS)
def test_a_rejected_row_is_listed_with_its_file_and_a_remedy(
    sample_build: Build, kind: str
) -> None:
    rows = sample_build.execute(
        "select source_file, source_row, reason, remedy, raw_record, is_waiting"
        " from quality.rejected_rows where reason_code = ?",
        [kind],
    ).fetchall()
    assert len(rows) >= len(planted(kind))
    for source_file, source_row, reason, remedy, raw_record, is_waiting in rows:
        assert source_file.endswith(".csv")
        assert source_row >= 1
        assert reason
        assert remedy
        assert (raw_record is None) == (kind == "malformed_row")
        assert is_waiting == (kind in ("unknown_account", "unknown_video"))


def test_no_record_of_a_rejected_row_has_a_column_of_a_person(sample_build: Build) -> None:
    found = sample_build.execute(
        "select entity, list_sort(list_distinct(flatten(list(json_keys(raw_record)))))"
        " from quality.rejected_rows where raw_record is not null group by entity"
    ).fetchall()
    hidden = {"person_id", "comment_text"}
    assert dict(found) == {
        entity.name: sorted(set(entity.columns) - hidden) for entity in ENTITIES.values()
    }


def test_a_broken_json_line_is_not_said_to_have_fields(sample_build: Build) -> None:
    # The reader's own words follow: "not valid JSON ..." or "3 fields, the header has 2 ...".
    reasons = sample_build.execute(
        "select reason from reference.rejection_reasons where reason_code = 'malformed_row'"
    ).fetchall()
    assert reasons == [("The row does not have the shape of its file",)]


def test_of_two_reasons_the_first_in_the_contract_counts(sample_build: Build) -> None:
    assert kinds(statuses(sample_build, "video_views", "v-mess-two-reasons-1")) == [
        "unparseable_timestamp"
    ]
    assert kinds(statuses(sample_build, "interactions", "i-mess-two-reasons-1")) == [
        "future_timestamp"
    ]
    first_reasons = {
        ("follower_events", "f-mess-two-reasons-1"): "unknown_category",
        ("follower_counts", "acc-mess-never@2026-08-06"): "negative_number",
        ("conversions", "c-mess-two-reasons-1"): "unknown_category",
        ("account_snapshots", "acc-mess-never@2126-08-20 20:00:00"): "future_timestamp",
        ("video_snapshots", "vid-mess-never@2026-08-07 20:00:00"): "unknown_account",
    }
    for (entity, key), reason in first_reasons.items():
        assert kinds(statuses(sample_build, entity, key)) == [reason], key
    assert len(planted("two_reasons")) == 2 + len(first_reasons)


@pytest.mark.parametrize(
    "kind",
    [
        "exact_duplicate_same_ingest",
        "exact_duplicate_other_ingest",
        "exact_duplicate_after_parsing",
    ],
)
def test_an_exact_duplicate_counts_once(sample_build: Build, kind: str) -> None:
    places = planted(kind)
    assert places
    for entity, key in places:
        assert kinds(statuses(sample_build, entity, key)) == ["exact", "accepted"], key


@pytest.mark.parametrize(
    "kind", ["superseded", "superseded_on_another_day", "superseded_on_another_video"]
)
def test_a_superseded_row_gives_way_to_the_latest(sample_build: Build, kind: str) -> None:
    places = planted(kind)
    assert places
    for entity, key in places:
        assert kinds(statuses(sample_build, entity, key)) == ["superseded", "accepted"], key


def test_a_row_superseded_on_another_day_leaves_its_old_day(sample_build: Build) -> None:
    old, new = sample_build.execute(
        "select cast(viewed_at as date) from staging.base_event_log__video_views"
        " where view_id = 'v-mess-superseded-day-1' order by _ingest_seq"
    ).fetchall()
    assert old != new
    days = sample_build.execute(
        "select event_date from intermediate.int_video_views_dated"
        " where view_id = 'v-mess-superseded-day-1'"
    ).fetchall()
    assert days == [new]


@pytest.mark.parametrize("entity", DATED)
def test_an_audience_row_superseded_on_another_day_leaves_its_old_day(
    sample_build: Build, entity: str
) -> None:
    moment, dated = DATED[entity]
    ((_, key),) = planted("superseded_on_another_day", entity)
    old, new = sample_build.execute(
        f"select cast({moment} as date) from staging.base_event_log__{entity}"
        f" where {KEYS[entity]} = ? order by _ingest_seq",
        [key],
    ).fetchall()
    assert old != new
    days = sample_build.execute(
        f"select event_date from intermediate.{dated} where {KEYS[entity]} = ?", [key]
    ).fetchall()
    assert days == [new]


def test_a_rejected_row_never_displaces_an_accepted_one(sample_build: Build) -> None:
    places = planted("rejected_never_displaces")
    assert places
    for entity, key in places:
        rows = statuses(sample_build, entity, key)
        assert [status for status, _, _ in rows] == ["accepted", "rejected"], key


def test_a_later_count_of_a_day_corrects_it(sample_build: Build) -> None:
    for day, followers in {"2026-07-10": 1310, "2026-07-11": 1290, "2026-07-12": 1295}.items():
        key = f"acc-mess-exact-1@{day}"
        assert accepted_row(sample_build, "follower_counts", key, "followers") == (followers,)


def test_a_late_row_counts_on_the_day_it_happened(sample_build: Build) -> None:
    for _, key in planted("late", "video_views"):
        viewed_at, ingested_at = accepted_row(
            sample_build, "video_views", key, "cast(viewed_at as date), cast(_ingested_at as date)"
        )
        day = sample_build.execute(
            "select event_date from intermediate.int_video_views_dated where view_id = ?", [key]
        ).fetchone()
        assert day == (viewed_at,)
        assert (ingested_at - viewed_at).days > 2  # type: ignore[operator]


@pytest.mark.parametrize("entity", MOMENTS)
def test_a_late_row_of_any_entity_is_accepted(sample_build: Build, entity: str) -> None:
    places = planted("late", entity)
    assert places
    for _, key in places:
        age = accepted_row(
            sample_build,
            entity,
            key,
            f"cast(_ingested_at as date) - cast({MOMENTS[entity]} as date)",
        )
        assert age[0] > 2, key  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["waiting_for_video", "waiting_for_account"])
def test_a_waiting_row_is_taken_up_once_its_parent_is_there(sample_build: Build, kind: str) -> None:
    for entity, key in planted(kind):
        assert kinds(statuses(sample_build, entity, key)) == ["accepted"], key
    for _, key in planted("waiting_for_video", "video_views"):
        earlier = sample_build.execute(
            "select views._ingest_seq < videos._ingest_seq"
            " from staging.stg_event_log__video_views as views"
            " inner join staging.stg_event_log__videos as videos using (video_id)"
            " where view_id = ?",
            [key],
        ).fetchone()
        assert earlier == (True,), f"{key} does not come before its video"


def test_a_row_that_waited_for_its_account_came_before_it(sample_build: Build) -> None:
    waited = [place for place in planted("waiting_for_account") if place[0] in MOMENTS]
    assert {entity for entity, _ in waited} == set(MOMENTS) - {"interactions"}
    for entity, key in waited:
        earlier = sample_build.execute(
            f"select _ingest_seq < (select max(_ingest_seq) from"
            f" staging.stg_event_log__accounts where account_id = 'acc-mess-late-1')"
            f" from staging.stg_event_log__{entity} where {KEYS[entity]} = ?",
            [key],
        ).fetchone()
        assert earlier == (True,), key


def test_an_unknown_optional_reference_keeps_the_row_for_its_account(sample_build: Build) -> None:
    places = planted("unknown_optional_reference")
    assert {entity for entity, _ in places} == set(DATED)
    for entity, key in places:
        assert kinds(statuses(sample_build, entity, key)) == ["accepted"], key
        row = sample_build.execute(
            f"select account_id is not null, video_id"
            f" from intermediate.{DATED[entity][1]} where {KEYS[entity]} = ?",
            [key],
        ).fetchone()
        assert row == (True, None), key
    fed = sample_build.execute(
        "select count(*) from marts.fct_video_daily where video_id = 'vid-mess-never'"
    ).fetchone()
    assert fed == (0,)


def test_a_row_of_nobody_is_accepted(sample_build: Build) -> None:
    places = planted("no_person")
    assert {entity for entity, _ in places} == set(DATED)
    for entity, key in places:
        assert accepted_row(sample_build, entity, key, "person_key") == (None,), key


def test_a_refund_is_accepted_with_its_negative_value(sample_build: Build) -> None:
    for entity, key in planted("refund"):
        assert accepted_row(sample_build, entity, key, "value_amount < 0") == (True,), key


def test_currencies_of_one_day_are_never_added_together(sample_build: Build) -> None:
    places = planted("two_currencies_on_one_day")
    account, day = accepted_row(
        sample_build, *places[0], "account_id, cast(converted_at as date) as day"
    )
    by_currency = sample_build.execute(
        "select currency from marts.fct_conversion_daily"
        " where account_id = ? and event_date = ? and currency is not null",
        [account, day],
    ).fetchall()
    assert {currency for (currency,) in by_currency} >= {"EUR", "CHF"}
    total = sample_build.execute(
        "select conversions >= 2, conversion_value_amount, currency from marts.daily_account_kpis"
        " where account_id = ? and kpi_date = ?",
        [account, day],
    ).fetchone()
    assert total == (True, None, None)


def test_a_snapshot_without_any_measure_is_accepted(sample_build: Build) -> None:
    measures = {
        "account_snapshots": "coalesce(followers, total_likes, videos)",
        "video_snapshots": "coalesce(views, likes, comments, shares, saves, reach,"
        " total_watch_seconds)",
    }
    places = planted("all_measures_null")
    assert {entity for entity, _ in places} == set(measures)
    for entity, key in places:
        assert accepted_row(sample_build, entity, key, measures[entity]) == (None,), key


def test_a_waiting_row_competes_in_its_own_place(sample_build: Build) -> None:
    rows = kinds(statuses(sample_build, "video_views", "v-mess-waiting-competes-1"))
    assert rows == ["superseded", "accepted"]


def test_a_clock_up_to_24_hours_ahead_is_accepted(sample_build: Build) -> None:
    for entity, key in planted("clock_ahead_within_24_hours"):
        assert kinds(statuses(sample_build, entity, key)) == ["accepted"]


def test_a_video_scheduled_in_the_future_is_accepted(sample_build: Build) -> None:
    for entity, key in planted("scheduled_in_the_future"):
        assert kinds(statuses(sample_build, entity, key)) == ["accepted"]


def test_24_hours_of_watching_are_the_most_that_is_accepted(sample_build: Build) -> None:
    for entity, key in planted("longest_watch_time"):
        assert accepted_row(sample_build, entity, key, "watch_seconds = 86400") == (True,)


@pytest.mark.parametrize(("view_id", "meaning"), TIMESTAMP_FORMS.items())
def test_a_timestamp_is_read_in_every_accepted_form(
    sample_build: Build, view_id: str, meaning: str
) -> None:
    row = accepted_row(
        sample_build, "video_views", view_id, f"viewed_at = cast('{meaning}' as timestamp)"
    )
    assert row == (True,), accepted_row(sample_build, "video_views", view_id, "viewed_at")


def test_an_offset_that_crosses_midnight_moves_the_day(sample_build: Build) -> None:
    for key, days in {"v-mess-time-day-before": -1, "v-mess-time-day-after": 1}.items():
        moved = sample_build.execute(
            "select dated.event_date - cast(substr(raw.viewed_at, 1, 10) as date)"
            " from raw.raw_video_views as raw"
            " inner join intermediate.int_video_views_dated as dated using (view_id)"
            " where view_id = ?",
            [key],
        ).fetchone()
        assert moved == (days,), key


def test_instants_around_midnight_fall_on_the_day_of_the_reporting_zone(
    sample_build: Build,
) -> None:
    places = planted("zone_crosses_midnight")
    assert places
    elsewhere = 0
    for entity, key in places:
        utc_day, kolkata_day, event_date = accepted_row(
            sample_build,
            entity,
            key,
            "cast(viewed_at as date),"
            " cast((viewed_at at time zone 'UTC') at time zone 'Asia/Kolkata' as date),"
            " (select event_date from intermediate.int_video_views_dated as dated"
            " where dated.view_id = stg_event_log__video_views.view_id)",
        )
        assert event_date == utc_day
        elsewhere += kolkata_day != utc_day
    assert elsewhere >= 1


def test_a_bad_optional_value_is_nulled_and_counted(sample_build: Build) -> None:
    columns = {
        "vid-mess-bad-duration-1": ("videos", "duration_seconds", None),
        "vid-mess-bad-duration-2": ("videos", "duration_seconds", None),
        "vid-mess-bad-format-1": ("videos", "content_format", "other"),
        "vid-mess-bad-ai-1": ("videos", "is_ai_generated", None),
        "v-mess-bad-source-1": ("video_views", "traffic_source", "other"),
        "i-mess-bad-source-1": ("interactions", "traffic_source", "other"),
        "i-mess-bad-undo-1": ("interactions", "is_undo", None),
        "acc-mess-bad-time-1": ("accounts", "created_at", None),
        "c-mess-bad-currency-1": ("conversions", "currency", None),
        "c-mess-bad-value-1": ("conversions", "value_amount", None),
        "c-mess-bad-quantity-1": ("conversions", "quantity", None),
    }
    accounts = ("followers", "total_likes", "videos")
    videos = ("views", "comments", "total_watch_seconds")
    for entity, owner, names in (
        ("account_snapshots", "acc-mess-exact-1", accounts),
        ("video_snapshots", "vid-mess-exact-1", videos),
    ):
        for day, name in enumerate(names, start=9):
            columns[f"{owner}@2026-08-{day:02d} 20:00:00"] = (entity, name, None)
    for key, (entity, column, value) in columns.items():
        assert accepted_row(sample_build, entity, key, column) == (value,), key
    counted = sample_build.execute(
        "select sum(nulled_values) from quality.nulled_values"
    ).fetchone()
    assert counted == (len(columns),)


def test_an_empty_optional_value_is_null_and_not_counted(sample_build: Build) -> None:
    row = accepted_row(sample_build, "video_views", "v-mess-no-source-1", "traffic_source")
    assert row == (None,)


def test_enumerations_and_padding_are_normalised(sample_build: Build) -> None:
    places = planted("padded_or_mixed_case")
    assert places
    for entity, key in places:
        assert kinds(statuses(sample_build, entity, key)) == ["accepted"], key
    types = sample_build.execute(
        "select interaction_type from staging.stg_event_log__interactions"
        " where interaction_id like 'i-mess-case-%'"
    ).fetchall()
    assert types
    assert all(value == value.strip().lower() for (value,) in types)


@pytest.mark.parametrize("kind", ["id_kept_as_text", "id_over_2_to_53"])
def test_an_id_stays_text(sample_build: Build, kind: str) -> None:
    for entity, key in planted(kind):
        assert kinds(statuses(sample_build, entity, key)) == ["accepted"], key


def test_hostile_text_reaches_the_dimension_verbatim(sample_build: Build) -> None:
    shown = sample_build.execute(
        "select caption from marts.dim_videos where video_id like 'vid-mess-text-%'"
    ).fetchall()
    captions = {caption for (caption,) in shown}
    assert captions == {text.strip() for text in HOSTILE_TEXTS}
    assert any("</script>" in caption for caption in captions)
    assert any("\n" in caption for caption in captions)
    assert any(caption.startswith("=") for caption in captions)


def test_an_undo_leaves_the_gross_count_and_lowers_the_net_one(sample_build: Build) -> None:
    for _, key in planted("undo", "interactions"):
        assert accepted_row(sample_build, "interactions", key, "is_undo") == (True,)
    gross, net, undos = sample_build.execute(
        "select sum(likes), sum(net_likes), (select count(*) from marts.fct_interactions"
        " where is_undo and interaction_type = 'like') from marts.fct_video_daily"
        # Snapshots know no undo.
        " where net_likes is not null"
    ).fetchall()[0]
    assert undos > 0
    assert gross - net == undos


def test_no_raw_row_is_lost(sample_build: Build) -> None:
    for entity in KEYS:
        raw, kept = sample_build.execute(
            f"select (select count(*) from raw.raw_{entity}), sum(accepted_rows + rejected_rows"
            " + duplicate_rows) from quality.row_reconciliation where entity = ?",
            [entity],
        ).fetchall()[0]
        assert raw == kept
