"""KPIs of accounts over any window of days, read from the published file.

The rules are those of the windows in ``daily_account_kpis``: a ratio is the sum of its numerators
over the sum of its denominators; growth is the net over the window against the opening of its first
day; conversion is divided by visitor-days. A window that lacks a day, or has one that is not known,
is NULL, and so is a ratio over days of two sources, or of engagement with saves and without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tiktok_warehouse.errors import UnreadableVersion, UsageError
from tiktok_warehouse.version_tables import open_tables

Number = int | float | Decimal

# So many days of a window, its last ones, are shown one by one.
MOST_DAILY = 28
_DEFAULT_DAYS = 7
_MOST_NAMES = 20
# TikTok's first day outside China; an earlier one is a typing error.
EARLIEST_DAY = date(2016, 9, 1)


@dataclass(frozen=True)
class Kpi:
    """One KPI: its column, what people call it, and how it is written.

    Attributes:
        name: column of daily_account_kpis, and its name in every output.
        title: what a table calls it.
        form: format of a value.
        unit: what stands behind a value.
        family: whose source has to be one for two windows to be compared.
    """

    name: str
    title: str
    form: str
    unit: str
    family: str


KPIS = (
    Kpi("views", "views", ",.0f", "", "watch"),
    Kpi("engagements", "engagements", ",.0f", "", "engagement"),
    Kpi("engagement_rate_pct", "engagement rate", ",.2f", " %", "engagement"),
    Kpi("save_rate_pct", "save rate", ",.2f", " %", "engagement"),
    Kpi("followers_net", "followers, net", ",.0f", "", "followers"),
    Kpi("follower_growth_rate_pct", "follower growth", ",.2f", " %", "followers"),
    Kpi("total_watch_seconds", "watch time", ",.0f", " s", "watch"),
    Kpi("average_watch_seconds", "average watch time", ",.1f", " s", "watch"),
    Kpi("completion_rate_pct", "completion rate", ",.1f", " %", "watch"),
    Kpi("profile_visits", "profile visits", ",.0f", "", "funnel"),
    Kpi("conversions", "conversions", ",.0f", "", "funnel"),
    Kpi("conversion_rate_pct", "conversion rate", ",.1f", " %", "funnel"),
)

# What the ratios are made of, beyond the KPIs themselves.
PARTS = (
    *("engagement_views", "saves", "followers_opening", "completed_views"),
    *("views_with_duration", "conversion_visitors"),
)


@dataclass(frozen=True)
class Window:
    """A span of calendar days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def first_shown(self) -> date:
        """The first of its days that are shown one by one."""
        return max(self.first, self.last - timedelta(days=MOST_DAILY - 1))

    @property
    def before(self) -> Window:
        """The window of as many days that ends where this one begins."""
        length = timedelta(days=self.days)
        return Window(self.first - length, self.last - length)


@dataclass(frozen=True)
class AccountKpis:
    """The KPIs of one account over a window.

    Attributes:
        account_id: of the account.
        handle: of the account.
        account_role: own or competitor.
        days: calendar days of the window that the account has.
        provisional_days: how many of them may still change.
        engagement_has_saves: whether engagements count saves; None if unknown or mixed.
        conversion_denominator: visitors or visits; None if unknown or mixed.
        values: of each KPI and of the parts of its ratio; None if not known.
        changes: of each KPI on the window before; None if either is not known or their sources
            differ.
        daily: each KPI day by day, the last ``MOST_DAILY`` days of the window; None on a day that
            is missing or not known.
    """

    account_id: str
    handle: str
    account_role: str
    days: int
    provisional_days: int
    engagement_has_saves: bool | None
    conversion_denominator: str | None
    values: dict[str, Number | None]
    changes: dict[str, Number | None]
    daily: dict[str, tuple[Number | None, ...]]


def _full(value: str) -> str:
    return f"case when count({value}) = any_value(window_days) then sum({value}) end"


def _ratio(numerator: str, denominator: str, family: str, scale: int) -> str:
    ratio = f"cast({numerator} as double) / nullif(cast({denominator} as double), 0) * {scale}"
    return f"case when {family}_sources = 1 then {ratio} end"


_WINDOWS = f"""
with

windows as (

    select unnest(['now', 'before']) as which, unnest($firsts) as first_date,
        unnest($lasts) as last_date

),

days as (

    select
        kpis.*,
        windows.which,
        date_diff('day', windows.first_date, windows.last_date) + 1 as window_days,
        case when kpis.engagement_source = kpis.watch_source then kpis.views end
            as engagement_views,
        case kpis.conversion_denominator
            when 'visitors' then kpis.profile_visitors
            when 'visits' then kpis.profile_visits
        end as conversion_visitors
    from marts.daily_account_kpis as kpis
    inner join windows on kpis.kpi_date between windows.first_date and windows.last_date

),

-- Own counts are one source with snapshots of the same counters.
sums as (

    select
        {
    ", ".join(
        f"count(distinct coalesce(nullif({family}_source, 'snapshots'),"
        f" case when {family}_source is null then '' else 'event_log' end)) as {family}_sources,"
        f" max(coalesce(nullif({family}_source, 'snapshots'), 'event_log')) as {family}_source"
        for family in ("engagement", "watch", "followers", "funnel")
    )
},
        {
    ", ".join(
        f"{_full(name)} as {name}"
        for name in (
            *("views", "engagement_views", "saves", "total_watch_seconds", "completed_views"),
            *("views_with_duration", "followers_net", "profile_visits", "conversions"),
            *("conversion_visitors", "engagements"),
        )
    )
},
        case when count(distinct engagement_has_saves) = 1 then bool_and(engagement_has_saves) end
            as engagement_has_saves,
        case when count(distinct conversion_denominator) = 1 then max(conversion_denominator) end
            as conversion_denominator,
        case
            when count(followers_net) = any_value(window_days)
                then arg_min(followers_opening, kpi_date)
        end as followers_opening,
        count(*) as days,
        count(*) filter (where is_provisional) as provisional_days,
        account_id,
        which
    from days
    group by account_id, which

),

-- Engagement with saves and without is no one number.
unmixed as (

    select
        sums.* replace (
            case when engagement_has_saves is not null then engagements end as engagements
        )
    from sums

),

rates as (

    select
        *,
        {_ratio("engagements", "engagement_views", "engagement", 100)} as engagement_rate_pct,
        {_ratio("saves", "engagement_views", "engagement", 100)} as save_rate_pct,
        {_ratio("followers_net", "followers_opening", "followers", 100)}
            as follower_growth_rate_pct,
        {_ratio("total_watch_seconds", "views", "watch", 1)} as average_watch_seconds,
        {_ratio("completed_views", "views_with_duration", "watch", 100)} as completion_rate_pct,
        {_ratio("conversions", "conversion_visitors", "funnel", 100)} as conversion_rate_pct
    from unmixed

)

select
    accounts.account_id,
    accounts.handle,
    accounts.account_role,
    now.days,
    now.provisional_days,
    now.engagement_has_saves,
    now.conversion_denominator,
    {", ".join(f"now.{name}" for name in (*(kpi.name for kpi in KPIS), *PARTS))},
    {
    ", ".join(
        f"case when now.{kpi.family}_source = before.{kpi.family}_source"
        + (
            " and now.engagement_has_saves = before.engagement_has_saves"
            if kpi.name.startswith("engagement")
            else ""
        )
        + f" then now.{kpi.name} - before.{kpi.name} end"
        for kpi in KPIS
    )
}
from rates as now
inner join marts.dim_accounts as accounts on now.account_id = accounts.account_id
left join rates as before on now.account_id = before.account_id and before.which = 'before'
where now.which = 'now'
order by accounts.account_role desc, now.views desc nulls last, accounts.handle
"""

_DAILY = f"""
with days as (

    select cast(unnest(generate_series($first, $last, interval 1 day)) as date) as kpi_date

)

select accounts.account_id, {", ".join(f"kpis.{kpi.name}" for kpi in KPIS)}
from marts.dim_accounts as accounts
cross join days
left join marts.daily_account_kpis as kpis
    on accounts.account_id = kpis.account_id and days.kpi_date = kpis.kpi_date
order by accounts.account_id, days.kpi_date
"""


def find_published(published: Path) -> Path:
    """The file that readers see, its links resolved: what is read stays one version.

    Args:
        published: the folder ``published/`` of a home.

    Raises:
        UsageError: nothing is published yet.
    """
    database = published / "tiktok.duckdb"
    if not database.exists():
        raise UsageError(
            f"Nothing is published in {published} yet: run 'tiktok-warehouse refresh' first, or"
            " name another home with --home."
        )
    return database.resolve()


def read_kpis(
    database: Path,
    *,
    first: date | None = None,
    last: date | None = None,
    accounts: Sequence[str] = (),
) -> tuple[Window, list[AccountKpis]]:
    """The KPIs of accounts over a window, and their change on the window before.

    Args:
        database: a published file.
        first: first day; None for the seventh up to the last.
        last: last day; None for the last of which a KPI is known.
        accounts: handles or ids, competitors' too; none means all own accounts.

    Returns:
        The window; one row per account that has a day in it, own ones first, the most viewed
        first.

    Raises:
        UsageError: no such account; no day in the window; the window ends before it begins, or
            lies before there was anything.
        UnreadableVersion: the file cannot be read.
    """
    try:
        return _read_kpis(database, first, last, accounts)
    except duckdb.Error as error:
        raise UnreadableVersion(describe_unreadable(database, error)) from error


def describe_unreadable(database: Path, error: duckdb.Error) -> str:
    """What to say of a published file that DuckDB cannot read, and what to do."""
    message = str(error).splitlines()[0]
    if "Conflicting lock" in message:
        return (
            f"Another program has {database} open for writing, which shuts everybody else out."
            f" Close it there, or let it open the file read-only (docs/connect.md). {message}"
        )
    return (
        f"{database} cannot be read: {message}. Publish anew with 'tiktok-warehouse refresh', or go"
        " back to a version that can be read with 'tiktok-warehouse rollback'."
    )


def _read_kpis(
    database: Path, first: date | None, last: date | None, accounts: Sequence[str]
) -> tuple[Window, list[AccountKpis]]:
    with open_tables(database.parent) as connection:
        wanted = _find_accounts(connection, accounts)
        bounds = connection.execute(
            "select min(kpi_date), max(kpi_date) from marts.daily_account_kpis"
            " where list_contains(?, account_id)",
            [wanted],
        ).fetchone()
        if bounds is None or bounds[1] is None:
            today = last or first or date.today()
            return Window(first or today, today), []
        window = _choose_window(first, last, find_last_known_day(connection) or bounds[1])
        if window.last < bounds[0] or window.first > bounds[1]:
            raise UsageError(
                f"No day from {window.first} to {window.last} is published: the days go from"
                f" {bounds[0]} to {bounds[1]}."
            )
        rows = connection.execute(
            _WINDOWS,
            {
                "firsts": [window.first, window.before.first],
                "lasts": [window.last, window.before.last],
            },
        ).fetchall()
        daily: dict[str, list[tuple[Number | None, ...]]] = {}
        span = {"first": window.first_shown, "last": window.last}
        for account_id, *numbers in connection.execute(_DAILY, span).fetchall():
            daily.setdefault(account_id, []).append(tuple(numbers))
    return window, [_read_row(row, daily) for row in rows if row[0] in set(wanted)]


def find_last_known_day(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The last day of which a KPI is known; an export's own day comes after those it tells of."""
    row = connection.execute(
        "select max(kpi_date) from marts.daily_account_kpis where coalesce(views, engagements,"
        " followers_closing, profile_visits, conversions) is not null"
    ).fetchone()
    return row[0] if row else None


def _read_row(
    row: tuple[Any, ...], daily: dict[str, list[tuple[Number | None, ...]]]
) -> AccountKpis:
    names = [kpi.name for kpi in KPIS]
    numbers: list[Number | None] = list(row[7:])
    described = len(names) + len(PARTS)
    series = zip(*daily.get(str(row[0]), []), strict=True)
    account_id, handle, role, days, provisional_days, has_saves, denominator, *_ = row
    return AccountKpis(
        account_id=account_id,
        handle=handle,
        account_role=role,
        days=days,
        provisional_days=provisional_days,
        engagement_has_saves=has_saves,
        conversion_denominator=denominator,
        values=dict(zip((*names, *PARTS), numbers[:described], strict=True)),
        changes=dict(zip(names, numbers[described:], strict=True)),
        daily=dict(zip(names, series, strict=False)),
    )


def _choose_window(first: date | None, last: date | None, newest: date) -> Window:
    for day in (first, last):
        if day is not None and day < EARLIEST_DAY:
            raise UsageError(f"{day} lies before {EARLIEST_DAY}, and before any short video.")
    last = last or newest
    first = first or last - timedelta(days=_DEFAULT_DAYS - 1)
    if last < first:
        raise UsageError(f"The window ends on {last}, before it begins on {first}.")
    return Window(first, last)


def _find_accounts(connection: duckdb.DuckDBPyConnection, asked: Sequence[str]) -> list[str]:
    known = connection.execute(
        "select account_id, handle, account_role from marts.dim_accounts order by handle"
    ).fetchall()
    if not asked:
        return [account_id for account_id, _, role in known if role == "own"]
    found = []
    for name in asked:
        matching = [row[0] for row in known if name.removeprefix("@") in (row[0], row[1])]
        if not matching:
            handles = ", ".join(str(row[1]) for row in known[:_MOST_NAMES]) or "none"
            raise UsageError(f"No account '{name}' is published. Accounts: {handles}.")
        found += matching
    return found
