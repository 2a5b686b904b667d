"""Whose a TikTok Studio file is, and which year its days lie in: what the file itself does not say.

**Year.** Two kinds of evidence, never mixed up:

- what *pins* the days: the window in the name of the Overview zip (for Overview itself, and for the
  other files of its export where they end within a month of it), and the export day that the
  caller names;
- what only *bounds* them: the time of the zip member, the snapshot day in ``Content.csv``, the
  time of the file. A download is written when it is made, or later when somebody copies it, so
  these times are the latest days that the last row can have.

A pin wins over a bound, and a bound that is merely later says nothing against it. These are
contradictions, and refuse the file with both named: two pins that give other dates; a bound that
lies before the last day; two bounds, such as a member's time and the snapshot day, that give other
years. The numbers in the name of the Overview zip are the first and the last moment of its window;
neither is the time of the export. The time of a file is no evidence where it is more than two
months after the last row, or, where nothing else bounds the days, more than a week: then the file
was copied, and its year may be any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tiktok_warehouse.errors import RefusedFile
from tiktok_warehouse.sources.export_file import ExportFile
from tiktok_warehouse.sources.studio_dates import MonthDay, Reading, anchor, is_month_name
from tiktok_warehouse.sources.studio_tables import refuse

# TikTok's first day; what is older is a clock that was never set (zips begin in 1980).
FIRST_DAY = date(2016, 9, 1)
# Windows are cut in the account's zone, labels may be shifted by one day, clocks name no zone.
_SLACK = timedelta(days=1)
# The Overview's rows against the window in its name: the seen exports end up to two days early.
_WINDOW_SLACK = timedelta(days=3)
# The other files of an export end within days of its Overview, unless a window was chosen by hand.
_NEAR = timedelta(days=31)
# A file's own time is the day of the download, or of any copy since: where nothing else says the
# year, a copy made after the anniversary must not pass for a download.
_MAX_FILE_AGE = timedelta(days=60)
_MAX_LONE_FILE_AGE = timedelta(days=7)

_COPY = re.compile(r"(?:\s*\(\d{1,3}\))+$", re.ASCII)
_HANDLE = re.compile(r"[A-Za-z0-9_.]{1,64}", re.ASCII)
_EXPORT_NAME = re.compile(
    r"(?:overview_(?P<start>\d{4}-\d{2}-\d{2})_(?P<end>\d{9,13})"
    r"|(?:overview|viewers|followers|content))_(?P<handle>[a-z0-9_.]{1,64})",
    re.ASCII | re.IGNORECASE,
)
# A folder with one of these names is no account, though its name could be a handle. In the
# languages of studio_headers.csv, as far as a handle has their letters; compared without digits,
# points and underscores.
_PLAIN = (
    "analytics archive csv content data home incoming input inputs landing old overview raw studio"
    " temp tiktok tiktokstudio tmp upload uploads viewers followers xlsx zip zips"
    # downloads
    " download downloads descargas descarga telechargements telechargement unduhan scaricati"
    " pobrane transferencias baixados indirilenler indirmeler taixuong taive"
    # documents
    " document documents dokumente documentos documento dokumen documenti documenten dokumenty"
    " belgeler belgelerim tailieu"
    # desktop
    " desktop schreibtisch escritorio bureau scrivania bureaublad pulpit areadetrabalho"
    " ambientedetrabalho masaustu manhinhnen"
    # exports
    " export exports exporte exportaciones exportacion exportations exportation ekspor"
    " esportazioni esportazione exporten eksport eksporty exportacoes exportacao disaaktarma"
    # files
    " file files datei dateien archivo archivos ficheros fichier fichiers berkas bestanden"
    " plik pliki arquivo arquivos ficheiros dosya dosyalar teptin"
    # folder, new folder
    " folder folders newfolder new ordner neuerordner carpeta nuevacarpeta dossier nouveaudossier"
    " folderbaru cartella nuovacartella map mappe nieuwemap katalog nowyfolder pasta novapasta"
    " klasor yeniklasor thumuc thumucmoi"
)
_PLAIN_FOLDERS = frozenset(_PLAIN.split())
_NOT_LETTERS = re.compile(r"[^a-z]+")

OWN_WINDOW = "the window in the zip's name"
SIBLING_WINDOW = "the window in the name of the Overview zip beside it"
CALLER = "the export day that was given"
MEMBER_TIME = "the time of the zip member"
SNAPSHOT_DAY = "the snapshot day of the Content file beside it"
FILE_TIME = "the time of the file"
LABELS = "the years in the file"
LAST_DAY = "its last day"
LAST_DAY_BESIDE = "the last day of the files beside it"
OWN_LINKS = "the links in it"
SIBLING_LINKS = "the links in the Content file beside it"
# Named after what lies in it as often as after an account.
FOLDER_ALONE = "the name of its folder alone, which is weak: say --account if it is another's"


@dataclass(frozen=True)
class ExportName:
    """What the name of a zip, or of the folder it was unpacked to, says.

    Attributes:
        handle: the account, in small letters.
        window: first and last day of the Overview's window, in UTC; None for the other zips.
    """

    handle: str
    window: tuple[date, date] | None


@dataclass(frozen=True)
class Dated:
    """The days of a file, established.

    Attributes:
        dates: of each label, in the file's order.
        languages: that read the labels so.
        evidence: what the year rests on.
    """

    dates: tuple[date, ...]
    languages: tuple[str, ...]
    evidence: str


@dataclass(frozen=True)
class Evidence:
    """What is known about when a file was exported; each None where it is not known.

    Attributes:
        own_window: of the Overview zip that the file came in, if it is the Overview.
        sibling_window: of the Overview zip beside it.
        given: the caller's export day.
        snapshot: the day in the Content file beside it.
        written: the day, in UTC, of the zip member or of the file.
        is_member: whether ``written`` is a zip member's.
    """

    own_window: tuple[date, date] | None = None
    sibling_window: tuple[date, date] | None = None
    given: date | None = None
    snapshot: date | None = None
    written: date | None = None
    is_member: bool = False

    @property
    def written_by(self) -> str:
        return MEMBER_TIME if self.is_member else FILE_TIME


# --- names and accounts ----------------------------------------------------------------------


def read_export_name(name: str) -> ExportName | None:
    """Read the name of one of Studio's zips; None for any other name.

    ``Overview_<first day>_<end of the window in unix seconds>_<handle>.zip`` and
    ``Viewers_``, ``Followers_``, ``Content_<handle>.zip``; a browser may have added `` (1)``.
    """
    stem = name[:-4] if name.casefold().endswith(".zip") else name
    match = _EXPORT_NAME.fullmatch(_COPY.sub("", stem.strip()))
    if match is None:
        return None
    window = None
    if match["start"]:
        try:
            seconds = int(match["end"])
            end = datetime.fromtimestamp(seconds if seconds < 10**11 else seconds // 1000, UTC)
            start = date.fromisoformat(match["start"])
        except (ValueError, OverflowError, OSError):
            return None
        window = (start, end.date()) if FIRST_DAY <= start <= end.date() else None
    return ExportName(match["handle"].casefold(), window)


def export_names(file: ExportFile) -> list[ExportName]:
    """What the zip of a file, and the folders it lies in, say; the nearest first."""
    around = [*reversed(file.name.split("/")[:-1])]
    named = [read_export_name(name) for name in (file.zip_name or "", *around)]
    return [name for name in named if name is not None]


def named_account(file: ExportFile) -> tuple[str, str] | None:
    """The account that a file's zip or a folder called "@handle" names, and which of the two.

    Raises:
        RefusedFile: they name two accounts.
    """
    found = [(name.handle, "the name of its zip") for name in export_names(file)]
    for folder in reversed(file.name.split("/")[:-1]):
        if folder.startswith("@") and _HANDLE.fullmatch(folder[1:]):
            found.append((folder[1:].casefold(), "the name of its folder"))
    if len({handle for handle, _ in found}) > 1:
        (first, where), (second, there) = found[0], next(x for x in found if x[0] != found[0][0])
        refuse(
            file,
            f"belongs to two accounts: {first} by {where}, {second} by {there}. Offer it as it was"
            " downloaded, outside the other account's folder.",
        )
    return found[0] if found else None


def find_account(
    file: ExportFile, given: str | None, linked: tuple[str, str] | None
) -> tuple[str, str]:
    """Whose a file is.

    The name of its zip or a folder "@handle" says it; else the caller; else the links; else the
    name of the folder that it lies in, where that can be a handle. A plain folder is no evidence
    against any of the others.

    Args:
        file: the file.
        given: the caller's account.
        linked: the account that all links of it, or of the Content files beside it, name, and which
            of the two.

    Returns:
        The handle in small letters, without "@", and what says so.

    Raises:
        RefusedFile: nothing says it, two accounts are named, or the caller's is no handle.
    """
    claimed = find_claimed(file, given)
    if claimed is not None and linked is not None and claimed[0] != linked[0]:
        refuse(
            file,
            f"belongs to two accounts: {linked[0]} by {linked[1]}, {claimed[0]} by {claimed[1]}."
            " Leave --account out, or offer it outside the other account's folder.",
        )
    if found := claimed or linked:
        return found
    folder = file.name.split("/")[-2] if "/" in file.name else ""
    if _may_be_handle(folder):
        return folder.casefold(), FOLDER_ALONE
    refuse(
        file,
        "does not say whose it is. Name the account with --account, or put the file in a folder"
        " called @handle, or offer the zip as it was downloaded.",
    )


def find_claimed(file: ExportFile, given: str | None) -> tuple[str, str] | None:
    """The account that a file's zip, a folder "@handle" or the caller names, and which of them.

    Raises:
        RefusedFile: two accounts are named, or the caller's is no handle.
    """
    named = named_account(file)
    if given is not None:
        handle = given.strip().removeprefix("@").casefold()
        if not _HANDLE.fullmatch(handle):
            refuse(file, "cannot be given to --account: a handle has letters, digits, _ and . only")
        if named is not None and named[0] != handle:
            refuse(
                file,
                f"belongs to {named[0]} by {named[1]}, and --account says {handle}. Leave --account"
                " out, or offer the files of the two accounts apart.",
            )
        return handle, named[1] if named else "--account"
    return named


def _may_be_handle(folder: str) -> bool:
    return (
        _HANDLE.fullmatch(folder) is not None
        and not folder.startswith(".")
        and not _is_plain(folder)
        and not folder.casefold().endswith((".zip", ".csv", ".xlsx", "."))
    )


def _is_plain(folder: str) -> bool:
    """Whether a folder is called by what lies in it, or by when: Descargas, marzo, 2026_03."""
    word = _NOT_LETTERS.sub("", folder.casefold())
    return not word or word in _PLAIN_FOLDERS or is_month_name(word)


# --- times -----------------------------------------------------------------------------------


def written_on(file: ExportFile, today: date) -> date | None:
    """The day, in UTC, that a file bears; None where its clock was not set or runs ahead."""
    if file.modified is None:
        return None
    day = file.modified.astimezone(UTC).date()
    return day if FIRST_DAY <= day <= today + _SLACK else None


def sibling_window(siblings: Sequence[ExportFile], account: str) -> tuple[date, date] | None:
    """The window in the names of an account's Overview zips; None if there are none or several."""
    windows = {
        name.window
        for sibling in siblings
        for name in export_names(sibling)
        if name.window is not None and name.handle == account
    }
    return windows.pop() if len(windows) == 1 else None


def date_labels(
    file: ExportFile,
    readings: Sequence[Reading],
    evidence: Evidence,
    today: date,
) -> Dated:
    """Give the labels of a file their years.

    Args:
        file: for messages.
        readings: the ways to read its labels; at least one, each with at least one day.
        evidence: what is known about the export.
        today: no row lies after it.

    Raises:
        RefusedFile: no evidence, evidence that contradicts itself, or two readings that give other
            dates.
    """
    dated: dict[tuple[date, ...], Dated] = {}
    problems: list[RefusedFile] = []
    for reading in readings:
        try:
            found = _date_reading(file, reading, evidence, today)
        except RefusedFile as error:
            problems.append(error)
            continue
        twin = dated.get(found.dates)
        codes = sorted({*found.languages, *(twin.languages if twin else ())})
        dated[found.dates] = Dated(found.dates, tuple(codes), found.evidence)
    if not dated:
        raise problems[0]
    if len(dated) > 1:
        ways = " or ".join(
            f"{found.dates[0]} to {found.dates[-1]} ({', '.join(found.languages[:3])})"
            for found in list(dated.values())[:3]
        )
        refuse(
            file,
            f"can be read in two ways: its days are {ways}. Set the language of TikTok Studio to"
            " English and export the file again.",
        )
    (only,) = dated.values()
    # (By the time of the file: then nothing else bounds them.)
    written = evidence.written if only.evidence == FILE_TIME else None
    if written is not None and written - only.dates[-1] > _MAX_LONE_FILE_AGE:
        _refuse_undated(file, evidence)
    return only


def _date_reading(file: ExportFile, reading: Reading, evidence: Evidence, today: date) -> Dated:
    if reading.dates is not None:
        _check_dated(file, reading.dates, evidence, today)
        return Dated(reading.dates, reading.languages, LABELS)
    pins = _find_pins(file, reading.days, evidence)
    if pins:
        label, dates = pins[0]
        for other, others in pins[1:]:
            if others != dates:
                _refuse_contradiction(file, label, dates, other, others)
        _check_bounds(file, label, dates, evidence)
    else:
        bounds = _find_bounds(file, reading.days, evidence)
        if not bounds:
            _refuse_undated(file, evidence)
        label, dates = bounds[0]
        for other, others in bounds[1:]:
            if others != dates:
                _refuse_contradiction(file, label, dates, other, others)
    if dates[-1] > today + _SLACK:
        refuse(
            file, f"has days after today ({dates[-1]}) by {label}. Check the clock and the name."
        )
    return Dated(tuple(dates), reading.languages, label)


def _find_pins(
    file: ExportFile, days: Sequence[MonthDay], evidence: Evidence
) -> list[tuple[str, list[date]]]:
    pins = []
    if evidence.own_window is not None:
        start, end = evidence.own_window
        found = _nearest(days, end + _WINDOW_SLACK, lambda dates: abs(dates[0] - start))
        if found is None or found[0] < start - _WINDOW_SLACK:
            refuse(
                file,
                f"contradicts the name of its zip: by the name its days lie from {start} to {end},"
                " and no year puts them there. Offer the zip as it was downloaded.",
            )
        pins.append((OWN_WINDOW, found))
    if evidence.sibling_window is not None:
        _, end = evidence.sibling_window
        found = _nearest(days, end + _NEAR, lambda dates: abs(dates[-1] - end))
        if found is not None and abs(found[-1] - end) <= _NEAR:
            pins.append((SIBLING_WINDOW, found))
    if evidence.given is not None:
        pins.append((CALLER, _anchor(file, days, evidence.given)))
    return pins


def _nearest(
    days: Sequence[MonthDay], latest: date, distance: Callable[[list[date]], timedelta]
) -> list[date] | None:
    """Of the years up to ``latest``, the dates with the smallest distance."""
    found: list[list[date]] = []
    bound = latest
    for _ in range(3):
        try:
            found.append(anchor(days, bound))
        except RefusedFile:
            break
        bound = found[-1][-1] - timedelta(days=1)
    return min(found, key=distance, default=None)


def _find_bounds(
    file: ExportFile, days: Sequence[MonthDay], evidence: Evidence
) -> list[tuple[str, list[date]]]:
    bounds = []
    if evidence.written is not None and evidence.is_member:
        bounds.append((MEMBER_TIME, _anchor(file, days, evidence.written + _SLACK)))
    if evidence.snapshot is not None:
        bounds.append((SNAPSHOT_DAY, _anchor(file, days, evidence.snapshot + _SLACK)))
    if evidence.written is not None and not evidence.is_member:
        dates = _anchor(file, days, evidence.written + _SLACK)
        if evidence.written - dates[-1] <= _MAX_FILE_AGE:
            bounds.append((FILE_TIME, dates))
    return bounds


def _anchor(file: ExportFile, days: Sequence[MonthDay], latest: date) -> list[date]:
    try:
        return anchor(days, latest)
    except RefusedFile as error:
        refuse(file, str(error))


def _check_bounds(file: ExportFile, label: str, dates: Sequence[date], evidence: Evidence) -> None:
    for bound, day in (
        (evidence.written_by, evidence.written),
        (SNAPSHOT_DAY, evidence.snapshot),
    ):
        if day is not None and max(dates) > day + _SLACK:
            refuse(
                file,
                f"contradicts itself: by {label} its last day is {max(dates)}, and {bound} is"
                f" {day}, before that. Offer the files of one export together, as they were"
                " downloaded.",
            )


def _check_dated(file: ExportFile, dates: Sequence[date], evidence: Evidence, today: date) -> None:
    _check_bounds(file, LABELS, dates, evidence)
    if evidence.own_window is not None:
        start, end = evidence.own_window
        if min(dates) < start - _WINDOW_SLACK or max(dates) > end + _WINDOW_SLACK:
            refuse(
                file,
                f"contradicts the name of its zip: by the name its days lie from {start} to {end},"
                f" and by {LABELS} from {min(dates)} to {max(dates)}. Offer the zip as it was"
                " downloaded.",
            )
    if max(dates) > (evidence.given or today + _SLACK):
        what = CALLER if evidence.given else "today"
        refuse(file, f"has days ({max(dates)}) after {what}. Check the file and --exported-on.")


def _refuse_contradiction(
    file: ExportFile, label: str, dates: Sequence[date], other: str, others: Sequence[date]
) -> None:
    refuse(
        file,
        f"has evidence for two years: by {label} its last day is {dates[-1]}, by {other} it is"
        f" {others[-1]}. Offer the files of one export together, as they were downloaded, or name"
        " the day of the export with --exported-on.",
    )


def _refuse_undated(file: ExportFile, evidence: Evidence) -> None:
    why = (
        "its own time is too long after its last day to be that of the export"
        if evidence.written is not None
        else "it has no time of its own that could be that of the export"
    )
    refuse(
        file,
        f"has days without a year, and nothing says which: {why}. Name the day of the export with"
        " --exported-on, or offer the zip as it was downloaded.",
    )


def establish_export_day(dates: Sequence[date], evidence: Evidence) -> tuple[date, str] | None:
    """The day of the export as near as it is known, and what it rests on.

    The caller's day; else the snapshot day or the time of the member or the file, where the last
    row is at most two months older; else the last day of the rows, or of the window beside them,
    which the export cannot precede. None where there is nothing of the kind.
    """
    if evidence.given is not None:
        return evidence.given, CALLER
    last = max(dates, default=None)
    for day, label in (
        (evidence.snapshot, SNAPSHOT_DAY),
        (evidence.written, evidence.written_by),
    ):
        if day is not None and (last is None or day - last <= _MAX_FILE_AGE):
            return (day if last is None else max(day, last)), label
    if last is not None:
        return last, LAST_DAY
    if evidence.sibling_window is not None:
        return evidence.sibling_window[1], SIBLING_WINDOW
    return None
