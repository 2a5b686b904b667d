"""What people take for an export that is read: named, with what to do instead; never an errand."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from studio_files import make_xlsx
from tiktok_warehouse import exports
from tiktok_warehouse.entities import ENTITIES
from tiktok_warehouse.home import PROJECT_ROOT, Home
from tiktok_warehouse.ingest import ingest_paths
from tiktok_warehouse.neighbours import NEIGHBOURS, find_neighbour
from tiktok_warehouse.preview import preview

ORDERS = ("Order ID", "Order Status", "SKU ID", "Buyer Username", "Order Amount")
ADS = ("Campaign name", "Ad group name", "Cost", "CPM", "Impressions", "Clicks (all)")
JSON_SHAPES: dict[str, Any] = {
    "Display API": {
        "data": {
            "videos": [
                {
                    **{"id": "76", "video_description": "x", "view_count": 3, "like_count": 1},
                    **{"comment_count": 0, "share_count": 0, "title": "somebody"},
                }
            ]
        }
    },
    "item_list": {
        "status_code": 0,
        "item_list": [{"item_id": "76", "post_time": 1, "play_count": "4", "favorite_count": "1"}],
    },
    "Research API": {
        "data": {
            "videos": [
                {"id": 1, "region_code": "US", "view_count": 2, "hashtag_names": [], "music_id": 3}
            ]
        }
    },
    "scraper": [{"webVideoUrl": "x", "diggCount": 1, "playCount": 2, "authorMeta": {"name": "y"}}],
    "Ads Manager": [{"ad_id": 1, "stat_time_day": "2026-01-01", "metrics": {"spend": "1"}}],
    "TikTok Shop's analytics": {"data": {"videos": [{"gmv": {"amount": "1"}, "units_sold": 2}]}},
    "profile of the Display API": {
        "data": {"user": {"open_id": "x", "follower_count": 1, "likes_count": 2}}
    },
}
TABLES = {
    "TikTok Shop's list of orders": ORDERS,
    "Ads Manager": ADS,
    "LIVE Backstage": ("Creator's username", "Diamonds", "LIVE duration", "Valid go LIVE days"),
    "Creator Rewards": ("Date", "Video title", "Qualified views", "RPM", "Estimated rewards"),
}


def refusal(home: Home, path: Path, **options: Any) -> str:
    """Why a file is refused, by the ingest and the dry run alike."""
    (found,) = ingest_paths(home, [path], **options).refused
    ((previewed,), _) = preview(home, [path], **options)
    assert previewed.problem == found.reason
    return found.reason


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("layout", ["lines", "pretty", "array", "utf-16", "gzip"])
@pytest.mark.parametrize("words", sorted(JSON_SHAPES))
def test_a_payload_that_is_not_read_is_named_on_however_many_lines(
    home: Home, tmp_path: Path, words: str, layout: str
) -> None:
    shape = JSON_SHAPES[words]
    text = json.dumps([shape] if layout == "array" else shape, indent=1 if layout != "lines" else 0)
    content = text.replace("\n", "") if layout == "lines" else text
    coded = content.encode("utf-16" if layout == "utf-16" else "utf-8")
    reason = refusal(
        home, put(tmp_path / "x.json", gzip.compress(coded) if layout == "gzip" else coded)
    )
    assert words in reason
    assert "which is not read" in reason
    assert "jq" not in reason
    assert "needs" not in reason
    assert "somebody" not in reason


@pytest.mark.parametrize("form", ["csv", "tsv", "xlsx", "zip"])
@pytest.mark.parametrize("words", sorted(TABLES))
def test_a_table_of_another_console_is_named(
    home: Home, tmp_path: Path, words: str, form: str
) -> None:
    header = TABLES[words]
    cells = ["somebody"] * len(header)
    if form == "xlsx":
        path = put(tmp_path / "report.xlsx", make_xlsx("Sheet1", header, [cells]))
    elif form == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("report.csv", ",".join(header) + "\n")
        path = put(tmp_path / "report.zip", packed.getvalue())
    else:
        mark = "," if form == "csv" else "\t"
        path = put(tmp_path / f"report.{form}", f"{mark.join(header)}\n{mark.join(cells)}\n")
    reason = refusal(home, path)
    assert words in reason
    assert "needs" not in reason
    assert "somebody" not in reason


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("profile_metric.csv", "DATE,PROFILE_USERNAME,VIDEO_VIEWS,PROFILE_VIEWS,LIKES"),
        ("windsor.tsv", "date\taccount_id\tfollowers_count\tprofile_views\tvideo_views"),
        ("videos_of_the_api.csv", "item_id,video_views,likes,comments"),
        ("metrics.jsonl", '{"metric_date": "x", "video_views": 1, "daily_new_followers": 2}'),
    ],
)
def test_a_connectors_table_of_the_accounts_api_is_named(
    home: Home, tmp_path: Path, name: str, columns: str
) -> None:
    reason = refusal(home, put(tmp_path / name, f"{columns}\n"))
    assert "has fields of the Accounts API" in reason
    assert "JSON Lines" in reason
    assert "event log" not in reason


def test_each_shape_is_found_by_its_own_names_and_by_no_entitys(tmp_path: Path) -> None:
    for neighbour in NEIGHBOURS:
        names = sorted(neighbour.marks)
        found = find_neighbour(put(tmp_path / "a.csv", "\t".join(names) + "\n"), "a.csv")
        assert found is not None
        assert neighbour.name in found
        assert neighbour.instead in found
    for entity in ENTITIES.values():
        path = put(tmp_path / "e.csv", ",".join(entity.columns) + "\n")
        assert find_neighbour(path, path.name) is None


def test_no_example_of_what_is_read_is_a_neighbour() -> None:
    examples = [path for path in (PROJECT_ROOT / "examples").rglob("*") if path.is_file()]
    assert examples
    assert [path for path in examples if find_neighbour(path, path.name)] == []


def test_a_mapping_that_describes_a_report_reads_it(home: Home, tmp_path: Path) -> None:
    put(
        home.root / "mappings" / "shop.yml",
        "name: shop\nfiles: ['orders*.csv']\nentities:\n"
        "  - entity: conversions\n    columns:\n"
        "      conversion_id: '\"Order ID\"'\n      converted_at: '\"Created Time\"'\n"
        "    constants: {account_id: a, conversion_type: purchase}\n",
    )
    path = put(
        tmp_path / "orders.csv",
        "Order ID,Created Time,Order Status,SKU ID,Buyer Username\n1,2026-01-01,x,2,somebody\n",
    )
    found = ingest_paths(home, [path], mapping=home.root / "mappings" / "shop.yml")
    assert [file.entity for file in found.landed] == ["conversions"]


def test_json_of_something_else_sends_nobody_to_reformat_it(home: Home, tmp_path: Path) -> None:
    reason = refusal(home, put(tmp_path / "p.json", json.dumps({"who": ["somebody"]}, indent=2)))
    assert "is JSON of something else" in reason
    assert "jq" not in reason
    # Rows of an entity that stand over several lines are told how.
    row = dict.fromkeys(ENTITIES["video_views"].columns, "1")
    assert "jq" in refusal(home, put(tmp_path / "v.json", json.dumps(row, indent=2)))


GERMAN = {
    "Deine Aktivität/Wiedergabeverlauf": "Datum: 2026-02-01 10:00:00 UTC\nLink: x\n",
    "Deine Aktivität/Suchen": "Datum: 2026-02-01 10:00:00 UTC\nSuchbegriff: geheim\n",
    "Profil und Einstellungen/Profilinformationen": "Nutzername: herr.mueller\n",
}
OTHERS = {
    "French": {"Votre activité/Historique": "Date: 2026-02-01 10:00:00\nLien: x\n"},
    "Spanish": {"Tu actividad/Historial de videos": "Fecha: 2026-02-01 10:00:00\nEnlace: x\n"},
    "Portuguese": {"Sua atividade/Histórico": "Data: 2026-02-01 10:00:00 UTC\nLink: x\n"},
    "a language that is not known": {"活動/歴史": "日付: 2026-02-01 10:00:00 UTC\nL: x\n"},
}


@pytest.mark.parametrize("account", [None, "anna"])
@pytest.mark.parametrize("language", ["German", *OTHERS])
def test_text_archives_of_another_language_are_said_to_be_at_once(
    home: Home, tmp_path: Path, language: str, account: str | None
) -> None:
    for name, text in (GERMAN if language == "German" else OTHERS[language]).items():
        put(tmp_path / f"TikTok_Data_1772000000/TikTok/{name}.txt", text)
    settings = exports.Settings(account=account)
    reason = refusal(home, tmp_path / "TikTok_Data_1772000000", settings=settings)
    assert f"text files are in {language}" in reason
    assert "as JSON" in reason
    assert "geheim" not in reason


def test_a_single_text_file_of_another_language_is_named_too(home: Home, tmp_path: Path) -> None:
    path = put(tmp_path / "Wiedergabeverlauf.txt", "Datum: 2026-02-01 10:00:00 UTC\nLink: x\n")
    assert "text files are in German" in refusal(home, path)
