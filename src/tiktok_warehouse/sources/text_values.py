"""Single values of an export as the raw contract writes them: moments, days, handles, ids."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# RAW_CONTRACT 3: nothing of the platform is older.
PLATFORM_START = int(datetime(2016, 9, 1, tzinfo=UTC).timestamp())
_PLATFORM_END = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())

_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d{1,9})?"
    r"(?: ?(?:UTC|GMT|Z)| ?([+-]\d{2}):?(\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_VIDEO_LINK = re.compile(r"/(?:video|photo|v)/(\d{1,20})(?!\d)", re.ASCII)
HANDLE_IN_LINK = re.compile(r"tiktok\.com/@([\w.]{1,64})", re.ASCII | re.IGNORECASE)
_HANDLE = re.compile(r"@?([A-Za-z0-9._]{1,64})", re.ASCII)
_EPOCH_DAYS_END = int(datetime(2050, 1, 1, tzinfo=UTC).timestamp())
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPOCH = re.compile(r"\d{10}|\d{13}", re.ASCII)
# A long whole number as spreadsheets and floats write it (7.65E+18): its last digits are lost.
SHORTENED_NUMBER = re.compile(r"\d(?:[.,]\d+)?[eE]\+?0?1\d", re.ASCII)


def read_moment(text: str) -> str | None:
    """A timestamp as ``YYYY-MM-DD HH:MM:SSZ``; None where the text is no timestamp.

    Read are ``YYYY-MM-DD HH:MM[:SS]`` (or with ``T``), with a fraction that is cut off, and with
    `` UTC``, ``Z`` or an offset; without a zone it is UTC. Epochs of 10 digits (seconds) and of 13
    (milliseconds) too.
    """
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            if not _EPOCH.fullmatch(text):
                return None
            seconds = int(text) if len(text) == 10 else int(text) // 1000
            return _write(datetime.fromtimestamp(seconds, UTC))
        date, clock, hours, minutes = match.groups()
        if hours is None:
            # Only to know that there is such a moment: its text is there already.
            datetime.fromisoformat(f"{date} {clock}")
            return f"{date} {clock}Z" if len(clock) == 8 else f"{date} {clock}:00Z"
        moment = datetime.fromisoformat(f"{date} {clock}{hours}:{minutes or '00'}")
        return _write(moment.astimezone(UTC))
    except (ValueError, OverflowError, OSError):
        return None


def _write(moment: datetime) -> str:
    # isoformat, unlike strftime, writes the year 812 as 0812. Its zone and fraction are cut off.
    return moment.isoformat(" ")[:19] + "Z"


def read_day(text: str) -> str | None:
    """A date as ``YYYY-MM-DD``; None where the text is none.

    Read are that, ``YYYYMMDD``, a timestamp or an epoch in seconds or milliseconds (its day in
    UTC), and days since 1970, as tables of a warehouse keep dates, up to 2049. A spreadsheet's
    numbers of days are larger, so they are none.
    """
    if re.fullmatch(r"\d{8}", text, re.ASCII):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif re.fullmatch(r"\d{5}", text, re.ASCII):
        seconds = int(text) * 86_400
        is_day = PLATFORM_START <= seconds < _EPOCH_DAYS_END
        return _write(datetime.fromtimestamp(seconds, UTC))[:10] if is_day else None
    moment = read_moment(text if len(text) >= 10 and not _DAY.fullmatch(text) else f"{text} 00:00")
    return moment[:10] if moment else None


def read_handle(text: str) -> str | None:
    """A handle without ``@``; None where the text can be none."""
    match = _HANDLE.fullmatch(text.strip())
    return match.group(1) if match else None


def find_video_id(link: str | None) -> str | None:
    """The digits after ``/video/``, ``/photo/`` or ``/v/`` in a link; None where there are none."""
    match = _VIDEO_LINK.search(link) if link else None
    return match.group(1) if match else None


def find_posting_time(video_id: str | None) -> str | None:
    """When a video was uploaded: the upper 32 bits of its id are Unix seconds, UTC.

    (EXPORT_FORMATS A.4: held on 20 of 20 real posts; a scheduled one is published days later.)
    None for ids that would lie before the platform or after 2100: those are made another way.
    """
    if video_id is None:
        return None
    seconds = int(video_id) >> 32
    if not PLATFORM_START <= seconds < _PLATFORM_END:
        return None
    return _write(datetime.fromtimestamp(seconds, UTC))


_SHOWN = re.compile(
    r"[+-]?\d{1,3}(?:[.,' ]?\d{3}){0,2}(?:[.,]\d{1,9})?|\d{1,4}([-/.])\d{1,2}\1\d{1,4}"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?",
    re.ASCII,
)


def show_value(text: str) -> str:
    """A value as a message may show it: only what looks like a number of at most nine digits
    before the point, or like a date; anything else could be somebody's (raw contract, one status).
    """
    return text if _SHOWN.fullmatch(text) else f"hidden ({len(text):,} characters)"
