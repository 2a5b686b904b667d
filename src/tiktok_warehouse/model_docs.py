"""Write docs/erd.md and docs/glossary.md from the YAML of the marts.

``python -m tiktok_warehouse.model_docs`` writes both: which table has which grain and joins which
dimension, and what each column means. A test holds the committed pages equal to it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import PROJECT_ROOT

ERD_PAGE = Path("docs/erd.md")
GLOSSARY_PAGE = Path("docs/glossary.md")

# The folders of models that readers are meant to read, in the order of the pages.
SUBJECTS = ("core", "kpis", "content", "audience", "funnel", "quality")

_DOC = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")
_DOC_BLOCK = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)
_REFERENCE = re.compile(r"ref\('(\w+)'\)")
_GRAIN = re.compile(r"\bOne row per ([^.]*)\.")
_NULL = re.compile(r"\bNULL\b")
_QUOTED = re.compile(r"`(\w+)`")
# A window or a comparison of a KPI is measured as the KPI is.
_VARIANT = re.compile(r"_(7d|28d|week_before|week_after|before)$")
_NUMBERS = ("bigint", "integer", "double", "decimal")

_ERD_INTRODUCTION = """\
# Tables and how they join

The published tables by subject, with their keys: what one row is about (PK: no two rows share it,
as a test proves on every refresh) and what joins a dimension (FK). A table without PK tells its
rows apart by a column that may be NULL. A solid line is a relation that a test proves on every
refresh; a dotted one is a column that is named and described as the dimension's key. What each
column means: [glossary.md](glossary.md).

This page is generated: `python -m tiktok_warehouse.model_docs`.
"""
_GLOSSARY_INTRODUCTION = """\
# Glossary

Every column of the published tables: its unit, the tables that have it, what it means, when it is
NULL. Formulas with their sources: [kpis.md](kpis.md); the tables and their keys: [erd.md](erd.md).

- A column of which nothing is said about NULL always has a value; "never NULL" is tested on every
  refresh. A count that the source cannot know is NULL, never 0, and so is a ratio over 0 or over
  NULL.
- Roll a ratio up from the sums of its numerator and denominator, which stand beside it.
- Distinct people are counted anew at each grain. Never sum them.

This page is generated: `python -m tiktok_warehouse.model_docs`.
"""


@dataclass(frozen=True)
class Relation:
    """A column that holds the key of another table.

    Attributes:
        column: of this table.
        table: that it refers to.
        key: column there, alone its grain.
        is_tested: whether a ``relationships`` test proves it; else the two columns share their
            name and their description.
    """

    column: str
    table: str
    key: str
    is_tested: bool


@dataclass(frozen=True)
class Column:
    """A column as its YAML has it; the description has its texts of models/columns.md put in."""

    name: str
    data_type: str
    description: str
    is_never_null: bool


@dataclass(frozen=True)
class Table:
    """A model that readers may read.

    Attributes:
        subject: its folder, one of SUBJECTS.
        grain: names of the columns of which no two rows share all values, none ever NULL; empty
            if no test proves one, since a column that tells rows apart may be NULL.
        relations: in the order of the columns, at most one a column.
    """

    name: str
    subject: str
    description: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    relations: tuple[Relation, ...]

    def list_keys(self) -> list[Column]:
        """The columns of the grain and those that join another table, in their order."""
        names = {*self.grain, *(relation.column for relation in self.relations)}
        return [column for column in self.columns if column.name in names]


def read_tables(root: Path = PROJECT_ROOT) -> list[Table]:
    """The tables of models/marts/ and models/quality/, by subject and name.

    Raises:
        UsageError: a text of columns.md is absent.
    """
    texts = {
        name: text
        for path in sorted((root / "models").rglob("*.md"))
        for name, text in _DOC_BLOCK.findall(path.read_text(encoding="utf-8"))
    }
    models = [
        (path.parent.name, model)
        for folder in ("marts", "quality")
        for path in sorted((root / "models" / folder).rglob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    ]
    models.sort(key=lambda item: (SUBJECTS.index(item[0]), item[1]["name"]))
    grains = {model["name"]: _read_grain(model) for _, model in models}
    keys = {
        column["name"]: (model["name"], column["description"])
        for _, model in models
        if model["name"].startswith("dim_")
        for column in model["columns"]
        if grains[model["name"]] == (column["name"],)
    }
    return [
        Table(
            model["name"],
            subject,
            _fill_in(model["description"], texts),
            grains[model["name"]],
            tuple(
                _read_column(column, grains[model["name"]], texts) for column in model["columns"]
            ),
            tuple(_list_relations(model, keys, grains)),
        )
        for subject, model in models
    ]


def _read_grain(model: Mapping[str, Any]) -> tuple[str, ...]:
    if arguments := _find_test(model, "unique_grain"):
        return tuple(arguments["columns"])
    for column in model["columns"]:
        if _find_test(column, "unique") is not None:
            return (column["name"],)
    return ()


def _find_test(part: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    for test in part.get("data_tests", []):
        if test == kind:
            return {}
        if isinstance(test, dict) and kind in test:
            arguments: Mapping[str, Any] = test[kind].get("arguments", test[kind])
            return arguments
    return None


def _read_column(
    column: Mapping[str, Any], grain: Sequence[str], texts: Mapping[str, str]
) -> Column:
    return Column(
        column["name"],
        column["data_type"],
        _fill_in(column["description"], texts),
        column["name"] in grain or _find_test(column, "not_null") is not None,
    )


def _fill_in(description: str, texts: Mapping[str, str]) -> str:
    names = _DOC.findall(description)
    if missing := sorted(set(names) - set(texts)):
        raise UsageError(f"models/columns.md has no text for {', '.join(missing)}.")
    return " ".join(_DOC.sub(lambda match: texts[match[1]], description).split())


def _list_relations(
    model: Mapping[str, Any],
    keys: Mapping[str, tuple[str, str]],
    grains: Mapping[str, tuple[str, ...]],
) -> Iterable[Relation]:
    for column in model["columns"]:
        name = column["name"]
        if tested := _find_test(column, "relationships"):
            match = _REFERENCE.fullmatch(tested["to"])
            if match and match[1] in grains:
                yield Relation(name, match[1], tested["field"], is_tested=True)
        elif (
            name in keys
            and model["name"] != keys[name][0]
            and column["description"] == keys[name][1]
        ):
            yield Relation(name, keys[name][0], name, is_tested=False)


def render_erd(root: Path = PROJECT_ROOT) -> str:
    """The page of the tables as it has to be: per subject a diagram and a list.

    Raises:
        UsageError: as of :func:`read_tables`, or a table's description does not say its grain.
    """
    tables = read_tables(root)
    parts = [_ERD_INTRODUCTION]
    for subject, group in groupby(tables, key=lambda table: table.subject):
        members = list(group)
        parts += [f"## {subject}\n", "```mermaid", _write_mermaid(pick_diagram(members, tables))]
        parts += ["```\n", "| table | one row per | columns |", "|---|---|---|"]
        parts += [
            f"| `{table.name}` | {_find_grain_text(table)} | {len(table.columns)} |"
            for table in members
        ]
        parts.append("")
    return "\n".join(parts)


def pick_diagram(members: Sequence[Table], tables: Sequence[Table]) -> list[Table]:
    """The tables of a subject's diagram: what its members join, then the members."""
    joined = {relation.table for table in members for relation in table.relations}
    names = {table.name for table in members}
    return [
        *(table for table in tables if table.name in joined - names),
        *members,
    ]


def _find_grain_text(table: Table) -> str:
    match = _GRAIN.search(table.description)
    if match is None:
        raise UsageError(f"The description of {table.name} does not say: One row per ...")
    return match[1].replace("|", "\\|")


def _write_mermaid(tables: Sequence[Table]) -> str:
    lines = ["erDiagram"]
    for table in tables:
        joins = {relation.column for relation in table.relations}
        lines.append(f"    {table.name} {{")
        for column in table.list_keys():
            marks = [
                *(["PK"] if column.name in table.grain else []),
                *(["FK"] if column.name in joins else []),
            ]
            data_type = re.sub(r"\W+", "_", column.data_type).strip("_")
            lines.append(f"        {data_type} {column.name} {', '.join(marks)}")
        lines.append("    }")
    shown = {table.name for table in tables}
    for table in tables:
        never_null = {column.name for column in table.columns if column.is_never_null}
        for relation in table.relations:
            if relation.table in shown:
                one = "||" if relation.column in never_null else "|o"
                line = "--" if relation.is_tested else ".."
                many = "o|" if table.grain == (relation.column,) else "o{"
                lines.append(
                    f"    {relation.table} {one}{line}{many} {table.name} : {relation.column}"
                )
    return "\n".join(lines)


def render_glossary(root: Path = PROJECT_ROOT) -> str:
    """The glossary as it has to be: a section a column name.

    Raises:
        UsageError: as of :func:`read_tables`.
    """
    found: dict[str, list[tuple[Table, Column]]] = {}
    for table in read_tables(root):
        for column in table.columns:
            found.setdefault(column.name, []).append((table, column))
    numbers = [name for name, places in found.items() if _is_number(name, places)]
    parts = [_GLOSSARY_INTRODUCTION, "## KPIs and other numbers\n"]
    parts += [_write_column(name, found[name], found) for name in sorted(numbers)]
    parts.append("## Keys, days, labels and flags\n")
    parts += [_write_column(name, found[name], found) for name in sorted({*found} - {*numbers})]
    return "\n".join(parts)


def _is_number(name: str, places: Sequence[tuple[Table, Column]]) -> bool:
    return all(
        column.data_type.startswith(_NUMBERS) and name not in table.grain
        for table, column in places
    )


def _write_column(
    name: str,
    places: Sequence[tuple[Table, Column]],
    names: Iterable[str],
) -> str:
    units = " or ".join(dict.fromkeys(find_unit(column) for _, column in places))
    meanings: dict[str, list[str]] = {}
    for table, column in places:
        meanings.setdefault(_write_meaning(column, names), []).append(f"`{table.name}`")
    lines = [f"### {name}"]
    if len(meanings) == 1:
        ((meaning, tables),) = meanings.items()
        lines += [f"{units} · {', '.join(tables)}\n", meaning]
    else:
        lines.append(f"{units}\n")
        lines += [f"- {', '.join(tables)}: {meaning}" for meaning, tables in meanings.items()]
    return "\n".join(lines) + "\n"


def find_unit(column: Column) -> str:
    """What a column's values are measured in, by its type and the suffix of its name."""
    name = _VARIANT.sub("", column.name)
    if column.data_type == "boolean":
        return "true or false"
    if column.data_type == "date":
        return "day"
    if column.data_type == "timestamp":
        return "moment in UTC"
    if not column.data_type.startswith(_NUMBERS):
        return "text"
    if name.endswith("_pct_week_change"):
        return "percentage points"
    if name.endswith("_pct"):
        return "percent"
    if re.search(r"_seconds?(_week_change)?$", name):
        return "seconds"
    if name.endswith("_amount"):
        return "money, in `currency`"
    if name.endswith("_rank"):
        return "rank, 1 is first"
    return "whole number" if column.data_type in ("bigint", "integer") else "number"


def _write_meaning(column: Column, names: Iterable[str]) -> str:
    known = {*names} - {column.name}
    text = _QUOTED.sub(
        lambda match: f"[`{match[1]}`](#{match[1]})" if match[1] in known else match[0],
        column.description,
    )
    if column.is_never_null and "NULL" not in text:
        return f"{text} Never NULL."
    return _NULL.sub("**NULL**", text)


def main() -> None:
    """Write both pages."""
    for page, text in ((ERD_PAGE, render_erd()), (GLOSSARY_PAGE, render_glossary())):
        (PROJECT_ROOT / page).write_text(text, encoding="utf-8")
        sys.stdout.write(f"Wrote {page}\n")


if __name__ == "__main__":
    main()
