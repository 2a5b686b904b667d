"""Values of TikTok Studio files as the text that the raw contract wants, or why they are none.

Every function gives (text or None, what is wrong or None). Of a value that is wrong only what looks
like a number is shown (see ``show_value``).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from tiktok_warehouse.sources.text_values import show_value

Value = tuple[str | None, str | None]

UNDEFINED = "undefined"

_PLAIN = re.compile(r"[+-]?\d{1,18}", re.ASCII)
# Thousands that can be nothing else: two groups or more of one mark, Indian groups included, or
# marks that no language writes before decimals. One comma or point may be a decimal mark.
_GROUPED = re.compile(
    r"[+-]?\d{1,3}(?:(?:,\d{3}){2,5}|(?:\.\d{3}){2,5}|(?:[ '\u2019]\d{3}){1,5}"
    r"|(?:,\d{2}){1,6},\d{3})",
    re.ASCII,
)
# What could be either; a spreadsheet writes both.
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}([.,])\d{3}", re.ASCII)
_POST_TIME = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII
)
_FRACTION = re.compile(r"(\d{1,18}(?:[.,]\d{1,30})?)(?:e(-?\d{1,2}))? ?(%?)", re.ASCII)
_VIDEO_ID = re.compile(r"/(?:video|photo|v)/(\d{1,25})(?!\d)", re.ASCII)
_DIGITS = re.compile(r"\d{15,19}", re.ASCII)
_SIGNS = {"\u2212": "-", "\uff05": "%", "\u066a": "%", "\u066b": ",", "\u066c": ","}
_FIRST_POST = date(2014, 1, 1)


def is_undefined(text: str) -> bool:
    """Whether Studio says that it does not know the numbers of a row."""
    return text.strip().casefold() == UNDEFINED


def _simple(text: str) -> str:
    """A text with digits 0 to 9, plain spaces and signs, and without invisible marks."""
    # No compatibility forms: a raised two is no two.
    letters = []
    for character in text.strip():
        category = unicodedata.category(character)
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            letters.append(str(digit))
        elif category != "Cf":
            letters.append(" " if category == "Zs" else _SIGNS.get(character, character))
    return "".join(letters)


def read_count(text: str) -> Value:
    """A whole number as digits. Likes may be below zero: they are net of those taken back."""
    plain = _simple(text)
    if not plain:
        return None, None
    if _GROUPED.fullmatch(plain):
        plain = re.sub(r"[^\d+-]", "", plain)
    elif match := _AMBIGUOUS.fullmatch(plain):
        mark = "comma" if match[1] == "," else "point"
        return None, (
            f"{show_value(plain)}, whose {mark} may separate thousands or decimals; plain digits"
            " are expected"
        )
    elif not _PLAIN.fullmatch(plain):
        return None, f"{show_value(plain)} is no whole number in plain digits"
    if len(plain.lstrip("+-")) > 18:
        return None, "too large a number"
    return str(int(plain)), None


def read_count_or_nan(text: str) -> Value:
    """A whole number; a business account's files write NaN for what is not known."""
    return (None, None) if text.strip().casefold() == "nan" else read_count(text)


def read_hour(text: str) -> Value:
    """An hour of a day, 0 to 23."""
    hour, problem = read_count(text)
    if hour is None or problem:
        return None, problem or "no hour"
    return (hour, None) if 0 <= int(hour) <= 23 else (None, "no hour from 0 to 23")


def read_share(text: str) -> Value:
    """A share of a whole, 0 to 1, as a plain decimal number; percentages are divided by 100."""
    plain = _simple(text).casefold()
    if not plain:
        return None, None
    match = _FRACTION.fullmatch(plain)
    if match is None:
        return None, "no share such as 0.56 or 56%"
    digits, exponent, percent = match.groups()
    try:
        share = Decimal(digits.replace(",", ".")).scaleb(int(exponent or 0))
        share = share.scaleb(-2) if percent else share
    except (InvalidOperation, ValueError):
        return None, "no share such as 0.56 or 56%"
    if share > 1:
        return None, "more than the whole"
    shown = format(share, "f")
    if percent or exponent:
        shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return shown or "0", None


def read_video_id(text: str) -> Value:
    """The digits of a video's id, from a link to it or alone."""
    plain = text.strip()
    match = _VIDEO_ID.search(plain)
    digits = match.group(1) if match else plain
    if not _DIGITS.fullmatch(digits) or int(digits) >= 1 << 63:
        return None, "no link that ends in a video's id"
    return digits, None


def read_posted_at(video_id: str, today: date) -> str | None:
    """When a video was uploaded, UTC: the upper 32 bits of its id are unix seconds.

    Checked on 20 real posts; a post that was scheduled appears up to several days later. None for
    an id whose time lies before TikTok or after ``today``.
    """
    moment = datetime.fromtimestamp(int(video_id) >> 32, UTC)
    if not _FIRST_POST <= moment.date() <= today + timedelta(days=1):
        return None
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def read_post_time(label: str | None, uploaded_at: str | None) -> str | None:
    """When a video was posted, by a label with year and clock, beside when it was uploaded.

    The label names no zone and counts as UTC. Where both name one day the upload has the better
    clock. A label of another kind says nothing here.
    """
    match = _POST_TIME.fullmatch((label or "").strip())
    if match is None:
        return uploaded_at
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        posted_at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return uploaded_at
    is_same_day = uploaded_at is not None and uploaded_at[:10] == f"{posted_at:%Y-%m-%d}"
    return uploaded_at if is_same_day else f"{posted_at:%Y-%m-%d %H:%M:%S}Z"
