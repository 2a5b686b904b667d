"""What the dashboard shows, read from a published database into plain values.

Everything is exact: counts are integers, watch time is in milliseconds, money in ten-thousandths of
its currency. The page adds up numerators and denominators itself, so that every filter gives a
ratio of sums. Tables are dictionaries of columns; a column whose values are all the same is that
value.

No person is in here: the marts that are read count people, and groups withheld there stay withheld.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tiktok_warehouse.kpis import find_last_known_day

Payload = dict[str, Any]
Column = list[Any] | int | float | str | None

# Longer captions are cut: the page shows one line of them.
CAPTION_LENGTH = 160

MOVEMENT_DAYS = 28
BENCHMARK_DAYS = 90
CURVES = 300
_SHOWN_RUNS = 12
_SHOWN_REPAIRS = 100

# Tables whose comments the page shows as definitions.
_DEFINED = (
    "daily_account_kpis",
    "daily_kpi_movements",
    "daily_video_kpis",
    "account_benchmarks",
    "content_performance",
    "video_retention",
    "retention_by_duration_band",
    "conversion_funnel",
    "fct_conversion_daily",
    "fct_traffic_source_daily",
    "audience_segments",
    "viewer_cohorts",
    "viewer_retention",
    "data_trust",
    "rejected_rows",
    "check_results",
    "calendar_repairs",
    "source_disagreements",
    "refresh_runs",
    "row_reconciliation",
)

# Without one of these there is no page; all other tables may be absent.
_REQUIRED = {
    *("dim_accounts", "dim_videos", "daily_account_kpis", "daily_video_kpis"),
    *("daily_kpi_movements", "content_performance", "video_retention"),
    *("retention_by_duration_band", "fct_conversion_daily", "fct_traffic_source_daily"),
    *("account_benchmarks", "source_disagreements"),
}

_ACCOUNT_COUNTS = (
    *("impressions", "reach", "views", "unique_viewers", "new_viewers"),
    *("likes", "comments", "shares", "saves", "engagements", "active_engagements"),
    *("views_with_duration", "completed_views"),
    *("followers_opening", "followers_gained", "followers_lost", "followers_adjustment"),
    *("followers_net", "followers_closing", "profile_visits", "profile_visitors", "conversions"),
)
_SOURCES = ("engagement_source", "watch_source", "followers_source", "funnel_source")
_FLAGS = ("engagement_has_saves", "is_provisional", "is_estimated", "has_restatement")

# Bit n of the column `anomalies` says that the n-th of these lies outside its normal on that day.
ANOMALY_KPIS = (
    *("engagement_rate_pct", "follower_growth_rate_pct", "conversion_rate_pct"),
    *("average_watch_seconds", "completion_rate_pct", "views"),
)


@dataclass(frozen=True)
class Cut:
    """How much detail goes into the page.

    Attributes:
        grain_days: videos, traffic sources and conversions are summed over so many days; the spans
            end on the data's last day.
        videos: the most viewed videos that are shown.
        days: newest days that are shown; None for all.
    """

    grain_days: int = 1
    videos: int = 1000
    days: int | None = None


def find_missing(database: Path) -> list[str]:
    """Tables that a dashboard cannot do without, and that the database does not have."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute("select table_name from duckdb_tables()").fetchall()
    return sorted(_REQUIRED - {name for (name,) in rows})


def read(
    database: Path, *, version: str, time_zone: str = "UTC", cut: Cut | None = None
) -> Payload:
    """Everything that the page shows.

    Args:
        database: a published DuckDB file.
        version: name of that version.
        time_zone: IANA name of the reporting time zone, for the hour at which a video was posted.
        cut: how much detail; the most by default.

    Returns:
        Plain values, ready for JSON. The same database gives the same payload.

    Raises:
        duckdb.Error: the file is no published database.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        return _Reader(connection, cut or Cut(), ZoneInfo(time_zone)).read(version, time_zone)


def encode(payload: Payload) -> bytes:
    """The payload as compact JSON in UTF-8."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


class _Reader:
    def __init__(self, connection: duckdb.DuckDBPyConnection, cut: Cut, zone: ZoneInfo) -> None:
        self._connection = connection
        self._cut = cut
        self._zone = zone
        self._tables = {name for (name,) in self._rows("select table_name from duckdb_tables()")}
        bounds = self._rows("select min(kpi_date), max(kpi_date) from marts.daily_account_kpis")[0]
        self._first: date = bounds[0] or date(2000, 1, 1)
        self._last: date = find_last_known_day(connection) or bounds[1] or self._first
        if cut.days is not None:
            self._first = max(self._first, date.fromordinal(self._last.toordinal() - cut.days + 1))
        self._accounts: dict[str, int] = {}
        self._videos: dict[str, int] = {}

    def read(self, version: str, time_zone: str) -> Payload:
        accounts = self._read_accounts()
        videos, all_videos = self._read_videos()
        return {
            "meta": {
                "version": version,
                "time_zone": time_zone,
                "first_date": self._first.isoformat(),
                "last_date": self._last.isoformat(),
                "grain_days": self._cut.grain_days,
                "is_cut_to_days": self._cut.days,
                "videos_shown": len(self._videos),
                "videos_in_all": all_videos,
                "curves_shown": CURVES,
                "movement_days": MOVEMENT_DAYS,
                "benchmark_days": BENCHMARK_DAYS,
                "caption_length": CAPTION_LENGTH,
            },
            "definitions": self._read_definitions(),
            "accounts": accounts,
            "account_days": self._read_account_days(),
            "videos": videos,
            "video_days": self._read_video_days(),
            "movements": self._read_movements(),
            "findings": self._read_findings(),
            "retention": self._read_retention(),
            "band_retention": self._read_band_retention(),
            "conversions": self._read_conversions(),
            "traffic": self._read_traffic(),
            "funnel_sources": self._read_funnel_sources(),
            "segments": self._read_segments(),
            "cohorts": self._read_cohorts(),
            "benchmarks": self._read_benchmarks(),
            "trust": self._read_trust(),
        }

    def _rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, parameters).fetchall()

    def _columns(self, query: str, parameters: Sequence[Any] = ()) -> dict[str, Column]:
        cursor = self._connection.execute(query, parameters)
        names = [column[0] for column in cursor.description or []]
        rows = cursor.fetchall()
        values: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [[] for _ in names]
        return {name: _shorten(list(column)) for name, column in zip(names, values, strict=True)}

    def _read_accounts(self) -> list[dict[str, Any]]:
        rows = self._rows(
            "select account_id, handle, display_name, account_role, country from marts.dim_accounts"
            " where account_id in (select account_id from marts.daily_account_kpis)"
            " order by account_role desc, lower(handle), account_id"
        )
        self._accounts = {row[0]: index for index, row in enumerate(rows)}
        names = ("id", "handle", "name", "role", "country")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _read_account_days(self) -> list[dict[str, Any]]:
        """One table an account: its days without gaps, from day ``first_day`` of the data on."""
        anomalies = " + ".join(
            f"case when {kpi}_is_anomaly then {1 << bit} else 0 end"
            for bit, kpi in enumerate(ANOMALY_KPIS)
        )
        # conversion_visitors: what conversions are divided by, people or else visits.
        select = f"""
            select
                {", ".join(_ACCOUNT_COUNTS)},
                cast(cast(total_watch_seconds as decimal(38, 3)) * 1000 as bigint) as watch_ms,
                case when engagement_source = watch_source then views end as engagement_views,
                case conversion_denominator
                    when 'visitors' then profile_visitors
                    when 'visits' then profile_visits
                end as conversion_visitors,
                conversion_denominator,
                {", ".join(_SOURCES)},
                {", ".join(f"cast({flag} as integer) as {flag}" for flag in _FLAGS)},
                {anomalies} as anomalies
            from marts.daily_account_kpis
            where account_id = ? and kpi_date between ? and ?
            order by kpi_date
        """
        tables = []
        for account in self._accounts:
            found = self._rows(
                "select min(kpi_date), count(*) from marts.daily_account_kpis"
                " where account_id = ? and kpi_date between ? and ?",
                [account, self._first, self._last],
            )[0]
            tables.append(
                {
                    "first_day": 0 if found[0] is None else (found[0] - self._first).days,
                    "days": found[1],
                    **self._columns(select, [account, self._first, self._last]),
                }
            )
        return tables

    def _read_videos(self) -> tuple[dict[str, Column], int]:
        """The most viewed videos, and how many there are in all."""
        rows = self._rows(
            """
            select
                videos.video_id, videos.account_id, videos.caption, videos.content_format,
                videos.sound_title, videos.duration_seconds, videos.is_ai_generated,
                videos.is_ad, videos.posted_date, videos.posted_at,
                sum(days.views) as views
            from marts.dim_videos as videos
            left join marts.daily_video_kpis as days on videos.video_id = days.video_id
            group by all
            order by views desc nulls last, videos.video_id
            """
        )
        rows = [row for row in rows if row[1] in self._accounts]
        kept = rows[: self._cut.videos]
        self._videos = {row[0]: index for index, row in enumerate(kept)}
        band_of = self._find_bands()
        hours = [None if row[9] is None else self._localise(row[9]) for row in kept]
        return {
            "id": [row[0] for row in kept],
            "account": _shorten([self._accounts[row[1]] for row in kept]),
            "caption": [_cut_text(row[2]) for row in kept],
            "format": _shorten([row[3] for row in kept]),
            "sound": _shorten([_cut_text(row[4]) for row in kept]),
            "duration_ms": _shorten(
                [None if row[5] is None else int(row[5] * 1000) for row in kept]
            ),
            "band": _shorten([band_of(row[5]) for row in kept]),
            "is_ai": _shorten([None if row[6] is None else int(row[6]) for row in kept]),
            "is_ad": _shorten([None if row[7] is None else int(row[7]) for row in kept]),
            "posted_date": _shorten(
                [None if row[8] is None else row[8].isoformat() for row in kept]
            ),
            "posted_weekday": _shorten([at and at.isoweekday() for at in hours]),
            "posted_hour": _shorten([None if at is None else at.hour for at in hours]),
        }, len(rows)

    def _localise(self, posted_at: datetime) -> datetime:
        return posted_at.replace(tzinfo=UTC).astimezone(self._zone)

    def _find_bands(self) -> Any:
        """A function from seconds to the band that content_performance calls it by."""
        labels = [
            label
            for (label,) in self._rows(
                "select distinct trait_value from marts.content_performance"
                " where trait = 'duration_band' union"
                " select distinct duration_band from marts.retention_by_duration_band"
            )
        ]
        bounds = {label: _read_band(label) for label in labels if label}

        def band_of(seconds: Any) -> str | None:
            if seconds is None or seconds <= 0:
                return None
            fitting = (name for name, (low, high) in bounds.items() if low <= seconds < high)
            return next(fitting, None)

        return band_of

    def _span(self, day: str) -> str:
        """SQL: number of a day's span, counted back from the data's last day."""
        last = f"date '{self._last.isoformat()}'"
        return f"cast(floor(date_diff('day', {day}, {last}) / {self._cut.grain_days}) as integer)"

    def _read_video_days(self) -> dict[str, Column]:
        """Counts of a video and span; a day counts for a rate where both its parts are known."""
        engaged = "where engagements is not null and engagement_source = watch_source"
        saved = "where saves is not null and engagement_source = watch_source"
        table = self._columns(
            f"""
            select
                video_id as video,
                {self._span("kpi_date")} as span,
                sum(views)::bigint as views,
                sum(engagements) filter ({engaged})::bigint as engagements,
                sum(views) filter ({engaged})::bigint as engagement_views,
                case
                    when min(engagement_has_saves) filter ({engaged})
                        <> max(engagement_has_saves) filter ({engaged}) then 2
                    else max(engagement_has_saves) filter ({engaged})::integer
                end as has_saves,
                sum(saves) filter ({saved})::bigint as saves,
                sum(views) filter ({saved})::bigint as save_views,
                sum(cast(total_watch_seconds as decimal(38, 3)) * 1000)
                    filter (where views is not null)::bigint as watch_ms,
                sum(views) filter (where total_watch_seconds is not null)::bigint as watch_views,
                sum(completed_views) filter (where views_with_duration is not null)::bigint
                    as completed,
                sum(views_with_duration) filter (where completed_views is not null)::bigint
                    as completion_views,
                sum(followers_gained)::bigint as followers_gained
            from marts.daily_video_kpis
            where video_id in (select unnest(?)) and kpi_date between ? and ?
            group by all
            order by video_id, span
            """,
            [list(self._videos), self._first, self._last],
        )
        return self._number(table, "video", self._videos)

    @staticmethod
    def _number(
        table: dict[str, Column], name: str, numbers: Mapping[str, int]
    ) -> dict[str, Column]:
        """Replace ids by their numbers in the payload; None where it has none."""
        column = table[name]
        if isinstance(column, list):
            table[name] = _shorten([numbers.get(value) for value in column])
        elif column is not None:
            table[name] = numbers.get(str(column))
        return table

    def _by_account(self, table: dict[str, Column]) -> dict[str, Column]:
        """The rows of accounts that have days, with their numbers."""
        numbered = self._number(table, "account", self._accounts)
        accounts = numbered["account"]
        if accounts is None:
            return {name: [] for name in numbered}
        if not isinstance(accounts, list) or None not in accounts:
            return numbered
        kept = [row for row, account in enumerate(accounts) if account is not None]
        return {
            name: [column[row] for row in kept]
            if isinstance(column, list)
            else [column] * len(kept)
            for name, column in numbered.items()
        }

    def _read_definitions(self) -> dict[str, str]:
        """Comments of columns and tables, which dbt takes from the models' YAML."""
        rows = self._rows(
            "select table_name || '.' || column_name, comment from duckdb_columns()"
            " where comment is not null and table_name in (select unnest(?))"
            " union all"
            " select table_name, comment from duckdb_tables()"
            " where comment is not null and table_name in (select unnest(?))"
            " order by all",
            [list(_DEFINED), list(_DEFINED)],
        )
        return {name: " ".join(comment.split()) for name, comment in rows}

    def _read_movements(self) -> dict[str, Column]:
        """The last days of daily_kpi_movements, of own accounts."""
        table = self._columns(
            """
            select
                account_id as account,
                date_diff('day', ?, kpi_date) as day,
                kpi,
                video_id as video,
                videos,
                kpi_value as value,
                kpi_value_before as value_before,
                round(rate_effect, 6) as rate_effect,
                round(mix_effect, 6) as mix_effect,
                round(contribution, 6) as contribution
            from marts.daily_kpi_movements
            where kpi_date > ?
                and account_id in (
                    select account_id from marts.dim_accounts where account_role = 'own'
                )
            order by account_id, kpi_date, kpi, video_rank nulls last
            """,
            [self._first, date.fromordinal(self._last.toordinal() - MOVEMENT_DAYS)],
        )
        return self._number(self._by_account(table), "video", self._videos)

    def _read_findings(self) -> dict[str, Column]:
        """What of content_performance is better or worse than chance explains."""
        table = self._columns(
            """
            select
                account_id as account, period, trait, trait_value, kpi, videos,
                numerator::double as numerator, denominator::double as denominator, rate,
                interval_low, interval_high, account_median, adjusted_p_value, verdict
            from marts.content_performance
            where verdict in ('better', 'worse')
            order by account_id, period, verdict, adjusted_p_value, trait, trait_value, kpi
            """
        )
        return self._by_account(table)

    def _read_retention(self) -> list[dict[str, Any]]:
        """Curves of the most viewed videos: views retained at each 5 % and at each second."""
        rows = self._rows(
            """
            select
                video_id,
                max(views_with_duration) as views,
                list(views_retained order by mark) filter (where mark_unit = 'pct') as pct,
                list(views_retained order by mark) filter (where mark_unit = 'second') as seconds,
                max(mark) filter (where mark_unit = 'second')::double as end_second,
                max(steepest_drop_second)::double as steepest_drop_second,
                max(steepest_drop_pct) as steepest_drop_pct,
                max(hold_3_seconds_pct) as hold_3_seconds_pct,
                max(median_watch_second)::double as median_watch_second,
                max(watch_source) as source
            from marts.video_retention
            group by video_id
            """
        )
        names = (
            *("views", "pct", "seconds", "end_second", "steepest_drop_second"),
            *("steepest_drop_pct", "hold_3_seconds_pct", "median_watch_second", "source"),
        )
        known = sorted((self._videos[row[0]], row[1:]) for row in rows if row[0] in self._videos)[
            :CURVES
        ]
        return [{"video": video, **dict(zip(names, row, strict=True))} for video, row in known]

    def _read_band_retention(self) -> dict[str, Column]:
        table = self._columns(
            """
            select
                account_id as account, duration_band as band, watch_source as source,
                mark_pct as mark, videos, views_with_duration as views,
                round(watch_retention_pct, 6) as retention_pct,
                is_small_sample::integer as is_small, is_best_band::integer as is_best
            from marts.retention_by_duration_band
            order by account_id, duration_band, watch_source, mark_pct
            """
        )
        return self._by_account(table)

    def _read_conversions(self) -> dict[str, Column]:
        table = self._columns(
            f"""
            select
                account_id as account,
                {self._span("event_date")} as span,
                conversion_type as type,
                currency,
                sum(conversions)::bigint as conversions,
                sum(cast(conversion_value_amount as decimal(38, 4)) * 10000)::bigint as value_e4
            from marts.fct_conversion_daily
            where event_date between ? and ?
            group by all
            order by all
            """,
            [self._first, self._last],
        )
        return self._by_account(table)

    def _read_traffic(self) -> dict[str, Column]:
        table = self._columns(
            f"""
            select
                account_id as account,
                {self._span("event_date")} as span,
                traffic_source as source,
                sum(impressions)::bigint as impressions,
                sum(views)::bigint as views,
                sum(cast(total_watch_seconds as decimal(38, 3)) * 1000)::bigint as watch_ms
            from marts.fct_traffic_source_daily
            where event_date between ? and ?
            group by all
            order by all
            """,
            [self._first, self._last],
        )
        return self._by_account(table)

    def _read_funnel_sources(self) -> dict[str, Column] | None:
        """The funnel by traffic source, in events; None where the mart is not there."""
        if "conversion_funnel" not in self._tables:
            return None
        steps = ("views", "engagements", "profile_visits", "link_clicks", "conversions")
        sums = ", ".join(f"sum({step})::bigint as {step}" for step in steps)
        table = self._columns(
            f"""
            select
                account_id as account, {self._span("event_date")} as span,
                breakdown_value as source, {sums}
            from marts.conversion_funnel
            where breakdown = 'traffic_source' and event_date between ? and ?
            group by all
            order by all
            """,
            [self._first, self._last],
        )
        return self._by_account(table)

    def _read_segments(self) -> dict[str, Column] | None:
        if "audience_segments" not in self._tables:
            return None
        table = self._columns(
            """
            select
                account_id as account, period, segment, people, new_people, returning_people,
                viewers, share_of_viewers_pct, share_of_interactions_pct,
                is_suppressed::integer as is_suppressed
            from marts.audience_segments
            order by account_id, period, people desc nulls last, segment
            """
        )
        return self._by_account(table)

    def _read_cohorts(self) -> dict[str, Column] | None:
        if "viewer_retention" not in self._tables:
            return None
        table = self._columns(
            """
            select
                account_id as account, cohort_week::varchar as cohort_week, weeks_since,
                new_viewers, returned_people, returned_pct,
                is_complete::integer as is_complete, is_suppressed::integer as is_suppressed
            from marts.viewer_retention
            order by account_id, cohort_week, weeks_since
            """
        )
        return self._by_account(table)

    def _read_benchmarks(self) -> dict[str, Column]:
        table = self._columns(
            """
            select
                account_id as account,
                date_diff('day', ?, kpi_date) as day,
                kpi,
                kpi_value as value,
                engagement_has_saves::integer as has_saves,
                accounts,
                kpi_rank as rank,
                percentile,
                best_value as best,
                median_value as median,
                is_provisional::integer as is_provisional
            from marts.account_benchmarks
            where kpi_date > ?
            order by kpi, kpi_date, account_id
            """,
            [self._first, date.fromordinal(self._last.toordinal() - BENCHMARK_DAYS)],
        )
        return self._by_account(table)

    def _read_trust(self) -> Payload:
        return {
            "rejected": self._read_if_there(
                "rejected_rows",
                "select entity, reason_code, min(reason) as reason, min(remedy) as remedy,"
                " is_waiting::integer as is_waiting, count(*) as rejected_rows"
                " from quality.rejected_rows group by entity, reason_code, is_waiting"
                " order by rejected_rows desc, entity, reason_code",
            ),
            "rows": self._read_if_there(
                "row_reconciliation",
                "select entity, sum(raw_rows)::bigint as raw_rows,"
                " sum(accepted_rows)::bigint as accepted_rows,"
                " sum(rejected_rows)::bigint as rejected_rows,"
                " sum(duplicate_rows)::bigint as duplicate_rows"
                " from quality.row_reconciliation group by entity order by raw_rows desc, entity",
            ),
            "checks": self._read_if_there(
                "check_results",
                # What is published has no critical failure but those that somebody accepted.
                "select layer, tool, check_name, case when passed is null then 'skipped'"
                " else severity end as outcome, observed, expected from quality.check_results"
                " where run_id = (select max_by(run_id, checked_at) from quality.check_results)"
                " and passed is not true order by outcome, layer, check_name",
            ),
            "check_counts": self._read_if_there(
                "check_results",
                "select layer, tool, count(*) as checks,"
                " count(*) filter (where passed) as passed from quality.check_results"
                " where run_id = (select max_by(run_id, checked_at) from quality.check_results)"
                " group by all order by all",
            ),
            "repairs": self._read_if_there(
                "calendar_repairs",
                "select account_handle, file_kind, exported_on::varchar as exported_on,"
                " first_labelled_date::varchar as first_date,"
                " last_labelled_date::varchar as last_date, decision, shift_days, reason"
                " from quality.calendar_repairs order by all"
                f" limit {_SHOWN_REPAIRS}",
            ),
            "disagreements": self._by_account(
                self._columns(
                    """
                    select
                        account_id as account, measure, trusted_source, other_source,
                        count(*) as numbers,
                        count(distinct event_date) as days,
                        sum(trusted_value)::double as trusted_total,
                        sum(other_value)::double as other_total,
                        max(abs(difference))::double as largest_difference
                    from quality.source_disagreements
                    group by all
                    order by all
                    """
                )
            ),
            "runs": self._read_if_there(
                "refresh_runs",
                # The run that publishes the page has not ended, nor counted its files, by then.
                "select strftime(started_at, '%Y-%m-%dT%H:%M:%SZ') as started_at, result,"
                " seconds::double as seconds,"
                " if(ended_at is null, null, landed_files) as landed_files,"
                " if(ended_at is null, null, refused_files) as refused_files,"
                " if(ended_at is null, null, raw_rows) as raw_rows"
                " from quality.refresh_runs order by started_at desc"
                f" limit {_SHOWN_RUNS}",
            ),
            "verdicts": self._read_verdicts(),
        }

    def _read_verdicts(self) -> dict[str, Column] | None:
        """How many days of each account and source data_trust gives each verdict."""
        if "data_trust" not in self._tables:
            return None
        table = self._columns(
            """
            select
                account_id as account, source, verdict, count(*) as days,
                max(event_date)::varchar as last_date
            from quality.data_trust
            where event_date >= ?
            group by all
            order by all
            """,
            [self._first],
        )
        return self._by_account(table)

    def _read_if_there(self, table: str, query: str) -> dict[str, Column] | None:
        return self._columns(query) if table in self._tables else None


def _shorten(values: list[Any]) -> Column:
    """The column as it is, or its one value if all are the same."""
    if len(values) > 1 and not isinstance(values[0], list):
        first = values[0]
        if all(value == first for value in values):
            return first  # type: ignore[no-any-return]
    return values


def _cut_text(text: str | None) -> str | None:
    if text is None or len(text) <= CAPTION_LENGTH:
        return text
    return text[: CAPTION_LENGTH - 1].rstrip() + "…"


def _read_band(label: str) -> tuple[float, float]:
    """Bounds in seconds of a duration band by its label, such as ``15 to under 30 s``."""
    numbers = [float(word) for word in label.split() if word.replace(".", "", 1).isdigit()]
    if label.startswith("under"):
        return 0.0, numbers[0]
    if len(numbers) == 1:
        return numbers[0], float("inf")
    return numbers[0], numbers[1]
