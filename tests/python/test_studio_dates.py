"""Day labels without a year: every language, every way to write them, and the year they get."""

from __future__ import annotations

import subprocess
import sys
import time
import unicodedata
from datetime import date, timedelta
from typing import Literal

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_files import make_label
from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources import studio_dates
from tiktok_warehouse.sources.studio_dates import (
    INTERFACE_LANGUAGES,
    anchor,
    read_labels,
)

YEAR = [date(2024, 1, 1) + timedelta(days=at) for at in range(366)]


@pytest.mark.parametrize(
    ("label", "language", "day"),
    [
        ("September 1", "en", (9, 1)),
        ("Sep 1", "en", (9, 1)),
        ("1-Sep", "en", (9, 1)),
        ("sep. 1st", "en", (9, 1)),
        ("the 4th of July", "en", (7, 4)),
        ("8 de marzo", "es", (3, 8)),
        ("8\u00a0DE\u202fMARZO", "es", (3, 8)),
        ("8 mar", "es", (3, 8)),
        ("1º de março", "pt", (3, 1)),
        ("1º de mar.", "pt", (3, 1)),
        ("25 Φεβρουαρίου", "el", (2, 25)),
        ("25 ΦΕΒΡΟΥΑΡΙΟΥ", "el", (2, 25)),
        ("Φεβρουάριος 25", "el", (2, 25)),
        ("18 tháng Sáu", "vi", (6, 18)),
        ("18 tháng 6", "vi", (6, 18)),
        ("ngày 18 Tháng 6", "vi", (6, 18)),
        ("12 tháng mười hai", "vi", (12, 12)),
        ("1. září", "cs", (9, 1)),
        ("1. září".upper(), "cs", (9, 1)),
        ("1. März", "de", (3, 1)),
        ("1er février", "fr", (2, 1)),
        ("6 Haziran", "tr", (6, 6)),
        ("6 HAZİRAN", "tr", (6, 6)),
        ("6 KASIM", "tr", (11, 6)),
        ("3月5日", "ja", (3, 5)),
        ("３月５日", "ja", (3, 5)),
        ("12月12日", "zh", (12, 12)),
        ("十二月 12", "zh", (12, 12)),
        ("3월 5일", "ko", (3, 5)),
        ("\u0665 مارس", "ar", (3, 5)),
        ("\u200f5\u00a0במרץ\u200f", "he", (3, 5)),
        ("५ मार्च", "hi", (3, 5)),
        ("5 ม.ค.", "th", (1, 5)),
        ("5 января", "ru", (1, 5)),
        ("5 янв.", "ru", (1, 5)),
        ("kovo 5 d.", "lt", (3, 5)),
        ("július 5.", "hu", (7, 5)),
        ("5 d\u2019abril", "ca", (4, 5)),
        ("5 Machi", "sw", (3, 5)),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_one_label(
    label: str, language: str, day: tuple[int, int], form: Literal["NFC", "NFD"]
) -> None:
    written = unicodedata.normalize(form, label)
    (found,) = [reading for reading in read_labels([written]) if language in reading.languages]
    assert found.days == (day,)
    assert found.dates is None


@pytest.mark.parametrize("language", INTERFACE_LANGUAGES)
def test_a_leap_year_of_every_interface_language(language: str) -> None:
    readings = read_labels([make_label(day, language) for day in YEAR])
    assert len(readings) == 1
    assert language in readings[0].languages
    assert readings[0].days == tuple((day.month, day.day) for day in YEAR)
    assert anchor(readings[0].days, date(2026, 2, 1)) == YEAR


@pytest.mark.parametrize("language", ["eu", "sq", "af", "lb", "mn", "cy", "ga", "hy", "ka", "yo"])
def test_a_year_of_other_languages(language: str) -> None:
    readings = read_labels([make_label(day, language) for day in YEAR])
    assert [reading.days for reading in readings] == [tuple((d.month, d.day) for d in YEAR)]
    assert language in readings[0].languages


def test_what_babel_resolved_before_does_not_matter() -> None:
    for code in ("he", "en", "fr"):
        months = Locale.parse(code).months
        assert [dict(months[at][how]) for at in months for how in ("wide", "abbreviated")]
    studio_dates._all_names.cache_clear()
    assert set(studio_dates._all_names()["מרץ"]) == {"he"}


def test_a_name_of_two_months_in_one_language_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio_dates, "_MORE_NAMES", {"en": ("twice", "twice", "once")})
    names = studio_dates._load_names(["en"])
    assert (names.get("twice"), names["once"]) == (None, {"en": 3})


def test_importing_the_module_does_not_load_babel() -> None:
    code = (
        "import sys, tiktok_warehouse.sources.studio as s;"
        "print('babel' in sys.modules, 'openpyxl' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_all_names_load_in_a_moment() -> None:
    studio_dates._all_names.cache_clear()
    started = time.perf_counter()
    assert len({code for codes in studio_dates._all_names().values() for code in codes}) > 250
    assert time.perf_counter() - started < 5


def test_a_name_of_two_months_gives_both_readings() -> None:
    readings = read_labels([f"{day} listopada" for day in range(3, 9)])
    assert {reading.languages: reading.days[0] for reading in readings} == {
        ("hr",): (10, 3),
        ("pl",): (11, 3),
    }
    # The rows around it settle it.
    (croatian,) = read_labels(["31. listopada", "1. studenoga"])
    assert (croatian.languages, croatian.days) == (("hr",), ((10, 31), (11, 1)))
    (polish,) = read_labels(["31 października", "1 listopada"])
    assert (polish.languages, polish.days) == (("pl",), ((10, 31), (11, 1)))


@pytest.mark.parametrize(
    ("labels", "dates"),
    [
        (["2026-03-05", "2026-03-06"], [date(2026, 3, 5), date(2026, 3, 6)]),
        (["2026/3/5"], [date(2026, 3, 5)]),
        (["\u200e2026-03-05\u200e"], [date(2026, 3, 5)]),
        (["2026-03-05 00:00:00"], [date(2026, 3, 5)]),
        (["5 de março de 2026"], [date(2026, 3, 5)]),
        (["March 5, 2026"], [date(2026, 3, 5)]),
        (["2026年3月5日"], [date(2026, 3, 5)]),
        (["2024-02-29", "2024-03-01"], [date(2024, 2, 29), date(2024, 3, 1)]),
    ],
)
def test_labels_with_a_year_are_taken_as_they_are(labels: list[str], dates: list[date]) -> None:
    readings = read_labels(labels)
    assert [list(reading.dates or ()) for reading in readings] == [dates]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["seven"], "no date in row 1"),
        (["March 5", ""], "no date in row 2"),
        (["March 32"], "no date in row 1"),
        (["February 30"], "no date in row 1"),
        (["March 0"], "no date in row 1"),
        (["5 5"], "no date in row 1"),
        (["March"], "no date in row 1"),
        (["2026-02-30"], "no date in row 1"),
        (["March 5" * 1000], "no date in row 1"),
        (["5 " + "de " * 25 + "marzo"], "no date in row 1"),
        (["March 5", "6 de junio"], "no one language"),
        (["March 5", "2026-03-06"], "row 2"),
        (["March 5", "March 7"], "row 2: it is not the day after that of row 1"),
        (["March 6", "March 5"], "row 2: it is not the day after that of row 1"),
        (["March 5", "March 6", "March 6"], "row 3: it repeats the day of row 2"),
        (["2026-03-05", "2026-03-05"], "row 2: it repeats the day of row 1"),
        (
            ["2026-03-05", "2026-03-06", "2026-03-08"],
            "row 3: it is not the day after that of row 2",
        ),
        (["2026-03-06", "2026-03-05"], "row 2: it is not the day after that of row 1"),
        (["2024-02-28", "2025-03-01"], "row 2: it is not the day after that of row 1"),
        (["March 5, 2026", "March 7, 2026"], "row 2: it is not the day after that of row 1"),
    ],
)
def test_what_is_no_row_of_days_is_refused(labels: list[str], words: str) -> None:
    with pytest.raises(RefusedFile) as caught:
        read_labels(labels)
    assert words in str(caught.value)
    assert "junio" not in str(caught.value)


# --- years -----------------------------------------------------------------------------------


def days_of(first: date, count: int) -> list[tuple[int, int]]:
    days = [first + timedelta(days=at) for at in range(count)]
    return [(day.month, day.day) for day in days]


def test_the_last_row_is_not_after_the_latest_day() -> None:
    days = days_of(date(2025, 12, 30), 4)
    assert anchor(days, date(2026, 1, 2))[0] == date(2025, 12, 30)
    assert anchor(days, date(2026, 1, 1))[-1] == date(2025, 1, 2)
    assert anchor([], date(2026, 1, 1)) == []


@pytest.mark.parametrize("count", [365, 366])
def test_a_whole_year_begins_and_ends_near_one_day(count: int) -> None:
    for last in (date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2025, 2, 28)):
        dates = [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
        days = [(day.month, day.day) for day in dates]
        assert anchor(days, last + timedelta(days=2)) == dates


def test_a_leap_day_or_its_absence_finds_its_year() -> None:
    with_it = [(2, 28), (2, 29), (3, 1)]
    without = [(2, 28), (3, 1)]
    assert anchor(with_it, date(2026, 3, 5))[-1] == date(2024, 3, 1)
    assert anchor(without, date(2024, 3, 5))[-1] == date(2023, 3, 1)
    assert anchor([(2, 29)], date(2023, 6, 1)) == [date(2020, 2, 29)]
    assert anchor([(2, 29)], date(1904, 2, 28)) == [date(1896, 2, 29)]
    with pytest.raises(RefusedFile, match="no year"):
        anchor([*with_it, *days_of(date(2023, 3, 2), 364), (2, 29)], date(2026, 3, 5))


@pytest.mark.parametrize("days", [[(3, 1), (3, 3)], [(3, 1), (3, 1)], [(2, 27), (3, 1)]])
def test_a_gap_or_a_day_twice_is_refused(days: list[tuple[int, int]]) -> None:
    with pytest.raises(RefusedFile, match="row 2"):
        anchor(days, date(2026, 5, 5))


@settings(max_examples=100, deadline=None)
@given(
    last=st.dates(date(2017, 1, 1), date(2030, 1, 1)),
    count=st.integers(1, 800),
    later=st.integers(0, 364),
)
def test_days_find_their_own_dates(last: date, count: int, later: int) -> None:
    dates = [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
    latest = last + timedelta(days=later)
    assert anchor([(day.month, day.day) for day in dates], latest) == dates


@settings(max_examples=100, deadline=None)
@given(labels=st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_any_text_is_read_or_refused(labels: list[str]) -> None:
    try:
        readings = read_labels(labels)
    except RefusedFile:
        return
    assert all(len(reading.days) == len(labels) for reading in readings)
