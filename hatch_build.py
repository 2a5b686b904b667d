"""Put what dbt and the checks read into the wheel, so that it is all that has to be installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROJECT = (
    *("dbt_project.yml", "profiles.yml", "models", "macros", "seeds"),
    *("tests/generic", "tests/singular", "expectations", "mappings"),
)


class CustomBuildHook(BuildHookInterface[Any]):
    """Lays the project into the package, where ``tiktok_warehouse.home`` looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files; an editable install has them in its checkout."""
        if version == "standard":
            # Messages name the pages.
            pages = [f"docs/{page.name}" for page in Path(self.root, "docs").glob("*.md")]
            for name in (*PROJECT, *pages):
                build_data["force_include"][name] = f"tiktok_warehouse/project/{name}"
