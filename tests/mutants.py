"""Plant a wrong line into the SQL, one at a time, and see the suite go red: ``make mutants``.

A test that never fails proves nothing. Each mutant below is a mistake that somebody could make; the
suite (``dbt build`` of the sample with unit and data tests, then the independent computation in
``tests/python/test_oracle.py``) must notice it. Works on a copy of the project.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

PROJECT = Path(__file__).resolve().parents[1]
MUST_DIE = 19 / 20


@dataclass(frozen=True)
class Mutant:
    """One mistake: in ``file``, the one occurrence of ``right`` becomes ``wrong``."""

    name: str
    file: str
    right: str
    wrong: str


_STAGING = "macros/decide_row_status.sql"
_JUDGE = "macros/judge_row.sql"
_INT = "models/intermediate"
_CORE = "models/marts/core"

MUTANTS = (
    Mutant(
        "a showing without playback is a view",
        f"{_INT}/int_video_views_dated.sql",
        "watch_seconds > 0 as is_view,",
        "watch_seconds >= 0 as is_view,",
    ),
    Mutant(
        "99 % exactly is not complete",
        f"{_INT}/int_video_views_dated.sql",
        "        >= cast(duration_seconds as decimal(30, 3))",
        "        > cast(duration_seconds as decimal(30, 3))",
    ),
    Mutant(
        "replays count in the first play",
        f"{_INT}/int_video_views_dated.sql",
        "least(watch_seconds, duration_seconds)",
        "greatest(watch_seconds, duration_seconds)",
    ),
    Mutant(
        "the oldest version of a row wins",
        _STAGING,
        "max(row_order) as accepted_row_order",
        "min(row_order) as accepted_row_order",
    ),
    Mutant(
        "what a connector read first wins",
        _STAGING,
        "{{ judged }}._ingested_at) desc,",
        "{{ judged }}._ingested_at) asc,",
    ),
    Mutant(
        "nothing is a duplicate",
        _STAGING,
        "when {{ judged }}.row_order <> winner.row_order then 'duplicate'",
        "when {{ judged }}.row_order < 0 then 'duplicate'",
    ),
    Mutant(
        "a rejected row displaces an accepted one",
        _STAGING,
        "    from {{ judged }}\n    where reason_code is null\n    group by",
        "    from {{ judged }}\n    group by",
    ),
    Mutant(
        "exactly 24 hours ahead is the future",
        _JUDGE,
        "when {{ ts.value }} > {{ add_minutes",
        "when {{ ts.value }} >= {{ add_minutes",
    ),
    Mutant(
        "exactly 24 hours of watching are absurd",
        _JUDGE,
        "when {{ number.value }} > {{ number.maximum }}",
        "when {{ number.value }} >= {{ number.maximum }}",
    ),
    Mutant(
        "an offset is applied the wrong way round",
        "macros/parse_timestamp.sql",
        "when '-' then 1 else -1 end",
        "when '-' then -1 else 1 end",
    ),
    Mutant(
        "a showing makes a viewer known",
        f"{_INT}/int_viewer_first_view.sql",
        "where is_view and person_key is not null",
        "where person_key is not null",
    ),
    Mutant(
        "a first view of another account counts",
        f"{_INT}/int_viewer_first_view.sql",
        "list_views.account_id = find_dates.account_id\n            and list_views.person_key",
        "list_views.person_key",
    ),
    Mutant(
        "the day of the first view passes for that of the last",
        f"{_INT}/int_viewer_first_view.sql",
        "max(last_view_date) as last_view_date",
        "min(last_view_date) as last_view_date",
    ),
    Mutant(
        "who viewed after the last day is no lurker before it",
        f"{_INT}/int_audience_segments_counted.sql",
        "where last_view_date > last_date\n\n),",
        "where last_view_date > {{ days_before('last_date', -999) }}\n\n),",
    ),
    Mutant(
        "who was only shown something is among the viewers of a day",
        f"{_INT}/int_account_viewers_counted.sql",
        "count(*) filter (where views > 0) as unique_viewers",
        "count(*) as unique_viewers",
    ),
    Mutant(
        "a private interaction makes an engager",
        f"{_INT}/int_viewer_days.sql",
        "public_interaction_types()",
        "video_interaction_types()",
    ),
    Mutant(
        "a small group is withheld alone",
        "macros/privacy.sql",
        "and (\n            sum({{ people }})",
        "and false and (\n            sum({{ people }})",
    ),
    Mutant(
        "a group of exactly the threshold is withheld",
        "macros/privacy.sql",
        "{{ people }} between 1 and {{ var('privacy_threshold') - 1 }}",
        "{{ people }} between 1 and {{ var('privacy_threshold') }}",
    ),
    Mutant(
        "who came back on the last day of their first week has returned",
        f"{_INT}/int_viewer_returns_counted.sql",
        "and viewer_days.event_date > {{ days_before('list_members.cohort_week', -6) }}",
        "and viewer_days.event_date > {{ days_before('list_members.cohort_week', -5) }}",
    ),
    Mutant(
        "undos count as interactions",
        f"{_INT}/int_interactions_daily.sql",
        "and not is_undo)\n            as {{ measure }},",
        ")\n            as {{ measure }},",
    ),
    Mutant(
        "a mark is reached before it is",
        f"{_INT}/int_watch_depth_daily.sql",
        "            floor(\n                cast(first_play_seconds",
        "            ceil(\n                cast(first_play_seconds",
    ),
    Mutant(
        "retention leaves out who reached the mark exactly",
        f"{_CORE}/fct_watch_retention_daily.sql",
        "(where last_mark_pct >= {{ mark_pct }})",
        "(where last_mark_pct > {{ mark_pct }})",
    ),
    Mutant(
        "the lifetime curve is a second late",
        f"{_CORE}/fct_video_retention.sql",
        "sum_days.last_second >= list_marks.mark_seconds",
        "sum_days.last_second > list_marks.mark_seconds",
    ),
    Mutant(
        "interactions join on the video alone",
        f"{_CORE}/fct_video_daily.sql",
        "days.video_id = interactions.video_id and days.event_date = interactions.event_date",
        "days.video_id = interactions.video_id and days.event_date >= interactions.event_date",
    ),
    Mutant(
        "a competitor's events are known",
        f"{_INT}/int_account_coverage.sql",
        "        {% for entity in event_entities() -%}\n        accounts.account_role = 'own'",
        "        {% for entity in event_entities() -%}\n        accounts.account_role <> ''",
    ),
    Mutant(
        "the data ends with the newest ingest",
        f"{_INT}/int_data_bounds.sql",
        "        least(",
        "        greatest(",
    ),
    Mutant(
        "a day ends when it begins",
        "macros/portable/timestamps.sql",
        "(cast({{ date }} + 1 as timestamp)",
        "(cast({{ date }} + 0 as timestamp)",
    ),
    Mutant(
        "levels run the wrong way",
        f"{_CORE}/fct_follower_daily.sql",
        "+ (running_net - anchor_running_net) as bigint",
        "- (running_net - anchor_running_net) as bigint",
    ),
    Mutant(
        "the remainder of a gap is lost",
        f"{_INT}/int_video_snapshots_differenced.sql",
        "                    * (gap_days - 1)",
        "                    * gap_days",
    ),
    Mutant(
        "a reading that is not plausible counts",
        f"{_INT}/int_video_snapshots_differenced.sql",
        "    where not levels.is_suspect\n",
        "    where true\n",
    ),
    Mutant(
        "visits are people",
        f"{_INT}/int_account_funnel_daily.sql",
        "count(distinct person_key) as profile_visitors",
        "count(person_key) as profile_visitors",
    ),
    Mutant(
        "two currencies are added",
        "macros/conversion_totals.sql",
        "            when {{ _currencies() }} <= 1\n",
        "            when {{ _currencies() }} <= 2\n",
    ),
    Mutant(
        "a window has a day too many",
        f"{_INT}/int_account_kpi_windows.sql",
        "rows between {{ days - 1 }} preceding",
        "rows between {{ days }} preceding",
    ),
)


def plant(mutant: Mutant, folder: Path) -> None:
    """Write a mutant into a copy of the project.

    Raises:
        ValueError: its line is not there exactly once, so the mutant must be written anew.
    """
    path = folder / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.right) != 1:
        raise ValueError(f"{mutant.name}: {mutant.file} has {text.count(mutant.right)} such lines")
    path.write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")


def copy_project(folder: Path) -> None:
    """Copy what the suite needs; the installed packages stay where they are."""
    for name in ("models", "macros", "seeds", "tests", "profiles", "src", "mappings"):
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("dbt_project.yml", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    (folder / "profiles.yml").symlink_to("profiles/profiles.yml")


def run_suite(folder: Path) -> str | None:
    """Run the suite on a copy.

    Returns:
        Which part went red, with its first failure; None if all stayed green.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder / "src"),
        "TIKTOK_WAREHOUSE_HOME": str(folder / "home"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # That a mutant dies is all that counts here, and not the smallest log that shows it.
        "ORACLE_REDUCING_BUILDS": "0",
    }
    parts = {
        "dbt": [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build", "--fail-fast"],
        "oracle": [
            *(sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
            "tests/python/test_oracle.py",
        ],
    }
    for part, command in parts.items():
        ended = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if ended.returncode != 0:
            lines = [
                line for line in ended.stdout.splitlines() if "FAIL" in line or "ERROR" in line
            ]
            return f"{part}: {lines[0].strip() if lines else ended.stdout[-200:]}"
    return None


def main() -> None:
    """Run every mutant, print the list, and exit 1 if too many lived."""
    console = Console(width=140)
    table = Table("mutant", "file", "seen by", "seconds", title="Planted mistakes")
    dead = 0
    for mutant in MUTANTS:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="mutant-") as name:
            folder = Path(name)
            copy_project(folder)
            plant(mutant, folder)
            seen = run_suite(folder)
        dead += seen is not None
        seconds = time.monotonic() - started
        shown = (seen or "LIVED")[:90]
        console.print(f"{mutant.name}: {shown} ({seconds:.0f} s)", markup=False)
        table.add_row(mutant.name, mutant.file, shown, f"{seconds:.0f}")
    console.print(table)
    console.print(f"{dead} of {len(MUTANTS)} planted mistakes turned the suite red")
    sys.exit(dead < MUST_DIE * len(MUTANTS))


if __name__ == "__main__":
    main()
