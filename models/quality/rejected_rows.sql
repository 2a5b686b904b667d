with

rejection_reasons as (

    select * from {{ ref('rejection_reasons') }}

),

list_rejected as (
    {% for entity in raw_entities() %}
    select
        '{{ entity }}' as entity,
        reason_code,
        _ingest_id as ingest_id,
        _source_file as source_file,
        _source_row as source_row,
        raw_record,
        _malformed as malformed,
        _ingested_at as ingested_at
    from {{ ref(base_model(entity)) }}
    where row_status = 'rejected'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

add_reason as (

    select
        list_rejected.*,
        case
            when list_rejected.malformed is null then rejection_reasons.reason
            else concat(rejection_reasons.reason, ': ', list_rejected.malformed)
        end as reason,
        rejection_reasons.remedy,
        rejection_reasons.is_waiting
    from list_rejected
    left join rejection_reasons
        on list_rejected.reason_code = rejection_reasons.reason_code

)

select
    entity,
    reason_code,
    reason,
    remedy,
    is_waiting,
    ingest_id,
    source_file,
    source_row,
    raw_record,
    ingested_at
from add_reason
