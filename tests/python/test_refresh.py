"""A refresh is a run: it costs what came in, is written down, and survives what may happen."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbt_runs import DBT
from tiktok_warehouse import (
    cli,
    ingest,
    lake,
    ledger,
    publish,
    restatements,
    transform,
    versions,
)
from tiktok_warehouse import refresh as refresh_module
from tiktok_warehouse.errors import ChecksFailed, ExitCode, UsageError
from tiktok_warehouse.home import Home, open_home

PROJECT = Path(__file__).resolve().parents[2]
HEADER = "view_id,viewed_at,video_id,person_id,watch_seconds\n"


def offer_view(home: Home, view_id: str, *, viewed_at: str = "2026-08-25 10:00:00") -> None:
    """Put a file with one view of an own account's video into landing/."""
    video = read(
        home,
        "select min(video_id) from marts.dim_videos"
        " inner join marts.dim_accounts using (account_id) where account_role = 'own'",
    )[0][0]
    path = home.landing / f"video_views_{view_id}.csv"
    path.write_text(f"{HEADER}{view_id},{viewed_at},{video},person-{view_id},3.5\n", "utf-8")
    os.utime(path, (time.time() - 60, time.time() - 60))


def read(home: Home, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def refresh(home: Home, *options: str) -> int:
    return cli.run(["refresh", "--home", str(home.root), *options])


def refresh_command(home: Home) -> list[str]:
    return [sys.executable, "-m", "tiktok_warehouse.cli", "refresh", "--home", str(home.root)]


def start_refresh(home: Home) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        refresh_command(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def count_views(home: Home) -> int:
    return int(str(read(home, "select sum(views) from marts.fct_video_daily")[0][0]))


def test_nothing_new_builds_and_publishes_nothing_but_is_written_down(lake_home: Home) -> None:
    before = publish.find_newest(lake_home)
    started = time.monotonic()
    assert refresh(lake_home) == 0
    assert time.monotonic() - started < 5
    assert publish.find_newest(lake_home) == before
    runs = ledger.read(lake_home)
    assert [run.result for run in runs] == ["published", "nothing_new"]
    assert runs[-1].exit_code == 0
    assert "build" not in runs[-1].step_seconds


def list_built(home: Home) -> set[str]:
    """Names of the models that the last run of dbt built, and of the tests that it ran."""
    path = transform.find_target(home) / "run_results.json"
    results = json.loads(path.read_text("utf-8"))["results"]
    return {result["unique_id"].split(".")[2] for result in results}


def test_what_no_landed_row_can_change_is_left_as_it_is(
    lake_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_view(lake_home, "alone-1")
    assert refresh(lake_home) == 0
    built = list_built(lake_home)
    assert {"base_event_log__video_views", "int_touched_days", "data_trust"} <= built
    assert "unique_stg_event_log__video_views_view_id" in built
    assert "base_event_log__interactions" not in built
    assert "unique_stg_event_log__interactions_interaction_id" not in built
    archive = PROJECT / "examples" / "exports" / "archive" / "json" / "TikTok_Data_1760000000.zip"
    shutil.copy(archive, lake_home.landing)
    os.utime(lake_home.landing / archive.name, (time.time() - 60, time.time() - 60))
    assert refresh(lake_home) == 0
    built = list_built(lake_home)
    assert {"base_personal_archive__watches", "inferred_sessions", "row_reconciliation"} <= built
    assert not {"base_event_log__video_views", "int_touched_days"} & built
    offer_view(lake_home, "alone-2", viewed_at="2026-08-24 10:00:00")
    with monkeypatch.context() as patch:
        patch.setattr(transform, "drop_taken_in", lambda *_: None)
        assert refresh(lake_home) == 0
    with duckdb.connect(str(lake_home.database), read_only=True) as connection:
        touched = connection.execute(
            "select distinct event_date from intermediate.int_touched_days"
            " where entity = 'video_views'"
        ).fetchall()
    assert touched == [(date(2026, 8, 24),)], "left out of a run, it forgot what it had taken in"
    # A run that began and was not published may have left anything half done.
    with duckdb.connect(str(lake_home.database)) as connection:
        connection.execute(
            "insert into build_state.runs select max(change_seq) + 1 from build_state.runs"
        )
    offer_view(lake_home, "alone-3")
    assert refresh(lake_home) == 0
    assert "base_event_log__interactions" in list_built(lake_home)
    manifest = json.loads((transform.find_target(lake_home) / "manifest.json").read_text("utf-8"))
    of_sources = [
        node
        for source in manifest["sources"]
        for node in manifest["child_map"][source]
        if node.startswith("test.")
    ]
    assert not of_sources, "no model brings these tests along"


def test_what_is_set_for_dbt_in_the_shell_decides_nothing(
    lake_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = tmp_path / "nowhere"
    monkeypatch.setenv("DBT_TARGET", "published")
    monkeypatch.setenv("DBT_FULL_REFRESH", "true")
    for name in ("PROJECT_DIR", "PROFILES_DIR", "TARGET_PATH", "LOG_PATH"):
        monkeypatch.setenv(f"DBT_{name}", str(nowhere))
    views = count_views(lake_home)
    offer_view(lake_home, "shell-1")
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1
    assert "base_event_log__interactions" not in list_built(lake_home)
    assert [run.result for run in ledger.read(lake_home)] == ["published", "published"]
    assert not nowhere.exists()


def test_a_rebuild_is_one_until_it_is_published(
    lake_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the run after a failed one would take its touched days for an explanation."""
    compared: list[bool] = []
    write = restatements.write

    def note(*arguments: Any, is_rebuilt: bool, **options: Any) -> None:
        compared.append(is_rebuilt)
        write(*arguments, is_rebuilt=is_rebuilt, **options)

    def fail(*_: object, **__: object) -> None:
        raise ChecksFailed("a check failed")

    monkeypatch.setattr(restatements, "write", note)
    with monkeypatch.context() as patch:
        patch.setattr(refresh_module, "check_build", fail)
        assert refresh(lake_home, "--yes-rebuild-everything") == ExitCode.CHECKS_FAILED
    offer_view(lake_home, "rebuilt-1")
    assert refresh(lake_home) == 0
    assert read(
        lake_home,
        "select distinct is_explained, accepted_because from quality.kpi_restatements",
    ) == [(True, None)], "the row that landed since explains its day"
    offer_view(lake_home, "rebuilt-2")
    assert refresh(lake_home) == 0
    assert compared == [True, True, False]


def test_dbt_is_told_of_the_sources_that_landed_and_of_who_reads_every_file(tmp_path: Path) -> None:
    manifest = {
        "sources": {
            "source.p.lake.video_views": {"name": "video_views"},
            "source.p.lake.interactions": {"name": "interactions"},
            "source.p.lake.ingested_files": {"name": "ingested_files"},
            "source.p.build_state.findings": {"name": "findings"},
        },
        "child_map": {
            "source.p.lake.video_views": ["model.p.base_event_log__video_views", "model.p.both"],
            "source.p.lake.interactions": ["model.p.base_event_log__interactions", "model.p.both"],
            "source.p.lake.ingested_files": ["model.p.base_event_log__ingested_files"],
            "source.p.build_state.findings": ["model.p.data_trust", "test.p.of_findings"],
            "model.p.base_event_log__ingested_files": [
                "model.p.base_event_log__video_views",
                "model.p.base_event_log__interactions",
                "model.p.int_data_bounds",
                "test.p.of_files",
            ],
        },
    }
    assert transform.select_affected(tmp_path, {"video_views"}) == [], "nothing is known yet"
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest)[:-2], encoding="utf-8")
    assert transform.select_affected(tmp_path, {"video_views"}) == [], "killed while it was written"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert transform.select_affected(tmp_path, {"video_views"}) == [
        "--select",
        "base_event_log__ingested_files",
        "base_event_log__video_views+",
        "both+",
        "data_trust+",
        "int_data_bounds+",
    ]


@pytest.mark.parametrize("is_told", [False, True])
def test_dbts_process_ends_with_the_one_that_started_it(is_told: bool, tmp_path: Path) -> None:
    with transform.DbtProcess() as dbt:
        process = dbt.start()
        assert dbt.start() is process
        assert process.stdin is not None
        if is_told:
            # Any of dbt's arguments: it never gets to the end of them.
            environment = {"TIKTOK_WAREHOUSE_HOME": str(tmp_path)}
            process.stdin.write(
                json.dumps({"arguments": ["build"], "environment": environment}) + "\n"
            )
        process.stdin.close()
        assert process.wait(timeout=60) == is_told
    with transform.DbtProcess() as dbt:
        process = dbt.start()
    assert process.returncode == -signal.SIGKILL


def count_whole_parses(home: Home) -> int:
    return (home.logs / "dbt.jsonl").read_text("utf-8").count('"UnableToPartialParse"')


def test_a_late_row_is_published_and_only_its_day_is_written(
    lake_home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    views, parsed = count_views(lake_home), count_whole_parses(lake_home)
    offer_view(lake_home, "late-1")
    with monkeypatch.context() as patch:
        patch.setattr(transform, "drop_taken_in", lambda *_: None)
        assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1
    assert count_whole_parses(lake_home) == parsed, "the copy of a home keeps what dbt has parsed"
    newest = publish.find_newest(lake_home)
    assert newest is not None
    interactions = newest.folder / "parquet" / "marts" / "fct_interactions"
    links = {path.stat().st_nlink for path in interactions.glob("2*.parquet")}
    assert links == {2}, "a view touches no day of interactions, so all are linked"
    with duckdb.connect(str(lake_home.database), read_only=True) as connection:
        touched = connection.execute(
            "select distinct event_date from intermediate.int_touched_days"
            " where change_seq = 2 and entity = 'video_views'"
        ).fetchall()
    assert [str(day) for (day,) in touched] == ["2026-08-25"]
    transform.drop_taken_in(lake_home, newest.origin.change_seq)
    with duckdb.connect(str(lake_home.database), read_only=True) as connection:
        kept = connection.execute(
            "select (select count(*) from intermediate.int_touched_days),"
            " (select count(distinct change_seq) from build_state.consumed)"
        ).fetchone()
    assert kept == (0, 1), "what is published is noted no longer"
    # The ledger tells of both runs, and went out with the version.
    results = read(lake_home, "select result, raw_rows from quality.refresh_runs order by 1, 2")
    assert results[-1][0] == "published"
    assert ("published", 1) in results
    # It explains that the closed day has another value than was published.
    assert read(
        lake_home,
        "select distinct kpi_date, is_explained, ingest_ids is not null, accepted_because"
        " from quality.kpi_restatements where measure = 'average_watch_seconds'",
    ) == [(date(2026, 8, 25), True, True, None)]
    # Versions can be compared, and readers taken back.
    capsys.readouterr()
    assert cli.run(["diff", "1", "2", "--home", str(lake_home.root)]) == 0
    assert "fct_video_daily" in capsys.readouterr().out
    totals, tables = versions.diff(lake_home, "1", "current")
    assert {total.measure: (total.b or 0) - (total.a or 0) for total in totals}["views"] == 1
    changed = {found.table: found for found in tables}["marts.fct_video_daily"]
    assert [str(day) for day, _, _ in changed.days] == ["2026-08-25"]
    assert cli.run(["rollback", "1", "--home", str(lake_home.root)]) == 0
    assert count_views(lake_home) == views
    assert refresh(lake_home) == 0, "nothing new: the rollback stays"
    assert count_views(lake_home) == views
    assert cli.run(["rollback", "2", "--home", str(lake_home.root)]) == 0
    assert count_views(lake_home) == views + 1
    assert cli.run(["rollback", "9", "--home", str(lake_home.root)]) == ExitCode.USAGE
    assert cli.run(["status", "--json", "--home", str(lake_home.root)]) == 0


def test_a_view_dated_tomorrow_is_published_on_its_day_and_in_no_day_of_an_account(
    lake_home: Home,
) -> None:
    """A clock that is ahead: rows up to 24 hours after their ingest count."""
    moment = datetime.now(UTC) + timedelta(hours=24)
    offer_view(lake_home, "tomorrow-1", viewed_at=f"{moment:%Y-%m-%d %H:%M:%S}")
    views = count_views(lake_home)
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1
    ends = "select max(kpi_date) from marts.daily_{}_kpis"
    assert read(lake_home, ends.format("video")) == [(moment.date(),)]
    assert read(lake_home, ends.format("account")) == [(moment.date() - timedelta(days=1),)]


def test_status_for_machines_is_json(lake_home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert cli.run(["status", "--json", "--home", str(lake_home.root)]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["runs"][0]["result"] == "published"
    assert {row["entity"] for row in described["freshness"]} >= {"video_views", "videos"}
    assert described["rejected_rows"]
    assert described["disk_bytes"]["raw"] > 0
    assert cli.run(["status", "--home", str(lake_home.root)]) == 0


def test_sigterm_ends_within_ten_seconds_and_the_next_run_heals(lake_home: Home) -> None:
    views = count_views(lake_home)
    offer_view(lake_home, "term-1")
    process = start_refresh(lake_home)
    wait_for_dbt(lake_home)
    process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert process.wait(timeout=10) == 130
    assert time.monotonic() - started < 10
    assert ledger.read(lake_home)[-1].result == "stopped"
    assert count_views(lake_home) == views
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1


def test_after_kill_9_no_dbt_is_left_and_the_next_run_heals(lake_home: Home) -> None:
    views = count_views(lake_home)
    offer_view(lake_home, "kill-1")
    process = start_refresh(lake_home)
    wait_for_dbt(lake_home)
    # While it is at work, a second run steps back at once.
    assert cli.run(["refresh", "--home", str(lake_home.root)]) == ExitCode.BUSY
    process.kill()
    process.wait()
    assert count_views(lake_home) == views
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1
    assert [run.result for run in ledger.read(lake_home)][-2:] == ["killed", "published"]


def wait_for_dbt(home: Home) -> None:
    """Wait until dbt is at work on the build database."""
    log = home.build / "dbt" / "manifest.json"
    before = log.stat().st_mtime_ns
    deadline = time.monotonic() + 120
    while log.stat().st_mtime_ns == before:
        assert time.monotonic() < deadline, "dbt did not start"
        time.sleep(0.05)


def test_a_version_that_readers_were_not_shown_before_a_kill_is_shown_by_the_next_run(
    lake_home: Home,
) -> None:
    newest = publish.find_newest(lake_home)
    assert newest is not None
    copy = newest.folder.with_name("000002-20260101T000000Z")
    shutil.copytree(newest.folder, copy)
    assert refresh(lake_home) == 0
    assert (lake_home.published / "current").readlink().name == copy.name


def test_of_two_refreshes_at_the_same_moment_one_steps_back(lake_home: Home) -> None:
    views = count_views(lake_home)
    offer_view(lake_home, "twice-1")
    processes = [start_refresh(lake_home) for _ in range(2)]
    assert sorted(process.wait() for process in processes) == [0, ExitCode.BUSY]
    assert count_views(lake_home) == views + 1


_HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_open_for_writing(database: Path) -> Iterator[None]:
    """As DBeaver, TablePlus and the duckdb shell hold it by default."""
    command = [sys.executable, "-c", _HOLD, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield
        process.terminate()


def test_a_program_that_holds_the_published_file_open_stops_no_run_and_no_status(
    lake_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(lake_home.root)]
    (rival,) = read(
        lake_home, "select account_id, handle from marts.dim_accounts where account_role <> 'own'"
    )[:1]
    path = lake_home.landing / "accounts_role.csv"
    path.write_text(f"account_id,handle,account_role\n{rival[0]},{rival[1]},own\n", "utf-8")
    os.utime(path, (time.time() - 60, time.time() - 60))
    offer_view(lake_home, "held-1")
    with held_open_for_writing(lake_home.published / "tiktok.duckdb"):
        assert refresh(lake_home) == 0, "nor is a role that changed a reason to stop"
        shown = capsys.readouterr().out
        assert "What changed" in shown
        assert f"of {rival[1]} " in shown
        assert "the row or the id of the account changed" in shown
    with held_open_for_writing(lake_home.published / "tiktok.duckdb"):
        for command in (["status"], ["kpis"], ["doctor"], ["versions"], ["diff", "1", "2"]):
            assert cli.run([*command, *home]) == 0, command
        capsys.readouterr()
        assert cli.run(["query", "select 1", *home]) == ExitCode.NO_SPACE_OR_ACCESS
        assert "open for writing" in capsys.readouterr().err
    assert refresh(lake_home) == 0
    assert "Nothing new" in capsys.readouterr().out


def test_a_row_that_is_missing_from_a_landed_export_stops_the_run_and_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exports = PROJECT / "examples" / "exports" / "studio" / "en"
    assert cli.run(["ingest", str(exports), "--home", str(home.root)]) == 0
    path = next(home.raw.glob("2*/studio_overview.*.parquet"))
    build = transform.build_models

    def build_and_lose_a_row(*arguments: Any, **options: Any) -> transform.BuildResult:
        built = build(*arguments, **options)
        pq.write_table(pq.read_table(path).slice(1), path)
        return built

    monkeypatch.setattr(transform, "build_models", build_and_lose_a_row)
    assert refresh(home) == ExitCode.CHECKS_FAILED
    shown = capsys.readouterr().err
    assert "raw_rows_as_registered" in shown
    assert "studio_overview" in shown


@pytest.mark.parametrize("state", ["landed", "published", "rebuilt"])
@pytest.mark.parametrize("kind", ["studio_overview", "api_account_days", "archive_likes"])
def test_a_landed_export_that_holds_other_values_is_never_read(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    state: str,
) -> None:
    """Set aside before it is built; then of no matter, its rows are in; a rebuild asks for it."""
    exports = PROJECT / "examples" / "exports"
    assert cli.run(["ingest", str(exports), "--home", str(home.root)]) == 0
    path = next(home.raw.glob(f"2*/{kind}.*.parquet"))
    table = pq.read_table(path)
    name = next(name for name in reversed(table.column_names) if not name.startswith("_"))
    other = pa.array(["7"] * len(table), pa.string())
    pq.write_table(table.set_column(table.column_names.index(name), name, other), path)
    if state != "landed":
        everything = {row.entity: row.ingest_seq for row in lake.read_registry(home)}
        monkeypatch.setattr(transform, "read_consumed", lambda _home: everything)
        origin = SimpleNamespace(ingest_seq=max(everything.values()), code="before", change_seq=0)
        monkeypatch.setattr(publish, "find_newest", lambda _home: SimpleNamespace(origin=origin))

    def build(*_: Any, **__: Any) -> None:
        raise UsageError("it is built")

    monkeypatch.setattr(transform, "build_models", build)
    code = refresh(home, *(["--yes-rebuild-everything"] if state == "rebuilt" else []))
    assert code == (ExitCode.NO_SPACE_OR_ACCESS if state == "rebuilt" else ExitCode.USAGE)
    shown = flatten(capsys)
    assert ("it is not the file that was landed" in shown) == (state != "published")
    assert (path.name in shown.replace(" ", "")) == (state != "published")
    landed = lake.read_registry(home)
    assert all(row.file_sha256 for row in landed)
    assert any(path.name.split(".")[1] == str(row.ingest_seq) for row in landed) == (
        state != "landed"
    )


def test_a_closed_day_that_moves_without_an_ingest_has_to_be_accepted_with_a_reason(
    lake_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with duckdb.connect(str(lake_home.database)) as connection:
        (account, day), *_ = connection.execute(
            "select account_id, kpi_date from marts.daily_account_kpis"
            " where average_watch_seconds > 0 and not is_provisional order by all"
        ).fetchall()
        connection.execute(
            "update marts.daily_account_kpis set average_watch_seconds = 1.03 *"
            " average_watch_seconds where account_id = ? and kpi_date = ?",
            [account, day],
        )
    built = transform.BuildResult(1, 1, 0.0, transform.find_target(lake_home), change_seq=1)
    monkeypatch.setattr(transform, "build_models", lambda *_, **__: built)
    offer_view(lake_home, "moved-1")
    assert refresh(lake_home) == ExitCode.CHECKS_FAILED
    shown = capsys.readouterr().err
    assert "restatements_explained" in shown
    assert str(account) in shown
    why = ["--accept-restatement", "the formula was wrong"]
    assert refresh(lake_home, *why) == 0
    assert read(
        lake_home,
        "select account_id, kpi_date, measure, round(change_pct, 6), is_explained,"
        " accepted_because from quality.kpi_restatements",
    ) == [(account, day, "average_watch_seconds", 3.0, False, "the formula was wrong")]


def test_a_clock_that_is_set_back_changes_no_order(
    lake_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = transform.BuildResult(1, 1, 0.0, transform.find_target(lake_home), change_seq=1)
    monkeypatch.setattr(transform, "build_models", lambda *_, **__: built)
    offer_view(lake_home, "clock-1")

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - timedelta(hours=1)

    for module in (cli, ledger, publish, ingest, refresh_module):
        if hasattr(module, "datetime"):
            monkeypatch.setattr(module, "datetime", Earlier)
    assert refresh(lake_home) == 0
    (landed, before), *_ = sorted(
        ((row.ingest_seq, row.ingested_at) for row in lake.read_registry(lake_home)), reverse=True
    )
    assert before < max(row.ingested_at for row in lake.read_registry(lake_home))
    assert landed == len(lake.read_registry(lake_home))
    kept = publish.list_versions(lake_home)
    assert [publish.number_of(version) for version in kept] == [1, 2]
    assert kept[1].published_at < kept[0].published_at
    assert kept[1].is_current
    assert all((run.seconds or 0) >= 0 for run in ledger.read(lake_home))


def test_folders_without_write_access_end_with_5_and_then_heal(lake_home: Home) -> None:
    views, before = count_views(lake_home), publish.find_newest(lake_home)
    offer_view(lake_home, "refused-0")
    command = refresh_command(lake_home)
    if os.geteuid() == 0:
        # Root writes everywhere, unless that power is taken from it.
        powers = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={powers}", "--inh-caps=-all", *command]
    for folder in (lake_home.root, lake_home.raw, lake_home.build, lake_home.published):
        mode = folder.stat().st_mode
        folder.chmod(0o500)
        try:
            finished = subprocess.run(command, capture_output=True, text=True)
        finally:
            folder.chmod(mode)
        assert finished.returncode == ExitCode.NO_SPACE_OR_ACCESS, finished.stderr[-2000:]
        assert "Permission denied" in finished.stderr
        assert "What was published before is untouched" in finished.stderr
        assert publish.find_current(lake_home) == before
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC])
def test_a_file_system_that_refuses_ends_with_5(
    code: int, lake_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the last step, which a disk that is really full hardly ever reaches."""
    built = transform.BuildResult(1, 1, 0.0, transform.find_target(lake_home), change_seq=1)
    monkeypatch.setattr(transform, "build_models", lambda *_, **__: built)
    before = publish.find_newest(lake_home)
    offer_view(lake_home, "refused-1")

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code), str(lake_home.published))

    with monkeypatch.context() as patch:
        patch.setattr(publish, "_make_durable", refuse)
        assert refresh(lake_home) == ExitCode.NO_SPACE_OR_ACCESS
    assert publish.find_newest(lake_home) == before
    assert ledger.read(lake_home)[-1].exit_code == ExitCode.NO_SPACE_OR_ACCESS
    assert refresh(lake_home) == 0
    assert publish.find_newest(lake_home) != before


def fill(disk: Path, left: int) -> Path:
    """Fill a disk until so many bytes are left; give back the file that does it."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - left))
    return filler


def test_a_disk_that_is_full_or_read_only_ends_with_5_and_then_heals(
    lake_home: Home, small_disk: Path
) -> None:
    """It is full before the ingest, within it, while dbt runs and when dbt commits."""
    shutil.copytree(lake_home.root, small_disk / "home", symlinks=True)
    home = open_home(small_disk / "home")
    views, before = count_views(home), publish.find_current(home)
    offer_view(home, "full-0")
    for left in (0, 20_000, 400_000, 4_000_000):
        filler = fill(small_disk, left)
        finished = subprocess.run(refresh_command(home), capture_output=True, text=True)
        assert finished.returncode == ExitCode.NO_SPACE_OR_ACCESS, finished.stderr[-2000:]
        assert "No space left on device" in finished.stderr
        assert str(home.root) in finished.stderr, "it does not say where"
        assert "Traceback" not in finished.stderr
        assert publish.find_current(home) == before
        assert count_views(home) == views
        assert cli.run(["status", "--home", str(home.root)]) == 0
        filler.unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    finished = subprocess.run(refresh_command(home), capture_output=True, text=True)
    assert finished.returncode == ExitCode.NO_SPACE_OR_ACCESS, finished.stderr[-2000:]
    assert "Read-only file system" in finished.stderr
    assert count_views(home) == views
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert refresh(home) == 0
    assert count_views(home) == views + 1


def test_a_file_that_may_not_grow_ends_with_5_and_leaves_what_is_published(lake_home: Home) -> None:
    views = count_views(lake_home)
    offer_view(lake_home, "full-1")
    limit = 400_000
    finished = subprocess.run(
        refresh_command(lake_home),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
    )
    assert finished.returncode == ExitCode.NO_SPACE_OR_ACCESS, finished.stderr[-2000:]
    assert count_views(lake_home) == views
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1


def test_a_truncated_file_of_the_lake_is_set_aside_and_its_original_lands_again(
    lake_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    views = count_views(lake_home)
    offer_view(lake_home, "cut-1")
    offer_view(lake_home, "cut-2")
    offer_view(lake_home, "cut-0")
    original = (lake_home.landing / "video_views_cut-1.csv").read_bytes()
    ingested = [str(path) for path in sorted(lake_home.landing.iterdir())]
    assert cli.run(["ingest", *ingested, "--home", str(lake_home.root)]) == 0
    for path in lake_home.landing.iterdir():
        path.unlink()
    landed = sorted(lake_home.raw.glob("*/video_views.*.parquet"), key=number_in_lake)
    os.truncate(landed[-2], landed[-2].stat().st_size // 2)
    landed[-3].unlink()
    capsys.readouterr()
    assert refresh(lake_home) == 0
    shown = capsys.readouterr().out
    assert shown.count("Damaged") == 2
    assert "it is gone" in shown.replace("\n", " ")
    assert count_views(lake_home) == views + 1
    again = lake_home.landing / "video_views_again.csv"
    again.write_bytes(original)
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 2


def number_in_lake(path: Path) -> int:
    return int(path.name.split(".")[1])


def test_a_raw_file_that_vanishes_in_mid_run_is_said_and_its_original_lands_again(
    lake_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    views = count_views(lake_home)
    offer_view(lake_home, "gone")
    original = next(lake_home.landing.iterdir()).read_bytes()
    build_models = transform.build_models

    def lose_a_file(home: Home, *arguments: Any, **options: Any) -> transform.BuildResult:
        newest = lake.read_registry(home)[-1]
        (home.raw / newest.ingest_id / f"{newest.entity}.{newest.ingest_seq}.parquet").unlink()
        return build_models(home, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(transform, "build_models", lose_a_file)
        assert refresh(lake_home) == ExitCode.CHECKS_FAILED
    assert "raw_rows_as_registered" in flatten(capsys)
    assert count_views(lake_home) == views
    # The next run goes on without it, and says what to offer again.
    assert refresh(lake_home) == 0
    assert "offer video_views_gone.csv again" in flatten(capsys)
    (lake_home.landing / "video_views_gone.csv").write_bytes(original)
    assert refresh(lake_home) == 0
    assert count_views(lake_home) == views + 1


def flatten(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, without the terminal's line ends."""
    return " ".join("".join(capsys.readouterr()).split())


def test_a_rebuild_asks_for_a_published_raw_file_that_is_damaged(
    lake_home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(
        path for path in lake_home.raw.glob("*/videos.*.parquet") if "_empty" not in path.parts
    )
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert refresh(lake_home) == 0, "it is in the build already"
    (lake_home.build / "models.sha256").unlink()
    offer_view(lake_home, "rebuild-1")
    assert refresh(lake_home) == ExitCode.NO_SPACE_OR_ACCESS
    assert "Restore the file from a backup" in capsys.readouterr().err.replace("\n", " ")


def test_a_rebuild_gives_the_same_tables(lake_home: Home) -> None:
    offer_view(lake_home, "same-1")
    days = ["backfill", "--from", "2026-08-20", "--to", "2026-08-25"]
    assert cli.run([*days, "--home", str(lake_home.root)]) == 0
    assert refresh(lake_home, "--yes-rebuild-everything") == 0
    _, differences = versions.diff(lake_home, "2", "3")
    assert differences == []
    backwards = ["backfill", "--from", "2026-08-25", "--to", "2026-08-20"]
    assert cli.run([*backwards, "--home", str(lake_home.root)]) == ExitCode.USAGE


def test_dbt_alone_refuses_a_full_refresh_of_a_lake(lake_home: Home) -> None:
    variables = json.dumps({"raw_source": "lake"})
    finished = subprocess.run(
        [
            *(*DBT, "build", "--full-refresh"),
            *("--vars", variables, "--target-path", str(lake_home.build / "dbt")),
            *("--log-path", str(lake_home.logs)),
        ],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "TIKTOK_WAREHOUSE_HOME": str(lake_home.root)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode != 0
    assert "--yes-rebuild-everything" in finished.stdout
