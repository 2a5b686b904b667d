"""The statistics in macros/statistics.sql give what the textbook gives."""

from __future__ import annotations

import statistics

import duckdb
import jinja2
import pytest

from tiktok_warehouse.home import PROJECT_ROOT

SOURCE = (PROJECT_ROOT / "macros" / "statistics.sql").read_text("utf-8")


def evaluate(call: str) -> float | None:
    sql = jinja2.Environment().from_string(f"{SOURCE}\nselect {{{{ {call} }}}}").render()
    row = duckdb.sql(sql).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe 1998, table I, method 3.
        (81, 263, 25.53, 36.62),
        (15, 148, 6.24, 16.05),
        (0, 20, 0.0, 16.11),
        (1, 29, 0.61, 17.18),
        (20, 20, 83.89, 100.0),
    ],
)
def test_wilsons_interval(successes: int, trials: int, low: float, high: float) -> None:
    assert evaluate(f"wilson_low('{successes}', '{trials}')") == pytest.approx(low, abs=0.005)
    assert evaluate(f"wilson_high('{successes}', '{trials}')") == pytest.approx(high, abs=0.005)


@pytest.mark.parametrize(("successes", "trials"), [("0", "0"), ("3", "2"), ("null", "2")])
def test_what_is_no_share_has_no_interval(successes: str, trials: str) -> None:
    assert evaluate(f"wilson_low('{successes}', '{trials}')") is None
    assert evaluate(f"wilson_high('{successes}', '{trials}')") is None


@pytest.mark.parametrize("z", [0.0, 0.3, 1.0, 1.959963984540054, 2.5, 4.0, 6.0])
def test_the_two_sided_p_value(z: float) -> None:
    truth = 2 * (1 - statistics.NormalDist().cdf(z))
    assert evaluate(f"two_sided_p('cast({z} as double)')") == pytest.approx(truth, abs=1.5e-7)
