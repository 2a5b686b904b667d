"""Write ``examples/exports``: one of every kind of file that TikTok hands out, of nobody.

``make sample`` runs it. What the files hold is made by the same writers that the tests of the
readers use; words such as ``zqxcanaryemail`` stand where a real file has what must never land.
"""

from __future__ import annotations

import json
import sys
import zipfile
from datetime import date
from pathlib import Path

import api_files
import archive_files
from studio_files import Studio, make_business_files, write_zips
from tiktok_warehouse.home import PROJECT_ROOT

EXAMPLES = PROJECT_ROOT / "examples" / "exports"

STUDIO = (
    Studio(),
    Studio(account="tom.fries", exported_on=date(2026, 3, 20), language="de", xlsx=True, seed=9),
)


def write_examples(folder: Path) -> None:
    """Write every example below a folder, which must not hold any yet."""
    for studio in STUDIO:
        path = folder / "studio" / studio.language
        path.mkdir(parents=True)
        write_zips(studio, path)
    business = folder / "studio" / "business" / "@brand.suite"
    business.mkdir(parents=True)
    for name, content in make_business_files().items():
        (business / name).write_bytes(content)
    archive = folder / "archive" / "json"
    archive.mkdir(parents=True)
    _zip(
        archive / "TikTok_Data_1760000000.zip",
        {"user_data_tiktok.json": json.dumps(archive_files.make_json("J3"), indent=1)},
    )
    archive = folder / "archive" / "txt"
    archive.mkdir(parents=True)
    _zip(archive / "TikTok_Data_1772000000.zip", archive_files.make_txt("T3"))
    payloads = folder / "accounts_api"
    payloads.mkdir(parents=True)
    account = api_files.wrap_all(api_files.make_account())["fivetran"]
    video = api_files.wrap_all(api_files.make_video())["airbyte columns"]
    (payloads / "business_get.json").write_text(json.dumps(account, indent=1) + "\n", "utf-8")
    (payloads / "video_list.jsonl").write_text(video, "utf-8")


def _zip(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, (2025, 2, 1, 0, 0, 0)), text)


if __name__ == "__main__":
    if EXAMPLES.exists():
        sys.exit(f"{EXAMPLES} exists: remove it, so that nothing old stays in it")
    write_examples(EXAMPLES)
