"""Forgetting: nothing under the home names the person any more, and nothing else is lost."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import resource
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from tiktok_warehouse import (
    cli,
    dashboard,
    forget,
    ingest,
    lake,
    offers,
    people,
    publish,
    refresh,
)
from tiktok_warehouse.errors import ExitCode
from tiktok_warehouse.exports import Settings
from tiktok_warehouse.home import Home, open_home
from tiktok_warehouse.people import SECRET_VARIABLE

SECRET = "a key of more than sixteen characters"
ANNA = "anna-4711"
FILES = {
    "accounts.csv": "account_id,handle,account_role\nacc-1,bakes,own\nacc-2,Cooks,own\n",
    "videos.csv": (
        "video_id,account_id,posted_at,duration_seconds\n"
        "vid-1,acc-1,2026-08-01,10\nvid-2,acc-2,2026-08-01,20\n"
    ),
    "video_views.csv": "view_id,viewed_at,video_id,person_id,watch_seconds\n"
    + "".join(
        f"w{number},2026-08-{1 + number % 20:02} 10:00:00,vid-{1 + number % 2},"
        f"{(ANNA, 'ben', 'cara')[number % 3]},{number % 7}\n"
        for number in range(60)
    ),
    "interactions.csv": (
        "interaction_id,interacted_at,video_id,person_id,interaction_type,comment_text\n"
        f"i1,2026-08-03,vid-1,{ANNA},comment,so good\ni2,2026-08-03,vid-1,ben,like,\n"
        # Anna's row took the place of an older one of Ben's, which counts again without her.
        f"i3,2026-08-04,vid-2,ben,like,\ni3,2026-08-05,vid-2,{ANNA},like,\n"
    ),
    "follower_events.csv": (
        "event_id,occurred_at,account_id,person_id,action,source_video_id\n"
        f"f1,2026-08-03,acc-1,{ANNA},follow,vid-1\nf2,2026-08-04,acc-1,ben,follow,vid-2\n"
    ),
    "profile_visits.csv": (
        "visit_id,visited_at,account_id,person_id,source_video_id\n"
        f"p1,2026-08-03,acc-1,{ANNA},vid-1\np2,2026-08-04,acc-1,ben,\n"
    ),
    "conversions.csv": (
        "conversion_id,converted_at,account_id,person_id,conversion_type\n"
        f"c1,2026-08-03,acc-1,{ANNA},purchase\nc2,2026-08-04,acc-1,cara,purchase\n"
    ),
}


@pytest.fixture(autouse=True)
def with_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)


@pytest.fixture(scope="module")
def remembering(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two versions, a refused file and a malformed row that name Anna."""
    home = open_home(tmp_path_factory.mktemp("forget") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET_VARIABLE, SECRET)
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        for name, content in FILES.items():
            (home.landing / name).write_text(content, "utf-8")
        assert cli.run(["refresh", "--home", str(home.root)]) == 0
        (home.landing / "nothing.csv").write_text(f"who,what\n{ANNA},liked\n", "utf-8")
        (home.landing / "zipped.csv.gz").write_bytes(gzip.compress(f"a\n{ANNA}\n".encode()))
        (home.landing / "other.csv").write_text("who,what\nben,liked\n", "utf-8")
        (home.landing / "video_views_2.csv").write_text(
            "view_id,viewed_at,video_id,person_id,watch_seconds\n"
            f"x1,2026-08-20 10:00:00,vid-1,{ANNA},3\nx2,2026-08-20 10:00:00,{ANNA}\n"
            "x3,2026-08-20 10:00:00,vid-1,ben,3\n",
            "utf-8",
        )
        assert cli.run(["refresh", "--home", str(home.root)]) == 0
    return home


@pytest.fixture
def home(remembering: Home, tmp_path: Path) -> Home:
    shutil.copytree(remembering.root, tmp_path / "home", symlinks=True)
    return open_home(tmp_path / "home")


def find(home: Home, needles: list[str]) -> list[str]:
    """Every file under the home in which one of the texts stands, packed or not."""
    found = []
    for path in sorted(home.root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = decode(path)
            name = path.relative_to(home.root)
            found += [f"{name}: {text}" for text in needles if text in content]
            found += [f"name of {path}" for text in needles if text in path.name]
    return found


def decode(path: Path) -> str:
    """The whole content of a file as text; of a database all cells of all tables, too."""
    content = path.read_bytes()
    text = content.decode("utf-8", "replace")
    if path.suffix == ".gz":
        text += gzip.decompress(content).decode("utf-8", "replace")
    if path.parent.name == dashboard.FOLDER:
        text += dashboard.unpack(text)
    with duckdb.connect() as connection:
        if path.suffix == ".parquet":
            rows = connection.execute(f"select * from read_parquet('{path}')").fetchall()
            text += repr(rows)
        elif path.suffix == ".duckdb":
            connection.execute(f"attach '{path}' as db (read_only)")
            for (table,) in connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
                " where database_name = 'db'"
            ).fetchall():
                text += repr(connection.execute(f"select * from db.{table}").fetchall())
    return text


def read_marts(home: Home) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all marts but what tells of the run."""
    marts: dict[str, list[tuple[object, ...]]] = {}
    newest = publish.find_newest(home)
    assert newest is not None
    with duckdb.connect(str(newest.database), read_only=True) as connection:
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall():
            query = f"select * from marts.{table} order by all"
            marts[table] = connection.execute(query).fetchall()
    return marts


def build_without(tmp_path: Path, drop: list[str]) -> Home:
    """A home that never had the rows in which one of these texts stands."""
    home = open_home(tmp_path / "never")
    late = {
        "video_views_2.csv": (
            "view_id,viewed_at,video_id,person_id,watch_seconds\n"
            f"x1,2026-08-20 10:00:00,vid-1,{ANNA},3\nx3,2026-08-20 10:00:00,vid-1,ben,3\n"
        )
    }
    for name, content in {**FILES, **late}.items():
        lines = [line for line in content.splitlines() if not any(text in line for text in drop)]
        (home.landing / name).write_text("\n".join(lines) + "\n", "utf-8")
    assert cli.run(["refresh", "--home", str(home.root)]) == 0
    return home


def test_a_forgotten_person_stands_nowhere_and_the_marts_are_those_without_them(
    home: Home, tmp_path: Path
) -> None:
    key = people.hash_person(SECRET.encode(), ANNA)
    assert find(home, [key]), "she is there before"
    # What waits in landing/ is taken in first, or the next refresh would bring her back.
    (home.landing / "video_views_3.csv").write_text(
        "view_id,viewed_at,video_id,person_id,watch_seconds\n"
        f"x9,2026-08-21 10:00:00,vid-1,{ANNA},3\n",
        "utf-8",
    )
    assert cli.run(["forget", "--person", f" {ANNA} ", "--home", str(home.root)]) == 0
    assert find(home, [ANNA, key]) == []
    assert read_marts(home) == read_marts(build_without(tmp_path, [ANNA]))
    assert len(publish.list_versions(home)) == 1
    (receipt,) = (home.logs / "forgotten").iterdir()
    told = json.loads(receipt.read_text("utf-8"))
    assert told["rows_removed"] == {
        "video_views": 22,
        "interactions": 2,
        "follower_events": 1,
        "profile_visits": 1,
        "conversions": 1,
    }
    assert told["files_rewritten"] == 7
    assert told["versions_removed"] == 2
    # Refused files of others stay.
    assert [path.name for path in home.quarantine.glob("*other.csv")]
    # It is over: the next run has nothing to do.
    assert forget.find_unfinished(home) == []
    assert cli.run(["refresh", "--home", str(home.root)]) == 0
    assert len(publish.list_versions(home)) == 1


def test_a_forgotten_account_takes_its_videos_and_events_along(home: Home, tmp_path: Path) -> None:
    assert cli.run(["forget", "--account", "@cooks", "--home", str(home.root)]) == 0
    assert find(home, ["acc-2", "Cooks", "vid-2"]) == []
    never = build_without(tmp_path, ["acc-2", "vid-2"])
    # The follow that came from its video stays; it belongs to none of the other account's.
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        gained = connection.execute(
            "select sum(followers_gained) from marts.fct_follower_daily"
        ).fetchone()
    assert gained == (2,)
    ours, theirs = read_marts(home), read_marts(never)
    for table in ("dim_videos", "fct_video_retention", "fct_traffic_source_daily"):
        assert ours[table] == theirs[table]


def test_a_killed_forget_is_finished_by_the_next_command(home: Home) -> None:
    key = people.hash_person(SECRET.encode(), ANNA)
    code = (
        "import os, signal, sys\n"
        "from tiktok_warehouse import cli, forget\n"
        "real = forget._rewrite\n"
        "def rewrite(*arguments):\n"
        "    removed = real(*arguments)\n"
        "    if removed:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return removed\n"
        "forget._rewrite = rewrite\n"
        f"sys.exit(cli.run(['forget', '--person', {ANNA!r}, '--home', {str(home.root)!r}]))\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], env={**os.environ})
    assert killed.returncode == -9
    assert len(forget.find_unfinished(home)) == 1
    assert cli.run(["refresh", "--home", str(home.root)]) == 0
    assert find(home, [ANNA, key]) == []
    assert len(publish.list_versions(home)) == 1


def test_what_cannot_be_forgotten_is_a_wrong_command_line(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    started = time.monotonic()
    for arguments in (
        ["forget"],
        ["forget", "--person", " "],
        ["forget", "--person", "a", "--account", "b"],
        ["forget", "--account", "nobody"],
    ):
        assert cli.run([*arguments, "--home", str(home.root)]) == ExitCode.USAGE
    assert "nobody" in capsys.readouterr().err
    assert forget.find_unfinished(home) == []
    assert time.monotonic() - started < 10


# ---------------------------------------------------------------- to the last byte


def escape(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def zipped(*, comment: str = "", **members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment.encode()
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def gzip_named(name: str, data: bytes) -> bytes:
    content = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=content) as file:
        file.write(data)
    return content.getvalue()


NAMING = {
    "escaped.json": f'{{"who": "{escape(ANNA)}"}}'.encode(),
    "twice-escaped.json": json.dumps({"inner": f'{{"who": "{escape(ANNA)}"}}'}).encode(),
    "references.xml": "".join(f"&#x{ord(c):x};" for c in ANNA).encode(),
    "utf16.csv": f"who\n{ANNA}\n".encode("utf-16"),
    "utf16.json": f'"{escape(ANNA)}"'.encode("utf-16"),
    "gz-in-gz.csv.gz": gzip.compress(gzip.compress(ANNA.encode())),
    "zip-in-gz.gz": gzip.compress(zipped(inner=ANNA.encode())),
    "deep.zip": zipped(inner=zipped(inner=ANNA.encode())),
    "lzma.xz": lzma.compress(ANNA.encode()),
    "bzip.bz2": bz2.compress(ANNA.encode()),
    "across.txt": b"x" * ((1 << 20) - 4) + ANNA.encode() + b"x" * 100,
    "utf32.csv": f"who\n{ANNA}\n".encode("utf-32"),
    "long-references.xml": "".join(f"&#X000{ord(c):x};" for c in ANNA).encode(),
    "behind.zip": zipped(inner=b"ben") + ANNA.encode(),
    "comment.zip": zipped(inner=b"ben", comment=ANNA),
    "named.csv.gz": gzip_named(ANNA, b"ben"),
    f"{ANNA}.csv": b"who\nben\n",
}
UNREADABLE = {
    "bomb.csv.gz": gzip.compress(bytes(200_000_000)),
    "cut.csv.gz": gzip.compress(os.urandom(1000))[:-20],
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "packed.zlib": zlib.compress(ANNA.encode() * 9),
    "one.zst": b"\x28\xb5\x2f\xfd" + bytes(9),
}
OTHERS = {
    "ben.csv": b"who\nben\n",
    "ben.json": f'{{"who": "{escape("ben")}"}}'.encode(),
    "ben.csv.gz": gzip.compress(b"who\nben\n"),
    "ben.zip": zipped(inner=b"ben"),
    "ben-latin.csv": "caf\u00e9,ben\n".encode("latin-1"),
}


@pytest.fixture
def small(tmp_path: Path) -> Home:
    home = open_home(tmp_path / "small")
    lake.ensure_lake(home)
    people.load_secret(home)
    return home


def test_whom_a_refused_file_names_is_found_however_it_is_written(small: Home) -> None:
    for name, content in {**NAMING, **UNREADABLE, **OTHERS}.items():
        (small.quarantine / name).write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    forgetting = forget.forget_person(small, ANNA)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
    assert {path.name for path in small.quarantine.iterdir()} == set(OTHERS)
    assert forgetting.quarantine_removed == len(NAMING) + len(UNREADABLE)


def test_what_is_left_in_landing_is_searched_too(small: Home) -> None:
    (small.landing / ".hidden.csv").write_text(f"who\n{ANNA}\n")
    (small.landing / "folder").mkdir()
    (small.landing / "folder" / "on-its-way.csv.part").write_text(f"who\n{ANNA}\n")
    (small.landing / "ben.csv.part").write_text("who\nben\n")
    (small.landing / "half.zip.part").write_bytes(zipped(inner=ANNA.encode() * 99)[:50])
    forgetting = forget.forget_person(small, ANNA)
    left = {path.name for path in small.landing.rglob("*") if path.is_file()}
    assert left == {"ben.csv.part", "half.zip.part"}
    assert forgetting.landing_removed == 2
    receipt = forget.finish(small, forgetting, None)
    assert any("1 files in landing/" in sentence for sentence in receipt.not_reached)
    assert any("Backups" in sentence for sentence in receipt.not_reached)


@pytest.mark.parametrize("what", ["person", "account"])
def test_mentions_in_comments_of_others_are_emptied(small: Home, tmp_path: Path, what: str) -> None:
    texts = ["so true @Bakes!", "ask @bakes2", "I like bakes", f"says {ANNA}", "fine"]
    lines = [f"i{n},2026-08-0{n + 1},vid-9,ben,comment,{text}" for n, text in enumerate(texts)]
    header = "interaction_id,interacted_at,video_id,person_id,interaction_type,comment_text"
    (tmp_path / "interactions.csv").write_text("\n".join([header, *lines, ""]))
    (tmp_path / "accounts.csv").write_text(FILES["accounts.csv"])
    ingest.ingest_paths(
        small,
        [tmp_path / name for name in ("interactions.csv", "accounts.csv")],
        settings=Settings(keep_comment_text=True),
    )
    if what == "person":
        forgetting, gone = forget.forget_person(small, ANNA), 3
    else:
        forgetting, gone = forget.forget_account(small, "bakes"), 0
    rows = duckdb.sql(
        f"select comment_text, comment_sentiment_score from '{small.raw}/2*/interactions.*.parquet'"
        " order by interaction_id"
    ).fetchall()
    assert [row[0] for row in rows] == [t if n != gone else None for n, t in enumerate(texts)]
    # How it sounds is the other's own.
    assert len(rows) == len(texts)
    assert forgetting.mentions_removed == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_ids_come_by_standard_input(
    small: Home, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(forget, "forget_person", lambda _home, *ids: asked.append(ids))
    monkeypatch.setattr(refresh, "refresh", lambda *_: refresh.RefreshResult(None, None, None))
    offer_ids(monkeypatch, f"{ANNA}\r\n\n ben \nzoë".encode(encoding))
    assert cli.run(["forget", "--person", "-", "--home", str(small.root)]) == 0
    assert asked == [(ANNA, "ben", "zoë")]


@pytest.mark.parametrize(
    "content", [f"{ANNA}\n".encode("utf-16-le"), b"zo\xeb\n", b"", b"\xff\xfea"]
)
def test_ids_that_cannot_be_read_are_a_wrong_command_line(
    small: Home, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    offer_ids(monkeypatch, content)
    assert cli.run(["forget", "--person", "-", "--home", str(small.root)]) == ExitCode.USAGE


def offer_ids(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_no_other_run_comes_between_the_erasure_and_the_build(
    small: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    @contextmanager
    def hold_lock(_home: Home, command: str) -> Iterator[None]:
        done.append(f"lock for {command}")
        yield
        done.append("unlock")

    def note_refresh(*_: object) -> refresh.RefreshResult:
        done.append("refresh")
        return refresh.RefreshResult(None, None, None)

    monkeypatch.setattr(cli, "hold_lock", hold_lock)
    monkeypatch.setattr(forget, "forget_person", lambda *_: done.append("erase"))
    monkeypatch.setattr(refresh, "refresh", note_refresh)
    assert cli.run(["forget", "--person", ANNA, "--home", str(small.root)]) == 0
    assert done == ["lock for forget", "erase", "refresh", "unlock"]


# ---------------------------------------------------------------- killed runs


class Killed(BaseException):
    """As kill -9: nothing of ours tidies up."""


def land_events(home: Home) -> None:
    for name, content in FILES.items():
        (home.landing / name).write_text(content, "utf-8")
    ingest.ingest_paths(home, [home.landing], taken_from_landing=True)


def kill_in(monkeypatch: pytest.MonkeyPatch, name: str, erase: Callable[[], object]) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(forget, name, die)
        with pytest.raises(Killed):
            erase()


def finish_all(home: Home) -> list[forget.Receipt]:
    """What a refresh does, without the build."""
    unfinished = forget.find_unfinished(home)
    for forgetting in unfinished:
        forget.resume(home, forgetting)
    return [forget.finish(home, forgetting, None) for forgetting in unfinished]


@pytest.mark.parametrize("first", ["person", "account"])
def test_of_several_killed_erasures_each_is_finished(
    small: Home, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    land_events(small)
    erasures: list[Callable[[], object]] = [
        lambda: forget.forget_person(small, ANNA),
        lambda: forget.forget_account(small, "cooks"),
    ]
    for erase in erasures if first == "person" else reversed(erasures):
        kill_in(monkeypatch, "_rewrite", erase)
    # A home that was left by a version of before has a note without a name.
    newest = sorted(small.root.glob(".forgetting-*.json"))[-1]
    newest.rename(small.root / ".forgetting.json")
    (small.root / ".forgetting-x.json.new").write_text(f'{{"handles": ["{ANNA}"')
    receipts = finish_all(small)
    assert sorted(receipt.what for receipt in receipts) == ["account", "person"]
    assert find(small, [ANNA, people.hash_person(SECRET.encode(), ANNA), "acc-2", "vid-2"]) == []
    assert list(small.root.glob(".forgetting*")) == []
    assert len(list((small.logs / "forgotten").iterdir())) == 2
    assert forget.find_unfinished(small) == []


@pytest.mark.parametrize("where", ["_clear_files", "_empty_mentions", "_hash_owners"])
def test_an_erasure_that_was_killed_while_it_looked_through_files_is_known(
    small: Home, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Of an account the rest is done; of a person, whose id no note holds, it is said."""
    land_events(small)
    (small.quarantine / "x.csv").write_text("who\nvid-2\n")
    kill_in(monkeypatch, where, lambda: forget.forget_person(small, ANNA))
    kill_in(monkeypatch, where, lambda: forget.forget_account(small, "cooks"))
    person, account = sorted(finish_all(small), key=lambda r: r.what, reverse=True)
    said = any("Forget the same person again" in text for text in person.not_reached)
    assert said == (where != "_hash_owners")
    assert not any("again" in text for text in account.not_reached)
    assert find(small, [people.hash_person(SECRET.encode(), ANNA), "acc-2", "vid-2"]) == []


def test_an_owner_of_an_archive_is_found_in_any_letters(small: Home) -> None:
    """A handle is given with @ and as people write it; a refused archive has it otherwise."""
    (small.quarantine / "user_data.json").write_text('{"userName": "mira.bakes"')
    (small.quarantine / "MIRA.Bakes.csv").write_text("x")
    forgetting = forget.forget_person(small, "@Mira.Bakes")
    assert list(small.quarantine.iterdir()) == []
    assert forgetting.quarantine_removed == 2
