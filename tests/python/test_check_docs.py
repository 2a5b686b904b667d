"""docs/checks.md says what to do about every check, and says what stands beside the checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tiktok_warehouse import check_docs, check_results, transform
from tiktok_warehouse.errors import UsageError
from tiktok_warehouse.home import PROJECT_ROOT, Home


def test_the_committed_page_is_the_generated_one() -> None:
    committed = (PROJECT_ROOT / check_docs.PAGE).read_text(encoding="utf-8")
    assert committed == check_docs.render(), "run: python -m tiktok_warehouse.check_docs"


def test_every_check_that_can_fail_has_its_section(sample_home: Home) -> None:
    page = (PROJECT_ROOT / check_docs.PAGE).read_text(encoding="utf-8")
    sections = set(re.findall(r"^### (\w+)$", page, re.MULTILINE))
    results = check_results.read_dbt_results(transform.find_target(sample_home))
    assert (
        {"unique", "assert_followers_add_up"} <= {result.anchor for result in results} <= sections
    )


def test_a_singular_test_without_documentation_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "singular"
    folder.mkdir(parents=True)
    (folder / "_singular.yml").write_text("data_tests: []\n", encoding="utf-8")
    (folder / "assert_something.sql").write_text("select 1", encoding="utf-8")
    with pytest.raises(UsageError, match=r"assert_something\.sql has no description"):
        check_docs.render(tmp_path)


def test_a_kind_of_test_without_documentation_is_named(tmp_path: Path) -> None:
    for folder in ("tests/singular", "docs", "models"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tests/singular/_singular.yml").write_text("data_tests: []\n", encoding="utf-8")
    (tmp_path / "docs/check_kinds.yml").write_text("unique: {}\n", encoding="utf-8")
    (tmp_path / "models/m.yml").write_text(
        "models: [{name: m, data_tests: [unique, {at_least: {arguments: {value: 1}}}]}]\n",
        encoding="utf-8",
    )
    with pytest.raises(UsageError, match="at_least"):
        check_docs.render(tmp_path)
