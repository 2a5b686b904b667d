"""Raw in: is every landed file what the raw contract says, whole and with its lineage?"""

from __future__ import annotations

from collections.abc import Sequence

from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)

from expectations.suite import Check, Observation, Project, native, no_rows, quote, union_all
from tiktok_warehouse.entities import list_all_entities

LINEAGE = ("_ingest_seq", "_ingest_id", "_source_file", "_source_row", "_ingested_at")

COLUMNS_AS_CONTRACTED = Check(
    name="raw_columns_as_contracted",
    layer="raw",
    severity="critical",
    expected="every column of the raw contract is there, with its type",
    what="The columns and types of every raw file (of every seed in the sample) beside those of"
    " the raw contract: all contract columns as text, all lineage columns.",
    why="No reader guesses a type. A column that is absent or came as a number has been through"
    " something other than the ingest, and its values cannot be trusted any more (`007` became 7).",
    remedy="Do not write into the lake by hand. Move the file that is named out of `raw/`, and"
    " ingest the original again; for the sample, write the seeds anew with `make sample`.",
    right_data="None. Ingest writes these columns and types, whatever a file holds.",
)

LINEAGE_COMPLETE = Check(
    name="raw_lineage_complete",
    layer="raw",
    severity="critical",
    expected="no row without ingest, file and row number",
    what="Raw rows in which one of the lineage columns is NULL.",
    why="Lineage orders the rows of one key and names the file and row of every rejected one. A"
    " row without it can neither be ordered nor be found again.",
    remedy="Ingest the original of the file that is named again (`tiktok-warehouse ingest --again"
    " PATH`) and remove the broken one from `raw/`.",
    right_data="None. Ingest writes the lineage of every row.",
)

ROWS_AS_REGISTERED = Check(
    name="raw_rows_as_registered",
    layer="raw",
    severity="critical",
    expected="as many rows in the files as the ingest registered",
    what="Rows of each landed file, counted anew, beside the number that the reader registered"
    " when the file came in.",
    why="The lake is immutable. A file that lost, gained or doubled rows since it landed was"
    " copied badly, cut off by a full disk, or edited.",
    remedy="Restore the file from a backup, or ingest its original again with `--again` and remove"
    " the broken one from `raw/`.",
    right_data="None. Files of the lake are written once and counted while they are.",
)

CHECKS = [COLUMNS_AS_CONTRACTED, LINEAGE_COMPLETE, ROWS_AS_REGISTERED]


def observe(project: Project) -> Sequence[Observation]:
    """The observations of this layer, in the order in which they are computed."""
    return [
        Observation(
            "raw_columns",
            _compare_columns(project),
            [
                no_rows(
                    COLUMNS_AS_CONTRACTED,
                    "entity, source_file as file, column_name as column, found_type as found,"
                    " expected_type as expected",
                    "found_type is distinct from expected_type",
                )
            ],
        ),
        Observation(
            "raw_files",
            _count_rows(project),
            [
                native(
                    LINEAGE_COMPLETE,
                    ExpectColumnValuesToBeBetween,
                    column="rows_without_lineage",
                    max_value=0,
                ),
                no_rows(
                    ROWS_AS_REGISTERED,
                    "source_file as file, entity, ingest_id as ingest, rows_found as found,"
                    " rows_registered as registered",
                    "rows_found <> rows_registered",
                ),
            ],
        ),
    ]


def _compare_columns(project: Project) -> str:
    contract = ", ".join(
        f"({quote(entity)}, {quote(column)}, {quote(type_name)})"
        for entity, columns in project.landed.items()
        for column, type_name in columns.items()
    )
    if project.raw_source == "lake":
        found = union_all(
            f"select {quote(entity)} as entity, file_name as source_file, name as column_name,"
            " duckdb_type as found_type"
            f" from parquet_schema({project.raw_files(entity)}) where duckdb_type is not null"
            for entity in project.landed
        )
    else:
        found = (
            "select table_name[5:] as entity, table_name as source_file, column_name,"
            " data_type as found_type from duckdb_columns()"
            " where database_name = current_database() and schema_name = 'raw'"
        )
    derived = ", ".join(
        sorted({quote(name) for entity in list_all_entities().values() for name in entity.derived})
    )
    return f"""
        with contract(entity, column_name, expected_type) as (values {contract}),
        found as ({found}),
        files as (select distinct entity, source_file from found)
        select contract.entity, coalesce(files.source_file, 'none at all') as source_file,
            contract.column_name, coalesce(found.found_type, 'nothing') as found_type,
            contract.expected_type
        from contract
        left join files using (entity)
        left join found
            on files.source_file = found.source_file and contract.column_name = found.column_name
        where
            found.found_type is distinct from contract.expected_type
            -- A file from before a column was derived lacks it; its rows have NULL there.
            and not (
                files.source_file is not null and found.found_type is null
                and contract.column_name in ({derived})
            )
        -- One row at least: an expectation over an empty table says nothing.
        union all select 'all', 'all', 'all', 'checked', 'checked'
    """


def _count_rows(project: Project) -> str:
    broken = " or ".join(f"{column} is null" for column in LINEAGE)
    found = union_all(
        f"select {quote(entity)} as entity, _ingest_id as ingest_id, _source_file as source_file,"
        f" count(*) as rows_found, count(*) filter (where {broken}) as rows_without_lineage"
        f" from {project.raw(entity)} group by all"
        for entity in project.landed
    )
    registry = (
        f"read_parquet({project.raw_files('ingested_files')})"
        if project.raw_source == "lake"
        else "quality.row_reconciliation"
    )
    return f"""
        with found as ({found}),
        registered as (
            select entity, ingest_id, source_file, sum(raw_rows)::bigint as rows_registered
            from {registry} group by all
        )
        select coalesce(found.entity, registered.entity) as entity,
            coalesce(found.ingest_id, registered.ingest_id) as ingest_id,
            coalesce(found.source_file, registered.source_file) as source_file,
            coalesce(rows_found, 0) as rows_found,
            coalesce(rows_registered, 0) as rows_registered,
            coalesce(rows_without_lineage, 0) as rows_without_lineage
        from found
        full join registered
            on found.entity = registered.entity
            and found.ingest_id is not distinct from registered.ingest_id
            and found.source_file is not distinct from registered.source_file
    """
