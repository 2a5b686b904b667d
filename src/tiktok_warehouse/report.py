"""What the commands print for people: KPIs per account, files and where they went, findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tiktok_warehouse.ingest import IngestResult
from tiktok_warehouse.publish import Published

# Ratios of sums over the days, as everywhere: never an average of daily rates.
_ACCOUNT_KPIS = """
select
    accounts.handle,
    min(kpis.kpi_date),
    max(kpis.kpi_date),
    sum(kpis.views),
    sum(kpis.engagements) * 100.0 / nullif(sum(kpis.views), 0),
    bool_and(kpis.engagement_has_saves),
    sum(kpis.total_watch_seconds) / nullif(sum(kpis.views), 0),
    sum(kpis.completed_views) * 100.0 / nullif(sum(kpis.views_with_duration), 0),
    sum(kpis.views_retained_50) * 100.0 / nullif(sum(kpis.views_with_duration), 0)
from marts.daily_account_kpis as kpis
inner join marts.dim_accounts as accounts using (account_id)
where
    kpis.account_role = 'own'
    and kpis.kpi_date > (select max(kpi_date) from marts.daily_account_kpis) - 7
group by accounts.account_id, accounts.handle
order by sum(kpis.views) desc nulls last, accounts.handle
limit 20
"""


def show_account_kpis(console: Console, database: Path) -> None:
    """Print the last seven days of each own account from a published database."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(_ACCOUNT_KPIS).fetchall()
    if not rows:
        console.print("No own account has an accepted event yet, so there are no KPIs to show.")
        return
    first, last = min(row[1] for row in rows), max(row[2] for row in rows)
    table = Table(title=f"KPIs of the last 7 days, {first} to {last}", title_justify="left")
    table.add_column("account", overflow="fold")
    for heading in ("views", "engagement", "avg watch", "completed", "50 % retained"):
        table.add_column(heading, justify="right")
    for handle, _, _, views, engagement, has_saves, watch, completion, retention in rows:
        table.add_row(
            escape(str(handle)),
            _show(views, ",.0f"),
            _show(engagement, ".2f", " %" if has_saves else " % (without saves)"),
            _show(watch, ".2f", " s"),
            _show(completion, ".1f", " %"),
            _show(retention, ".1f", " %"),
        )
    console.print(table)


def _show(value: float | None, form: str, unit: str = "") -> str:
    return "unknown" if value is None else f"{value:{form}}{unit}"


def show_ingest(console: Console, result: IngestResult) -> None:
    """Print what became of each file that was offered."""
    if result.landed:
        table = Table(title=f"Landed as ingest {result.ingest_id}", title_justify="left")
        table.add_column("file", overflow="fold")
        table.add_column("taken for")
        table.add_column("mapping")
        table.add_column("rows", justify="right")
        table.add_column("malformed", justify="right")
        for file in result.landed:
            table.add_row(
                escape(file.source_file),
                file.entity,
                escape(file.mapping or ""),
                f"{file.rows:,}",
                f"{file.malformed_rows:,}",
            )
        console.print(table)
    left_out = {file.source_file: file.unknown_columns for file in result.landed}
    for source_file, columns in left_out.items():
        if columns:
            console.print(
                f"Columns left out of {source_file}: {', '.join(columns)}",
                markup=False,
                soft_wrap=True,
            )
    for known in result.already_landed:
        console.print(
            f"Already landed: {known.source_file} ({known.reason})", markup=False, soft_wrap=True
        )
    for ignored in result.ignored:
        console.print(
            f"Left alone: {ignored.source_file} ({ignored.reason})", markup=False, soft_wrap=True
        )
    for refused in result.refused:
        kept = f" Kept in {refused.quarantine}." if refused.quarantine else ""
        console.print(
            f"Refused: {refused.source_file}: {refused.reason}{kept}",
            style="red",
            markup=False,
            soft_wrap=True,
        )


def show_published(console: Console, published: Published) -> None:
    """Print where readers find what was published."""
    rows = sum(table.rows for table in published.tables)
    console.print(
        f"Published version {published.version}: {len(published.tables)} tables, {rows:,} rows",
        markup=False,
    )
    console.print(f"  database  {published.database}", markup=False, soft_wrap=True)
    console.print(f"  Parquet   {published.parquet}", markup=False, soft_wrap=True)


def show_findings(console: Console, findings: Sequence[tuple[str, bool, str]]) -> None:
    """Print doctor's findings: (what was looked at, whether it is well, what was found)."""
    table = Table(show_header=False, box=None)
    for what, is_well, found in findings:
        table.add_row("[green]ok[/]" if is_well else "[red]not ok[/]", what, escape(found))
    console.print(table)
