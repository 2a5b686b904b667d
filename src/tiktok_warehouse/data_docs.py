"""Great Expectations' Data Docs, made to open without a network.

Great Expectations' pages fetch their styles and scripts from eight hosts, and its index is drawn
by one of those scripts: without a network it is blank. Here the pages keep their content, take one
local style sheet, and get an index of their own that says what each check means.
"""

from __future__ import annotations

import logging
import re
import shutil
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from tiktok_warehouse.check_results import LAYERS, CheckResult, link_docs

STYLE = "style.css"

_SCRIPTS = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
_LINKS = re.compile(r"<link\b[^>]*>", re.IGNORECASE)
_STYLES = re.compile(r"<style>.*?</style>", re.DOTALL | re.IGNORECASE)
_REMOTE_IMAGES = re.compile(r"<img\b[^>]*?src=\"https?:[^>]*>", re.DOTALL | re.IGNORECASE)
# Buttons that only a script could answer.
_ACTIONS = re.compile(
    r'<div class="card mb-3">\s*<div class="card-header p-2">\s*<strong>Actions</strong>.*?'
    r'(?=<div class="card d-md-block)',
    re.DOTALL,
)

_SIGNS = {
    "passed": ("✓", "good"),
    "warning": ("⚠", "warn"),
    "failed": ("✗", "bad"),
    "skipped": ("-", "warn"),
}

# A newsletter's sign-up.
_FOOTER = re.compile(r"<footer\b.*?</footer>", re.DOTALL | re.IGNORECASE)

_CSS = """\
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #1a7f37; --bad: #cf222e;
  --warn: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #ff7b72; --warn: #d29922; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 90rem;
  padding: 0 1.5rem 3rem; }
h1 { font-size: 1.5rem; margin: 1.5rem 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h4, h5, h6 { font-size: 1rem; margin: .25rem 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
thead th { background: var(--soft); white-space: nowrap; }
details { max-width: 60rem; } summary { cursor: pointer; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; white-space: pre-wrap; }
.good, .text-success { color: var(--good); } .bad, .text-danger { color: var(--bad); }
.warn, .text-warning { color: var(--warn); }
td:first-child, summary { overflow-wrap: normal; white-space: nowrap; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; } .col-12 { width: 100%; }
.col-lg-2 { flex: 0 0 14rem; } .col-lg-10 { flex: 1 1 30rem; min-width: 0; }
.navbar .breadcrumb, nav ul { list-style: none; margin: .75rem 0; padding: 0; }
.breadcrumb { display: flex; gap: .5rem; } .breadcrumb li + li::before { content: "/ "; }
.alert { background: var(--soft); border-radius: 6px; margin: 1rem 0 .5rem; padding: .5rem .75rem; }
.badge { background: var(--soft); border-radius: 4px; padding: 0 .3rem; }
.collapse { display: none; } .collapse:target { display: block; }
.fa-check-circle::before { content: "\\2713"; color: var(--good); }
.fa-times::before { content: "\\2717"; color: var(--bad); }
.fa-exclamation-triangle::before { content: "\\26A0"; color: var(--warn); }
.fas { font-style: normal; }
"""


def describe_site(folder: Path) -> dict[str, Any]:
    """The site that Great Expectations renders into ``folder``."""
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder),
        },
    }


class _Unwritten(logging.Filter):
    """Catches what Great Expectations logs of a page that it could not write, before it goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[OSError] = []

    def filter(self, record: logging.LogRecord) -> bool:
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self.errors.append(error)
        return not isinstance(error, OSError)


def render(context: Any, folder: Path) -> None:
    """Let Great Expectations render its site, every page of it.

    Args:
        context: Great Expectations' data context, with the site of ``describe_site``.
        folder: of that site.

    Raises:
        OSError: a page could not be written.
    """
    logger = logging.getLogger("great_expectations.render.renderer.site_builder")
    unwritten = _Unwritten()
    logger.addFilter(unwritten)
    try:
        context.build_data_docs()
    finally:
        logger.removeFilter(unwritten)
    if unwritten.errors:
        first = unwritten.errors[0]
        # A write that fails does not say where.
        raise OSError(first.errno, first.strerror, first.filename or str(folder)) from first


def finish(folder: Path, run_id: str, checks: Sequence[tuple[CheckResult, str]]) -> None:
    """Cut every page loose from the network, and write the index.

    Args:
        folder: the rendered site.
        run_id: of the run, shown on the index.
        checks: each result with the page (``layer/observation``) that shows it.

    Raises:
        OSError: no space.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Logos, animations and fonts: four megabytes in every published version.
    shutil.rmtree(folder / "static", ignore_errors=True)
    for page in folder.rglob("*.html"):
        depth = len(page.relative_to(folder).parts) - 1
        page.write_text(
            _cut_loose(page.read_text(encoding="utf-8"), "../" * depth), encoding="utf-8"
        )
    (folder / STYLE).write_text(_CSS, encoding="utf-8")
    (folder / "index.html").write_text(_write_index(folder, run_id, checks), encoding="utf-8")


def _cut_loose(page: str, root: str) -> str:
    for pattern in (_SCRIPTS, _LINKS, _STYLES, _REMOTE_IMAGES, _ACTIONS, _FOOTER):
        page = pattern.sub("", page)
    return page.replace("</head>", f'<link rel="stylesheet" href="{root}{STYLE}"></head>', 1)


def _write_index(folder: Path, run_id: str, checks: Sequence[tuple[CheckResult, str]]) -> str:
    sections = []
    for layer in LAYERS:
        rows = [_write_row(folder, check, page) for check, page in checks if check.layer == layer]
        if rows:
            sections.append(
                f"<h2>{layer}</h2><table><thead><tr><th>Status</th><th>Check</th>"
                "<th>Observed</th><th>Expected</th></tr></thead>"
                f"<tbody>{''.join(rows)}</tbody></table>"
            )
    failed, warned = (
        sum(check.outcome == outcome for check, _ in checks) for outcome in ("failed", "warning")
    )
    verdict = (
        f'<span class="bad">{failed} failed, nothing was published</span>'
        if failed
        else '<span class="good">published</span>'
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>Checks of {escape(run_id)}</title><link rel="stylesheet" href="{STYLE}"></head>'
        f"<body><h1>Is the data plausible?</h1><p>Run {escape(run_id)}: {len(checks)} checks by"
        f" Great Expectations, {warned} with a warning: {verdict}. The results of dbt's tests stand"
        f" beside these in <code>quality.check_results</code>.</p>{''.join(sections)}"
        "</body></html>\n"
    )


def _write_row(folder: Path, check: CheckResult, page: str) -> str:
    sign, style = _SIGNS[check.outcome]
    pages = sorted((folder / "validations" / page).rglob("*.html"))
    link = f' · <a href="{escape(str(pages[0].relative_to(folder)))}">details</a>' if pages else ""
    explained = f"What to do: {check.remedy}" if check.remedy else ""
    return (
        f'<tr><td class="{style}">{sign} {check.outcome}</td>'
        f"<td><details><summary>{check.check_name}</summary><p>{check.severity}{link}</p><p>{escape(explained)}</p>"
        f"<p><code>{link_docs(check.anchor)}</code></p></details></td>"
        f"<td>{escape(check.observed)}</td><td>{escape(check.expected)}</td></tr>"
    )
