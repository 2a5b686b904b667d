"""Nobody types what no journey has typed: each block of commands of the pages is one of theirs."""

from __future__ import annotations

import ast
from pathlib import Path

from journey import CHECKOUT, find_block, list_blocks

HERE = Path(__file__).parent
# What is typed, and what is only looked at.
TYPED = {"console", "cron", "python"}
SHOWN = {"mermaid", "sql", "text", "yaml"}


def list_pages() -> list[str]:
    """The pages that tell people what to type."""
    pages = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md"]
    pages += sorted((CHECKOUT / "docs").rglob("*.md"))
    return [page.relative_to(CHECKOUT).as_posix() for page in pages]


def list_typed() -> set[tuple[str, int]]:
    """Page and line of each block that a journey asks for, by its call of ``block``."""
    typed = set()
    for journey in HERE.glob("test_*.py"):
        for call in ast.walk(ast.parse(journey.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and getattr(call.func, "id", "") == "block"):
                continue
            page, words = (ast.literal_eval(argument) for argument in call.args[:2])
            typed.add((page, find_block(page, words).line))
    return typed


def test_every_block_of_commands_is_typed_by_a_journey() -> None:
    typed = list_typed()
    untyped = [
        f"{block.page}:{block.line}"
        for page in list_pages()
        for block in list_blocks(page)
        if block.kind in TYPED and (block.page, block.line) not in typed
    ]
    assert untyped == [], "type it in the journey of whoever would type it"


def test_every_block_says_whether_it_is_to_be_typed() -> None:
    unclear = [
        f"{block.page}:{block.line}: {block.kind or 'no language'}"
        for page in list_pages()
        for block in list_blocks(page)
        if block.kind not in TYPED | SHOWN
    ]
    assert unclear == []


def test_ci_types_what_a_journey_leaves_to_it() -> None:
    """A journey that ran all tests would run itself."""
    commands = (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert {"make test", "make test-journeys"} <= set(commands)
