"""Bad data must fail: each layer is corrupted in turn, and the right check has to notice.

Every case goes through the command line: exit code 3, the check named with what it saw and what to
do, and readers keep the old version. Where a built database is corrupted, dbt stands still and all
the rest of a refresh is real; the cases at the end corrupt a lake and run dbt too.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tiktok_warehouse import cli, offers, transform, validate
from tiktok_warehouse.home import Home, open_home
from tiktok_warehouse.people import SECRET_VARIABLE

KPIS = "marts.daily_account_kpis"
AN_ACCOUNT = f"(select min(account_id) from {KPIS} where account_role = 'own')"
A_DAY = f"(select max(kpi_date) - 20 from {KPIS})"
VIEWS = "staging.base_event_log__video_views"
SOME_ROWS = "where _source_row % 2 = 0 and row_status = 'accepted'"


@dataclass(frozen=True)
class Corruption:
    """Statements that spoil a build database, and the checks that have to see it."""

    name: str
    statements: tuple[str, ...]
    checks: tuple[str, ...]


CORRUPTIONS = (
    Corruption(
        "a raw file of another schema",
        (
            "alter table raw.raw_video_views alter column watch_seconds type double"
            " using try_cast(watch_seconds as double)",
        ),
        ("raw_columns_as_contracted",),
    ),
    Corruption(
        "a raw column that vanished",
        ("alter table raw.raw_interactions drop column interacted_at",),
        ("raw_columns_as_contracted",),
    ),
    Corruption(
        "raw rows that vanished",
        ("delete from raw.raw_video_views where _source_row <= 10",),
        ("raw_rows_as_registered",),
    ),
    Corruption(
        "raw rows without lineage",
        ("update raw.raw_videos set _source_file = null where _source_row = 1",),
        ("raw_lineage_complete",),
    ),
    Corruption(
        "staging rows that vanished",
        (f"delete from {VIEWS} {SOME_ROWS}",),
        ("totals_equal_staging",),
    ),
    Corruption(
        "staging rows that doubled",
        (f"insert into {VIEWS} from {VIEWS} {SOME_ROWS}",),
        ("totals_equal_staging",),
    ),
    Corruption(
        "a column shifted into another in staging",
        (f"update {VIEWS} set watch_seconds = 1000 * watch_seconds {SOME_ROWS}",),
        ("totals_equal_staging",),
    ),
    Corruption(
        "a doubled key",
        (f"insert into {KPIS} from {KPIS} where kpi_date = {A_DAY} limit 1",),
        ("kpi_keys_unique",),
    ),
    Corruption(
        "a vanished day",
        (f"delete from {KPIS} where account_id = {AN_ACCOUNT} and kpi_date = {A_DAY}",),
        ("account_days_without_gaps", "published_days_kept"),
    ),
    Corruption(
        "a vanished last day",
        (f"delete from {KPIS} where kpi_date = (select max(kpi_date) from {KPIS})",),
        ("account_days_without_gaps",),
    ),
    Corruption(
        "a vanished account",
        (f"delete from {KPIS} where account_id = {AN_ACCOUNT}",),
        ("published_days_kept",),
    ),
    Corruption(
        "a shifted column",
        (f"update {KPIS} set likes = comments, comments = likes where account_role = 'own'",),
        ("totals_equal_staging",),
    ),
    Corruption(
        "views halved",
        (f"update {KPIS} set views = views // 2 where account_role = 'own'",),
        ("totals_equal_staging", "published_views_kept"),
    ),
    Corruption(
        "a negative rate",
        (f"update {KPIS} set engagement_rate_pct = -1 where kpi_date = {A_DAY}",),
        ("values_in_range",),
    ),
    Corruption(
        "a share above 100 %",
        ("update marts.daily_video_kpis set completion_rate_pct = 101",),
        ("values_in_range",),
    ),
    Corruption(
        "not a number",
        (f"update {KPIS} set completion_rate_pct = 'NaN' where kpi_date = {A_DAY}",),
        ("values_in_range",),
    ),
    Corruption(
        "marts that disagree",
        ("delete from marts.daily_video_kpis where views > 10",),
        ("account_mart_equals_video_mart",),
    ),
)


def let_dbt_stand_still(patch: pytest.MonkeyPatch) -> None:
    """The build database stays as it is, and dbt's last artifacts say what there is."""

    def build(home: Home, *_: object, **__: object) -> transform.BuildResult:
        return transform.BuildResult(1, 1, 0.0, transform.find_target(home))

    patch.setattr(transform, "build_models", build)


def corrupt(home: Home, *statements: str) -> None:
    with duckdb.connect(str(home.database)) as connection:
        for statement in statements:
            connection.execute(statement)


def read_published(home: Home) -> tuple[str, list[tuple[object, ...]]]:
    version = str((home.published / "current").readlink())
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        return version, connection.execute(f"select * from {KPIS} order by all").fetchall()


def assert_stopped(message: str, *checks: str) -> None:
    """The message names each check, what it saw, what to do, and where that is explained."""
    assert "nothing was published" in message
    for check in checks:
        assert f"- {check}  (" in message, message
        assert f"see docs/checks.md#{check}" in message
    assert "observed: " in message
    assert "what to do: " in message
    assert "could not be decided" not in message.split(f"- {checks[0]}")[1].split("\n- ")[0]


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda corruption: corruption.name)
def test_a_corrupted_build_is_not_published(
    corruption: Corruption,
    sample_home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(sample_home.root, tmp_path / "home", symlinks=True)
    home = open_home(tmp_path / "home")
    before = read_published(home)
    corrupt(home, *corruption.statements)
    let_dbt_stand_still(monkeypatch)
    assert cli.run(["refresh", "--sample", "--home", str(home.root)]) == 3
    assert_stopped(capsys.readouterr().err, *corruption.checks)
    assert read_published(home) == before
    assert (home.logs / "data_docs-failed" / "index.html").exists()
    with duckdb.connect(str(home.database), read_only=True) as connection:
        failed = connection.execute(
            "select distinct check_name from quality.check_results"
            " where passed = false and severity = 'critical'"
        ).fetchall()
    assert {(check,) for check in corruption.checks} <= set(failed)


def test_what_is_not_corrupted_passes(
    sample_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(sample_home.root, tmp_path / "home", symlinks=True)
    let_dbt_stand_still(monkeypatch)
    assert cli.run(["refresh", "--sample", "--home", str(tmp_path / "home")]) == 0


# A lake: five weeks of an account with 40 views and 10 likes a day, then two more weeks. The last
# day is old enough for every day to be settled.
LAST_DAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=4)
FIRST_DAYS, MORE_DAYS = range(49, 14, -1), range(14, -1, -1)
Rows = Callable[[int, int], str]


def write_log(home: Home, name: str, header: str, days: range, per_day: int, row: Rows) -> None:
    lines = [header, *(row(day, number) for day in days for number in range(per_day))]
    (home.landing / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def moment(day: int, number: int) -> str:
    return f"{LAST_DAY - timedelta(days=day) + timedelta(minutes=number):%Y-%m-%d %H:%M:%S}"


def write_views(home: Home, name: str, days: range, per_day: int, *, shifted: bool = False) -> None:
    """A file of views; a shifted one has two columns in each other's place."""
    header = "view_id,viewed_at,video_id,person_id,traffic_source,watch_seconds"

    def row(day: int, number: int) -> str:
        person, source = f"p{number}", "for_you"
        if shifted:
            person, source = source, person
        return f"w{day}-{number},{moment(day, number)},v1,{person},{source},{2 + number % 7}"

    write_log(home, name, header, days, per_day, row)


def write_likes(home: Home, name: str, days: range, per_day: int) -> None:
    header = "interaction_id,interacted_at,video_id,person_id,interaction_type"

    def row(day: int, number: int) -> str:
        return f"i{day}-{number},{moment(day, number)},v1,p{number},like"

    write_log(home, name, header, days, per_day, row)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A lake of five weeks, built, checked and published."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SECRET_VARIABLE, raising=False)
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        home = open_home(tmp_path_factory.mktemp("lake"))
        posted = f"{LAST_DAY - timedelta(days=60):%Y-%m-%d}"
        (home.landing / "accounts.csv").write_text(
            "account_id,handle,account_role\n007,bakes,own\n", encoding="utf-8"
        )
        (home.landing / "videos.csv").write_text(
            f"video_id,account_id,posted_at,duration_seconds\nv1,007,{posted},10\n",
            encoding="utf-8",
        )
        write_views(home, "video_views", FIRST_DAYS, 40)
        write_likes(home, "interactions", FIRST_DAYS, 10)
        assert cli.run(["refresh", "--home", str(home.root)]) == 0
        yield home


def test_a_landed_file_whose_column_has_another_type_is_not_published(
    lake: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """dbt is content with another integer; only the raw suite can see that this is not our file."""
    before = read_published(lake)
    with landed_broken(lake, 39, with_other_integers):
        assert cli.run(["refresh", "--home", str(lake.root)]) == 3
    message = capsys.readouterr().err
    assert statuses_of_dbt(lake) == {"pass", "success"}
    assert_stopped(message, "raw_columns_as_contracted")
    assert "column _source_row, found INTEGER, expected BIGINT" in message
    assert read_published(lake) == before


def test_a_landed_file_without_a_column_is_not_published(
    lake: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """dbt reads NULLs, as of a file that is older than a column; the raw suite sees it."""
    before = read_published(lake)
    with landed_broken(lake, 38, lambda table: table.drop_columns(["traffic_source"])):
        assert cli.run(["refresh", "--home", str(lake.root)]) == 3
    message = capsys.readouterr().err
    assert statuses_of_dbt(lake) == {"pass", "success"}
    assert_stopped(message, "raw_columns_as_contracted")
    assert "column traffic_source, found nothing, expected VARCHAR" in message
    assert read_published(lake) == before


def statuses_of_dbt(home: Home) -> set[str]:
    text = (transform.find_target(home) / "run_results.json").read_text(encoding="utf-8")
    # An exposure has nothing to run.
    return {result["status"] for result in json.loads(text)["results"]} - {"no-op"}


def with_other_integers(table: pa.Table) -> pa.Table:
    position = table.schema.get_field_index("_source_row")
    return table.set_column(position, "_source_row", table.column(position).cast(pa.int32()))


@contextmanager
def landed_broken(
    home: Home, per_day: int, change: Callable[[pa.Table], pa.Table]
) -> Iterator[None]:
    """Some views are delivered again; their landed file is broken as long as the block lasts."""
    write_views(home, "video_views_again", FIRST_DAYS, per_day)
    delivered = home.landing / "video_views_again.csv"
    assert cli.run(["ingest", str(delivered), "--home", str(home.root)]) == 0
    delivered.unlink()
    path = max(
        home.raw.glob("2*/video_views.*.parquet"), key=lambda path: int(path.name.split(".")[1])
    )
    whole = path.read_bytes()
    pq.write_table(change(pq.ParquetFile(path).read()), path)
    try:
        yield
    finally:
        path.write_bytes(whole)


def test_half_the_views_in_shifted_columns_are_not_published_until_accepted(
    lake: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row of it is valid, so dbt is content; only history says that it is wrong."""
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)
    before = read_published(lake)
    write_views(lake, "video_views_2", MORE_DAYS, 20, shifted=True)
    write_likes(lake, "interactions_2", MORE_DAYS, 10)
    assert cli.run(["refresh", "--home", str(lake.root)]) == 3
    message = capsys.readouterr().err
    assert_stopped(message, "columns_not_shifted")
    assert "columns person_id, traffic_source" in message
    assert read_published(lake) == before

    # What was not published is checked again, with nothing new in landing/.
    let_dbt_stand_still(monkeypatch)
    accept = ["--accept", "columns_not_shifted"]
    assert cli.run(["refresh", "--home", str(lake.root), *accept]) == 0
    shown = capsys.readouterr().out
    assert "Warning: columns_not_shifted" in shown
    assert "Warning: columns_readable_as_before" in shown
    assert "Warning: views_follow_interactions" in shown
    assert "Warning: weekly_views_within_history" in shown
    assert read_published(lake)[0] != before[0]

    # Accepted and published: the next run has nothing to complain about.
    assert cli.run(["refresh", "--home", str(lake.root)]) == 0
    assert "Warning: views_follow_interactions" not in capsys.readouterr().out


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A lake of accounts that only lifetime counters tell of, not built yet.

    On the second last day the comments of two of them fall by 12: some were deleted.
    """
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)
    home = open_home(tmp_path / "home")
    days = [f"{LAST_DAY - timedelta(days=day):%Y-%m-%d}" for day in range(11, -1, -1)]
    rising = [20 + 2 * place for place in range(12)]
    falling = [*rising[:10], rising[9] - 12, rising[9] - 10]
    accounts = {"007": ("own", falling), "008": ("competitor", falling), "009": ("own", rising)}
    files = {
        "accounts": ["account_id,handle,account_role"],
        "videos": ["video_id,account_id,posted_at"],
        "video_snapshots": ["video_id,account_id,captured_at,views,likes,comments,shares"],
    }
    for account, (role, comments) in accounts.items():
        files["accounts"].append(f"{account},h{account},{role}")
        files["videos"].append(f"v{account},{account},{days[0]}")
        files["video_snapshots"] += [
            f"v{account},{account},{day} 20:00:00,{100 * place},{10 * place},{total},{place}"
            for place, (day, total) in enumerate(zip(days, comments, strict=True), 1)
        ]
    for name, lines in files.items():
        (home.landing / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return home


# Negative numbers that no counter explains: on a day without a fall, of a measure that no counter
# has, in a window that no fall lies in, and of an account without any.
UNEXPLAINED = {
    "comment_sentiment_daily": "comments = -12 where not has_restatement",
    "daily_video_kpis": "profile_visits = -1 where has_restatement",
    "fct_video_daily": "likes = -1 where not has_restatement",
    "daily_account_kpis": "engagements_7d = -1 where kpi_date < (select min(kpi_date)"
    " from marts.daily_account_kpis where has_restatement)",
    "account_benchmarks": "kpi_value = -1 where kpi = 'views' and account_id = '009'",
    "content_performance": "compared_videos = -1",
}


def test_a_total_that_fell_is_published_and_any_other_negative_count_stops(
    counted: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["refresh", "--home", str(counted.root)]) == 0, capsys.readouterr().err
    with duckdb.connect(str(counted.published / "tiktok.duckdb"), read_only=True) as connection:
        falls = connection.execute(
            "select account_id, comments, has_restatement from marts.comment_sentiment_daily"
            " where comments < 0 order by account_id"
        ).fetchall()
    assert falls == [("007", -12, True), ("008", -12, True)]
    corrupt(
        counted,
        *(f"update marts.{mart} set {change}" for mart, change in UNEXPLAINED.items()),
    )
    found = validate.validate(counted, "run", layers=["marts"]).checks
    (check,) = (check for check in found if check.check_name == "values_in_range")
    assert check.stops
    # Three are shown, in the order of their names.
    for mart, change in sorted(UNEXPLAINED.items())[:3]:
        assert f"mart marts.{mart}, column {change.split()[0]}, smallest -1" in check.observed
    assert check.observed.endswith("; and 3 more")
