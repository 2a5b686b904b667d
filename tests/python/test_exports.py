"""TikTok's own exports through the ingest: recognised, landed or refused, nobody in the clear.

What the readers make of each file is tested beside them; here it is what comes in from outside
(zips, folders, single files, bad ones) and what lies under the home afterwards.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import api_files
import archive_files
from studio_files import (
    HEADERS,
    Studio,
    make_bytes,
    make_csv,
    make_files,
    name_zip,
    write_unzipped,
    write_zips,
)
from tiktok_warehouse import archives, cli, exports, forget, ingest, lake, transform
from tiktok_warehouse.entities import ENTITIES, list_all_entities
from tiktok_warehouse.errors import ExitCode, UsageError
from tiktok_warehouse.exports import Settings
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home
from tiktok_warehouse.ingest import IngestResult, ingest_paths
from tiktok_warehouse.people import hash_handle, hash_person, load_secret
from tiktok_warehouse.preview import preview
from tiktok_warehouse.scratch import open_scratch

STUDIO = Studio()
OTHER = replace(STUDIO, account="tom.fries", seed=9)
EVENTS = "view_id,viewed_at,video_id,person_id,watch_seconds\nv,2024-05-01,v1,anna,1.5\n"


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def put_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def put_archive(path: Path, vintage: str = "J3", **options: Any) -> Path:
    return put_zip(
        path, {"user_data_tiktok.json": json.dumps(archive_files.make_json(vintage, **options))}
    )


def put_texts(folder: Path, vintage: str = "T3") -> Path:
    for name, text in archive_files.make_txt(vintage).items():
        put(folder / name, text)
    return folder


def put_studio(folder: Path, studio: Studio = STUDIO) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_zips(studio, folder)
    return folder


def put_everything(folder: Path) -> Path:
    """One of everything that is read, and four that are not."""
    put_studio(folder / "studio")
    put_archive(folder / "TikTok_Data_1760000000.zip")
    put_texts(folder)
    put(folder / "payload.json", json.dumps(api_files.page(api_files.make_account())))
    put(folder / "video_views.csv", EVENTS)
    put(folder / "bad" / "torn.zip", put_archive(folder / "t.zip").read_bytes()[:-40])
    (folder / "t.zip").unlink()
    put(folder / "bad" / "shop.csv", "Order ID,Buyer\n1,somebody\n")
    put(folder / "bad" / "wrong.json", '{"who": "somebody"}\n')
    put(folder / "bad" / "nobody" / "2026" / "Overview.csv", make_overview(STUDIO))
    return folder


def make_overview(studio: Studio) -> bytes:
    return make_bytes(studio, make_files(studio)["Overview"])


def land(home: Home, *paths: Path, again: bool = False, **known: Any) -> IngestResult:
    return ingest_paths(home, paths, again=again, settings=Settings(**known))


def take(home: Home) -> IngestResult:
    return ingest_paths(home, [home.landing], taken_from_landing=True)


def rows(home: Home, entity: str) -> list[dict[str, Any]]:
    found = duckdb.sql(
        f"select * from '{home.raw}/*/{entity}.*.parquet' order by _ingest_seq, _source_row"
    )
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def refused(result: IngestResult) -> dict[str, str]:
    return {file.source_file: file.reason for file in result.refused}


def decode_all(root: Path) -> Iterator[tuple[str, str]]:
    """Every file below a folder as text, Parquet decoded and zips unpacked, names included."""
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        name = str(path.relative_to(root))
        content = path.read_bytes()
        yield name, name + content.decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield name, repr(pq.ParquetFile(path).read().to_pylist())
        if content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.namelist():
                    yield f"{name}/{member}", archive.read(member).decode("utf-8", "replace")


def find_texts(root: Path, texts: list[str]) -> list[str]:
    return [
        f"{name}: {text}" for name, content in decode_all(root) for text in texts if text in content
    ]


def tree(root: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(root)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in root.rglob("*")
    }


# --- what lands ------------------------------------------------------------------------------


def test_each_zip_of_studio_lands_with_what_is_known_of_it(home: Home, tmp_path: Path) -> None:
    result = land(home, put_studio(tmp_path / "zips"))
    assert not result.refused
    assert {file.entity for file in result.landed} == {
        entity for entity in list_all_entities() if entity.startswith("studio_")
    } - {"studio_business_days"}
    (overview,) = [file for file in result.landed if file.entity == "studio_overview"]
    assert overview.source_file == f"{name_zip(STUDIO, 'Overview')}/Overview.csv"
    facts = overview.facts
    assert facts is not None
    assert (facts.source_kind, facts.kind, facts.account) == ("studio", "Overview", STUDIO.account)
    assert facts.window == (date(2026, 2, 8), date(2026, 3, 7))
    assert facts.exported_on == STUDIO.exported_on
    expected = make_files(STUDIO)["Overview"].rows
    found = rows(home, "studio_overview")
    assert [{name: row[name] for name in expected[0]} for row in found] == expected
    assert {row["account_handle"] for row in found} == {STUDIO.account}


def test_files_beside_a_file_settle_its_year(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / f"@{STUDIO.account}"
    for name, file in write_unzipped(STUDIO, folder).items():
        # Copied years later: the time of the file itself says nothing any more.
        at = time.time() if name != "Content" else STUDIO.made_at.timestamp()
        os.utime(file.path, (at, at))
    alone = put(tmp_path / "alone" / "@mira" / "Overview.csv", make_overview(STUDIO))
    assert list(refused(land(home, alone))) == ["Overview.csv"]
    result = land(home, folder)
    (overview,) = [file for file in result.landed if file.entity == "studio_overview"]
    assert overview.facts is not None
    assert overview.facts.window == (date(2026, 2, 8), date(2026, 3, 7))
    assert overview.facts.window_evidence == "the snapshot day of the Content file beside it"


def test_the_zips_of_another_export_do_not_date_a_file(home: Home, tmp_path: Path) -> None:
    folder = put_studio(tmp_path / "zips", replace(STUDIO, exported_on=date(2025, 7, 1)))
    later = put_studio(tmp_path / "later")
    for name in ("Viewers", "Followers"):
        (later / f"{name}_{STUDIO.account}.zip").rename(folder / f"{name}_{STUDIO.account}.zip")
    result = land(home, folder)
    assert not result.refused
    (viewers,) = [file for file in result.landed if file.entity == "studio_viewers"]
    assert viewers.facts is not None
    assert viewers.facts.window == (date(2026, 2, 9), date(2026, 3, 8))


@pytest.mark.parametrize("vintage", ["T1", "T2", "T3"])
def test_the_text_files_of_an_archive_are_one_export(
    home: Home, tmp_path: Path, vintage: str
) -> None:
    result = land(home, put_texts(tmp_path / "data", vintage))
    assert not result.refused
    (label,) = {file.source_file for file in result.landed}
    assert label == ("/".join(next(iter(archive_files.make_txt(vintage))).split("/")[:-2]) or label)
    assert [row["archive_owner"] for row in rows(home, "archive_watches")] == [
        key_of(home, archive_files.OWNER)
    ] * 3


def test_two_archives_of_one_folder_name_stay_apart(home: Home, tmp_path: Path) -> None:
    put_texts(tmp_path / "a" / "data")
    put_texts(tmp_path / "b" / "data")
    profile = next((tmp_path / "b").rglob("Profile Info.txt"))
    profile.write_text(profile.read_text().replace(archive_files.OWNER, "second_owner"))
    land(home, tmp_path / "a" / "data", tmp_path / "b" / "data")
    owners = [row["archive_owner"] for row in rows(home, "archive_watches")]
    assert owners == [key_of(home, archive_files.OWNER)] * 3 + [key_of(home, "second_owner")] * 3


def key_of(home: Home, handle: str) -> str:
    return hash_handle(load_secret(home), handle)


def make_named_archive(owner: str, vintage: str = "J3") -> str:
    return json.dumps(archive_files.make_json(vintage)).replace(archive_files.OWNER, owner)


@pytest.mark.parametrize("where", ["zip", "folders", "folder"])
def test_archives_of_two_people_land_both(home: Home, tmp_path: Path, where: str) -> None:
    between = ".json" if where == "folder" else "/user_data_tiktok.json"
    files: dict[str, str | bytes] = {
        f"{owner}{between}": make_named_archive(owner) for owner in ("anna", "ben")
    }
    if where == "zip":
        result = land(home, put_zip(tmp_path / "both.zip", files))
    else:
        for name, content in files.items():
            put(tmp_path / "both" / name, content)
        result = land(home, tmp_path / "both")
    assert not result.refused
    owners = [row["archive_owner"] for row in rows(home, "archive_watches")]
    assert owners == [key_of(home, "anna")] * 3 + [key_of(home, "ben")] * 3
    assert find_texts(home.raw, ["anna", "ben"]) == []
    if where != "zip":
        assert not land(home, tmp_path / "both" / f"anna{between}").landed


def test_of_both_names_of_an_archive_one_is_read(home: Home, tmp_path: Path) -> None:
    put(tmp_path / "in" / "user_data.json", make_named_archive("anna", "J1"))
    better = put(tmp_path / "in" / "user_data_tiktok.json", make_named_archive("anna"))
    result = land(home, tmp_path / "in")
    assert list(refused(result)) == ["user_data.json"]
    owners = [row["archive_owner"] for row in rows(home, "archive_watches")]
    assert owners == [key_of(home, "anna")] * 3
    assert not land(home, better).landed


def test_names_say_nothing_of_what_a_file_is(home: Home, tmp_path: Path) -> None:
    archive = json.dumps(archive_files.make_json())
    put(tmp_path / "in" / "@mira" / "video_views.csv", make_overview(STUDIO))
    os.utime(tmp_path / "in" / "@mira" / "video_views.csv", (STUDIO.made_at.timestamp(),) * 2)
    put(tmp_path / "in" / "holiday.dat", archive)
    put(tmp_path / "in" / "Overview.json", json.dumps(api_files.video_page(api_files.make_video())))
    result = land(home, tmp_path / "in")
    assert not result.refused
    kinds = {file.source_file: file.facts.source_kind for file in result.landed if file.facts}
    assert kinds == {
        "@mira/video_views.csv": "studio",
        "holiday.dat": "personal_archive",
        "Overview.json": "accounts_api",
    }


def test_a_file_that_a_mapping_describes_stays_an_event_log(home: Home, tmp_path: Path) -> None:
    mapping = """
        name: overview
        files: ["Overview*.csv"]
        entities:
          - entity: follower_counts
            columns:
              account_id: "'a'"
              count_date: '"date"'
              followers: '"likes"'
    """
    put(home.root / "overview.yml", "\n".join(line[8:] for line in mapping.splitlines()))
    mapped = replace(home, mappings=(home.root / "overview.yml",))
    path = put(tmp_path / "@mira" / "Overview.csv", make_overview(STUDIO))
    assert [file.entity for file in land(mapped, path).landed] == ["follower_counts"]


def test_a_folder_with_one_of_everything(home: Home, tmp_path: Path) -> None:
    result = land(home, put_everything(tmp_path / "in"))
    kinds = {row.source_kind for row in lake.read_registry(home)}
    assert kinds == {"event_log", "studio", "personal_archive", "accounts_api"}
    assert set(refused(result)) == {
        "bad/torn.zip",
        "bad/shop.csv",
        "bad/wrong.json",
        "bad/nobody/2026/Overview.csv",
    }
    for file in result.refused:
        assert file.quarantine is not None
        note = json.loads(Path(f"{file.quarantine}.reason.json").read_text())
        assert note["reason"] == file.reason
    assert not (home.raw / lake.INCOMING).exists()
    assert not any("somebody" in file.reason for file in result.refused)


def test_the_same_content_is_a_no_op_and_again_lands_it_anew(home: Home, tmp_path: Path) -> None:
    folder = put_everything(tmp_path / "in")
    first = land(home, folder)
    renamed = tmp_path / "renamed"
    shutil.copytree(folder, renamed)
    (renamed / "TikTok_Data_1760000000.zip").rename(renamed / "again.zip")
    second = land(home, renamed)
    assert not second.landed
    assert len(second.already_landed) == len({file.source_file for file in first.landed})
    third = land(home, folder, again=True)
    assert [file.entity for file in third.landed] == [file.entity for file in first.landed]


def test_the_same_zip_twice_in_one_ingest_lands_once(home: Home, tmp_path: Path) -> None:
    put_archive(tmp_path / "in" / "a.zip")
    put_archive(tmp_path / "in" / "b.zip")
    shutil.copy(tmp_path / "in" / "a.zip", tmp_path / "in" / "b.zip")
    result = land(home, tmp_path / "in")
    assert {file.source_file for file in result.landed} == {"a.zip/user_data_tiktok.json"}
    assert [file.reason for file in result.already_landed] == [
        "the same content was offered twice in this ingest"
    ]


@pytest.mark.parametrize("names", [("@anna/", ""), ("@anna/a\u200b/", "@anna/a\u200c/")])
def test_files_of_a_zip_are_known_each_by_itself(
    home: Home, tmp_path: Path, names: tuple[str, str]
) -> None:
    """A folder more, or another character that nobody sees, is another file."""
    other = make_bytes(OTHER, make_files(OTHER)["Overview"])
    path = put_zip(
        tmp_path / "stuff.zip",
        {f"{names[0]}Overview.csv": make_overview(STUDIO), f"{names[1]}Overview.csv": other},
    )
    first = land(home, path, exported_on=date(2026, 3, 9))
    second = land(home, path, exported_on=date(2026, 3, 9), account=None if names[1] else "anna")
    assert len(first.landed) == (2 if names[1] else 1)
    assert len(second.landed) == 2 - len(first.landed)
    assert len(second.already_landed) == len(first.landed)


def test_a_shift_can_be_taken_back(home: Home, tmp_path: Path) -> None:
    path = put(tmp_path / "@mira" / "Overview.csv", make_overview(STUDIO))

    def landed(shift: int | None) -> bool:
        return bool(land(home, path, exported_on=date(2026, 3, 9), shift_days=shift).landed)

    shifts = [None, 1, 1, None, 0, 1, 0]
    assert [landed(shift) for shift in shifts] == [True, True, False, False, True, True, True]
    assert {row.parser_version for row in lake.read_registry(home)[-1:]} == {"2 moved by 0"}


def test_a_newer_parser_reads_the_same_zip_anew(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_archive(tmp_path / "a.zip")
    land(home, path)
    monkeypatch.setattr("tiktok_warehouse.sources.personal_archive.PARSER_VERSION", "next")
    assert land(home, path).landed


def test_landing_is_emptied_as_it_is_for_event_logs(home: Home, tmp_path: Path) -> None:
    put_everything(home.landing)
    keeping = replace(home, keep_originals=tmp_path / "originals")
    offered = {
        str(path.relative_to(home.landing)) for path in home.landing.rglob("*") if path.is_file()
    }
    take(keeping)
    assert not [path for path in home.landing.rglob("*") if path.is_file()]
    kept = {
        str(path.relative_to(tmp_path / "originals"))
        for path in (tmp_path / "originals").rglob("*")
        if path.is_file()
    }
    assert kept == {name for name in offered if not name.startswith("bad/")}


def test_the_lake_has_a_typed_file_for_every_entity(home: Home) -> None:
    lake.ensure_lake(home)
    for name, entity in list_all_entities().items():
        schema = pq.read_schema(home.raw / lake.EMPTY / f"{name}.0.parquet")
        assert schema.equals(lake.entity_schema(entity))
    assert len(list_all_entities()) == len(ENTITIES) + 8 + 12 + 6


@pytest.mark.parametrize("table", ["base_studio__overview", "base_studio__studio_overview"])
def test_the_build_says_what_it_has_read_of_exports(
    home: Home, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("create schema staging")
        connection.execute(f"create table staging.{table} as select 7::bigint as _ingest_seq")
        connection.execute("create table staging.base_studio__viewers as select 1 as other")
    monkeypatch.setattr(transform, "fingerprint_models", lambda _home: None)
    assert transform.read_consumed(home) == {"studio_overview": 7}


def test_damage_to_a_landed_export_is_found(home: Home, tmp_path: Path) -> None:
    land(home, put_archive(tmp_path / "a.zip"))
    row = next(r for r in lake.read_registry(home) if r.entity == "archive_likes")
    assert lake.find_damage(home, row, every_page=True) is None
    path = home.raw / row.ingest_id / f"archive_likes.{row.ingest_seq}.parquet"
    path.write_bytes(path.read_bytes()[:-3])
    assert lake.find_damage(home, row, every_page=False) is not None


def test_a_year_of_studio_takes_less_than_a_second(home: Home, tmp_path: Path) -> None:
    folder = put_studio(tmp_path / "zips", replace(STUDIO, days=365))
    land(home, put_studio(tmp_path / "first", OTHER))
    started = time.process_time()
    assert len(land(home, folder).landed) == 7
    assert time.process_time() - started < 1


def test_the_command_line_starts_without_the_readers_of_exports() -> None:
    heavy = "{'babel', 'ijson', 'openpyxl', 'tiktok_warehouse.sources.studio'}"
    code = f"import sys, tiktok_warehouse.cli; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# --- whose it is, and when -------------------------------------------------------------------


def test_an_account_that_nothing_says_is_not_guessed(home: Home, tmp_path: Path) -> None:
    path = put(tmp_path / "somewhere" / "Overview.csv", make_overview(STUDIO))
    os.utime(path, (STUDIO.made_at.timestamp(),) * 2)
    (reason,) = refused(land(home, path)).values()
    assert "does not say whose it is. Name the account with --account" in reason
    assert land(home, path, account="@Mira").landed
    assert {row["account_handle"] for row in rows(home, "studio_overview")} == {"mira"}


def test_a_payload_takes_no_plain_folder_for_its_account(home: Home, tmp_path: Path) -> None:
    video = api_files.make_video(share_url=None)
    path = put(tmp_path / "in" / "connector" / "p.json", json.dumps(api_files.video_page(video)))
    (reason,) = refused(land(home, tmp_path / "in")).values()
    assert "does not say whose account it is" in reason
    marked = put(tmp_path / "in2" / "@cook" / "p.json", path.read_bytes())
    (landed, *_) = land(home, marked).landed
    assert landed.facts is not None
    assert landed.facts.account == "cook"


def test_files_of_two_accounts_in_one_folder_land_apart(home: Home, tmp_path: Path) -> None:
    folder = put_studio(tmp_path / "in")
    put_studio(folder, OTHER)
    loose = put(folder / "Overview.csv", make_overview(STUDIO))
    os.utime(loose, (STUDIO.made_at.timestamp(),) * 2)
    result = land(home, folder / "*")
    assert list(refused(result)) == ["Overview.csv"]
    for studio in (STUDIO, OTHER):
        found = [
            row["video_views"]
            for row in rows(home, "studio_overview")
            if row["account_handle"] == studio.account
        ]
        assert found == [row["video_views"] for row in make_files(studio)["Overview"].rows]


@pytest.mark.parametrize(
    ("folder", "account", "words"),
    [
        ("in", "other.account", "and --account says other.account"),
        ("@other.account", None, "belongs to two accounts"),
    ],
)
def test_accounts_that_contradict_each_other_set_a_zip_aside(
    home: Home, tmp_path: Path, folder: str, account: str | None, words: str
) -> None:
    put_studio(tmp_path / folder)
    result = land(home, tmp_path / folder, account=account)
    assert not result.landed
    assert len(result.refused) == 7
    assert all(words in file.reason for file in result.refused)
    assert len([p for p in home.quarantine.iterdir() if p.suffix == ".zip"]) == 4


@pytest.mark.parametrize("source", ["archive", "payload"])
def test_content_that_contradicts_the_given_account_is_set_aside(
    home: Home, tmp_path: Path, source: str
) -> None:
    path = tmp_path / "in.json"
    if source == "archive":
        put(path, json.dumps(archive_files.make_json()))
    else:
        put(path, json.dumps(api_files.page(api_files.make_account())))
    (reason,) = refused(land(home, path, account="somebody.else")).values()
    assert "belongs to another account" in reason
    assert archive_files.OWNER not in reason
    put(tmp_path / "@somebody.else" / "in.json", path.read_text())
    (reason,) = refused(land(home, tmp_path / "@somebody.else")).values()
    assert "belongs to" in reason
    assert land(home, path).landed


def test_the_day_of_the_export_can_be_given(home: Home, tmp_path: Path) -> None:
    path = put(tmp_path / "@mira" / "Overview.csv", make_overview(STUDIO))
    assert not land(home, path).landed
    (landed,) = land(home, path, exported_on=date(2026, 3, 9)).landed
    assert landed.facts is not None
    assert landed.facts.exported_on == date(2026, 3, 9)
    assert landed.facts.window_evidence == "the export day that was given"


# --- bad input -------------------------------------------------------------------------------


def make_bomb() -> dict[str, str | bytes]:
    return {"Overview.csv": b"0" * 120_000_000}


def encrypt(path: Path) -> None:
    """Set the flag of encryption in both of a member's headers."""
    content = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + at] |= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("truncated", "cut off or damaged"),
        ("bomb", "packed too tightly"),
        ("traversal", "written outside its folder"),
        ("encrypted", "encrypted"),
        ("empty", "is empty"),
        ("another product", "nothing of TikTok Studio"),
        ("event log", "outside of a zip"),
    ],
)
def test_a_bad_zip_is_refused_and_leaves_nothing(
    home: Home, tmp_path: Path, kind: str, words: str
) -> None:
    path = home.landing / "bad.zip"
    good = put_archive(home.landing / "good.zip")
    if kind == "truncated":
        put(path, good.read_bytes()[:-100])
    elif kind == "bomb":
        put_zip(path, make_bomb())
    elif kind == "traversal":
        put_zip(path, {"../../outside.csv": make_overview(STUDIO)})
    elif kind == "encrypted":
        put_zip(path, {"Overview.csv": make_overview(STUDIO)})
        encrypt(path)
    elif kind == "empty":
        put_zip(path, {})
    elif kind == "event log":
        put_zip(path, {"video_views.csv": EVENTS})
    else:
        put_zip(path, {"orders.csv": "Order ID,Buyer\n1,somebody\n", "page.html": "<html>"})
    result = take(home)
    (bad,) = result.refused
    assert words in bad.reason
    assert bad.source_file == "bad.zip"
    assert bad.quarantine is not None
    assert bad.quarantine.exists()
    assert not list(home.landing.iterdir())
    assert {file.source_file for file in result.landed} == {"good.zip/user_data_tiktok.json"}
    assert not list(tmp_path.rglob("outside.csv"))
    assert not (home.raw / lake.INCOMING).exists()


def make_good_files() -> dict[str, bytes]:
    files = make_files(STUDIO)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("@mira/Overview.csv", make_bytes(STUDIO, files["Overview"]))
    return {
        "Viewers_mira.zip": packed.getvalue(),
        "Content.csv": make_bytes(STUDIO, files["Content"]),
        "Viewers.xlsx": make_bytes(replace(STUDIO, xlsx=True), files["Viewers"]),
        "user_data_tiktok.json": json.dumps(archive_files.make_json()).encode(),
        "Watch History.txt": archive_files.make_txt()[
            "TikTok_Data_1772000000/TikTok/Your Activity/Watch History.txt"
        ].encode(),
        "payload.json": json.dumps(api_files.page(api_files.make_account())).encode(),
    }


GOOD_FILES = make_good_files()


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(GOOD_FILES)),
    cut=st.floats(0, 1),
    garbage=st.binary(max_size=40),
    goes_on=st.booleans(),
)
def test_whatever_is_offered_lands_whole_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, cut: float, garbage: bytes, goes_on: bool
) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    home = open_home(folder / "home")
    good = GOOD_FILES[name]
    at = int(cut * len(good))
    put(folder / "@mira" / name, good[:at] + garbage + (good[at:] if goes_on else b""))
    result = land(home, folder / "@mira", exported_on=date(2026, 3, 9))
    assert len({file.source_file for file in result.landed}) + len(result.refused) >= 1
    assert len(lake.read_registry(home)) == len(result.landed)
    for row in lake.read_registry(home):
        assert lake.find_damage(home, row, every_page=True) is None
    for file in result.refused:
        assert file.reason.endswith((".", ".)"))
        assert file.quarantine is not None
    assert not (home.raw / lake.INCOMING).exists()


def make_workbook(kind: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(HEADERS["Overview"]))
    sheet.append(["March 7", "=1+1" if kind == "formula" else "2", "1", "1", "1", "1"])
    target = io.BytesIO()
    book.save(target)
    if kind == "macro":
        with zipfile.ZipFile(target, "a") as archive:
            archive.writestr("xl/vbaProject.bin", b"macro")
    return target.getvalue()


@pytest.mark.parametrize(
    ("kind", "words"),
    [("formula", "with formulas"), ("macro", "with macros"), ("torn", "or it is damaged")],
)
def test_a_workbook_that_is_more_than_values_is_refused(
    home: Home, tmp_path: Path, kind: str, words: str
) -> None:
    content = make_workbook(kind)
    path = put(tmp_path / "@mira" / "Overview.xlsx", content[:-30] if kind == "torn" else content)
    (reason,) = refused(land(home, path, exported_on=date(2026, 3, 9))).values()
    assert words in reason


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("data.json", '{"who": "somebody"}\n', "is not recognised"),
        ("data.json", '{"who": \n', "JSON"),
        ("user_data_tiktok.json", '{"Your Activity": {"Watch History"', "cut off or broken"),
        ("orders.csv", "Order ID,Buyer\n1,somebody\n", "is not recognised"),
        ("nothing.csv", "", "holds no bytes"),
    ],
)
def test_what_is_no_export_is_refused_and_quotes_no_value(
    home: Home, tmp_path: Path, name: str, content: str, words: str
) -> None:
    (reason,) = refused(land(home, put(tmp_path / name, content))).values()
    assert words in reason
    assert "somebody" not in reason


def test_of_a_zip_with_one_bad_file_the_others_land(home: Home, tmp_path: Path) -> None:
    files = {name: make_bytes(STUDIO, file) for name, file in make_files(STUDIO).items()}
    lines = files["Viewers"].split(b"\n")
    files["Viewers"] = b"\n".join([*lines[:5], *lines[6:]])
    path = put_zip(
        home.landing / f"Content_{STUDIO.account}.zip",
        {f"{name}.csv": content for name, content in files.items()},
    )
    result = take(home)
    label = f"{path.name}/Viewers.csv"
    assert list(refused(result)) == [label]
    assert len(result.landed) == 6
    assert not path.exists()
    (kept,) = [p for p in home.quarantine.iterdir() if p.suffix == ".zip"]
    assert result.refused[0].quarantine == kept
    assert label in json.loads(Path(f"{kept}.reason.json").read_text())["reason"]
    # Offered again, what has landed is known and what was refused is refused.
    second = land(home, kept)
    assert not second.landed
    assert len(second.already_landed) == 6
    assert len(second.refused) == 1


def test_files_of_two_accounts_that_are_alike_land_both(home: Home, tmp_path: Path) -> None:
    content = make_bytes(STUDIO, make_files(STUDIO)["Overview"])
    for account in ("@one", "@another"):
        put(tmp_path / account / "Overview.csv", content)
    assert len(land(home, tmp_path, exported_on=STUDIO.exported_on).landed) == 2
    again = land(home, tmp_path, exported_on=STUDIO.exported_on)
    assert (len(again.landed), len(again.already_landed)) == (0, 2)


def test_a_row_that_cannot_be_read_keeps_the_file_in_quarantine(home: Home, tmp_path: Path) -> None:
    file = make_files(STUDIO)["Overview"]
    cells = [*file.cells[:-1], (file.cells[-1][0], "many", *file.cells[-1][2:])]
    path = put(tmp_path / "@mira" / "Overview.csv", make_csv(STUDIO, file.header, cells))
    os.utime(path, (STUDIO.made_at.timestamp(),) * 2)
    (landed,) = land(home, path).landed
    assert landed.malformed_rows == 1
    assert landed.quarantine is not None
    assert "many" in landed.quarantine.read_text("utf-8-sig")


def test_the_first_bad_values_are_named_where_the_file_is_kept(home: Home, tmp_path: Path) -> None:
    file = make_files(STUDIO)["Overview"]
    cells = [
        (row[0], "1.591" if n == 3 else "somebody" if n == 4 else row[1], *row[2:])
        for n, row in enumerate(file.cells)
    ]
    path = put(tmp_path / "@mira" / "Overview.csv", make_csv(STUDIO, file.header, cells))
    (landed,) = land(home, path, exported_on=STUDIO.exported_on).landed
    note = json.loads(Path(f"{landed.quarantine}.reason.json").read_text())["reason"]
    for said in (note, " ".join(landed.first_problems)):
        assert "1.591, whose point may separate thousands or decimals" in said
        assert "hidden (8 characters)" in said
        assert "somebody" not in said


def test_a_payload_of_which_no_record_can_be_read_is_refused_with_its_reasons(
    home: Home, tmp_path: Path
) -> None:
    days = [api_files.make_day(n, username="anna", likes="1,5") for n in (1, 2)]
    (reason,) = refused(land(home, put(tmp_path / "days.json", json.dumps(days)))).values()
    assert "no record that can be read: likes is no whole number: 1,5" in reason
    assert (
        len(
            land(
                home,
                put(
                    tmp_path / "d.json", json.dumps([*days, api_files.make_day(3, username="anna")])
                ),
            ).landed
        )
        == 1
    )


def test_the_time_of_a_file_is_shown_as_what_it_is(home: Home, tmp_path: Path) -> None:
    def taken(**more: Any) -> tuple[str | None, str | None]:
        video = api_files.make_video(**more)
        path = put(tmp_path / "v.json", json.dumps(video))
        facts = land(home, path, again=True).landed[0].facts
        assert facts is not None
        return facts.window_evidence, facts.export_evidence

    assert taken() == ("the time of the file",) * 2
    assert taken(captured_at=api_files.CAPTURED) == ("the payload", "the newest of its totals")


def test_a_picture_in_an_archive_brings_no_messages_into_quarantine(
    home: Home, tmp_path: Path
) -> None:
    archive = json.dumps(archive_files.make_json())
    path = put_zip(tmp_path / "a.zip", {"user_data_tiktok.json": archive, "p.jpg": b"\xff\xd8\xff"})
    result = land(home, path)
    assert result.landed
    assert not result.refused
    assert [file.reason for file in result.ignored if "p.jpg" in file.reason]
    assert not list(home.quarantine.iterdir())


@pytest.mark.parametrize("name", ["user_data_tiktok.txt", "TikTok_Data_1/archive.txt"])
def test_json_in_a_text_file_is_json(home: Home, tmp_path: Path, name: str) -> None:
    put(tmp_path / "in" / name, json.dumps(archive_files.make_json()))
    result = land(home, tmp_path / "in")
    assert not result.refused
    assert len(rows(home, "archive_watches")) == 3


@pytest.mark.parametrize("name", ["a.zip", "Overview.csv", "Like List.txt", "p.json", "ben.json"])
def test_a_file_that_vanishes_is_refused_alone(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = put_texts(tmp_path / "in")
    put_archive(folder / "a.zip")
    put_archive(folder / "b.zip", "J1")
    put(folder / "@mira" / "Overview.csv", make_overview(STUDIO))
    put(folder / "p.json", json.dumps(api_files.page(api_files.make_account())))
    put(folder / "ben.json", make_named_archive("ben"))
    plan = ingest.plan_reading

    def plan_and_delete(*args: Any) -> Any:
        tasks = plan(*args)
        next(folder.rglob(name)).unlink()
        return tasks

    monkeypatch.setattr(ingest, "plan_reading", plan_and_delete)
    result = land(home, folder, exported_on=date(2026, 3, 9))
    assert [Path(file.source_file).name for file in result.refused] == [name]
    assert {file.facts.source_kind for file in result.landed if file.facts} >= {"personal_archive"}


def test_a_time_beyond_the_calendar_is_no_time(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "a.json", json.dumps(archive_files.make_json()))
    read_stat = Path.stat

    def be_far(self: Path, **options: Any) -> Any:
        found = read_stat(self, **options)
        named = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
        return SimpleNamespace(**{**named, "st_mtime": 1e12}) if self == path else found

    monkeypatch.setattr(Path, "stat", be_far)
    (landed, *_) = land(home, path).landed
    assert landed.facts is not None
    assert landed.facts.exported_on is None


@pytest.mark.parametrize("kind", ["json", "txt", "loose"])
@pytest.mark.parametrize("stray", ["readme.txt", "notes.docx"])
def test_a_bystander_of_an_archive_brings_no_messages_into_quarantine(
    home: Home, tmp_path: Path, kind: str, stray: str
) -> None:
    office = put_zip(tmp_path / "x.docx", {"[Content_Types].xml": "", "word/document.xml": ""})
    texts = archive_files.make_txt()
    top = next(iter(texts)).split("/")[0]
    files: dict[str, str | bytes] = (
        {f"{top}/user_data_tiktok.json": json.dumps(archive_files.make_json())}
        if kind == "json"
        else {**texts}
    )
    files[f"{top}/{stray}"] = office.read_bytes() if stray == "notes.docx" else "Welcome to TikTok"
    if kind == "loose":
        for name, content in files.items():
            put(tmp_path / "in" / name, content)
        result = land(home, tmp_path / "in")
    else:
        result = land(home, put_zip(tmp_path / "in.zip", files))
    assert len(rows(home, "archive_watches")) == 3
    if kind == "loose" and stray == "notes.docx":
        # It lies by itself, so nothing else goes to quarantine with it.
        assert list(refused(result)) == [f"{top}/{stray}"]
    else:
        assert not result.refused
        assert not list(home.quarantine.iterdir())
        listed = [*(f"{file.source_file} {file.reason}" for file in result.ignored)]
        for file in result.landed:
            listed += file.facts.notes if file.facts else ()
        assert any(stray in text or "unknown sections" in text for text in listed)


def test_an_empty_file_of_an_archive_is_an_empty_section(home: Home, tmp_path: Path) -> None:
    folder = put_texts(tmp_path / "in")
    put(next(folder.rglob("Like List.txt")), "")
    result = land(home, folder)
    assert not result.refused
    assert {file.rows for file in result.landed if file.entity == "archive_likes"} == {0}
    assert len(rows(home, "archive_watches")) == 3


def test_a_zip_that_is_written_to_while_it_is_read_stays(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put_archive(home.landing / "a.zip")
    unpack = archives.unpack

    def unpack_and_change(given: Path, *args: Any, **options: Any) -> Any:
        found = unpack(given, *args, **options)
        os.utime(given, (1, 1))
        return found

    monkeypatch.setattr(archives, "unpack", unpack_and_change)
    result = take(home)
    assert not result.landed
    assert [file.source_file for file in result.ignored] == ["a.zip"]
    assert path.exists()


@pytest.mark.parametrize("moment", ["before it lands", "after it has landed"])
def test_a_kill_in_between_loses_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    put_everything(home.landing)
    files = make_files(replace(STUDIO, gap=4, account="half"))
    put_zip(
        home.landing / "Content_half.zip",
        {f"{name}.csv": make_bytes(STUDIO, file) for name, file in files.items()},
    )
    with monkeypatch.context() as patch:
        if moment == "before it lands":
            patch.setattr(lake, "land", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        else:
            patch.setattr(
                ingest, "_clear_landing", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
            )
        with pytest.raises(KeyboardInterrupt):
            take(home)
    assert not (home.raw / lake.INCOMING).exists()
    take(home)
    landed = sorted((row.entity, row.source_file) for row in lake.read_registry(home))
    assert len(landed) == len(set(landed))
    assert {"archive_watches", "studio_overview", "api_account_days"} <= {e for e, _ in landed}
    assert ("studio_viewers", "Content_half.zip/Viewers.csv") in landed
    assert not [path for path in home.landing.rglob("*") if path.is_file()]


def test_a_killed_process_leaves_private_scratch_that_the_next_ingest_clears(home: Home) -> None:
    path = put_archive(home.landing / "a.zip")
    code = (
        "import os; from pathlib import Path; from tiktok_warehouse import ingest, lake, offers;"
        " from tiktok_warehouse.home import open_home; offers.SETTLE_SECONDS = 0;"
        " lake.write_entity = lambda *_: os._exit(9); home = open_home(Path(os.environ['ROOT']));"
        " ingest.ingest_paths(home, [home.landing], taken_from_landing=True)"
    )
    environment = {**os.environ, "ROOT": str(home.root)}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 9
    left = home.raw / lake.INCOMING
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    assert list(left.rglob("user_data_tiktok.json"))
    assert path.exists()
    assert not lake.read_registry(home)
    assert take(home).landed
    assert not left.exists()
    assert not path.exists()


# --- people ----------------------------------------------------------------------------------


def test_nothing_sensitive_of_an_archive_is_under_the_home(home: Home, tmp_path: Path) -> None:
    planted = [
        *(archive_files.CANARIES.values()),
        *(archive_files.FOLLOWED, archive_files.FOLLOWER, archive_files.COMMENT_TEXT),
    ]
    for vintage in archive_files.VINTAGES:
        put_archive(tmp_path / "in" / f"{vintage}.zip", vintage)
    for vintage in ("T1", "T2", "T3", "dutch"):
        put_texts(tmp_path / "in" / vintage / f"@{archive_files.OWNER}", vintage)
    assert find_texts(tmp_path / "in", planted)
    result = land(home, tmp_path / "in")
    assert not result.refused
    assert len({file.source_file for file in result.landed}) == 7
    found = find_texts(home.root, planted)
    assert found == []


def test_people_of_an_archive_become_the_same_keys_as_viewers(home: Home, tmp_path: Path) -> None:
    land(home, put_archive(tmp_path / "a.zip"))
    secret = load_secret(home)
    (follow,) = rows(home, "archive_follows")
    (follower,) = rows(home, "archive_followers")
    assert follow["followed_person"] == hash_person(secret, archive_files.FOLLOWED)
    assert follower["follower_person"] == hash_person(secret, archive_files.FOLLOWER)


def test_comments_are_kept_only_where_somebody_asks(home: Home, tmp_path: Path) -> None:
    path = put_archive(tmp_path / "a.zip")
    land(home, path)
    assert {row["comment_text"] for row in rows(home, "archive_comments")} == {None}
    land(home, path, again=True, keep_comment_text=True)
    texts = {row["comment_text"] for row in rows(home, "archive_comments")}
    assert texts == {None, archive_files.COMMENT_TEXT}


def test_names_in_the_clear_lie_in_private_scratch_alone(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    write = lake.write_entity

    def look(incoming: lake.Incoming, *args: Any) -> Any:
        modes.append(stat.S_IMODE((home.raw / lake.INCOMING).stat().st_mode))
        modes.append(stat.S_IMODE((home.raw / lake.INCOMING / "scratch").stat().st_mode))
        return write(incoming, *args)

    monkeypatch.setattr(lake, "write_entity", look)
    land(home, put_archive(tmp_path / "a.zip"))
    assert set(modes) == {0o700}


def test_a_forgotten_person_is_erased_from_archives(home: Home, tmp_path: Path) -> None:
    land(home, put_archive(tmp_path / "a.zip"))
    forgetting = forget.forget_person(home, archive_files.FOLLOWED)
    assert forgetting.rows_removed == {"archive_follows": 1}
    assert rows(home, "archive_follows") == []
    assert len(rows(home, "archive_followers")) == 1
    (row,) = [r for r in lake.read_registry(home) if r.entity == "archive_follows"]
    assert row.raw_rows == 0


def test_a_forgotten_person_is_looked_for_in_zips_inside_of_refused_zips(
    home: Home, tmp_path: Path
) -> None:
    lake.ensure_lake(home)
    load_secret(home)
    inner = put_zip(tmp_path / "inner.zip", {"a.txt": "Anna-4711 was here"}).read_bytes()
    other = put_zip(tmp_path / "other.zip", {"a.txt": "Ben was here"}).read_bytes()
    bomb = put_zip(tmp_path / "bomb.zip", make_bomb()).read_bytes()
    for name, content in (("1", inner), ("2", other), ("3", bomb)):
        put_zip(home.quarantine / f"{name}.zip", {"inner.zip": content})
    forgetting = forget.forget_person(home, "Anna-4711")
    # Nobody unpacks the third to see whom it names.
    assert forgetting.quarantine_removed == 2
    assert [path.name for path in home.quarantine.iterdir()] == ["2.zip"]


def test_a_forgotten_account_takes_its_exports_along(home: Home, tmp_path: Path) -> None:
    put_studio(tmp_path / "in")
    put_studio(tmp_path / "in", OTHER)
    put(tmp_path / "in" / "p.json", json.dumps(api_files.video_page(api_files.make_video())))
    put_archive(tmp_path / "in" / "a.zip")
    put_zip(tmp_path / "in" / f"Viewers_{STUDIO.account} (1).zip", {"Viewers.csv": "Date,Total\n"})
    result = land(home, tmp_path / "in")
    assert len(result.refused) == 1
    before = len(rows(home, "studio_overview"))
    forget.forget_account(home, f"@{STUDIO.account.upper()}")
    (note,) = home.root.glob(".forgetting-*.json")
    assert find_texts(home.root, [STUDIO.account]) == [f"{note.name}: {STUDIO.account}"]
    note.unlink()
    assert len(rows(home, "studio_overview")) == before // 2
    landed = lake.read_registry(home)
    assert all(row.file_sha256 for row in landed)
    assert not any(lake.find_change(home, row) for row in landed)
    assert {row["account_handle"] for row in rows(home, "studio_content")} == {OTHER.account}
    assert len(rows(home, "archive_watches")) == 3
    for handle, entity in (
        (api_files.HANDLE, "api_video_retention"),
        (archive_files.OWNER, "archive_watches"),
    ):
        assert rows(home, entity)
        forget.forget_account(home, handle)
        assert rows(home, entity) == []
        next(home.root.glob(".forgetting-*.json")).unlink()
    with pytest.raises(UsageError, match="No account with the handle"):
        forget.forget_account(home, "nobody.known")
    # What was forgotten does not come back by itself.
    assert not land(home, tmp_path / "in" / f"Viewers_{STUDIO.account}.zip").landed


@pytest.mark.parametrize("named", ["anna.smith", "@Anna.Smith"])
def test_a_forgotten_person_takes_their_own_archive_along(
    home: Home, tmp_path: Path, named: str
) -> None:
    for owner in ("anna.smith", "ben"):
        put(tmp_path / "in" / owner / "user_data_tiktok.json", make_named_archive(owner))
    land(home, tmp_path / "in")
    forget.forget_person(home, named)
    owners = {row["archive_owner"] for row in rows(home, "archive_watches")}
    assert owners == {key_of(home, "ben")}


def test_a_lake_whose_archives_name_their_owners_is_mended(home: Home, tmp_path: Path) -> None:
    put(tmp_path / "in" / "anna" / "user_data_tiktok.json", make_named_archive("Anna"))
    with pytest.MonkeyPatch.context() as patch:
        # As it was landed before.
        patch.setattr(ingest, "_hash_people", lambda _run, batches: batches)
        patch.setattr(ingest, "_unname_owner", lambda export: export.piece.label)
        land(home, tmp_path / "in")
    before = rows(home, "archive_watches")
    assert {row["archive_owner"] for row in before} == {"Anna"}
    (forgetting,) = forget.find_unfinished(home)
    forget.resume(home, forgetting)
    after = rows(home, "archive_watches")
    assert {row["archive_owner"] for row in after} == {key_of(home, "anna")}
    kept = [name for name in after[0] if name not in ("archive_owner", "_source_file")]
    assert [[row[name] for name in kept] for row in after] == [
        [row[name] for name in kept] for row in before
    ]
    assert find_texts(home.raw, ["Anna", "anna"]) == []
    receipt = forget.finish(home, forgetting, None)
    assert (receipt.what, receipt.rows_removed) == ("archive owners", {})
    assert forget.find_unfinished(home) == []
    # It is known by its content, and does not land a second time.
    assert not land(home, tmp_path / "in").landed


# --- the command line ------------------------------------------------------------------------


def run(home: Home, *arguments: str | Path) -> int:
    return cli.run(["ingest", "--home", str(home.root), *map(str, arguments)])


def test_a_dry_run_tells_everything_and_leaves_no_trace(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put_everything(tmp_path / "in")
    nowhere = tmp_path / "no" / "home"
    before = tree(tmp_path)
    assert cli.run(["ingest", str(folder), "--dry-run", "--home", str(nowhere)]) == ExitCode.DONE
    assert tree(tmp_path) == before
    shown = capsys.readouterr().out
    overview = shown.split(f"{name_zip(STUDIO, 'Overview')}/Overview.csv\n")[1]
    assert overview.splitlines()[:6] == [
        "  taken for    TikTok Studio: Overview",
        "  language     en",
        f"  account      {STUDIO.account}, by the name of its zip",
        "  days         2026-02-08 to 2026-03-07, by the window in the zip's name",
        "  exported on  2026-03-09, by the snapshot day of the Content file beside it",
        "  rows         28",
    ]
    for words in (
        "  taken for    personal archive: JSON archive (J3)",
        "  taken for    personal archive: text archive (T3)",
        "  taken for    Accounts API: /business/get/",
        "  taken for    event log: video_views",
        "  refused      torn.zip is a zip that is cut off",
        "11 of 15 could be read. Nothing was landed",
    ):
        assert words in shown
    land(home, folder)
    run(home, folder, "--dry-run")
    assert "  known        already landed with ingest" in capsys.readouterr().out


def test_a_killed_dry_run_leaves_scratch_that_the_next_run_clears(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    path = put_archive(tmp_path / "a.zip")
    code = (
        "import os, sys; from tiktok_warehouse import cli, exports;"
        " exports._read_zip = lambda *_: os._exit(9); cli.run(sys.argv[1:])"
    )
    dry = [sys.executable, "-c", code, "ingest", str(path), "--dry-run", "--home", str(home.root)]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    for again in (["--dry-run"], []):
        assert subprocess.run(dry, env=environment, check=False).returncode == 9
        assert list((tmp_path / "tmp").rglob("user_data_tiktok.json"))
        with open_scratch() as at_work:
            assert run(home, path, *again) == ExitCode.DONE
            assert list((tmp_path / "tmp").iterdir()) == [at_work]


def test_exit_codes_of_exports_are_those_of_event_logs(home: Home, tmp_path: Path) -> None:
    bad = put(tmp_path / "bad.zip", b"PK\x03\x04 and no more")
    assert run(home, bad) == ExitCode.NOTHING_READABLE
    assert run(home, bad, "--dry-run") == ExitCode.NOTHING_READABLE
    assert run(home, bad, put_archive(tmp_path / "a.zip")) == ExitCode.DONE
    assert run(home, tmp_path / "absent.zip") == ExitCode.USAGE


def test_what_an_export_says_cannot_steer_a_terminal(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_zip(tmp_path / "a.zip", {"\x1b[31mred\u202e/Overview.csv": make_overview(STUDIO)})
    content = archive_files.make_json()
    content["Profile And Settings"]["Profile Info"]["ProfileMap"]["userName"] = "\x1b[2Jme"
    put_zip(tmp_path / "b.zip", {"user_data_tiktok.json": json.dumps(content)})
    run(home, tmp_path / "a.zip", tmp_path / "b.zip", "--dry-run")
    run(home, tmp_path / "a.zip", tmp_path / "b.zip")
    captured = capsys.readouterr()
    assert "user name that is none" in captured.out
    assert not {"\x1b", "\u202e"} & set(captured.out)


def test_the_options_reach_the_readers(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(tmp_path / "Overview.csv", make_overview(STUDIO))
    arguments = (path, "--account", "mira", "--exported-on", "2026-03-09")
    assert run(home, *arguments) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "  account      mira, by --account" in shown
    assert "  landed as    studio_overview (28)" in shown


def test_plan_reads_zips_and_loose_files_of_a_folder_together(tmp_path: Path) -> None:
    put_studio(tmp_path / "in")
    put(tmp_path / "in" / "Overview.csv", make_overview(STUDIO))
    put(tmp_path / "in" / "sub" / "Overview.csv", make_overview(STUDIO))
    found, _ = exports_of(tmp_path / "in")
    tasks = exports.plan(found, lambda _offer: False)
    assert [len(task.offers) for task in tasks] == [5, 1]


def exports_of(folder: Path) -> Any:
    from tiktok_warehouse.offers import find_offers

    return find_offers([folder])


def test_the_page_on_exports_names_every_file_and_entity() -> None:
    page = (PROJECT_ROOT / "docs" / "exports.md").read_text("utf-8")
    for name in set(list_all_entities()) - set(ENTITIES):
        assert f"`{name}`" in page
    for name, header in HEADERS.items():
        shown = header if name != "FollowerHistory" else header[:2]
        assert f"| {name} | {', '.join(shown)}" in page


def test_the_pages_know_the_languages_and_the_headers_that_are_read() -> None:
    with (PROJECT_ROOT / "src/tiktok_warehouse/sources/studio_headers.csv").open(
        encoding="utf-8"
    ) as file:
        listed = list(csv.DictReader(file))
    files: dict[str, set[str]] = defaultdict(set)
    for row in listed:
        files[row["language"]].add(row["file"])
    whole = sorted(name for name, known in files.items() if known >= set(HEADERS))
    page = (PROJECT_ROOT / "docs" / "exports.md").read_text("utf-8")
    assert f"Headers in {len(whole)} languages\n({', '.join(whole)})" in page
    assert f"in {len(whole)} languages" in (PROJECT_ROOT / "README.md").read_text("utf-8")
    for name in ("Audience", "Video"):
        (line,) = [one for one in page.splitlines() if one.startswith(f"| {name} (business")]
        read = {row["alias"] for row in listed if row["file"] == name}
        assert read == set(line.split(" | ")[1].split(", ")), name


def put_linked(folder: Path, handle: str) -> Path:
    """A loose Overview, and a loose Content all of whose links name one account."""
    studio = replace(STUDIO, account=handle)
    files = make_files(studio)
    for name in ("Overview", "Content"):
        put(folder / f"{name}.csv", make_bytes(studio, files[name]))
    return folder


def test_links_say_whose_a_folder_is_where_nothing_else_does(home: Home, tmp_path: Path) -> None:
    folder = put_linked(tmp_path / "drop", "right.owner")
    looked, _ = preview(home, [folder], settings=Settings(exported_on=STUDIO.exported_on))
    evidence = {
        file.source_file: (file.facts.account, file.facts.account_evidence)
        for file in looked
        if file.facts
    }
    assert evidence == {
        "Content.csv": ("right.owner", "the links in it"),
        "Overview.csv": ("right.owner", "the links in the Content file beside it"),
    }
    result = land(home, folder, exported_on=STUDIO.exported_on)
    assert refused(result) == {}
    for entity in ("studio_overview", "studio_content"):
        assert {row["account_handle"] for row in rows(home, entity)} == {"right.owner"}


@pytest.mark.parametrize("claim", ["--account", "folder"])
def test_links_that_name_another_account_set_the_folder_aside(
    home: Home, tmp_path: Path, claim: str
) -> None:
    folder = put_linked(tmp_path / ("@wrong.one" if claim == "folder" else "drop"), "right.owner")
    account = "wrong.one" if claim == "--account" else None
    reasons = refused(land(home, folder, exported_on=STUDIO.exported_on, account=account))
    assert reasons.keys() == {"Content.csv", "Overview.csv"}
    for reason in reasons.values():
        assert "belongs to two accounts: right.owner by the links in" in reason
        assert "wrong.one by" in reason


def test_a_folder_alone_is_weak_evidence_and_says_so(home: Home, tmp_path: Path) -> None:
    put(tmp_path / "my.bakery" / "Overview.csv", make_overview(STUDIO))
    settings = Settings(exported_on=STUDIO.exported_on)
    (looked,), _ = preview(home, [tmp_path / "my.bakery"], settings=settings)
    assert looked.facts is not None
    assert looked.facts.account == "my.bakery"
    assert "alone, which is weak" in str(looked.facts.account_evidence)


def test_links_of_two_accounts_say_nothing(home: Home, tmp_path: Path) -> None:
    folder = put_linked(tmp_path / "Downloads", "right.owner")
    content = (folder / "Content.csv").read_text("utf-8-sig")
    put(folder / "Content.csv", content.replace("@right.owner", "@another", 1))
    reasons = refused(land(home, folder, exported_on=STUDIO.exported_on))
    assert reasons.keys() == {"Content.csv", "Overview.csv"}
    assert all("does not say whose it is" in reason for reason in reasons.values())


def test_totals_without_a_time_are_shown_as_dated_by_the_file(home: Home, tmp_path: Path) -> None:
    video = {**api_files.make_video(), "username": api_files.HANDLE}
    put(tmp_path / "videos.json", json.dumps(api_files.video_page(video)))
    (looked,), _ = preview(home, [tmp_path / "videos.json"])
    assert looked.facts is not None
    assert looked.facts.window_evidence == looked.facts.export_evidence == "the time of the file"
