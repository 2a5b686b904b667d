"""`make docs` gives one folder that opens from disk and asks no other host for anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tiktok_warehouse import docs_site
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import PROJECT_ROOT, Home

# What a browser fetches by itself, as against an <a> that somebody clicks.
FETCHED = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*(?:src|href)=["']?(?:https?:)?//|@import|url\(["']?http"""
)
DBT_PAGE = """\
<!doctype html><html><head><meta charset="utf-8"><link rel="canonical" href="/overview/"/>\
<link rel="shortcut icon" href="${require('./assets/favicons/favicon.ico')}"/></head>\
<script>manifest = {"root_path": "ROOT"}</script></html>
"""


@pytest.fixture(scope="module")
def site(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    dbt_page = folder / "static_index.html"
    dbt_page.write_text(DBT_PAGE.replace("ROOT", str(PROJECT_ROOT)), encoding="utf-8")
    assert docs_site.build(sample_home, dbt_page, folder / "site") == []
    return folder / "site"


def test_no_page_fetches_anything_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    assert [page.name for page in pages if FETCHED.search(page.read_text(encoding="utf-8"))] == []


def test_the_entry_page_leads_to_everything(site: Path) -> None:
    page = (site / "index.html").read_text(encoding="utf-8")
    addresses = set(re.findall(r'href="([^"]+)"', page))
    assert {"dbt.html", "data_docs/index.html", "docs/erd.html", "docs/glossary.html"} <= addresses
    assert {page.with_suffix(".html").as_posix() for page in docs_site.list_pages()} <= addresses


def test_each_diagram_is_drawn_with_every_table_of_its_subject(site: Path) -> None:
    page = (site / "docs" / "erd.html").read_text(encoding="utf-8")
    assert "mermaid" not in page
    drawn = re.findall(r'<text class="name"[^>]*>(\w+)</text>', page)
    assert {"dim_accounts", "daily_account_kpis", "conversion_funnel", "data_trust"} <= set(drawn)
    assert page.count("<svg") == 6
    assert 'class="by-name"' in page


def test_dbts_page_shows_no_path_of_the_machine_and_may_ask_nobody(site: Path) -> None:
    page = (site / "dbt.html").read_text(encoding="utf-8")
    assert str(PROJECT_ROOT) not in page
    assert '<head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'' in page
    assert "shortcut icon" not in page


def test_without_dbts_page_it_is_said_what_makes_it(home: Home, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="make docs"):
        docs_site.build(home, tmp_path / "absent.html", tmp_path / "site")
