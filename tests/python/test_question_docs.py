"""docs/questions.md shows what the selects in analyses/ say of the sample; each is an exposure."""

from __future__ import annotations

import re

import yaml

from tiktok_warehouse import question_docs
from tiktok_warehouse.home import PROJECT_ROOT, Home


def test_the_committed_page_is_the_generated_one(sample_home: Home) -> None:
    committed = (PROJECT_ROOT / question_docs.PAGE).read_text(encoding="utf-8")
    written = question_docs.render(sample_home)
    assert committed == written, "run: make build; python -m tiktok_warehouse.question_docs"


def test_each_select_is_an_exposure_of_the_tables_that_it_reads() -> None:
    path = PROJECT_ROOT / "models" / "marts" / "_exposures.yml"
    exposures = yaml.safe_load(path.read_text(encoding="utf-8"))["exposures"]
    declared = {
        exposure["name"]: sorted(exposure["depends_on"])
        for exposure in exposures
        if exposure["type"] == "analysis"
    }
    read = {
        path.stem: sorted(set(re.findall(r"ref\('\w+'\)", path.read_text(encoding="utf-8"))))
        for path in (PROJECT_ROOT / "analyses").glob("*.sql")
    }
    assert declared == read


def test_each_of_the_eleven_questions_has_a_select() -> None:
    asked = {int(path.name[1:3]) for path in (PROJECT_ROOT / "analyses").glob("q*.sql")}
    assert asked == set(range(1, 12))
