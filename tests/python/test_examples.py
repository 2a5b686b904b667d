"""The example exports are what their writer writes, and every kind of file is among them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tiktok_warehouse.entities import ENTITIES, list_all_entities
from tiktok_warehouse.home import open_home
from tiktok_warehouse.ingest import ingest_paths
from write_examples import EXAMPLES, write_examples


def read_all(folder: Path) -> dict[str, bytes]:
    """Files by name, those in zips one by one: how they are deflated differs between machines."""
    content: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*.*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                content |= {f"{name}/{part}": archive.read(part) for part in archive.namelist()}
        elif path.is_file():
            content[name] = path.read_bytes()
    return content


def test_the_examples_are_what_their_writer_writes(tmp_path: Path) -> None:
    write_examples(tmp_path / "new")
    committed, new = read_all(EXAMPLES), read_all(tmp_path / "new")
    assert committed.keys() == new.keys()
    # A workbook tells when it was written.
    assert [n for n, c in new.items() if c != committed[n] and not n.endswith(".xlsx")] == []


def test_every_example_lands_and_no_kind_of_export_is_missing(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    result = ingest_paths(home, [EXAMPLES])
    assert result.refused == ()
    landed = {path.name.split(".")[0] for path in home.raw.glob("[!_]*/*.parquet")}
    assert landed >= set(list_all_entities()) - set(ENTITIES)
