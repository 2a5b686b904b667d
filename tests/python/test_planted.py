"""What was planted in a home is looked for in every artifact of it: before and after forget."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack

import duckdb
import psycopg
import pytest

import archive_files
from postgres_server import find_programs, run_server
from tiktok_warehouse import cli, dashboard, offers, people, postgres
from tiktok_warehouse.home import Home, open_home
from tiktok_warehouse.people import SECRET_VARIABLE

SECRET = "planted-secret-of-this-home-0815"
OWNER = "planted.owner"
VIEWERS = ["planted-viewer-4711", "planted-viewer-0002"]
FOLLOWED = archive_files.FOLLOWED
TEXTS = [
    "what a planted comment, I love it",
    "planted message for one",
    archive_files.COMMENT_TEXT,
]
LOG = {
    "accounts.csv": "account_id,handle,account_role\nacc-1,bakes,own\n",
    "videos.csv": "video_id,account_id,posted_at,duration_seconds\nvid-1,acc-1,2026-08-01,10\n",
    "video_views.csv": "view_id,viewed_at,video_id,person_id,watch_seconds\n"
    + "".join(
        f"w{n},2026-08-{1 + n % 20:02} 10:00:00,vid-1,{VIEWERS[n % 2]},{n % 7}\n" for n in range(60)
    ),
    "interactions.csv": (
        "interaction_id,interacted_at,video_id,person_id,interaction_type,comment_text\n"
        f'i1,2026-08-03,vid-1,{VIEWERS[0]},comment,"{TEXTS[0]}"\n'
        f'i2,2026-08-03,vid-1,{VIEWERS[0]},direct_message,"{TEXTS[1]}"\n'
        f"i3,never,vid-1,{VIEWERS[1]},like,\n"
    ),
    # Refused: it waits in quarantine with the viewer in the clear.
    "nothing.csv": f"who,what\n{VIEWERS[0]},liked\n",
}


def make_archive() -> bytes:
    text = json.dumps(archive_files.make_json()).replace(archive_files.OWNER, OWNER)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{OWNER}/user_data_tiktok.json", text)
    return content.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A refreshed home, whose temporary files have a folder of their own beside it.

    It is copied to PostgreSQL, too, where that is installed, as it is in CI.
    """
    root = tmp_path_factory.mktemp("planted")
    (root / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        if programs := find_programs():
            server = stack.enter_context(run_server(programs))
            patch.setenv(postgres.VARIABLE, server.dsn())
        patch.setenv(SECRET_VARIABLE, SECRET)
        patch.setenv("TMPDIR", str(root / "tmp"))
        patch.setattr(tempfile, "tempdir", None)
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        home = open_home(root / "home")
        for name, content in LOG.items():
            (home.landing / name).write_text(content, "utf-8")
        (home.landing / f"TikTok_Data_{OWNER}.zip").write_bytes(make_archive())
        assert cli.run(["refresh", "--home", str(home.root)]) == 0
        yield home


def list_artifacts(home: Home) -> Iterator[tuple[str, str]]:
    """Every file of the home and of its temporary folder, as text; of tables all cells."""
    for path in sorted(home.root.parent.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        name = path.relative_to(home.root.parent).as_posix()
        content = path.read_bytes()
        text = name + content.decode("utf-8", "replace")
        if path.parent.name == dashboard.FOLDER:
            text += dashboard.unpack(content.decode("utf-8", "replace"))
        with duckdb.connect() as connection:
            if path.suffix == ".parquet":
                text += repr(connection.execute(f"from read_parquet('{path}')").fetchall())
            elif path.suffix == ".duckdb":
                connection.execute(f"attach '{path}' as db (read_only)")
                for (table,) in connection.execute(
                    "select schema_name || '.\"' || table_name || '\"' from duckdb_tables()"
                    " where database_name = 'db'"
                ).fetchall():
                    text += repr(connection.execute(f"from db.{table}").fetchall())
        yield name, text.casefold()
    if dsn := os.environ.get(postgres.VARIABLE):
        with psycopg.connect(dsn) as copy:
            tables = copy.execute(
                "select format('%I.%I', table_schema, table_name) from information_schema.tables"
                " where table_schema not in ('pg_catalog', 'information_schema')"
            ).fetchall()
            for (table,) in tables:
                rows = copy.execute(f"select * from {table}".encode()).fetchall()
                yield f"/published/postgres/{table}", repr(rows).casefold()


def find(home: Home, needles: Collection[str]) -> dict[str, set[str]]:
    """Which of some texts each artifact has."""
    return {
        name: {needle for needle in needles if needle.casefold() in text}
        for name, text in list_artifacts(home)
    }


def keys_of(*names: str) -> list[str]:
    secret = SECRET.encode()
    return [people.hash_person(secret, name) for name in names]


def test_what_is_planted_stands_in_no_artifact_but_in_what_is_refused(home: Home) -> None:
    in_the_clear = {SECRET, OWNER, FOLLOWED, *VIEWERS, *TEXTS}
    viewers, (owner,) = keys_of(*VIEWERS), keys_of(OWNER)
    found = find(home, [*in_the_clear, *viewers, owner])
    for part in (
        *("tiktok.duckdb", "parquet/", "dashboard/", "data_docs/", "logs/", "build/", "raw/"),
        *(["/postgres/"] if find_programs() else []),
    ):
        assert any(part in name for name in found), part
    refused = {name for name in found if "/quarantine/" in name}
    # They are kept as they came, for the home's owner alone.
    assert set().union(*(found[name] for name in refused)) == {VIEWERS[0]}
    assert {name for name, hits in found.items() if hits & in_the_clear} <= refused
    published = {name: hits for name, hits in found.items() if "/published/" in name}
    assert [name for name, hits in published.items() if hits.intersection(viewers)] == []
    # Of an archive's owner readers see the key, and the build and the lake have it too.
    assert any(owner in hits for hits in published.values())


def test_after_forget_not_even_their_keys_are_left(home: Home) -> None:
    (home.landing / ".hidden").write_text(OWNER)
    ids = io.TextIOWrapper(io.BytesIO(f"{OWNER}\n{VIEWERS[0]}\n".encode()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", ids)
        assert cli.run(["forget", "--person", "-", "--home", str(home.root)]) == 0
    gone = {OWNER, VIEWERS[0], *keys_of(OWNER, VIEWERS[0]), SECRET, *TEXTS}
    (other,) = keys_of(VIEWERS[1])
    found = find(home, [*gone, other])
    assert [name for name, hits in found.items() if hits & gone] == []
    assert any(other in hits for hits in found.values()), "who asked for nothing is still there"
    assert list((home.root.parent / "tmp").glob("tiktok-warehouse-*")) == []
    shutil.rmtree(home.root.parent / "tmp")
    os.makedirs(home.root.parent / "tmp")  # noqa: PTH103
