"""The command line as a scheduler sees it: what it prints, what it leaves, its exit codes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tiktok_warehouse import changes, cli, dashboard, offers, transform
from tiktok_warehouse import publish as publishing
from tiktok_warehouse import refresh as refresh_module
from tiktok_warehouse.errors import ChecksFailed
from tiktok_warehouse.home import Home, hold_lock, open_home
from tiktok_warehouse.people import SECRET_VARIABLE

ACCOUNTS = "account_id,handle,account_role\n007,bakes,own\n008,rival,competitor\n"
VIDEOS = "video_id,account_id,posted_at,duration_seconds\nv1,007,2026-08-01,10\n"
VIEWS = (
    "view_id,viewed_at,video_id,person_id,watch_seconds\n"
    "w1,2026-08-02 10:00:00,v1,alice,5\n"
    "w2,2026-08-02 11:00:00,v1,bob,12\n"
    "w3,2026-08-02 11:30:00,v1,bob,0\n"
    "w4,2026-08-03 09:00:00,v2,alice,3\n"
)
INTERACTIONS = (
    "interaction_id,interacted_at,video_id,person_id,interaction_type,comment_text\n"
    "i1,2026-08-02 10:00:05,v1,alice,like,\n"
    "i2,2026-08-02 10:00:09,v1,alice,save,\n"
)


def put(home: Home, **files: str) -> None:
    for name, text in files.items():
        (home.landing / f"{name}.csv").write_text(text, encoding="utf-8")


def run(home: Home, *arguments: str) -> int:
    return cli.run([*arguments, "--home", str(home.root)])


def published(home: Home, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that one refresh has filled, shared by tests that do not build it again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SECRET_VARIABLE, raising=False)
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        home = open_home(tmp_path_factory.mktemp("refreshed"))
        put(home, accounts=ACCOUNTS, videos=VIDEOS, video_views=VIEWS, interactions=INTERACTIONS)
        assert run(home, "refresh") == 0
        yield home


def test_a_refresh_takes_landing_and_publishes_its_kpis(refreshed: Home) -> None:
    assert list(refreshed.landing.iterdir()) == []
    rows = published(
        refreshed,
        "select kpi_date::text, views, unique_viewers, engagements, engagement_rate_pct,"
        " average_watch_seconds, completion_rate_pct from marts.daily_account_kpis"
        " where account_id = '007' order by kpi_date",
    )
    assert rows == [("2026-08-02", 2, 2, 2, 100.0, 8.5, 50.0)]


def test_the_question_of_the_readme_is_one_plain_select(refreshed: Home) -> None:
    rows = published(
        refreshed,
        "select handle, sum(engagements) * 100.0 / sum(views) as engagement_rate_pct,"
        " sum(total_watch_seconds) / sum(views) as average_watch_seconds"
        " from marts.daily_account_kpis inner join marts.dim_accounts using (account_id)"
        " where kpi_date > (select max(kpi_date) - 7 from marts.daily_account_kpis)"
        " group by handle",
    )
    assert rows == [("bakes", 100.0, 8.5)]


def test_no_viewer_is_named_in_anything_that_was_kept(refreshed: Home) -> None:
    names = (b"alice", b"bob")
    for path in refreshed.root.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            content = path.read_bytes()
            if path.parent.name == dashboard.FOLDER:
                # Its data is packed, and a library of 650 kB has any three letters somewhere.
                content = dashboard.unpack(content.decode()).encode()
            assert not any(name in content for name in names), path
        elif path.is_file():
            content = str(pq.read_table(path).to_pydict()).encode()
            assert not any(name in content for name in names), path


def test_a_waiting_row_is_published_in_the_refresh_that_brings_its_video(
    refreshed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = published(refreshed, "select is_waiting from quality.rejected_rows")
    assert before == [(True,)]
    put(refreshed, videos_2="video_id,account_id,posted_at\nv2,007,2026-08-03\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        assert run(refreshed, "refresh") == 0
    assert published(refreshed, "select count(*) from quality.rejected_rows") == [(0,)]
    views = published(
        refreshed,
        "select views from marts.daily_account_kpis where kpi_date = date '2026-08-03'"
        " and account_id = '007'",
    )
    assert views == [(1,)]
    assert "Published version 000002" in capsys.readouterr().out


def test_a_failing_check_exits_3_names_itself_and_publishes_nothing(
    refreshed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (refreshed.published / "current").readlink()
    query = "select sum(raw_rows), sum(accepted_rows) filter (where entity = 'video_views')"
    query += " from quality.row_reconciliation"
    # One view waits for its video until another test brings it, perhaps in another worker's home.
    ((raw_rows, accepted_rows),) = published(refreshed, query)
    assert isinstance(accepted_rows, int)
    table = "staging.base_event_log__video_views"
    with duckdb.connect(str(refreshed.database)) as connection:
        connection.execute(f"create table kept as select * from {table} where _source_row = 1")
        connection.execute(f"delete from {table} where _source_row = 1")
    # The same account once more, so that there is something to build.
    put(refreshed, accounts_2=ACCOUNTS + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        assert run(refreshed, "refresh") == 3
    with duckdb.connect(str(refreshed.database)) as connection:
        connection.execute(f"insert into {table} select * from kept")
        connection.execute("drop table kept")
    message = capsys.readouterr().err
    assert "assert_raw_rows_are_accepted_rejected_or_duplicate" in message
    assert f"raw_rows=4, accepted_rows={accepted_rows - 1}" in message, message
    assert "video_views.csv" in message
    assert "What to do" in message
    assert "docs/checks.md#assert_raw_rows_are_accepted_rejected_or_duplicate" in message
    assert (refreshed.published / "current").readlink() == before
    assert published(refreshed, query) == [(raw_rows, accepted_rows)]


def test_a_refresh_with_nothing_new_publishes_the_same_rows(refreshed: Home) -> None:
    query = "select * from marts.daily_account_kpis order by all"
    before = published(refreshed, query)
    assert run(refreshed, "refresh") == 0
    assert published(refreshed, query) == before


def test_a_build_database_refuses_the_other_raw_source(
    refreshed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (refreshed.published / "current").readlink()
    assert run(refreshed, "refresh", "--sample") == 2
    assert "was built from another raw source" in capsys.readouterr().err
    assert (refreshed.published / "current").readlink() == before


def test_doctor_finds_a_refreshed_home_well(
    refreshed: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(refreshed, "doctor") == 0
    assert "not ok" not in capsys.readouterr().out


def test_exit_0_an_empty_home_has_nothing_to_build(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(home, "refresh") == 0
    assert "Nothing has been ingested yet" in capsys.readouterr().out
    assert not (home.published / "tiktok.duckdb").exists()


def test_exit_0_refused_files_are_listed_and_the_others_land(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    good = home.root.parent / "accounts.csv"
    good.write_text(ACCOUNTS, encoding="utf-8")
    bad = home.root.parent / "videos.csv"
    bad.write_bytes(b"video_id,account_id,posted_at\nv1,007,\xff\n")
    assert run(home, "ingest", str(good), str(bad)) == 0
    shown = capsys.readouterr().out
    assert "Refused: videos.csv" in shown
    assert "line 2" in shown
    assert [path.name for path in home.quarantine.glob("*.reason.json")]


def test_exit_1_a_bug_of_ours(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "ingest_paths", _divide_by_zero)
    assert run(home, "ingest", str(home.root)) == 1
    assert "This is a bug" in capsys.readouterr().err


def _divide_by_zero(*_arguments: object, **_options: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ingest", "no-such-file.csv"], "no-such-file.csv"),
        (["ingest"], "PATH"),
        (["ingest", ""], "A path is empty"),
        (["ingest", "x.zip", "--exported-on", "2016-08-31"], "--exported-on 2016-08-31 can be no"),
        (["ingest", "x.zip", "--exported-on", "2999-01-01"], "--exported-on 2999-01-01 can be no"),
        (["no-such-command"], "no-such-command"),
        (["generate"], "Name a folder"),
        (["generate", "x", "--events", "0"], "events"),
    ],
)
def test_exit_2_a_wrong_command_line(
    home: Home, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    options = [] if arguments[0] in ("generate", "no-such-command") else ["--home", str(home.root)]
    assert cli.run([*arguments, *options]) == 2
    assert message.lower() in capsys.readouterr().err.lower()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reporting_timezone = 'UTC'\n", "reporting_timezone"),
        ("reporting_time_zone = 'Mars/Olympus'\n", "Mars/Olympus"),
        ("reporting_time_zone = 'posix/Europe/Berlin'\n", "posix/Europe/Berlin"),
        ("reporting_time_zone = 'right/UTC'\n", "right/UTC"),
        ("reporting_time_zone = 'localtime'\n", "localtime"),
        ("keep_versions = 0\n", "keep_versions"),
        ("keep_versions = \n", "not valid TOML"),
        ("keep_originals = 'originals'\n", "outside"),
    ],
)
def test_exit_2_a_wrong_configuration_names_the_setting(
    home: Home, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    home.config_file.write_text(text, encoding="utf-8")
    assert run(home, "refresh") == 2
    assert message in capsys.readouterr().err
    assert run(home, "doctor") == 2


@pytest.mark.parametrize("name", ["a*b", "a{b", "a\\b", "a#b"])
def test_exit_2_a_path_that_a_home_cannot_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.run(["init", "--home", str(tmp_path / name)]) == 2
    assert f"cannot contain {name[1]}; name another folder" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_exit_2_init_makes_no_new_key_where_people_have_been_hashed(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    put(home, video_views=VIEWS)
    assert run(home, "ingest", str(home.landing)) == 0
    key = home.secret_file.read_bytes()
    home.secret_file.unlink()
    assert run(home, "init") == 2
    assert f"Copy the key back to {home.secret_file}" in capsys.readouterr().err
    assert not home.secret_file.exists()
    home.secret_file.write_bytes(key)
    assert run(home, "init") == 0


def test_doctor_says_that_others_can_read_the_key(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(home, "init") == 0
    assert run(home, "doctor") == 0
    home.secret_file.chmod(0o640)
    assert run(home, "doctor") == 2
    assert "chmod 600 it" in " ".join(capsys.readouterr().out.split())


def test_what_landed_is_said_though_the_build_then_fails(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, accounts=ACCOUNTS, videos="no table")
    monkeypatch.setattr(transform, "build_models", _fail_a_check)
    assert run(home, "refresh") == 3
    shown = capsys.readouterr()
    assert "Landed as ingest" in shown.out
    assert "accounts.csv" in shown.out
    assert "Refused: videos.csv" in shown.out
    assert "a check failed" in shown.err


def _fail_a_check(*_arguments: object, **_options: object) -> None:
    raise ChecksFailed("a check failed")


def test_generate_says_what_events_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["generate", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "Rows of video_views; those of all other entities come on top." in shown


def test_exit_4_another_run_is_at_work_and_is_named(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold_lock(home, "refresh"):
        ended = subprocess.run(
            [sys.executable, "-m", "tiktok_warehouse.cli", "refresh", "--home", str(home.root)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 4
    assert f"'refresh', process {os.getpid()}" in ended.stderr


def test_a_dead_holder_frees_the_lock(home: Home) -> None:
    code = (
        "import os, signal; from pathlib import Path;"
        "from tiktok_warehouse.home import open_home, hold_lock;"
        f"lock = hold_lock(open_home(Path({str(home.root)!r})), 'refresh'); lock.__enter__();"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False)
    assert ended.returncode == -9
    assert (home.root / ".lock-holder.json").exists()
    assert run(home, "refresh") == 0


def test_exit_5_a_home_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("not a folder", encoding="utf-8")
    assert cli.run(["init", "--home", str(blocker / "home")]) == 5
    assert "give this user access" in capsys.readouterr().err


def test_exit_5_a_file_system_that_takes_no_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As /proc does.
    monkeypatch.setattr(Path, "mkdir", _no_such_folder)
    assert cli.run(["init", "--home", str(tmp_path / "x")]) == 5
    assert f"No folder can be made here: {tmp_path / 'x'}." in capsys.readouterr().err


def _no_such_folder(path: Path, **_options: object) -> None:
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def test_exit_5_no_space_while_publishing_keeps_the_old_version(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home, accounts=ACCOUNTS)
    built = transform.BuildResult(models=1, checks=1, seconds=0.0, target=home.build)
    monkeypatch.setattr(transform, "build_models", lambda *_, **__: built)
    monkeypatch.setattr(refresh_module, "check_build", lambda *_, **__: ([], home.build))
    monkeypatch.setattr(changes, "describe", lambda *_: [])
    monkeypatch.setattr(publishing, "publish", _no_space)
    assert run(home, "refresh") == 5
    assert "No space left" in capsys.readouterr().err


def _no_space(*_arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "published")


def test_exit_6_nothing_that_was_offered_could_be_read(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    (home.landing / "videos.csv").write_bytes(b"")
    assert run(home, "refresh") == 6
    shown = capsys.readouterr()
    assert "videos.csv" in shown.out
    assert "None of the 1 file(s)" in shown.err
    assert list(home.landing.iterdir()) == []
    (reason,) = home.quarantine.glob("*.reason.json")
    assert "no bytes" in json.loads(reason.read_text(encoding="utf-8"))["reason"].lower()


def test_init_makes_a_home_once_and_keeps_what_is_there(tmp_path: Path) -> None:
    root = tmp_path / "client"
    assert cli.run(["init", "--home", str(root)]) == 0
    config, secret = root / "warehouse.toml", root / "secret.key"
    key = secret.read_bytes()
    assert secret.stat().st_mode & 0o777 == 0o600
    config.write_text("keep_versions = 3\n", encoding="utf-8")
    assert cli.run(["init", "--home", str(root)]) == 0
    assert config.read_text(encoding="utf-8") == "keep_versions = 3\n"
    assert secret.read_bytes() == key
    assert open_home(root).keep_versions == 3


def test_doctor_changes_nothing_and_says_how_to_begin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["doctor", "--home", str(tmp_path / "absent")]) == 2
    assert "tiktok-warehouse init" in capsys.readouterr().out.replace("\n", " ")
    assert not (tmp_path / "absent").exists()


def test_a_refused_file_whose_name_is_not_utf_8_does_not_stop_the_others(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = os.fsencode(home.landing) + b"/video_views_\xff.csv"
    with open(bad, "wb") as file:  # noqa: PTH123 - a Path cannot be made of these bytes
        file.write(b"\x89PNG\r\n")
    put(home, accounts=ACCOUNTS)
    assert run(home, "ingest", str(home.landing)) == 0
    assert "Refused: video_views_" in capsys.readouterr().out
    assert list(home.raw.glob("*Z-*"))
    (note,) = home.quarantine.glob("*.reason.json")
    assert note.stat().st_mode & 0o777 == 0o600


def test_a_name_that_a_terminal_cannot_show_does_not_change_the_exit_code(home: Home) -> None:
    put(home, accounts=ACCOUNTS)
    (home.landing / "Übersicht 日.csv").write_text("Order ID,Buyer\n1,x\n", encoding="utf-8")
    command = [sys.executable, "-m", "tiktok_warehouse.cli", "ingest", "--home", str(home.root)]
    for more in ([], ["--dry-run"]):
        done = subprocess.run(
            [*command, str(home.landing), *more],
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )
        assert done.returncode == 0
        assert b"\\xdcbersicht" in done.stdout
