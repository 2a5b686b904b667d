"""What several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiktok_warehouse import offers
from tiktok_warehouse.home import Home, open_home
from tiktok_warehouse.people import SECRET_VARIABLE


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home with no key in the environment, whose landing folder is not waited for."""
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    monkeypatch.setattr(offers, "SETTLE_SECONDS", 0.0)
    return open_home(tmp_path / "home")
