"""What explains that a published day differs, cause by cause, on tables made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pytest

from tiktok_warehouse import explained_days

# Version 1 was built of ingests up to number 9 by run 1; what landed since has the number 10.
BEFORE, SINCE = 9, 10
FAMILIES = {"watch", "engagement", "followers", "funnel"}
EVENTS = {
    "video_views": "view_id",
    "interactions": "interaction_id",
    "follower_events": "event_id",
    "profile_visits": "visit_id",
    "conversions": "conversion_id",
}
KPIS = (
    "account_id varchar, kpi_date date, views bigint default 100, likes bigint, comments bigint,"
    " shares bigint, saves bigint, duets bigint, stitches bigint, direct_messages bigint,"
    " watch_source varchar default 'event_log', engagement_source varchar default 'event_log',"
    " followers_source varchar, funnel_source varchar"
)
LANDED = "reason_code varchar, _ingest_seq bigint, _ingest_id varchar, _change_seq bigint"
OF_BOTH = {
    "marts.daily_account_kpis": KPIS,
    "marts.daily_video_kpis": "account_id varchar, video_id varchar, kpi_date date",
    "marts.dim_accounts": "account_id varchar, handle varchar, account_role varchar",
    "marts.dim_videos": (
        "video_id varchar, account_id varchar, duration_seconds decimal(18, 3), posted_at timestamp"
    ),
    "quality.calendar_repairs": (
        "account_handle varchar, file_kind varchar, exported_on date, decision varchar,"
        " shift_days integer"
    ),
}
OF_BUILD = {
    "intermediate.int_touched_days": (
        "account_id varchar, event_date date, entity varchar, change_seq bigint"
    ),
    "intermediate.int_account_handles": "account_handle varchar, account_id varchar",
    "reference.account_aliases": "alias varchar, account_id varchar",
    "staging.base_event_log__ingested_files": (
        "ingest_seq bigint, ingest_id varchar, entity varchar, never_has varchar"
    ),
    "staging.stg_event_log__videos": "video_id varchar, account_id varchar",
    "staging.base_event_log__videos": f"video_id varchar, {LANDED}",
    "staging.base_event_log__accounts": f"account_id varchar, {LANDED}",
    "staging.base_event_log__video_snapshots": f"video_id varchar, {LANDED}",
    **{
        f"staging.base_event_log__{entity}": f"account_id varchar, {LANDED}"
        for entity in ("follower_counts", "account_snapshots")
    },
    **{
        f"staging.base_event_log__{entity}": (
            f"{key} varchar, account_id varchar, video_id varchar, event_date date, {LANDED}"
        )
        for entity, key in EVENTS.items()
    },
    **{
        f"staging.{table}": f"account_handle varchar, {LANDED}"
        for table in explained_days.EXPORTS.values()
    },
}


class World:
    """A build database beside the version published before, with one account on five days."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute("attach ':memory:' as published")
        for database, tables in (("memory", {**OF_BOTH, **OF_BUILD}), ("published", OF_BOTH)):
            for name, columns in tables.items():
                connection.execute(f"create schema if not exists {database}.{name.split('.')[0]}")
                connection.execute(f"create table {database}.{name} ({columns})")
        explained_days.create(connection)
        for day in range(1, 6):
            self.day("a", day)
        for database in ("memory", "published"):
            self.add(
                f"{database}.marts.dim_accounts", account_id="a", handle="x", account_role="own"
            )

    def add(self, table: str, **values: Any) -> None:
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        self.connection.execute(
            f"insert into {table} ({names}) values ({marks})", list(values.values())
        )

    def land(self, table: str, entity: str, *, seq: int = SINCE, **values: Any) -> None:
        """A row of a base table that landed since, unless another number is given."""
        change_seq = 2 if seq > BEFORE else 1
        self.add(table, _ingest_seq=seq, _ingest_id=f"i{seq}", _change_seq=change_seq, **values)
        self.add(
            "staging.base_event_log__ingested_files",
            ingest_seq=seq,
            ingest_id=f"i{seq}",
            entity=entity,
        )

    def day(self, account: str, day: int, **values: Any) -> None:
        """An account's day, the same in both."""
        for database in ("memory", "published"):
            self.add(
                f"{database}.marts.daily_account_kpis",
                account_id=account,
                kpi_date=f"2026-06-{day:02}",
                **values,
            )

    def change(self, set_what: str = "views = 1", where: str = "true") -> None:
        self.connection.execute(f"update marts.daily_account_kpis set {set_what} where {where}")

    def explain(
        self,
        *,
        is_rebuilt: bool = False,
        has_other_zone: bool = False,
        aliases_before: dict[str, str] | None = None,
    ) -> dict[tuple[str, int], set[tuple[str, str]]]:
        """Families and causes by account and day of the month."""
        explained_days.write(
            self.connection,
            ingest_seq=BEFORE,
            change_seq=1,
            is_rebuilt=is_rebuilt,
            has_other_zone=has_other_zone,
            aliases_before=aliases_before or {},
        )
        found: dict[tuple[str, int], set[tuple[str, str]]] = {}
        for account, day, family, cause in self.connection.execute(
            "select account_id, day(kpi_date), family, cause from quality.explained_days"
        ).fetchall():
            found.setdefault((account, day), set()).add((family, cause))
        return found


@pytest.fixture
def world() -> Iterator[World]:
    with duckdb.connect() as connection:
        yield World(connection)


def all_families(cause: str) -> set[tuple[str, str]]:
    return {(family, cause) for family in FAMILIES}


def days_of(found: dict[tuple[str, int], Any], account: str = "a") -> list[int]:
    return sorted(day for name, day in found if name == account)


def test_a_day_that_nothing_touched_has_no_explanation(world: World) -> None:
    world.change()
    assert world.explain() == {}
    assert world.explain(is_rebuilt=True) == {}


def test_a_day_that_is_as_before_needs_none(world: World) -> None:
    assert world.explain(has_other_zone=True) == {}


@pytest.mark.parametrize(
    ("entity", "family"),
    [
        ("video_views", "watch"),
        ("interactions", "engagement"),
        ("follower_events", "followers"),
        ("profile_visits", "funnel"),
        ("conversions", "funnel"),
    ],
)
def test_events_explain_their_day_and_their_family(world: World, entity: str, family: str) -> None:
    world.change()
    world.add(
        "intermediate.int_touched_days",
        account_id="a",
        event_date="2026-06-02",
        entity=entity,
        change_seq=2,
    )
    assert world.explain() == {("a", 2): {(family, "rows")}}


def test_after_a_rebuild_the_day_that_a_row_left_is_explained_too(world: World) -> None:
    world.change()
    for database in ("memory", "published"):
        world.add(f"{database}.marts.dim_videos", video_id="v", account_id="a")
    world.add("staging.stg_event_log__videos", video_id="v", account_id="a")
    table = "staging.base_event_log__video_views"
    world.land(table, "video_views", seq=3, view_id="1", video_id="v", event_date="2026-06-02")
    world.land(table, "video_views", view_id="1", video_id="v", event_date="2026-06-04")
    world.land(table, "video_views", seq=4, view_id="2", video_id="v", event_date="2026-06-05")
    found = world.explain(is_rebuilt=True)
    assert found == {("a", 2): {("watch", "rows")}, ("a", 4): {("watch", "rows")}}


def test_a_video_that_changed_hands_explains_its_days_at_both_accounts(world: World) -> None:
    world.day("b", 2)
    world.change()
    world.add("published.marts.dim_videos", video_id="v", account_id="a")
    world.add("marts.dim_videos", video_id="v", account_id="b")
    for database, account in (("published", "a"), ("memory", "b")):
        world.add(
            f"{database}.marts.daily_video_kpis",
            account_id=account,
            video_id="v",
            kpi_date="2026-06-02",
        )
    assert world.explain() == {}, "no row said so"
    world.land("staging.base_event_log__videos", "videos", video_id="v")
    expected = {("watch", "video"), ("engagement", "video")}
    assert world.explain() == {("a", 2): expected, ("b", 2): expected}


def test_a_snapshot_explains_the_days_of_its_video(world: World) -> None:
    world.change()
    world.add("marts.daily_video_kpis", account_id="a", video_id="v", kpi_date="2026-06-03")
    world.land("staging.base_event_log__video_snapshots", "video_snapshots", video_id="v")
    assert world.explain() == {("a", 3): {("watch", "reading"), ("engagement", "reading")}}


def test_a_count_of_followers_explains_the_levels_of_all_days(world: World) -> None:
    world.change()
    world.land("staging.base_event_log__follower_counts", "follower_counts", account_id="a")
    found = world.explain()
    assert days_of(found) == [1, 2, 3, 4, 5]
    assert found["a", 1] == {("followers", "reading")}


def test_a_role_explains_all_days_only_if_a_row_brought_it(world: World) -> None:
    world.change()
    world.connection.execute("update marts.dim_accounts set account_role = 'competitor'")
    assert world.explain() == {}
    world.land("staging.base_event_log__accounts", "accounts", account_id="a")
    found = world.explain()
    assert days_of(found) == [1, 2, 3, 4, 5]
    assert found["a", 1] == all_families("account")


def test_the_same_row_of_an_account_again_explains_nothing(world: World) -> None:
    world.change()
    world.land("staging.base_event_log__accounts", "accounts", account_id="a")
    assert world.explain() == {}


@pytest.mark.parametrize("by", ["alias", "handle"])
def test_an_account_that_goes_on_under_another_id_is_explained(world: World, by: str) -> None:
    world.connection.execute("delete from marts.daily_account_kpis where account_id = 'a'")
    world.connection.execute("delete from marts.dim_accounts")
    assert world.explain() == {}, "lost"
    world.add(
        "marts.dim_accounts",
        account_id="b",
        handle="@X" if by == "handle" else "y",
        account_role="own",
    )
    if by == "alias":
        world.add("reference.account_aliases", alias="@x", account_id="b")
    found = world.explain()
    assert days_of(found) == [1, 2, 3, 4, 5]
    assert found["a", 1] == all_families("account")


def test_an_alias_that_is_taken_back_explains_the_days_of_both_accounts(world: World) -> None:
    """The exports of @former were those of a, and are an account of their own again."""
    world.day("b", 1)
    world.connection.execute("delete from marts.daily_account_kpis where kpi_date >= '2026-06-04'")
    world.add("marts.dim_accounts", account_id="former", handle="former", account_role="own")
    world.add("reference.account_aliases", alias="@y", account_id="b")
    assert world.explain(aliases_before={"@y": "b"}) == {}, "nobody changed an alias"
    found = world.explain(aliases_before={"@y": "b", "former": "a"})
    assert days_of(found) == [4, 5]
    assert found["a", 4] == all_families("account")
    assert days_of(found, "b") == []


def test_an_export_explains_all_days_of_its_account(world: World) -> None:
    world.day("b", 1)
    world.change()
    world.add("intermediate.int_account_handles", account_handle="x", account_id="a")
    world.land("staging.base_studio__overview", "studio_overview", account_handle="x")
    found = world.explain()
    assert days_of(found) == [1, 2, 3, 4, 5]
    assert days_of(found, "b") == []
    assert found["a", 1] == all_families("export")
    world.add(
        "quality.calendar_repairs",
        account_handle="x",
        file_kind="overview",
        exported_on="2026-06-05",
        decision="shifted",
        shift_days=1,
    )
    assert world.explain()["a", 1] == all_families("calendar_repair")


def test_an_entitys_first_file_explains_its_family_for_own_accounts(world: World) -> None:
    world.day("rival", 1)
    world.add("marts.dim_accounts", account_id="rival", handle="r", account_role="competitor")
    world.change()
    world.add(
        "staging.base_event_log__ingested_files",
        ingest_seq=SINCE,
        ingest_id="i10",
        entity="conversions",
    )
    found = world.explain()
    assert days_of(found) == [1, 2, 3, 4, 5]
    assert days_of(found, "rival") == []
    assert found["a", 1] == {("funnel", "coverage")}
    world.add(
        "staging.base_event_log__ingested_files", ingest_seq=2, ingest_id="i2", entity="conversions"
    )
    assert world.explain() == {}, "not its first"


def test_a_log_that_reaches_further_explains_days_of_other_accounts(world: World) -> None:
    world.day("b", 4, watch_source="studio")
    world.change("watch_source = 'event_log'", "account_id = 'b'")
    assert world.explain() == {}
    world.add(
        "intermediate.int_touched_days",
        account_id="a",
        event_date="2026-06-05",
        entity="video_views",
        change_seq=2,
    )
    assert world.explain() == {("b", 4): {("watch", "coverage")}}


@pytest.mark.parametrize(("moved", "expected"), [(5, [4, 5]), (3, [])])
def test_days_beyond_the_datas_end_are_explained_if_its_rows_moved(
    world: World, moved: int, expected: Sequence[int]
) -> None:
    world.connection.execute(
        "delete from marts.daily_account_kpis where kpi_date > date '2026-06-03'"
    )
    world.day("b", 1)
    world.add(
        "intermediate.int_touched_days",
        account_id="b",
        event_date=f"2026-06-{moved:02}",
        entity="video_views",
        change_seq=2,
    )
    found = world.explain()
    assert days_of(found) == expected
    if expected:
        assert found["a", 4] == all_families("data_end")


def test_days_before_an_accounts_first_are_explained_if_its_own_rows_moved(world: World) -> None:
    world.connection.execute(
        "delete from marts.daily_account_kpis where kpi_date < date '2026-06-03'"
    )
    touched = {"event_date": "2026-06-01", "entity": "video_views", "change_seq": 2}
    world.add("intermediate.int_touched_days", account_id="b", **touched)
    assert world.explain() == {}, "another account's"
    world.add("intermediate.int_touched_days", account_id="a", **touched)
    found = world.explain()
    assert days_of(found) == [1, 2]
    assert found["a", 2] == all_families("first_day")


def test_another_time_zone_explains_every_day(world: World) -> None:
    world.change()
    found = world.explain(has_other_zone=True)
    assert days_of(found) == [1, 2, 3, 4, 5]
    assert found["a", 1] == all_families("time_zone")


def test_ingests_are_named_once_each(world: World) -> None:
    world.change()
    table = "staging.base_event_log__follower_counts"
    for seq in (10, 11, 11):
        world.land(table, "follower_counts", seq=seq, account_id="a")
    world.explain()
    assert world.connection.execute(
        "select distinct ingest_ids from quality.explained_days"
    ).fetchall() == [("i10,i11",)]
