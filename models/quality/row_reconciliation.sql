with

ingested_files as (

    select * from {{ ref('base_event_log__ingested_files') }}

),

-- What the reader counted when the file came in; the statuses are counted from the models, so
-- that a row lost on the way shows as a difference.
sum_ingested as (

    select
        ingest_id,
        entity,
        source_file,
        cast(sum(raw_rows) as bigint) as raw_rows
    from ingested_files
    group by ingest_id, entity, source_file

),

-- By number alone: names are texts, slow to read and to group by, and the registry has them too.
count_statuses as (
    {% for entity in raw_entities() %}
    select
        _ingest_seq as ingest_seq,
        '{{ entity }}' as entity,
        count(*) filter (where row_status = 'accepted') as accepted_rows,
        count(*) filter (where row_status = 'rejected') as rejected_rows,
        count(*) filter (where row_status = 'duplicate') as duplicate_rows,
        count(*) filter (where duplicate_kind = 'exact') as exact_duplicate_rows
    from {{ ref(base_model(entity)) }}
    group by _ingest_seq
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Rows of a file that nobody registered are counted too, against none that came in.
sum_statuses as (

    select
        count_statuses.entity,
        coalesce(ingested_files.ingest_id, 'unknown') as ingest_id,
        coalesce(ingested_files.source_file, 'unknown') as source_file,
        cast(sum(count_statuses.accepted_rows) as bigint) as accepted_rows,
        cast(sum(count_statuses.rejected_rows) as bigint) as rejected_rows,
        cast(sum(count_statuses.duplicate_rows) as bigint) as duplicate_rows,
        cast(sum(count_statuses.exact_duplicate_rows) as bigint) as exact_duplicate_rows
    from count_statuses
    left join ingested_files
        on
            count_statuses.ingest_seq = ingested_files.ingest_seq
            and count_statuses.entity = ingested_files.entity
    group by
        count_statuses.entity,
        coalesce(ingested_files.ingest_id, 'unknown'),
        coalesce(ingested_files.source_file, 'unknown')

),

join_counts as (

    select
        coalesce(sum_ingested.ingest_id, sum_statuses.ingest_id) as ingest_id,
        coalesce(sum_ingested.entity, sum_statuses.entity) as entity,
        coalesce(sum_ingested.source_file, sum_statuses.source_file) as source_file,
        coalesce(sum_ingested.raw_rows, 0) as raw_rows,
        coalesce(sum_statuses.accepted_rows, 0) as accepted_rows,
        coalesce(sum_statuses.rejected_rows, 0) as rejected_rows,
        coalesce(sum_statuses.duplicate_rows, 0) as duplicate_rows,
        coalesce(sum_statuses.exact_duplicate_rows, 0) as exact_duplicate_rows
    from sum_ingested
    full outer join sum_statuses
        on
            sum_ingested.ingest_id = sum_statuses.ingest_id
            and sum_ingested.entity = sum_statuses.entity
            and sum_ingested.source_file = sum_statuses.source_file

)

select
    ingest_id,
    entity,
    source_file,
    raw_rows,
    accepted_rows,
    rejected_rows,
    duplicate_rows,
    exact_duplicate_rows
from join_counts
