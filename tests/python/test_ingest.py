"""Ingest end to end: recognised, landed once and as a whole, people hashed, nothing lost."""

from __future__ import annotations

import csv
import dataclasses
import errno
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tiktok_warehouse import exports, ingest, lake, offers, readers
from tiktok_warehouse.entities import ENTITIES, Entity
from tiktok_warehouse.errors import RefusedFile, UsageError
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home
from tiktok_warehouse.ingest import IngestResult, Progress, ingest_paths
from tiktok_warehouse.people import SECRET_VARIABLE, hash_person, load_secret
from tiktok_warehouse.preview import preview
from tiktok_warehouse.recognise import entity_from_name, recognise

VIEWS = "view_id,viewed_at,video_id,person_id,watch_seconds\n"
EVENTS = PROJECT_ROOT.parent / "shared" / "data" / "kuairand" / "short_video_events.tsv"
EVENT_COLUMNS = (
    *("user_id", "video_id", "date", "hourmin", "time_ms", "is_click", "is_follow", "is_comment"),
    *("is_forward", "long_view", "play_time_ms", "duration_ms", "comment_stay_time"),
    *("is_profile_enter", "label", "timestamp"),
)


def views(*ids: str) -> str:
    return VIEWS + "".join(f"{i},2024-05-01 10:00:00,v1,anna,1.5\n" for i in ids)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(home: Home, entity: str) -> list[dict[str, Any]]:
    found = duckdb.sql(
        f"select * from '{home.raw}/*/{entity}.*.parquet' order by _ingest_seq, _source_row"
    )
    names = found.columns
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def all_values(home: Home) -> set[str]:
    """Every text in every column of every Parquet file of the lake."""
    found: set[str] = set()
    for path in home.raw.rglob("*.parquet"):
        for column in pq.ParquetFile(path).read().columns:
            found.update(str(value) for value in column.to_pylist())
    return found


def land(home: Home, *paths: Path, **options: Any) -> IngestResult:
    return ingest_paths(home, paths, **options)


def land_folder(home: Home) -> IngestResult:
    return ingest_paths(home, [home.landing], taken_from_landing=True)


# --- recognition -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("video_views.csv", "video_views"),
        ("raw_video_views_2024.parquet", "video_views"),
        ("video_views-0001.csv.gz", "video_views"),
        ("Videos.CSV", "videos"),
        ("videos2.csv", "videos"),
        ("videosx.csv", None),
        ("my_videos.csv", None),
        ("follower_counts.csv", "follower_counts"),
        ("raw_follower_events_2024.csv", "follower_events"),
        ("Profile_Visits.jsonl", "profile_visits"),
        ("conversions-0001.parquet", "conversions"),
        ("account_snapshots.csv", "account_snapshots"),
        ("accounts_snapshots.csv", "accounts"),
        ("video_snapshots_july.tsv.gz", "video_snapshots"),
        ("video_views_snapshots.csv", "video_views"),
        ("account_snapshot.csv", None),
    ],
)
def test_an_entity_is_known_by_the_stem(name: str, expected: str | None) -> None:
    entity = entity_from_name(name)
    assert (entity.name if entity else None) == expected


def test_an_entity_is_known_by_its_columns_in_any_case(home: Home, tmp_path: Path) -> None:
    text = "WATCH_SECONDS,Video_ID,viewed_at,view_id,colour\n1,v,2024-05-01,7,red\n"
    result = land(home, put(tmp_path, "export.csv", text))
    assert (result.landed[0].entity, result.landed[0].unknown_columns) == (
        "video_views",
        ("colour",),
    )
    (row,) = rows(home, "video_views")
    assert (row["view_id"], row["video_id"], row["person_id"]) == ("7", "v", None)
    assert lake.read_registry(home)[0].unknown_columns == "colour"


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=list(ENTITIES))
def test_each_entity_is_known_by_its_required_columns_alone(entity: Entity) -> None:
    for columns in (entity.required, (*reversed(entity.columns), "colour")):
        assert recognise("export.csv", columns, explicit=None, mappings=()) is entity


def test_columns_that_fit_two_entities_equally_are_refused() -> None:
    columns = ("video_id", "account_id", "captured_at", "followers")
    with pytest.raises(RefusedFile, match="could be account_snapshots or video_snapshots"):
        recognise("export.csv", columns, explicit=None, mappings=())


def test_every_entity_lands_with_its_people_hashed(home: Home, tmp_path: Path) -> None:
    for entity in ENTITIES.values():
        header = entity.columns
        put(tmp_path / "in", f"{entity.name}.csv", f"{','.join(header)}\n{','.join(header)}\n")
    result = land(home, tmp_path / "in")
    assert {file.entity: file.rows for file in result.landed} == dict.fromkeys(ENTITIES, 1)
    for entity in ENTITIES.values():
        (row,) = rows(home, entity.name)
        expected = {name: name for name in entity.columns}
        if "person_id" in expected:
            expected["person_id"] = hash_person(load_secret(home), "person_id")
        # Its interaction_type is not comment.
        expected.pop("comment_text", None)
        assert {name: row[name] for name in expected} == expected


def test_a_zone_moves_moments_and_no_calendar_day(home: Home, tmp_path: Path) -> None:
    (home.root / "zoned.yml").write_text(
        "name: zoned\nfiles: ['*.csv']\nzone: Asia/Kolkata\nentities:\n"
        "  - entity: follower_counts\n"
        "    columns: {account_id: account, count_date: day, followers: level}\n"
        "  - entity: account_snapshots\n"
        "    columns: {account_id: account, captured_at: day, followers: level}\n"
    )
    path = put(tmp_path, "levels.csv", "account,day,level\na,2024-05-01,7\n")
    land(home, path, mapping=home.root / "zoned.yml")
    assert rows(home, "follower_counts")[0]["count_date"] == "2024-05-01"
    assert rows(home, "account_snapshots")[0]["captured_at"] == "2024-04-30 18:30:00Z"


def test_a_file_of_malformed_rows_alone_is_refused_and_others_print_theirs(
    home: Home, tmp_path: Path
) -> None:
    header = "account_id,count_date,followers\n"
    bad = put(tmp_path, "follower_counts-1.csv", header + "a,2026-01-01\nb\n")
    (refused,) = land(home, bad).refused
    assert "no row that can be read: 2 fields, the header has 3 (line 2); 1 field" in refused.reason
    assert rows(home, "follower_counts") == []
    some = put(tmp_path, "follower_counts-2.csv", header + "a,2026-01-01,1\nb\n")
    (landed,) = land(home, some).landed
    assert landed.first_problems == ("1 field, the header has 3 (line 3)",)


def test_a_file_of_unknown_columns_is_refused_with_what_is_needed(
    home: Home, tmp_path: Path
) -> None:
    result = land(home, put(tmp_path, "export.csv", "a,b\n1,2\n"))
    (refused,) = result.refused
    assert "It has 2 columns, none of them known. Perhaps its first line is no" in refused.reason
    assert "describe it in a mapping file" in refused.reason
    assert result.ingest_id is None
    # What each entity needs is said only of those that it could be.
    assert "needs" not in refused.reason
    near = put(tmp_path, "levels.csv", "account_id,count_date,level\n1,2026-01-01,2\n")
    (refused,) = land(home, near).refused
    assert "follower_counts needs account_id, count_date, followers" in refused.reason
    assert "video_views needs" not in refused.reason


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("video_views.csv", "view1,2024-05-01,v1,anna,1.5"),
        ("export.csv", "view1,2024-05-01,v1,anna,1.5"),
        ("plays_1.csv", "view1,2024-05-01,v1,anna,1.5"),
        ("video_views.csv", "view1,2024-05-01,anna,ANNA,1.5"),
        ("video_views.csv", "video_id,2024-05-01,v1,anna,1.5"),
        ("video_views.jsonl", '{"anna": 1, "video_id": 2}'),
    ],
)
def test_no_cell_of_a_file_without_a_header_is_shown(
    home: Home, tmp_path: Path, name: str, row: str
) -> None:
    home = with_mappings(home, "plays")
    (refused,) = land(home, put(tmp_path, name, f"{row}\n{row}\n")).refused
    note = Path(f"{refused.quarantine}.reason.json").read_text()
    for value in ("anna", "ANNA", "2024-05-01", "view1"):
        assert value not in refused.reason
        assert value not in note
    assert ("among them video_id" in refused.reason) == ("video_id" in row)


def test_a_file_without_a_required_column_is_refused_whole(home: Home, tmp_path: Path) -> None:
    path = put(tmp_path, "video_views.csv", "view_id,video_id\n1,2\n")
    (refused,) = land(home, path).refused
    assert "lacks the required columns viewed_at, watch_seconds of video_views" in refused.reason
    assert rows(home, "video_views") == []


@pytest.mark.parametrize("written", ["7.65363E+18", '"7,65363172159546E+018"', "7.653e+18"])
def test_ids_that_a_spreadsheet_cut_are_refused(home: Home, tmp_path: Path, written: str) -> None:
    header = "view_id,viewed_at,video_id,person_id,watch_seconds\n"
    body = f"a,2026-01-01,7653631721595456789,p,1\nb,2026-01-01,{written},q,1\n"
    path = put(tmp_path, "video_views.csv", header + body)
    (refused,) = land(home, path).refused
    assert "ids in video_id that have lost their last digits" in refused.reason
    assert rows(home, "video_views") == []
    ((looked,), _) = preview(home, [path])
    assert looked.problem == refused.reason


def test_ids_that_only_resemble_cut_ones_stay(home: Home, tmp_path: Path) -> None:
    header = "view_id,viewed_at,video_id,person_id,watch_seconds\n"
    body = "7e18,2026-01-01,x+7E+18,q/+w==,1\n7E+5,2026-01-01,7653631721595457000,+,1\n"
    assert land(home, put(tmp_path, "video_views.csv", header + body)).refused == ()
    assert {row["video_id"] for row in rows(home, "video_views")} == {
        "x+7E+18",
        "7653631721595457000",
    }


# --- landing once ----------------------------------------------------------------------------


def test_a_file_lands_with_lineage_and_without_raw_people(home: Home, tmp_path: Path) -> None:
    result = land(
        home,
        put(tmp_path, "in/2024/video_views.csv.gz", gzip.compress(views("a", "b").encode())),
        now=datetime(2024, 5, 6, tzinfo=UTC),
    )
    (landed,) = result.landed
    assert (landed.rows, landed.malformed_rows, landed.ingest_seq) == (2, 0, 1)
    first, second = rows(home, "video_views")
    assert first["person_id"] == hash_person(load_secret(home), "anna")
    assert second["_source_row"] == 2
    assert second["_ingest_id"] == result.ingest_id == "20240506T000000Z-000001"
    assert second["_source_file"] == "video_views.csv.gz"
    assert "anna" not in all_values(home)
    assert load_secret(home).decode() not in all_values(home)


def test_when_a_connector_read_a_row_lands_with_it(home: Home, tmp_path: Path) -> None:
    text = views("a", "b", "c").splitlines()
    header, *lines = text
    header += ",_sdc_batched_at,_Fivetran_Synced"
    moments = ["2024-05-02T01:02:03.5+02:00", "1714608000000", "Anna"]
    body = [f"{line},,{moment}" for line, moment in zip(lines, moments, strict=True)]
    (landed,) = land(home, put(tmp_path, "video_views.csv", "\n".join([header, *body]))).landed
    assert landed.unknown_columns == ()
    assert [row["_synced_at"] for row in rows(home, "video_views")] == [
        datetime(2024, 5, 1, 23, 2, 3),
        datetime(2024, 5, 2),
        None,
    ]


def test_a_name_in_a_folder_is_relative_to_it(home: Home, tmp_path: Path) -> None:
    put(tmp_path, "in/2024/video_views.csv", views("a"))
    assert land(home, tmp_path / "in").landed[0].source_file == "2024/video_views.csv"
    assert str(tmp_path) not in " ".join(all_values(home))


def test_files_of_one_name_are_told_apart_by_the_shortest_path(home: Home, tmp_path: Path) -> None:
    for folder in ("a/2024", "b/2024", "b/2025"):
        put(tmp_path / folder, "video_views.csv", views(folder))
        put(tmp_path / folder, f"accounts_{folder[0]}{folder[-1]}.csv", "account_id,handle\n")
    folders = [tmp_path / name for name in ("a/2024", "b/2024", "b/2025")]
    result = land(home, *folders, folders[0] / "video_views.csv")
    assert [file.source_file for file in result.landed] == [
        "a/2024/video_views.csv",
        "b/2024/video_views.csv",
        "2025/video_views.csv",
    ]
    assert [file.source_file for file in result.refused] == [
        "accounts_a4.csv",
        "accounts_b4.csv",
        "accounts_b5.csv",
    ]
    assert str(tmp_path) not in " ".join(all_values(home))


def test_the_same_content_lands_once(home: Home, tmp_path: Path) -> None:
    path = put(tmp_path, "video_views.csv", views("a"))
    first = land(home, path)
    second = land(home, put(tmp_path, "video_views_2.csv.gz", gzip.compress(path.read_bytes())))
    assert second.landed == ()
    assert second.ingest_id is None
    assert str(first.ingest_id) in second.already_landed[0].reason
    assert len(rows(home, "video_views")) == 1


def test_again_lands_it_as_the_newest(home: Home, tmp_path: Path) -> None:
    path = put(tmp_path, "video_views.csv", views("a"))
    land(home, path)
    assert land(home, path, again=True).landed[0].ingest_seq == 2


@pytest.mark.parametrize("again", [True, False])
def test_content_offered_twice_in_one_call_lands_once(
    home: Home, tmp_path: Path, again: bool
) -> None:
    put(tmp_path, "in/video_views_1.csv", views("a"))
    put(tmp_path, "in/video_views_2.csv", views("a"))
    result = land(home, tmp_path / "in", again=again)
    assert [file.source_file for file in result.landed] == ["video_views_1.csv"]
    assert "twice" in result.already_landed[0].reason


def test_a_new_parser_reads_a_file_anew(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "video_views.csv", views("a"))
    land(home, path)
    monkeypatch.setattr(readers, "PARSER_VERSION", "next")
    assert len(land(home, path).landed) == 1


def test_files_take_their_numbers_by_path(home: Home, tmp_path: Path) -> None:
    for name in ("b/video_views.csv", "a/video_views.csv", "c/video_views.csv"):
        put(tmp_path / "in", name, views(name))
    result = land(home, tmp_path / "in")
    assert [(file.source_file[0], file.ingest_seq) for file in result.landed] == [
        ("a", 1),
        ("b", 2),
        ("c", 3),
    ]


def test_a_header_alone_lands_as_no_rows(home: Home, tmp_path: Path) -> None:
    assert land(home, put(tmp_path, "video_views.csv", VIEWS)).landed[0].rows == 0
    assert [row.raw_rows for row in lake.read_registry(home)] == [0]


def test_another_key_is_refused_and_neither_key_is_shown(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "video_views.csv", views("a"))
    land(home, path)
    monkeypatch.setenv(SECRET_VARIABLE, "another secret of some length")
    with pytest.raises(UsageError, match="another key") as caught:
        land(home, path, again=True)
    assert "another secret" not in str(caught.value)
    monkeypatch.delenv(SECRET_VARIABLE)
    home.secret_file.unlink()
    with pytest.raises(UsageError, match="missing"):
        land(home, path)
    assert not home.secret_file.exists()


def test_the_text_of_a_comment_lands_only_if_it_is_asked_for_and_of_a_message_never(
    home: Home, tmp_path: Path
) -> None:
    header = "interaction_id,interacted_at,video_id,interaction_type,comment_text\n"
    body = (
        "1,2024-05-01,v, Comment ,nice\n2,2024-05-01,v,direct_message,private\n3,2024-05-01,v,,x\n"
    )
    path = put(tmp_path, "interactions.csv", header + body)
    land(home, path)
    assert [row["comment_text"] for row in rows(home, "interactions")] == [None] * 3
    assert rows(home, "interactions")[0]["comment_sentiment_score"] is not None
    assert "nice" not in all_values(home)
    land(home, path, again=True, settings=exports.Settings(keep_comment_text=True))
    assert [row["comment_text"] for row in rows(home, "interactions")][3:] == ["nice", None, None]
    assert "private" not in all_values(home)


def test_progress_counts_rows(home: Home, tmp_path: Path) -> None:
    seen: list[Progress] = []
    land(home, put(tmp_path, "video_views.csv", views("a", "b")), on_progress=seen.append)
    assert seen[-1] == Progress("video_views.csv", 1, 1, 2)


# --- what is offered -------------------------------------------------------------------------


def test_a_path_that_matches_nothing_is_a_usage_error(home: Home, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "none.csv", tmp_path / "*.tsv", tmp_path / "empty"):
        with pytest.raises(UsageError, match="matches no file"):
            land(home, path)
    assert land_folder(home).ingest_id is None


@pytest.mark.parametrize("named", ["", "raw", "secret.key"])
def test_what_a_home_keeps_is_never_offered(home: Home, tmp_path: Path, named: str) -> None:
    land(home, put(tmp_path, "video_views.csv", views("a")))
    put(home.landing, "video_views.csv", views("b"))
    before = len(lake.read_registry(home))
    result = land(home, home.root / named if named else tmp_path)
    assert not result.refused
    assert not list(home.quarantine.iterdir())
    assert [file.source_file for file in result.landed] == (
        [] if named else ["home/landing/video_views.csv"]
    )
    assert len(lake.read_registry(home)) == before + len(result.landed)
    assert "of its home only landing/ is read" in result.ignored[0].reason


def test_globs_match_and_unfinished_files_are_reported(home: Home, tmp_path: Path) -> None:
    put(tmp_path, "in/video_views_1.csv", views("a"))
    put(tmp_path, "in/video_views_2.csv.part", views("b"))
    put(tmp_path, "in/.hidden.csv", views("c"))
    put(tmp_path, "in/.git/video_views.csv", views("d"))
    put(tmp_path, "elsewhere/video_views.csv", views("e"))
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "elsewhere")
    result = land(home, tmp_path / "in")
    assert len(result.landed) == 1
    assert {file.source_file for file in result.ignored} == {
        "video_views_2.csv.part",
        ".hidden.csv",
        ".git",
        "linked",
    }
    assert len(land(home, tmp_path / "in" / "video_*.csv").already_landed) == 1


# --- refused files and malformed rows --------------------------------------------------------


def test_a_refused_file_stops_no_other_and_is_kept_once(home: Home, tmp_path: Path) -> None:
    bad = put(tmp_path, "in/accounts.csv", b"account_id,handle,account_role\na,b,own\nc,\xff,own\n")
    put(tmp_path, "in/video_views.csv", views("a"))
    for _ in range(3):
        result = land(home, tmp_path / "in")
        (refused,) = result.refused
        assert "accounts.csv is not UTF-8 text: line 3, byte 42" in refused.reason
    assert bad.exists()
    assert len(rows(home, "video_views")) == 1
    assert rows(home, "accounts") == []
    assert refused.quarantine is not None
    assert refused.quarantine.read_bytes() == bad.read_bytes()
    assert refused.quarantine.stat().st_mode & 0o777 == 0o600
    assert len(list(home.quarantine.iterdir())) == 2
    reason = json.loads(Path(f"{refused.quarantine}.reason.json").read_text())
    assert reason["file"] == "accounts.csv"
    assert reason["reason"] == refused.reason
    assert reason["first_at"] <= reason["last_at"]


def test_refused_content_is_kept_once_under_any_name(home: Home) -> None:
    for name in ("monday.csv", "tuesday.csv"):
        put(home.landing, name, "a,b\n1,2\n")
        (refused,) = land_folder(home).refused
        assert refused.quarantine is not None
        assert refused.quarantine.name.endswith("-monday.csv")
    assert list(home.landing.iterdir()) == []
    assert len(list(home.quarantine.iterdir())) == 2


def test_a_refused_file_gives_its_number_back(home: Home, tmp_path: Path) -> None:
    put(tmp_path, "in/video_views_1.csv", views("a") + "cut,2024")
    put(tmp_path, "in/video_views_2.csv", views("b"))
    result = land(home, tmp_path / "in")
    assert "last line (3)" in result.refused[0].reason
    assert result.landed[0].ingest_seq == 1
    assert [row["view_id"] for row in rows(home, "video_views")] == ["b"]


def test_malformed_rows_land_and_their_raw_lines_are_kept(home: Home) -> None:
    text = views("a") + "b,2024-05-01,v1,berta\n" + "c,2024-05-01,v1,carl,2.0\n"
    put(home.landing, "video_views.csv", text)
    result = land_folder(home)
    (landed,) = result.landed
    assert (landed.rows, landed.malformed_rows) == (3, 1)
    assert rows(home, "video_views")[1]["_malformed"] == "4 fields, the header has 5 (line 3)"
    assert landed.quarantine is not None
    assert landed.quarantine.name.endswith("-video_views.csv.malformed_rows.txt")
    assert landed.quarantine.read_text() == "b,2024-05-01,v1,berta\n"
    reason = json.loads(Path(f"{landed.quarantine}.reason.json").read_text())
    assert reason["first_problems"] == [
        {"row": 2, "problem": "4 fields, the header has 5 (line 3)"}
    ]
    assert "berta" not in all_values(home)


def test_an_unreadable_file_is_refused_and_stays(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(home.landing, "video_views.csv", views("a"))
    real = os.open

    def deny(name: Any, *args: Any, **kwargs: Any) -> Any:
        if Path(name).name == path.name:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(os, "open", deny)
    (refused,) = land_folder(home).refused
    assert "Permission denied" in refused.reason
    assert refused.quarantine is None
    assert path.exists()


# --- the landing folder ----------------------------------------------------------------------


def test_landed_files_are_taken_and_refused_ones_moved(home: Home) -> None:
    put(home.landing, "a/video_views.csv", views("a"))
    put(home.landing, "b/video_views.csv", views("a"))
    put(home.landing, "broken.csv", "")
    result = land_folder(home)
    assert (len(result.landed), len(result.already_landed), len(result.refused)) == (1, 1, 1)
    assert [path for path in home.landing.rglob("*") if path.is_file()] == []
    assert result.refused[0].quarantine is not None
    assert result.refused[0].quarantine.exists()


def test_originals_are_kept_and_never_overwritten(tmp_path: Path, home: Home) -> None:
    kept = tmp_path / "originals"
    home.config_file.write_text(f'keep_originals = "{kept}"\n')
    home = open_home(home.root)
    for text in (views("a"), views("b"), views("b")):
        put(home.landing, "day/video_views.csv", text)
        land_folder(home)
    assert sorted(path.name for path in (kept / "day").iterdir()) == [
        "video_views.2.csv",
        "video_views.3.csv",
        "video_views.csv",
    ]
    assert (kept / "day" / "video_views.csv").read_text() == views("a")


def test_a_file_that_is_written_to_while_it_is_read_stays(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(home.landing, "video_views.csv", views("a"))
    real = lake.write_entity

    def write_and_grow(*args: Any) -> Any:
        result = real(*args)
        path.write_text(views("a", "b"))
        return result

    monkeypatch.setattr(lake, "write_entity", write_and_grow)
    result = land_folder(home)
    assert result.landed == ()
    assert "written to while it was read" in result.ignored[0].reason
    monkeypatch.undo()
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)
    assert land_folder(home).landed[0].rows == 2


def test_a_file_that_grows_after_it_was_read_is_not_deleted(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(home.landing, "video_views.csv", views("a"))
    real = lake.land

    def land_and_grow(*args: Any) -> bool:
        path.write_text(views("a", "b"))
        return bool(real(*args))

    monkeypatch.setattr(lake, "land", land_and_grow)
    result = land_folder(home)
    assert len(result.landed) == 1
    assert "since" in result.ignored[0].reason
    assert path.read_text() == views("a", "b")


def test_a_full_disk_lands_nothing_and_takes_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home.landing, "video_views_1.csv", views("a"))
    put(home.landing, "video_views_2.csv", views("b"))
    calls = Counter[str]()
    real = lake.write_entity

    def fill_disk(*args: Any) -> Any:
        calls["write"] += 1
        if calls["write"] == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args)

    monkeypatch.setattr(lake, "write_entity", fill_disk)
    with pytest.raises(OSError, match="No space") as caught:
        land_folder(home)
    assert caught.value.errno == errno.ENOSPC
    assert rows(home, "video_views") == []
    assert not (home.raw / lake.INCOMING).exists()
    assert len(list(home.landing.iterdir())) == 2
    monkeypatch.undo()
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)
    assert len(land_folder(home).landed) == 2


@pytest.mark.parametrize(
    ("step", "landed", "already"), [("lake.land", 2, 0), ("ingest._clear_landing", 0, 2)]
)
def test_a_kill_before_or_after_the_rename_loses_and_doubles_nothing(
    home: Home, step: str, landed: int, already: int
) -> None:
    put(home.landing, "video_views_1.csv", views("a"))
    put(home.landing, "video_views_2.csv", views("b"))
    code = f"""
import os, pathlib
from tiktok_warehouse import home, ingest, lake, offers
offers.SETTLE_SECONDS = 0
{step} = lambda *_: os._exit(9)
this = home.open_home(pathlib.Path({str(home.root)!r}))
ingest.ingest_paths(this, [this.landing], taken_from_landing=True)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == 9
    assert len(list(home.landing.iterdir())) == 2
    result = land_folder(home)
    assert (len(result.landed), len(result.already_landed)) == (landed, already)
    assert [row["view_id"] for row in rows(home, "video_views")] == ["a", "b"]
    assert [row.ingest_seq for row in lake.read_registry(home)] == [1, 2]
    assert list(home.landing.iterdir()) == []


def test_a_fresh_file_in_landing_is_given_time_to_settle(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 2.0)
    monkeypatch.setattr("tiktok_warehouse.offers.time.sleep", slept.append)
    put(home.landing, "video_views.csv", views("a"))
    land_folder(home)
    assert len(slept) == 1
    assert 0 < slept[0] <= 2


# --- mappings --------------------------------------------------------------------------------

MAPPING = """\
name: {name}
files: ["plays*.csv"]
zone: Europe/Berlin
entities:
  - entity: videos
    group_by: [video]
    columns: {{video_id: video, posted_at: min(moment)}}
    constants: {{account_id: a}}
  - entity: video_views
    columns:
      view_id: viewer || '-' || moment
      viewed_at: moment
      video_id: video
      person_id: viewer
      watch_seconds: seconds
    hashed: [view_id]
  - entity: interactions
    where: liked = '1'
    columns:
      interaction_id: "'like-' || viewer || '-' || moment"
      interacted_at: moment
      video_id: video
      person_id: viewer
    constants: {{interaction_type: like}}
    hashed: [interaction_id]
    never_has: [save, duet]
"""
PLAYS = (
    "viewer,moment,video,seconds,liked,device\n"
    "anna,2024-07-01 10:00,v1,3,1,phone\n"
    "berta,2024-07-01 11:00\n"
    "carl,1719828000,v2,4,0,phone\n"
)


def with_mappings(home: Home, *names: str) -> Home:
    for name in names:
        (home.root / f"{name}.yml").write_text(MAPPING.format(name=name))
    listed = ", ".join(f'"{name}.yml"' for name in names)
    home.config_file.write_text(f"mappings = [{listed}]\n")
    return open_home(home.root)


def test_a_configured_mapping_feeds_several_entities(home: Home, tmp_path: Path) -> None:
    home = with_mappings(home, "plays")
    result = land(home, put(tmp_path, "plays_1.csv", PLAYS))
    assert [(file.entity, file.rows, file.malformed_rows) for file in result.landed] == [
        ("videos", 2, 0),
        ("video_views", 3, 1),
        ("interactions", 1, 0),
    ]
    assert [file.ingest_seq for file in result.landed] == [1, 2, 3]
    first, malformed, second = rows(home, "video_views")
    assert (first["viewed_at"], second["viewed_at"]) == ("2024-07-01 08:00:00Z", "1719828000")
    assert malformed["_malformed"] == "2 fields, the header has 6 (line 3)"
    assert first["view_id"] == hash_person(load_secret(home), "anna-2024-07-01 10:00")
    assert rows(home, "interactions")[0]["interaction_type"] == "like"
    registry = lake.read_registry(home)
    assert [row.never_has for row in registry] == [None, None, "save,duet"]
    assert {row.mapping_name for row in registry} == {"plays"}
    assert {row.unknown_columns for row in registry} == {"device"}
    assert not {
        value for value in all_values(home) for name in ("anna", "berta", "carl") if name in value
    }
    assert land(home, tmp_path / "plays_1.csv").already_landed


def test_a_changed_mapping_lands_the_file_anew(home: Home, tmp_path: Path) -> None:
    home = with_mappings(home, "plays")
    path = put(tmp_path, "plays_1.csv", PLAYS)
    land(home, path)
    mapping = home.root / "plays.yml"
    mapping.write_text(mapping.read_text().replace("liked = '1'", "liked = '0'"))
    assert len(land(home, path).landed) == 3


def test_two_mappings_that_fit_are_both_named(home: Home, tmp_path: Path) -> None:
    home = with_mappings(home, "one", "two")
    (refused,) = land(home, put(tmp_path, "plays_1.csv", PLAYS)).refused
    assert "one (" in refused.reason
    assert "two (" in refused.reason
    chosen = land(home, tmp_path / "plays_1.csv", mapping=home.root / "one.yml")
    assert chosen.landed[0].mapping == "one"


def test_a_mapping_whose_columns_are_absent_says_so(home: Home, tmp_path: Path) -> None:
    home = with_mappings(home, "plays")
    path = put(tmp_path, "plays_1.csv", "viewer,video\n1,2\n")
    (refused,) = land(home, path).refused
    assert "mapping plays fits the name" in refused.reason
    assert "has no column 'moment'" in refused.reason
    (refused,) = land(home, path, mapping=home.root / "plays.yml").refused
    assert "line 7, entities[0].columns.posted_at: the file has no column" in refused.reason


def test_a_value_that_breaks_a_mapping_refuses_the_file_alone(home: Home, tmp_path: Path) -> None:
    home = with_mappings(home, "plays")
    mapping = home.root / "plays.yml"
    mapping.write_text(mapping.read_text().replace(": seconds", ": seconds::int"))
    put(tmp_path, "in/plays_1.csv", PLAYS.replace(",3,", ",three,"))
    put(tmp_path, "in/plays_2.csv", PLAYS)
    result = land(home, tmp_path / "in")
    assert "entities[1].columns.watch_seconds" in result.refused[0].reason
    assert [file.ingest_seq for file in result.landed] == [1, 2, 3]


# --- KuaiRand --------------------------------------------------------------------------------


def test_a_small_file_of_the_shape_of_kuairand(home: Home, tmp_path: Path) -> None:
    event = dict.fromkeys(EVENT_COLUMNS, "0")
    events = [
        {
            **event,
            "user_id": "personA",
            "video_id": "5",
            "time_ms": "1649581149287",
            "play_time_ms": "46186",
            "duration_ms": "45916",
            "label": "1",
            "is_comment": "1",
        },
        {
            **event,
            "user_id": "personB",
            "video_id": "5",
            "time_ms": "1649581149000",
            "play_time_ms": "12.7",
            "is_forward": "1",
        },
        {
            **event,
            "user_id": "personB",
            "video_id": "6",
            "time_ms": "1649581149001",
            "play_time_ms": "1",
        },
    ]
    lines = ["\t".join(row.values()) for row in events]
    text = "\n".join(["\t".join(EVENT_COLUMNS), *lines]) + "\n"
    land(home, put(tmp_path, "short_video_events_small.tsv.gz", gzip.compress(text.encode())))
    (account,) = rows(home, "accounts")
    assert (account["account_id"], account["account_role"]) == ("kuairand", "own")
    videos = [
        (row["video_id"], row["posted_at"], row["duration_seconds"]) for row in rows(home, "videos")
    ]
    assert videos == [("5", "1649581149000", "45.916"), ("6", "1649581149001", None)]
    watched = [row["watch_seconds"] for row in rows(home, "video_views")]
    assert watched == ["46.186", "ms: 12.7", "0.001"]
    kinds = [row["interaction_type"] for row in rows(home, "interactions")]
    assert kinds == ["like", "comment", "share"]
    ids = [row["interaction_id"] for row in rows(home, "interactions")]
    assert len(set(ids)) == 3
    assert not {value for value in all_values(home) if "person" in value}


@pytest.mark.skipif(not EVENTS.exists(), reason="../shared/data is absent")
def test_the_real_event_log_lands_whole(home: Home) -> None:
    before = hashlib.sha256(EVENTS.read_bytes()).hexdigest()
    result = land(home, EVENTS)
    with EVENTS.open(encoding="utf-8", newline="") as file:
        events = list(csv.DictReader(file, delimiter="\t"))
    assert [(file.entity, file.rows) for file in result.landed] == [
        ("accounts", 1),
        ("videos", len({row["video_id"] for row in events})),
        ("video_views", len(events)),
        ("interactions", sum(row["label"] == "1" for row in events)),
        ("interactions", sum(row["is_comment"] == "1" for row in events)),
        ("interactions", sum(row["is_forward"] == "1" for row in events)),
    ]
    landed = rows(home, "video_views")
    assert [round(float(row["watch_seconds"]) * 1000) for row in landed] == [
        int(row["play_time_ms"]) for row in events
    ]
    assert [row["viewed_at"] for row in landed] == [row["time_ms"] for row in events]
    assert len({row["person_id"] for row in landed}) == len({row["user_id"] for row in events})
    people = {row["user_id"] for row in events}
    for entity in ("videos", "video_views", "interactions"):
        for row in rows(home, entity):
            kept = {row.get("person_id"), row.get("view_id"), row.get("interaction_id")}
            assert not kept & people
    assert hashlib.sha256(EVENTS.read_bytes()).hexdigest() == before
    assert len(land(home, EVENTS).already_landed) == 1


def test_parquet_lands_as_the_same_text_as_csv(home: Home, tmp_path: Path) -> None:
    moment = datetime(2024, 5, 1, 10, tzinfo=UTC)
    table = pa.table(
        {
            "view_id": pa.array([1, 2]),
            "viewed_at": pa.array([moment, moment], pa.timestamp("ns", "UTC")),
            "video_id": pa.array(["v", "w"]).dictionary_encode(),
            "person_id": pa.array([7, None]),
            "watch_seconds": pa.array([1.5, 0.0]),
        }
    )
    path = tmp_path / "video_views.parquet"
    pq.write_table(table, path)
    land(home, path)
    first, second = rows(home, "video_views")
    assert (first["view_id"], first["viewed_at"], first["watch_seconds"]) == (
        "1",
        "2024-05-01 10:00:00.000000Z",
        "1.5",
    )
    assert first["person_id"] == hash_person(load_secret(home), "7")
    assert (second["video_id"], second["person_id"], second["watch_seconds"]) == ("w", None, "0")


def test_what_holds_people_in_the_clear_is_private(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    umask = os.umask(0)
    try:
        home.quarantine.chmod(0o755)
        home = with_mappings(home, "plays")
        home = dataclasses.replace(home, keep_originals=tmp_path / "kept")
        modes: dict[str, int] = {}
        real = lake.write_entity

        def write_and_look(*args: Any) -> Any:
            result = real(*args)
            incoming = home.raw / lake.INCOMING
            for path in (incoming, *incoming.glob("scratch"), *incoming.glob("scratch/*")):
                modes[path.name] = path.stat().st_mode & 0o777
            return result

        monkeypatch.setattr(lake, "write_entity", write_and_look)
        put(home.landing, "plays_1.csv", PLAYS)
        put(home.landing, "broken.csv", "no,table\n")
        pq.write_table(pa.table({"video_id": ["v"]}), buffer := pa.BufferOutputStream())
        put(home.landing, "videos.csv", gzip.compress(buffer.getvalue().to_pybytes()))
        monkeypatch.setattr(readers, "read_table", _note_unpacked(readers.read_table, modes))
        assert len(land_folder(home).refused) == 2
    finally:
        os.umask(umask)
    assert modes == {
        **{".incoming": 0o700, "scratch": 0o700},
        **{"rows.parquet": 0o600, "malformed_rows.txt": 0o600, "unpacked.parquet": 0o600},
    }
    assert home.quarantine.stat().st_mode & 0o777 == 0o700
    kept = list(home.quarantine.iterdir())
    assert len(kept) == 6
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


def _note_unpacked(read_table: Any, modes: dict[str, int]) -> Any:
    def read_and_look(path: Path, *, scratch: Path, **options: Any) -> Any:
        table = read_table(path, scratch=scratch, **options)
        for unpacked in scratch.glob("unpacked.parquet"):
            modes[unpacked.name] = unpacked.stat().st_mode & 0o777
        return table

    return read_and_look


def test_the_scratch_of_a_killed_ingest_is_gone_after_the_next(home: Home) -> None:
    left = put(home.raw / lake.INCOMING / "scratch", "rows.parquet", "anna")
    land_folder(home)
    assert not left.parent.parent.exists()


def test_nothing_is_left_in_the_scratch_folder(home: Home, tmp_path: Path) -> None:
    land(home, put(tmp_path, "video_views.csv", views("a")))
    assert sorted(path.name for path in home.raw.iterdir()) == sorted(
        ["_empty", *(row.ingest_id for row in lake.read_registry(home))]
    )
    shutil.rmtree(home.raw / "_empty")
    assert lake.read_registry(home)[0].source_kind == ingest.SOURCE_KIND
