with

list_nulled as (
    {% for entity in raw_entities() %}
    select
        '{{ entity }}' as entity,
        {{ each_part('nulled_columns') }} as column_name,
        _ingest_id as ingest_id,
        _source_file as source_file,
        _source_row as source_row
    from {{ ref(base_model(entity)) }}
    where row_status = 'accepted' and nulled_columns is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

count_nulled as (

    select
        entity,
        column_name,
        ingest_id,
        source_file,
        count(*) as nulled_values,
        min(source_row) as first_source_row
    from list_nulled
    group by entity, column_name, ingest_id, source_file

)

select
    entity,
    column_name,
    ingest_id,
    source_file,
    nulled_values,
    first_source_row
from count_nulled
