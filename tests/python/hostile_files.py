"""Files that were mutated at random and files that unpack without end, from one seed."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tiktok_warehouse.home import PROJECT_ROOT

GOOD = "view_id,viewed_at,video_id,watch_seconds\n1,2026-08-01,v1,2\n"
_ROW = {"view_id": "1", "viewed_at": "2026-08-01", "video_id": "v1", "watch_seconds": "2"}


def list_seeds() -> dict[str, bytes]:
    """A good file of each kind that is read."""
    table = pa.table({name: [value] * 50 for name, value in _ROW.items()})
    parquet = io.BytesIO()
    pq.write_table(table, parquet)
    csv = GOOD + "".join(f'{n},2026-08-01,v{n},"{n}.5"\n' for n in range(2, 60))
    lines = "".join(json.dumps(_ROW | {"view_id": str(n), "tags": [n]}) + "\n" for n in range(60))
    seeds = {
        "video_views.csv": csv.encode(),
        "video_views.tsv": csv.replace(",", "\t").encode(),
        "video_views.jsonl": lines.encode(),
        "video_views.csv.gz": gzip.compress(csv.encode()),
        "video_views.parquet": parquet.getvalue(),
        "utf16.csv": csv.encode("utf-16"),
    }
    for path in sorted((PROJECT_ROOT / "examples" / "exports").rglob("*")):
        if path.is_file():
            seeds[path.name] = path.read_bytes()
    return seeds


def mutate(draw: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Good files with a few bytes flipped, cut off, doubled, or put in from another file."""
    seeds = list_seeds()
    names = sorted(seeds)
    for number in range(count):
        name = draw.choice(names)
        content = bytearray(seeds[name])
        for _ in range(draw.choice((1, 1, 2, 8))):
            at, size = draw.randrange(len(content) + 1), draw.randrange(1, 64)
            kind = draw.randrange(5)
            if kind == 0:
                content[at : at + 1] = bytes([draw.randrange(256)])
            elif kind == 1:
                del content[at:]
            elif kind == 2:
                content[at:at] = content[max(0, at - size) : at] * draw.choice((1, 3, 40))
            elif kind == 3:
                other = seeds[draw.choice(names)]
                content[at : at + size] = other[at : at + size]
            else:
                content[at:at] = draw.choice((b"\0", b'"', b"[" * 400, b"{" * 400, b"\xff", b"\n"))
        yield f"{number}-{name}", bytes(content)


def make_bombs(draw: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Small files that unpack to much, or are nested deeply."""
    for number in range(count):
        size = draw.choice((110, 150, 200)) << 20
        deep = draw.randrange(101, 3000)
        kind = number % 8
        if kind == 0:
            yield f"{number}.csv.gz", gzip.compress(bytes(size), 9)
        elif kind == 1:
            yield f"video_views-{number}.csv.gz", gzip.compress(GOOD.encode() * (size // 60), 9)
        elif kind == 2:
            yield f"{number}.zip", _zip("Overview.csv", bytes(size))
        elif kind == 3:
            yield f"{number}.zip", _zip("inner.zip", _zip("a.zip", _zip("b.zip", b"x" * 1000)))
        elif kind == 4:
            row = json.dumps(_ROW)[:-1]
            text = f'{row}, "more": {"[" * deep}{"]" * deep}, "n": {number}}}\n'
            yield f"video_views-{number}.jsonl", text.encode()
        elif kind == 5:
            yield f"payload-{number}.json", f'{{"data": {"[" * deep}{"]" * deep}}}'.encode()
        elif kind == 6:
            yield f"{number}.json", b'{"Activity": {"Like List": ' + b'{"a":' * deep + b"1"
        else:
            yield f"video_views-{number}.parquet", _repeat(draw.randrange(150, 400))


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def _repeat(rows: int) -> bytes:
    caption = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * 1_000_000])
    columns = {name: pa.array([value] * rows) for name, value in _ROW.items()}
    content = io.BytesIO()
    pq.write_table(pa.table(columns | {"caption": caption}), content, compression="zstd")
    return content.getvalue()
