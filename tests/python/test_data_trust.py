"""Data that is broken on its way in changes the verdict that readers of the published file see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from tiktok_warehouse import cli, offers
from tiktok_warehouse.home import Home, open_home
from tiktok_warehouse.people import SECRET_VARIABLE

# Old enough for every day to be settled.
LAST_DAY = datetime.now(UTC).date() - timedelta(days=4)
FIRST_DAYS = [LAST_DAY - timedelta(days=ago) for ago in range(59, 24, -1)]
MORE_DAYS = [LAST_DAY - timedelta(days=ago) for ago in range(24, -1, -1)]
VIEWS, LIKES = 40, 10
# Likes stop five days before the end. The first whole week before that has few views and likes.
SILENT_DAYS = MORE_DAYS[-5:]
THIN_WEEK = next(
    [day + timedelta(days=n) for n in range(7)] for day in MORE_DAYS if day.weekday() == 0
)
# Two of this day's forty views cannot be read.
SPOILT_DAY = next(day for day in MORE_DAYS if day not in (*THIN_WEEK, *SILENT_DAYS))

VIEWS_HEADER = "view_id,viewed_at,video_id,person_id,watch_seconds"
LIKES_HEADER = "interaction_id,interacted_at,video_id,person_id,interaction_type"

Verdict = tuple[str, str]


def write_lines(home: Home, name: str, lines: Iterable[str]) -> None:
    (home.landing / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_views(home: Home, name: str, days: Iterable[date]) -> None:
    lines = [VIEWS_HEADER]
    for day in days:
        for number in range(18 if day in THIN_WEEK else VIEWS):
            seconds = "1e3" if day == SPOILT_DAY and number < 2 else str(2 + number % 7)
            moment = f"{day} 12:{number:02d}:00"
            lines.append(f"w{day}-{number},{moment},v1,p{number},{seconds}")
    write_lines(home, name, lines)


def write_likes(home: Home, name: str, days: Iterable[date]) -> None:
    lines = [LIKES_HEADER]
    for day in days:
        for number in range(3 if day in THIN_WEEK else LIKES):
            lines.append(f"i{day}-{number},{day} 12:{number:02d}:00,v1,p{number},like")
    write_lines(home, name, lines)


def read_verdicts(home: Home) -> dict[date, Verdict]:
    """Verdict and its reason, by day, of the account's event log as published."""
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select event_date, verdict, verdict_reason from quality.data_trust"
            " where account_id = '007' and source = 'event_log'"
        ).fetchall()
    return {day: (verdict, reason) for day, verdict, reason in rows}


def read_findings(home: Home) -> tuple[list[str], list[tuple[object, ...]]]:
    """Checks of the last run that failed, and everything that is held against the data."""
    with duckdb.connect(str(home.published / "tiktok.duckdb"), read_only=True) as connection:
        failed = connection.execute(
            "select check_name from quality.check_results where not passed and run_id ="
            " (select max_by(run_id, checked_at) from quality.check_results)"
        ).fetchall()
        findings = connection.execute(
            "select name, account_id, first_date, last_date from quality.check_findings"
        ).fetchall()
    return [name for (name,) in failed], sorted(findings, key=str)


def refresh(home: Home) -> None:
    assert cli.run(["refresh", "--home", str(home.root)]) == 0


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, dict[str, Any]]]:
    """Versions of a home, and what each said: sound, broken, a row later, and another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SECRET_VARIABLE, raising=False)
        patch.setattr(offers, "SETTLE_SECONDS", 0.0)
        home = open_home(tmp_path_factory.mktemp("trust"))
        (home.landing / "accounts.csv").write_text(
            "account_id,handle,account_role\n007,bakes,own\n", encoding="utf-8"
        )
        (home.landing / "videos.csv").write_text(
            f"video_id,account_id,posted_at,duration_seconds\nv1,007,{FIRST_DAYS[0]},10\n",
            encoding="utf-8",
        )
        said: dict[str, Any] = {}
        write_views(home, "video_views", FIRST_DAYS)
        write_likes(home, "interactions", FIRST_DAYS)
        refresh(home)
        said["sound"] = read_verdicts(home)
        write_views(home, "video_views_2", MORE_DAYS)
        write_likes(home, "interactions_2", (d for d in MORE_DAYS if d not in SILENT_DAYS))
        refresh(home)
        said["broken"] = read_verdicts(home)
        lines = [VIEWS_HEADER, f"late,{LAST_DAY} 18:00:00,v1,p1,5"]
        write_lines(home, "video_views_3", lines)
        refresh(home)
        said["later"] = read_verdicts(home)
        said["later_findings"] = read_findings(home)
        lines = [LIKES_HEADER, f"late,{THIN_WEEK[-1]} 18:00:00,v1,p1,like"]
        write_lines(home, "interactions_3", lines)
        refresh(home)
        said["touched"] = read_verdicts(home)
        said["touched_findings"] = read_findings(home)
        yield home, said


def test_sound_days_are_trusted(published: tuple[Home, dict[str, Any]]) -> None:
    _, said = published
    assert said["sound"] == dict.fromkeys(
        FIRST_DAYS, ("trusted", "Fresh, complete and settled; every check passed.")
    )


def test_each_thing_that_broke_is_the_reason_on_its_own_days_and_nowhere_else(
    published: tuple[Home, dict[str, Any]],
) -> None:
    _, said = published
    expected = dict.fromkeys(
        [*FIRST_DAYS, *MORE_DAYS],
        ("trusted", "Fresh, complete and settled; every check passed."),
    )
    last_like = SILENT_DAYS[0] - timedelta(days=1)
    expected |= dict.fromkeys(SILENT_DAYS, ("incomplete", f"No interactions since {last_like}."))
    expected |= dict.fromkeys(
        THIN_WEEK, ("doubtful", "A check failed: weekly_views_within_history.")
    )
    expected[SPOILT_DAY] = ("doubtful", "5.0 % of the rows of video_views were rejected.")
    assert said["broken"] == expected


def test_what_a_check_found_holds_until_what_it_is_about_has_changed(
    published: tuple[Home, dict[str, Any]],
) -> None:
    """The third run's checks look at what came in since the second, and all of them pass."""
    _, said = published
    weekly = ("weekly_views_within_history", "007", THIN_WEEK[0], THIN_WEEK[-1])
    # The likes that came last are nine days older than their file.
    stale = ("events_fresh", None, SILENT_DAYS[0], None)
    assert said["later_findings"] == ([], [stale, weekly])
    assert said["later"] == said["broken"]


def test_a_week_is_judged_as_a_whole_when_a_day_of_it_has_changed(
    published: tuple[Home, dict[str, Any]],
) -> None:
    """A late like changes the last day of the week that has too few views, and no view."""
    _, said = published
    weekly = ("weekly_views_within_history", "007", THIN_WEEK[0], THIN_WEEK[-1])
    failed, findings = said["touched_findings"]
    assert "weekly_views_within_history" in failed
    assert weekly in findings
    assert {day: said["touched"][day] for day in THIN_WEEK} == dict.fromkeys(
        THIN_WEEK, ("doubtful", "A check failed: weekly_views_within_history.")
    )
