{#-
    The raw rows of an entity: the sample's seed or the lake's Parquet files, same columns. In an
    incremental run those of the files alone that have landed since the model's newest row. The
    sample has no exports: their entities are empty there.
-#}
{% macro raw(entity) -%}
    {%- if var('raw_source') == 'seeds' and entity_source(entity) == 'event_log' -%}
        {{ ref('raw_' ~ entity) }}
    {%- elif var('raw_source') == 'seeds' -%}
        {{ source(entity_source(entity), entity) }}
    {%- else -%}
        {#- Named outside the condition below, so that dbt sees the dependency when it parses. -#}
        {%- set ingested_files = ref('base_event_log__ingested_files') -%}
        {%- set source_name = entity_source(entity) -%}
        {%- set all_rows = source('lake' if source_name == 'event_log' else source_name, entity) -%}
        {%- if is_incremental() -%}
            {{ adapter.dispatch('raw_since')(entity, all_rows, ingested_files, newest_ingest_seq()) }}
        {%- else -%}
            {{ all_rows }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro newest_ingest_seq() -%}
    {{ return(run_query("select coalesce(max(_ingest_seq), 0) from " ~ this)[0][0]) }}
{%- endmacro %}

{% macro default__raw_since(entity, all_rows, ingested_files, ingest_seq) -%}
    (select * from {{ all_rows }} where _ingest_seq > {{ ingest_seq }})
{%- endmacro %}

{#- A lake of many small files: only the new ones are opened. -#}
{% macro duckdb__raw_since(entity, all_rows, ingested_files, ingest_seq) -%}
    {%- set lake = env_var('TIKTOK_WAREHOUSE_HOME', 'home/sample') ~ '/raw/' -%}
    {%- set files = run_query(
        "select ingest_id || '/" ~ entity ~ ".' || ingest_seq || '.parquet' as file_name"
        ~ " from " ~ ingested_files
        ~ " where entity = '" ~ entity ~ "' and ingest_seq > " ~ ingest_seq ~ " order by ingest_seq"
    ).columns[0].values() -%}
    {#- The empty one has every column: a file from before a column was derived lacks it. #}
    read_parquet([
        {%- for file_name in files %}
        '{{ (lake ~ file_name) | replace("'", "''") }}',
        {%- endfor %}
        '{{ (lake ~ "_empty/" ~ entity ~ ".0.parquet") | replace("'", "''") }}'
    ], union_by_name = true)
{%- endmacro %}
