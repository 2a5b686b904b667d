"""TikTok Studio's files, from the reader to one row a day: the days are those that really were.

Each account below falls into one trap. All of them land in one lake and are built once.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from api_files import make_account, make_video, page, video_page
from api_files import write as write_payload
from archive_files import make_json, write_json
from dbt_runs import DBT
from studio_files import (
    BUSINESS_DAYS,
    Studio,
    make_business_files,
    make_files,
    write_unzipped,
)
from studio_truth import (
    FOLLOWERS,
    OVERVIEW,
    VIEWERS,
    Truth,
    land_tables,
    list_days,
    make_truth,
    read_export,
    write_export,
)
from tiktok_warehouse.entities import ENTITIES, Entity, list_all_entities
from tiktok_warehouse.home import PROJECT_ROOT, Home, open_home
from tiktok_warehouse.sources import accounts_api, personal_archive
from tiktok_warehouse.sources.export_file import ExportFile

Row = dict[str, object]
Landed = tuple[Entity, pa.Table]
EXPORT_ENTITIES = {
    name: entity for name, entity in list_all_entities().items() if name not in ENTITIES
}
MARCH = date(2026, 3, 9)


@dataclass(frozen=True)
class Trap:
    """An account and its exports; ``flagged`` names files whose labels cannot be decided."""

    truth: Truth
    exports: tuple[Studio, ...]
    flagged: frozenset[tuple[str, date]] = frozenset()


def make_trap(
    account: str, *exports: Studio, seed: int, flagged: frozenset[tuple[str, date]] = frozenset()
) -> Trap:
    named = tuple(replace(studio, account=account) for studio in exports)
    first = min(list_days(studio)[0] for studio in named)
    last = max(list_days(studio)[-1] for studio in named)
    return Trap(make_truth(account, first, last, seed=seed), named, flagged)


def later(studio: Studio, by_days: int, **changes: object) -> Studio:
    """An export some days after another one."""
    moved = replace(studio, exported_on=studio.exported_on + timedelta(days=by_days))
    return replace(moved, **changes)  # type: ignore[arg-type]


PLAIN = Studio(exported_on=MARCH, days=28, lag=2, viewers_later=0)
TRAPS = {
    trap.truth.account: trap
    for trap in (
        make_trap("plain", PLAIN, later(PLAIN, 8), seed=1),
        # Two exports 8 days apart whose values lie a day apart, as measured; a language each.
        *(
            make_trap(
                f"shifted_{language}",
                replace(PLAIN, language=language),
                later(PLAIN, 8, labels_later=1, language=language),
                seed=10 + at,
            )
            for at, language in enumerate(("en", "es", "el", "vi", "pt"))
        ),
        make_trap("shifted_back", PLAIN, later(PLAIN, 8, labels_later=-1), seed=20),
        # The odd one comes first: two others outvote it.
        make_trap(
            "odd_first", replace(PLAIN, labels_later=1), later(PLAIN, 5), later(PLAIN, 9), seed=21
        ),
        # Only the neighbour overlaps, and it is moved itself.
        make_trap(
            "chain",
            PLAIN,
            later(PLAIN, 1),
            later(PLAIN, 18, labels_later=1),
            later(PLAIN, 36, labels_later=1),
            seed=22,
        ),
        make_trap("viewers_later", replace(PLAIN, days=60, viewers_later=1), seed=23),
        make_trap(
            "everything_later",
            replace(PLAIN, days=60, viewers_later=1),
            later(PLAIN, 8, days=60, labels_later=1, viewers_later=1),
            seed=24,
        ),
        make_trap(
            "undefined_rows",
            replace(PLAIN, days=365, undefined=290, viewers_later=1),
            later(PLAIN, 8, days=365, undefined=290, viewers_later=1, labels_later=1),
            seed=25,
        ),
        make_trap(
            "leap_year",
            Studio(exported_on=date(2024, 3, 5), days=28, language="pt", viewers_later=0),
            Studio(
                exported_on=date(2024, 3, 20),
                days=365,
                language="pt",
                viewers_later=0,
                labels_later=1,
            ),
            seed=26,
        ),
        # Six days in common are no evidence.
        make_trap(
            "too_few_days",
            replace(PLAIN, days=7),
            later(PLAIN, 1, days=7, labels_later=1),
            seed=27,
            flagged=frozenset(
                (kind, MARCH + timedelta(days=1))
                for kind in ("overview", "viewers", "follower_history")
            ),
        ),
    )
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build of a lake that holds every trap, one archive and one payload."""
    folder = tmp_path_factory.mktemp("exports")
    home = open_home(folder / "home")
    tables = []
    for account, trap in TRAPS.items():
        for at, studio in enumerate(trap.exports):
            files = write_export(trap.truth, studio, folder / f"{account}-{at}")
            for found in read_export(files, studio.exported_on):
                tables.append((found.parts[0].entity, found.parts[0].rows))
    land_tables(home, tables)
    land_others(home, folder)
    run_dbt(home, *SELECTION)
    with duckdb.connect(str(home.database), read_only=True) as connection:
        yield connection


def land_others(home: Home, folder: Path) -> None:
    """One whole Studio export, an archive that is offered twice and two payloads of the API."""
    studio = Studio(account="whole")
    files = write_unzipped(studio, folder / "whole")
    reads = read_export(tuple(files.values()), studio.exported_on)
    land_tables(home, [(found.parts[0].entity, found.parts[0].rows) for found in reads])
    for name, content in make_business_files().items():
        (folder / name).write_bytes(content)
    business = [
        ExportFile(f"@brand.suite/{name}", folder / name, None, None)
        for name in make_business_files()
    ]
    reads = read_export(business, BUSINESS_DAYS[-1])
    land_tables(home, [(part.entity, part.rows) for found in reads for part in found.parts])
    for views in (1_000, 1_234):
        account = make_account(days=2)
        account["metrics"][0]["video_views"] = views
        payloads = [page(account), video_page(make_video())]
        for at, payload in enumerate(payloads):
            file = write_payload(folder, payload, f"{views}-{at}.json")
            land_tables(home, read_parts(accounts_api.read(file, scratch=folder)), "accounts_api")
    for _ in range(2):
        archive = personal_archive.read([write_json(folder, make_json("J3"))], scratch=folder)
        land_tables(home, read_parts(archive), "personal_archive")


def read_parts(found: accounts_api.ApiRead | personal_archive.ArchiveRead) -> list[Landed]:
    return [(part.entity, part.to_part().rows) for part in found.parts]


SELECTION = (
    *("+int_account_days_exported", "+calendar_repairs"),
    *("+row_reconciliation", "+rejected_rows", "+nulled_values"),
    *(f"path:models/staging/{source}" for source in ("studio", "accounts_api", "personal_archive")),
)


def run_dbt(home: Home, *selection: str) -> None:
    command = [
        *(*DBT, "build", "--select", *selection, "rejection_reasons"),
        *("--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
        *("--vars", json.dumps({"raw_source": "lake"})),
        *("--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT)),
        *("--target-path", str(home.build / "dbt"), "--log-path", str(home.logs)),
    ]
    environment = os.environ | {"TIKTOK_WAREHOUSE_HOME": str(home.root)}
    run = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def fetch(built: duckdb.DuckDBPyConnection, query: str, *given: object) -> list[Row]:
    cursor = built.execute(query, given)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def list_repairs(built: duckdb.DuckDBPyConnection, account: str) -> list[Row]:
    return fetch(
        built,
        "select * from quality.calendar_repairs where account_handle = ? order by all",
        account,
    )


def expect_days(trap: Trap, measures: tuple[str, ...]) -> dict[date, Row]:
    """What the exports of a trap show, by real day; NULL where all of them say ``undefined``."""
    expected: dict[date, Row] = {}
    for studio in trap.exports:
        for at, day in enumerate(list_days(studio)):
            known = measures == OVERVIEW or at >= studio.undefined
            row = expected.setdefault(day, dict.fromkeys(measures))
            if known:
                row.update({measure: trap.truth.days[day][measure] for measure in measures})
    return expected


# --- every trap ------------------------------------------------------------------------------


@pytest.mark.parametrize("account", [name for name, trap in TRAPS.items() if not trap.flagged])
@pytest.mark.parametrize("measures", [OVERVIEW, VIEWERS, FOLLOWERS])
def test_every_real_day_is_there_once_with_its_own_values(
    built: duckdb.DuckDBPyConnection, account: str, measures: tuple[str, ...]
) -> None:
    found = fetch(
        built,
        f"select event_date, {', '.join(measures)} from intermediate.int_studio_days"
        " where account_handle = ?",
        account,
    )
    days = [row.pop("event_date") for row in found]
    assert len(set(days)) == len(days)
    known = {day: row for day, row in zip(days, found, strict=True) if any_known(row)}
    expected = {
        d: row for d, row in expect_days(TRAPS[account], measures).items() if any_known(row)
    }
    assert known == expected


def any_known(row: Row) -> bool:
    return any(value is not None for value in row.values())


@pytest.mark.parametrize("account", TRAPS)
def test_a_file_is_moved_by_what_its_labels_are_off_or_flagged(
    built: duckdb.DuckDBPyConnection, account: str
) -> None:
    trap = TRAPS[account]
    decided = {
        (row["file_kind"], row["exported_on"]): (row["decision"], row["shift_days"])
        for row in list_repairs(built, account)
    }
    expected = {}
    for studio in trap.exports:
        for kind in ("overview", "viewers", "follower_history"):
            off = studio.labels_later + (studio.viewers_later if kind == "viewers" else 0)
            if (kind, studio.exported_on) in trap.flagged:
                expected[kind, studio.exported_on] = ("flagged", 0)
            else:
                expected[kind, studio.exported_on] = ("shifted" if off else "kept", -off)
    assert decided == expected


def test_the_evidence_of_a_moved_file_is_shown(built: duckdb.DuckDBPyConnection) -> None:
    row = next(
        row
        for row in list_repairs(built, "shifted_es")
        if (row["file_kind"], row["decision"]) == ("overview", "shifted")
    )
    # 28 days each, 8 days apart: 20 real days in common, and 19 labels.
    assert (row["overlap_days"], row["matches_at_lag_0"], row["matches_at_lag_1"]) == (19, 0, 20)
    assert row["reason_code"] == "a_day_apart_from_other_exports"
    assert row["compared_with_exported_on"] == MARCH
    assert row["log_correlation_at_lag_1"] == 1


def test_viewers_show_the_evidence_of_the_views_beside_them(
    built: duckdb.DuckDBPyConnection,
) -> None:
    row = next(row for row in list_repairs(built, "viewers_later") if row["file_kind"] == "viewers")
    assert row["reason_code"] == "viewers_a_day_later_than_views"
    assert row["days_beside_views"] == 59
    assert row["viewers_above_views_at_lag_1"] == 0
    above = row["viewers_above_views_at_lag_0"]
    assert isinstance(above, int)
    assert above > 59 / 5


def test_a_file_in_doubt_counts_only_where_no_other_knows_the_day(
    built: duckdb.DuckDBPyConnection,
) -> None:
    trap = TRAPS["too_few_days"]
    views = {
        row["event_date"]: row["video_views"]
        for row in fetch(
            built,
            "select event_date, video_views from intermediate.int_studio_days"
            " where account_handle = 'too_few_days'",
        )
    }
    for day in list_days(trap.exports[0]):
        assert views[day] == trap.truth.days[day]["video_views"]


# --- nothing is lost -------------------------------------------------------------------------


def test_every_landed_row_has_one_status(built: duckdb.DuckDBPyConnection) -> None:
    rows = fetch(
        built,
        "select entity, sum(raw_rows) as raw_rows, sum(accepted_rows) as accepted_rows,"
        " sum(rejected_rows + duplicate_rows) as others, bool_and(raw_rows = accepted_rows +"
        " rejected_rows + duplicate_rows) as adds_up from quality.row_reconciliation"
        " group by entity",
    )
    assert all(row["adds_up"] for row in rows)
    found = {row["entity"]: row for row in rows}
    studio = Studio(account="whole")
    assert found["studio_content"]["accepted_rows"] == studio.posts + 2
    assert set(found) >= {name for name in EXPORT_ENTITIES if name.startswith("studio_")}
    landed = sum(studio.days for trap in TRAPS.values() for studio in trap.exports) + 28
    landed += len(BUSINESS_DAYS)
    assert found["studio_overview"]["raw_rows"] == landed
    assert found["studio_overview"]["others"] == 0


def test_a_business_accounts_day_has_people_followers_and_clicks(
    built: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = fetch(
        built,
        "select * exclude (source, event_date) from intermediate.int_account_days_exported"
        " where account_id = 'brand.suite' and event_date = ?",
        BUSINESS_DAYS[1],
    )
    assert row == {
        **{"account_id": "brand.suite", "views": 1001, "unique_viewers": 801, "new_viewers": None},
        **{"likes": 50, "comments": 4, "shares": 3, "followers_gained": 10, "followers_lost": 3},
        **{"followers": 5014, "profile_visits": 20, "conversions": 9, "link_clicks": 3},
        **{"downloads": 5, "leads": 1, "exported_on": date(2026, 2, 4)},
    }
    saves = fetch(
        built,
        "select favorites from staging.stg_studio__content where account_handle = 'brand.suite'"
        " order by _source_row",
    )
    assert [row["favorites"] for row in saves] == [9, None]


def test_a_staged_file_says_what_the_export_said(built: duckdb.DuckDBPyConnection) -> None:
    truth = make_files(Studio(account="whole"))["Content"].rows
    rows = fetch(
        built,
        "select video_id, captured_date, title, posted_label, posted_at, likes, views"
        " from staging.stg_studio__content where account_handle = 'whole' order by _source_row",
    )
    assert [row["video_id"] for row in rows] == [row["video_id"] for row in truth]
    assert [str(row["views"]) for row in rows] == [row["views"] for row in truth]
    assert [f"{row['posted_at']}Z" for row in rows] == [row["posted_at"] for row in truth]


def test_the_newest_payload_has_its_way(built: duckdb.DuckDBPyConnection) -> None:
    views = fetch(
        built,
        "select event_date, video_views from staging.stg_accounts_api__account_days"
        " order by event_date",
    )
    assert views[0]["video_views"] == 1_234
    assert len(views) == 2
    kinds = fetch(
        built,
        "select duplicate_kind, count(*) as days from staging.base_accounts_api__account_days"
        " where row_status = 'duplicate' group by duplicate_kind order by all",
    )
    assert kinds == [
        {"duplicate_kind": "exact", "days": 1},
        {"duplicate_kind": "superseded", "days": 1},
    ]


def test_an_archive_that_is_offered_twice_counts_once(built: duckdb.DuckDBPyConnection) -> None:
    rows = fetch(
        built,
        "select entity, sum(accepted_rows) as accepted_rows,"
        " sum(exact_duplicate_rows) as exact_duplicate_rows, sum(rejected_rows) as rejected_rows"
        " from quality.row_reconciliation where entity like 'archive%' group by entity",
    )
    assert len(rows) == 12
    for row in rows:
        assert row["accepted_rows"] == row["exact_duplicate_rows"], row
        assert row["rejected_rows"] == 0, row


def test_the_models_know_the_columns_that_the_readers_give() -> None:
    manifest = read_entities()
    assert set(manifest) == set(EXPORT_ENTITIES)
    for name, entity in EXPORT_ENTITIES.items():
        assert tuple(manifest[name]) == entity.landed_columns, name


def read_entities() -> dict[str, list[str]]:
    """The columns of each export entity, as ``macros/export_entities.sql`` has them."""
    import jinja2

    text = (PROJECT_ROOT / "macros" / "export_entities.sql").read_text("utf-8")
    found: dict[str, list[str]] = {}

    def take(entities: dict[str, dict[str, dict[str, str]]]) -> str:
        found.update({name: list(about["columns"]) for name, about in entities.items()})
        return ""

    calls = "".join(
        f"{{{{ {source}_entities() }}}}"
        for source in ("studio", "accounts_api", "personal_archive")
    )
    jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False).from_string(
        text + calls
    ).render({"return": take})
    return found
