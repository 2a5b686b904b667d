"""Accounts API payloads: found in any wrapping, every number exactly as it was sent."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import api_files as made
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources import accounts_api as api
from tiktok_warehouse.sources import json_values
from tiktok_warehouse.sources.export_file import ExportFile

Rows = dict[str, list[dict[str, Any]]]


def read(file: ExportFile, **options: Any) -> api.ApiRead:
    return api.read(file, scratch=file.path.parent, **options)


def rows_of(result: api.ApiRead) -> Rows:
    return {part.entity.name: part.to_part().rows.to_pylist() for part in result.parts}


def read_rows(folder: Path, content: Any, name: str = "payload.json", **options: Any) -> Rows:
    return rows_of(read(made.write(folder, content, name), **options))


def left_out(result: api.ApiRead) -> dict[str, int]:
    return {field.name: field.records for field in result.left_out}


def plain(rows: Rows, *, without: tuple[str, ...] = ("captured_at", "synced_at")) -> Rows:
    return {
        name: [{k: v for k, v in row.items() if k not in without} for row in entity]
        for name, entity in rows.items()
    }


# --- /business/get/ --------------------------------------------------------------------------


def test_days_are_exact_text_and_dash_is_null(tmp_path: Path) -> None:
    rows = read_rows(tmp_path, made.page(made.make_account(2)))["api_account_days"]
    assert [row["event_date"] for row in rows] == ["2025-01-01", "2025-01-02"]
    assert [row["_source_row"] for row in rows] == [1, 2]
    assert rows[0] == {
        "account_handle": made.HANDLE,
        "event_date": "2025-01-01",
        "video_views": "1001",
        "unique_video_views": "801",
        "profile_views": "31",
        "likes": "20",
        "comments": "3",
        "shares": None,
        "followers_count": "5000",
        "daily_total_followers": "5000",
        "daily_new_followers": "12",
        "daily_lost_followers": "2",
        "engaged_audience": "55",
        "phone_number_clicks": None,
        "lead_submissions": None,
        "app_download_clicks": None,
        "bio_link_clicks": None,
        "email_clicks": None,
        "address_clicks": None,
        "synced_at": None,
        "_source_row": 1,
        "_malformed": None,
    }


def test_profile_and_audience_are_snapshots(tmp_path: Path) -> None:
    account = made.make_account(captured_at=made.CAPTURED)
    rows = read_rows(tmp_path, made.page(account))
    assert rows["api_account_profile"] == [
        {
            "account_handle": made.HANDLE,
            "captured_at": made.CAPTURED_TEXT,
            "followers_count": "5001",
            "total_likes": "123456",
            "videos_count": "42",
            "is_business_account": "true",
            "_source_row": 1,
            "_malformed": None,
        }
    ]
    shares = [
        (row["dimension"], row["value"], row["percentage"], row["captured_at"])
        for row in rows["api_audience"]
    ]
    assert shares == [
        ("age", "18-24", "0.625", made.CAPTURED_TEXT),
        ("age", "55+", "0.375", made.CAPTURED_TEXT),
        ("gender", "Female", "0.5", made.CAPTURED_TEXT),
        ("country", "NL", "1", made.CAPTURED_TEXT),
        ("city", "Nergensdorp", "0.1", made.CAPTURED_TEXT),
    ]


def test_an_account_without_an_audience_has_none(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("audience_ages", "audience_genders", "audience_countries"))
    account = made.make_account(1, is_business=False, **nothing, audience_cities=[])
    rows = read_rows(tmp_path, account)
    assert "api_audience" not in rows
    assert rows["api_account_profile"][0]["is_business_account"] == "false"


def test_total_viewers_stand_in_only_where_total_followers_are_absent(tmp_path: Path) -> None:
    renamed = made.make_day(1, daily_total_viewers=77)
    del renamed["daily_total_followers"]
    both = made.make_day(2, daily_total_viewers=77)
    null = made.make_day(3, daily_total_viewers=77, daily_total_followers=None)
    result = read(made.write(tmp_path, made.make_account(metrics=[renamed, both, null])))
    days = rows_of(result)["api_account_days"]
    assert [day["daily_total_followers"] for day in days] == ["77", "5000", None]
    assert len(result.notes) == 1
    assert (
        "daily_total_followers of 1 days came under the tag daily_total_viewers"
        in (result.notes[0])
    )
    assert left_out(result)["daily_total_viewers"] == 2


def test_days_that_a_connector_flattened(tmp_path: Path) -> None:
    lines = made.to_lines(
        *[made.make_day(day, business_id=made.BUSINESS_ID) for day in range(1, 4)]
    )
    rows = read_rows(tmp_path, lines)
    assert list(rows) == ["api_account_days"]
    assert {row["account_handle"] for row in rows["api_account_days"]} == {made.BUSINESS_ID}
    assert [row["_source_row"] for row in rows["api_account_days"]] == [1, 2, 3]


# --- /business/video/list/ -------------------------------------------------------------------


def test_videos_curves_and_sources(tmp_path: Path) -> None:
    rows = read_rows(tmp_path, made.video_page(made.make_video(), made.make_video("2")))
    video = rows["api_videos"][0]
    assert video == {
        "account_handle": made.HANDLE,
        "video_id": made.VIDEO_ID,
        "captured_at": "2025-01-11 01:02:03Z",
        "posted_at": "2025-01-02 03:04:05Z",
        "caption": "soup, a story",
        "media_type": "video",
        "is_ad": "false",
        "duration_seconds": "12.34",
        "views": "900",
        "reach": "700",
        "likes": "80",
        "comments": "7",
        "shares": "6",
        "favorites": "5",
        "total_time_watched": "5400.5",
        "average_time_watched": "6.0",
        "full_video_watched_rate": "0.31",
        "new_followers": "1",
        "profile_views": None,
        "website_clicks": None,
        "phone_number_clicks": None,
        "lead_submissions": None,
        "app_download_clicks": None,
        "email_clicks": None,
        "address_clicks": None,
        "_source_row": 1,
        "_malformed": None,
    }
    curve = [
        (row["video_id"], row["second"], row["percentage"], row["_source_row"])
        for row in rows["api_video_retention"]
    ]
    assert curve == [
        (made.VIDEO_ID, "0", "1", 1),
        (made.VIDEO_ID, "1", "0.8", 1),
        ("2", "0", "1", 2),
        ("2", "1", "0.8", 2),
    ]
    sources = [(row["impression_source"], row["percentage"]) for row in rows["api_video_sources"]]
    assert sources[:2] == [("For You", "0.9"), ("Direct Message", "0.1")]


def test_decimals_stay_as_they_were_written(tmp_path: Path) -> None:
    text = (
        '{"item_id": 7300000000000000001, "media_type": "PHOTO", "video_views": 12.0,'
        ' "total_time_watched": 123456789012345678.1230, "full_video_watched_rate": 0.10,'
        ' "create_time": 1735787045, "username": "a"}'
    )
    [video] = read_rows(tmp_path, text)["api_videos"]
    assert video["video_id"] == "7300000000000000001"
    assert video["views"] == "12"
    assert video["total_time_watched"] == "123456789012345678.1230"
    assert video["full_video_watched_rate"] == "0.10"
    assert video["posted_at"] == "2025-01-02 03:04:05Z"


@pytest.mark.parametrize(
    ("field", "column", "value", "reason"),
    [
        ("video_views", "views", "1e3", "views is no whole number"),
        ("video_views", "views", 1e300, "views is no whole number"),
        ("video_views", "views", 12.5, "views is no whole number"),
        ("video_views", "views", "1,000", "views is no whole number"),
        ("video_views", "views", True, "views is no whole number"),
        ("video_views", "views", [1], "views is no single value"),
        ("reach", "reach", "١٢", "reach is no whole number"),
        ("video_duration", "duration_seconds", "12,5", "duration_seconds is no plain number"),
        ("video_duration", "duration_seconds", 1e-7, "duration_seconds is no plain number"),
        ("video_duration", "duration_seconds", float("nan"), "duration_seconds is no plain"),
        ("create_time", "posted_at", "yesterday", "posted_at is no timestamp"),
        ("is_ad", "is_ad", "perhaps", "is_ad is no true or false"),
        ("item_id", "video_id", 7.3e30, "video_id is no id"),
    ],
)
def test_a_bad_value_is_null_and_its_row_says_so(
    tmp_path: Path, field: str, column: str, value: Any, reason: str
) -> None:
    good = made.make_video("2")
    rows = read_rows(tmp_path, made.video_page(made.make_video(**{field: value}), good))
    bad, fine = rows["api_videos"]
    assert bad[column] is None
    assert bad["_malformed"].startswith(reason)
    assert bad["likes"] == "80"
    assert (fine["_malformed"], fine["video_id"]) == (None, "2")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_names_are_read_in_any_case(data: st.DataObject) -> None:
    def change(value: Any) -> Any:
        if isinstance(value, dict):
            return {data.draw(cases)(name): change(inner) for name, inner in value.items()}
        return [change(inner) for inner in value] if isinstance(value, list) else value

    cases = st.sampled_from([str.upper, str.lower, str.title])
    account = made.make_account(2)
    payload = [made.page(account), made.video_page(made.make_video(captured_at=made.CAPTURED))]
    with tempfile.TemporaryDirectory() as folder:
        changed = read_rows(Path(folder), change(payload))
        assert changed == read_rows(Path(folder), payload)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-01T00:00:00.000Z", "2026-05-01"),
        ("2026-05-01 23:00:00 +0000", "2026-05-01"),
        ("2026-05-01T23:30:00-03:00", "2026-05-02"),
        (1777593600, "2026-05-01"),
        ("1777593600000", "2026-05-01"),
        (1777593600000.0, "2026-05-01"),
        (20574, "2026-05-01"),
        ("20574.0", "2026-05-01"),
        (17044, None),
        # A spreadsheet's number of that day, which as days since 1970 lies in 2096.
        (46143, None),
        ("2026/05/01", None),
        ("05/01/2026", None),
    ],
)
def test_an_instant_or_a_number_of_days_may_stand_for_a_date(
    tmp_path: Path, value: Any, expected: str | None
) -> None:
    rows = read_rows(tmp_path, [made.make_day(1, date=value, username="a")])["api_account_days"]
    assert rows[0]["event_date"] == expected
    assert (rows[0]["_malformed"] is None) == (expected is not None)


def test_a_bad_day_and_a_bad_share_say_so(tmp_path: Path) -> None:
    account = made.make_account(
        metrics=[made.make_day(1, date="01/02/2025"), made.make_day(2, date="20250102")],
        audience_ages=[{"age": "18-24", "percentage": "many"}, "no object"],
    )
    result = read(made.write(tmp_path, account))
    rows = rows_of(result)
    assert [row["event_date"] for row in rows["api_account_days"]] == [None, "2025-01-02"]
    assert rows["api_account_days"][0]["_malformed"] == (
        "event_date is no date like YYYY-MM-DD: 01/02/2025"
    )
    assert rows["api_audience"][0]["_malformed"] == (
        "percentage is no plain number: hidden (4 characters)"
    )
    assert left_out(result)["unknown objects"] == 1


def test_favorites_under_their_other_tag(tmp_path: Path) -> None:
    renamed = made.make_video(favorities=9)
    del renamed["favorites"]
    result = read(made.write(tmp_path, made.video_page(renamed, made.make_video(favorities=9))))
    assert [row["favorites"] for row in rows_of(result)["api_videos"]] == ["9", "5"]
    assert "favorites of 1 videos came under the tag favorities" in result.notes[0]


WHOLE_ID = "7653631721595456789"


@pytest.mark.parametrize(
    "written",
    [
        json.loads("7653631721595457000"),  # JavaScript
        int(float(WHOLE_ID)),
        "7653631721595456512.0",  # pandas
        "7653631721595450000",  # a spreadsheet keeps 15 digits
        "7.65363E+18",
        "7,65363172159546E+018",
        float("7.65363172159546e18"),
    ],
)
def test_an_id_that_lost_its_last_digits_is_read_from_the_link(
    tmp_path: Path, written: Any
) -> None:
    link = f"https://www.tiktok.com/@{made.HANDLE}/video/{WHOLE_ID}"
    result = read(made.write(tmp_path, made.video_page(made.make_video(written, share_url=link))))
    rows = rows_of(result)
    for entity in ("api_videos", "api_video_retention", "api_video_sources"):
        assert {row["video_id"] for row in rows[entity]} == {WHOLE_ID}
        assert {row["_malformed"] for row in rows[entity]} == {None}
    assert result.notes == (
        "item_id of 1 videos had lost its last digits; the number in share_url was read.",
    )


@pytest.mark.parametrize("written", ["7653631721595456788", "7653631721595459000", "4200"])
def test_another_id_than_the_links_stays_as_it_is(tmp_path: Path, written: str) -> None:
    link = f"https://www.tiktok.com/@{made.HANDLE}/video/{WHOLE_ID}"
    result = read(made.write(tmp_path, made.video_page(made.make_video(written, share_url=link))))
    assert rows_of(result)["api_videos"][0]["video_id"] == written
    assert result.notes == ()


def test_an_id_that_lost_its_last_digits_without_a_link_is_none(tmp_path: Path) -> None:
    page = made.video_page(made.make_video("7.65363E+18", share_url=None))
    row = read_rows(tmp_path, page, account=made.HANDLE)["api_videos"][0]
    assert row["video_id"] is None
    assert row["_malformed"] == "video_id has lost its last digits: hidden (11 characters)"


def test_the_tables_of_fivetran_name_the_account_their_own_way(tmp_path: Path) -> None:
    day = {**made.make_day(), "profile_username": made.HANDLE}
    result = read(made.write(tmp_path, day))
    assert rows_of(result)["api_account_days"][0]["account_handle"] == made.HANDLE
    assert "profile_username" not in left_out(result)


# --- wrappings -------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapping", sorted(made.wrap_all({})))
@pytest.mark.parametrize("flat", [False, True])
def test_a_record_is_found_in_every_wrapping(tmp_path: Path, wrapping: str, flat: bool) -> None:
    for record in (made.make_account(), made.make_video()):
        expected = plain(read_rows(tmp_path, record))
        content = made.wrap_all(made.flatten(record) if flat else record)[wrapping]
        file = made.write(tmp_path, content, "x.jsonl")
        endpoint = "/business/video/list/" if "item_id" in record else "/business/get/"
        assert api.recognise(file) == api.ApiPayload((endpoint,))
        result = read(file)
        assert plain(rows_of(result)) == expected
        if "airbyte" in wrapping or wrapping == "fivetran":
            for entity, rows in rows_of(result).items():
                for column in {"captured_at", "synced_at"} & {*api.ENTITIES_OF_API[entity].columns}:
                    assert {row[column] for row in rows} == {made.CAPTURED_TEXT}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"_AIRBYTE_EXTRACTED_AT": "2026-05-17T06:00:00Z"}, "2026-05-17 06:00:00Z"),
        ({"_airbyte_emitted_at": 1778997600000}, "2026-05-17 06:00:00Z"),
        ({"_fivetran_synced": "2026-05-17 08:00:00.123 +02:00"}, "2026-05-17 06:00:00Z"),
        ({"_sdc_batched_at": "2026-05-17 06:00:00"}, "2026-05-17 06:00:00Z"),
        (
            {
                "_sdc_batched_at": "2026-05-17T07:00:00Z",
                "_sdc_extracted_at": "2026-05-17T06:00:00Z",
            },
            "2026-05-17 06:00:00Z",
        ),
        ({"synced_at": "2026-05-17T06:00:00+00:00"}, "2026-05-17 06:00:00Z"),
        ({"_fivetran_synced": "yesterday"}, None),
        ({}, None),
    ],
)
def test_a_day_keeps_when_a_connector_read_it(
    tmp_path: Path, columns: dict[str, object], expected: str | None
) -> None:
    day = {**made.make_day(username=made.HANDLE), **columns}
    (row,) = read_rows(tmp_path, day)["api_account_days"]
    assert row["synced_at"] == expected
    assert row["_malformed"] is None


def test_pages_of_both_endpoints_in_one_file(tmp_path: Path) -> None:
    pages = [
        made.page(made.make_account()),
        made.video_page(made.make_video("1"), made.make_video("2")),
        made.video_page(made.make_video("3")),
        made.failed_page(),
    ]
    for content in (pages, made.to_lines(*pages), "".join(json.dumps(p, indent=1) for p in pages)):
        file = made.write(tmp_path, content)
        recognised = api.recognise(file)
        assert recognised is not None
        assert set(recognised.endpoints) == {"/business/get/", "/business/video/list/"}
        result = read(file)
        videos = rows_of(result)["api_videos"]
        assert [(row["video_id"], row["_source_row"]) for row in videos] == [
            ("1", 1),
            ("2", 2),
            ("3", 3),
        ]
        assert left_out(result)["pages with an error"] == 1


def test_a_page_says_whose_its_videos_are(tmp_path: Path) -> None:
    video = made.make_video()
    del video["share_url"]
    content = made.video_page(video, business_id=made.BUSINESS_ID)
    assert read_rows(tmp_path, content)["api_videos"][0]["account_handle"] == made.BUSINESS_ID


def test_whose_account_it_is_by_order(tmp_path: Path) -> None:
    video = made.make_video(business_id=made.BUSINESS_ID, username=f"@{made.HANDLE}")

    def handle(name: str = "x.json", account: str | None = None) -> str:
        rows = read_rows(tmp_path, made.video_page(video), name, account=account)
        return str(rows["api_videos"][0]["account_handle"])

    assert handle(f"@{made.HANDLE.upper()}/x.json", f"@{made.HANDLE}") == made.HANDLE
    del video["username"]
    assert handle() == made.HANDLE
    del video["share_url"]
    assert handle() == made.BUSINESS_ID
    del video["business_id"]
    assert handle("@folder/pages/x.json") == "folder"
    assert handle("@folder/pages/x.json", "Folder") == "folder"
    assert handle("plain/x.json", "@caller") == "caller"
    for name in ("x.json", "plain/x.json"):
        with pytest.raises(RefusedFile, match=r"x\.json does not say whose account it is"):
            handle(name)


TWO = "belongs to two accounts"


@pytest.mark.parametrize(
    ("name", "account", "more", "reason"),
    [
        ("@folder/x.json", None, {}, "another account by its payload than the name"),
        ("x.json", "caller", {}, "another account by its payload than --account"),
        ("@folder/x.json", "caller", {}, f"{TWO}: the names of its folders and --account"),
        ("@folder/@other/x.json", None, {}, f"{TWO}: the names of its folders"),
        ("x.json", None, {"username": "anna"}, f"{TWO}: the usernames and the links"),
        ("x.json", None, {"username": "anna maria"}, "has a username that is none"),
        ("x.json", None, {"username": 12345}, "has a username that is none"),
        ("x.json", None, {"username": ["anna"]}, "has a username that is none"),
        ("x.json", None, {"business_id": "some text"}, "has a business_id that is none"),
    ],
)
def test_names_that_contradict_each_other_set_it_aside(
    tmp_path: Path, name: str, account: str | None, more: dict[str, Any], reason: str
) -> None:
    content = made.video_page(made.make_video(), **more)
    with pytest.raises(RefusedFile, match=reason):
        read_rows(tmp_path, content, name, account=account)
    assert read_rows(tmp_path, made.video_page(made.make_video()))


def test_silent_pages_of_a_file_are_of_the_account_that_it_names(tmp_path: Path) -> None:
    silent = made.make_day(1)
    named = made.make_day(2, username="anna", business_id=made.BUSINESS_ID)
    by_id = made.make_day(3, business_id=made.BUSINESS_ID)
    text = made.to_lines(silent, named, by_id)
    days = read_rows(tmp_path, text)["api_account_days"]
    assert [day["account_handle"] for day in days] == ["anna"] * 3
    with pytest.raises(RefusedFile, match="another account by its payload"):
        read_rows(tmp_path, text, account="other")
    other = made.make_day(2, username="other")
    with pytest.raises(RefusedFile, match="some of its records name none"):
        read_rows(tmp_path, text + made.to_lines(other))
    days = read_rows(tmp_path, made.to_lines(named, other))["api_account_days"]
    assert [day["account_handle"] for day in days] == ["anna", "other"]
    renamed = made.make_day(2, username="other", business_id=made.BUSINESS_ID)
    with pytest.raises(RefusedFile, match="one business_id has two usernames"):
        read_rows(tmp_path, made.to_lines(named, renamed))


def test_totals_without_a_time_are_refused_and_days_are_not(tmp_path: Path) -> None:
    file = made.write(tmp_path, made.make_video(), modified=None)
    with pytest.raises(RefusedFile, match="does not say when its totals were taken"):
        read(file)
    never_set = made.write(tmp_path, made.make_video(), modified=datetime(1970, 1, 1, tzinfo=UTC))
    with pytest.raises(RefusedFile, match="does not say when its totals were taken"):
        read(never_set)
    dated = made.make_video(captured_at=made.CAPTURED)
    file = made.write(tmp_path, dated, modified=datetime(1970, 1, 1, tzinfo=UTC))
    assert rows_of(read(file))["api_videos"][0]["captured_at"] == made.CAPTURED_TEXT
    days = made.write(tmp_path, made.make_day(username="a"), "d.json", modified=None)
    assert rows_of(read(days))["api_account_days"]


def test_what_does_not_land_is_counted_and_never_said(tmp_path: Path) -> None:
    account = made.make_account(zqxcanaryunknown="zqxcanaryunknown")
    content = [made.page(account), made.video_page(made.make_video())]
    result = read(made.write(tmp_path, content))
    found = left_out(result)
    for name in ("display_name", "bio_description", "audience_activity", "engagement_likes"):
        assert found[name] >= 1, name
    assert found["fields that are not known"] == 1
    said = repr(result).encode() + repr(rows_of(result)).encode()
    for part in result.parts:
        said += part.path.read_bytes()
        sink = pa.BufferOutputStream()
        table = part.to_part().rows
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        said += sink.getvalue().to_pybytes()
    assert b"zqxcanary" not in said


# --- recognition and refusal -----------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"{}",
        b"[]",
        b"[[[]]]",
        b"3",
        b'{"a": 1}\n',
        b'{"view_id": "1", "video_id": "2"}\n',
        b'{"date": "2025-01-01", "likes": 3, "comments": 1, "shares": 2}\n',
        b'{"item_id": "7", "likes": 3, "comments": 2}\n',
        b'{"id": "1", "username": "a", "followers_count": 3, "media_count": 4}',
        b'[{"username": "a", "followers_count": 3}]',
        b'{"item_id": "7", "username": "a", "create_time": 1735787045}\n',
        b'{"item_id": "7", "create_time": 1735787045, "video_views": 2}\n',
        b'{"metrics": {"spend": "1"}, "stat_time_day": "2025-01-01"}\n',
        b'{"videos": [{"id": "1", "view_count": 3}]}',
        b'{"broken": ',
        b"{\xff",
        b"[" * 100_000,
        b"PK\x03\x04",
    ],
)
def test_what_is_no_payload_is_not_taken_for_one(tmp_path: Path, content: bytes) -> None:
    file = made.write(tmp_path, content)
    assert api.recognise(file) is None
    with pytest.raises(RefusedFile, match=r"^payload\.json "):
        read(file)


def test_only_errors_are_refused(tmp_path: Path) -> None:
    file = made.write(tmp_path, [made.failed_page(), made.failed_page()])
    assert api.recognise(file) is None
    with pytest.raises(RefusedFile, match=r"only answers that say an error \(2\)"):
        read(file)


def test_a_payload_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = json.dumps([made.page(made.make_account()), made.video_page(made.make_video())])
    for cut in range(1, len(whole), 61):
        file = made.write(tmp_path, whole[:cut])
        with pytest.raises(RefusedFile) as caught:
            read(file)
        assert "zqxcanary" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
    with pytest.raises(RefusedFile):
        api.recognise(file)


def test_a_broken_line_is_refused_by_its_place(tmp_path: Path) -> None:
    text = made.to_lines(made.make_day(username="a")) + '{"date": oops}\n'
    with pytest.raises(RefusedFile, match="at character"):
        read(made.write(tmp_path, text))


def test_one_endless_value_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "MAX_VALUE_CHARACTERS", 3 << 20)
    text = json.dumps(made.make_video(caption="x" * (9 << 20)))
    with pytest.raises(RefusedFile, match="one value of more than 3 Mi characters"):
        read(made.write(tmp_path, text))
    many = made.to_lines(*[made.make_video(caption="x" * (1 << 20))] * 6)
    assert len(read_rows(tmp_path, many)["api_videos"]) == 6


def test_a_value_of_too_many_elements_is_refused(tmp_path: Path) -> None:
    many = "[0]," * 3_000_000 + "[0]"
    text = f'{{"item_id": "1", "video_views": 2, "data": [{many}]}}'
    with pytest.raises(RefusedFile, match="one value with millions of elements"):
        read(made.write(tmp_path, text))
    nested = json.dumps(made.make_video(video_view_retention=f"[{many}]"))
    with pytest.raises(RefusedFile, match="one value with millions of elements"):
        read(made.write(tmp_path, nested))


def test_values_across_the_windows_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = [made.video_page(made.make_video(str(n), caption="é😀")) for n in range(20)]
    expected = read_rows(tmp_path, content)
    for size in (1, 7, 100):
        monkeypatch.setattr(json_values, "_CHUNK_BYTES", size)
        monkeypatch.setattr(json_values._Text.grow, "__defaults__", (size,))
        assert read_rows(tmp_path, content) == expected
        assert read_rows(tmp_path, made.to_lines(*content)) == expected


def test_a_number_is_never_cut_in_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values._Text.grow, "__defaults__", (1,))
    monkeypatch.setattr(json_values, "_CHUNK_BYTES", 1)
    for text in ("[12, 345.50]", "12 345.50"):
        values = list(json_values.read_values(made.write(tmp_path, text).path, "x"))
        assert values == ["12", "345.50"]


def test_half_a_surrogate_pair_does_not_stop_the_file(tmp_path: Path) -> None:
    text = json.dumps(made.make_video()).replace("soup", "\\ud83d")
    assert "?" in read_rows(tmp_path, text)["api_videos"][0]["caption"]


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    file = ExportFile("x.json", tmp_path / "gone", made.MODIFIED, None)
    for attempt in (api.recognise, read):
        with pytest.raises(RefusedFile, match="cannot be read"):
            attempt(file)


# --- properties ------------------------------------------------------------------------------

SLOW = (HealthCheck.too_slow,)
COUNTS = st.none() | st.integers(min_value=0, max_value=2**70)
DECIMALS = st.decimals(
    min_value=0, max_value=10**12, allow_nan=False, allow_infinity=False, places=6
)


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(
    counts=st.lists(COUNTS, min_size=4, max_size=4),
    watched=DECIMALS,
    how=st.sampled_from(["int", "text", "float"]),
)
def test_numbers_come_back_exactly(counts: list[int | None], watched: Decimal, how: str) -> None:
    names = ("video_views", "reach", "likes", "shares")
    written = {
        name: "null"
        if count is None
        else {"int": f"{count}", "text": f'"{count}"', "float": f"{count}.00"}[how]
        for name, count in zip(names, counts, strict=True)
    }
    fields = ", ".join(f'"{name}": {text}' for name, text in written.items())
    text = f'{{"item_id": "1", "username": "a", "total_time_watched": {watched:f}, {fields}}}'
    with tempfile.TemporaryDirectory() as folder:
        [video] = read_rows(Path(folder), text)["api_videos"]
    columns = ("views", "reach", "likes", "shares")
    assert [video[name] for name in columns] == [None if c is None else str(c) for c in counts]
    assert video["total_time_watched"] == f"{watched:f}"
    assert video["_malformed"] is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["-", "2025-01-01", '{"a": 1}', "[1]", "{"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=4) | st.sampled_from([*made.make_video(), *made.make_day(), "data"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(value=VALUES, data=st.data(), base=st.sampled_from([made.make_video(), made.make_account()]))
def test_any_value_in_any_field_is_read_or_refused(
    value: Any, data: Any, base: dict[str, Any]
) -> None:
    record = {**base, data.draw(st.sampled_from([*base, "data", "code"])): value}
    with tempfile.TemporaryDirectory() as folder:
        file = made.write(Path(folder), record)
        try:
            api.recognise(file)
            rows = rows_of(read(file, account="a"))
        except RefusedFile:
            return
    for name, entity in rows.items():
        for row in entity:
            assert set(row) == {*api.ENTITIES_OF_API[name].columns, "_source_row", "_malformed"}


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(
    content=st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda tail: b'[{"item_id": "1", "video_views": 3}, ' + tail)
)
def test_garbage_is_refused_or_not_recognised(content: bytes) -> None:
    messages: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file = made.write(Path(folder), content)
        for attempt in (api.recognise, lambda one: read(one, account="a")):
            try:
                attempt(file)
            except RefusedFile as error:
                messages.append(str(error))
    assert all(message.startswith("payload.json ") for message in messages)
