"""Write docs/checks.md: what every check is, why it is flagged and how to remedy it.

``python -m tiktok_warehouse.check_docs`` writes the page from what stands beside the checks: the
suites in expectations/, tests/singular/_singular.yml, and docs/check_kinds.yml for the kinds of
dbt tests. A test holds the committed page equal to it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tiktok_warehouse.check_results import last_layer
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import PROJECT_ROOT
from tiktok_warehouse.validate import load_great_expectations

PAGE = Path("docs/checks.md")

# dbt tests are about the logic of the project. One that right data can set off says how.
_NONE = "None: it is about tables of one build."
_REFERENCE = re.compile(r"ref\('(\w+)'\)")
_MART_VARIABLE = re.compile(r"'(daily_\w+)':")
_INTRODUCTION = """\
# Checks

Every refresh is checked before readers see it. dbt tests prove that the logic is right (keys,
relations, identities, formulas); Great Expectations watches whether the data is plausible at the
borders (what came in, what staging made of it, what goes out). A **critical** failure publishes
nothing (exit code 3) and readers keep the last version; a **warning** is published and shown. Every
result stands in `quality.check_results`; what the expectations saw is in `published/data_docs/`
(after a failure: `logs/data_docs-failed/`). dbt tests of tables that no new row can change are left
out of a refresh: they passed on the same rows.

A critical expectation that is right about a change you mean is published for once with
`tiktok-warehouse refresh --accept <check>`. dbt's tests cannot be accepted.

The rows that break a dbt test are a view of its name in the schema `quality` of the build database
(`duckdb -readonly <home>/build/warehouse.duckdb`), as they are now; never published.

This page is generated: `python -m tiktok_warehouse.check_docs`.
"""


def render(root: Path = PROJECT_ROOT) -> str:
    """The page as it has to be.

    Raises:
        UsageError: a singular test or a kind of test has no documentation.
    """
    load_great_expectations()
    import expectations

    parts = [_INTRODUCTION, "## Expectations, by layer\n"]
    for check in expectations.list_checks():
        facts = f"{check.severity} · {check.layer} · Great Expectations · expects {check.expected}"
        parts.append(_write_section(check.name, facts, vars(check)))
    parts.append("## dbt tests of the whole project, by name\n")
    for name, layer, test in _read_singular(root):
        severity = "warning" if test["config"].get("severity") == "warn" else "critical"
        meta = test["config"]["meta"]
        facts = f"{severity} · {layer} · dbt · tests/singular/{name}.sql"
        parts.append(_write_section(name, facts, {"what": test["description"], **meta}))
    parts.append("## dbt tests of columns and tables, by kind\n")
    for name, kind in _read_kinds(root).items():
        facts = "critical unless its YAML says `severity: warn` · every layer · dbt"
        parts.append(_write_section(name, facts, kind))
    return "\n".join(parts)


def _write_section(name: str, facts: str, words: Mapping[str, str]) -> str:
    return (
        f"### {name}\n{facts}\n\n"
        f"- **What it is.** {_join(words['what'])}\n"
        f"- **Why it is flagged.** {_join(words['why'])}\n"
        f"- **How to remedy.** {_join(words['remedy'])}\n"
        f"- **What right data sets it off.** {_join(words.get('right_data', _NONE))}\n"
    )


def _join(text: str) -> str:
    return " ".join(text.split())


def _read_singular(root: Path) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    folder = root / "tests" / "singular"
    described = {
        test["name"]: test
        for test in yaml.safe_load((folder / "_singular.yml").read_text(encoding="utf-8"))[
            "data_tests"
        ]
    }
    paths = {path.stem: str(path.relative_to(root)) for path in (root / "models").rglob("*.sql")}
    for path in sorted(folder.glob("*.sql")):
        meta = described.get(path.stem, {}).get("config", {}).get("meta", {})
        if not {"why", "remedy"} <= set(meta):
            raise UsageError(
                f"{path.relative_to(root)} has no description, why and remedy in"
                " tests/singular/_singular.yml. Write what the test is, why a returned row is"
                " flagged and how to remedy it."
            )
        sql = path.read_text(encoding="utf-8")
        names = {*_REFERENCE.findall(sql), *_MART_VARIABLE.findall(sql)}
        layer = last_layer([paths[name] for name in names if name in paths])
        yield path.stem, layer, described[path.stem]


def _read_kinds(root: Path) -> dict[str, dict[str, str]]:
    kinds: dict[str, dict[str, str]] = yaml.safe_load(
        (root / "docs" / "check_kinds.yml").read_text(encoding="utf-8")
    )
    used = {
        kind
        for folder in ("models", "seeds")
        for path in (root / folder).rglob("*.yml")
        for kind in _find_kinds(yaml.safe_load(path.read_text(encoding="utf-8")))
    }
    if missing := sorted(used - set(kinds)):
        raise UsageError(
            f"docs/check_kinds.yml does not describe {', '.join(missing)}. Write what this kind of"
            " test is, why a returned row is flagged and how to remedy it."
        )
    return kinds


def _find_kinds(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in part:
            yield from _find_kinds(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("data_tests", "tests") and isinstance(value, list):
                yield from (item if isinstance(item, str) else next(iter(item)) for item in value)
            else:
                yield from _find_kinds(value)


def main() -> None:
    """Write the page."""
    (PROJECT_ROOT / PAGE).write_text(render(), encoding="utf-8")
    sys.stdout.write(f"Wrote {PAGE}\n")


if __name__ == "__main__":
    main()
