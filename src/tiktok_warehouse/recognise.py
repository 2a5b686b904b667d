"""What a file is: from a mapping, from its name, or from its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath

import pyarrow as pa
import pyarrow.compute as pc

from tiktok_warehouse import readers
from tiktok_warehouse.entities import ENTITIES, KNOWN_COLUMNS, Entity, describe_columns
from tiktok_warehouse.errors import RefusedFile, UsageError
from tiktok_warehouse.home import PROJECT_ROOT, Home
from tiktok_warehouse.mapping import Mapping, find_misfit, load_mapping, matches_name
from tiktok_warehouse.neighbours import find_neighbour, list_names
from tiktok_warehouse.sources.accounts_api import has_fields_of_the_api
from tiktok_warehouse.sources.text_values import SHORTENED_NUMBER

_MOST_ROWS_OF_A_SHEET = 1 << 20


def load_mappings(home: Home) -> list[Mapping]:
    """The mappings that ship with the project, then the home's own.

    Raises:
        UsageError: one of them is wrong, or two have one name.
    """
    shipped = sorted((PROJECT_ROOT / "mappings").glob("*.yml"))
    by_name: dict[str, Mapping] = {}
    for path in dict.fromkeys([*shipped, *home.mappings]):
        mapping = load_mapping(path)
        if twin := by_name.get(mapping.name):
            raise UsageError(
                f"{path}: the name {mapping.name} belongs to {twin.path} already. Rename one."
            )
        by_name[mapping.name] = mapping
    return list(by_name.values())


def open_table(
    path: Path,
    *,
    scratch: Path,
    explicit: Mapping | None,
    mappings: Sequence[Mapping],
    on_malformed: readers.OnMalformed | None = None,
) -> tuple[readers.RawTable, Entity | Mapping]:
    """Open an event log and say what it holds.

    Args:
        path: the file.
        scratch: an existing folder.
        explicit: the mapping that the user named, if any.
        mappings: those to choose from.
        on_malformed: told of each malformed row while the batches are read.

    Raises:
        RefusedFile: it cannot be read, or it is not known what it holds; if it is something else
            that is known, the message says what, and what to do instead.
    """
    is_described = explicit is not None or any(matches_name(each, path.name) for each in mappings)
    try:
        table = readers.read_table(path, scratch=scratch, on_malformed=on_malformed)
    except RefusedFile:
        if not is_described:
            _refuse_neighbour(path)
            _refuse_json_of_others(path)
        raise
    try:
        kind = recognise(
            path.name,
            table.columns,
            explicit=explicit,
            mappings=mappings,
            has_header=table.kind in ("csv", "tsv"),
        )
    except RefusedFile:
        if not is_described:
            _refuse_neighbour(path)
            if has_fields_of_the_api(table.columns):
                raise RefusedFile(
                    f"{path.name} has fields of the Accounts API, in a table or under a connector's"
                    " own names. It is read as JSON or JSON Lines with the API's names alone (date,"
                    " username, video_views, item_id, …): unload it so."
                ) from None
        raise
    return replace(table, batches=_refuse_shortened_ids(path.name, table)), kind


def _refuse_shortened_ids(file_name: str, table: readers.RawTable) -> Iterator[pa.RecordBatch]:
    """Pass rows on, and refuse a file whose ids were cut: different ones have become the same."""
    places = [n for n, name in enumerate(table.schema.names) if name.casefold().endswith("id")]
    rows = 0
    for batch in table.batches:
        for place in places if rows < _MOST_ROWS_OF_A_SHEET else ():
            column = batch.column(place)
            suspects = column.filter(pc.match_substring(column, "+"))
            if any(map(SHORTENED_NUMBER.fullmatch, suspects.to_pylist())):
                name = table.schema.names[place]
                where = f"in {name}" if name.casefold() in KNOWN_COLUMNS else "in a column"
                raise RefusedFile(
                    f"{file_name} has ids {where} that have lost their last digits, as a"
                    " spreadsheet writes them (7.65E+18). Offer it as it was before, or export the"
                    " ids as text."
                )
        rows += batch.num_rows
        yield batch


def _refuse_neighbour(path: Path) -> None:
    neighbour = find_neighbour(path, path.name)
    if neighbour is not None:
        raise RefusedFile(f"{path.name} {neighbour}")


def _refuse_json_of_others(path: Path) -> None:
    """Of JSON without the names of any entity it does not matter on how many lines it stands."""
    try:
        text = readers.read_head(path).decode("utf-8-sig", "ignore")
    except RefusedFile:
        return
    if text.lstrip()[:1] not in ("{", "["):
        return
    if not _find_near(list_names(text)):
        raise RefusedFile(
            f"{path.name} is JSON of something else: by its names it is no personal archive, no"
            " payload of the Accounts API and no event log. Rows of your own are read one object a"
            " line, with a mapping file."
        )


def _find_near(columns: Sequence[str]) -> list[Entity]:
    """Entities of which a file has half of the required columns at least."""
    return [
        entity
        for entity in ENTITIES.values()
        if 2 * len(_missing(entity, columns)) <= len(entity.required)
    ]


def recognise(
    file_name: str,
    columns: tuple[str, ...],
    *,
    explicit: Mapping | None,
    mappings: Sequence[Mapping],
    has_header: bool = True,
) -> Entity | Mapping:
    """Say which entity a file holds, or which mapping reads it.

    An explicit mapping is taken as given. Else a mapping whose pattern fits the name and whose
    columns are all there; else the entity in the name; else the one entity whose required columns
    are all there.

    Args:
        file_name: the file's name without folders.
        columns: its column names; upper or lower case does not matter.
        explicit: the mapping that the user named, if any.
        mappings: those to choose from.
        has_header: whether the columns come from a first line, which may be none.

    Raises:
        RefusedFile: nothing fits, or more than one does; the message names the columns that are
            known, and no other text of the file.
    """
    if explicit is not None:
        if misfit := find_misfit(explicit, columns):
            raise RefusedFile(f"{file_name} does not fit its mapping. {misfit.message}")
        return explicit
    fitting, misfits = [], []
    for mapping in mappings:
        if not matches_name(mapping, file_name):
            continue
        misfit = find_misfit(mapping, columns)
        if misfit is None:
            fitting.append(mapping)
        elif misfit.is_missing_column:
            misfits.append(f" The mapping {mapping.name} fits the name, but {misfit.message}")
        else:
            raise RefusedFile(f"{file_name} cannot be mapped. {misfit.message}")
    if len(fitting) > 1:
        names = " and ".join(f"{mapping.name} ({mapping.path})" for mapping in fitting)
        raise RefusedFile(
            f"{file_name} fits more than one mapping: {names}. Choose with --mapping, or make"
            " their file patterns narrower."
        )
    if fitting:
        return fitting[0]
    by_name = entity_from_name(file_name)
    if by_name is not None:
        _check_required(file_name, by_name, columns, "".join(misfits))
        return by_name
    return _entity_from_columns(file_name, columns, "".join(misfits), has_header)


def entity_from_name(file_name: str) -> Entity | None:
    """The entity that a file's name begins with, after an optional ``raw_``; the longest wins."""
    name = PurePath(file_name).name.lower().removeprefix("raw_")
    fitting = [
        entity
        for entity in ENTITIES.values()
        if name.startswith(entity.name) and not name[len(entity.name) :][:1].isalpha()
    ]
    return max(fitting, key=lambda entity: len(entity.name), default=None)


def _missing(entity: Entity, columns: Sequence[str]) -> list[str]:
    known = {name.casefold() for name in columns}
    return [name for name in entity.required if name not in known]


def _check_required(file_name: str, entity: Entity, columns: Sequence[str], note: str) -> None:
    missing = _missing(entity, columns)
    if not missing:
        return
    noun = "column" if len(missing) == 1 else "columns"
    hint = ""
    if len(missing) == len(entity.required):
        hint = " Perhaps its first line is no header."
    raise RefusedFile(
        f"{file_name} lacks the required {noun} {', '.join(missing)} of {entity.name} (by its name"
        f" it holds {entity.name}). It has {describe_columns(columns)}.{hint} Rename its columns,"
        f" or describe it in a mapping file.{note}"
    )


def _entity_from_columns(
    file_name: str, columns: tuple[str, ...], note: str, has_header: bool
) -> Entity:
    known = {name.casefold() for name in columns}
    matched = {
        entity.name: len(known.intersection(entity.columns))
        for entity in ENTITIES.values()
        if not _missing(entity, columns)
    }
    best = [name for name, count in matched.items() if count == max(matched.values())]
    if len(best) == 1:
        return ENTITIES[best[0]]
    if best:
        raise RefusedFile(
            f"{file_name} could be {' or '.join(best)} by its columns. Begin its name with the"
            " entity that it holds."
        )
    hint = (
        "" if known & KNOWN_COLUMNS or not has_header else " Perhaps its first line is no header."
    )
    near = _find_near(columns)
    needed = "; ".join(f"{entity.name} needs {', '.join(entity.required)}" for entity in near)
    advice = (
        f"{needed}. Name it after the entity that it holds (video_views-….csv), rename its columns,"
        " or describe it in a mapping file."
        if near
        else "If it is an event log, describe it in a mapping file, or name its columns as"
        " docs/raw-contract.md does."
    )
    raise RefusedFile(
        f"{file_name} is not recognised, neither by its name nor by its columns. It has"
        f" {describe_columns(columns)}.{hint} {advice}{note}"
    )
