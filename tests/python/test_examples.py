"""The example exports are what their writer writes, and every kind of file is among them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tiktok_warehouse.entities import ENTITIES, list_all_entities
from tiktok_warehouse.home import open_home
from tiktok_warehouse.ingest import ingest_paths
from write_examples import EXAMPLES, write_examples


def read_all(folder: Path) -> dict[str, bytes]:
    """Files by name, those in zips one by one: how they are deflated differs between machines."""
    return {
        name: content
        for path in sorted(folder.rglob("*.*"))
        if path.is_file()
        for name, content in unpack(path.relative_to(folder).as_posix(), path.read_bytes())
    }


def unpack(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, or all that a zip or a workbook holds but for when the workbook was written."""
    if not name.endswith((".zip", ".xlsx")):
        yield name, content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            if part != "docProps/core.xml":
                yield from unpack(f"{name}/{part}", archive.read(part))


def test_the_examples_are_what_their_writer_writes(tmp_path: Path) -> None:
    write_examples(tmp_path / "new")
    committed, new = read_all(EXAMPLES), read_all(tmp_path / "new")
    assert committed.keys() == new.keys()
    assert [name for name, content in new.items() if content != committed[name]] == []


def test_every_example_lands_and_no_kind_of_export_is_missing(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    result = ingest_paths(home, [EXAMPLES])
    assert result.refused == ()
    landed = {path.name.split(".")[0] for path in home.raw.glob("[!_]*/*.parquet")}
    assert landed >= set(list_all_entities()) - set(ENTITIES)
