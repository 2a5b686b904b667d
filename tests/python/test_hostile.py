"""Files that mean harm, or are broken in ways that nobody foresaw: each is one file's problem."""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hostile_files
from tiktok_warehouse import cli, ingest, plain_files, preview, quarantine, readers
from tiktok_warehouse.errors import RefusedFile, UsageError
from tiktok_warehouse.home import FOLDERS, Home, open_home
from tiktok_warehouse.ingest import IngestResult, ingest_paths
from tiktok_warehouse.mapping import load_mapping
from tiktok_warehouse.recognise import recognise

GOOD = "view_id,viewed_at,video_id,watch_seconds\n1,2026-08-01,v1,2\n"
LONG = "x" * 1_000_000
COLUMNS = {"view_id": "1", "viewed_at": "2026-08-01", "video_id": "v1", "watch_seconds": "2"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def put(home: Home, name: str, content: bytes | str) -> Path:
    path = home.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (time.time() - 60, time.time() - 60))
    return path


def land(home: Home) -> IngestResult:
    return ingest_paths(home, [home.landing], taken_from_landing=True)


def land_beside_a_good_one(home: Home) -> dict[str, str]:
    """Why each file was refused; the good one has landed, and nothing is left in landing."""
    put(home, "video_views-good.csv", GOOD)
    result = land(home)
    assert "video_views-good.csv" in [file.source_file for file in result.landed]
    assert all(refused.quarantine is not None for refused in result.refused)
    assert [path for path in home.landing.rglob("*") if path.is_file()] == []
    return {refused.source_file: refused.reason for refused in result.refused}


# --- whatever goes wrong with one file ---------------------------------------------------------


def nest(depth: int, opening: str, closing: str) -> str:
    return opening * depth + "1" + closing * depth


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_json_of_any_depth_is_a_row_or_a_malformed_one(
    tmp_path: Path, opening: str, closing: str
) -> None:
    path = tmp_path / "video_views.jsonl"
    lines = [
        json.dumps(COLUMNS | {"view_id": str(depth)})[:-1]
        + f', "caption": {nest(depth, opening, closing)}}}'
        for depth in range(1, 2001)
    ]
    path.write_text("\n".join(lines) + "\n")
    table = readers.read_table(path, scratch=tmp_path)
    rows = [row for batch in table.batches for row in batch.to_pylist()]
    assert [row["_malformed"] is None for row in rows] == [depth <= 100 for depth in range(1, 2001)]
    assert "nested deeper than 100 levels" in rows[100]["_malformed"]


def test_deep_json_of_every_kind_stops_no_other_file(home: Home) -> None:
    for depth in (1, 50, 101, 336, 900, 990, 1000, 1100, 2000):
        deep = nest(depth, "[", "]")
        row = json.dumps(COLUMNS)[:-1] + f', "more": {deep}}}'
        put(home, f"video_views-{depth}.jsonl", row + "\n")
        put(home, f"payload-{depth}.json", f'{{"data": {{"videos": {deep}}}, "code": 0}}')
        put(home, f"array-{depth}.json", deep)
        put(home, f"archive-{depth}/user_data_tiktok.json", f'{{"Activity": {{"Likes": {deep}}}}}')
    land_beside_a_good_one(home)


@pytest.mark.parametrize("error", [KeyError("secret"), MemoryError(), RecursionError(), OSError()])
def test_an_error_that_nobody_foresaw_is_one_file_s(
    home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(name: str, *args: Any, **kwargs: Any) -> Any:
        if "bad" in name:
            raise error
        return recognise(name, *args, **kwargs)

    monkeypatch.setattr("tiktok_warehouse.recognise.recognise", fail)
    put(home, "video_views-bad.csv", GOOD + "2,2026-08-01,v1,2\n")
    reasons = land_beside_a_good_one(home)
    assert list(reasons) == ["video_views-bad.csv"]
    assert "secret" not in reasons["video_views-bad.csv"]


def test_an_error_of_the_disk_is_no_file_s(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tiktok_warehouse.recognise.recognise", fail)
    path = put(home, "video_views.csv", GOOD)
    with pytest.raises(OSError, match="No space left"):
        land(home)
    assert path.exists()


# --- bombs -------------------------------------------------------------------------------------


def write_parquet(path: Path, arrays: dict[str, pa.Array], times: int, **options: Any) -> None:
    table = pa.table(arrays)
    with pq.ParquetWriter(path, table.schema, compression="zstd", **options) as writer:
        for _ in range(times):
            writer.write_table(table)


def long_text(path: Path) -> None:
    texts = {name: pa.array([value] * 300) for name, value in COLUMNS.items()}
    write_parquet(path, texts | {"caption": pa.array([LONG] * 300)}, 1)


def long_lists(path: Path) -> None:
    texts = {name: pa.array([value]) for name, value in COLUMNS.items()}
    write_parquet(path, texts | {"caption": pa.array([[LONG] * 200])}, 1)


def plain_pages(path: Path) -> None:
    texts = {name: pa.array([value] * 100) for name, value in COLUMNS.items()}
    write_parquet(path, texts | {"caption": pa.array([LONG] * 100)}, 2, use_dictionary=False)


def many_nothings(path: Path) -> None:
    texts = {name: pa.nulls(1_000_000, pa.string()) for name in COLUMNS}
    write_parquet(path, texts, 50)


BOMBS: dict[str, Callable[[Path], object]] = {
    "text.parquet": long_text,
    "lists.parquet": long_lists,
    "pages.parquet": plain_pages,
    "nothings.parquet": many_nothings,
    "lines.csv.gz": lambda path: path.write_bytes(gzip.compress(GOOD.encode() * 3_000_000)),
    "zeros.csv.gz": lambda path: path.write_bytes(gzip.compress(bytes(200_000_000))),
}


def test_no_bomb_is_unpacked_and_every_other_file_lands(home: Home) -> None:
    for name, write in BOMBS.items():
        path = put(home, name, b"")
        write(path)
        assert path.stat().st_size < 1_000_000, name
        os.utime(path, (time.time() - 60, time.time() - 60))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reasons = land_beside_a_good_one(home)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert sorted(reasons) == sorted(BOMBS)
    for name, reason in reasons.items():
        assert "packed too tightly" in reason or "row of more than" in reason, (name, reason)
    assert grown < 400_000, f"{grown:,} KiB"


def test_a_parquet_file_of_few_and_long_texts_lands_whole(home: Home) -> None:
    """Its batches are cut, and not refused: it holds what it seems to."""
    path = put(home, "videos.parquet", b"")
    captions = [f"{row} " + os.urandom(100_000).hex() for row in range(500)]
    columns = {
        "video_id": [f"v{row}" for row in range(500)],
        "account_id": ["a1"] * 500,
        "posted_at": ["2026-08-01"] * 500,
        "caption": captions,
    }
    pq.write_table(pa.table(columns), path)
    table = readers.read_table(path, scratch=home.root)
    batches = list(table.batches)
    assert len(batches) > 1
    assert [text for batch in batches for text in batch.column("caption").to_pylist()] == captions
    assert [n for batch in batches for n in batch.column("_source_row").to_pylist()] == list(
        range(1, 501)
    )


def test_a_parquet_file_of_a_row_group_for_each_row_lands_in_a_few(home: Home) -> None:
    path = put(home, "video_views.parquet", b"")
    columns = {name: [value] * 3_000 for name, value in COLUMNS.items()}
    columns["view_id"] = [str(row) for row in range(3_000)]
    pq.write_table(pa.table(columns), path, row_group_size=1)
    (landed,) = land(home).landed
    assert landed.rows == 3_000
    metadata = pq.read_metadata(next(home.raw.glob("2*/video_views.*.parquet")))
    assert (metadata.num_rows, metadata.num_row_groups) == (3_000, 3)


def test_a_parquet_file_with_a_footer_beyond_all_measure_is_refused_unread(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "MAX_FOOTER_BYTES", 100)
    pq.write_table(pa.table(COLUMNS | {name: [""] for name in COLUMNS}), home.root / "x")
    put(home, "video_views.parquet", (home.root / "x").read_bytes())
    (reason,) = land_beside_a_good_one(home).values()
    assert "has a footer of more than" in reason


def test_blank_lines_take_no_time_and_no_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BATCH_BYTES", 1 << 20)
    path = tmp_path / "video_views.csv"
    path.write_text(GOOD + "\n" * (8 << 20) + "2,2026-08-01,v1,2\n")
    started = time.process_time()
    batches = list(readers.read_table(path, scratch=tmp_path).batches)
    assert [text for batch in batches for text in batch.column("view_id").to_pylist()] == ["1", "2"]
    assert time.process_time() - started < 5


def test_a_line_of_millions_of_lists_is_one_malformed_row(tmp_path: Path) -> None:
    path = tmp_path / "video_views.jsonl"
    many = "[],".join([""] * 4_000_000)
    path.write_text(json.dumps(COLUMNS) + '\n{"caption": [' + many + "1]}\n")
    table = readers.read_table(path, scratch=tmp_path)
    rows = [row for batch in table.batches for row in batch.to_pylist()]
    assert [row["_malformed"] for row in rows] == [
        None,
        "more lists, objects and commas than a row has (line 2)",
    ]


def test_a_record_over_many_lines_is_not_held_without_end(tmp_path: Path) -> None:
    path = tmp_path / "videos.csv"
    with path.open("w") as file:
        file.write("video_id,account_id,posted_at,caption\nv1,a1,2026-08-01,x\n")
        for _ in range(12):
            file.write('"' + "some words\n" * 700_000 + '",')
    table = readers.read_table(path, scratch=tmp_path)
    with pytest.raises(RefusedFile, match=r"record of more than 64 MiB that begins in line 3"):
        list(table.batches)


def test_a_header_of_millions_of_columns_is_refused_by_its_width(tmp_path: Path) -> None:
    path = tmp_path / "videos.csv"
    path.write_text("video_id" + "," * 5_000_000 + "\n")
    with pytest.raises(RefusedFile, match="5,000,001 columns"):
        readers.read_table(path, scratch=tmp_path)


def test_of_many_hostile_files_each_is_its_own_problem(home: Home) -> None:
    """The short form of what ``make soak`` does with thousands."""
    draw = random.Random(5)
    files = [*hostile_files.mutate(draw, 300), *hostile_files.make_bombs(draw, 8)]
    for name, content in files:
        put(home, name, content)
    reasons = land_beside_a_good_one(home)
    assert not [reason for reason in reasons.values() if "a bug of ours" in reason]


# --- mapping files -----------------------------------------------------------------------------

ALIAS_BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\x07\n", "line 1: not valid YAML: a control character"),
        ("name: &a [*a]\n", "cannot be understood (RecursionError)"),
        ("name: &a {b: *a}\n", "cannot be understood (RecursionError)"),
        (ALIAS_BOMB, "more than 10,000 keys and values"),
        ("name: " + "[" * 5000, "cannot be understood (RecursionError)"),
        ("name: 0x" + "f" * 20_000, "cannot be understood (ValueError)"),
        ("? [a, b]\n: c\n", "cannot be understood (TypeError)"),
        ("a: b\n" * 60_000, "more than 256 KiB"),
    ],
)
def test_a_mapping_that_means_harm_is_a_usage_error_at_once(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "hostile.yml"
    path.write_text(text)
    started = time.monotonic()
    with pytest.raises(UsageError) as caught:
        load_mapping(path)
    assert message in str(caught.value)
    assert time.monotonic() - started < 5


# --- links -------------------------------------------------------------------------------------


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    path = tmp_path / "another-client" / "video_views.csv"
    path.parent.mkdir()
    path.write_text(GOOD + "foreign,2026-08-01,v9,9\n")
    return path


def test_links_in_landing_are_refused_and_what_they_point_to_is_nowhere(
    home: Home, foreign: Path
) -> None:
    (home.landing / "video_views-1.csv").symlink_to(foreign)
    (home.landing / "video_views-2.csv").symlink_to("/proc/self/environ")
    (home.landing / "gone.csv").symlink_to(foreign.parent / "nowhere")
    (home.landing / "folder").symlink_to(foreign.parent)
    os.mkfifo(home.landing / "pipe.csv")
    put(home, "video_views-good.csv", GOOD)
    result = land(home)
    assert [file.source_file for file in result.landed] == ["video_views-good.csv"]
    refused = {each.source_file: each for each in result.refused}
    assert sorted(refused) == ["gone.csv", "video_views-1.csv", "video_views-2.csv"]
    for each in refused.values():
        assert "is a link" in each.reason
        assert each.quarantine is None
    assert {each.source_file for each in result.ignored} == {"folder", "pipe.csv"}
    assert list(home.quarantine.iterdir()) == []


def test_a_link_that_is_named_itself_is_refused_too(home: Home, foreign: Path) -> None:
    link = home.root / "video_views-1.csv"
    link.symlink_to(foreign)
    (refused,) = ingest_paths(home, [link.rename(foreign.parent.parent / link.name)]).refused
    assert "is a link" in refused.reason
    (previewed,), _ = preview.preview(home, [foreign.parent.parent / link.name])
    assert "is a link" in (previewed.problem or "")


def test_a_folder_above_what_is_named_may_be_a_link(home: Home, foreign: Path) -> None:
    linked = foreign.parent.parent / "linked"
    linked.symlink_to(foreign.parent)
    (landed,) = ingest_paths(home, [linked / foreign.name]).landed
    assert landed.rows == 2


def test_a_file_or_folder_that_becomes_a_link_while_it_is_read_is_not_followed(
    home: Home, foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, "in/video_views.csv", GOOD)
    real = readers.hash_content

    def swap(path: Path) -> str:
        found = real(path)
        (home.landing / "in").rename(home.root / "aside")
        (home.landing / "in").symlink_to(foreign.parent)
        return found

    monkeypatch.setattr(readers, "hash_content", swap)
    result = land(home)
    assert result.landed == ()
    assert foreign.exists()
    assert list(home.quarantine.iterdir()) == []


def test_what_was_opened_is_what_is_looked_at(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(RefusedFile, match="no regular file"):
            plain_files.open_plain(path)
    with pytest.raises(FileNotFoundError):
        plain_files.open_plain(tmp_path / "absent")


# --- who can read a home -----------------------------------------------------------------------


def modes(root: Path) -> set[int]:
    paths = [root, *(path for path in root.rglob("*") if not path.is_symlink())]
    return {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in paths}


def test_a_new_home_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        root = tmp_path / "home"
        (tmp_path / "video_views.csv").write_text(GOOD)
        assert cli.run(["init", "--home", str(root)]) == 0
        assert cli.run(["ingest", str(tmp_path / "video_views.csv"), "--home", str(root)]) == 0
        assert modes(root) == {0}
    finally:
        os.umask(before)


@pytest.mark.parametrize("command", ["init", "doctor"])
def test_a_home_that_was_open_to_everybody_is_closed(tmp_path: Path, command: str) -> None:
    root = tmp_path / "home"
    cli.run(["init", "--home", str(root)])
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (root / "logs" / "link").symlink_to(outside)
    for path in (root, *(root / name for name in FOLDERS)):
        path.chmod(0o755)
    (root / "warehouse.toml").chmod(0o644)
    assert cli.run([command, "--home", str(root)]) == 0
    assert modes(root) == {0}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def test_a_home_that_its_owner_opened_to_a_group_stays_so(tmp_path: Path) -> None:
    root = tmp_path / "home"
    cli.run(["init", "--home", str(root)])
    root.chmod(0o750)
    assert cli.run(["doctor", "--home", str(root)]) == 0
    assert stat.S_IMODE(root.stat().st_mode) == 0o750


# --- what cannot be moved, kept or deleted -----------------------------------------------------


@pytest.fixture
def keeping(tmp_path: Path) -> Home:
    root = tmp_path / "keeping"
    root.mkdir()
    (root / "warehouse.toml").write_text(f'keep_originals = "{tmp_path / "originals"}"\n')
    return open_home(root)


@pytest.mark.parametrize(
    "names",
    [
        (b"a" * 251 + b".csv",) * 2,
        (b"\xff" * 251 + b".csv",),
        (b"video_views", b"video_views/video_views.csv"),
    ],
    ids=["long and twice", "long and no text", "a file where a folder goes"],
)
def test_an_original_of_any_name_is_kept(keeping: Home, names: tuple[bytes, ...]) -> None:
    for number, name in enumerate(names):
        path = Path(os.fsdecode(os.fsencode(keeping.landing) + b"/" + name))
        path.parent.mkdir(exist_ok=True)
        path.write_text(GOOD + f"{number},2026-08-01,v1,2\n")
        path.chmod(0o644)
        assert len(land(keeping).landed) == 1
        assert not path.exists()
    assert keeping.keep_originals is not None
    kept = [path for path in keeping.keep_originals.rglob("*") if path.is_file()]
    assert len(kept) == len(names)
    assert modes(keeping.keep_originals) == {0}


def test_a_refused_file_that_goes_away_stops_no_other(
    home: Home, foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = quarantine._copy_whole

    def go_away(source: Path, target: Path) -> None:
        source.unlink()
        if "link" in source.name:
            source.symlink_to(foreign)
        real(source, target)

    monkeypatch.setattr(quarantine, "_copy_whole", go_away)
    for name in ("gone.csv", "link.csv"):
        put(home, name, f"who,what\n{name},liked\n")
    put(home, "video_views-good.csv", GOOD)
    result = land(home)
    assert [file.source_file for file in result.landed] == ["video_views-good.csv"]
    assert [each.quarantine for each in result.refused] == [None, None]
    assert list(home.quarantine.iterdir()) == []


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("is_good", [False, True])
def test_nothing_is_deleted_through_a_folder_that_became_a_link(
    home: Home,
    keeping: Home,
    foreign: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_good: bool,
    is_kept: bool,
) -> None:
    home = keeping if is_kept else home
    put(home, "in/video_views.csv", GOOD if is_good else "who,what\nx,liked\n")

    remove = plain_files.remove_plain

    def swap(path: Path) -> bool:
        (home.landing / "in").rename(home.root / "aside")
        (home.landing / "in").symlink_to(foreign.parent)
        return remove(path)

    monkeypatch.setattr(ingest if is_good else quarantine, "remove_plain", swap)
    result = land(home)
    assert foreign.exists()
    assert len(result.landed) == is_good
    if is_good:
        assert "cannot be taken away" in result.ignored[0].reason
    if is_kept and home.keep_originals is not None:
        assert [path for path in home.keep_originals.rglob("*") if path.is_file()] == []


def test_a_folder_in_landing_that_cannot_be_read_stops_no_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.scandir

    def scan(path: Any) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scan)
    (home.landing / "a" / "closed").mkdir(parents=True)
    put(home, "video_views-good.csv", GOOD)
    result = land(home)
    assert len(result.landed) == 1
    assert [(each.source_file, each.reason) for each in result.ignored] == [
        ("a/closed", "a folder that cannot be read")
    ]
    with pytest.raises(PermissionError):
        ingest_paths(home, [home.landing / "a" / "closed"])
    (home.root.parent / "out" / "closed").mkdir(parents=True)
    with pytest.raises(PermissionError):
        ingest_paths(home, [home.root.parent / "out"])
