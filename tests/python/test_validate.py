"""The expectations as a gate: what they write, what they hide, and what they never let through."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from dbt_runs import DBT
from tiktok_warehouse import check_results, cli, transform, validate
from tiktok_warehouse import refresh as refresh_module
from tiktok_warehouse.errors import ChecksFailed, WarehouseError
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home

validate.load_great_expectations()

import expectations  # noqa: E402 - the suites lie at the project's root, which is on the path now
from expectations.suite import Check, ExpectNoRows, Observation, Rule, native, no_rows  # noqa: E402

CHECK = Check(
    name="made_up",
    layer="marts",
    severity="warning",
    expected="something",
    what="A check of this test.",
    why="To see what becomes of it.",
    remedy="Nothing.",
    right_data="None.",
)


@pytest.fixture
def home(sample_home: Home, tmp_path: Path) -> Home:
    """A copy of the sample's home, built and published."""
    shutil.copytree(sample_home.root, tmp_path / "home", symlinks=True)
    return open_home(tmp_path / "home")


@pytest.fixture
def observe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put other observations in the place of all suites."""

    def put(*observations: Observation) -> None:
        layer = SimpleNamespace(CHECKS=[CHECK], observe=lambda _: observations)
        empty = SimpleNamespace(CHECKS=[], observe=lambda _: ())
        layers = {"raw": empty, "staging": empty, "marts": layer}
        monkeypatch.setattr(expectations, "LAYERS", layers)

    return put


def check_build(home: Home) -> list[check_results.CheckResult]:
    built = transform.BuildResult(1, 1, 0.0, transform.find_target(home))
    checks, _ = refresh_module.check_build(home, "run", built, refresh_module.Watcher())
    return checks


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_library_that_is_only_looked_for_ends_no_program(tmp_path: Path) -> None:
    (tmp_path / "pyspark.py").write_text("raise SystemExit(0)\n")
    code = "from tiktok_warehouse import validate; validate.load_great_expectations(); print('on')"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "on\n"


def test_every_check_is_documented_and_named_once() -> None:
    checks = expectations.list_checks()
    names = [check.name for check in checks]
    assert len(names) == len(set(names))
    for check in checks:
        assert re.fullmatch(r"[a-z][a-z0-9_]+", check.name)
        assert all((check.what, check.why, check.remedy, check.expected)), check.name
        # A description is a template to Great Expectations.
        assert "$" not in check.expected


def test_every_check_of_a_suite_is_decided(sample_home: Home) -> None:
    found = read(
        sample_home.published / "tiktok.duckdb",
        "select check_name, layer, severity from quality.check_results"
        " where tool = 'great_expectations' order by check_name",
    )
    listed = sorted(
        (check.name, check.layer, check.severity) for check in expectations.list_checks()
    )
    assert found == listed


def test_results_of_both_tools_are_published_with_comments_and_as_parquet(
    sample_home: Home,
) -> None:
    published = sample_home.published / "tiktok.duckdb"
    tools = read(published, "select tool, count(*) > 15 from quality.check_results group by 1")
    assert sorted(tools) == [("dbt", True), ("great_expectations", True)]
    layers = read(published, "select distinct layer from quality.check_results")
    assert {layer for (layer,) in layers} == set(check_results.LAYERS)
    comments = read(
        published,
        "select count(*) from duckdb_columns() where table_name = 'check_results'"
        " and comment is null",
    )
    assert comments == [(0,)]
    parquet = sample_home.published / "parquet" / "quality" / "check_results.parquet"
    counts = read(published, f"select count(*) from '{parquet}'")
    assert counts == read(published, "select count(*) from quality.check_results")


def test_the_sample_publishes_with_a_warning_for_its_messy_ingest(sample_home: Home) -> None:
    """Its newest ingest is broken on purpose, which nobody should have to find out alone."""
    warned = read(
        sample_home.published / "tiktok.duckdb",
        "select check_name, severity, observed from quality.check_results where not passed",
    )
    assert [(name, severity) for name, severity, _ in warned] == [
        ("rejected_share_within_history", "warning")
    ]
    assert "entity video_views" in str(warned[0][2]) or "more" in str(warned[0][2])


def test_no_viewer_is_in_the_data_docs_or_the_results(sample_home: Home) -> None:
    keys = {
        str(key)
        for (key,) in read(
            sample_home.database,
            "select distinct person_key from staging.base_event_log__video_views"
            " where person_key is not null",
        )
    }
    texts = [
        path.read_text(encoding="utf-8")
        for path in (sample_home.published / "data_docs").resolve().rglob("*")
        if path.is_file()
    ]
    results = read(sample_home.database, "select * from quality.check_results")
    words = set(re.findall(r"\w+", " ".join([*texts, str(results)])))
    assert len(keys) > 1000
    assert len(texts) > 20
    assert not keys & words


@pytest.mark.parametrize("column", ["person_key", "person_id", "comment_text", "raw_record"])
def test_an_observation_with_a_personal_column_is_refused(
    home: Home, observe: Callable[..., None], column: str
) -> None:
    rule = no_rows(CHECK, "*", "true")
    observe(Observation("people", f"select 'p1' as {column}", [rule]))
    with pytest.raises(WarehouseError, match=column):
        validate.validate(home, "run")


def test_the_data_docs_need_no_network(sample_home: Home) -> None:
    pages = list((sample_home.published / "data_docs").resolve().rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"(?:src|<link[^>]*href)=\"?https?:", text), page
        assert "<script" not in text, page
        (style,) = re.findall(r'href="([^"]*style\.css)"', text)
        assert (page.parent / style).resolve().exists()
    index = (sample_home.published / "data_docs" / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="(validations/[^"]+)"', index)
    assert len(links) == len(expectations.list_checks())
    for link in links:
        assert (sample_home.published / "data_docs" / link).exists()


def test_nothing_is_written_outside_the_home(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "TMPDIR", "cwd"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "HOME"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "TMPDIR"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.chdir(tmp_path / "cwd")
    validate.validate(home, "run")
    for name in ("HOME", "TMPDIR", "cwd"):
        assert list((tmp_path / name).iterdir()) == []


def test_a_page_of_the_data_docs_that_cannot_be_written_ends_the_run(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Great Expectations itself logs a traceback, and goes on without the page."""
    from great_expectations.data_context.store import tuple_store_backend

    write: Any = tuple_store_backend.TupleFilesystemStoreBackend._set

    def refuse(backend: Any, key: tuple[str, ...], *arguments: Any, **options: Any) -> Any:
        if backend.filepath_prefix == "validations":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(backend, key, *arguments, **options)

    monkeypatch.setattr(tuple_store_backend.TupleFilesystemStoreBackend, "_set", refuse)
    with pytest.raises(OSError, match=rf"No space left.*{home.build}") as caught:
        validate.validate(home, "run")
    assert caught.value.errno == errno.ENOSPC
    assert "Traceback" not in caplog.text


def test_the_build_database_is_free_again_afterwards(home: Home) -> None:
    validate.validate(home, "run")
    with duckdb.connect(str(home.database)) as connection:
        connection.execute("create table build_state.free as select 1")


def raise_in_expectation() -> Rule:
    return no_rows(CHECK, "no_such_column", "true")


def raise_in_own_kind() -> Rule:
    class ExpectTrouble(ExpectNoRows):
        def _validate(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise ZeroDivisionError("trouble")

    return native(CHECK, ExpectTrouble, unexpected_rows_query="select 1 from {batch}")


@pytest.mark.parametrize(
    ("query", "make_rule"),
    [
        ("select 1 as number", raise_in_expectation),
        ("select 1 as number", raise_in_own_kind),
        ("select no_such_column from marts.daily_account_kpis", raise_in_expectation),
        ("this is not SQL", raise_in_expectation),
    ],
    ids=["in its query", "in its code", "in the observation", "in parsing it"],
)
def test_an_exception_inside_an_expectation_fails_the_run(
    home: Home, observe: Callable[..., None], query: str, make_rule: Callable[[], Rule]
) -> None:
    """Even that of a warning: nobody knows what it would have found."""
    observe(Observation("broken", query, [make_rule()]))
    before = (home.published / "current").readlink()
    with pytest.raises(ChecksFailed, match=r"made_up[\s\S]*could not be decided"):
        check_build(home)
    assert (home.published / "current").readlink() == before
    written = read(
        home.database,
        "select severity, passed from quality.check_results"
        " where run_id = 'run' and check_name = 'made_up'",
    )
    assert written == [("critical", False)]


def test_an_unmet_warning_does_not_stop_and_an_unmet_critical_does(
    home: Home, observe: Callable[..., None]
) -> None:
    query = "select 1 as number union all select 2"
    observe(Observation("numbers", query, [no_rows(CHECK, "number", "number > 1")]))
    (warned,) = (check for check in check_build(home) if check.check_name == "made_up")
    assert (warned.passed, warned.stops, warned.observed) == (False, False, "number 2")
    critical = replace(CHECK, severity="critical")
    observe(Observation("numbers", query, [no_rows(critical, "number", "number > 1")]))
    with pytest.raises(ChecksFailed, match="number 2"):
        check_build(home)
    failed_docs = home.logs / "data_docs-failed" / "index.html"
    assert "nothing was published" in failed_docs.read_text(encoding="utf-8")
    observe(Observation("numbers", query, [no_rows(critical, "number", "number > 2")]))
    check_build(home)
    assert not failed_docs.exists()


def test_only_what_changed_since_the_last_published_version_is_judged(
    home: Home, observe: Callable[..., None]
) -> None:
    marts = expectations.marts

    def judge(*statements: str) -> str:
        with duckdb.connect(str(home.database)) as connection:
            for statement in statements:
                connection.execute(statement)
        layer = SimpleNamespace(
            CHECKS=[CHECK],
            observe=lambda project: [
                *(o for o in marts.observe(project) if o.name == "changed_account_days"),
                Observation(
                    "judged",
                    "select account_id, kpi_date from checks.changed_account_days",
                    [no_rows(CHECK, "kpi_date as day", "true")],
                ),
            ],
        )
        layers: Any = expectations.LAYERS
        layers["marts"] = layer
        (check,) = validate.validate(home, "run").checks
        return check.observed

    observe()
    kpis = "marts.daily_account_kpis"
    an_account = f"account_id = (select min(account_id) from {kpis} where account_role = 'own')"
    assert judge() == "as expected"
    # However old, and also where a value became unknown.
    old, null = "date '2026-06-10'", "date '2026-07-20'"
    changed = judge(
        f"update {kpis} set views = views + 1 where {an_account} and kpi_date = {old}",
        f"update {kpis} set saves = null where {an_account} and kpi_date = {null}",
    )
    assert changed == "day 2026-06-10; day 2026-07-20"
    shutil.rmtree(home.published)
    assert "more" in judge()


VIEWS = "staging.base_event_log__video_views"
NEWEST = f"_ingest_id = (select max(_ingest_id) from {VIEWS} where _ingest_id like '%-0003')"
KPIS = "marts.daily_account_kpis"
A_USUAL_DAY = (
    f"account_id = (select max_by(account_id, views) from {KPIS} where account_role = 'own')"
    f" and kpi_date = (select max(kpi_date) - 20 from {KPIS})"
)


@pytest.mark.parametrize(
    ("layer", "statement", "stopping", "warning"),
    [
        # No count of rows changes in any of them, so only what the rows say can give them away.
        (
            "staging",
            f"update {VIEWS} set watch_seconds = 1000 * watch_seconds where {NEWEST}",
            {"durations_in_seconds"},
            {"durations_within_history"},
        ),
        (
            "staging",
            f"update {VIEWS} set watch_seconds = 4 * watch_seconds where {NEWEST}",
            set(),
            {"durations_within_history"},
        ),
        (
            "staging",
            f"update {VIEWS} set person_key = null where {NEWEST} and _source_row % 2 = 0",
            set(),
            {"null_share_within_history"},
        ),
        (
            "staging",
            f"update {VIEWS} set row_status = 'rejected', reason_code = 'unknown_video'"
            f" where {NEWEST} and _source_row % 3 = 0",
            set(),
            {"waiting_share_within_history"},
        ),
        (
            "staging",
            f"update {VIEWS} set viewed_at = viewed_at - interval 30 day where {NEWEST}",
            set(),
            {"events_fresh"},
        ),
        (
            "marts",
            f"update {KPIS} set views = 30 * views where {A_USUAL_DAY}",
            {"totals_equal_staging", "account_mart_equals_video_mart"},
            {"daily_views_within_history"},
        ),
        ("staging", "create table build_state.nothing as select 1", set(), set()),
    ],
    ids=["milliseconds", "longer", "no people", "waiting", "old", "a day of 30", "unchanged"],
)
def test_a_change_of_what_was_published_is_judged_also_where_every_count_of_rows_stays(
    home: Home, layer: str, statement: str, stopping: set[str], warning: set[str]
) -> None:
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(statement)
    failed = [
        check for check in validate.validate(home, "run", layers=[layer]).checks if not check.passed
    ]
    assert not any(check.is_undecided for check in failed), failed
    assert {check.check_name for check in failed if check.stops} == stopping
    assert {check.check_name for check in failed if not check.stops} == warning


def test_the_rows_that_break_a_dbt_test_are_a_view_that_keeps_and_publishes_nobody(
    home: Home,
) -> None:
    stored = "select view_name from duckdb_views() where schema_name = 'quality'"
    assert read(home.database, stored) == [], "no test fails"
    with duckdb.connect(str(home.database)) as connection:
        connection.execute(f"insert into {KPIS} from {KPIS} where {A_USUAL_DAY}")
    test = "unique_grain_daily_account_kpis_account_id__kpi_date"
    command = [*DBT, "test", "--select", test]
    command += ["--target-path", str(transform.find_target(home)), "--log-level-file", "none"]
    environment = {**os.environ, "TIKTOK_WAREHOUSE_HOME": str(home.root)}
    finished = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True)
    assert finished.returncode == 1
    assert read(home.database, stored) == [(test,)]
    ((_, _, row_count),) = read(home.database, f"from quality.{test}")
    assert row_count == 2
    assert read(home.published / "tiktok.duckdb", stored) == []


def test_results_of_the_oldest_runs_are_dropped(home: Home) -> None:
    (one, *_) = check_results.read_dbt_results(transform.find_target(home))
    for number in range(40):
        later = replace(one, checked_at=one.checked_at.replace(year=2100 + number))
        check_results.write(home, f"run {number}", [later])
    runs = read(home.database, "select distinct run_id from quality.check_results")
    assert len(runs) == 30
    assert ("run 39",) in runs
    assert ("run 9",) not in runs


@pytest.mark.parametrize(
    ("views", "engagements", "usual_views", "usual_engagements", "is_stopped"),
    [
        # 14 interactions were to be expected of a weak week of a small account: luck.
        (117, 26, 204, 24, False),
        (1_170, 260, 2_040, 240, True),
        (1_170, 150, 2_040, 240, False),
        (1_300, 260, 2_040, 240, False),
    ],
)
def test_a_week_has_lost_views_if_it_keeps_more_interactions_than_by_chance(
    views: int, engagements: int, usual_views: int, usual_engagements: int, is_stopped: bool
) -> None:
    from expectations import marts

    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {marts.WEEK_LOST_VIEWS} from (select 7 as day_count, {views} as views,"
            f" {engagements} as engagements, {usual_views} as usual_views,"
            f" {usual_engagements} as usual_engagements)"
        ).fetchone()
    assert found == (is_stopped,)


def test_nobody_writes_the_build_while_it_is_judged(home: Home) -> None:
    open_it = f"import duckdb; duckdb.connect({str(home.database)!r})"
    messages: list[str] = []

    @contextmanager
    def close_and_look(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        connection.close()
        done = subprocess.run([sys.executable, "-c", open_it], capture_output=True, text=True)
        messages.append(done.stderr)
        yield

    validate.validate(home, "run", layers=[], beside=close_and_look)
    assert "Could not set lock on file" in messages[0]


def test_ctrl_c_in_the_query_of_a_check_ends_the_run(
    home: Home, observe: Callable[..., None]
) -> None:
    observe(
        Observation("asked", "select error('Query interrupted')", [no_rows(CHECK, "1", "true")])
    )
    with pytest.raises(KeyboardInterrupt):
        validate.validate(home, "run")


def test_a_lake_is_refused_where_the_sample_was_built(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(
        PROJECT_ROOT / "examples" / "exports" / "archive" / "json", home.landing, dirs_exist_ok=True
    )
    for path in home.landing.iterdir():
        os.utime(path, (0, 0))
    assert cli.run(["refresh", "--home", str(home.root)]) == 2
    assert "was built from another raw source" in capsys.readouterr().err


def test_accepting_a_check_that_does_not_exist_is_a_wrong_command_line(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built = transform.BuildResult(1, 1, 0.0, transform.find_target(home))
    monkeypatch.setattr(transform, "build_models", lambda *_, **__: built)
    arguments = ["refresh", "--sample", "--home", str(home.root), "--accept", "no_such_check"]
    assert cli.run(arguments) == 2
    assert "no_such_check" in capsys.readouterr().err


def test_the_scoreboard_shows_each_layer_and_tool(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built = transform.BuildResult(1, 1, 0.0, transform.find_target(home))
    monkeypatch.setattr(transform, "build_models", lambda *_, **__: built)
    assert cli.run(["refresh", "--sample", "--home", str(home.root)]) == 0
    shown = capsys.readouterr().out
    for layer in ("raw", "staging", "marts"):
        assert re.search(rf"│ {layer} +│ Great Expectations +│ +\d+ │", shown), shown
        assert re.search(rf"│ {layer} +│ dbt +│ +\d+ │", shown), shown
    assert "data_docs/index.html" in shown.replace("\n", "")
