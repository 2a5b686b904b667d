-- Every raw row has exactly one status, so that nothing is lost on the way.
-- A returned row is a landed file whose rows do not add up.

select
    ingest_id,
    entity,
    source_file,
    raw_rows,
    accepted_rows,
    rejected_rows,
    duplicate_rows
from {{ ref('row_reconciliation') }}
where raw_rows <> accepted_rows + rejected_rows + duplicate_rows
