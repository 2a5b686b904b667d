"""What a reading of an archive has found so far: rows, counts, and who it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tiktok_warehouse.sources.personal_archive_sections import (
    ENTITIES_OF_ARCHIVE,
    LANDED_SECTIONS,
    LEFT_OUT,
    OWNER,
    PROFILE_MEASURES,
    SUMMARY_MEASURES,
    Record,
    Section,
    is_empty,
    make_live_row,
    plain,
)
from tiktok_warehouse.sources.spool import Row, Spool

# More of a section that is left out is counted no further: its size is nobody's business either.
MOST_COUNTED = 1_000_000

PRESENT, EMPTY, MISSING = "present", "empty", "missing"


@dataclass(frozen=True)
class SectionCount:
    """What one section held.

    Attributes:
        name: the section.
        status: ``present`` (with records), ``empty`` (the key or file is there and says that
            there is nothing) or ``missing`` (no such key or file).
        records: how many records landed, malformed ones included.
        malformed: how many of them carry a ``_malformed`` reason.
        places: in how many places of the archive it stood; more than one where an export repeats
            itself. All of them land, in the file's order.
    """

    name: str
    status: str
    records: int = 0
    malformed: int = 0
    places: int = 0


@dataclass(frozen=True)
class LeftOut:
    """A section that is there and does not land.

    Attributes:
        name: our name for it, never the file's own words.
        records: how many records it has, at most 1,000,000; 1 for a section that is no list.
        reason: why it stays out.
    """

    name: str
    records: int
    reason: str


@dataclass
class Tally:
    """The state of one reading; ``folder`` takes the spooled rows."""

    folder: Path
    keep_comment_text: bool
    owner: str | None = None
    has_two_owners: bool = False
    roots: set[str] = field(default_factory=set)
    _spools: dict[str, Spool] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)
    _records: dict[str, int] = field(default_factory=dict)
    _malformed: dict[str, int] = field(default_factory=dict)
    _left_out: dict[str, tuple[int, str]] = field(default_factory=dict)
    _said_something: set[str] = field(default_factory=set)

    def note_place(self, section: Section) -> None:
        """The section's key or file is there, whatever it holds."""
        self._places[section.name] = self._places.get(section.name, 0) + 1
        if section.entity is not None:
            self._spool(section)

    def note_empty(self, section: Section) -> None:
        """The section's outer key is there; the list that it should hold may follow or not."""
        self._places.setdefault(section.name, 0)
        if section.entity is not None:
            self._spool(section)

    def add_record(self, section: Section, record: Record) -> None:
        """Land one record; of a profile or a summary, its totals and, once, the owner."""
        if section.make_row is not None and not record:
            # A renamed field must not pass for a row that is only empty.
            self.add_malformed(section, f"{section.name}: none of its keys is known")
            return
        if section.make_row is not None:
            self._add_row(section, *section.make_row(record, self.keep_comment_text))
            return
        self._said_something.add(section.name)
        measures = SUMMARY_MEASURES if section.layout == "summary" else PROFILE_MEASURES
        if section.layout == "profile":
            name = (record.get("username") or "").strip().removeprefix("@")
            if not is_empty(name):
                self.owner = self.owner or name
                self.has_two_owners |= name.casefold() != self.owner.casefold()
        for measure in dict.fromkeys(measures.values()):
            value = record.get(measure)
            if value is not None and not is_empty(value):
                self._add_measure(section, measure, value.strip())

    def add_live(self, section: Section, live_id: str, record: Record) -> None:
        self._add_row(section, *make_live_row(live_id, record))

    def add_malformed(self, section: Section, problem: str) -> None:
        """Keep the place of a record that cannot be read."""
        if section.entity is not None:
            self._add_row(section, (None,) * (len(section.entity.landed_columns) - 1), problem)

    def leave_out(self, name: str, records: int, reason: str, *, repeated: bool = False) -> None:
        """Count what does not land; ``repeated`` where the export says the same thing twice."""
        before = self._left_out.get(name, (0, ""))[0]
        total = max(before, records) if repeated else before + records
        self._left_out[name] = (min(total, MOST_COUNTED), reason)

    def _add_measure(self, section: Section, measure: str, value: str) -> None:
        if value.lstrip("+-").isdecimal() and value.isascii():
            self._add_row(section, (measure, value), None)
        else:
            self._add_row(section, (measure, None), "value is no whole number")

    def _add_row(self, section: Section, row: Row, problem: str | None) -> None:
        self._spool(section).add(row, problem)
        self._records[section.name] = self._records.get(section.name, 0) + 1
        if problem is not None:
            self._malformed[section.name] = self._malformed.get(section.name, 0) + 1

    def _spool(self, section: Section) -> Spool:
        assert section.entity is not None
        name = section.entity.name
        if name not in self._spools:
            entity = ENTITIES_OF_ARCHIVE[name]
            self._spools[name] = Spool(entity, self.folder, left_for_later=(OWNER,))
        return self._spools[name]

    @property
    def spools(self) -> list[Spool]:
        return [self._spools[name] for name in ENTITIES_OF_ARCHIVE if name in self._spools]

    def close(self) -> None:
        for spool in self._spools.values():
            spool.close()

    def count_sections(self) -> tuple[SectionCount, ...]:
        return tuple(self._count(section) for section in LANDED_SECTIONS)

    def _count(self, section: Section) -> SectionCount:
        name = section.name
        records = self._records.get(name, 0)
        is_present = records > 0 or name in self._said_something
        status = PRESENT if is_present else EMPTY if name in self._places else MISSING
        return SectionCount(
            name, status, records, self._malformed.get(name, 0), self._places.get(name, 0)
        )

    def list_left_out(self) -> tuple[LeftOut, ...]:
        return tuple(
            LeftOut(name, records, reason)
            for name, (records, reason) in sorted(self._left_out.items())
        )


SENSITIVE = "sensitive, or of no use to any model: dropped as it is read"
UNKNOWN = "not known to this version: nothing of it was kept"
# A placeholder of the platform's, not a live.
PLACEHOLDER_LIVE = "-1"


def is_left_out(section: Section) -> bool:
    return section.layout == LEFT_OUT


def name_unknown(path: tuple[str, ...]) -> str:
    """A name for what stands at unknown keys: of the path, only keys of ours are said."""
    known = {plain(name): name for name in _KNOWN_ROOTS}
    root = known.get(path[0]) if len(path) > 1 else None
    return f"an unknown section of {root}" if root else "an unknown section"


_KNOWN_ROOTS = (
    *("Activity", "Your Activity", "Likes and Favorites", "Likes and Favourites", "Comment"),
    *("Post", "Video", "Profile", "Profile And Settings", "App Settings", "Ads and data"),
    *("TikTok Live", "Direct Message", "Direct Messages", "Comments", "Videos"),
)
