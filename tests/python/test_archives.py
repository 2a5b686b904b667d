"""Zips: unpacked as they are where they are sound, refused with one reason where they are not."""

from __future__ import annotations

import io
import os
import stat
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiktok_warehouse import archives
from tiktok_warehouse.archives import Limits, open_checked, printable, unpack
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources.export_file import ExportFile

Unpack = Callable[..., tuple[ExportFile, ...]]


def make_zip(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


@pytest.fixture
def run(tmp_path: Path) -> Unpack:
    """Unpack the bytes of a zip called ``export.zip`` into a new folder."""

    def unpack_bytes(content: bytes, limits: Limits = archives.DEFAULT_LIMITS) -> object:
        path = tmp_path / "export.zip"
        path.write_bytes(content)
        scratch = Path(tempfile.mkdtemp(dir=tmp_path))
        return unpack(path, scratch, limits=limits)

    return unpack_bytes  # type: ignore[return-value]


def refusal(run: Unpack, content: bytes, limits: Limits = archives.DEFAULT_LIMITS) -> str:
    with pytest.raises(RefusedFile) as caught:
        run(content, limits)
    message = str(caught.value)
    assert message.startswith("export.zip")
    assert printable(message) == message
    return message


# --- sound zips ------------------------------------------------------------------------------


def test_members_come_back_with_their_names_and_bytes(run: Unpack) -> None:
    members = [("a.csv", b"x" * 3_000_000), ("deep/er/a.csv", b""), ("Übersicht.csv", b"\0\1")]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        files = run(make_zip(*members, method=method))
        assert [(file.name, file.path.read_bytes()) for file in files] == members
        assert {file.zip_name for file in files} == {"export.zip"}
        assert [file.path.name for file in files] == ["a.csv", "a.csv", "Übersicht.csv"]


def test_what_systems_leave_in_zips_is_left_out(run: Unpack) -> None:
    junk = ("__MACOSX/._a.csv", "__MACOSX/x", "d/.DS_Store", ".DS_Store", "._a.csv", "d/Thumbs.db")
    content = make_zip(*((name, b"junk") for name in junk), ("d/", b""), ("d/a.csv", b"1"))
    assert [file.name for file in run(content)] == ["d/a.csv"]


def test_an_empty_zip_gives_nothing(run: Unpack) -> None:
    assert run(make_zip()) == ()


def test_a_zip_in_a_zip_is_unpacked_and_a_third_is_refused(run: Unpack) -> None:
    inner = make_zip(("Viewers.csv", b"1"))
    middle = make_zip(("x/Viewers_mira.zip", inner), ("b.csv", b"2"))
    files = run(middle)
    assert [(file.name, file.zip_name) for file in files] == [
        ("x/Viewers_mira.zip/Viewers.csv", "Viewers_mira.zip"),
        ("b.csv", "export.zip"),
    ]
    assert not list(files[0].path.parents[1].rglob("*.zip"))
    assert "zip inside a zip inside a zip" in refusal(run, make_zip(("m.zip", middle)))
    # By its content, whatever it is called.
    assert run(make_zip(("inner.bin", inner)))[0].zip_name == "inner.bin"


def test_a_workbook_is_no_inner_zip(run: Unpack) -> None:
    book = make_zip(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"))
    assert [file.name for file in run(make_zip(("a.xlsx", book)))] == ["a.xlsx"]
    # One that is damaged costs none of the files beside it.
    damaged = make_zip(("a.xlsx", book[:-9]), ("b.csv", b"1"))
    assert [file.name for file in run(damaged)] == ["a.xlsx", "b.csv"]


def test_backslashes_are_folders(run: Unpack) -> None:
    assert run(make_zip(("a\\b.csv", b"1")))[0].name == "a/b.csv"


def test_names_in_utf8_that_do_not_say_so_are_read(run: Unpack) -> None:
    raw = "Übersicht.csv".encode()
    content = make_zip(("x" * len(raw), b"1")).replace(b"x" * len(raw), raw)
    assert run(content)[0].name == "Übersicht.csv"


def test_names_are_printable(run: Unpack) -> None:
    file = run(make_zip(("a\x1b[31m\u202e\n.csv", b"1")))[0]
    assert file.name == "a\ufffd[31m\ufffd\ufffd.csv"
    assert file.path.read_bytes() == b"1"
    long = run(make_zip(("ü" * 5_000 + ".csv", b"1")))[0]
    assert len(long.name) < 1_100
    assert len(os.fsencode(long.path.name)) <= 255


def test_times_are_utc(run: Unpack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        plain = zipfile.ZipInfo("a.csv", (2026, 3, 9, 8, 30, 2))
        none = zipfile.ZipInfo("b.csv")
        exact = zipfile.ZipInfo("c.csv", (2026, 3, 9, 8, 30, 2))
        moment = datetime(2026, 3, 8, 1, 2, 3, tzinfo=UTC)
        exact.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(moment.timestamp()))
        wrong = zipfile.ZipInfo("d.csv")
        wrong.date_time = (2026, 0, 0, 30, 70, 0)
        files = run(make_zip((plain, b""), (none, b""), (exact, b""), (wrong, b"")))
        times = [file.modified for file in files]
        assert times[:3] == [datetime(2026, 3, 8, 23, 30, 2, tzinfo=UTC), None, moment]
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


# --- refusals --------------------------------------------------------------------------------


def test_too_many_members_are_refused(run: Unpack) -> None:
    content = make_zip(*((f"{at}", b"") for at in range(6)))
    assert "more than 5 files" in refusal(run, content, Limits(members=5))
    assert len(run(content, Limits(members=6))) == 6
    # Inner zips count with the outer one.
    inner = make_zip(*((f"{at}", b"") for at in range(3)))
    nested = make_zip(("a.zip", inner), ("b.zip", inner))
    assert "more than 7 files" in refusal(run, nested, Limits(members=7))


def test_a_directory_that_never_ends_is_refused(
    run: Unpack, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = make_zip(*((f"{at:0100}", b"") for at in range(100)))
    monkeypatch.setattr(archives, "MAX_DIRECTORY_BYTES", 10_000)
    assert "directory of more than" in refusal(run, content)


def test_too_many_bytes_are_refused_before_any_is_written(run: Unpack, tmp_path: Path) -> None:
    content = make_zip(("a", b"12345"), ("b", b"123456"))
    assert "11 bytes; at most 10" in refusal(run, content, Limits(total_bytes=10))
    assert not list(tmp_path.glob("*/*/*"))
    assert len(run(content, Limits(total_bytes=11))) == 2
    nested = make_zip(("a.zip", make_zip(("a", b"1" * 500))), ("b", b"1" * 500))
    assert "at most 900" in refusal(run, nested, Limits(total_bytes=900))


def test_bombs_are_refused(run: Unpack) -> None:
    bomb = make_zip(("a", bytes(1_000_000)))
    small = Limits(ratio_from_bytes=500_000)
    assert "a would unpack to more than 200 times" in refusal(run, bomb, small)
    assert len(run(bomb, Limits(ratio_from_bytes=1_000_000))) == 1
    # Many members, each of them small.
    swarm = make_zip(*((f"{at}", bytes(100_000)) for at in range(10)))
    assert "it would unpack" in refusal(run, swarm, small)
    # Packed twice: the outer zip's size counts.
    nested = make_zip(("a.zip", make_zip(*((f"{at}", bytes(60_000)) for at in range(20)))))
    assert "it would unpack" in refusal(run, nested, small)


def test_members_on_top_of_each_other_are_refused(run: Unpack) -> None:
    # Every entry of the directory leads to the first member.
    content = make_zip(*((f"{at:04}", b"x" * 50_000) for at in range(50)), method=0)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        offsets = [info.header_offset for info in archive.infolist()]
    for offset in offsets[1:]:
        content = content.replace(struct.pack("<L", offset) + b"00", bytes(4) + b"00")
    assert "damaged" in refusal(run, content)


def test_encrypted_members_are_refused(run: Unpack) -> None:
    content = bytearray(make_zip(("a.csv", b"1")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(run, bytes(content))


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../b", "/etc/x", "\\x", "..\\a", "C:\\x", "c:x", "a/..", "a\\..\\b", "../\x1b"],
)
def test_paths_that_lead_outside_are_refused(run: Unpack, name: str) -> None:
    assert "outside its folder" in refusal(run, make_zip((name, b"1")))


def test_a_name_that_ends_early_is_refused(run: Unpack) -> None:
    content = make_zip(("aXcsv", b"1")).replace(b"aXcsv", b"a\0csv")
    assert "outside its folder" in refusal(run, content)


def test_a_file_without_a_name_is_refused(run: Unpack) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.csv", b"1")
        archive.infolist()[0].filename = ""
    assert "without a name" in refusal(run, target.getvalue())
    assert "without a name" in refusal(run, make_zip(("./.", b"1")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(run: Unpack, kind: int) -> None:
    info = zipfile.ZipInfo("a.csv")
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    assert "a link or a device" in refusal(run, make_zip((info, b"/etc/passwd")))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_methods_are_refused(run: Unpack, method: int) -> None:
    assert "a method that is not read" in refusal(run, make_zip(("a", b"1" * 99), method=method))


def test_two_files_of_one_name_are_refused(run: Unpack) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = make_zip(("a.csv", b"1"), ("a.csv", b"2"))
    assert "two files of one name, a.csv" in refusal(run, content)
    assert "two files of one name" in refusal(run, make_zip(("a/b", b"1"), ("a\\b", b"2")))


def test_broken_zips_are_refused(run: Unpack) -> None:
    good = make_zip(("a.csv", b"12345678" * 99), method=zipfile.ZIP_STORED)
    flipped = good.replace(b"12345678", b"12345679", 1)
    assert "in a.csv" in refusal(run, flipped)
    for cut in (1, 10, 30, 500, len(good) - 4):
        assert "cut off or damaged" in refusal(run, good[:-cut])
    for content in (b"", b"PK\x03\x04", b"no zip", b"PK\x05\x06" + bytes(4)):
        assert "cut off or damaged" in refusal(run, content)
    message = refusal(run, make_zip(("a\n.zip", b"PK\x03\x04 broken")))
    assert message.startswith("export.zip: a\ufffd.zip is a zip that is cut off")


def test_a_size_that_lies_is_refused(run: Unpack) -> None:
    content = make_zip(("a.csv", b"1" * 1000))
    for wrong in (999, 1001):
        lie = content.replace(struct.pack("<L", 1000), struct.pack("<L", wrong))
        assert lie != content
        assert "damaged" in refusal(run, lie)


def test_open_checked_refuses_what_breaks_while_it_is_read(tmp_path: Path) -> None:
    good = make_zip(("a.csv", b"12345678" * 99), method=zipfile.ZIP_STORED)
    path = tmp_path / "b.zip"
    path.write_bytes(good.replace(b"12345678", b"12345679", 1))
    with (
        pytest.raises(RefusedFile, match="called so is a zip"),
        open_checked(path, "called so") as it,
    ):
        it.read("a.csv")


GOOD = make_zip(("a/b.csv", b"one,two\n" * 20), ("c.zip", make_zip(("d.csv", b"1"))))


@settings(max_examples=100, deadline=None)
@given(at=st.floats(0, 1), put=st.binary(max_size=6), cut=st.integers(0, 9))
def test_damage_anywhere_is_refused_or_harmless(at: float, put: bytes, cut: int) -> None:
    place = int(at * len(GOOD))
    with tempfile.TemporaryDirectory() as folder:
        path, scratch = Path(folder) / "a.zip", Path(folder) / "scratch"
        scratch.mkdir()
        path.write_bytes(GOOD[:place] + put + GOOD[place + cut :])
        with suppress(RefusedFile):
            for file in unpack(path, scratch):
                assert file.path.is_relative_to(scratch)
        assert {found.name for found in Path(folder).iterdir()} == {"a.zip", "scratch"}


@settings(max_examples=100, deadline=None)
@given(names=st.lists(st.text(min_size=1, max_size=30), max_size=4, unique=True))
def test_no_name_leads_outside_or_fails_otherwise(names: list[str]) -> None:
    members = []
    for name in names:
        with suppress(UnicodeError):
            # Python itself cannot write a name that begins with a NUL.
            if name.encode().startswith(b"\0"):
                continue
            members.append((name, b"1"))
    with tempfile.TemporaryDirectory() as folder:
        path, scratch = Path(folder) / "a.zip", Path(folder) / "scratch"
        scratch.mkdir()
        path.write_bytes(make_zip(*members))
        with suppress(RefusedFile):
            for file in unpack(path, scratch):
                assert file.path.is_relative_to(scratch)
                assert printable(file.name) == file.name
        assert {found.name for found in Path(folder).iterdir()} == {"a.zip", "scratch"}
