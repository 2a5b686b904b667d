"""Dates of TikTok Studio files: a day and a month's name in any language, and no year.

``March 5``, ``5 de marzo``, ``25 Φεβρουαρίου``, ``18 tháng Sáu``, ``3月5日``. Month names come from
CLDR by way of Babel, in full and abbreviated, as they stand in a date and alone. One name may mean
two months (``listopada`` is October in Croatian and November in Polish), so labels are never read
one by one: a reading is one language in which all labels of a file are days that follow each other.
The year comes from outside: the last label is a day not after the export, and every row before it
is one day earlier.
"""

from __future__ import annotations

import pickle
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from tiktok_warehouse.errors import RefusedFile

# Languages of TikTok's interface. Their month names load in a third of the time of all of them,
# and a file that they read is asked of no other language.
_INTERFACE = (
    "en ar bg bn ca ceb cs da de el es et fi fil fr gu he hi hr hu id is it ja jv kk km kn ko lt"
    " lv ml mr ms my nl no pa pl pt ro ru sk sl sr sr_Latn sv sw ta te th tr uk ur uz vi zh"
    " zh_Hant zu"
)
INTERFACE_LANGUAGES = tuple(_INTERFACE.split())

# Seen in real files and no longer in CLDR, which numbers the Vietnamese months.
_MORE_NAMES = {
    "vi": (
        "tháng Một|tháng Giêng",
        "tháng Hai",
        "tháng Ba",
        "tháng Tư",
        "tháng Năm",
        "tháng Sáu",
        "tháng Bảy",
        "tháng Tám",
        "tháng Chín",
        "tháng Mười",
        "tháng Mười Một",
        "tháng Mười Hai|tháng Chạp",
    )
}
# What languages write around the day and the month, as CLDR's patterns for a day of a month show:
# words of their own, and what is written together with the month's name.
_WORDS_IN_WORDS = (
    "de do del di da d ne ta of the st nd rd th er o a e lia mh ngày วันที่ ที่ 일 日 號 号 ꑍ"
)
_AFFIXES_IN_WORDS = "ren ын ב ܒ ی འི ཚེས ཚེ སྤྱི 일 日 號 号 ꑍ ที่"
_YEAR_PARTICLES = re.compile(r"\s*(?:年|년|[\u0433\u0440]\b\.?|m\.)?")

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}.*)?", re.ASCII)
_TWO_NUMBERS = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2,4}", re.ASCII)
_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d{2}(?!\d)", re.ASCII)
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)", re.ASCII)
# Longer than any date; a label is a cell of a file of unknown origin.
_MAX_LABEL = 80
# "the 1st of" has the most.
_MAX_PARTICLES = 3

_MONTH_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ONE_DAY = timedelta(days=1)
# TikTok schedules posts up to a month ahead.
_LONGEST_SCHEDULE = timedelta(days=31)
# 29 February comes back after eight years at the latest (1896 to 1904, 2096 to 2104).
_YEARS_BACK = 8

MonthDay = tuple[int, int]
# name without spaces and dots -> language -> month
_Names = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Reading:
    """One way to read all labels of a file.

    Attributes:
        languages: codes of the languages that read them so; empty for dates in digits alone.
        days: (month, day) of each label.
        dates: the dates themselves where the labels carry a year, else None.
    """

    languages: tuple[str, ...]
    days: tuple[MonthDay, ...]
    dates: tuple[date, ...] | None = None


def read_labels(labels: Sequence[str]) -> tuple[Reading, ...]:
    """Every way in which labels of days are days that follow each other.

    Args:
        labels: one a day, in the file's order; at least one.

    Returns:
        The readings that differ, at least one.

    Raises:
        RefusedFile: a label is no day and month, there is no one language for all of them, or
            they skip or repeat a day. The message begins with the problem, to follow a file's
            name, and counts labels from 1 as rows.
    """
    if dated := _read_dated(labels):
        return dated
    whole = _read_whole(labels, _interface_names()) or _read_whole(labels, _all_names())
    if not whole:
        _refuse_unread(labels)
    consecutive = {days: codes for days, codes in whole.items() if _find_break(days) is None}
    if not consecutive:
        _refuse_break(max(whole, key=lambda days: _find_break(days) or 0))
    return tuple(Reading(tuple(sorted(codes)), days) for days, codes in consecutive.items())


def read_day_of_post(
    label: str, languages: Sequence[str], *, uploaded: date, latest: date
) -> date | None:
    """The day on which a video was posted, of a label that has no year or a wrong one.

    Args:
        label: a day and a month's name, with or without a year, or a date in digits.
        languages: those of the file, where they are known.
        uploaded: when the video was uploaded; a post may be scheduled for some weeks later.
        latest: no post of the file is later.

    Returns:
        The first such day from the upload on (or the one before it, by another zone's clock);
        None where the label is no day, means two, or lies nowhere there.
    """
    dated = _split_year(label)
    text = label if dated is None else dated[1]
    if isinstance(text, str):
        found = _read_label(text, _interface_names()) or _read_label(text, _all_names())
        days = {day for code, day in found.items() if code in languages} or set(found.values())
    else:
        days = {text}
    if len(days) != 1:
        return None
    (only,) = days
    years = range(uploaded.year - 1, uploaded.year + 2) if dated is None else (dated[0],)
    possible = (_make_date(year, only) for year in years)
    last = min(latest, uploaded + _LONGEST_SCHEDULE)
    return next((day for day in possible if day and uploaded - _ONE_DAY <= day <= last), None)


def is_month_name(word: str) -> bool:
    """Whether a word is a month's name, or short for it, in any language."""
    name = _squeeze(_plain(word))
    return name in _interface_names() or name in _all_names()


def anchor(days: Sequence[MonthDay], latest: date) -> list[date]:
    """Give days that follow each other their years.

    Args:
        days: (month, day) of each row, the last one latest.
        latest: the last date that the last row may have, such as the day of the export.

    Returns:
        As many dates, each one day after the one before. The last is the latest date of its month
        and day, not after ``latest``, from which all rows walk back onto their own month and day:
        so a 29 February, or its absence, finds its year.

    Raises:
        RefusedFile: a day is missing or comes twice, or no year of the last eight fits.
    """
    if not days:
        return []
    if (at := _find_break(days)) is not None:
        _refuse_break(days, at)
    for year in range(latest.year, latest.year - _YEARS_BACK - 1, -1):
        last = _make_date(year, days[-1])
        if last is None or last > latest:
            continue
        dates = [last - _ONE_DAY * back for back in range(len(days) - 1, -1, -1)]
        if all((day.month, day.day) == md for day, md in zip(dates, days, strict=True)):
            return dates
    raise RefusedFile(
        f"has days that fit no year up to {latest.isoformat()}: around the end of February a day is"
        " missing or there is one too many. Export it again."
    )


def _make_date(year: int, day: MonthDay) -> date | None:
    try:
        return date(year, *day)
    except ValueError:
        return None


def _find_break(days: Sequence[MonthDay]) -> int | None:
    """The first position whose day does not follow the one before, in any year; None if none."""
    for at in range(1, len(days)):
        if days[at] not in _followers(days[at - 1]):
            return at
    return None


@lru_cache(maxsize=512)
def _followers(day: MonthDay) -> tuple[MonthDay, ...]:
    month, number = day
    if day == (2, 28):
        return (2, 29), (3, 1)
    if number < _MONTH_DAYS[month - 1]:
        return ((month, number + 1),)
    return ((month % 12 + 1, 1),)


def _refuse_break(days: Sequence[MonthDay], at: int | None = None) -> None:
    where = _find_break(days) if at is None else at
    assert where is not None
    why = " Without a year, rows can be dated only where each is one day after the row before."
    _refuse_row(where, is_same=days[where] == days[where - 1], why=why)


def _refuse_row(where: int, *, is_same: bool, why: str = "") -> None:
    raise RefusedFile(
        f"has no day of its own in row {where + 1}: it"
        f" {'repeats the day' if is_same else 'is not the day after that'} of row {where}.{why}"
        " Export the file again, and do not sort or shorten it."
    )


def _refuse_unread(labels: Sequence[str]) -> None:
    for row, label in enumerate(labels, 1):
        if _TWO_NUMBERS.fullmatch(label.strip()):
            raise RefusedFile(
                f"has a date in row {row} ({label.strip()}) whose day and month cannot be told"
                " apart, as spreadsheets write it. Offer the file as it was downloaded, or write"
                " its dates as YYYY-MM-DD."
            )
        if not _read_label(label, _all_names()):
            raise RefusedFile(
                f"has no date in row {row} that can be read: a day and a month's name are expected,"
                " in any one language, or YYYY-MM-DD. Set the language of TikTok Studio to English"
                " and export the file again."
            )
    raise RefusedFile(
        "has month names that belong to no one language. Set the language of TikTok Studio to"
        " English and export the file again."
    )


# --- labels ----------------------------------------------------------------------------------


def _read_dated(labels: Sequence[str]) -> tuple[Reading, ...]:
    """The readings of labels that all carry a year; none if not all of them do."""
    split = [_split_year(label) for label in labels]
    if any(parts is None for parts in split):
        return ()
    years = [year for year, _ in filter(None, split)]
    rests = [rest for _, rest in filter(None, split)]
    whole: dict[tuple[MonthDay, ...], set[str]]
    if all(isinstance(rest, tuple) for rest in rests):
        whole = {tuple(rest for rest in rests if isinstance(rest, tuple)): set()}
    else:
        texts = [rest if isinstance(rest, str) else "" for rest in rests]
        whole = _read_whole(texts, _interface_names()) or _read_whole(texts, _all_names())
    readings = []
    for days, codes in whole.items():
        dates = [_make_date(year, day) for year, day in zip(years, days, strict=True)]
        known = tuple(day for day in dates if day is not None)
        if len(known) == len(dates):
            readings.append(Reading(tuple(sorted(codes)), days, known))
    following = [reading for reading in readings if _find_dated_break(reading) is None]
    if readings and not following:
        _refuse_dated_break(max(readings, key=lambda reading: _find_dated_break(reading) or 0))
    return tuple(following)


def _find_dated_break(reading: Reading) -> int | None:
    """The first position whose date is not one day after the one before; None if none."""
    dates = reading.dates or ()
    gaps = (at for at in range(1, len(dates)) if dates[at] - dates[at - 1] != _ONE_DAY)
    return next(gaps, None)


def _refuse_dated_break(reading: Reading) -> None:
    where = _find_dated_break(reading)
    assert where is not None
    assert reading.dates is not None
    _refuse_row(where, is_same=reading.dates[where] == reading.dates[where - 1])


@lru_cache(maxsize=4096)
def _split_year(label: str) -> tuple[int, str | MonthDay] | None:
    """A label's year and its rest: (month, day) of an ISO date, else the text; None if no year."""
    text = _plain(label)
    if iso := _ISO_DATE.fullmatch(text):
        year, month, day = (int(digits) for digits in iso.groups())
        return (year, (month, day)) if _make_date(year, (month, day)) else None
    found = list(_YEAR.finditer(text))
    if len(found) != 1:
        return None
    after = _YEAR_PARTICLES.sub("", text[found[0].end() :], count=1)
    return int(found[0].group()), f"{text[: found[0].start()]} {after}".strip()


def _read_whole(labels: Sequence[str], names: _Names) -> dict[tuple[MonthDay, ...], set[str]]:
    """The different readings of all labels, each with the languages that read them so."""
    by_label = [_read_label(label, names) for label in labels]
    languages = set(by_label[0]) if by_label else set()
    for reading in by_label:
        languages &= reading.keys()
    whole: dict[tuple[MonthDay, ...], set[str]] = {}
    for code in languages:
        whole.setdefault(tuple(reading[code] for reading in by_label), set()).add(code)
    return whole


def _read_label(label: str, names: _Names) -> dict[str, MonthDay]:
    """The day that a label names, by language; empty if it is no day and month."""
    text = _plain(label)
    if len(text) > _MAX_LABEL:
        return {}
    found: dict[str, MonthDay] = {}
    for match in _DAY.finditer(text):
        day = int(match.group())
        for name in _month_parts(text[: match.start()], text[match.end() :]):
            for code, month in names.get(name, {}).items():
                if 1 <= day <= _MONTH_DAYS[month - 1]:
                    found.setdefault(code, (month, day))
    return found


def _month_parts(before: str, after: str) -> Iterator[str]:
    """What may be the month's name, with and without the particles around it."""
    left, right = _split(before), _split(after)
    words, affixes = _particles()
    for name, rest in ((left, right), (right, left)):
        if not all(word in words for word in rest):
            continue
        heads = next((at for at, word in enumerate(name) if word not in words), len(name))
        tails = next((at for at, word in enumerate(name[::-1]) if word not in words), len(name))
        for head in range(min(heads, _MAX_PARTICLES) + 1):
            for tail in range(min(tails, _MAX_PARTICLES) + 1):
                if part := "".join(name[head : len(name) - tail]):
                    yield part
                    yield from (part.removeprefix(a) for a in affixes if part.startswith(a))
                    yield from (part.removesuffix(a) for a in affixes if part.endswith(a))


@lru_cache(maxsize=1)
def _particles() -> tuple[frozenset[str], frozenset[str]]:
    words = frozenset(_squeeze(_plain(word)) for word in _WORDS_IN_WORDS.split())
    return words, frozenset(_squeeze(_plain(affix)) for affix in _AFFIXES_IN_WORDS.split())


@lru_cache(maxsize=8192)
def _plain(text: str) -> str:
    """A text in small letters without accents of Latin, Greek or Cyrillic letters and without
    invisible marks, its digits 0 to 9, its spaces plain.
    """
    # Compatibility forms first: no-break spaces and full-width digits become plain ones.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = []
    for character in folded:
        # Right-to-left marks and joiners are Cf; U+0300 to U+036F are the accents.
        if "\u0300" <= character <= "\u036f" or unicodedata.category(character) == "Cf":
            continue
        digit = unicodedata.decimal(character, None)
        # A Turkish capital I may mean the dotted letter or the one without.
        letters.append(
            str(digit) if digit is not None else "i" if character == "\u0131" else character
        )
    return " ".join(unicodedata.normalize("NFC", "".join(letters)).split())


def _split(text: str) -> list[str]:
    """The words of a plain text: what spaces and punctuation separate."""
    kept = (c if unicodedata.category(c)[0] in ("L", "M", "N") else " " for c in text)
    return "".join(kept).split()


def _squeeze(text: str) -> str:
    """A plain text without spaces and punctuation: what is left to compare."""
    return "".join(_split(text))


# --- month names -----------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _interface_names() -> _Names:
    return _load_names(INTERFACE_LANGUAGES)


@lru_cache(maxsize=1)
def _all_names() -> _Names:
    from babel import localedata

    # Without territories: no month is called otherwise across a border of one language.
    codes = [
        code
        for code in localedata.locale_identifiers()
        if code != "root" and all(len(part) == 4 for part in code.split("_")[1:])
    ]
    return _load_names(sorted(codes))


def _load_names(codes: Sequence[str]) -> _Names:
    names: dict[str, dict[str, int]] = {}
    for code in codes:
        own: dict[str, set[int]] = {}
        for month, name in _month_names(code):
            key = _squeeze(_plain(name))
            # Where CLDR has no name it has a number, which cannot be told from a day.
            if key and not key.isdigit():
                own.setdefault(key, set()).add(month)
        for month, spelled in enumerate(_MORE_NAMES.get(code, ()), 1):
            for name in spelled.split("|"):
                own.setdefault(_squeeze(_plain(name)), set()).add(month)
        for key, months in own.items():
            # A name of two months within one language tells nothing.
            if len(months) == 1:
                names.setdefault(key, {})[code] = months.pop()
    return names


def _month_names(code: str) -> Iterator[tuple[int, str]]:
    """(month, name) of a language's own names, from Babel's file of that language alone.

    Babel's own look-up writes what it resolves into data that languages share: after Hebrew was
    asked for, every language without a name of its own had the Hebrew one.
    """
    # Not at the top: every command would pay for Babel, and few read a Studio file.
    from babel import localedata

    with Path(localedata.resolve_locale_filename(code)).open("rb") as file:
        data = pickle.load(file)  # noqa: S301 - shipped with Babel, which reads it in this way
    months = data.get("months", {})
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            own = months.get(context, {})
            own = own.get(width) if isinstance(own, dict) else None
            if isinstance(own, dict):
                yield from ((month, str(name)) for month, name in own.items())
