"""TikTok Studio's files: what an invented export holds is what the reader gives back."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import time
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_files import (
    HEADERS,
    PORTUGUESE,
    Studio,
    Written,
    make_bytes,
    make_csv,
    make_files,
    make_label,
    make_video_id,
    make_xlsx,
    name_zip,
    write_unzipped,
    write_zips,
)
from tiktok_warehouse.archives import unpack
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources import studio as reader
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.sources.studio import KINDS, StudioRead, recognise
from tiktok_warehouse.sources.studio_dates import read_day_of_post

TODAY = date(2026, 11, 20)
LANGUAGES = ("en", "es", "el", "vi", "pt", "de", "fr", "cs", "tr", "ja", "ar", "hi", "ru", "he")


def read(file: ExportFile, **options: Any) -> StudioRead:
    given = {"account": None, "exported_on": None, "siblings": (), "today": TODAY}
    return reader.read(file, **(given | options))


def read_rows(found: StudioRead) -> list[dict[str, str | None]]:
    extra = ("account_handle", "exported_on", "asked_shift_days", "_source_row", "_malformed")
    rows = found.parts[0].rows.to_pylist()
    return [{name: row[name] for name in row if name not in extra} for row in rows]


def refusal(file: ExportFile, **options: Any) -> str:
    with pytest.raises(RefusedFile) as caught:
        read(file, **options)
    message = str(caught.value)
    assert message.startswith(file.name.split("\n")[0])
    return message


def write(tmp_path: Path, content: bytes | str, name: str = "Overview.csv", **about: Any) -> Any:
    path = tmp_path / "one"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    given = {"modified": datetime(2026, 3, 9, 10, tzinfo=UTC), "zip_name": None}
    return ExportFile(name=name, path=path, **(given | about))


def check_set(studio: Studio, folder: Path, **options: Any) -> dict[str, StudioRead]:
    files = write_unzipped(studio, folder)
    truth = make_files(studio)
    reads = {}
    for name, file in files.items():
        kind = recognise(file)
        assert kind is not None
        assert kind.name == name
        found = read(file, siblings=tuple(files.values()), **options)
        assert read_rows(found) == truth[name].rows
        assert found.malformed_rows == 0
        assert found.account == studio.account
        assert set(found.parts[0].rows.column("account_handle").to_pylist()) <= {studio.account}
        numbers = found.parts[0].rows.column("_source_row").to_pylist()
        assert numbers == list(range(1, len(truth[name].rows) + 1))
        reads[name] = found
    return reads


# --- what is written is what is read ---------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_year_of_any_language_comes_back(tmp_path: Path, language: str) -> None:
    reads = check_set(Studio(language=language, days=365), tmp_path)
    overview = reads["Overview"]
    assert overview.window == (date(2025, 3, 8), date(2026, 3, 7))
    assert language in overview.languages
    assert overview.year_evidence == "the window in the zip's name"
    assert {found.exported_on for found in reads.values()} == {date(2026, 3, 9)}


def test_a_workbook_says_the_same(tmp_path: Path) -> None:
    check_set(Studio(xlsx=True, days=60), tmp_path)


@pytest.mark.parametrize(
    "how",
    [
        {"bom": False},
        {"encoding": "utf-16"},
        {"line_end": "\r\n", "final_newline": True},
        {"delimiter": ";"},
        {"delimiter": "\t", "encoding": "utf-16"},
        {"years": True},
    ],
)
def test_what_spreadsheets_make_of_a_file_is_read(tmp_path: Path, how: dict[str, Any]) -> None:
    check_set(Studio(**how), tmp_path)


def test_the_four_zips_in_one_zip_come_back(tmp_path: Path) -> None:
    studio = Studio(days=60)
    scratch, zips = tmp_path / "scratch", tmp_path / "zips"
    scratch.mkdir()
    zips.mkdir()
    outer = tmp_path / "all of it.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        for path in write_zips(studio, zips):
            archive.write(path, f"march/{path.name}")
    files = unpack(outer, scratch)
    truth = make_files(studio)
    assert len(files) == 7
    for file in files:
        found = read(file, siblings=files)
        assert read_rows(found) == truth[found.kind.name].rows
        assert (found.account, found.account_evidence) == (studio.account, "the name of its zip")


def test_a_year_of_all_files_is_read_in_a_moment(tmp_path: Path) -> None:
    files = write_unzipped(Studio(days=365), tmp_path)
    started = time.perf_counter()
    for file in files.values():
        recognise(file)
        read(file, siblings=tuple(files.values()))
    assert time.perf_counter() - started < 5


@settings(max_examples=60, deadline=None)
@given(
    exported_on=st.dates(date(2019, 1, 1), date(2026, 11, 20)),
    days=st.integers(1, 366),
    language=st.sampled_from(LANGUAGES),
    lag=st.integers(1, 2),
    undefined=st.integers(0, 20),
    account=st.from_regex(r"[a-z][a-z0-9_.]{1,20}[a-z0-9_]", fullmatch=True),
    seed=st.integers(0, 99),
)
def test_whatever_is_written_comes_back(
    exported_on: date,
    days: int,
    language: str,
    lag: int,
    undefined: int,
    account: str,
    seed: int,
) -> None:
    studio = Studio(
        account=account,
        exported_on=exported_on,
        days=days,
        language=language,
        lag=lag,
        undefined=undefined,
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        check_set(studio, Path(folder))


# --- the years -------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [365, 366])
def test_a_leap_day_lands_in_its_year(tmp_path: Path, days: int) -> None:
    reads = check_set(Studio(exported_on=date(2024, 3, 1), days=days), tmp_path, today=TODAY)
    dates = reads["Overview"].parts[0].rows.column("event_date").to_pylist()
    assert dates[-1] == "2024-02-28"
    reads = check_set(Studio(exported_on=date(2024, 3, 20), days=days), tmp_path, today=TODAY)
    assert "2024-02-29" in reads["Viewers"].parts[0].rows.column("event_date").to_pylist()


def test_files_that_were_copied_years_later_keep_their_years(tmp_path: Path) -> None:
    studio = Studio(exported_on=date(2023, 3, 9), days=60)
    files = write_unzipped(studio, tmp_path)
    late = datetime(2026, 11, 1, tzinfo=UTC)
    copied = [replace(file, modified=late) for file in files.values()]
    for file in copied:
        found = read(file, siblings=copied)
        if found.window:
            assert found.window[1].year == 2023


@pytest.mark.parametrize(
    "modified", [None, datetime(1980, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)]
)
def test_a_clock_that_was_never_set_is_no_evidence(
    tmp_path: Path, modified: datetime | None
) -> None:
    files = write_unzipped(Studio(), tmp_path)
    lone = replace(files["FollowerHistory"], modified=modified)
    assert "nothing says which" in refusal(lone)
    found = read(lone, exported_on=date(2026, 3, 9))
    assert (found.window, found.year_evidence) == (
        (date(2026, 2, 8), date(2026, 3, 7)),
        "the export day that was given",
    )
    beside = read(lone, siblings=[files["Overview"]])
    assert beside.window == found.window
    assert "Overview zip beside it" in str(beside.year_evidence)


def test_a_plain_file_takes_its_own_time(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path, zipped=False, prefix="@mira/")
    found = read(files["Overview"])
    assert (found.account, found.year_evidence) == ("mira", "the time of the file")
    assert found.window == (date(2026, 2, 8), date(2026, 3, 7))
    assert found.exported_on == date(2026, 3, 9)


def test_a_copy_made_after_the_anniversary_is_no_download(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path, zipped=False, prefix="@mira/")

    def at(year: int, month: int, day: int) -> ExportFile:
        return replace(files["Overview"], modified=datetime(year, month, day, 10, tzinfo=UTC))

    assert read(at(2026, 3, 14)).window == (date(2026, 2, 8), date(2026, 3, 7))
    for late in (at(2026, 3, 15), at(2027, 3, 20), at(2027, 5, 1)):
        message = refusal(late, today=date(2027, 6, 1))
        assert "too long after its last day" in message
        assert "--exported-on" in message


def test_a_plain_file_that_is_much_older_than_its_time_is_refused(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path, zipped=False, prefix="@mira/")
    copied = replace(files["Overview"], modified=datetime(2026, 9, 9, tzinfo=UTC))
    assert "--exported-on" in refusal(copied)
    assert read(copied, exported_on=date(2025, 3, 8)).window == (
        date(2025, 2, 8),
        date(2025, 3, 7),
    )


def test_the_snapshot_day_dates_the_files_beside_it(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path)
    copied = replace(
        files["Viewers"], zip_name=None, name="@mira.bakes_bread/Viewers.csv", modified=None
    )
    found = read(copied, siblings=[files["Content"]])
    assert "snapshot day" in str(found.year_evidence)
    assert found.window == (date(2026, 2, 9), date(2026, 3, 8))


def test_evidence_of_two_years_is_refused_with_both_named(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path)
    early = replace(files["Overview"], modified=datetime(2025, 6, 1, tzinfo=UTC))
    message = refusal(early)
    assert "the window in the zip's name" in message
    assert "the time of the zip member" in message
    message = refusal(files["Overview"], exported_on=date(2025, 3, 9))
    assert "the export day that was given" in message
    message = refusal(files["Viewers"], exported_on=date(2027, 3, 9), today=date(2027, 4, 1))
    assert "the time of the zip member" in message
    older = write_unzipped(Studio(exported_on=date(2025, 3, 9)), tmp_path / "older")
    message = refusal(files["Viewers"], siblings=[older["Content"]])
    assert "snapshot day" in message
    assert "the time of the zip member" in message


def test_a_window_that_its_days_do_not_fit_is_refused(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path)
    other = name_zip(Studio(exported_on=date(2026, 1, 9)), "Overview")
    assert "contradicts the name of its zip" in refusal(replace(files["Overview"], zip_name=other))


def test_a_snapshot_is_never_older_than_its_videos(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path)
    late = replace(files["Content"], modified=datetime(2025, 4, 1, tzinfo=UTC))
    assert "newest video was uploaded on 2026-03-0" in refusal(late)


def test_one_name_of_two_months_is_refused_unless_something_tells(tmp_path: Path) -> None:
    studio = Studio(language="hr", exported_on=date(2025, 11, 2), days=10, lag=5)
    files = write_unzipped(studio, tmp_path)
    # October in Croatian, November in Polish.
    copied = replace(files["Overview"], zip_name=None, name="@mira/Overview.csv")
    later = replace(copied, modified=datetime(2025, 12, 1, tzinfo=UTC))
    assert "can be read in two ways" in refusal(later)
    assert read(files["Overview"]).window == (date(2025, 10, 19), date(2025, 10, 28))


def test_years_in_the_file_are_taken_as_they_are(tmp_path: Path) -> None:
    files = write_unzipped(Studio(years=True, days=5), tmp_path)
    late = datetime(2026, 11, 1, tzinfo=UTC)
    found = read(replace(files["Viewers"], modified=late))
    assert found.window == (date(2026, 3, 4), date(2026, 3, 8))
    assert found.year_evidence == "the years in the file"
    early = replace(files["Viewers"], modified=datetime(2025, 1, 1, tzinfo=UTC))
    assert "contradicts itself" in refusal(early)


# --- the traps -------------------------------------------------------------------------------


def test_undefined_makes_the_zeros_beside_it_unknown(tmp_path: Path) -> None:
    reads = check_set(Studio(undefined=28), tmp_path)
    for name in ("Viewers", "FollowerHistory"):
        rows = read_rows(reads[name])
        assert {value for row in rows for key, value in row.items() if key != "event_date"} == {
            None
        }


@pytest.mark.parametrize("difference", ["next", "previous"])
def test_the_difference_in_followers_is_left_out_and_said_so(
    tmp_path: Path, difference: str
) -> None:
    reads = check_set(Studio(difference=difference), tmp_path)
    assert reads["FollowerHistory"].left_out == ("Difference in followers from previous day",)
    assert reads["Overview"].left_out == ()


def test_labels_are_kept_as_they_are_shifted_or_not(tmp_path: Path) -> None:
    reads = check_set(Studio(labels_later=1, viewers_later=1, lag=2), tmp_path)
    assert reads["Viewers"].window == (date(2026, 2, 10), date(2026, 3, 9))


@pytest.mark.parametrize("row", [1, 13, 26])
def test_a_missing_day_is_refused(tmp_path: Path, row: int) -> None:
    message = refusal(write_unzipped(Studio(gap=row), tmp_path)["Overview"])
    assert f"row {row + 1}: it is not the day after that of row {row}" in message


@pytest.mark.parametrize("row", [0, 13, 27])
def test_a_day_that_is_there_twice_is_refused(tmp_path: Path, row: int) -> None:
    message = refusal(write_unzipped(Studio(double=row), tmp_path)["Overview"])
    assert f"row {row + 2}: it repeats the day of row {row + 1}" in message


def test_files_of_a_header_alone_are_valid_and_empty(tmp_path: Path) -> None:
    studio = Studio(header_only=frozenset(HEADERS))
    for name, found in check_set(studio, tmp_path).items():
        assert found.parts[0].rows.num_rows == 0, name
        assert found.window is None
    lone = write(tmp_path, '"Gender","Distribution"', "@mira/FollowerGender.csv", modified=None)
    assert read(lone).exported_on is None


def test_shares_without_a_day_are_refused(tmp_path: Path) -> None:
    lone = write(tmp_path, "Gender,Distribution\nMale,1", "@mira/a.csv", modified=None)
    assert "--exported-on" in refusal(lone)
    assert read(lone, exported_on=date(2026, 3, 9)).exported_on == date(2026, 3, 9)


def test_localised_headers_are_known(tmp_path: Path) -> None:
    check_set(Studio(language="pt", headers=PORTUGUESE), tmp_path)


def test_a_new_column_is_left_out_and_said_so(tmp_path: Path) -> None:
    file = write(tmp_path, "Date,Saves,Total Viewers,New Viewers,Returning Viewers\nMay 1,1,4,3,1")
    found = read(replace(file, modified=datetime(2026, 5, 3, tzinfo=UTC)), account="mira")
    assert found.left_out == ("Saves",)
    assert read_rows(found) == [
        {
            "event_date": "2026-05-01",
            "total_viewers": "4",
            "new_viewers": "3",
            "returning_viewers": "1",
        }
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", "12"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("+5", "5"),
        ("٣٤", "34"),
        ("", None),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("12,34,567", "1234567"),
        ("1 234", "1234"),
        ("1\u202f234", "1234"),
        ("1'234", "1234"),
    ],
)
def test_whole_numbers(tmp_path: Path, value: str, expected: str | None) -> None:
    content = make_csv(Studio(), HEADERS["FollowerHistory"], [("March 7", value, "0")])
    found = read(write(tmp_path, content), account="mira")
    assert found.malformed_rows == 0
    assert read_rows(found)[0]["followers"] == expected


@pytest.mark.parametrize(
    "value", ["1,234", "1.234", "12K", "1.5", "1_000", "1e3", "NaN", "9" * 19, "=1", "1,23,45", "²"]
)
def test_what_is_no_whole_number_is_malformed_and_quoted_if_it_looks_like_one(
    tmp_path: Path, value: str
) -> None:
    cells = [("March 6", "5", "0"), ("March 7", value, "0")]
    found = read(
        write(tmp_path, make_csv(Studio(), HEADERS["FollowerHistory"], cells)), account="mira"
    )
    rows = found.parts[0].rows.to_pylist()
    assert [row["followers"] for row in rows] == ["5", None]
    assert found.malformed_rows == 1
    assert rows[1]["_malformed"].startswith("followers: ")
    assert (value in rows[1]["_malformed"]) == (value in ("1,234", "1.234", "1.5"))
    assert "(row 2)" in rows[1]["_malformed"]


@pytest.mark.parametrize(("value", "mark"), [("1,234", "comma"), ("-12.345", "point")])
def test_one_mark_before_three_digits_is_named_and_never_guessed(
    tmp_path: Path, value: str, mark: str
) -> None:
    cells = [(f"March {day}", value, "0") for day in range(1, 8)]
    file = write(tmp_path, make_csv(Studio(), HEADERS["FollowerHistory"], cells))
    reason = refusal(file, account="mira")
    assert f"{value}, whose {mark} may separate thousands or decimals" in reason
    assert "and 4 more" in reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.56", "0.56"),
        ("0,56", "0.56"),
        ("56%", "0.56"),
        ("56,3 %", "0.563"),
        ("100%", "1"),
        ("0", "0"),
        ("1", "1"),
        ("5e-05", "0.00005"),
        ("undefined", None),
        ("1.5", "malformed"),
        ("-0.1", "malformed"),
        ("half", "malformed"),
    ],
)
def test_shares(tmp_path: Path, value: str, expected: str | None) -> None:
    content = make_csv(Studio(), HEADERS["FollowerGender"], [("Male", value), ("Other", "0")])
    found = read(write(tmp_path, content), account="mira")
    row = found.parts[0].rows.to_pylist()[0]
    assert ("malformed" if row["_malformed"] else row["distribution"]) == expected


def test_a_row_that_was_cut_off_is_malformed(tmp_path: Path) -> None:
    found = read(
        write(
            tmp_path,
            "Date,Followers,Difference in followers from previous day\nMarch 6,5,0\nMarch 7,5",
        ),
        account="mira",
    )
    row = found.parts[0].rows.to_pylist()[1]
    assert row["_malformed"] == "2 fields, the header has 3 (row 2)"
    assert (row["followers"], row["event_date"]) == (None, "2026-03-07")


@pytest.mark.parametrize("link", ["https://example.org/x", "", "https://vm.tiktok.com/ZMabc/"])
def test_a_link_without_an_id_is_malformed(tmp_path: Path, link: str) -> None:
    good = f"/video/{make_video_id(datetime(2026, 3, 1, tzinfo=UTC), 1)}"
    cells = [("March 9", "title", each, "March 1", "1", "2", "3", "4") for each in (link, good)]
    found = read(write(tmp_path, make_csv(Studio(), HEADERS["Content"], cells)), account="mira")
    assert "link: " in str(found.parts[0].rows.to_pylist()[0]["_malformed"])


def test_the_clock_of_a_post_comes_from_its_id(tmp_path: Path) -> None:
    video = make_video_id(datetime(2026, 2, 28, 23, 59, 58, tzinfo=UTC), 4_000_000_000)
    link = f"https://www.tiktok.com/@mira/photo/{video}"
    cells = [("March 9", "t", link, "February 28", "1", "2", "3", "4")]
    found = read(write(tmp_path, make_csv(Studio(), HEADERS["Content"], cells)), account="mira")
    row = read_rows(found)[0]
    assert (row["video_id"], row["posted_at"]) == (video, "2026-02-28 23:59:58Z")
    assert (row["posted_label"], row["captured_date"]) == ("February 28", "2026-03-09")


@pytest.mark.parametrize(
    ("uploaded", "label", "posted_on", "has_clock"),
    [
        # As scheduled; by a clock west of Greenwich; on the day itself, with a year too.
        ("2026-02-19 12:00:00", "February 24", "2026-02-24", False),
        ("2026-02-19 02:00:00", "February 18", "2026-02-18", False),
        ("2026-02-19 12:00:00", "February 19", "2026-02-19", True),
        ("2026-02-19 12:00:00", "2026-02-19", "2026-02-19", True),
        ("2025-12-30 12:00:00", "January 2", "2026-01-02", False),
        ("2023-03-05 12:00:00", "5 de marzo", "2023-03-05", True),
        # No day, before the upload, and after the snapshot.
        ("2026-02-19 12:00:00", "soon", None, True),
        ("2026-02-19 12:00:00", "February 1", None, True),
        ("2026-03-05 12:00:00", "March 20", None, True),
    ],
)
def test_the_day_of_a_post_is_the_files_and_the_clock_of_its_id_holds_on_that_day_alone(
    tmp_path: Path, uploaded: str, label: str, posted_on: str | None, has_clock: bool
) -> None:
    video = make_video_id(datetime.fromisoformat(f"{uploaded}+00:00"))
    cells = [("March 9", "t", video, label, "1", "2", "3", "4")]
    found = read(write(tmp_path, make_csv(Studio(), HEADERS["Content"], cells)), account="mira")
    row = read_rows(found)[0]
    assert row["posted_on"] == posted_on
    assert row["posted_at"] == (f"{uploaded}Z" if has_clock else None)


@given(
    uploaded=st.datetimes(datetime(2017, 1, 1), datetime(2026, 3, 1)),
    later=st.integers(0, 31),
    language=st.sampled_from(("en", "es", "el", "vi", "pt", "ja")),
)
@settings(max_examples=200, deadline=None)
def test_the_day_of_any_scheduled_post_finds_its_year(
    uploaded: datetime, later: int, language: str
) -> None:
    posted = uploaded.date() + timedelta(days=later)
    found = read_day_of_post(
        make_label(posted, language),
        (language,),
        uploaded=uploaded.date(),
        latest=posted + timedelta(days=400),
    )
    assert found == posted


def test_an_hour_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    cells = [("March 7", "3", "1"), ("March 7", "3", "1")]
    content = make_csv(Studio(), HEADERS["FollowerActivity"], cells)
    assert "hour 3 of 2026-03-07 twice" in refusal(write(tmp_path, content), account="mira")


# --- accounts --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zip_name", "expected"),
    [
        ("Viewers_mira.zip", "mira"),
        ("Viewers_Mira_the.baker_.zip", "mira_the.baker_"),
        ("Viewers_mira (1).zip", "mira"),
        ("Viewers_mira(12).ZIP", "mira"),
        ("Followers_2026_01.zip", "2026_01"),
        ("Overview_2026-01-01_1767225600_mira_1.zip", "mira_1"),
    ],
)
def test_the_account_is_in_the_name_of_the_zip(
    tmp_path: Path, zip_name: str, expected: str
) -> None:
    content = make_csv(Studio(), HEADERS["Viewers"], [])
    found = read(write(tmp_path, content, zip_name=zip_name))
    assert (found.account, found.account_evidence) == (expected, "the name of its zip")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("@Mira/Viewers.csv", "mira"),
        ("mira_bakes/Viewers.csv", "mira_bakes"),
        ("Viewers_mira/Viewers.csv", "mira"),
        ("x/Overview_2026-01-01_1767225600_mi_ra (2)/Viewers.csv", "mi_ra"),
    ],
)
def test_else_in_the_name_of_its_folder(tmp_path: Path, name: str, expected: str) -> None:
    file = write(tmp_path, make_csv(Studio(), HEADERS["Viewers"], []), name)
    assert read(file).account == expected


@pytest.mark.parametrize(
    "name",
    [
        "Viewers.csv",
        "downloads/Viewers.csv",
        "2026-03/Viewers.csv",
        "2026_03/Viewers.csv",
        "Descargas/Viewers.csv",
        "marzo/Viewers.csv",
        "Mart_2026/Viewers.csv",
        "Dokumente2/Viewers.csv",
        "nieuwe_map/Viewers.csv",
    ],
)
def test_else_the_caller_says_it(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, make_csv(Studio(), HEADERS["Viewers"], []), name)
    assert "--account" in refusal(file)
    found = read(file, account="@Mira")
    assert (found.account, found.account_evidence) == ("mira", "--account")


def test_two_accounts_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path, make_csv(Studio(), HEADERS["Viewers"], []), "@tom/Viewers.csv")
    assert "tom" in refusal(file, account="mira")
    assert "two accounts" in refusal(replace(file, zip_name="Viewers_mira.zip"))
    # A plain folder says nothing against the caller.
    assert read(replace(file, name="tom/Viewers.csv"), account="mira").account == "mira"
    assert "--account" in refusal(replace(file, name="Viewers.csv"), account="no handle")


# --- what it is not --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbf",
        b"view_id,viewed_at,video_id,watch_seconds\n1,2,3,4",
        b"Date,Likes\n1,2",
        b"Date,Date,Hour,Active followers\n",
        b'{"Date": 1}',
        b"\x00\x01\x02",
        b"PK\x03\x04 no zip",
        b'"Date',
        "Дата".encode("utf-16"),
    ],
)
def test_another_products_file_is_none(tmp_path: Path, content: bytes) -> None:
    file = write(tmp_path, content)
    assert recognise(file) is None
    assert "no file of TikTok Studio" in refusal(file)


def test_long_cells_are_read_up_to_a_megabyte(tmp_path: Path) -> None:
    limit = csv.field_size_limit()
    header, wide = (*HEADERS["Viewers"], "Note"), ("March 7", "3", "2", "1")
    for length, is_read in ((200_000, True), ((1 << 20) + 1, False)):
        content = make_csv(Studio(), header, [(*wide, "x" * length)])
        file = write(tmp_path, content, "@mira/Viewers.csv")
        if is_read:
            assert read_rows(read(file))[0]["total_viewers"] == "3"
        else:
            assert "a cell has more than 1,048,576 characters" in refusal(file)
        assert csv.field_size_limit() == limit


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    good = make_csv(Studio(), HEADERS["Viewers"], [("March 7", "3", "2", "1")])
    for content, words in (
        (good[:-3] + b'"x', "never closed"),
        (good + b"\n\xff\xfe", "neither UTF-8"),
        (good + b"\n\x00", "no file of TikTok Studio"),
        (good + b'\n"March 8","1","1","0"' * 4000 + b"\n\x00", "NUL"),
        (good.replace(b"March 7", b"seven"), "no date in row 1"),
        (good.replace(b"March 7", b""), "no date in row 1"),
        (good + b'\n"8 de marzo","1","1","0"', "no one language"),
    ):
        assert words in refusal(write(tmp_path, content), account="mira"), words


def make_book(change: Any) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(HEADERS["Viewers"])
    sheet.append(("March 7", "3", "2", "1"))
    change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_workbook_with_formulas_or_more_sheets_is_refused(tmp_path: Path) -> None:
    def add_formula(book: Any) -> None:
        book.active["B2"] = "=1+2"

    def add_sheet(book: Any) -> None:
        book.create_sheet("two")

    plain = write(tmp_path, make_book(lambda _: None), "Viewers.xlsx")
    assert read_rows(read(plain, account="mira"))[0]["total_viewers"] == "3"
    for change, words in ((add_formula, "formulas"), (add_sheet, "2 sheets")):
        file = write(tmp_path, make_book(change), "Viewers.xlsx")
        assert recognise(file) is not None
        assert words in refusal(file, account="mira")


def add_part(content: bytes, name: str, part: bytes) -> bytes:
    target = io.BytesIO(content)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return target.getvalue()


def test_a_workbook_with_macros_or_declarations_is_refused(tmp_path: Path) -> None:
    book = make_book(lambda _: None)
    file = write(tmp_path, add_part(book, "xl/vbaProject.bin", b"x"), "Viewers.xlsx")
    assert "macros" in refusal(file, account="mira")
    nothing = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/x"/>'
    parts = {"[Content_Types].xml": nothing, "xl/workbook.xml": b"<x/>"}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert recognise(write(tmp_path, target.getvalue(), "Viewers.xlsx")) is None
    bomb = b'<!DOCTYPE x [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    file = write(tmp_path, add_part(book, "xl/extra.xml", bomb), "Viewers.xlsx")
    assert recognise(file) is None


def test_a_workbook_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    book = make_book(lambda _: None)
    file = write(tmp_path, add_part(book, "xl/extra.bin", bytes(20 << 20)), "Viewers.xlsx")
    assert recognise(file) is None
    styles = add_part(book, "xl/more.xml", b"<x>" + b" " * (1 << 20) + b"</x>")
    assert recognise(write(tmp_path, styles, "Viewers.xlsx")) is None
    # A sheet that claims, or uses, its last cell is not filled up to it.
    huge = make_book(lambda it: it.active.cell(1_048_576, 16_384, "x"))
    started = time.perf_counter()
    assert "more than 20,000 rows" in refusal(write(tmp_path, huge, "a.xlsx"), account="mira")
    assert time.perf_counter() - started < 20


def test_the_size_that_a_sheet_claims_does_not_count(tmp_path: Path) -> None:
    book = io.BytesIO(make_book(lambda _: None))
    target = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.namelist():
            claim = b'<dimension ref="A1:B1"/><sheetViews>'
            plain = re.sub(b"<dimension[^>]*>", b"", old.read(part))
            new.writestr(part, plain.replace(b"<sheetViews>", claim))
    assert b'ref="A1:B1"' in target.getvalue()
    found = read(write(tmp_path, target.getvalue(), "Viewers.xlsx"), account="mira")
    assert read_rows(found)[0]["returning_viewers"] == "1"


def test_numbers_and_dates_in_cells_are_read_as_they_show(tmp_path: Path) -> None:
    cells = [(datetime(2026, 3, 7), 5, 0), (date(2026, 3, 8), 6.0, 0)]
    book = make_xlsx("FollowerHistory", HEADERS["FollowerHistory"], cells)
    found = read(write(tmp_path, book), account="mira")
    assert read_rows(found) == [
        {"event_date": "2026-03-07", "followers": "5"},
        {"event_date": "2026-03-08", "followers": "6"},
    ]


def try_reading(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = write(Path(folder), content)
        recognise(file)
        with suppress(RefusedFile):
            read(file, account="mira")


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=400))
def test_garbage_is_refused(content: bytes) -> None:
    try_reading(content)


GOOD = make_files(Studio(days=5, posts=2))


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(GOOD)),
    xlsx=st.booleans(),
    at=st.floats(0, 1),
    put=st.binary(max_size=6),
    cut=st.integers(0, 8),
)
def test_damage_anywhere_is_refused_or_read(
    name: str, xlsx: bool, at: float, put: bytes, cut: int
) -> None:
    content = make_bytes(Studio(xlsx=xlsx), GOOD[name])
    place = int(at * len(content))
    try_reading(content[:place] + put + content[place + cut :])


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(HEADERS)),
    cells=st.lists(st.lists(st.text(max_size=12), max_size=9), max_size=5),
)
def test_any_cells_below_a_good_header_are_refused_or_kept(
    name: str, cells: list[list[str]]
) -> None:
    rows = [tuple(row) for row in cells]
    file = Written(name, HEADERS[name], rows, [])
    try_reading(make_bytes(Studio(encoding="utf-8"), file) if encodable(rows) else b"")


def encodable(rows: list[tuple[str, ...]]) -> bool:
    return all(cell.isprintable() for row in rows for cell in row)


# --- the list of headers ---------------------------------------------------------------------


def test_no_header_means_two_columns_of_one_file_and_every_column_has_an_english_one() -> None:
    listed = Path(reader.__file__).with_name("studio_headers.csv").read_text("utf-8").splitlines()
    rows = [line.split(",") for line in listed[1:]]
    meanings: dict[tuple[str, str], set[str]] = {}
    for file, column, alias, _ in rows:
        meanings.setdefault((file, reader._fold(alias)), set()).add(column)
    # Some languages call the time of the snapshot and other things alike; never in one file.
    assert {key: found for key, found in meanings.items() if len(found) > 1} == {}
    for kind in KINDS:
        required = set(kind.columns)
        english = [row for row in rows if row[0] == kind.name and row[3] == "en"]
        assert {row[1] for row in english} == {*required, *kind.optional}
        if kind.name in HEADERS:
            assert tuple(row[2] for row in english if row[1] in required) == (HEADERS[kind.name])
        for code in {row[3] for row in rows if row[0] == kind.name}:
            named = {row[1] for row in rows if row[0] == kind.name and row[3] == code}
            assert named >= required, (kind.name, code)


def test_today_is_a_bound(tmp_path: Path) -> None:
    files = write_unzipped(Studio(), tmp_path)
    with pytest.raises(RefusedFile, match="after today"):
        read(files["Overview"], today=date(2026, 3, 1) - timedelta(days=30))
