"""Put the documentation together into one folder that opens from disk: ``target/docs/``.

``python -m tiktok_warehouse.docs_site`` (``make docs``) takes dbt's page of models and lineage
(``dbt docs generate --static``), Great Expectations' Data Docs and the dashboard of the published
sample, and the project's Markdown pages. No page asks another host for anything.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from tiktok_warehouse import links, model_docs
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home
from tiktok_warehouse.model_docs import Column, Relation, Table

SITE = Path("target/docs")
DBT_STATIC_PAGE = Path("target/static_index.html")
DBT_PAGE = "dbt.html"
STYLE = "style.css"

# dbt's page runs scripts of its own and asks nobody else; the browser sees to that.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    " script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:;"
    ' font-src data:">'
)
# Its address was never filled in.
_BROKEN_ICON = re.compile(r'<link rel="shortcut icon" href="\$\{[^"]*"/?>')
_CANONICAL = re.compile(r'<link rel="canonical"[^>]*>')

_CSS = """\
:root { color-scheme: light dark; --line: #8886; --soft: #8881; }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 60rem;
  padding: 0 1.25rem 4rem; }
nav { border-bottom: 1px solid var(--line); margin-bottom: 1.5rem; padding: .75rem 0; }
h1, h2, h3 { line-height: 1.25; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left;
  vertical-align: top; }
code, pre { background: var(--soft); font-size: .9em; }
pre { overflow-x: auto; padding: .75rem; }
img, svg { height: auto; max-width: 100%; }
svg text { fill: currentColor; font: 13px system-ui, sans-serif; }
svg .name { font-weight: 600; }
svg .mark { opacity: .6; text-anchor: end; }
svg rect { fill: var(--soft); stroke: var(--line); }
svg path { fill: none; opacity: .55; stroke: currentColor; stroke-width: 1.4; }
svg path.by-name { stroke-dasharray: 2 5; }
"""

_BOX_WIDTH = 270
_GAP_WIDTH = 200
_LINE_HEIGHT = 20
_BOX_GAP = 24
_MARGIN = 44


def build(home: Home, dbt_page: Path, site: Path, root: Path = PROJECT_ROOT) -> list[str]:
    """Write the site anew.

    Args:
        home: with the published sample.
        dbt_page: what ``dbt docs generate --static`` wrote.
        site: folder to fill; what was in it is removed.
        root: of the project.

    Returns:
        The broken links of its pages (dbt's page, whose links are made by its script, apart).

    Raises:
        UsageError: dbt's page or the published Data Docs are absent.
    """
    for path in (dbt_page, home.published / "data_docs"):
        if not path.exists():
            raise UsageError(f"{path} is absent. Run: make docs")
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    (site / STYLE).write_text(_CSS, encoding="utf-8")
    text = dbt_page.read_text(encoding="utf-8")
    (site / DBT_PAGE).write_text(clean_dbt_page(text, root), encoding="utf-8")
    shutil.copytree(root / "docs" / "images", site / "docs" / "images")
    folders = [name for name in ("data_docs", "dashboard") if (home.published / name).is_dir()]
    for name in folders:
        shutil.copytree(home.published / name, site / name)
    titles = {page: _write_page(page, site, root) for page in list_pages(root)}
    (site / "index.html").write_text(_write_index(titles, folders), encoding="utf-8")
    pages = sorted(path for path in site.rglob("*.html") if path.name != DBT_PAGE)
    return links.find_broken_links(pages, site)


def list_pages(root: Path = PROJECT_ROOT) -> list[Path]:
    """The project's Markdown pages, relative to its root."""
    return [
        *(Path(name) for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
        *(
            path.relative_to(root)
            for folder in ("docs", "docs/decisions")
            for path in sorted((root / folder).glob("*.md"))
        ),
    ]


def clean_dbt_page(text: str, root: Path) -> str:
    """dbt's page without the paths of this machine, and forbidden to ask another host."""
    text = _CANONICAL.sub("", _BROKEN_ICON.sub("", text))
    text = text.replace(json.dumps(str(root))[1:-1], ".")
    return text.replace("<head>", f"<head>{_POLICY}", 1)


def _write_page(page: Path, site: Path, root: Path) -> str:
    markdown = links.make_markdown()
    tokens = markdown.parse((root / page).read_text(encoding="utf-8"))
    title = page.stem
    for position, (token, anchor) in enumerate(links.list_headings(tokens)):
        token.attrSet("id", anchor)
        if position == 0:
            title = tokens[tokens.index(token) + 1].content
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                child.attrSet("href", _point_to_site(str(child.attrGet("href"))))
    diagrams = _draw_diagrams(root) if page == model_docs.ERD_PAGE else iter(())
    for token in tokens:
        if token.type == "fence" and token.info == "mermaid":
            token.type, token.content = "html_block", next(diagrams)
    target = site / page.with_suffix(".html")
    target.parent.mkdir(parents=True, exist_ok=True)
    up = "../" * (len(page.parts) - 1)
    body = f'<nav><a href="{up}index.html">Documentation</a></nav>\n'
    body += markdown.renderer.render(tokens, markdown.options, {})
    target.write_text(_write_html(title, body, up), encoding="utf-8")
    return title


def _point_to_site(link: str) -> str:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc or not parts.path.endswith(".md"):
        return link
    return parts._replace(path=parts.path.removesuffix(".md") + ".html").geturl()


def _write_html(title: str, body: str, up: str = "") -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{up}{STYLE}"></head><body>\n'
        f"{body}</body></html>\n"
    )


def _write_index(titles: dict[Path, str], folders: Sequence[str]) -> str:
    first = [
        (DBT_PAGE, "Models, columns and lineage", "dbt's own pages, with every test and exposure"),
        (_find_address(model_docs.ERD_PAGE), "Tables and how they join", "entities by subject"),
        (_find_address(model_docs.GLOSSARY_PAGE), "Glossary", "every KPI and column"),
        ("data_docs/index.html", "Data Docs", "what the expectations saw in the sample"),
    ]
    if "dashboard" in folders:
        first.append(("dashboard/index.html", "Dashboard", "the sample's"))
    shown = (model_docs.ERD_PAGE, model_docs.GLOSSARY_PAGE)
    body = "<h1>Documentation of the TikTok warehouse</h1>\n<ul>"
    body += "".join(
        f'<li><a href="{address}">{escape(title)}</a>: {escape(what)}</li>'
        for address, title, what in first
    )
    body += "</ul>\n"
    rest = [page for page in titles if page not in shown]
    for folder, pages in groupby(rest, key=lambda page: page.parent):
        heading = {"docs": "Pages", "docs/decisions": "Decisions"}.get(str(folder), "The project")
        body += f"<h2>{heading}</h2>\n<ul>"
        body += "".join(
            f'<li><a href="{_find_address(page)}">{escape(titles[page])}</a></li>' for page in pages
        )
        body += "</ul>\n"
    return _write_html("TikTok warehouse", body)


def _find_address(page: Path) -> str:
    return page.with_suffix(".html").as_posix()


def _draw_diagrams(root: Path) -> Iterator[str]:
    tables = model_docs.read_tables(root)
    for subject, members in groupby(tables, key=lambda table: table.subject):
        yield draw_diagram(subject, model_docs.pick_diagram(list(members), tables))


def draw_diagram(title: str, tables: Sequence[Table]) -> str:
    """An SVG of tables with their keys: what is joined on the left, what joins it on the right."""
    joined = {relation.table for table in tables for relation in table.relations}
    left = [table for table in tables if table.name in joined]
    right = [table for table in tables if table.name not in joined]
    right_x = _MARGIN + (_BOX_WIDTH + _GAP_WIDTH if left else 0)
    places: dict[str, tuple[int, int]] = {}
    height = 0
    for x, column in ((_MARGIN, left), (right_x, right)):
        y = 4
        for table in column:
            places[table.name] = (x, y)
            y += _find_height(table) + _BOX_GAP
        height = max(height, y)
    by_name = {table.name: table for table in tables}
    lines = [
        _draw_relation(table, relation, by_name, places)
        for table in tables
        for relation in table.relations
    ]
    boxes = [_draw_box(table, *places[table.name]) for table in tables]
    width = right_x + _BOX_WIDTH + 4
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" width="{width}">'
        f"<title>Tables of {escape(title)} and what they join</title>"
        f"{''.join(lines)}{''.join(boxes)}</svg>\n"
    )


def _find_height(table: Table) -> int:
    return (len(table.list_keys()) + 1) * _LINE_HEIGHT + 8


def _find_line(table: Table, column: str, top: int) -> int:
    names = [key.name for key in table.list_keys()]
    return top + (names.index(column) + 1) * _LINE_HEIGHT + _LINE_HEIGHT // 2 + 4


def _draw_box(table: Table, x: int, y: int) -> str:
    joins = {relation.column for relation in table.relations}
    text = f'<text class="name" x="{x + 8}" y="{y + 18}">{escape(table.name)}</text>'
    for key in table.list_keys():
        base = _find_line(table, key.name, y) + 5
        text += f'<text x="{x + 8}" y="{base}">{escape(key.name)}</text>'
        marks = _find_marks(key, table, joins)
        text += f'<text class="mark" x="{x + _BOX_WIDTH - 8}" y="{base}">{marks}</text>'
    box = f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_find_height(table)}" rx="4"/>'
    return box + text


def _find_marks(key: Column, table: Table, joins: set[str]) -> str:
    return " ".join(
        [*(["PK"] if key.name in table.grain else []), *(["FK"] if key.name in joins else [])]
    )


def _draw_relation(
    table: Table,
    relation: Relation,
    tables: dict[str, Table],
    places: dict[str, tuple[int, int]],
) -> str:
    one_x, one_y = places[relation.table]
    many_x, many_y = places[table.name]
    start = _find_line(tables[relation.table], relation.key, one_y)
    end = _find_line(table, relation.column, many_y)
    if one_x == many_x:
        bend = one_x - _MARGIN + 6
        line = f"M{one_x} {start}C{bend} {start} {bend} {end} {many_x} {end}"
    else:
        one_x += _BOX_WIDTH
        middle = (one_x + many_x) // 2
        line = f"M{one_x} {start}C{middle} {start} {middle} {end} {many_x - 10} {end}"
    foot = f"M{many_x} {end - 6}L{many_x - 10} {end}L{many_x} {end + 6}M{many_x - 10} {end}h10"
    kind = "" if relation.is_tested else ' class="by-name"'
    return f'<path{kind} d="{line}"/><path d="{foot}"/>'


def main() -> None:
    """Write the site of the published sample, and fail if a link of it leads nowhere."""
    home = open_home(PROJECT_ROOT / "home" / "sample")
    broken = build(home, PROJECT_ROOT / DBT_STATIC_PAGE, PROJECT_ROOT / SITE)
    if broken:
        sys.exit("Links that lead nowhere:\n" + "\n".join(broken))
    sys.stdout.write(f"Documentation: {SITE / 'index.html'}\n")


if __name__ == "__main__":
    main()
