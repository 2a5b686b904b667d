"""A SQLAlchemy dialect through which Great Expectations can read DuckDB: ``duckdb+readonly://``.

Great Expectations closes its connection before it fetches. duckdb-engine answers a close with a
rollback, which empties DuckDB's pending result, so every expectation fails with ``IndexError``
(upstream: great_expectations issues 10738 and 11579). A reader needs no transactions: here they do
nothing. The dialect has a name of its own, so that no other user of duckdb-engine in this process
loses theirs.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine
from sqlalchemy.dialects import registry

SCHEME = "duckdb+readonly"


class ReadOnlyDialect(duckdb_engine.Dialect):
    """duckdb-engine in autocommit, for readers alone."""

    driver = "readonly"
    supports_statement_cache = False

    def do_begin(self, connection: Any) -> None:
        """Nothing to begin."""

    def do_commit(self, connection: Any) -> None:
        """Nothing to commit."""

    def do_rollback(self, connection: Any) -> None:
        """Nothing to roll back, and the pending result stays."""


def register() -> None:
    """Make ``duckdb+readonly://`` known to SQLAlchemy."""
    registry.register("duckdb.readonly", __name__, ReadOnlyDialect.__name__)
