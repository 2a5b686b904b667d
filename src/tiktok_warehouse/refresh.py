"""One run of the whole path: ingest, build, check, publish."""

from __future__ import annotations

import contextlib
import shutil
import threading
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from tiktok_warehouse import (
    changes,
    check_results,
    findings,
    forget,
    ingest,
    lake,
    ledger,
    postgres,
    publish,
    restatements,
    transform,
    validate,
    versions,
)
from tiktok_warehouse.check_results import CheckResult
from tiktok_warehouse.errors import (
    ChecksFailed,
    DamagedLake,
    ExitCode,
    WarehouseError,
    find_exit_code,
)
from tiktok_warehouse.home import Home


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh did.

    Attributes:
        ingested: what became of the files in ``landing/``; None for the sample.
        built: what dbt did; None if there was nothing to build.
        published: the new version; None if there was nothing to build.
        copied: what changed in PostgreSQL; None if nothing, or if no copy is asked for.
        copy_problem: why PostgreSQL does not show what is published; None otherwise.
        receipts: of people and accounts that were forgotten.
        unchanged: the version that still holds, as nothing new came in; None otherwise.
        checks: what dbt's tests and the expectations saw.
        changes: what the new version changes, in at most ten sentences.
    """

    ingested: ingest.IngestResult | None
    built: transform.BuildResult | None
    published: publish.Published | None
    checks: tuple[CheckResult, ...] = ()
    changes: tuple[str, ...] = ()
    unchanged: str | None = None
    receipts: tuple[forget.Receipt, ...] = ()
    copied: postgres.Copied | None = None
    copy_problem: postgres.CopyFailed | None = None


@dataclass(frozen=True)
class Options:
    """What can be asked of a refresh besides the usual.

    Attributes:
        sample: build from the seeds in the project and not from the lake.
        accepted: critical expectations whose failure is published for once.
        accepted_restatement: why closed days may show other values than were published, although no
            ingest explains it; None if they may not.
        rebuild_everything: read the whole lake, although the touched days would do.
        ignores_published: compare nothing with the versions before.
        backfill: first and last of the days to build again besides the touched ones.
    """

    sample: bool = False
    accepted: Collection[str] = ()
    accepted_restatement: str | None = None
    rebuild_everything: bool = False
    ignores_published: bool = False
    backfill: tuple[date, date] | None = None


@dataclass(frozen=True)
class Watcher:
    """What a refresh reports while it is at work."""

    on_ingest: ingest.OnProgress | None = None
    on_ingested: Callable[[ingest.IngestResult, Sequence[str]], None] | None = None
    on_build: Callable[[int, int, str], None] | None = None
    on_validate: Callable[[int, int, str], None] | None = None
    on_publish: Callable[[], None] | None = None


def refresh(home: Home, watcher: Watcher, options: Options) -> RefreshResult:
    """Bring a home up to date and publish it. The caller holds the home's lock.

    A file that cannot be read goes to quarantine and does not stop the others. A failing check
    stops the run before anything is published. If neither data nor code nor configuration changed
    since the last version, there is nothing to build. Every run is written into the ledger. What
    killed runs of ``forget`` have left undone is done first. Where a copy in PostgreSQL is asked
    for and cannot be made, the result says so: the files are published all the same.

    Raises:
        ChecksFailed, UsageError, WarehouseError, OSError: see the steps.
    """
    destination = postgres.find_destination()
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    unfinished = forget.find_unfinished(home)
    for forgetting in unfinished:
        forget.resume(home, forgetting)
        # What was published names them, and so would a comparison with it.
        options = replace(options, ignores_published=True, rebuild_everything=True)
    run = ledger.begin(home, run_id, "refresh --sample" if options.sample else "refresh")
    try:
        with transform.DbtProcess() as dbt:
            result = _refresh(home, run, watcher, options, dbt)
        version = result.published.version if result.published else None
        receipts = tuple(forget.finish(home, forgetting, version) for forgetting in unfinished)
        result = replace(result, receipts=receipts)
        if destination is not None:
            result = _copy_current(home, run, destination, result)
    except BaseException as error:
        _write_down_failure(home, run, error)
        raise
    ended = "published" if result.published else "nothing_new"
    if result.copy_problem is None:
        ledger.end(home, run, ended, ExitCode.DONE)
    else:
        problem = result.copy_problem
        ledger.end(home, run, ended, problem.exit_code, str(problem)[:500])
    return result


def _copy_current(
    home: Home, run: ledger.Run, destination: postgres.Destination, result: RefreshResult
) -> RefreshResult:
    current = publish.find_current(home)
    if current is None:
        return result
    try:
        with run.step("postgres"):
            copied = postgres.copy_version(destination, current.name, current.database)
    except postgres.CopyFailed as problem:
        return replace(result, copy_problem=problem)
    return replace(result, copied=copied)


def _write_down_failure(home: Home, run: ledger.Run, error: BaseException) -> None:
    if isinstance(error, ChecksFailed):
        result = "checks_failed"
    else:
        result = "failed" if isinstance(error, Exception) else "stopped"
    code = 130 if result == "stopped" else int(find_exit_code(error))
    message = next(iter(str(error).splitlines()), "") or type(error).__name__
    # The disk may be full; what went wrong first is what has to be told.
    with contextlib.suppress(OSError):
        ledger.end(home, run, result, code, message[:500])


def _refresh(
    home: Home, run: ledger.Run, watcher: Watcher, options: Options, dbt: transform.DbtProcess
) -> RefreshResult:
    if options.sample or any(home.landing.iterdir()):
        dbt.start()
    ingested = None
    newest_seq = 0
    newest = publish.find_newest(home)
    set_aside: list[str] = []
    if not options.sample:
        with run.step("ingest"):
            set_aside = _set_damaged_aside(
                home, newest.origin.ingest_seq if newest else 0, options.rebuild_everything
            )
            ingested = ingest.ingest_paths(
                home, [home.landing], taken_from_landing=True, on_progress=watcher.on_ingest
            )
        run.landed_files = len({file.source_file for file in ingested.landed})
        run.refused_files = len(ingested.refused) + len(set_aside)
        run.raw_rows = sum(file.rows for file in ingested.landed)
        registry = lake.read_registry(home)
        if watcher.on_ingested:
            watcher.on_ingested(ingested, set_aside)
        if not registry:
            return RefreshResult(ingested, None, None)
        newest_seq = registry[-1].ingest_seq
    code = transform.fingerprint_code(home)
    if (
        not (options.sample or options.rebuild_everything or options.backfill)
        and not (options.accepted or options.accepted_restatement)
        and newest is not None
        and (newest.origin.ingest_seq, newest.origin.code) == (newest_seq, code)
    ):
        if not newest.is_current and not versions.is_rolled_back_from(home, newest.name):
            # A run was killed between writing the version and letting readers see it.
            publish.point_to(home, newest.name)
        return RefreshResult(ingested, None, None, unchanged=newest.name)
    # Great Expectations takes 4 to 10 seconds to import; dbt's process takes longer.
    loading = threading.Thread(target=validate.load_great_expectations)
    loading.start()
    try:
        with run.step("build"):
            published_seq, landed = 0, None
            change_seq = transform.read_change_seq(home)
            # The build is what was published last, and no run has been at it since.
            goes_on = newest is not None and newest.origin.change_seq == change_seq
            # What was published was tested, by the same code.
            is_comparable = newest is not None and newest.origin.code == code
            if newest and is_comparable and not options.ignores_published:
                # A build that was deleted counts its runs anew.
                published_seq = min(newest.origin.change_seq, change_seq)
                landed = _list_landed(home, newest.origin.ingest_seq) if goes_on else None
            built = _build(home, run.run_id, watcher, options, dbt, published_seq, landed)
    finally:
        loading.join()
    origin = publish.Origin(
        run_id=run.run_id,
        ingest_seq=newest_seq,
        change_seq=built.change_seq,
        code=code,
        can_link=goes_on and not built.is_rebuilt,
        time_zone=home.reporting_time_zone,
        aliases=transform.read_aliases(home),
    )
    with publish.Incoming(home, built.target, origin) as incoming:
        with run.step("check"):
            restatements.write(
                home,
                run.run_id,
                None if options.ignores_published else newest,
                is_rebuilt=built.is_rebuilt,
                # Whoever works on the models sees the sample change all the time.
                accepted="the sample" if options.sample else options.accepted_restatement,
            )
            checks, data_docs = check_build(
                home,
                run.run_id,
                built,
                watcher,
                options.accepted,
                ignores_published=options.ignores_published,
                beside=incoming.writing_models,
            )
        changed = changes.describe(
            home, run.run_id, ingested, newest.origin.ingest_seq if newest else 0
        )
        if watcher.on_publish:
            watcher.on_publish()
        with run.step("publish"):
            _copy_ledger(home, run)
            published = publish.publish(incoming, data_docs)
            # It is published; what cannot be tidied up now is tidied up after the next run.
            with contextlib.suppress(duckdb.Error):
                transform.drop_taken_in(home, built.change_seq)
    run.version, run.published_bytes = published.version, published.bytes_written
    run.published_rows = sum(table.rows for table in published.tables)
    return RefreshResult(ingested, built, published, tuple(checks), tuple(changed))


def _set_damaged_aside(home: Home, published_until: int, rebuilds: bool) -> list[str]:
    """Look at the raw files that are yet to be built; take those that cannot be read out.

    Returns:
        What was found, for people.

    Raises:
        DamagedLake: such a file is part of what is published, and everything is to be built anew.
    """
    consumed = transform.read_consumed(home)
    found = []
    for row in lake.read_registry(home):
        is_export = row.source_kind != ingest.SOURCE_KIND
        is_published = row.ingest_seq <= published_until
        if row.ingest_seq > consumed.get(row.entity, 0):
            damage = lake.find_damage(home, row, every_page=not is_published)
        elif rebuilds and is_export:
            # Of rows that are missing the raw checks say more.
            damage = None
        else:
            continue
        if damage is None and is_export:
            damage = lake.find_change(home, row)
        if damage is None:
            continue
        what = f"{row.ingest_id}/{row.entity}.{row.ingest_seq}.parquet of {home.raw}: {damage}"
        if is_published:
            raise DamagedLake(
                f"{what}. Its rows are part of what is published, so nothing was changed. Restore"
                " the file from a backup and run the same command again."
            )
        kept = lake.set_aside(home, row)
        found.append(
            f"{what}. It was taken out of the lake ({kept}); offer {row.source_file} again."
        )
    return found


def _copy_ledger(home: Home, run: ledger.Run) -> None:
    run.result = "published"
    try:
        ledger.copy_to_build(home, run)
    finally:
        run.result = "killed"


def check_build(
    home: Home,
    run_id: str,
    built: transform.BuildResult,
    watcher: Watcher,
    accepted: Collection[str] = (),
    *,
    ignores_published: bool = False,
    beside: validate.Beside | None = None,
) -> tuple[list[CheckResult], Path]:
    """The gate: run the expectations on a build, write down all results, stop on a critical one.

    What passes the gate is judged: ``quality.data_trust`` is made again from all results.

    Args:
        home: whose build database is judged.
        run_id: under which the results are written.
        built: what dbt did, for the results of its tests.
        watcher: what to call meanwhile.
        accepted: critical expectations whose failure is published for once.
        ignores_published: compare nothing with the version before.
        beside: what to do while the expectations run, see ``validate.validate``.

    Returns:
        All results, dbt's too; the folder with the Data Docs.

    Raises:
        ChecksFailed: a critical check failed. Its message says which, what was seen and what to
            do; the Data Docs lie under ``logs/``.
    """
    validation = validate.validate(
        home,
        run_id,
        watcher.on_validate,
        accepted=accepted,
        ignores_published=ignores_published,
        beside=beside,
    )
    checks = [*check_results.read_dbt_results(built.target), *validation.checks]
    check_results.write(home, run_id, checks)
    check_results.write_profiles(home, validation.ingest_profiles)
    _stop_on([check for check in checks if check.stops], home, validation.data_docs)
    findings.judge(home, built.target, checks, validation.findings)
    return checks, validation.data_docs


def _list_landed(home: Home, published_until: int) -> set[str]:
    """The entities of which something landed that is not published."""
    return {row.entity for row in lake.read_registry(home) if row.ingest_seq > published_until}


def _build(
    home: Home,
    run_id: str,
    watcher: Watcher,
    options: Options,
    dbt: transform.DbtProcess,
    published_change_seq: int,
    landed: Collection[str] | None,
) -> transform.BuildResult:
    try:
        return transform.build_models(
            home,
            "seeds" if options.sample else "lake",
            watcher.on_build,
            dbt=dbt,
            rebuild_everything=options.rebuild_everything,
            backfill=options.backfill,
            published_change_seq=published_change_seq,
            landed=None if options.backfill else landed,
        )
    except ChecksFailed:
        dbt_results = check_results.read_dbt_results(transform.find_target(home))
        check_results.write(home, run_id, dbt_results)
        raise
    except WarehouseError as error:
        if error.exit_code == ExitCode.BUG and home.database.exists():
            _blame_raw_rows(home, run_id, error)
        raise


def _blame_raw_rows(home: Home, run_id: str, error: WarehouseError) -> None:
    """A model that does not run may be right, and a raw file wrong: then that is the message.

    Raises:
        ChecksFailed: the raw suite found what dbt stumbled on.
    """
    validation = validate.validate(home, run_id, layers=("raw",))
    check_results.write(home, run_id, validation.checks)
    found = [check for check in validation.checks if check.stops and not check.is_undecided]
    try:
        _stop_on(found, home, validation.data_docs)
    except ChecksFailed as failed:
        raise failed from error


def _stop_on(failed: Sequence[CheckResult], home: Home, data_docs: Path) -> None:
    kept = home.logs / "data_docs-failed"
    # Left by an earlier run, it would tell of a failure that is over.
    shutil.rmtree(kept, ignore_errors=True)
    if failed:
        shutil.move(data_docs, kept)
        raise ChecksFailed(check_results.describe_failures(failed, kept))
