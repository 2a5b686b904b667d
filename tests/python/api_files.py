"""Invented payloads of the organic Accounts API, in the wrappings that connectors land.

Fields that must not land (display name, biography, pictures) hold a canary each. Nobody exists.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tiktok_warehouse.sources.export_file import ExportFile

HANDLE = "invented_cook"
BUSINESS_ID = "biz-00042"
VIDEO_ID = "7300000000000000001"
CAPTURED = "2025-01-10T11:12:13.456789Z"
CAPTURED_TEXT = "2025-01-10 11:12:13Z"
MODIFIED = datetime(2025, 1, 11, 1, 2, 3, 400, tzinfo=UTC)

_SECRETS = ("display_name", "bio_description", "profile_image", "thumbnail_url", "embed_url")
CANARIES = {name: f"zqxcanary{name}" for name in _SECRETS}


def make_day(day: int = 1, **more: Any) -> dict[str, Any]:
    """One day as ``metrics`` holds it: numbers as int, as text and as float."""
    return {
        "date": f"2025-01-{day:02d}",
        "video_views": 1000 + day,
        "unique_video_views": f"{800 + day}",
        "profile_views": 31.0,
        "likes": 20,
        "comments": "3",
        "shares": "-",
        "followers_count": 5000,
        "daily_total_followers": 5000,
        "daily_new_followers": 12,
        "daily_lost_followers": 2,
        "engaged_audience": 55,
        "phone_number_clicks": None,
        "audience_activity": [{"hour": "0", "count": 3}],
        **more,
    }


def make_account(days: int = 2, *, is_business: bool = True, **more: Any) -> dict[str, Any]:
    """``data`` of ``/business/get/``."""
    audience: dict[str, Any] = {
        "audience_ages": [
            {"age": "18-24", "percentage": 0.625},
            {"age": "55+", "percentage": "0.375"},
        ],
        "audience_genders": [{"gender": "Female", "percentage": 0.50}],
        "audience_countries": [{"country": "NL", "percentage": 1}],
        "audience_cities": [{"city_name": "Nergensdorp", "percentage": 0.1}],
    }
    return {
        "is_business_account": is_business,
        "username": HANDLE,
        "display_name": CANARIES["display_name"],
        "bio_description": CANARIES["bio_description"],
        "profile_image": CANARIES["profile_image"],
        "is_verified": False,
        "following_count": 12,
        "followers_count": 5001,
        "total_likes": "123456",
        "videos_count": 42,
        "metrics": [make_day(day) for day in range(1, days + 1)],
        **audience,
        **more,
    }


def make_video(item_id: Any = VIDEO_ID, **more: Any) -> dict[str, Any]:
    """One video of ``/business/video/list/``."""
    return {
        "item_id": item_id,
        "media_type": "VIDEO",
        "is_ad": False,
        "create_time": "1735787045",
        "caption": "  soup, a story  ",
        "share_url": f"https://www.tiktok.com/@{HANDLE}/video/{VIDEO_ID}?x=1",
        "embed_url": CANARIES["embed_url"],
        "thumbnail_url": CANARIES["thumbnail_url"],
        "video_duration": 12.340,
        "video_views": 900,
        "reach": "700",
        "likes": 80,
        "comments": 7,
        "shares": 6,
        "favorites": 5,
        "total_time_watched": 5400.5,
        "average_time_watched": "6.0",
        "full_video_watched_rate": 0.3100,
        "new_followers": 1,
        "profile_views": None,
        "video_view_retention": [
            {"second": "0", "percentage": 1},
            {"second": "1", "percentage": 0.80},
        ],
        "impression_sources": [
            {"impression_source": "For You", "percentage": 0.9},
            {"impression_source": "Direct Message", "percentage": "0.1"},
        ],
        "engagement_likes": [{"second": "1", "percentage": 0.1}],
        "audience_types": [{"type": "NEW_VIEWER", "percentage": 0.1}],
        **more,
    }


def page(data: Any) -> dict[str, Any]:
    """The API's own answer."""
    return {"code": 0, "message": "OK", "request_id": "r1", "data": data}


def failed_page() -> dict[str, Any]:
    return {"code": 40001, "message": "no permission", "request_id": "r2", "data": {}}


def video_page(*videos: dict[str, Any], **more: Any) -> dict[str, Any]:
    return page({"videos": list(videos), "cursor": 1735787045000, "has_more": False, **more})


def to_lines(*values: Any) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


def wrap_all(record: dict[str, Any]) -> dict[str, Any]:
    """One record in every wrapping that is read; names say which."""
    airbyte = {"_airbyte_extracted_at": CAPTURED, "_airbyte_raw_id": "x"}
    return {
        "one object": record,
        "array": [record],
        "page": page(record),
        "list of pages": [page(record)],
        "lines": to_lines(record),
        "lines of pages": to_lines(page(record)),
        "printed over lines": json.dumps(page(record), indent=2),
        "pages in a row": json.dumps(page(record), indent=2) * 1,
        "airbyte columns": to_lines({**record, **airbyte}),
        "airbyte raw": to_lines({**airbyte, "_airbyte_data": record}),
        "airbyte raw as text": to_lines({**airbyte, "_airbyte_data": json.dumps(record)}),
        "airbyte protocol": to_lines(
            {
                "type": "RECORD",
                "record": {"stream": "s", "data": record, "emitted_at": 1736507533000},
            }
        ),
        "fivetran": [{**record, "_fivetran_synced": "2025-01-10 11:12:13.456 UTC"}],
    }


def flatten(record: dict[str, Any]) -> dict[str, Any]:
    """Lists as text, as warehouses without nested types get them."""
    return {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in record.items()
    }


def write(
    folder: Path,
    content: Any,
    name: str = "payload.json",
    *,
    modified: datetime | None = MODIFIED,
) -> ExportFile:
    """Content as a file; text and bytes are written as they are."""
    path = folder / name.replace("/", "__")
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return ExportFile(name, path, modified, None)
