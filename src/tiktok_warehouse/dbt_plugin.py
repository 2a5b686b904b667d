"""The plugin of dbt-duckdb that ``profiles.yml`` names: a bare ``dbt build`` works in any home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Makes the folder of the build database: DuckDB makes the file, and no folder."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Make it, just before the file is opened."""
        Path(creds.path).parent.mkdir(parents=True, exist_ok=True)
