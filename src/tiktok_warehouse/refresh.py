"""One run of the whole path: ingest, build, check, publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tiktok_warehouse import ingest, lake, publish, transform
from tiktok_warehouse.home import Home


@dataclass(frozen=True)
class RefreshResult:
    """What a refresh did.

    Attributes:
        ingested: what became of the files in ``landing/``; None for the sample.
        built: what dbt did; None if nothing has ever been ingested.
        published: the new version; None if nothing has ever been ingested.
    """

    ingested: ingest.IngestResult | None
    built: transform.BuildResult | None
    published: publish.Published | None


@dataclass(frozen=True)
class Watcher:
    """What a refresh reports while it is at work."""

    on_ingest: ingest.OnProgress | None = None
    on_build: Callable[[int, int, str], None] | None = None
    on_publish: Callable[[], None] | None = None


def refresh(home: Home, *, sample: bool, watcher: Watcher) -> RefreshResult:
    """Bring a home up to date and publish it. The caller holds the home's lock.

    A file that cannot be read goes to quarantine and does not stop the others. A failing check
    stops the run before anything is published.

    Args:
        home: the home to refresh.
        sample: build from the seeds in the project and not from the lake.
        watcher: what to call while the steps run.

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
    built = transform.build_models(home, "seeds" if sample else "lake", watcher.on_build)
    if watcher.on_publish:
        watcher.on_publish()
    return RefreshResult(ingested, built, publish.publish(home, built.target))
