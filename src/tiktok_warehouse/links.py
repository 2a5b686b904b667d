"""Find links that lead nowhere: in Markdown, as GitHub renders it, and in HTML. Asks no host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
# Attributes by which an HTML page names another file.
_LINKS = ("href", "src", "srcset", "poster", "data")
_SCHEMES = ("http", "https", "mailto")


@dataclass
class _Page:
    """What one file links to, and what others may link to in it."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Collects a page's links and anchors."""

    def __init__(self, page: _Page) -> None:
        super().__init__()
        self.page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.page.anchors.add(value or "")
            elif name in _LINKS:
                self.page.links.append(value or "")


def make_markdown() -> MarkdownIt:
    """A parser of the Markdown that the project's pages are written in."""
    return MarkdownIt("commonmark").enable("table")


def list_headings(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """Each heading's opening token with the anchor that GitHub gives it."""
    seen: dict[str, int] = {}
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            text = "".join(
                child.content
                for child in tokens[position + 1].children or []
                if child.type in ("text", "code_inline")
            )
            slug = _NOT_IN_SLUG.sub("", text.strip().lower()).replace(" ", "-")
            repeated = seen.get(slug, 0)
            seen[slug] = repeated + 1
            yield token, f"{slug}-{repeated}" if repeated else slug


def find_broken_links(paths: Iterable[Path], root: Path) -> list[str]:
    """The links of some pages that lead to no file, to no anchor or out of the project.

    Args:
        paths: of Markdown (``.md``) and HTML pages.
        root: folder that no link may leave.

    Returns:
        ``page: link (what is wrong)`` for each. Of links to other hosts only the form is judged.
    """
    pages: dict[Path, _Page] = {}
    return [
        f"{path.relative_to(root)}: {link} ({fault})"
        for path in paths
        for link in _read(path, pages).links
        if (fault := _find_fault(path, link, root.resolve(), pages))
    ]


def _find_fault(path: Path, link: str, root: Path, pages: dict[Path, _Page]) -> str | None:
    try:
        parts = urlsplit(link)
    except ValueError:
        return "no address"
    if parts.scheme == "data":
        return None
    if parts.scheme or parts.netloc:
        named = parts.path if parts.scheme == "mailto" else parts.netloc
        return None if parts.scheme in _SCHEMES and named else "no address"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
    if not target.is_relative_to(root):
        return "outside the project"
    if not target.exists():
        return "no such file"
    if parts.fragment and target.suffix in (".md", ".html"):
        anchors = _read(target, pages).anchors
        return None if unquote(parts.fragment) in anchors else "no such anchor"
    return None


def _read(path: Path, pages: dict[Path, _Page]) -> _Page:
    path = path.resolve()
    if path not in pages:
        page = pages[path] = _Page()
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            tokens = make_markdown().parse(text)
            page.anchors.update(anchor for _, anchor in list_headings(tokens))
            for token in _walk(tokens):
                if token.type in ("html_block", "html_inline"):
                    _Reader(page).feed(token.content)
                elif link := token.attrGet("href") or token.attrGet("src"):
                    page.links.append(str(link))
        else:
            _Reader(page).feed(text)
    return pages[path]


def _walk(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _walk(token.children or [])
