"""Wrong data: faults, each with the place where it is planted and what has to come of it.

A fault is planted on a history that was published clean: in the files of the next ingest, in the
lake before they are built, in the build database between dbt and the checks, or in a model. What
has to come of it is one of

- ``stopped``: another exit code than 0, and a message that names one of ``by``;
- ``warned``: published, and one of the checks ``by`` warns of what it does not see otherwise;
- ``listed``: published, and the query ``by`` on the published file counts more than otherwise;
- ``refused``: a file lies in quarantine, and ``by`` stands in its reason; the others have landed;
- ``set aside``: the damaged file of the lake lies in quarantine.
"""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

import worlds
from mutants import MUTANTS, Mutant, plant
from oracle import SPECS
from studio_truth import Truth
from worlds import MOMENTS, Row, Step, World

Expected = Literal["stopped", "warned", "listed", "refused", "set aside", "passed"]


@dataclass(frozen=True)
class Fault:
    """One kind of mistake.

    Attributes:
        name: what went wrong.
        place: ``files``: the next ingest, before it is written; ``plant`` gets the history.
            ``lake``: the file of ``entity`` that landed last, or the first one if everything is
            rebuilt; ``plant`` gets its path. ``build``: the build database between dbt and the
            checks; ``plant`` gives statements. ``models``: a copy of the project; ``plant`` gets
            its folder.
        expected: what has to come of it, see above.
        by: what has to be named; empty if anything will do.
        plant: makes the mistake.
        entity: of a fault in the lake.
        rebuilds: whether that is refreshed with ``--yes-rebuild-everything``.
    """

    name: str
    place: Literal["files", "lake", "build", "models"]
    expected: Expected
    by: tuple[str, ...]
    plant: Callable[..., Any]
    entity: str = "video_views"
    rebuilds: bool = False


# ---------------------------------------------------------------- histories


@dataclass
class History:
    """A world whose last step is yet to land.

    Attributes:
        world: of an own account with some 60 views a day, a smaller one, a competitor, an account
            known from Studio and one known from the API.
        studio, api: what is true of the last two.
    """

    world: World
    studio: Truth
    api: Truth

    @property
    def next(self) -> Step:
        return self.world.steps[-1]

    def change(self, entity: str, change: Callable[[Row], Any], share: float = 1.0) -> None:
        """Change rows of the next ingest."""
        for row in self.next.rows[entity]:
            if self.world.chance.random() < share:
                change(row)

    def write(self, entity: str) -> bytes:
        """Take the rows of an entity out; give them back as a CSV."""
        names = [*SPECS[entity].required, *SPECS[entity].optional]
        return worlds.write_rows("csv", names, self.next.rows.pop(entity))


def make_history(chosen: str, number: int) -> History:
    """Six weeks, a week, and two weeks that have not landed."""
    chance = random.Random(f"{chosen} history {number}")
    start = datetime(2026, 5, 1 + chance.randrange(28), 12 + chance.randrange(12), tzinfo=UTC)
    moments = [start, start + timedelta(days=7), start + timedelta(days=21)]
    first = start.date() - timedelta(days=42)
    world = World(chance, "UTC", [Step(moment) for moment in moments], first)
    world.add_diary(60)
    world.add_diary(12)
    worlds.competitor_snapshots(world)
    worlds.own_snapshots(world)
    studio, api = worlds.tell_truth(world, "studio.only"), worlds.tell_truth(world, "api.only")
    for step in range(3):
        worlds.export_studio(world, step, studio, is_final=True)
        worlds.export_api(world, step, api)
    return History(world, studio, api)


# ---------------------------------------------------------------- in the files

Plant = Callable[[History], None]


def times(column: str, factor: float) -> Callable[[Row], None]:
    def change(row: Row) -> None:
        row[column] = f"{float(row[column]) * factor:.2f}"

    return change


def seconds(factor: float) -> Callable[[Row], None]:
    return times("watch_seconds", factor)


def put(**values: str | None) -> Callable[[Row], None]:
    return lambda row: row.update(values)


def rename_video(row: Row) -> None:
    row["video_id"] = f"x{row['video_id']}"


def swap(one: str, other: str) -> Callable[[Row], None]:
    return lambda row: row.update({one: row.get(other), other: row.get(one)})


HEART = put(interaction_type="heart")
MONEY = ("value_amount", "currency")
PERSON = ("person_id", "traffic_source")
IDS = ("view_id", "video_id")


def rows(entity: str, change: Callable[[Row], Any], share: float = 1.0) -> Plant:
    """A fault in so many of the rows of an entity."""
    return lambda history: history.change(entity, change, share)


def double(entity: str) -> Plant:
    """The rows once more under new ids, as an export with ids of its own has them."""
    key = SPECS[entity].key[0]

    def plant(history: History) -> None:
        known = history.next.rows[entity]
        known += [{**row, key: f"again-{row[key]}"} for row in known]

    return plant


def silence(entity: str) -> Plant:
    def plant(history: History) -> None:
        history.next.rows[entity] = []

    return plant


def halve(entity: str) -> Plant:
    def plant(history: History) -> None:
        history.next.rows[entity] = history.next.rows[entity][::2]

    return plant


def leave_accounts_alone(history: History) -> None:
    step, diary = history.next, history.world.diaries[0]
    step.files.clear()
    step.rows.clear()
    step.rows["accounts"].append(diary.account_row(display_name="Still here"))


def stall(history: History) -> None:
    """The files of the week before, in another order."""
    for entity in MOMENTS:
        before = history.world.steps[-2].rows[entity]
        history.next.rows[entity] = [dict(row) for row in reversed(before)]
    history.next.rows["follower_counts"] = []


def swap_day_and_month(row: Row) -> None:
    moment = row["viewed_at"]
    day, month = moment[8:10], moment[5:7]
    if int(day) <= 12:
        row["viewed_at"] = f"{moment[:5]}{day}-{month}{moment[10:]}"


def write_differently(row: Row) -> None:
    then = datetime.fromisoformat(row["viewed_at"])
    row["viewed_at"] = f"{then:%d/%m/%Y %H:%M}"


def shift_hours(history: History) -> None:
    for entity, moment in MOMENTS.items():
        for row in history.next.rows[entity]:
            then = datetime.fromisoformat(row[moment]) + timedelta(hours=9)
            row[moment] = str(min(then, history.next.now.replace(tzinfo=None)))


def rename(**columns: str) -> Plant:
    """Other names in the header of the views."""

    def plant(history: History) -> None:
        header, lines = history.write("video_views").split(b"\n", 1)
        for old, new in columns.items():
            header = header.replace(f'"{old}"'.encode(), f'"{new}"'.encode())
        history.next.files["video_views_next.csv"] = header + b"\n" + lines

    return plant


def cut_off(history: History) -> None:
    content = gzip.compress(history.write("video_views"))
    history.next.files["video_views_next.csv.gz"] = content[: len(content) // 2]


def misname(history: History) -> None:
    history.next.files["interactions_views.csv"] = history.write("video_views")


def write_latin(history: History) -> None:
    content = history.write("videos").replace(b"loaf", "löaf".encode("latin-1"))
    history.next.files["videos_next.csv"] = content


def cut_fields(history: History) -> None:
    lines = history.write("video_views").splitlines(keepends=True)
    cut = [line if at % 10 or not at else b'"a","b"\n' for at, line in enumerate(lines)]
    history.next.files["video_views_next.csv"] = b"".join(cut)


def resend_videos(history: History) -> list[Row]:
    """The whole list of videos, as feeds of lists send it."""
    before = [dict(row) for step in history.world.steps[:-1] for row in step.rows["videos"]]
    history.next.rows["videos"][:0] = before
    return history.next.rows["videos"]


def videos_in_milliseconds(history: History) -> None:
    for row in resend_videos(history):
        if row.get("duration_seconds"):
            row["duration_seconds"] = str(int(row["duration_seconds"]) * 1000)


def videos_of_another(history: History) -> None:
    for row in resend_videos(history):
        if row["account_id"] == "calm0":
            row["account_id"] = "calm1"


def flip_role(history: History) -> None:
    row = history.world.diaries[0].account_row("competitor")
    history.next.rows["accounts"].append(row)


def count_one(history: History) -> None:
    for row in history.next.rows["follower_counts"][3:4]:
        row["followers"] = "1"


def lose_a_total(history: History) -> None:
    """One reading of one video, amid others."""
    read = history.next.rows["video_snapshots"]
    theirs = [row for row in read if row["video_id"].startswith("rival")]
    theirs[len(theirs) // 2].update(views="3", likes="0", comments="0", shares="0")


def studio_of_another(history: History) -> None:
    """Another account's export under the same handle."""
    forget_files(history, "studio/")
    other = worlds.tell_truth(history.world, history.studio.account)
    worlds.export_studio(history.world, len(history.world.steps) - 1, other, is_final=True)


def studio_a_day_off(history: History) -> None:
    forget_files(history, "studio/")
    step = len(history.world.steps) - 1
    worlds.export_studio(history.world, step, history.studio, labels_later=1, is_final=True)


def api_refuses(history: History) -> None:
    forget_files(history, "api/")
    page = b'{"code": 40001, "message": "no permission", "request_id": "r2", "data": {}}'
    history.next.files["api/@api.only/account.json"] = page


def api_has_zeros(history: History) -> None:
    """Days that were told before come without their numbers."""
    forget_files(history, "api/")
    days = {
        day: dict.fromkeys(values, 0) if day < history.world.steps[-2].day else values
        for day, values in history.api.days.items()
    }
    truth = Truth(history.api.account, days)
    worlds.export_api(history.world, len(history.world.steps) - 1, truth)


def forget_files(history: History, folder: str) -> None:
    for name in [name for name in history.next.files if name.startswith(folder)]:
        del history.next.files[name]


def file_cut_off(name: str) -> Plant:
    def plant(history: History) -> None:
        files = history.next.files
        found = next(path for path in files if path.startswith(name))
        files[found] = files[found][: len(files[found]) // 2]

    return plant


def warned(name: str, by: str, plant: Plant) -> Fault:
    return Fault(name, "files", "warned", tuple(by.split()), plant)


def stopped(name: str, by: str, plant: Plant) -> Fault:
    return Fault(name, "files", "stopped", tuple(by.split()), plant)


def refused(name: str, by: str, plant: Plant) -> Fault:
    return Fault(name, "files", "refused", (by,), plant)


def rejected(name: str, reason: str, plant: Plant) -> Fault:
    query = f"select count(*) from quality.rejected_rows where reason_code = '{reason}'"
    return Fault(name, "files", "listed", (query,), plant)


REPAIRS = "select count(*) from quality.calendar_repairs where decision <> 'kept'"
VIEWS, LIKES, SALES = "video_views", "interactions", "conversions"

FILES: tuple[Fault, ...] = (
    # Units, columns and values of another meaning.
    stopped("watch time in milliseconds", "durations_in_seconds", rows(VIEWS, seconds(1000))),
    stopped("watch time in minutes", "durations_in_seconds", rows(VIEWS, seconds(1 / 60))),
    warned("videos in milliseconds", "units_within_history", videos_in_milliseconds),
    warned("amounts in cents", "units_within_history", rows(SALES, times("value_amount", 100))),
    stopped("amounts as currencies", "columns_not_shifted", rows(SALES, swap(*MONEY))),
    stopped("people as sources", "columns_not_shifted", rows(VIEWS, swap(*PERSON))),
    warned("currencies as signs", "columns_readable_as_before", rows(SALES, put(currency="€"))),
    warned("views as videos", "waiting_share_within_history", rows(VIEWS, swap(*IDS))),
    warned("two currencies for one", "mix_within_history", rows(SALES, put(currency="USD"), 0.5)),
    warned("everything an undo", "mix_within_history", rows(LIKES, put(is_undo="true"))),
    warned("everybody one person", "people_within_history", rows(VIEWS, put(person_id="0"))),
    warned("another date format", "rejected_share_within_history", rows(VIEWS, write_differently)),
    warned("a category renamed", "rejected_share_within_history", rows(LIKES, HEART, 0.6)),
    warned("days as months", "weekly_views_within_history", rows(VIEWS, swap_day_and_month)),
    warned("nine hours ahead", "", shift_hours),
    # Rows that are missing, or there twice.
    warned("half of the views", "views_follow_interactions", halve(VIEWS)),
    warned("no views", "views_follow_interactions", silence(VIEWS)),
    warned("no interactions", "", silence(LIKES)),
    warned("no events at all", "events_fresh", leave_accounts_alone),
    warned("a stalled feed", "events_fresh", stall),
    warned("views twice under new ids", "rows_not_repeated", double(VIEWS)),
    warned("interactions twice under new ids", "rows_not_repeated", double(LIKES)),
    warned("conversions twice under new ids", "rows_not_repeated", double(SALES)),
    # Rows that cannot be used.
    rejected("negative watch times", "negative_number", rows(VIEWS, seconds(-1), 0.1)),
    rejected("watch times of days", "absurd_watch_time", rows(VIEWS, seconds(1e6), 0.1)),
    rejected("rows without an id", "missing_key", rows(VIEWS, put(view_id=""), 0.1)),
    rejected(
        "rows of the future", "future_timestamp", rows(VIEWS, put(viewed_at="2062-01-01"), 0.1)
    ),
    rejected("a clock at 1970", "before_platform", rows(VIEWS, put(viewed_at="1970-01-01"), 0.1)),
    rejected("rows of two fields", "malformed_row", cut_fields),
    warned("unknown videos", "waiting_share_within_history", rows(VIEWS, rename_video, 0.5)),
    # Files that cannot be used.
    refused("a required column renamed", "viewed_at", rename(viewed_at="time")),
    warned("an optional column renamed", "null_share_within_history", rename(person_id="user")),
    refused("a file cut off", "cut off", cut_off),
    refused("views named interactions", "interaction_id", misname),
    refused("another encoding", "UTF-8", write_latin),
    refused("a zip cut off", "damaged", file_cut_off("studio/Overview")),
    refused("an error for a payload", "", api_refuses),
    # What is said of accounts, videos and totals.
    warned("an account called a rival", "published_views_lowered", flip_role),
    warned("all videos of another", "published_views_lowered", videos_of_another),
    warned("a level of 1", "readings_plausible", count_one),
    warned("a total of nearly nothing", "readings_plausible", lose_a_total),
    warned("Studio of another account", "", studio_of_another),
    Fault("Studio a day off", "files", "listed", (REPAIRS,), studio_a_day_off),
    warned("zeros for days that were told", "published_views_lowered", api_has_zeros),
)


# ---------------------------------------------------------------- in the lake


def cut_file(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(bytes(content))


def rewrite(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    def plant(path: Path) -> None:
        pq.write_table(change(pq.ParquetFile(path).read()), path)

    return plant


def without_first(table: pa.Table) -> pa.Table:
    return table.slice(1)


def with_other_integers(table: pa.Table) -> pa.Table:
    position = table.schema.get_field_index("_source_row")
    return table.set_column(position, "_source_row", table.column(position).cast(pa.int32()))


def put_column(name: str, value: str | None) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        position = table.schema.get_field_index(name)
        return table.set_column(position, name, pa.array([value] * len(table), pa.string()))

    return change


def leave_out(path: Path) -> None:
    shutil.rmtree(path.parent)


def of_exports(fault: Fault) -> Fault:
    return replace(fault, entity="studio_overview")


def rebuilt(fault: Fault) -> Fault:
    return replace(fault, rebuilds=True)


def in_lake(name: str, expected: Expected, by: str, plant: Callable[[Path], None]) -> Fault:
    return Fault(name, "lake", expected, tuple(by.split()), plant)


other_types = rewrite(with_other_integers)
fewer_columns = rewrite(lambda table: table.drop_columns(["traffic_source"]))
no_lineage = rewrite(put_column("_source_file", None))
other_names = rewrite(put_column("_source_file", "another.csv"))
twice = rewrite(lambda table: pa.concat_tables([table, table]))
GONE = "published_views_kept published_days_kept restatements_explained"

LAKE: tuple[Fault, ...] = (
    in_lake("a landed file cut off", "set aside", "", cut_file),
    in_lake("a landed file gone", "set aside", "", Path.unlink),
    in_lake("a bit flipped", "set aside", "", flip_a_bit),
    in_lake("a landed row gone", "set aside", "", rewrite(without_first)),
    of_exports(in_lake("a row of an export gone", "set aside", "", rewrite(without_first))),
    in_lake("landed rows doubled", "set aside", "", twice),
    in_lake("a column of another type", "stopped", "raw_columns_as_contracted", other_types),
    in_lake("a column gone", "stopped", "raw_columns_as_contracted", fewer_columns),
    in_lake("rows without lineage", "stopped", "raw_lineage_complete", no_lineage),
    in_lake("rows of another file", "stopped", "raw_rows_as_registered", other_names),
    of_exports(
        in_lake("an export of another name", "stopped", "raw_rows_as_registered", other_names)
    ),
    rebuilt(in_lake("a published file damaged", "stopped", "Restore", cut_file)),
    rebuilt(in_lake("a published ingest gone", "stopped", GONE, leave_out)),
)

# ---------------------------------------------------------------- in the build

KPIS = "marts.daily_account_kpis"
VIDEO_KPIS = "marts.daily_video_kpis"
STAGED = "staging.base_event_log__video_views"
MINE = "account_id = 'calm0'"
A_DAY = f"(select max(kpi_date) - 20 from {KPIS})"
SOME_ROWS = "where _source_row % 2 = 0 and row_status = 'accepted'"


def in_build(name: str, by: Iterable[str], *statements: str) -> Fault:
    return Fault(name, "build", "stopped", tuple(by), lambda: statements)


BUILD: tuple[Fault, ...] = (
    in_build("staged rows gone", ["totals_equal_staging"], f"delete from {STAGED} {SOME_ROWS}"),
    in_build(
        "staged rows doubled",
        ["totals_equal_staging"],
        f"insert into {STAGED} from {STAGED} {SOME_ROWS}",
    ),
    in_build(
        "staged milliseconds",
        ["totals_equal_staging"],
        f"update {STAGED} set watch_seconds = 1000 * watch_seconds {SOME_ROWS}",
    ),
    in_build(
        "a doubled account-day",
        ["kpi_keys_unique"],
        f"insert into {KPIS} from {KPIS} where {MINE} and kpi_date = {A_DAY}",
    ),
    in_build(
        "a doubled video-day",
        ["kpi_keys_unique"],
        f"insert into {VIDEO_KPIS} from {VIDEO_KPIS} limit 1",
    ),
    in_build(
        "a vanished day",
        ["account_days_without_gaps"],
        f"delete from {KPIS} where {MINE} and kpi_date = {A_DAY}",
    ),
    in_build(
        "a vanished last day",
        ["account_days_without_gaps"],
        f"delete from {KPIS} where kpi_date = (select max(kpi_date) from {KPIS})",
    ),
    in_build(
        "a vanished first day",
        ["published_days_kept"],
        f"delete from {KPIS} where {MINE} and kpi_date = (select min(kpi_date) from {KPIS}"
        f" where {MINE})",
    ),
    in_build("a vanished account", ["published_days_kept"], f"delete from {KPIS} where {MINE}"),
    in_build(
        "days without their account",
        ["published_days_kept", "account_days_without_gaps"],
        f"alter table {KPIS} alter account_id drop not null",
        f"update {KPIS} set account_id = null where {MINE} and kpi_date > {A_DAY}",
    ),
    in_build(
        "two measures in each other's place",
        ["totals_equal_staging"],
        f"update {KPIS} set likes = comments, comments = likes where {MINE}",
    ),
    in_build(
        "views halved",
        ["totals_equal_staging"],
        f"update {KPIS} set views = views // 2 where {MINE}",
    ),
    in_build(
        "views halved in the mart of videos",
        ["account_mart_equals_video_mart"],
        f"update {VIDEO_KPIS} set views = views // 2",
    ),
    in_build(
        "two accounts in each other's place",
        ["totals_equal_staging"],
        f"update {KPIS} set account_id = case account_id when 'calm0' then 'calm1' else 'calm0'"
        " end where account_id in ('calm0', 'calm1')",
    ),
    in_build(
        "days a day off",
        ["account_days_without_gaps", "published_days_kept"],
        f"update {KPIS} set kpi_date = kpi_date - 1 where {MINE}",
    ),
    in_build(
        "a negative rate",
        ["values_in_range"],
        f"update {KPIS} set engagement_rate_pct = -1 where {MINE} and kpi_date = {A_DAY}",
    ),
    in_build(
        "negative seconds",
        ["values_in_range"],
        f"update {KPIS} set total_watch_seconds = -5 where {MINE} and kpi_date = {A_DAY}",
    ),
    in_build(
        "a share above 100 %",
        ["values_in_range"],
        f"update {VIDEO_KPIS} set completion_rate_pct = 101 where completion_rate_pct is not null",
    ),
    in_build(
        "not a number",
        ["values_in_range"],
        f"update {KPIS} set completion_rate_pct = 'NaN' where {MINE} and kpi_date = {A_DAY}",
    ),
    in_build(
        "a rate that is not its parts",
        ["restatements_explained"],
        f"update {KPIS} set engagement_rate_pct = 1.3 * engagement_rate_pct where {MINE}",
    ),
    in_build(
        "levels a thousand too high",
        ["restatements_explained"],
        f"update {KPIS} set followers_opening = followers_opening + 1000,"
        " followers_closing = followers_closing + 1000, follower_growth_rate_pct ="
        f" followers_net * 100.0 / (followers_opening + 1000) where {MINE}",
    ),
    in_build(
        "conversion values times 100",
        [],
        f"update {KPIS} set conversion_value_amount = 100 * conversion_value_amount where {MINE}",
    ),
    in_build(
        "a currency for another",
        [],
        f"update {KPIS} set currency = 'USD' where currency = 'EUR'",
    ),
    in_build(
        "a snapshot day lost",
        ["published_days_kept"],
        f"delete from {KPIS} where account_role = 'competitor' and kpi_date < {A_DAY}",
    ),
    in_build(
        "videos gone",
        ["account_mart_equals_video_mart"],
        f"delete from {VIDEO_KPIS} where views > 3",
    ),
)

# ---------------------------------------------------------------- in the models

# Of those of ``make mutants``. A refresh of a lake leaves the unit tests out that kill them there.
_MUTANTS = (
    "a showing without playback is a view",
    "the oldest version of a row wins",
    "nothing is a duplicate",
    "undos count as interactions",
    "a competitor's events are known",
    "levels run the wrong way",
    "interactions join on the video alone",
    "a window has a day too many",
    "visits are people",
    "99 % exactly is not complete",
)
_OWN = (
    Mutant(
        "staging drops rows",
        "models/staging/event_log/stg_event_log__video_views.sql",
        "where row_status = 'accepted'",
        "where row_status = 'accepted' and _source_row % 3 > 0",
    ),
    Mutant(
        "staging keeps duplicates",
        "models/staging/event_log/stg_event_log__interactions.sql",
        "where row_status = 'accepted'",
        "where row_status in ('accepted', 'duplicate')",
    ),
    Mutant(
        "a mart joins on the account alone",
        "models/marts/kpis/daily_account_kpis.sql",
        "        account_days.account_id = windows.account_id\n"
        "        and account_days.event_date = windows.event_date",
        "        account_days.account_id = windows.account_id",
    ),
    Mutant(
        "a mart keeps its later half",
        "models/marts/kpis/daily_account_kpis.sql",
        "from account_days\n",
        "from (select * from account_days where event_date >= (select median(event_date)"
        " from account_days)) as account_days\n",
    ),
    Mutant(
        "short videos are left out",
        "models/intermediate/int_video_views_dated.sql",
        "        on video_views.video_id = videos.video_id",
        "        on video_views.video_id = videos.video_id and videos.duration_seconds > 15",
    ),
    Mutant(
        "views are of the day after",
        "models/intermediate/int_video_views_dated.sql",
        "        video_views.event_date,",
        "        video_views.event_date + 1 as event_date,",
    ),
)


def in_models(mutant: Mutant) -> Fault:
    return Fault(mutant.name, "models", "stopped", (), lambda folder: plant(mutant, folder))


MODELS = tuple(
    in_models(mutant) for mutant in (*MUTANTS, *_OWN) if mutant in _OWN or mutant.name in _MUTANTS
)


def plant_nothing(*_: object) -> tuple[()]:
    return ()


def rewrite_nothing(folder: Path) -> None:
    """Other models by their digest, which give the same rows."""
    path = folder / "models/staging/event_log/stg_event_log__video_views.sql"
    path.write_text(f"{path.read_text('utf-8')}\n", "utf-8")


# What each place comes to without a fault.
CONTROLS: tuple[Fault, ...] = (
    Fault("nothing in the files", "files", "passed", (), plant_nothing),
    Fault("nothing in the build", "build", "passed", (), plant_nothing),
    Fault("nothing in the models", "models", "passed", (), rewrite_nothing),
)
FAULTS = {fault.name: fault for fault in (*CONTROLS, *FILES, *LAKE, *BUILD, *MODELS)}
