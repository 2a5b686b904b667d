"""One run of the whole path: ingest, build, check, publish."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tiktok_warehouse import check_results, ingest, lake, publish, transform, validate
from tiktok_warehouse.check_results import CheckResult
from tiktok_warehouse.errors import ChecksFailed, ExitCode, WarehouseError
from tiktok_warehouse.home import Home


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh did.

    Attributes:
        ingested: what became of the files in ``landing/``; None for the sample.
        built: what dbt did; None if nothing has ever been ingested.
        published: the new version; None if nothing has ever been ingested.
        checks: what dbt's tests and the expectations saw.
    """

    ingested: ingest.IngestResult | None
    built: transform.BuildResult | None
    published: publish.Published | None
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True)
class Watcher:
    """What a refresh reports while it is at work."""

    on_ingest: ingest.OnProgress | None = None
    on_build: Callable[[int, int, str], None] | None = None
    on_validate: Callable[[int, int, str], None] | None = None
    on_publish: Callable[[], None] | None = None


def refresh(
    home: Home, *, sample: bool, watcher: Watcher, accepted: Collection[str] = ()
) -> RefreshResult:
    """Bring a home up to date and publish it. The caller holds the home's lock.

    A file that cannot be read goes to quarantine and does not stop the others. A failing check
    stops the run before anything is published.

    Args:
        home: the home to refresh.
        sample: build from the seeds in the project and not from the lake.
        watcher: what to call while the steps run.
        accepted: critical expectations whose failure is published for once.

    Raises:
        ChecksFailed, UsageError, WarehouseError, OSError: see the steps.
    """
    ingested = None
    if not sample:
        ingested = ingest.ingest_paths(
            home, [home.landing], taken_from_landing=True, on_progress=watcher.on_ingest
        )
        if not lake.read_registry(home):
            return RefreshResult(ingested, None, None)
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    # Great Expectations takes 4 to 10 seconds to import; dbt's process takes longer.
    loading = threading.Thread(target=validate.load_great_expectations)
    loading.start()
    try:
        built = _build(home, "seeds" if sample else "lake", run_id, watcher)
    finally:
        loading.join()
    checks, data_docs = check_build(home, run_id, built, watcher, accepted)
    if watcher.on_publish:
        watcher.on_publish()
    published = publish.publish(home, built.target, data_docs)
    return RefreshResult(ingested, built, published, tuple(checks))


def check_build(
    home: Home,
    run_id: str,
    built: transform.BuildResult,
    watcher: Watcher,
    accepted: Collection[str] = (),
) -> tuple[list[CheckResult], Path]:
    """The gate: run the expectations on a build, write down all results, stop on a critical one.

    Args:
        home: whose build database is judged.
        run_id: under which the results are written.
        built: what dbt did, for the results of its tests.
        watcher: what to call meanwhile.
        accepted: critical expectations whose failure is published for once.

    Returns:
        All results, dbt's too; the folder with the Data Docs.

    Raises:
        ChecksFailed: a critical check failed. Its message says which, what was seen and what to
            do; the Data Docs lie under ``logs/``.
    """
    validation = validate.validate(home, run_id, watcher.on_validate, accepted=accepted)
    checks = [*check_results.read_dbt_results(built.target), *validation.checks]
    check_results.write(home, run_id, checks)
    check_results.write_profiles(home, validation.ingest_profiles)
    _stop_on([check for check in checks if check.stops], home, validation.data_docs)
    return checks, validation.data_docs


def _build(
    home: Home, raw_source: transform.RawSource, run_id: str, watcher: Watcher
) -> transform.BuildResult:
    try:
        return transform.build_models(home, raw_source, watcher.on_build)
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
