"""Great Expectations suites as code, one module per layer: is the data plausible at the borders?

dbt tests prove the logic inside the project; these suites watch what comes in, what staging made
of it and what goes out. A layer is a list of *observations*: small tables that DuckDB computes
once (counts, shares, medians and totals, never a viewer's row), each with the expectations that
judge it. Great Expectations reads nothing else, so it can neither be slow nor show a person.

Every expectation carries its check's name, severity and documentation; docs/checks.md, the failure
messages and ``quality.check_results`` are all made from them.
"""

from __future__ import annotations

import expectations.marts
import expectations.raw
import expectations.staging
from expectations.suite import Check, Observation, Project, Rule

LAYERS = {
    "raw": expectations.raw,
    "staging": expectations.staging,
    "marts": expectations.marts,
}

__all__ = ["LAYERS", "Check", "Observation", "Project", "Rule", "list_checks"]


def list_checks() -> list[Check]:
    """Every check of every layer, in the order in which they run."""
    return [check for layer in LAYERS.values() for check in layer.CHECKS]
