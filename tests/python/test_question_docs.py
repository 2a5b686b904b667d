"""docs/questions.md shows what the selects in analyses/ say of the sample."""

from __future__ import annotations

import pytest

from tiktok_warehouse import question_docs
from tiktok_warehouse.home import PROJECT_ROOT, Home

pytestmark = pytest.mark.xdist_group("validate")


def test_the_committed_page_is_the_generated_one(sample_home: Home) -> None:
    committed = (PROJECT_ROOT / question_docs.PAGE).read_text(encoding="utf-8")
    written = question_docs.render(sample_home)
    assert committed == written, "run: make build; python -m tiktok_warehouse.question_docs"
