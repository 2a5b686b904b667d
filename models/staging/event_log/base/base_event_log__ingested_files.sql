with

{% if var('raw_source') == 'lake' -%}

list_files as (

    select
        ingest_seq,
        ingest_id,
        entity,
        source_file,
        never_has,
        raw_rows,
        ingested_at
    from {{ source('lake', 'ingested_files') }}

)

{%- else -%}

list_rows as (
    {% for entity in event_log_entities() %}
    select
        '{{ entity }}' as entity,
        cast(_ingest_seq as bigint) as ingest_seq,
        _ingest_id as ingest_id,
        _source_file as source_file,
        cast(_ingested_at as timestamp) as ingested_at
    from {{ raw(entity) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- The sample has no register of its own: its files are those that its rows name.
list_files as (

    select
        ingest_seq,
        ingest_id,
        entity,
        source_file,
        cast(null as string) as never_has,
        count(*) as raw_rows,
        min(ingested_at) as ingested_at
    from list_rows
    group by ingest_seq, ingest_id, entity, source_file

)

{%- endif %}

select * from list_files
