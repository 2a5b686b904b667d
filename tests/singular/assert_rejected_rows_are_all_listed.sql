-- Each rejected row stands in rejected_rows with its file, so that a user can find and mend it.
-- A returned row is a landed file whose rejected rows are not all listed.

with

list_rejected as (

    select
        ingest_id,
        entity,
        source_file,
        count(*) as listed_rows
    from {{ ref('rejected_rows') }}
    group by ingest_id, entity, source_file

)

select
    reconciliation.ingest_id,
    reconciliation.entity,
    reconciliation.source_file,
    reconciliation.rejected_rows,
    list_rejected.listed_rows
from {{ ref('row_reconciliation') }} as reconciliation
full outer join list_rejected
    on
        reconciliation.ingest_id = list_rejected.ingest_id
        and reconciliation.entity = list_rejected.entity
        and reconciliation.source_file = list_rejected.source_file
where coalesce(reconciliation.rejected_rows, 0) <> coalesce(list_rejected.listed_rows, 0)
