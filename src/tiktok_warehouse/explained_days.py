"""Why account-days differ from the version published last: one table that every check asks.

A published day has no reason to change by itself. What came in since explains it (events of the
day, a reading of a counter, an export, the row of an account or a video, an entity's first file),
or somebody's change of the reporting time zone or of ``account_aliases``.
``quality.explained_days`` lists the account-days that differ or are gone, each with all that
explains it. Restatements, vanished days, lost views and a receding end of the data are judged by
it: what differs and is not listed has no reason.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

SCHEMA, TABLE = "quality", "explained_days"
TABLE_COMMENT = (
    "Account-days that differ from the version published before, or are gone, and what explains it."
    " One row per account, day, family of measures and cause."
)
COLUMNS = {
    "account_id": ("varchar", "Account."),
    "kpi_date": ("date", "Day in the reporting time zone."),
    "family": ("varchar", "Measures that it explains: watch, engagement, followers or funnel."),
    "cause": (
        "varchar",
        "rows (events of the day came, moved or were replaced), video (its row changed), account"
        " (its row changed, its id, or whose its exports are), reading (a count or a snapshot),"
        " export, calendar_repair (an export whose day labels moved), coverage (an entity''s first"
        " file, or the event log reaches further), data_end (the newest rows moved to earlier"
        " days), first_day (the account''s first rows moved), time_zone (another reporting time"
        " zone).",
    ),
    "ingest_ids": (
        "varchar",
        "Ingests that brought it, joined by commas; NULL for what somebody changed.",
    ),
}

_FAMILIES = ("watch", "engagement", "followers", "funnel")
# Events by entity: what names a row, and the families that its rows feed. A rate of engagement is
# over views, and is explained by either family.
_EVENTS = {
    "video_views": ("view_id", "watch"),
    "interactions": ("interaction_id", "engagement"),
    "follower_events": ("event_id", "followers"),
    "profile_visits": ("visit_id", "funnel"),
    "conversions": ("conversion_id", "funnel"),
}
_OF_VIDEOS = ("video_views", "interactions")
# Levels are walked from one official count to the next, over any number of days.
_LEVELS = ("follower_counts", "account_snapshots", "follower_events")
# Exports tell of many days at once, and another one may move their labels.
EXPORTS = {
    **{
        f"studio_{name}": f"base_studio__{name}"
        for name in ("overview", "viewers", "follower_history", "content", "business_days")
    },
    **{
        f"api_{name}": f"base_accounts_api__{name}"
        for name in ("account_days", "account_profile", "videos")
    },
}
_INTERACTIONS = ("likes", "comments", "shares", "saves", "duets", "stitches", "direct_messages")


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table, if it is not there, and say what its columns mean."""
    columns = ", ".join(f"{name} {type_name}" for name, (type_name, _) in COLUMNS.items())
    connection.execute(f"create table if not exists {SCHEMA}.{TABLE} ({columns})")
    connection.execute(f"comment on table {SCHEMA}.{TABLE} is '{TABLE_COMMENT}'")
    for name, (_, comment) in COLUMNS.items():
        connection.execute(f"comment on column {SCHEMA}.{TABLE}.{name} is '{comment}'")


def write(
    connection: duckdb.DuckDBPyConnection,
    *,
    ingest_seq: int,
    change_seq: int,
    is_rebuilt: bool,
    has_other_zone: bool,
    aliases_before: Mapping[str, str],
) -> None:
    """Explain what differs from the version published last.

    Args:
        connection: to the build database, with that version's tables under ``published``. Its
            table is filled anew, in the transaction that the caller has begun.
        ingest_seq: number of the newest landed file in that version.
        change_seq: number of the dbt run that built it.
        is_rebuilt: whether everything was built anew since. No row tells then when it changed, and
            the rows that landed since are all that explains anything.
        has_other_zone: whether the reporting time zone is another than that version's.
        aliases_before: whose account each handle of ``account_aliases`` was in that version.

    Raises:
        duckdb.Error: the build database cannot be written.
    """
    landed = f"rows._ingest_seq > {ingest_seq}"
    is_new = landed if is_rebuilt else f"rows._change_seq > {change_seq}"
    connection.execute(f"delete from {SCHEMA}.{TABLE}")
    for name, query in {
        "differing_days": _find_differing_days(connection),
        "landed_since": f"""
            select entity, min(ingest_seq) as ingest_seq,
                string_agg(distinct ingest_id, ',' order by ingest_id) as ingest_ids
            from staging.base_event_log__ingested_files where ingest_seq > {ingest_seq}
            group by entity
        """,
        "touched_days": _find_touched_days(landed, change_seq, is_rebuilt=is_rebuilt),
    }.items():
        connection.execute(f"create or replace temp table {name} as {query}")
    aliases = connection.execute("select alias, account_id from reference.account_aliases")
    changed = set(aliases_before.items()) ^ set(aliases.fetchall())
    connection.execute("create or replace temp table changed_aliases (alias text, account_id text)")
    for row in changed:
        connection.execute("insert into changed_aliases values (?, ?)", row)
    if has_other_zone:
        causes = [_of_all_families("select *, 'time_zone', null from differing_days")]
    else:
        causes = [
            _explain_by_rows(landed),
            _explain_by_videos(landed, is_new),
            _explain_by_levels(is_new),
            _explain_by_accounts(landed),
            _explain_by_exports(is_new),
            _explain_by_first_files(ingest_seq),
            _explain_by_reach(),
            _explain_by_kinds_of_interactions(),
            _explain_by_ends(),
        ]
    for query in causes:
        connection.execute(
            f"""
            insert into {SCHEMA}.{TABLE}
            with causes (account_id, kpi_date, family, cause, ingest_ids) as ({query})
            select account_id, kpi_date, family, cause,
                list_aggregate(
                    list_sort(list_distinct(flatten(list(string_split(ingest_ids, ','))))),
                    'string_agg', ','
                )
            from causes
            semi join differing_days using (account_id, kpi_date)
            group by all
            """
        )
    for name in ("differing_days", "landed_since", "touched_days", "changed_aliases"):
        connection.execute(f"drop table {name}")


def _of_all_families(query: str) -> str:
    families = ", ".join(f"('{family}')" for family in _FAMILIES)
    return f"""
        select account_id, kpi_date, family, cause, ingest_ids
        from ({query}) as causes (account_id, kpi_date, cause, ingest_ids)
        cross join (values {families}) as families (family)
    """


def _find_differing_days(connection: duckdb.DuckDBPyConnection) -> str:
    columns = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'published'"
        " and schema_name = 'marts' and table_name = 'daily_account_kpis'"
        # A column that is new, or that has gone, is no change of a day.
        " intersect select column_name from duckdb_columns()"
        " where database_name = current_database()"
        " and schema_name = 'marts' and table_name = 'daily_account_kpis'"
    ).fetchall()
    common = ", ".join(f'"{column}"' for (column,) in columns)
    return f"""
        select distinct account_id, kpi_date from (
            select {common} from published.marts.daily_account_kpis
            except select {common} from marts.daily_account_kpis
        )
    """


def _find_touched_days(landed: str, change_seq: int, *, is_rebuilt: bool) -> str:
    """Account, day and entity of every event that counts since, or counts no more."""
    if not is_rebuilt:
        entities = ", ".join(f"'{entity}'" for entity in _EVENTS)
        return f"""
            select distinct account_id, event_date as kpi_date, entity
            from intermediate.int_touched_days
            where change_seq > {change_seq} and event_date is not null and entity in ({entities})
        """
    return " union ".join(
        f"""
        select {"videos" if entity in _OF_VIDEOS else "rows"}.account_id,
            rows.event_date as kpi_date, '{entity}' as entity
        from staging.base_event_log__{entity} as rows {_join_videos(entity)}
        where rows.reason_code is null and rows.{key} in (
            select rows.{key} from staging.base_event_log__{entity} as rows where {landed}
        )
        """
        for entity, (key, _) in _EVENTS.items()
    )


def _join_videos(entity: str) -> str:
    if entity not in _OF_VIDEOS:
        return ""
    return "inner join staging.stg_event_log__videos as videos on rows.video_id = videos.video_id"


def _explain_by_rows(landed: str) -> str:
    families = ", ".join(f"('{entity}', '{family}')" for entity, (_, family) in _EVENTS.items())
    brought = " union ".join(
        f"""
        select '{entity}' as entity, {"videos" if entity in _OF_VIDEOS else "rows"}.account_id,
            rows.event_date as kpi_date, rows._ingest_id
        from staging.base_event_log__{entity} as rows {_join_videos(entity)}
        where {landed} and rows.reason_code is null
        """
        for entity in _EVENTS
    )
    return f"""
        select touched.account_id, touched.kpi_date, families.family, 'rows',
            -- A day that only lost rows: whatever brought such rows since.
            coalesce(brought._ingest_id, landed_since.ingest_ids)
        from touched_days as touched
        inner join (values {families}) as families (entity, family) using (entity)
        left join ({brought}) as brought using (entity, account_id, kpi_date)
        left join landed_since using (entity)
    """


def _explain_by_videos(landed: str, is_new: str) -> str:
    """The days of videos whose row changed, or of which a counter was read."""
    return f"""
        with videos as (
            select coalesce(now.video_id, before.video_id) as video_id, 'video' as cause,
                landed._ingest_id
            from marts.dim_videos as now
            full join published.marts.dim_videos as before on now.video_id = before.video_id
            inner join (
                select distinct video_id, _ingest_id from staging.base_event_log__videos as rows
                where {landed}
            ) as landed on landed.video_id = coalesce(now.video_id, before.video_id)
            where (now.account_id, now.duration_seconds, now.posted_at)
                is distinct from (before.account_id, before.duration_seconds, before.posted_at)
            union
            select video_id, 'reading', _ingest_id
            from staging.base_event_log__video_snapshots as rows
            where {is_new} and reason_code is null
        ),
        days as (
            select account_id, video_id, kpi_date from marts.daily_video_kpis
            union
            select account_id, video_id, kpi_date from published.marts.daily_video_kpis
        )
        select days.account_id, days.kpi_date, family, cause, _ingest_id
        from days
        inner join videos using (video_id)
        cross join (values ('watch'), ('engagement')) as families (family)
    """


def _explain_by_levels(is_new: str) -> str:
    readings = " union ".join(
        f"select account_id, _ingest_id from staging.base_event_log__{entity} as rows"
        f" where {is_new} and reason_code is null"
        for entity in _LEVELS
    )
    return f"""
        select account_id, kpi_date, 'followers', 'reading', _ingest_id
        from differing_days inner join ({readings}) as readings using (account_id)
    """


def _explain_by_accounts(landed: str) -> str:
    """All days of an account whose row changed, or whose exports are another's now."""
    plain = "lower(ltrim({}, '@'))"
    return _of_all_families(f"""
        with changed as (
            select rows.account_id, rows._ingest_id
            from staging.base_event_log__accounts as rows
            left join marts.dim_accounts as now on rows.account_id = now.account_id
            left join published.marts.dim_accounts as before on rows.account_id = before.account_id
            where {landed}
                and (now.account_role, now.handle)
                is distinct from (before.account_role, before.handle)
            union
            select unnest([before.account_id, now.account_id]), landed_since.ingest_ids
            from published.marts.dim_accounts as before
            anti join marts.dim_accounts as still on before.account_id = still.account_id
            inner join marts.dim_accounts as now
                on {plain.format("now.handle")} = {plain.format("before.handle")}
            left join landed_since on landed_since.entity = 'accounts'
            union
            -- Whose a handle's exports were, whose they are, and the account that has the handle.
            select unnest([aliases.account_id, named.account_id]), null
            from changed_aliases as aliases
            left join (
                select account_id, handle from marts.dim_accounts
                union select account_id, handle from published.marts.dim_accounts
            ) as named on {plain.format("named.handle")} = {plain.format("aliases.alias")}
        )
        select account_id, kpi_date, 'account', _ingest_id
        from differing_days inner join changed using (account_id)
    """)


def _explain_by_exports(is_new: str) -> str:
    """All days of an account of which an export came: it tells of many, and may move others'."""
    handles = " union ".join(
        f"select rows.account_handle, rows._ingest_id from staging.{table} as rows"
        f" where {is_new} and rows.reason_code is null"
        for table in EXPORTS.values()
    )
    repairs = "account_handle, file_kind, exported_on, decision, shift_days"
    return _of_all_families(f"""
        with repaired as (
            select distinct account_handle from (
                (select {repairs} from quality.calendar_repairs
                except select {repairs} from published.quality.calendar_repairs)
                union all
                (select {repairs} from published.quality.calendar_repairs
                except select {repairs} from quality.calendar_repairs)
            ) where shift_days <> 0
        )
        select days.account_id, days.kpi_date,
            case when repaired.account_handle is null then 'export' else 'calendar_repair' end,
            files._ingest_id
        from differing_days as days
        inner join intermediate.int_account_handles as handles using (account_id)
        inner join ({handles}) as files using (account_handle)
        left join repaired using (account_handle)
    """)


def _explain_by_first_files(ingest_seq: int) -> str:
    """From an entity's first file on, even an empty one, own accounts have 0 instead of NULL."""
    families = ", ".join(
        [
            *(f"('{entity}', '{family}')" for entity, (_, family) in _EVENTS.items()),
            "('video_views', 'engagement')",
        ]
    )
    return f"""
        select days.account_id, days.kpi_date, families.family, 'coverage', landed_since.ingest_ids
        from differing_days as days
        inner join marts.dim_accounts as accounts
            on days.account_id = accounts.account_id and accounts.account_role = 'own'
        cross join (values {families}) as families (entity, family)
        inner join landed_since using (entity)
        where families.entity not in (
            select entity from staging.base_event_log__ingested_files
            where ingest_seq <= {ingest_seq}
        )
    """


def _explain_by_reach() -> str:
    """Days that the event log tells of now, or no more: from its first row of an account to its
    last one of any."""
    return " union all ".join(
        f"""
        select account_id, kpi_date, '{family}', 'coverage', touched.ingest_ids
        from differing_days
        inner join published.marts.daily_account_kpis as before using (account_id, kpi_date)
        inner join marts.daily_account_kpis as now using (account_id, kpi_date)
        cross join (
            select max(kpi_date) as last_date,
                (select string_agg(distinct ingest_ids, ',') from landed_since) as ingest_ids
            from touched_days
        ) as touched
        left join (
            select account_id, min(kpi_date) as first_date from touched_days group by account_id
        ) as own using (account_id)
        where before.{family}_source is distinct from now.{family}_source
            and (kpi_date <= touched.last_date or kpi_date >= own.first_date)
        """
        for family in _FAMILIES
    )


def _explain_by_kinds_of_interactions() -> str:
    """A kind that is known now, or no more: a source that never has it, or another that does."""
    kinds = " or ".join(
        f"(before.{kind} is null) <> (now.{kind} is null)" for kind in _INTERACTIONS
    )
    return f"""
        select account_id, kpi_date, 'engagement', 'coverage', landed_since.ingest_ids
        from differing_days
        inner join published.marts.daily_account_kpis as before using (account_id, kpi_date)
        inner join marts.daily_account_kpis as now using (account_id, kpi_date)
        inner join landed_since on landed_since.entity = 'interactions'
        where ({kinds}) and exists (
            select 1 from staging.base_event_log__ingested_files where never_has is not null
        )
    """


def _explain_by_ends() -> str:
    """Days that are gone: what lay beyond the data's end, or before an account's first, moved."""
    return _of_all_families(f"""
        with gone as (
            select account_id, kpi_date from differing_days
            anti join marts.daily_account_kpis using (account_id, kpi_date)
            anti join {SCHEMA}.{TABLE} using (account_id, kpi_date)
        ),
        ends as (
            select max(kpi_date) as last_date from marts.daily_account_kpis
        ),
        firsts as (
            select account_id, min(kpi_date) as first_date from marts.daily_account_kpis
            group by account_id
        ),
        moved as (
            select account_id, kpi_date, ingest_ids
            from touched_days left join landed_since using (entity)
            union all
            select account_id, kpi_date, ingest_ids from {SCHEMA}.{TABLE} where cause <> 'rows'
        )
        select gone.account_id, gone.kpi_date, 'data_end', moved.ingest_ids
        from gone
        inner join ends on gone.kpi_date > ends.last_date
        inner join moved on moved.kpi_date > ends.last_date
        union all
        select gone.account_id, gone.kpi_date, 'first_day', moved.ingest_ids
        from gone
        left join firsts using (account_id)
        inner join moved on gone.account_id = moved.account_id and moved.kpi_date <= gone.kpi_date
        where firsts.first_date is null or gone.kpi_date < firsts.first_date
    """)
