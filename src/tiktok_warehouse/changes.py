"""What a refresh changed, in a few sentences: for whoever reads a scheduler's log."""

from __future__ import annotations

import duckdb

from tiktok_warehouse import explained_days, restatements
from tiktok_warehouse.home import Home
from tiktok_warehouse.ingest import IngestResult

MOST_LINES = 10
_MOST_ACCOUNTS = 5
_MOST_NAMES = 4

# How a cause is told, the one that says most first.
_CAUSES = {
    "time_zone": "the reporting time zone is another one",
    "calendar_repair": "an export moved the day labels of others",
    "account": "the row or the id of the account changed, or whose its exports are",
    "data_end": "the newest rows moved to earlier days",
    "first_day": "its first rows moved to later days",
    "export": "an export tells of them",
    "coverage": "more is known now",
    "video": "the row of a video is another one",
    "reading": "counts or snapshots came in",
    "rows": "late or corrected rows came in",
}


def describe(
    home: Home, run_id: str, ingested: IngestResult | None, published_seq: int
) -> list[str]:
    """Say what a build that passed its checks changes for its readers.

    Args:
        home: whose build database is read.
        run_id: the run at work.
        ingested: what it took in.
        published_seq: number of the newest landed file in the version before; 0 before the first.

    Returns:
        At most ten sentences, the ones about published days first; none if nothing is worth one.
    """
    with duckdb.connect(str(home.database), read_only=True) as connection:
        days = [*_describe_restated(connection, run_id), *_describe_gone(connection)]
        rest = [
            *_describe_suspects(connection, published_seq),
            *_describe_labels(connection, published_seq),
            *_describe_contradictions(connection, published_seq),
            *_describe_rejected(connection, published_seq),
            *_describe_columns(ingested),
        ]
    room = MOST_LINES - len(rest)
    if len(days) > room:
        more = len(days) - room + 1
        days = [*days[: room - 1], f"And {more:,} more, in quality.explained_days."]
    return [*days, *rest]


def _describe_restated(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[str]:
    return _tell_days(
        connection,
        f"select distinct account_id, kpi_date"
        f" from {restatements.SCHEMA}.{restatements.TABLE} where run_id = $run_id",
        "changed after they were published",
        {"run_id": run_id},
    )


def _describe_gone(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return _tell_days(
        connection,
        f"select distinct account_id, kpi_date from {explained_days.SCHEMA}.{explained_days.TABLE}"
        " anti join marts.daily_account_kpis using (account_id, kpi_date)",
        "are gone",
        {},
    )


def _tell_days(
    connection: duckdb.DuckDBPyConnection, days: str, what: str, values: dict[str, str]
) -> list[str]:
    order = ", ".join(f"'{cause}'" for cause in _CAUSES)
    rows = connection.execute(
        f"""
        with days as ({days}),
        causes as (
            select account_id, kpi_date, arg_min(cause, list_position([{order}], cause)) as cause,
                string_agg(distinct ingest_ids, ',') as ingest_ids
            from {explained_days.SCHEMA}.{explained_days.TABLE} group by all
        )
        select coalesce(accounts.handle, account_id), cause, count(*), min(kpi_date), max(kpi_date),
            len(list_distinct(flatten(list(string_split(ingest_ids, ',')))))
        from days
        left join causes using (account_id, kpi_date)
        left join marts.dim_accounts as accounts using (account_id)
        group by all order by count(*) desc, 1
        """,
        values,
    ).fetchall()
    return [
        f"{_count(number, 'day')} of {handle} ({_span(first, last)}) {what}:"
        f" {_CAUSES.get(cause, 'somebody accepted it')}"
        + (f" ({_count(ingests, 'ingest')})." if ingests else ".")
        for handle, cause, number, first, last, ingests in rows
    ]


def _describe_suspects(connection: duckdb.DuckDBPyConnection, published_seq: int) -> list[str]:
    rows = connection.execute(
        """
        select accounts.handle, count(*), min(kpi_date), max(kpi_date)
        from marts.daily_account_kpis
        inner join marts.dim_accounts as accounts using (account_id)
        where followers_is_suspect and account_id in (
            select account_id from staging.base_event_log__follower_counts where _ingest_seq > $seq
            union
            select account_id from staging.base_event_log__account_snapshots
            where _ingest_seq > $seq
            union
            select account_id from intermediate.int_account_handles where newest_ingest_seq > $seq
        )
        group by all order by count(*) desc, 1
        """,
        {"seq": published_seq},
    ).fetchall()
    return [
        f"{_count(days, 'count')} of the followers of {handle} ({_span(first, last)}) left those"
        " around and were set aside: followers_is_suspect."
        for handle, days, first, last in rows[:_MOST_ACCOUNTS]
    ]


def _describe_labels(connection: duckdb.DuckDBPyConnection, published_seq: int) -> list[str]:
    rows = connection.execute(
        """
        select account_handle, decision, count(*),
            list(
                concat(
                    file_kind, ' of ', exported_on,
                    case when decision = 'shifted' then printf(' (%+d)', shift_days) end
                )
                order by exported_on, file_kind
            )
        from quality.calendar_repairs
        where decision <> 'kept' and account_handle in (
            select account_handle from intermediate.int_account_handles
            where newest_ingest_seq > ?
        )
        group by all order by all
        """,
        [published_seq],
    ).fetchall()
    told = {
        "shifted": "The day labels of {} of {} are moved by a day",
        "flagged": "The day labels of {} of {} are in doubt and kept",
    }
    lines = [
        told[decision].format(_count(files, "Studio file"), handle)
        + f": {_list_briefly(names)}. See quality.calendar_repairs."
        for handle, decision, files, names in rows
    ]
    more = len(lines) - _MOST_ACCOUNTS
    if more > 0:
        lines[_MOST_ACCOUNTS - 1 :] = [
            f"And {more + 1:,} times the like of other accounts: see quality.calendar_repairs."
        ]
    return lines


def _describe_contradictions(
    connection: duckdb.DuckDBPyConnection, published_seq: int
) -> list[str]:
    rows = connection.execute(
        """
        select account_handle, count(distinct event_date), min(event_date), max(event_date),
            max(earlier_exported_on), max(later_exported_on)
        from intermediate.int_studio_contradictions
        where account_handle in (
            select account_handle from intermediate.int_account_handles
            where newest_ingest_seq > ?
        )
        group by all order by all
        """,
        [published_seq],
    ).fetchall()
    return [
        f"Warning: {_count(days, 'day')} of {handle} ({_span(first, last)}) are told otherwise by"
        f" the Studio exports of {earlier} and {later}. Are both of this account? See"
        " quality.source_disagreements."
        for handle, days, first, last, earlier, later in rows[:_MOST_ACCOUNTS]
    ]


def _describe_rejected(connection: duckdb.DuckDBPyConnection, published_seq: int) -> list[str]:
    rows = connection.execute(
        """
        select is_waiting, reason_code, count(*)
        from quality.rejected_rows
        where ingest_id in (
            select ingest_id from staging.base_event_log__ingested_files where ingest_seq > ?
        )
        group by all order by count(*) desc, reason_code
        """,
        [published_seq],
    ).fetchall()
    lines = []
    for waiting, told in (
        (False, "rejected ({}): see quality.rejected_rows."),
        (True, "waiting for their account or video ({})."),
    ):
        reasons = [(reason, number) for is_waiting, reason, number in rows if is_waiting is waiting]
        if reasons:
            total = sum(number for _, number in reasons)
            named = [f"{number:,} {reason}" for reason, number in reasons]
            lines.append(f"{_count(total, 'row')} {told.format(_list_briefly(named))}")
    return lines


def _describe_columns(ingested: IngestResult | None) -> list[str]:
    left_out = {
        column: file.entity
        for file in (ingested.landed if ingested else ())
        for column in file.unknown_columns
    }
    if not left_out:
        return []
    named = [f"{column} of {entity}" for column, entity in sorted(left_out.items())]
    return [f"Columns that nothing reads were left out: {_list_briefly(named)}."]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _span(first: object, last: object) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _list_briefly(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")
