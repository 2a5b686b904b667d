"""A business account's downloads, and tables of days with more columns than Overview's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio_files import BUSINESS_AUDIENCE as AUDIENCE
from studio_files import BUSINESS_DAYS as DAYS
from studio_files import BUSINESS_OVERVIEW as OVERVIEW
from studio_files import BUSINESS_VIDEO_ID as VIDEO_ID
from studio_files import Studio, make_business_files, make_csv
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources import studio
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.sources.studio import StudioRead

REQUIRED = studio.OVERVIEW.columns
NOW = datetime(2026, 2, 6, 8, tzinfo=UTC)


def write(
    folder: Path, name: str, header: tuple[str, ...], rows: list[tuple[object, ...]]
) -> ExportFile:
    path = folder / name
    path.write_bytes(make_csv(Studio(), header, [tuple(map(str, row)) for row in rows]))
    return ExportFile(f"@brand.suite/{name}", path, NOW, None)


def write_export(folder: Path) -> list[ExportFile]:
    files = []
    for name, content in make_business_files().items():
        (folder / name).write_bytes(content)
        files.append(ExportFile(f"@brand.suite/{name}", folder / name, NOW, None))
    return files


def read(file: ExportFile, siblings: list[ExportFile] | None = None, **options: Any) -> StudioRead:
    given = {"account": None, "exported_on": None, "today": date(2026, 2, 7), **options}
    return studio.read(file, siblings=siblings or [], **given)


def rows_of(found: StudioRead, entity: str) -> list[dict[str, Any]]:
    (rows,) = [part.rows for part in found.parts if part.entity.name == entity]
    return [{k: v for k, v in row.items() if v is not None} for row in rows.to_pylist()]


def test_all_three_files_are_read_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    files = write_export(tmp_path)
    overview, audience, video = (read(file, files) for file in files)
    assert rows_of(overview, "studio_overview")[1] == {
        **{"account_handle": "brand.suite", "event_date": "2026-02-02", "video_views": "1001"},
        **{"profile_views": "20", "likes": "50", "comments": "4", "shares": "3"},
        **{"exported_on": "2026-02-06", "_source_row": 2},
    }
    common = {"account_handle": "brand.suite", "exported_on": "2026-02-06", "_source_row": 2}
    assert rows_of(overview, "studio_business_days")[1] == {
        **common,
        **{"event_date": "2026-02-02", "file_kind": "overview", "new_followers": "10"},
        **{"lost_followers": "3", "reached_audience": "801", "website_clicks": "1"},
        **{"phone_number_clicks": "2", "lead_submissions": "1", "app_download_clicks": "5"},
    }
    assert rows_of(audience, "studio_business_days")[1] == {
        **common,
        **{"event_date": "2026-02-02", "file_kind": "audience", "followers": "5014"},
        **{"new_followers": "10", "reached_audience": "801"},
    }
    assert rows_of(audience, "studio_business_days")[0]["engaged_audience"] == "60"
    assert [found.left_out for found in (overview, audience, video)] == [("Net growth",), (), ()]
    first, second = rows_of(video, "studio_content")
    assert first == {
        **{"account_handle": "brand.suite", "exported_on": "2026-02-06", "_source_row": 1},
        **{"video_id": str(VIDEO_ID), "captured_date": "2026-02-06", "title": "clip"},
        **{"posted_label": "2026/02/03 18:30:00", "posted_at": "2026-02-03 18:30:00Z"},
        **{"likes": "4", "comments": "3", "shares": "2", "views": "5", "favorites": "9"},
    }
    # The upload's clock holds on the day that the file names.
    assert second["posted_at"].startswith("2026-01-30 ")
    assert second["posted_at"] != "2026-01-30 23:30:00Z"
    assert "favorites" not in second


def test_totals_of_videos_are_of_the_days_beside_them_where_the_files_were_copied_later(
    tmp_path: Path,
) -> None:
    files = [
        ExportFile(file.name, file.path, datetime(2027, 3, 1, tzinfo=UTC), None)
        for file in write_export(tmp_path)
    ]
    found = read(files[2], files, today=date(2027, 3, 2))
    assert (found.exported_on, found.export_evidence) == (
        *(DAYS[-1], "the last day of the files beside it"),
    )
    assert read(files[2], [], today=date(2027, 3, 2)).export_evidence == "the time of the file"


def test_a_table_of_days_with_a_level_of_followers_keeps_it(tmp_path: Path) -> None:
    header = ("Date", "Video views", "Profile views", "Likes", "Comments", "Shares", "Followers")
    file = write(
        *(tmp_path, "dias.csv", (*header, "Net followers")),
        [(day.isoformat(), 1, 2, 3, 4, 5, 12500 + n, 5) for n, day in enumerate(DAYS)],
    )
    found = read(file)
    assert [row["followers"] for row in rows_of(found, "studio_business_days")] == [
        *("12500", "12501", "12502", "12503"),
    ]
    assert found.left_out == ("Net followers",)


def test_an_optional_column_that_is_there_twice_is_left_out(tmp_path: Path) -> None:
    header = ("Date", "Video views", "Profile views", "Likes", "Comments", "Shares")
    file = write(
        *(tmp_path, "dias.csv", (*header, "Followers", "Total followers")),
        [(day.isoformat(), 1, 2, 3, 4, 5, 6, 7) for day in DAYS],
    )
    found = read(file)
    assert [part.entity.name for part in found.parts] == ["studio_overview"]
    assert found.left_out == ("Followers", "Total followers")


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_columns_are_found_by_name_in_any_order(tmp_path: Path, data: st.DataObject) -> None:
    base = [name for name in OVERVIEW if studio_names().get(name.casefold()) in REQUIRED]
    more = [name for name in (*OVERVIEW, *AUDIENCE) if name not in base]
    header = data.draw(
        st.lists(st.sampled_from(sorted({*more, "Saves", "x" * 9})), unique=True).flatmap(
            lambda chosen: st.permutations([*base, *chosen])
        )
    )
    counts = st.one_of(st.integers(0, 10**9).map(str), st.just("NaN"), st.just(""))
    rows = [
        tuple(f"{day:%Y/%m/%d}" if name == "Date" else data.draw(counts) for name in header)
        for day in DAYS
    ]
    found = read(write(tmp_path, "o.csv", tuple(header), list(rows)))
    names = {name: studio_names().get(name.casefold()) for name in header}
    assert list(found.left_out) == [name for name in header if names[name] is None]
    assert found.malformed_rows == 0
    for part in found.parts:
        for at, row in enumerate(part.rows.to_pylist()):
            for place, name in enumerate(header):
                column = names[name]
                if name != "Date" and column in row:
                    cell = rows[at][place]
                    assert row[column] == (None if cell in ("", "NaN") else cell)


def studio_names() -> dict[str, str]:
    listed = Path(studio.__file__).with_name("studio_headers.csv").read_text("utf-8")
    rows = [line.split(",") for line in listed.splitlines()[1:]]
    return {row[2].casefold(): row[1] for row in rows if (row[0], row[3]) == ("Overview", "en")}


def test_a_spreadsheets_own_first_line_is_passed_over(tmp_path: Path) -> None:
    text = "Date;Video Views;Profile Views;Likes;Comments;Shares\r\n2026-02-01;1;2;3;4;5\r\n"
    for number, first in enumerate(("sep=;\r\n", '"sep=;"\n', "SEP=;\n")):
        for encoding in ("utf-8-sig", "utf-16"):
            path = tmp_path / f"{number}-{encoding}.csv"
            path.write_bytes((first + text).encode(encoding))
            found = read(ExportFile("@a.b/Overview.csv", path, NOW, None))
            assert rows_of(found, "studio_overview")[0]["shares"] == "5"


def test_a_file_of_which_no_row_can_be_read_is_refused_with_its_reasons(tmp_path: Path) -> None:
    header = ("Date", "Video Views", "Profile Views", "Likes", "Comments", "Shares")
    rows: list[tuple[object, ...]] = [
        (f"{day.day}. Feb", f"1.59{n}", 7, 10, 1, 0) for n, day in enumerate(DAYS)
    ]
    with pytest.raises(RefusedFile, match="no row that can be read") as caught:
        read(write(tmp_path, "Overview.csv", header, rows), exported_on=date(2026, 2, 6))
    assert "1.590, whose point may separate thousands or decimals" in str(caught.value)
    rows[1] = (f"{DAYS[1].day}. Feb", "somebody", 7, 10, 1, 0)
    rows[2] = (f"{DAYS[2].day}. Feb", "1592", 7, 10, 1, 0)
    found = read(write(tmp_path, "Overview.csv", header, rows), exported_on=date(2026, 2, 6))
    assert found.malformed_rows == 3
    problems = [row["_malformed"] for row in found.parts[0].rows.to_pylist()]
    assert "hidden (8 characters)" in problems[1]
    assert problems[2] is None
    assert "somebody" not in str(problems)
