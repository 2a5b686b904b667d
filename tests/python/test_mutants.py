"""The mistakes that ``make mutants`` plants still find the lines that they are planted in."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from tiktok_warehouse.home import PROJECT_ROOT

MUTANTS = runpy.run_path(str(PROJECT_ROOT / "tests" / "mutants.py"))["MUTANTS"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_finds_its_line(mutant: Any) -> None:
    text = (PROJECT_ROOT / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.right) == 1
    assert mutant.wrong != mutant.right
