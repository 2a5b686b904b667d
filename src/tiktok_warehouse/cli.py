"""The command line: ``tiktok-warehouse``."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from typer.models import CommandInfo

from tiktok_warehouse import ask as ask_module
from tiktok_warehouse import dashboard as dashboard_module
from tiktok_warehouse import doctor as doctor_module
from tiktok_warehouse import forget as forget_module
from tiktok_warehouse import generate as generate_module
from tiktok_warehouse import kpis, lake, people, postgres, preview, publish, report, rows_out
from tiktok_warehouse import refresh as refresh_module
from tiktok_warehouse import status as status_module
from tiktok_warehouse import versions as versions_module
from tiktok_warehouse.errors import ExitCode, UsageError, WarehouseError, find_exit_code
from tiktok_warehouse.exports import Settings
from tiktok_warehouse.home import (
    CONFIG_TEMPLATE,
    IS_CHECKOUT,
    PROJECT_ROOT,
    Home,
    close_to_others,
    find_home,
    find_sample_home,
    hold_lock,
    open_home,
)
from tiktok_warehouse.ingest import IngestResult, ingest_paths
from tiktok_warehouse.ingest import Progress as IngestProgress
from tiktok_warehouse.text_files import as_utf8

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

# As a shell has it of a command that Ctrl-C ended.
_STOPPED = 130
_STOPPED_MESSAGE = "Stopped. What was published before is untouched."


class _Console(Console):
    """A console that leaves a broken pipe to whoever prints."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


# Results go to stdout, so that they can be piped; progress and errors go to stderr.
out = _Console()
err = Console(stderr=True)

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder of one client's warehouse. Default: TIKTOK_WAREHOUSE_HOME, else ./home.",
        show_default=False,
    ),
]


JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="For spreadsheets.")]


class LogFormat(StrEnum):
    """File formats that ``generate`` writes."""

    parquet = "parquet"
    csv = "csv"


def _show_version(is_asked: bool) -> None:
    if is_asked:
        report.say(out, f"tiktok-warehouse {importlib.metadata.version('tiktok-warehouse')}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Raw short-video exports to daily KPI marts that can be trusted."""


@app.command()
def init(home: HomeOption = None) -> None:
    """Make a home: its folders, its configuration file and the key that people are hashed with.

    Examples:

      tiktok-warehouse init

      tiktok-warehouse init --home /srv/homes/my-client
    """
    root = find_home(home)
    opened = open_home(root)
    with hold_lock(opened, "init"):
        if close_to_others(root):
            report.say(out, f"Closed {root}: everybody on this machine could read it.")
        # People of the lake were hashed with a key that a new one would not match.
        people.load_secret(opened, create=not lake.read_registry(opened))
        if opened.config_file.exists():
            report.say(out, f"Kept {opened.config_file}")
        else:
            opened.config_file.write_text(CONFIG_TEMPLATE, encoding="utf-8")
            report.say(out, f"Made {opened.config_file}")
    report.say(
        out,
        f"{root} is ready: put files into {opened.landing} and run 'tiktok-warehouse refresh'.",
    )


@app.command()
def doctor(home: HomeOption = None) -> None:
    """Look a home over and say what a refresh would stumble on. Closes a home that is open to all.

    Example:

    tiktok-warehouse doctor --home /srv/homes/my-client
    """
    findings = doctor_module.examine(find_home(home))
    report.show_findings(out, findings)
    if not all(is_well for _, is_well, _ in findings):
        raise typer.Exit(ExitCode.USAGE)


@app.command()
def ingest(
    paths: Annotated[
        list[str], typer.Argument(help="Files, folders or glob patterns.", metavar="PATH...")
    ],
    home: HomeOption = None,
    mapping: Annotated[
        Path | None, typer.Option(help="Mapping file that reads all of these files.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Land content anew that has landed before, as newest.")
    ] = False,
    account: Annotated[
        str | None,
        typer.Option(
            metavar="HANDLE",
            help="Whose exports these are, where neither a zip's name nor a folder says it.",
            show_default=False,
        ),
    ] = None,
    shift: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS",
            min=-7,
            max=7,
            help="Move the day labels of TikTok Studio's files, whatever other exports say; 0 keeps"
            " them.",
            show_default=False,
        ),
    ] = None,
    exported_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="The day on which TikTok Studio's files were downloaded: it settles their year.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what each file is taken for, or why not; no more."),
    ] = False,
    keep_comment_text: Annotated[
        bool,
        typer.Option(
            "--keep-comment-text",
            help="Land the text of comments too; without it only how they sound.",
        ),
    ] = False,
) -> None:
    """Land raw files in the lake; the originals stay untouched. Builds and publishes nothing.

    Takes event logs, and as they were downloaded: TikTok Studio's zips, CSVs and workbooks,
    personal archives ("Download your data"), payloads of the Accounts API. Examples:

      tiktok-warehouse ingest ~/Downloads/Overview_*.zip --dry-run

      tiktok-warehouse ingest Overview.csv --account my.handle --exported-on 2026-03-09

      tiktok-warehouse ingest exports/@my.handle exports/@another.handle

      tiktok-warehouse ingest TikTok_Data_1760000000.zip --keep-comment-text
    """
    settings = Settings(account, _check_day(exported_on), keep_comment_text, shift)
    root = find_home(home)
    if dry_run:
        opened = open_home(root, make_folders=False)
        found, ignored = preview.preview(
            opened, paths, mapping=mapping, again=again, settings=settings
        )
        report.show_preview(out, found, ignored)
        if found and all(file.problem for file in found):
            _complain(f"None of the {len(found)} file(s) offered could be read; see above.")
            raise typer.Exit(ExitCode.NOTHING_READABLE)
        return
    opened = open_home(root)
    with hold_lock(opened, "ingest"), _show_progress() as progress:
        result = ingest_paths(
            opened,
            paths,
            mapping=mapping,
            again=again,
            settings=settings,
            on_progress=_watch_ingest(progress),
        )
    report.show_ingest(out, result)
    _exit_if_nothing_readable(result)


def _check_day(exported_on: datetime | None) -> date | None:
    if exported_on is None:
        return None
    # Not after tomorrow, whatever the zone.
    last = datetime.now(UTC).date() + timedelta(days=1)
    if not kpis.EARLIEST_DAY <= exported_on.date() <= last:
        raise UsageError(
            f"--exported-on {exported_on:%Y-%m-%d} can be no day of an export: it must lie between"
            f" {kpis.EARLIEST_DAY} and {last}."
        )
    return exported_on.date()


@app.command()
def refresh(
    home: HomeOption = None,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample", help="Build from the project's sample and not from what was ingested."
        ),
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHECK",
            help="Publish although this expectation fails, for once. Can be repeated.",
            show_default=False,
        ),
    ] = None,
    accept_restatement: Annotated[
        str | None,
        typer.Option(
            metavar="REASON",
            help="Publish closed days with other values although no ingest explains them.",
            show_default=False,
        ),
    ] = None,
    yes_rebuild_everything: Annotated[
        bool,
        typer.Option(
            "--yes-rebuild-everything",
            help="Read the whole lake anew, not only what changed. May take hours.",
        ),
    ] = False,
) -> None:
    """Ingest what lies in landing/, build, check, and publish if every check passed. Examples:

    tiktok-warehouse refresh

    tiktok-warehouse refresh --sample

    tiktok-warehouse refresh --home /srv/homes/my-client --accept values_in_range
    """
    default = find_sample_home() if sample and home is None else home
    options = refresh_module.Options(
        sample=sample,
        accepted=accept or (),
        accepted_restatement=accept_restatement,
        rebuild_everything=yes_rebuild_everything,
    )
    _refresh(open_home(find_home(default)), "refresh", options)


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    home: HomeOption = None,
) -> None:
    """Refresh, and build these days again although nothing touched them. Example:

    tiktok-warehouse backfill --from 2026-08-01 --to 2026-08-31
    """
    if last < first:
        raise UsageError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}.")
    days: tuple[date, date] = (first.date(), last.date())
    _refresh(open_home(find_home(home)), "backfill", refresh_module.Options(backfill=days))


def _refresh(
    opened: Home,
    command: str,
    options: refresh_module.Options,
    first: Callable[[], object] = lambda: None,
) -> None:
    with hold_lock(opened, command), _show_progress() as progress:
        first()
        result = refresh_module.refresh(
            opened,
            refresh_module.Watcher(
                on_ingest=_watch_ingest(progress),
                on_ingested=lambda *told: _show_between(progress, *told),
                on_build=_watch_steps(progress, "building"),
                on_validate=_watch_steps(progress, "checking"),
                on_publish=lambda: _Bar(progress).show("publishing", 0, None),
            ),
            options,
        )
    if result.unchanged is not None:
        report.say(
            out,
            f"Nothing new: neither data nor code nor configuration changed since version"
            f" {result.unchanged}.",
        )
    elif result.built is None or result.published is None:
        report.say(
            out,
            f"Nothing has been ingested yet, so there is nothing to build. Put files into"
            f" {opened.landing}.",
        )
    else:
        report.say(
            out,
            f"Built {result.built.models} models and seeds, {result.built.checks} checks passed,"
            f" {result.built.seconds:.1f} s",
        )
        report.show_account_kpis(out, result.published.database)
        report.show_checks(out, result.checks)
        report.show_changes(out, result.changes)
        report.show_published(out, result.published)
    if result.copied is not None:
        report.show_copied(out, result.copied)
    for receipt in result.receipts:
        report.show_receipt(out, opened.logs / "forgotten", receipt)
    if result.copy_problem is not None:
        raise result.copy_problem
    if result.ingested is not None:
        _exit_if_nothing_readable(result.ingested)


@app.command()
def dashboard(
    home: HomeOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            help="Write it to this file instead, to send it to somebody.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the dashboard of the published version anew: one page that opens from disk.

    Every refresh that publishes has written it already, to published/dashboard/index.html.

    Examples:

      tiktok-warehouse dashboard

      tiktok-warehouse dashboard --output week-35.html
    """
    opened = open_home(find_home(home), make_folders=output is None)
    current = next((kept for kept in publish.list_versions(opened) if kept.is_current), None)
    if current is None:
        raise UsageError(
            f"Nothing has been published in {opened.root} yet. Run 'tiktok-warehouse refresh'."
        )
    if missing := dashboard_module.find_missing(current.database):
        raise UsageError(
            f"Version {current.name} has no {', '.join(missing)}, and so no dashboard. Publish it"
            " anew with 'tiktok-warehouse refresh'."
        )
    if output is not None:
        written = dashboard_module.write(
            current.database,
            output.expanduser().resolve(),
            version=current.name,
            time_zone=opened.reporting_time_zone,
        )
        shown = written.path
    else:
        with hold_lock(opened, "dashboard"):
            written = dashboard_module.write(
                current.database,
                current.folder / dashboard_module.FOLDER / dashboard_module.PAGE,
                version=current.name,
                time_zone=opened.reporting_time_zone,
            )
            publish.point_to(opened, current.name)
        shown = opened.published / dashboard_module.FOLDER / dashboard_module.PAGE
    report.say(out, f"Wrote {shown} ({written.size / 1e6:.1f} MB). Open it in a browser.")


@app.command()
def status(
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how a home is doing: last runs, freshness, rejected rows, failing checks, disk.

    Examples:

      tiktok-warehouse status

      tiktok-warehouse status --json
    """
    described = status_module.describe(open_home(find_home(home), make_folders=False))
    if as_json:
        print(json.dumps(described, indent=2))
    else:
        report.show_status(out, described)


@app.command("kpis")
def show_kpis(
    home: HomeOption = None,
    account: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HANDLE",
            help="Only this account, a competitor too. Can be repeated. Default: all own accounts.",
            show_default=False,
        ),
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="First day. Default: the seventh up to the last.",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to",
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="Last day. Default: the last of which a KPI is known.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show the KPIs of accounts over any days, and the change on the days before.

    A ratio is the sum of its numerators over the sum of its denominators;
    growth is the net over the window against its first opening; conversion
    is divided by visitor-days. A window with a day that is missing or not
    known is unknown (docs/kpis.md). Reads the published file. Examples:

      tiktok-warehouse kpis

      tiktok-warehouse kpis --account my.handle --from 2026-08-01 --to 2026-08-31

      tiktok-warehouse kpis --account my.handle --account a.rival --json

      tiktok-warehouse kpis --csv > week.csv
    """
    _refuse_both(as_json, as_csv)
    database = kpis.find_published(open_home(find_home(home), make_folders=False).published)
    window, accounts = kpis.read_kpis(
        database,
        first=first.date() if first else None,
        last=last.date() if last else None,
        accounts=account or (),
    )
    shown = {name for each in accounts for name in (each.account_id, each.handle)}
    without = [name for name in account or () if name.removeprefix("@") not in shown]
    if without:
        report.say(
            err,
            f"No day from {window.first} to {window.last} is known of {', '.join(without)}.",
            style="yellow",
        )
    with _let_pipes_break():
        if as_json:
            described = {
                "first_date": window.first,
                "last_date": window.last,
                "window_days": window.days,
                "daily_first_date": window.first_shown,
                "accounts": [asdict(each) for each in accounts],
            }
            rows_out.write_json(sys.stdout, described)
        elif as_csv:
            rows_out.write_csv(sys.stdout, *_tabulate_kpis(window, accounts))
        elif accounts:
            report.show_kpis(out, window, accounts)
        elif not without:
            report.say(out, "No account has an accepted event yet, so there are no KPIs to show.")


def _tabulate_kpis(
    window: kpis.Window, accounts: Sequence[kpis.AccountKpis]
) -> tuple[list[str], list[list[object]]]:
    described = (
        *("account_id", "handle", "account_role", "days", "provisional_days"),
        *("engagement_has_saves", "conversion_denominator"),
    )
    changes = [kpi.name for kpi in kpis.KPIS]
    values = [*changes, *kpis.PARTS]
    names = ["first_date", "last_date", *described, *values]
    rows = [
        [
            *(window.first, window.last),
            *(getattr(account, name) for name in described),
            *(account.values[name] for name in values),
            *(account.changes[name] for name in changes),
        ]
        for account in accounts
    ]
    return [*names, *(f"{name}_change" for name in changes)], rows


@app.command()
def query(
    sql: Annotated[
        str, typer.Argument(help="One SELECT, in quotes; - reads it from the input.", metavar="SQL")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    limit: Annotated[
        int, typer.Option(min=0, help="Most rows to show; 0 shows all of them.")
    ] = 1000,
) -> None:
    """Ask the published file with one SELECT, in DuckDB's SQL. It changes nothing.

    Tables are found without their schema. In CSV a text that a spreadsheet
    would run as a formula has an apostrophe before it. Examples:

      tiktok-warehouse query "show all tables"

      tiktok-warehouse query "describe daily_account_kpis"

      tiktok-warehouse query "select kpi_date, views from daily_account_kpis order by all" --csv

      tiktok-warehouse query - --json < question.sql
    """
    _refuse_both(as_json, as_csv)
    database = kpis.find_published(open_home(find_home(home), make_folders=False).published)
    answer = ask_module.ask(database, sys.stdin.read() if sql == "-" else sql, limit)
    with _let_pipes_break():
        if as_json:
            rows = [dict(zip(answer.names, row, strict=True)) for row in answer.rows]
            rows_out.write_json(sys.stdout, rows)
        elif as_csv:
            rows_out.write_csv(sys.stdout, answer.names, answer.rows)
        else:
            report.show_rows(out, answer.names, answer.rows)
    if answer.is_cut:
        report.say(
            err, f"The first {limit:,} rows; there are more: --limit 0 shows all.", style="yellow"
        )


def _refuse_both(as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise UsageError("Ask for --json or for --csv, not for both.")


@contextmanager
def _let_pipes_break() -> Iterator[None]:
    """A reader such as ``head`` that has seen enough is no failure."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_the_pipe()


def _leave_the_pipe() -> None:
    # What is left in the buffer would fail again when the process ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.command()
def versions(home: HomeOption = None) -> None:
    """List the published versions that are kept; the one that readers see is marked. Example:

    tiktok-warehouse versions
    """
    kept = publish.list_versions(open_home(find_home(home), make_folders=False))
    report.show_versions(out, kept)


@app.command()
def rollback(
    version: Annotated[str, typer.Argument(help="Name or number of a kept version.")],
    home: HomeOption = None,
) -> None:
    """Let readers see an older version until something new is published. Example:

    tiktok-warehouse rollback 41
    """
    opened = open_home(find_home(home))
    destination = postgres.find_destination()
    with hold_lock(opened, "rollback"):
        shown = versions_module.rollback(opened, version)
        report.say(out, f"Readers see version {shown.name} now.")
        if destination is not None:
            copied = postgres.copy_version(destination, shown.name, shown.database)
            if copied is not None:
                report.show_copied(out, copied)


@app.command()
def diff(
    a: Annotated[str, typer.Argument(help="Name or number of a version, or 'current'.")],
    b: Annotated[str, typer.Argument(help="The version to compare it with.")],
    home: HomeOption = None,
) -> None:
    """Show what differs between two versions: KPI totals, and rows by mart and day. Example:

    tiktok-warehouse diff 41 current
    """
    opened = open_home(find_home(home), make_folders=False)
    report.show_diff(out, a, b, *versions_module.diff(opened, a, b))


@app.command()
def forget(
    person: Annotated[
        str | None,
        typer.Option(
            help="A viewer's id as the raw files have it; - reads ids from standard input, one a"
            " line, so that no list of processes shows them.",
            show_default=False,
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            help="Handle of a tracked account; - reads it from standard input.", show_default=False
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Erase a person or an account from the lake, the build and every published version.

    Examples:

      tiktok-warehouse forget --person 6871234567890123456

      tiktok-warehouse forget --person - < ids.txt

      tiktok-warehouse forget --account my.handle
    """
    if (person is None) == (account is None):
        raise UsageError("Name either --person ID or --account HANDLE.")
    opened = open_home(find_home(home))
    names = _read_names(account if person is None else person)
    if account is not None and len(names) != 1:
        raise UsageError("Name one account: one line on standard input.")
    erase = forget_module.forget_account if person is None else forget_module.forget_person
    # The refresh that follows builds without them, publishes, and removes the versions before. No
    # other run may come in between: it would be told that nothing was changed.
    _refresh(opened, "forget", refresh_module.Options(), lambda: erase(opened, *names))


def _read_names(given: str | None) -> list[str]:
    if given != "-":
        return [given or ""]
    # As text files are read: a byte order mark belongs to no id, and would hide the first one.
    content = as_utf8(io.BytesIO(sys.stdin.buffer.read())).read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError(
            "Standard input is neither UTF-8 nor UTF-16 text with a byte order mark. Nothing was"
            " erased."
        )
    return [line.strip() for line in text.splitlines() if line.strip()]


@app.command()
def generate(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder to write to (not needed with --sample).")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Write the project's own sample seeds anew.")
    ] = False,
    events: Annotated[
        int, typer.Option(help="Rows of video_views; those of all other entities come on top.")
    ] = 100_000,
    days: Annotated[int, typer.Option(help="Length of the log in days.")] = 90,
    file_format: Annotated[LogFormat, typer.Option("--format")] = LogFormat.parquet,
    seed: Annotated[int, typer.Option(help="Another seed gives another log.")] = 1,
    accounts: Annotated[
        int | None,
        typer.Option(help="Own accounts in it. Default: by its size.", show_default=False),
    ] = None,
    videos: Annotated[
        int | None,
        typer.Option(help="Their videos. Default: by its size.", show_default=False),
    ] = None,
    last_day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of the log (UTC).", show_default=False),
    ] = None,
) -> None:
    """Write a made-up raw log, mess included: of any size, or the project's sample. Examples:

    tiktok-warehouse generate /tmp/log --events 5000000 --days 90

    tiktok-warehouse generate /tmp/log --format csv --seed 2 --last-day 2026-08-31
    """
    if sample:
        if folder is None and not IS_CHECKOUT:
            raise UsageError(
                "--sample writes the seeds of a checkout anew, and this was installed without one."
                " Name a folder to write them to."
            )
        target = folder or PROJECT_ROOT / "seeds" / "raw"
        generate_module.generate_sample(target)
        report.say(out, f"Wrote the sample to {target}")
        return
    if folder is None:
        raise UsageError("Name a folder to write the log to, or ask for --sample.")
    with _show_progress() as progress:
        task = progress.add_task("writing events", total=events)
        log = generate_module.generate_log(
            folder,
            events=events,
            days=days,
            file_format=file_format.value,
            seed=seed,
            last_day=last_day.date() if last_day else generate_module.LAST_DAY,
            accounts=accounts,
            videos=videos,
            on_progress=lambda done: progress.update(task, completed=done),
        )
    for entity, files in log.files.items():
        report.say(out, f"{entity}: {log.rows[entity]:,} rows in {len(files)} file(s)")
    report.say(out, f"Written to {folder}")


@contextmanager
def _show_progress() -> Iterator[Progress]:
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
    ) as progress:
        yield progress


def _show_between(progress: Progress, result: IngestResult, set_aside: Sequence[str]) -> None:
    """Say what became of the files before the build begins, whose failure would hide it."""
    progress.stop()
    for task in progress.task_ids:
        progress.remove_task(task)
    report.show_ingest(out, result, set_aside)
    progress.start()


def _watch_ingest(progress: Progress) -> Callable[[IngestProgress], None]:
    bar = _Bar(progress)

    def on_progress(state: IngestProgress) -> None:
        bar.show(
            f"reading {state.source_file} ({state.rows:,} rows)", state.file_number, state.files
        )

    return on_progress


def _watch_steps(progress: Progress, doing: str) -> Callable[[int, int, str], None]:
    bar = _Bar(progress)
    return lambda done, total, name: bar.show(f"{doing} {name[:50]}", done, total)


class _Bar:
    """A progress bar that appears with its first news."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def show(self, description: str, completed: int, total: int | None) -> None:
        description = report.make_printable(description)
        if self._task is None:
            self._task = self._progress.add_task(description, total=total)
        self._progress.update(self._task, description=description, completed=completed)


def _exit_if_nothing_readable(result: IngestResult) -> None:
    if result.refused and not result.landed and not result.already_landed:
        _complain(f"None of the {len(result.refused)} file(s) offered could be read; see above.")
        raise typer.Exit(ExitCode.NOTHING_READABLE)


def list_commands() -> list[CommandInfo]:
    """What the command line offers."""
    return [
        CommandInfo(name=command.name or command.callback.__name__, callback=command.callback)
        for command in app.registered_commands
        if command.callback is not None
    ]


def main() -> None:
    """Run the command line and end the process with one of the documented exit codes."""
    # A scheduler's stop is like Ctrl-C: let go of what is held, then end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A name that this terminal cannot show is no failure of the command.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command.

    Args:
        arguments: as on the command line, without the program's name.

    Returns:
        The exit code.
    """
    # What a command writes holds what people did: for its owner alone.
    os.umask(0o077)
    try:
        result = app(arguments, prog_name="tiktok-warehouse", standalone_mode=False)
        code = int(result) if isinstance(result, int) else ExitCode.DONE
        # What Typer makes of Ctrl-C.
        if code == _STOPPED:
            _complain(_STOPPED_MESSAGE)
        return code
    except typer.Exit as error:
        return int(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        _complain(_STOPPED_MESSAGE)
        return _STOPPED
    except BrokenPipeError:
        _leave_the_pipe()
        return ExitCode.DONE
    except WarehouseError as error:
        _complain(str(error))
        return int(error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last line of defence turns it into exit code 1
        if find_exit_code(error) == ExitCode.NO_SPACE_OR_ACCESS:
            what = str(error)
            if isinstance(error, OSError):
                what = f"{error.strerror}" + (f": {error.filename}" if error.filename else "")
            _complain(
                f"{what}. What was published before is untouched. Make room or give this user"
                " access, then run the same command again."
            )
            return int(ExitCode.NO_SPACE_OR_ACCESS)
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            error.show()
            return int(error.exit_code)
        return _report_bug()


def _report_bug() -> int:
    traceback.print_exc()
    _complain("This is a bug of the warehouse, not of your data. Please report what stands above.")
    return int(ExitCode.BUG)


def _complain(message: str) -> None:
    report.say(err, message, style="red")


if __name__ == "__main__":
    main()
