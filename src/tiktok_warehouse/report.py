"""What the commands print for people: KPIs per account, files and where they went, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tiktok_warehouse import kpis
from tiktok_warehouse.check_results import LAYERS, OUTCOMES, CheckResult, link_docs
from tiktok_warehouse.exports import ACCOUNTS_API, EVENT_LOG, PERSONAL_ARCHIVE, STUDIO, Facts
from tiktok_warehouse.forget import Receipt
from tiktok_warehouse.ingest import IngestResult, LandedFile
from tiktok_warehouse.offers import Ignored
from tiktok_warehouse.postgres import Copied
from tiktok_warehouse.preview import Previewed
from tiktok_warehouse.publish import Published, Version
from tiktok_warehouse.versions import KpiTotal, TableDifference

# What the table after a refresh shows: headings of the KPIs, in a column each.
_BRIEF = {
    "views": "views",
    "engagement_rate_pct": "engaged",
    "follower_growth_rate_pct": "growth",
    "conversion_rate_pct": "converted",
    "average_watch_seconds": "avg watch",
    "completion_rate_pct": "completed",
}
_MOST_ACCOUNTS = 20
# A column of an answer with fewer characters cannot be read.
_LEAST_WIDTH = 12
_BARS = "▁▂▃▄▅▆▇█"
_UNKNOWN_BAR = "·"
_ALL_DAYS, _LAST_DAYS = "by day", "last {} days"

_SOURCES = {
    EVENT_LOG: "event log",
    STUDIO: "TikTok Studio",
    PERSONAL_ARCHIVE: "personal archive",
    ACCOUNTS_API: "Accounts API",
}
_MOST_LANGUAGES = 3

# Of a list in a message: a header may have a hundred thousand characters.
_MOST_NAMES = 20
_MOST_CHARACTERS = 60


def make_printable(text: object) -> str:
    """Text of a source without what could steer a terminal: escapes, controls, turns of direction.

    Line breaks too: a file name must not look like a line of ours.
    """
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(text))


def say(console: Console, message: str, style: str | None = None) -> None:
    """Print a message with no mark-up, colour or emoji read out of it, each line made printable."""
    text = Text(_keep_lines(message), style=style or "")
    console.print(text, highlight=False, soft_wrap=True)


def _keep_lines(message: str) -> str:
    return "\n".join(make_printable(line) for line in message.split("\n"))


def _cell(text: object) -> Text:
    return Text(make_printable(text))


def _list_briefly(names: Sequence[str]) -> str:
    shown = [
        name if len(name) <= _MOST_CHARACTERS else f"{name[:_MOST_CHARACTERS]}…" for name in names
    ]
    more = len(names) - _MOST_NAMES
    return ", ".join(shown[:_MOST_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def show_account_kpis(console: Console, database: Path) -> None:
    """Print the last seven days of each own account, and the change on the seven before."""
    window, accounts = kpis.read_kpis(database)
    if not accounts:
        console.print("No own account has an accepted event yet, so there are no KPIs to show.")
        return
    table = Table(
        title=f"KPIs of {window.first} to {window.last}, and the change on the 7 days before",
        title_justify="left",
    )
    table.add_column("account", overflow="fold")
    shown = [kpi for kpi in kpis.KPIS if kpi.name in _BRIEF]
    for kpi in shown:
        table.add_column(_BRIEF[kpi.name], justify="right")
    for account in accounts[:_MOST_ACCOUNTS]:
        cells = ["\n".join(part for part in _write(kpi, account) if part) for kpi in shown]
        table.add_row(_cell(account.handle), *cells)
    _caption_kpis(table, window, accounts[:_MOST_ACCOUNTS])
    console.print(table)
    if len(accounts) > _MOST_ACCOUNTS:
        more = len(accounts) - _MOST_ACCOUNTS
        say(console, f"And {more:,} more accounts: tiktok-warehouse kpis shows all.")


def show_kpis(console: Console, window: kpis.Window, accounts: Sequence[kpis.AccountKpis]) -> None:
    """Print each KPI of each account over a window: value, change, and its days as bars."""
    table = Table(
        title=f"KPIs of {window.first} to {window.last} ({_count_days(window.days)}), and the"
        f" change on the {'day' if window.days == 1 else _count_days(window.days)} before",
        title_justify="left",
    )
    table.add_column("account", overflow="fold")
    table.add_column("KPI", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("change", justify="right", no_wrap=True)
    shown_days = _fit_days(console, window, accounts)
    if shown_days:
        heading = _ALL_DAYS if shown_days == window.days else _LAST_DAYS.format(shown_days)
        table.add_column(heading, no_wrap=True)
    for account in accounts:
        for kpi in kpis.KPIS:
            is_first, is_last = kpi is kpis.KPIS[0], kpi is kpis.KPIS[-1]
            row: list[str | Text] = [
                _cell(account.handle if is_first else ""),
                kpi.title,
                *_write(kpi, account),
            ]
            if shown_days:
                row.append(draw_bars(account.daily.get(kpi.name, ())[-shown_days:]))
            table.add_row(*row, end_section=is_last)
    _caption_kpis(table, window, accounts)
    console.print(table)


def _count_days(days: int) -> str:
    return "1 day" if days == 1 else f"{days:,} days"


def _fit_days(console: Console, window: kpis.Window, accounts: Sequence[kpis.AccountKpis]) -> int:
    """How many days can be drawn beside the numbers; 0 if they would say nothing."""
    if not accounts or not _can_show(console, _BARS + _UNKNOWN_BAR):
        return 0
    texts = [("account", "KPI", "value", "change")]
    texts += [
        (account.handle, kpi.title, *_write(kpi, account))
        for account in accounts
        for kpi in kpis.KPIS
    ]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    # Of a border and two blanks a column.
    room = console.width - sum(widths) - 3 * (len(widths) + 1) - 1
    if window.days <= kpis.MOST_DAILY and room >= max(window.days, len(_ALL_DAYS)):
        return window.days
    return min(kpis.MOST_DAILY, room) if room >= len(_LAST_DAYS.format(10)) else 0


def _write(kpi: kpis.Kpi, account: kpis.AccountKpis) -> tuple[str, str]:
    return (
        _write_value(kpi, account.values[kpi.name]),
        _write_change(kpi, account.changes[kpi.name]),
    )


def _caption_kpis(table: Table, window: kpis.Window, accounts: Sequence[kpis.AccountKpis]) -> None:
    notes = []
    if any(value is None for account in accounts for value in account.values.values()):
        notes.append(
            "unknown: a day of the window is missing or not known, or its days are of two sources."
        )
    if any(account.engagement_has_saves is False for account in accounts):
        notes.append("Engagement without saves, which the source does not have.")
    if provisional := max((account.provisional_days for account in accounts), default=0):
        notes.append(f"Provisional, and may still change: {provisional} of {window.days} days.")
    if notes:
        table.caption = "\n".join(notes)
        table.caption_justify = "left"


def _write_value(kpi: kpis.Kpi, value: kpis.Number | None) -> str:
    return "unknown" if value is None else f"{value:{kpi.form}}{kpi.unit}"


def _write_change(kpi: kpis.Kpi, change: kpis.Number | None) -> str:
    return "" if change is None else f"{change:+z{kpi.form}}"


def draw_bars(values: Sequence[kpis.Number | None]) -> str:
    """A series as bars between its least and its largest value; a dot is a day not known."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return _UNKNOWN_BAR * len(values)
    low, spread = min(known), max(known) - min(known)
    return "".join(
        _UNKNOWN_BAR
        if value is None
        else _BARS[round((float(value) - low) / spread * (len(_BARS) - 1)) if spread else 0]
        for value in values
    )


def _can_show(console: Console, text: str) -> bool:
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def show_rows(console: Console, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a table, or below each other where they are too wide; empty is not known."""
    if len(names) * _LEAST_WIDTH > console.width:
        for number, row in enumerate(rows, start=1):
            width = max(map(len, names))
            say(console, f"row {number:,}")
            for name, value in zip(names, row, strict=True):
                shown = "" if value is None else value
                say(console, make_printable(f"  {name:<{width}}  {shown}"))
        return
    table = Table()
    for place, name in enumerate(names):
        is_number = any(row[place] is not None for row in rows) and all(
            row[place] is None
            or (isinstance(row[place], int | float | Decimal) and not isinstance(row[place], bool))
            for row in rows
        )
        table.add_column(_cell(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_keep_lines("" if value is None else str(value))) for value in row))
    console.print(table)


def show_ingest(console: Console, result: IngestResult, set_aside: Sequence[str] = ()) -> None:
    """Print what became of each file that was offered, and of raw files that were damaged."""
    for damaged in set_aside:
        say(console, make_printable(f"Damaged: {damaged}"), style="red")
    event_logs = [file for file in result.landed if file.facts is None]
    if event_logs:
        table = Table(title=f"Landed as ingest {result.ingest_id}", title_justify="left")
        table.add_column("file", overflow="fold")
        table.add_column("taken for")
        table.add_column("mapping")
        table.add_column("rows", justify="right")
        table.add_column("malformed", justify="right")
        for file in event_logs:
            table.add_row(
                _cell(file.source_file),
                file.entity,
                _cell(file.mapping or ""),
                f"{file.rows:,}",
                f"{file.malformed_rows:,}",
            )
        console.print(table)
    _show_landed_exports(console, result)
    for file in event_logs:
        if file.malformed_rows:
            first = "; ".join(file.first_problems)
            say(
                console, make_printable(f"Malformed rows of {file.source_file}, the first: {first}")
            )
    left_out = {file.source_file: file.unknown_columns for file in event_logs}
    for source_file, columns in left_out.items():
        if columns:
            message = f"Columns left out of {source_file}: {_list_briefly(columns)}"
            say(console, make_printable(message))
    for known in result.already_landed:
        say(console, make_printable(f"Already landed: {known.source_file} ({known.reason})"))
    _show_ignored(console, result.ignored)
    for refused in result.refused:
        kept = f" Kept in {refused.quarantine}." if refused.quarantine else ""
        message = f"Refused: {refused.source_file}: {refused.reason}{kept}"
        say(console, make_printable(message), style="red")


def _show_landed_exports(console: Console, result: IngestResult) -> None:
    exports: dict[str, list[LandedFile]] = {}
    for file in result.landed:
        if file.facts is not None:
            exports.setdefault(file.source_file, []).append(file)
    if exports:
        say(console, f"Exports landed as ingest {result.ingest_id}")
    for source_file, files in exports.items():
        rows = sum(file.rows for file in files)
        malformed = sum(file.malformed_rows for file in files)
        _show_facts(console, source_file, files[0].facts, rows, malformed, files[0].first_problems)
        entities = ", ".join(f"{file.entity} ({file.rows:,})" for file in files)
        _show_fact(console, "landed as", entities)
        if files[0].quarantine:
            _show_fact(console, "kept", f"{files[0].quarantine}, for its malformed rows")


def _show_ignored(console: Console, ignored: Sequence[Ignored]) -> None:
    for file in ignored:
        say(console, make_printable(f"Left alone: {file.source_file} ({file.reason})"))


def show_preview(
    console: Console, previewed: Sequence[Previewed], ignored: Sequence[Ignored]
) -> None:
    """Print what each file was taken for, or why it would be refused."""
    for file in previewed:
        if file.facts is not None:
            _show_facts(
                *(console, file.source_file, file.facts, file.rows, file.malformed_rows),
                file.first_problems,
            )
        else:
            say(console, make_printable(file.source_file))
        if file.known:
            _show_fact(console, "known", f"already {file.known}")
        if file.problem:
            _show_fact(console, "refused", file.problem, style="red")
    _show_ignored(console, ignored)
    readable = sum(file.problem is None for file in previewed)
    say(
        console,
        f"A dry run: {readable:,} of {len(previewed):,} could be read. Nothing was landed, moved or"
        " created.",
    )


def _show_facts(
    console: Console,
    source_file: str,
    facts: Facts | None,
    rows: int | None,
    malformed: int,
    first_problems: Sequence[str],
) -> None:
    say(console, make_printable(source_file))
    if facts is None:
        return
    what = f"{_SOURCES[facts.source_kind]}: {facts.kind}"
    _show_fact(console, "taken for", f"{what} ({facts.vintage})" if facts.vintage else what)
    if facts.languages:
        more = len(facts.languages) - _MOST_LANGUAGES
        shown = ", ".join(facts.languages[:_MOST_LANGUAGES])
        _show_fact(console, "language", shown + (f" and {more} more" if more > 0 else ""))
    if facts.account:
        _show_fact(console, "account", _with_evidence(facts.account, facts.account_evidence))
    if facts.window:
        days = f"{facts.window[0]} to {facts.window[1]}"
        _show_fact(console, "days", _with_evidence(days, facts.window_evidence))
    if facts.exported_on:
        day = _with_evidence(str(facts.exported_on), facts.export_evidence)
        _show_fact(console, "exported on", day)
    if rows is not None:
        counted = f"{rows:,}" + (f", {malformed:,} of them malformed" if malformed else "")
        _show_fact(console, "rows", counted)
    if first_problems:
        _show_fact(console, "malformed", f"the first: {'; '.join(first_problems)}")
    for note in facts.notes:
        _show_fact(console, "note", note)


def _with_evidence(value: str, evidence: str | None) -> str:
    return f"{value}, by {evidence}" if evidence else value


def _show_fact(console: Console, name: str, value: str, style: str | None = None) -> None:
    say(console, make_printable(f"  {name:<13}{value}"), style=style)


def show_checks(console: Console, checks: Sequence[CheckResult]) -> None:
    """Print the scoreboard: checks by layer and tool, and what each warning saw."""
    table = Table(title="Checks", title_justify="left")
    table.add_column("layer")
    table.add_column("tool")
    for outcome in OUTCOMES:
        table.add_column(outcome, justify="right")
    for layer in LAYERS:
        for tool, name in (("dbt", "dbt"), ("great_expectations", "Great Expectations")):
            of_both = [check for check in checks if (check.layer, check.tool) == (layer, tool)]
            if of_both:
                table.add_row(layer, name, *_count_outcomes(of_both))
    console.print(table)
    for check in checks:
        if check.passed is False:
            say(
                console,
                f"Warning: {check.check_name}: {check.observed}\n  expected:"
                f" {check.expected}; see {link_docs(check.anchor)}",
                style="yellow",
            )


def _count_outcomes(checks: Sequence[CheckResult]) -> list[str]:
    counts = Counter(check.outcome for check in checks)
    styles = {"warning": "yellow", "failed": "red"}
    return [
        f"[{styles[outcome]}]{counts[outcome]}[/]"
        if counts[outcome] and outcome in styles
        else str(counts[outcome] or "-")
        for outcome in OUTCOMES
    ]


def show_changes(console: Console, changes: Sequence[str]) -> None:
    """Print what a new version changes for its readers."""
    if changes:
        say(console, "What changed")
    for line in changes:
        say(console, make_printable(f"  {line}"))


def show_published(console: Console, published: Published) -> None:
    """Print where readers find what was published."""
    rows = sum(table.rows for table in published.tables)
    say(
        console,
        f"Published version {published.version}: {len(published.tables)} tables, {rows:,} rows",
    )
    say(console, f"  database  {published.database}")
    say(console, f"  Parquet   {published.parquet}")
    if published.data_docs:
        say(console, f"  Data Docs {published.data_docs / 'index.html'}")
    if published.dashboard:
        say(console, f"  Dashboard {published.dashboard}")


def show_copied(console: Console, copied: Copied) -> None:
    """Print what a copy in PostgreSQL took."""
    say(
        console,
        f"  PostgreSQL {copied.shown}: {copied.changed} of {copied.tables} tables changed,"
        f" {copied.deleted:,} rows went, {copied.inserted:,} came, {copied.seconds:.1f} s",
    )


def show_findings(console: Console, findings: Sequence[tuple[str, bool, str]]) -> None:
    """Print doctor's findings: (what was looked at, whether it is well, what was found)."""
    table = Table(show_header=False, box=None)
    for what, is_well, found in findings:
        table.add_row(
            "[green]ok[/]" if is_well else "[red]not ok[/]", what, Text(_keep_lines(found))
        )
    console.print(table)


def show_status(console: Console, described: Mapping[str, Any]) -> None:
    """Print what ``status.describe`` gathered."""
    seen = described["version"] or "nothing is published yet"
    say(console, f"Readers see {seen}.")
    _show_table(
        console,
        "Last runs (UTC)",
        ("started", "result", "exit", "seconds", "rows in", "version", "message"),
        [
            (
                *(run["started_at"][:19], run["result"], run["exit_code"], run["seconds"]),
                *(run["raw_rows"], run["version"], run["message"]),
            )
            for run in described["runs"]
        ],
    )
    _show_table(
        console,
        "Freshness",
        ("entity", "newest ingest (UTC)", "hours ago"),
        [(row["entity"], row["newest_ingest"], row["age_hours"]) for row in described["freshness"]],
    )
    _show_table(
        console,
        "Rejected rows",
        ("entity", "reason", "waiting", "rows"),
        [
            (row["entity"], row["reason_code"], "yes" if row["is_waiting"] else "", row["rows"])
            for row in described["rejected_rows"]
        ],
    )
    _show_table(
        console,
        "Checks with a warning",
        ("layer", "check", "result", "observed"),
        [
            (row["layer"], row["check_name"], row["outcome"], row["observed"])
            for row in described["failing_checks"]
        ],
    )
    _show_table(
        console,
        "Disk",
        ("folder", "MB"),
        [(folder, round(size / 1e6, 1)) for folder, size in described["disk_bytes"].items()],
    )


def show_versions(console: Console, kept: Sequence[Version]) -> None:
    """Print the kept versions, newest last."""
    _show_table(
        console,
        "Published versions",
        ("version", "published (UTC)", "run", ""),
        [
            (
                *(version.name, version.published_at[:19], version.origin.run_id),
                "readers see" if version.is_current else "",
            )
            for version in kept
        ],
    )


def show_diff(
    console: Console,
    a: str,
    b: str,
    totals: Sequence[KpiTotal],
    differences: Sequence[TableDifference],
) -> None:
    """Print the KPI totals of two versions, and the tables and days whose rows differ."""
    _show_table(
        console,
        "KPI totals of all own accounts",
        ("measure", a, b, "change"),
        [
            (
                *(total.measure, total.a, total.b),
                None if total.a is None or total.b is None else round(total.b - total.a, 3),
            )
            for total in totals
        ],
    )
    _show_table(
        console,
        "Tables that differ",
        ("table", f"rows {a}", f"rows {b}", f"only {a}", f"only {b}", "days"),
        [
            (
                *(found.table, found.rows_a, found.rows_b, found.only_a, found.only_b),
                _name_days(found),
            )
            for found in differences
        ],
    )


def _name_days(found: TableDifference) -> str:
    shown = [str(day) for day, _, _ in found.days[:3]]
    more = len(found.days) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _show_table(
    console: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    if not rows:
        say(console, f"{title}: none")
        return
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        # What a row is about stays whole; the rest may be folded.
        table.add_column(_cell(heading), overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(
            *(
                "" if value is None else _cell(f"{value:,}" if isinstance(value, int) else value)
                for value in row
            )
        )
    console.print(table)


def show_receipt(console: Console, folder: Path, receipt: Receipt) -> None:
    """Print what was erased, without saying whom."""
    rows = sum(receipt.rows_removed.values())
    say(
        console,
        f"Forgotten: {rows:,} raw rows of {receipt.files_rewritten} files,"
        f" {receipt.quarantine_removed + receipt.landing_removed} files as they came,"
        f" {receipt.mentions_removed} mentions, {receipt.versions_removed} versions."
        f" Receipt: {folder / receipt.receipt_id}.json",
    )
    say(console, f"Not reached: {' '.join(receipt.not_reached)}")
