"""No link of the documentation leads nowhere, and a link that does is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiktok_warehouse import docs_site, links
from tiktok_warehouse.home import PROJECT_ROOT


def test_each_link_of_the_projects_pages_leads_somewhere() -> None:
    pages = [PROJECT_ROOT / page for page in docs_site.list_pages()]
    assert links.find_broken_links(pages, PROJECT_ROOT) == []


def test_each_page_is_among_those_whose_links_are_checked() -> None:
    pages = {
        path.relative_to(PROJECT_ROOT)
        for path in (*PROJECT_ROOT.glob("*.md"), *(PROJECT_ROOT / "docs").rglob("*.md"))
    }
    assert pages == set(docs_site.list_pages())


PAGE = """\
# What a `view` is, and why?
## Setup
## Setup
[a](other.html) [b](#what-a-view-is-and-why) [c](#setup-1) [d](folder/ "a folder")
<a name="old"></a> [e](#old) [f](https://example.org/a#b) [g](mailto:a@example.org)
![h](image%20one.svg) [i](other.html#here) `[code](nowhere.md)`

[j]: other.html
"""


def test_links_to_files_folders_headings_and_other_hosts_are_whole(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "image one.svg").touch()
    (tmp_path / "other.html").write_text('<p id="here"><a href="page.md#setup">', encoding="utf-8")
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    pages = [tmp_path / "page.md", tmp_path / "other.html"]
    assert links.find_broken_links(pages, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a](absent.md)", "absent.md (no such file)"),
        ("![a](absent.png)", "absent.png (no such file)"),
        ("[a]\n\n[a]: absent.md", "absent.md (no such file)"),
        ("<img src='absent.png'>", "absent.png (no such file)"),
        ("# Setup\n\n[a](#Setup)", "#Setup (no such anchor)"),
        ("# Setup\n\n[a](#setup-1)", "#setup-1 (no such anchor)"),
        ("```\n# Setup\n```\n\n[a](#setup)", "#setup (no such anchor)"),
        ("[a](../outside.md)", "../outside.md (outside the project)"),
        ("[a](/etc/hosts)", "/etc/hosts (outside the project)"),
        ("[a](https:/example.org)", "https:/example.org (no address)"),
        ("[a](htps://example.org)", "htps://example.org (no address)"),
        ("[a](https://)", "https:// (no address)"),
        ("[a](mailto:)", "mailto: (no address)"),
    ],
)
def test_a_link_that_leads_nowhere_is_named(tmp_path: Path, text: str, fault: str) -> None:
    page = tmp_path / "project" / "page.md"
    page.parent.mkdir()
    (tmp_path / "outside.md").touch()
    page.write_text(text, encoding="utf-8")
    assert links.find_broken_links([page], page.parent) == [f"page.md: {fault}"]


def test_a_broken_link_of_an_html_page_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<link href="style.css"><a href="#a"><a href="http://[a">', encoding="utf-8")
    assert links.find_broken_links([page], tmp_path) == [
        "page.html: style.css (no such file)",
        "page.html: #a (no such anchor)",
        "page.html: http://[a (no address)",
    ]
