"""Personal archives: every vintage gives its events, and what is private is nowhere."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archive_files as made
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources import personal_archive as archive
from tiktok_warehouse.sources import personal_archive_json, personal_archive_txt, spool
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.sources.personal_archive_sections import SECTIONS
from tiktok_warehouse.sources.text_values import find_posting_time, find_video_id, read_moment

Rows = dict[str, list[dict[str, Any]]]


def read(files: ExportFile | Sequence[ExportFile], **options: Any) -> archive.ArchiveRead:
    several = [files] if isinstance(files, ExportFile) else list(files)
    scratch = options.pop("scratch", several[0].path.parent)
    return archive.read(several, scratch=scratch, **options)


def rows_of(result: archive.ArchiveRead) -> Rows:
    return {part.entity.name: part.to_part().rows.to_pylist() for part in result.parts}


def column(result: archive.ArchiveRead, entity: str, name: str) -> list[Any]:
    return [row[name] for row in rows_of(result).get(entity, [])]


def statuses(result: archive.ArchiveRead) -> dict[str, str]:
    return {section.name: section.status for section in result.sections}


def left_out(result: archive.ArchiveRead) -> dict[str, int]:
    return {section.name: section.records for section in result.left_out}


def everything_said(result: archive.ArchiveRead) -> bytes:
    """All that a reading gives back: its repr, its rows, and the bytes of its scratch files."""
    said = repr(result).encode() + repr(rows_of(result)).encode()
    for part in result.parts:
        said += part.path.read_bytes()
        table = part.to_part().rows
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        said += sink.getvalue().to_pybytes()
    return said


def assert_no_canary(said: bytes) -> None:
    found = [name for name, value in made.CANARIES.items() if value.encode() in said]
    assert found == []


# --- JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize("vintage", made.VINTAGES)
def test_each_json_vintage_gives_the_events_that_all_have(tmp_path: Path, vintage: str) -> None:
    file = made.write_json(tmp_path, made.make_json(vintage))
    assert archive.recognise(file) == archive.Vintage(vintage, "json")
    result = read(file)
    rows = rows_of(result)
    assert (result.vintage, result.owner, result.owner_source) == (vintage, made.OWNER, "profile")
    assert rows["archive_watches"] == [
        {
            "archive_owner": made.OWNER,
            "watched_at": f"2025-01-{day} 10:20:30Z",
            "video_id": made.VIDEO,
            "video_posted_at": "2024-03-05 06:07:08Z",
            "_source_row": number,
            "_malformed": None,
        }
        for number, day in enumerate((28, 27, 26), 1)
    ]
    assert column(result, "archive_likes", "liked_at") == ["2025-01-06 10:20:30Z"]
    assert column(result, "archive_likes", "video_id") == [made.VIDEO]
    kinds = {(row["kind"], row["video_id"]) for row in rows["archive_favorites"]}
    assert kinds >= {("video", made.VIDEO), ("effect", None), ("sound", None), ("hashtag", None)}
    assert column(result, "archive_follows", "followed_person") == [made.FOLLOWED]
    assert column(result, "archive_followers", "follower_person") == [made.FOLLOWER]
    assert column(result, "archive_searches", "searched_at") == ["2025-01-07 10:20:30Z"] * 2
    assert column(result, "archive_shares", "video_id") == [made.VIDEO]
    post = rows["archive_posts"][0]
    assert (post["likes"], post["is_ai_generated"], post["who_can_view"]) == ("17", "no", "Public")
    assert (post["sound"], post["video_id"]) == ("a song", made.VIDEO)
    assert post["title_length"] == str(len(made.CANARIES["posttitle"]))
    assert rows["archive_comments"][0]["commented_at"] == "2025-01-09 10:20:30Z"
    assert rows["archive_comments"][0]["comment_length"] == str(len(made.COMMENT_TEXT))
    assert left_out(result)["direct messages"] >= 5
    assert left_out(result)["logins"] == 3


def test_every_column_is_text_and_numbered_per_entity(tmp_path: Path) -> None:
    result = read(made.write_json(tmp_path, made.make_json()))
    for part in result.parts:
        assert part.schema.names == [*part.entity.landed_columns, "_source_row", "_malformed"]
        rows = part.to_part().rows
        numbers = rows["_source_row"].to_pylist()
        assert numbers == list(range(1, part.rows + 1))
        assert all(
            rows.schema.field(name).type == pa.string() for name in part.entity.landed_columns
        )
        assert set(rows["archive_owner"].to_pylist()) <= {made.OWNER}


def test_the_sections_of_j3_alone(tmp_path: Path) -> None:
    result = read(made.write_json(tmp_path, made.make_json("J3")))
    rows = rows_of(result)
    assert column(result, "archive_comments", "video_id") == [made.VIDEO, made.VIDEO, None]
    assert column(result, "archive_reposts", "reposted_at") == ["2025-01-04 10:20:30Z"]
    lives = [
        (row["live_id"], row["watched_at"][:10], row["comments"], row["questions"])
        for row in rows["archive_lives_watched"]
    ]
    assert lives == [
        ("7300000000000000001", "2025-01-02", "2", "1"),
        ("7300000000000000002", "2025-01-03", "0", "0"),
    ]
    assert {row["measure"]: row["value"] for row in rows["archive_summary"]} == {
        "videos_watched_to_the_end": "1234",
        "videos_shared": "12",
        "videos_commented_on": "5",
        "followers": "42",
        "following": "7",
    }
    kinds = [row["kind"] for row in rows["archive_favorites"]]
    assert sorted(kinds) == ["collection", "effect", "hashtag", "other", "sound", "video"]
    found = left_out(result)
    assert found["placeholders of lives"] == 1
    # Five messages, and two of a group; the duplicated section of J3 counts once.
    assert found["direct messages"] == 7
    assert found["activity outside TikTok"] == 2
    for name in ("autofill", "blocked people", "shop", "stories", "deleted posts", "settings"):
        assert found[name] == 1, name


@pytest.mark.parametrize("vintage", made.VINTAGES)
@pytest.mark.parametrize("keep", [False, True])
def test_what_is_private_is_nowhere(tmp_path: Path, vintage: str, keep: bool) -> None:
    result = read(made.write_json(tmp_path, made.make_json(vintage)), keep_comment_text=keep)
    said = everything_said(result)
    assert_no_canary(said)
    assert (made.COMMENT_TEXT.encode() in said) is keep


def test_the_owner_is_not_in_the_repr(tmp_path: Path) -> None:
    assert made.OWNER not in repr(read(made.write_json(tmp_path, made.make_json())))


def test_the_text_of_comments_lands_only_where_it_is_asked_for(tmp_path: Path) -> None:
    file = made.write_json(tmp_path, made.make_json())
    assert column(read(file), "archive_comments", "comment_text") == [None] * 3
    kept = column(read(file, keep_comment_text=True), "archive_comments", "comment_text")
    assert kept == [made.COMMENT_TEXT] * 3


def test_a_hybrid_is_read_by_its_sections_not_by_a_version(tmp_path: Path) -> None:
    j1, j3 = made.make_json("J1"), made.make_json("J3")
    activity = {
        "activity summary": j3["Your Activity"]["Activity Summary"],
        "LIKE LIST": {"itemFavoriteList": [{"date": made.dated(6), "link": made.link()}]},
        "Watch History": j3["Your Activity"]["Watch History"],
    }
    content = {"Activity": activity, "Profile": j1["Profile"], "Comment": {"CommentsList": []}}
    file = made.write_json(tmp_path, content, "user_data.json")
    assert archive.recognise(file) is not None
    result = read(file)
    found = statuses(result)
    assert (found["likes"], found["watch history"]) == ("present", "present")
    assert (found["activity summary"], found["comments"]) == ("present", "empty")
    assert read(made.write_json(tmp_path, {**j1, **j3})).vintage == "J hybrid"


def test_a_section_in_two_places_lands_from_both(tmp_path: Path) -> None:
    content = made.make_json()
    content["Your Activity"]["Like List"] = content["Likes and Favorites"]["Like List"]
    result = read(made.write_json(tmp_path, content))
    likes = next(section for section in result.sections if section.name == "likes")
    assert (likes.places, likes.records) == (2, 2)
    assert column(result, "archive_likes", "_source_row") == [1, 2]


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_sections_does_not_matter(tmp_path: Path, seed: int) -> None:
    content = made.make_json()
    other = made.shuffle_sections(content, seed)
    assert list(other) != list(content)
    first = read(made.write_json(tmp_path, content))
    second = read(made.write_json(tmp_path, other, "other.json"))

    def plain(result: archive.ArchiveRead) -> dict[str, list[str]]:
        return {
            name: sorted(json.dumps({**row, "_source_row": 0}) for row in rows)
            for name, rows in rows_of(result).items()
        }

    assert plain(first) == plain(second)
    assert first.left_out == second.left_out


@pytest.mark.parametrize("nothing", [None, [], {}, "", "N/A", "None", "n.v.t."])
def test_empty_is_not_missing(tmp_path: Path, nothing: Any) -> None:
    content = made.make_json()
    content["Your Activity"]["Watch History"] = {"VideoList": nothing}
    content["Your Activity"]["Searches"] = nothing
    content["Likes and Favorites"]["Like List"]["ItemFavoriteList"] = nothing
    del content["Your Activity"]["Reposts"]
    content["Direct Message"] = nothing
    result = read(made.write_json(tmp_path, content))
    found = statuses(result)
    assert [found[name] for name in ("watch history", "searches", "likes")] == ["empty"] * 3
    assert found["reposts"] == "missing"
    rows = rows_of(result)
    assert (rows["archive_watches"], rows["archive_searches"]) == ([], [])
    assert "archive_reposts" not in rows
    assert "direct messages" not in left_out(result)


def test_empty_scalars_of_a_record_are_null(tmp_path: Path) -> None:
    content = made.make_json()
    nothing = {"Likes": "None", "Sound": "N/A", "Title": "", "Link": "n.v.t.", "WhoCanView": " "}
    content["Post"]["Posts"]["VideoList"] = [{"Date": "", **nothing}]
    row = rows_of(read(made.write_json(tmp_path, content)))["archive_posts"][0]
    assert {row[name] for name in archive.ENTITIES_OF_ARCHIVE["archive_posts"].columns} == {
        made.OWNER,
        None,
    }
    assert row["_malformed"] is None


def test_text_of_a_person_does_not_land_in_the_columns_of_the_app(tmp_path: Path) -> None:
    content = made.make_json()
    secret = "zqxcanaryfield mail@example.org"
    long = "zqxcanaryfield " * 20
    post = {"Sound": secret, "WhoCanView": long, "Likes": "12 zqxcanaryfield"}
    content["Post"]["Posts"]["VideoList"] = [
        {"Date": made.dated(1), **post, "AIGeneratedContent": secret},
        {"Date": made.dated(1), "WhoCanView": "Friends", "Sound": "a\nzqxcanaryfield"},
    ]
    content["Your Activity"]["Share History"]["ShareHistoryList"] = [
        {"Date": made.dated(1), "Method": secret, "SharedContent": "zqxcanaryfield 0612345678"},
        {"Date": made.dated(1), "Method": "copy_link", "SharedContent": "live room"},
    ]
    content["TikTok Live"]["Watch Live History"]["WatchLiveMap"] = {
        "zqxcanaryfield": {"WatchTime": made.dated(1)}
    }
    result = read(made.write_json(tmp_path, content))
    assert b"zqxcanaryfield" not in everything_said(result)
    assert column(result, "archive_posts", "who_can_view") == [None, "Friends"]
    assert column(result, "archive_shares", "method") == [None, "copy_link"]
    assert column(result, "archive_shares", "shared_content") == [None, "live room"]
    assert column(result, "archive_lives_watched", "live_id") == [None]


def test_a_person_may_be_called_none(tmp_path: Path) -> None:
    content = made.make_json()
    content["Profile And Settings"]["Following"]["Following"] = [
        {"Date": made.dated(1), "UserName": name} for name in ("None", "N/A", "")
    ]
    result = read(made.write_json(tmp_path, content))
    assert column(result, "archive_follows", "followed_person") == ["None", None, None]


def test_a_bad_record_is_kept_with_its_reason_and_the_file_goes_on(tmp_path: Path) -> None:
    content = made.make_json()
    secret = "zqxcanarydate"
    content["Your Activity"]["Watch History"]["VideoList"] = [
        {"Date": secret, "Link": made.link()},
        {"Date": "2025-02-30 00:00:00", "Link": made.link()},
        "no object",
        None,
        [{"Date": 1}],
        {"Date": made.dated(1), "Link": "https://www.tiktok.com/@x/live"},
    ]
    result = read(made.write_json(tmp_path, content))
    rows = rows_of(result)["archive_watches"]
    bad_date = "watched_at is no timestamp like YYYY-MM-DD hh:mm:ss"
    no_object = "watch history: no object of keys and values"
    assert [row["_malformed"] for row in rows] == [bad_date] * 2 + [no_object] * 3 + [None]
    assert [row["video_id"] for row in rows] == [made.VIDEO] * 2 + [None] * 4
    assert [row["_source_row"] for row in rows] == [1, 2, 3, 4, 5, 6]
    count = next(section for section in result.sections if section.name == "watch history")
    assert (count.records, count.malformed) == (6, 5)
    assert secret.encode() not in everything_said(result)


def test_a_renamed_field_is_no_empty_row(tmp_path: Path) -> None:
    content = made.make_json()
    content["Your Activity"]["Watch History"]["VideoList"] = [{"When": "2025"}, {}]
    content["Likes and Favorites"]["Like List"]["ItemFavoriteList"] = {"0": {"date": "x"}}
    result = read(made.write_json(tmp_path, content))
    unknown = "watch history: none of its keys is known"
    assert column(result, "archive_watches", "_malformed") == [unknown] * 2
    assert column(result, "archive_likes", "_malformed") == ["likes: none of its keys is known"]


def test_a_single_record_may_stand_without_its_list(tmp_path: Path) -> None:
    content = made.make_json()
    record = {"date": made.dated(6), "link": made.link()}
    content["Likes and Favorites"]["Like List"]["ItemFavoriteList"] = record
    result = read(made.write_json(tmp_path, content))
    assert column(result, "archive_likes", "video_id") == [made.VIDEO]


def test_rows_are_spooled_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "SPOOL_ROWS", 10)
    result = read(made.write_json(tmp_path, made.make_json(watches=35)))
    watches = next(part for part in result.parts if part.entity.name == "archive_watches")
    assert [batch.num_rows for batch in watches.batches()] == [10, 10, 10, 5]
    assert column(result, "archive_watches", "_source_row") == list(range(1, 36))
    monkeypatch.setattr(spool, "SPOOL_CHARACTERS", 100)
    assert (
        len(
            column(
                read([made.write_json(tmp_path, made.make_json(watches=35))]),
                "archive_watches",
                "_source_row",
            )
        )
        == 35
    )


def test_nothing_stays_in_scratch_after_a_refusal(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    file = made.write_json(tmp_path, json.dumps(made.make_json())[:-50])
    with pytest.raises(RefusedFile):
        read(file, scratch=scratch)
    assert list(scratch.iterdir()) == []
    result = read(made.write_json(tmp_path, made.make_json()), scratch=scratch)
    [folder] = scratch.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert {part.path.parent for part in result.parts} == {folder}


def test_unknown_sections_and_lists_are_counted_and_not_named(tmp_path: Path) -> None:
    content = made.make_json()
    content["zqxcanarymessage"] = {"List": [{"a": 1}, {"a": 2}]}
    content["Your Activity"]["zqxcanarysearch"] = {"List": [{"a": 1}]}
    content["Your Activity"]["Watch History"]["NewList"] = [{"zqxcanaryip": 1}] * 4
    result = read(made.write_json(tmp_path, content))
    assert left_out(result)["an unknown section"] == 2
    assert left_out(result)["an unknown section of Your Activity"] == 5
    assert_no_canary(everything_said(result))


def test_ids_survive_as_text_and_say_when_a_video_was_posted() -> None:
    assert find_video_id("https://www.tiktok.com/@a.b/video/7300000000000000001?x=1") == (
        "7300000000000000001"
    )
    assert find_video_id("https://www.tiktokv.com/share/video/1/") == "1"
    assert find_video_id("https://m.tiktok.com/v/1.html") == "1"
    assert find_video_id("https://www.tiktok.com/@a/live") is None
    assert find_posting_time("1") is None
    assert find_posting_time(made.video_id(datetime(2016, 8, 31, tzinfo=UTC))) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-02 03:04:05", "2025-01-02 03:04:05Z"),
        ("2025-01-02 03:04:05 UTC", "2025-01-02 03:04:05Z"),
        ("2025-01-02T03:04:05.123456Z", "2025-01-02 03:04:05Z"),
        ("2025-01-02 03:04:05+02:00", "2025-01-02 01:04:05Z"),
        ("2025-01-02 03:04", "2025-01-02 03:04:00Z"),
        ("1735787045", "2025-01-02 03:04:05Z"),
        ("1735787045999", "2025-01-02 03:04:05Z"),
        ("2025-02-29 00:00:00", None),
        ("0001-01-01 00:00:00+23:59", None),
        ("02/01/2025", None),
        ("\u0662\u0660\u0662\u0665-01-02 03:04:05", None),
        ("", None),
    ],
)
def test_moments(text: str, expected: str | None) -> None:
    assert read_moment(text) == expected


# --- whose archive, which file ---------------------------------------------------------------


def test_the_owner_comes_from_profile_then_name_then_caller(tmp_path: Path) -> None:
    content = made.make_json()
    file = made.write_json(tmp_path, content)
    assert read(file, account="somebody_else").owner_source == "profile"
    content["Profile And Settings"]["Profile Info"] = None
    file = made.write_json(tmp_path, content, "@by_folder/user_data_tiktok.json")
    assert (read(file).owner, read(file).owner_source) == ("by_folder", "name")
    digits = made.write_json(tmp_path, content, "@123456/x/user_data_tiktok.json")
    assert read(digits).owner == "123456"
    zipped = made.write_json(tmp_path, content, "a.json", zip_name="@by_zip.zip")
    assert read(zipped).owner == "by_zip"
    bare = made.write_json(tmp_path, content, "downloads/user_data_tiktok.json")
    by_caller = read(bare, account=" @by_caller ")
    assert (by_caller.owner, by_caller.owner_source) == ("by_caller", "caller")
    with pytest.raises(RefusedFile, match="does not say whose archive it is"):
        read(bare)
    with pytest.raises(RefusedFile, match="does not say whose archive it is"):
        read(bare, account="N/A")


@pytest.mark.parametrize(
    "name", ["TikTok_Data_1760000000_1", "TikTok_Data_1760000000_copy", "TikTok_Data_by_zip"]
)
def test_the_name_of_an_archive_is_no_account(tmp_path: Path, name: str) -> None:
    content = made.make_json()
    content["Profile And Settings"]["Profile Info"] = None
    for file in (
        made.write_json(tmp_path, content, zip_name=f"{name}.zip"),
        made.write_json(tmp_path, content, f"{name}/user_data_tiktok.json"),
    ):
        assert read(file, account="me").owner == "me"
        with pytest.raises(RefusedFile, match="does not say whose archive it is"):
            read(file)


def test_an_archive_of_two_accounts_is_set_aside(tmp_path: Path) -> None:
    content = made.make_json()
    other = made.write_json(tmp_path, content, "@other/user_data_tiktok.json")
    with pytest.raises(RefusedFile, match="belongs to two accounts"):
        read(other)
    same = made.write_json(tmp_path, content, f"@{made.OWNER.upper()}/user_data_tiktok.json")
    assert read(same).owner == made.OWNER
    content["Profile"] = {"Profile Info": {"ProfileMap": {"userName": "second_owner"}}}
    with pytest.raises(RefusedFile, match="profiles of two accounts"):
        read(made.write_json(tmp_path, content))
    del content["Profile"]
    content["Profile And Settings"]["Profile Info"] = None
    silent = made.write_json(tmp_path, content, "@folder/user_data_tiktok.json")
    assert read(silent, account="@Folder").owner == "folder"
    with pytest.raises(RefusedFile, match="belongs to two accounts"):
        read(silent, account="caller")
    content["Profile And Settings"]["Profile Info"] = {"ProfileMap": {"userName": "Jo Doe, 12"}}
    with pytest.raises(RefusedFile, match="user name that is none") as caught:
        read(made.write_json(tmp_path, content), account="me")
    assert "Doe" not in str(caught.value)


def test_of_two_json_files_the_newer_name_is_read(tmp_path: Path) -> None:
    old = made.write_json(tmp_path, made.make_json("J1"), "user_data.json")
    new = made.write_json(tmp_path, made.make_json("J3"))
    [group] = archive.find_archives([old, new])
    for files in (group, group[::-1]):
        result = read(files)
        assert result.vintage == "J3"
        assert result.unused == (old,)


def test_archives_side_by_side_stay_apart(tmp_path: Path) -> None:
    def name(text: str, zip_name: str | None) -> ExportFile:
        return ExportFile(text, tmp_path / "x", None, zip_name)

    files = [
        name("@a/user_data.json", None),
        name("@b/user_data.json", None),
        name("TikTok_Data_1/TikTok/Your Activity/Watch History.txt", None),
        name("TikTok_Data_1/TikTok/Comment/Comments.txt", None),
        name("TikTok_Data_2/TikTok/Comment/Comments.txt", None),
        name("x/user_data.json", "z.zip"),
        name("user_data_tiktok.json", "z.zip"),
    ]
    assert sorted(len(group) for group in archive.find_archives(files)) == [1, 1, 1, 1, 1, 2]


def test_folders_that_may_be_those_of_different_people_are_archives_of_their_own(
    tmp_path: Path,
) -> None:
    def group(*names: str, zip_name: str | None = None) -> list[int]:
        files = [ExportFile(name, tmp_path / "x", None, zip_name) for name in names]
        return sorted(len(found) for found in archive.find_archives(files))

    loose = ("in/anna/Watch History.txt", "in/anna/Profile Info.txt", "in/ben/Like List.txt")
    assert group(*loose) == [1, 2]
    assert group(*loose, zip_name="both.zip") == [1, 2]
    assert group("in/Activity/Watch History.txt", "in/Profile/Profile Info.txt") == [2]
    dutch = ("Activiteit/Kijkgeschiedenis.txt", "Reactie/Reacties.txt")
    assert group(*(f"in/Tiktok/{name}" for name in dutch)) == [2]
    assert group(*dutch, zip_name="TikTok_Data_1.zip") == [2]
    assert group(*dutch) == [1, 1]


# --- recognition and refusal -----------------------------------------------------------------

FOREIGN = [
    b"",
    b"   ",
    b"date,likes\n2025-01-01,3\n",
    b"{}",
    b"[]",
    b"[1, 2]",
    b'{"a": 1}\n{"a": 2}\n',
    b'{"code": 0, "data": {"videos": []}}',
    b'{"Profile": {"name": "x"}, "Messages": []}',
    b'{"Comment": {"text": "x"}}',
    b'{"broken": ',
    b"{\xff\xfe",
    b"PK\x03\x04....",
    b"\xff\xfe{\x00}\x00",
]


@pytest.mark.parametrize("content", FOREIGN)
def test_what_is_no_archive_is_not_taken_for_one(tmp_path: Path, content: bytes) -> None:
    assert archive.recognise(made.write_json(tmp_path, content, "other.json")) is None


@pytest.mark.parametrize("vintage", made.VINTAGES)
def test_an_archive_that_is_cut_off_anywhere_is_refused(tmp_path: Path, vintage: str) -> None:
    whole = json.dumps(made.make_json(vintage)).encode()
    for cut in range(1, len(whole), 97):
        file = made.write_json(tmp_path, whole[:cut], "user_data.json")
        with pytest.raises(RefusedFile) as caught:
            archive.recognise(file)
        assert_no_canary(str(caught.value).encode())
        with pytest.raises(RefusedFile) as caught:
            read(file)
        message = str(caught.value)
        assert message.startswith("user_data.json")
        assert_no_canary(message.encode())
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


def test_cut_off_without_its_name_it_is_refused_once_a_section_was_seen(tmp_path: Path) -> None:
    whole = json.dumps(made.make_json("J3"))
    file = made.write_json(tmp_path, whole[: len(whole) // 2], "x.json")
    with pytest.raises(RefusedFile, match="begins like a personal archive"):
        archive.recognise(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cut off or broken"),
        (b"[]", "no JSON object"),
        (b'{"a": 1} trailing', "broken"),
        (b'{"Activity": {"x": ' + b"[" * 5000, "nested deeper"),
        (b'{"Activity": {"x": "\xff"}}', "broken"),
        (b'{"Activity": {"x": ' + b"9" * 9000 + b"}}", "thousands of digits"),
        (b'{"Activity": {"x": ' + b" " * 65000 + b"9" * 5000 + b"}}", "thousands of digits"),
        (b'{"Activity": {"x": -' + b"9" * 5000 + b"}}", "thousands of digits"),
        (b'{"Activity": {"x": 1e' + b"9" * 50 + b"}}", "broken"),
        (b'{"Activity": {"x": "' + b"y" * (5 << 20) + b'"}}', "more than 4 MiB"),
        (b'{"Activity": {"x": "' + b'\\"' * (3 << 20) + b'"}}', "more than 4 MiB"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(RefusedFile, match=message):
        read(made.write_json(tmp_path, content), account="a")


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("between", ["", "\n", " \n\n"])
def test_a_document_that_was_written_twice_is_read_once(
    tmp_path: Path, between: str, indent: int | None
) -> None:
    data = made.make_json("J3")
    text = json.dumps(data)
    once = rows_of(read(made.write_json(tmp_path, data)))
    twice = made.write_json(tmp_path, (text + between + json.dumps(data, indent=indent)).encode())
    assert archive.recognise(twice) is not None
    assert rows_of(read(twice)) == once
    other = text.replace("2", "3", 1)
    assert other != text
    with pytest.raises(RefusedFile, match="more than one archive, and they differ"):
        read(made.write_json(tmp_path, (text + between + other).encode()))
    with pytest.raises(RefusedFile, match=r"cut off or broken|broken JSON"):
        read(made.write_json(tmp_path, (text + between + text[:-9]).encode()))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_an_archive_that_was_saved_again_as_utf_16_is_read(tmp_path: Path, encoding: str) -> None:
    data = made.make_json("J3")
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    file = made.write_json(tmp_path, (mark + json.dumps(data)).encode(encoding))
    assert archive.recognise(file) is not None
    assert rows_of(read(file)) == rows_of(read(made.write_json(tmp_path, data)))


def test_the_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(made.make_json()).encode()
    file = made.write_json(tmp_path, content)
    assert archive.recognise(file) is not None
    assert read(file).owner == made.OWNER


@pytest.mark.parametrize("buffer", [1, 7, 8, 13, 64, 1 << 16])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("\\ud83d", "?"),
        ("\\udE00", "?"),
        ("a\\ude00\\ude00b", "a??b"),
        ("\\ud83d\\ude00\\ude00", "\N{GRINNING FACE}?"),
        ("\\ud83d\\ud83d\\ude00", "?\N{GRINNING FACE}"),
        ("\\ud83d\\u00e9", "?\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("\\ud83d\\ude00\\ud83d\\ude00x", "\N{GRINNING FACE}\N{GRINNING FACE}x"),
    ],
)
def test_half_a_surrogate_pair_does_not_stop_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, buffer: int, written: str, expected: str
) -> None:
    monkeypatch.setattr(personal_archive_json, "BUFFER_BYTES", buffer)
    people = f'[{{"Date": "{made.dated(1)}", "UserName": "{written}"}}]'
    text = f'{{"Your Activity": {{"Following": {{"Following": {people}}}}}}}'
    result = read(made.write_json(tmp_path, text), account="a")
    assert column(result, "archive_follows", "followed_person") == [expected]


@pytest.mark.parametrize("instead", [[{"SearchTerm": "zqxcanaryterm"}], "zqxcanaryterm"])
def test_another_value_where_a_map_belongs_is_not_empty(tmp_path: Path, instead: Any) -> None:
    content = made.make_json()
    content["Your Activity"]["Searches"] = instead
    result = read(made.write_json(tmp_path, content))
    assert statuses(result)["searches"] == "present"
    problem = "searches: no map where one belongs"
    assert column(result, "archive_searches", "_malformed") == [problem]
    assert b"zqxcanaryterm" not in everything_said(result)


def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    file = ExportFile("user_data.json", tmp_path / "gone.json", None, None)
    with pytest.raises(RefusedFile, match="cannot be read"):
        archive.recognise(file)
    with pytest.raises(RefusedFile, match="cannot be read"):
        read(file)


def test_the_parser_is_the_fast_one() -> None:
    assert "yajl2_c" in personal_archive_json._backend().__name__


def test_pure_python_gives_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made.write_json(tmp_path, made.make_json())
    fast = rows_of(read(file))
    from ijson.backends import python

    monkeypatch.setattr(personal_archive_json, "_backend", lambda: python)
    assert rows_of(read(file)) == fast
    with pytest.raises(RefusedFile):
        read(made.write_json(tmp_path, '{"Activity": {"x"', "y.json"))


# --- text files ------------------------------------------------------------------------------


@pytest.mark.parametrize("vintage", ["T1", "T2", "T3"])
@pytest.mark.parametrize("british", [False, True])
def test_each_text_vintage_gives_its_events(tmp_path: Path, vintage: str, british: bool) -> None:
    files = made.write_txt(tmp_path, made.make_txt(vintage, british=british), zip_name=None)
    assert all(archive.recognise(file) is not None for file in files)
    result = read(files)
    assert (result.vintage, result.owner) == (vintage, made.OWNER)
    assert column(result, "archive_watches", "watched_at") == [
        f"2025-01-{day} 10:20:30Z" for day in (28, 27, 26)
    ]
    assert column(result, "archive_watches", "video_id") == [made.VIDEO] * 3
    assert column(result, "archive_likes", "video_id") == [made.VIDEO]
    assert column(result, "archive_favorites", "kind") == ["hashtag"]
    assert column(result, "archive_follows", "followed_person") == [made.FOLLOWED]
    assert column(result, "archive_followers", "follower_person") == [made.FOLLOWER]
    assert len(column(result, "archive_searches", "searched_at")) == 2
    assert column(result, "archive_shares", "method") == ["copy_link"]
    assert column(result, "archive_reposts", "reposted_at") == ["2025-01-04 10:20:30Z"]
    assert column(result, "archive_comments", "comment_length") == [str(len(made.COMMENT_TEXT))]
    assert column(result, "archive_posts", "likes") == ["17"]
    assert statuses(result)["favorite videos"] == "empty"
    assert statuses(result)["lives watched"] == "missing"
    assert left_out(result) == {"direct messages": 1, "logins": 1}
    assert result.refused == ()
    assert_no_canary(everything_said(result))


def test_dutch_text_files(tmp_path: Path) -> None:
    files = made.write_txt(tmp_path, made.make_txt("dutch"))
    assert {vintage.name for vintage in map(archive.recognise, files) if vintage} == {"T2"}
    result = read(files, account="de_maker")
    assert {part.entity.name: part.rows for part in result.parts} == {
        "archive_watches": 1,
        "archive_likes": 1,
        "archive_favorites": 1,
        "archive_shares": 1,
        "archive_comments": 1,
        "archive_follows": 1,
        "archive_followers": 1,
        "archive_searches": 1,
    }
    assert column(result, "archive_shares", "shared_content") == [None]
    assert column(result, "archive_watches", "video_id") == [made.VIDEO]
    assert_no_canary(everything_said(result))


def test_a_comment_may_hold_blank_lines_and_colons(tmp_path: Path) -> None:
    text = (
        f"Date: {made.dated(9)} UTC\nComment: first: line\n\nsecond line\nDate: not a key\n"
        f"PS: third\nPhoto: N/A\n\nDate: {made.dated(8)} UTC\nComment: :)\n"
    )
    files = made.write_txt(tmp_path, {"TikTok_Data_1/TikTok/Comment/Comments.txt": text})
    result = read(files, account="a", keep_comment_text=True)
    assert column(result, "archive_comments", "comment_text") == [
        "first: line\n\nsecond line\nDate: not a key\nPS: third",
        ":)",
    ]
    assert column(result, "archive_comments", "_malformed") == [None, None]


@pytest.mark.parametrize("before", ["", "Who can view: Public\nSound: a song\n"])
@pytest.mark.parametrize("blank", ["", "\n"])
def test_lines_of_a_title_fill_no_other_field(tmp_path: Path, before: str, blank: str) -> None:
    title = f"Title: soup\n{blank}Sound: zqxcanarytitle\n{blank}Who can view: zqxcanarytitle\n"
    text = f"Date: {made.dated(9)}\n{before}{title}Cover image: N/A\n"
    files = made.write_txt(tmp_path, {"TikTok_Data_1/TikTok/Post/Posts.txt": f"{text}\n{text}"})
    result = read(files, account="a")
    assert b"zqxcanarytitle" not in everything_said(result)
    expected = ("a song", "Public") if before else (None, None)
    found = rows_of(result)["archive_posts"]
    assert [(row["sound"], row["who_can_view"]) for row in found] == [expected] * 2


def test_a_text_record_without_end_is_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_archive_txt, "MAX_RECORD_CHARACTERS", 1000)
    one = made.blocks({"Date": made.dated(1), "Comment": "fine"})
    more = "more and more\n" * 100
    text = f"{one}\n{one}{more}\n{one}"
    files = made.write_txt(tmp_path, {"TikTok_Data_1/TikTok/Comment/Comments.txt": text})
    result = read(files, account="a", keep_comment_text=True)
    problems = column(result, "archive_comments", "_malformed")
    assert [problem is None for problem in problems] == [True, False, True]
    assert column(result, "archive_comments", "comment_text") == ["fine", None, "fine"]


def test_windows_line_ends_and_many_blank_lines(tmp_path: Path) -> None:
    text = "\ufeff\r\n\r\nDate: 2025-01-01 00:00:00\r\nLink: x\r\n\r\n\r\n\r\nDate: bad\r\nLink: x"
    files = made.write_txt(tmp_path, {"Your Activity/Watch History.txt": text}, zip_name=None)
    assert archive.recognise(files[0]) == archive.Vintage("T3", "txt", "watch history")
    result = read(files, account="a")
    assert column(result, "archive_watches", "watched_at") == ["2025-01-01 00:00:00Z", None]
    assert column(result, "archive_watches", "_malformed")[1] is not None


@pytest.mark.parametrize(
    "sentence",
    ["", "\n\n", "YOU HAVE NO DATA IN THIS SECTION", "Je hebt geen gegevens in dit gedeelte."],
)
def test_a_sentence_means_empty(tmp_path: Path, sentence: str) -> None:
    files = made.write_txt(
        tmp_path, {"TikTok_Data_1/TikTok/Your Activity/Watch History.txt": sentence}
    )
    assert statuses(read(files, account="a"))["watch history"] == "empty"


def test_one_bad_text_file_does_not_stop_the_others(tmp_path: Path) -> None:
    texts = made.make_txt("T3")
    root = "TikTok_Data_1772000000/TikTok"
    texts[f"{root}/Your Activity/Watch History.txt"] = "Fecha: 1\nEnlace: 2\n\nFecha: 1\n"
    texts[f"{root}/Comment/Comments.txt"] = "Date: 2025-01-01\udcff\n"
    texts[f"{root}/Your Activity/Share History.txt"] = "Date: 1\0\n"
    texts[f"{root}/Your Activity/Historial de amigos.txt"] = made.CANARIES["message"]
    result = read(made.write_txt(tmp_path, texts))
    reasons = {part.file.name.split("/")[-1]: part.reason for part in result.refused}
    assert "no line that begins with a known key" in reasons["Watch History.txt"]
    assert "not UTF-8 text (line 1)" in reasons["Comments.txt"]
    assert "NUL byte in line 1" in reasons["Share History.txt"]
    assert statuses(result)["likes"] == "present"
    assert left_out(result)["text files of unknown sections"] == 1
    assert_no_canary(everything_said(result))
    bad = [part.file for part in result.refused]
    with pytest.raises(RefusedFile):
        read(bad, account="a")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes/Posts.txt", "dear diary\n"),
        ("Following.txt", "name,age\n"),
        ("readme.txt", "Date: 2025-01-01\n"),
        ("Status.txt", ""),
    ],
)
def test_other_text_files_are_left_alone(tmp_path: Path, name: str, text: str) -> None:
    [file] = made.write_txt(tmp_path, {name: text}, zip_name=None)
    assert archive.recognise(file) is None


def test_no_file_name_stands_for_two_sections() -> None:
    stems = [stem for section in SECTIONS for stem in dict.fromkeys(section.files)]
    assert len(stems) == len(set(stems))
    paths = [path for section in SECTIONS for path in section.paths]
    assert len(paths) == len(set(paths))


def test_text_files_are_read_twice_and_never_held_whole() -> None:
    assert personal_archive_txt.MAX_LINE_BYTES < 64 << 20


# --- properties ------------------------------------------------------------------------------

SLOW = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
MOMENTS = st.datetimes(datetime(2016, 9, 1), datetime(2037, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
IDS = st.integers(min_value=1, max_value=2**63 - 1).map(str)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    events=st.lists(st.tuples(MOMENTS, IDS, st.booleans(), st.booleans()), max_size=20),
    root=st.sampled_from(["Your Activity", "Activity"]),
    name=st.sampled_from(["Watch History", "Video Browsing History"]),
)
def test_watches_come_back_as_they_were(events: list[Any], root: str, name: str) -> None:
    records = [
        {
            ("date" if lower else "Date"): f"{moment}{' UTC' if suffixed else ''}",
            ("link" if lower else "Link"): made.link(video),
        }
        for moment, video, lower, suffixed in events
    ]
    content = {root: {name: {"VideoList": records}}, "Profile": {"x": None}}
    with tempfile.TemporaryDirectory() as folder:
        result = read(made.write_json(Path(folder), content), account="a")
        got = rows_of(result)["archive_watches"]
    assert [(row["watched_at"], row["video_id"]) for row in got] == [
        (f"{moment}Z", video) for moment, video, _lower, _suffixed in events
    ]
    assert statuses(result)["watch history"] == ("present" if events else "empty")


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["N/A", "2025-01-01 00:00:00", made.link(), *made.CANARIES.values()]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from(["Date", "-1"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(data=st.data(), value=JSON_VALUES)
def test_any_json_anywhere_in_an_archive_is_read_or_refused(data: Any, value: Any) -> None:
    content = made.make_json(data.draw(st.sampled_from(made.VINTAGES)))
    place = content
    for _ in range(data.draw(st.integers(1, 5))):
        key = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key]:
            break
        place, outer = place[key], (place, key)
    else:
        outer[0][outer[1]] = value
        key = None
    if key is not None:
        place[key] = value
    with tempfile.TemporaryDirectory() as folder:
        file = made.write_json(Path(folder), content)
        archive.recognise(file)
        try:
            result = read(file, account="a")
        except RefusedFile:
            # Two profiles, or one with a name that is none.
            return
        rows = rows_of(result)
        for section in result.sections:
            assert section.status in (archive.PRESENT, archive.EMPTY, archive.MISSING)
        assert all(row["_source_row"] >= 1 for entity in rows.values() for row in entity)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(
    content=st.binary(max_size=300)
    | st.binary(max_size=60).map(lambda tail: b'{"Activity": {"Like List": {"x": ' + tail),
    name=st.sampled_from(
        ["user_data.json", "x.json", "TikTok_Data_1/Comment/Comments.txt", "Posts.txt", "Block.txt"]
    ),
)
def test_garbage_is_refused_or_not_recognised(content: bytes, name: str) -> None:
    messages: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file = made.write_json(Path(folder), content, name)
        for attempt in (archive.recognise, lambda one: read(one, account="a")):
            try:
                attempt(file)
            except RefusedFile as error:
                messages.append(str(error))
    assert all(message.startswith(name) for message in messages)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    comments=st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_characters="\r\0:", exclude_categories=["Cs"]),
            min_size=1,
            max_size=40,
        ).filter(lambda text: text.strip() == text and "\n" not in text),
        min_size=1,
        max_size=8,
    )
)
def test_comments_of_text_files_come_back_as_they_were(comments: list[str]) -> None:
    text = made.blocks(*[{"Date": made.dated(1, " UTC"), "Comment": one} for one in comments])
    with tempfile.TemporaryDirectory() as folder:
        files = made.write_txt(Path(folder), {"TikTok_Data_1/Comment/Comments.txt": text})
        result = read(files, account="a", keep_comment_text=True)
        assert column(result, "archive_comments", "comment_text") == comments
