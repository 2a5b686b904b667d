"""An agency drops what its clients send into a folder for a month; a scheduler does the rest."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb

from api_files import make_account, make_day, page
from journey import block, clone_installed
from studio_files import Studio, make_bytes, write_zips
from studio_truth import Truth, make_daily_files, make_truth

FIRST = date(2026, 3, 2)
# One client sends Studio's zips every five days, the other one a payload a day, and once its zips.
BAKERY = make_truth("first.bakery", FIRST - timedelta(days=40), FIRST + timedelta(days=40), seed=11)
_KITCHEN = make_truth(
    "second.kitchen", FIRST - timedelta(days=40), FIRST + timedelta(days=40), seed=12
)
# A payload counts likes that were given, so never fewer than none.
KITCHEN = Truth(
    _KITCHEN.account,
    {
        day: {name: max(value, 0) for name, value in values.items()}
        for day, values in _KITCHEN.days.items()
    },
)
PAYLOAD_DAYS = 7


def day_of(number: int) -> date:
    """The day of that number, from 1."""
    return FIRST + timedelta(days=number - 1)


def put_zips(folder: Path, truth: Truth, number: int, labels_later: int = 0) -> list[Path]:
    """Put the zips of an export of a day into a folder, as a browser saves them."""
    studio = Studio(
        account=truth.account,
        exported_on=day_of(number),
        viewers_later=0,
        labels_later=labels_later,
    )
    files = {file.name: file for file in make_daily_files(truth, studio)}
    return write_zips(studio, folder, files)


def put_payload(folder: Path, number: int, name: str = "payload") -> Path:
    """Put what the API tells on a day into a folder: a week, of which the last day is not final."""
    metrics = []
    for back in range(PAYLOAD_DAYS):
        day = day_of(number) - timedelta(days=back)
        told, before = KITCHEN.days[day], KITCHEN.days[day - timedelta(days=1)]
        gained = told["followers"] - before["followers"]
        metrics.append(
            make_day(
                date=day.isoformat(),
                video_views=told["video_views"] // (2 if back == 0 else 1),
                unique_video_views=told["total_viewers"] // (2 if back == 0 else 1),
                profile_views=told["profile_views"],
                likes=told["likes"],
                comments=told["comments"],
                shares=told["shares"],
                followers_count=told["followers"],
                daily_total_followers=told["followers"],
                daily_new_followers=max(gained, 0),
                daily_lost_followers=max(-gained, 0),
            )
        )
    path = folder / f"{name}-{day_of(number)}.json"
    account = make_account(
        username=KITCHEN.account,
        followers_count=KITCHEN.days[day_of(number)]["followers"],
        metrics=metrics,
    )
    path.write_text(json.dumps(page(account)), encoding="utf-8")
    moment = datetime.combine(day_of(number), time(23), UTC).timestamp()
    os.utime(path, (moment, moment))
    return path


def cut(path: Path) -> None:
    """Leave the first half of a file, as a broken download does."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def put_nobodys(folder: Path) -> None:
    """Put a file into a folder that was taken out of its zip, so that nothing says whose it is."""
    studio = Studio(account=BAKERY.account, exported_on=day_of(20))
    overview = make_daily_files(BAKERY, studio)[0]
    (folder / "Overview.csv").write_bytes(make_bytes(studio, overview))


def put_again(folder: Path) -> None:
    """Put the zips of an earlier day into a folder, under the names that a browser gives them."""
    for path in put_zips(folder, BAKERY, 8):
        path.rename(path.with_name(f"{path.stem} (1).zip"))


# What came on which day, besides the kitchen's payload of the day.
SENT: dict[int, Callable[[Path], object]] = {
    3: lambda folder: put_zips(folder, BAKERY, 3),
    4: lambda folder: put_zips(folder, KITCHEN, 4),
    6: lambda folder: cut(put_zips(folder, BAKERY, 6)[0]),
    8: lambda folder: put_zips(folder, BAKERY, 8),
    9: put_again,
    10: lambda folder: put_payload(folder, 9, "again"),
    12: lambda folder: put_payload(folder, 7, "late"),
    13: lambda folder: cut(put_payload(folder, 13, "cut")),
    17: lambda folder: put_zips(folder, BAKERY, 13),
    18: lambda folder: put_zips(folder, BAKERY, 18, labels_later=1),
    20: put_nobodys,
    23: lambda folder: put_zips(folder, BAKERY, 23),
    27: lambda folder: (folder / "video_views.csv").touch(),
    28: lambda folder: put_zips(folder, BAKERY, 28),
}
WITHOUT_PAYLOAD = 7
# What the terminal has to say after the days up to this one.
TOLD = {
    5: ("Published version 000001",),
    10: (
        "Refused: 2026-03-07/",
        "Already landed: 2026-03-10/Overview_2026-02-08_1772927999_first.bakery (1).zip",
        "Already landed: 2026-03-11/again-2026-03-10.json",
        "1 day of second.kitchen (2026-03-06) changed after they were published",
        "Published version 000002",
    ),
    15: (
        "Refused: 2026-03-14/cut-2026-03-14.json",
        "1 day of second.kitchen (2026-03-11) changed after they were published",
        "Published version 000003",
    ),
    20: (
        "Refused: 2026-03-21/Overview.csv",
        "does not say whose it is",
        "The day labels of 3 Studio files of first.bakery are moved by a day",
        "Published version 000004",
    ),
    25: ("Published version 000005",),
    30: (
        "Refused: 2026-03-28/video_views.csv",
        "holds no bytes at all",
        "Published version 000006",
    ),
}
MEASURES = {
    "views": "video_views",
    "profile_visits": "profile_views",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "unique_viewers": "total_viewers",
    "followers_closing": "followers",
}


def read_days(home: Path, account: str) -> dict[date, tuple[object, ...]]:
    """The source and the measures of each day of an account that readers see."""
    with duckdb.connect(str(home / "published" / "tiktok.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            f"select kpi_date, watch_source, {', '.join(MEASURES)} from marts.daily_account_kpis"
            " inner join marts.dim_accounts using (account_id)"
            " where handle = ? and watch_source is not null",
            [account],
        ).fetchall()
    return {day: tuple(values) for day, *values in rows}


def list_truth(
    truth: Truth, source: str, first: date, last: date
) -> dict[date, tuple[object, ...]]:
    """The same as it was written, of the days of one source."""
    return {
        day: (source, *(values[name] for name in MEASURES.values()))
        for day, values in truth.days.items()
        if first <= day <= last
    }


def test_a_month_of_exports_and_payloads_with_nobody_at_the_keyboard(tmp_path: Path) -> None:
    terminal = clone_installed(tmp_path / "clone")
    home = terminal.user / "warehouses" / "clients"
    terminal.expect("source .venv/bin/activate")
    terminal.expect("export TIKTOK_WAREHOUSE_HOME=~/warehouses/clients")
    terminal.expect("tiktok-warehouse init")
    for number in range(1, 31):
        folder = home / "landing" / day_of(number).isoformat()
        folder.mkdir()
        if number != WITHOUT_PAYLOAD:
            put_payload(folder, number)
        if number in SENT:
            SENT[number](folder)
        if number in TOLD:
            told = terminal.expect("tiktok-warehouse refresh")
            assert [words for words in TOLD[number] if words not in told] == []
            assert told.count("Refused: ") == ("Refused: " in str(TOLD[number]))
            assert told.count("Kept in ") == told.count("Refused: ")
    assert not [path for path in (home / "landing").rglob("*") if path.is_file()]
    assert len(list((home / "quarantine").glob("*.reason.json"))) == 4

    # Studio's last export is of day 28, two days back, and its first one shows 28 days up to day 1.
    assert read_days(home, BAKERY.account) == list_truth(
        BAKERY, "studio", day_of(1) - timedelta(days=27), day_of(26)
    )
    # The payloads begin a week back; before them Studio's export of day 4 tells of 28 days.
    begin = day_of(1) - timedelta(days=PAYLOAD_DAYS - 1)
    expected = list_truth(
        KITCHEN, "studio", day_of(2) - timedelta(days=27), begin - timedelta(days=1)
    ) | list_truth(KITCHEN, "accounts_api", begin, day_of(30))
    today = KITCHEN.days[day_of(30)] | {
        name: KITCHEN.days[day_of(30)][name] // 2 for name in ("video_views", "total_viewers")
    }
    expected[day_of(30)] = ("accounts_api", *(today[name] for name in MEASURES.values()))
    assert read_days(home, KITCHEN.account) == expected


PLAYS = """\
user_id\tvideo_id\ttime_ms\tduration_ms\tplay_time_ms\tlabel\tis_comment\tis_forward
u1\tv1\t1771491600000\t10000\t9950\t1\t0\t0
u2\tv1\t1771495200000\t10000\t2500\t0\t1\t1
u1\tv2\t1771578000000\t20000\t0\t0\t0\t0
u3\tv2\t1771581600000\t20000\t20000\t1\t0\t0
"""


def test_a_client_whose_log_has_another_shape(tmp_path: Path) -> None:
    terminal = clone_installed(tmp_path / "clone")
    terminal.expect("source .venv/bin/activate")
    (terminal.folder / "short_video_events.tsv").write_text(PLAYS, encoding="utf-8")
    told = terminal.expect(block("docs/mapping-files.md", "short_video_events.tsv"))
    assert "Published version 000001" in told
    home = terminal.user / "warehouses" / "kuairand"
    with duckdb.connect(str(home / "published" / "tiktok.duckdb"), read_only=True) as connection:
        days = connection.execute(
            "select kpi_date, impressions, views, total_watch_seconds::double, likes, comments,"
            " shares, completed_views from marts.daily_account_kpis order by kpi_date"
        ).fetchall()
    assert days == [
        (date(2026, 2, 19), 2, 2, 12.45, 1, 1, 1, 1),
        (date(2026, 2, 20), 2, 1, 20.0, 1, 0, 0, 1),
    ]
