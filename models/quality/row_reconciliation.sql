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

count_statuses as (
    {% for entity in raw_entities() %}
    select
        '{{ entity }}' as entity,
        _ingest_id as ingest_id,
        _source_file as source_file,
        count(*) filter (where row_status = 'accepted') as accepted_rows,
        count(*) filter (where row_status = 'rejected') as rejected_rows,
        count(*) filter (where row_status = 'duplicate') as duplicate_rows,
        count(*) filter (where duplicate_kind = 'exact') as exact_duplicate_rows
    from {{ ref('base_event_log__' ~ entity) }}
    group by _ingest_id, _source_file
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

join_counts as (

    select
        coalesce(sum_ingested.ingest_id, count_statuses.ingest_id) as ingest_id,
        coalesce(sum_ingested.entity, count_statuses.entity) as entity,
        coalesce(sum_ingested.source_file, count_statuses.source_file) as source_file,
        coalesce(sum_ingested.raw_rows, 0) as raw_rows,
        coalesce(count_statuses.accepted_rows, 0) as accepted_rows,
        coalesce(count_statuses.rejected_rows, 0) as rejected_rows,
        coalesce(count_statuses.duplicate_rows, 0) as duplicate_rows,
        coalesce(count_statuses.exact_duplicate_rows, 0) as exact_duplicate_rows
    from sum_ingested
    full outer join count_statuses
        on
            sum_ingested.ingest_id = count_statuses.ingest_id
            and sum_ingested.entity = count_statuses.entity
            and sum_ingested.source_file = count_statuses.source_file

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
