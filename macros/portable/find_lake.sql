{#-
    Lets `source('lake', ...)` find the home's Parquet files. dbt-duckdb reads them by the source's
    external_location; Spark needs a view over the same files. The sample has no exports: there, an
    empty view with an entity's columns stands in for its files.
-#}
{% macro find_lake() -%}
    {{ return(adapter.dispatch('find_lake')()) }}
{%- endmacro %}

{% macro duckdb__find_lake() -%}
    {{ _make_empty_exports() }}
{%- endmacro %}

{% macro spark__find_lake() -%}
    {{ _make_empty_exports() }}
    {%- if execute and var('raw_source') == 'lake' and flags.WHICH in ['build', 'run'] -%}
        {%- set home = env_var('TIKTOK_WAREHOUSE_HOME', 'home/sample') | replace('`', '``') -%}
        {%- do run_query('create schema if not exists lake') -%}
        {#- A file from before a column was derived lacks it. -#}
        {%- do run_query('set spark.sql.parquet.mergeSchema = true') -%}
        {%- for entity in raw_entities() + ['ingested_files'] -%}
            {%- do run_query(
                'create or replace view lake.' ~ entity
                ~ ' as select * from parquet.`' ~ home ~ '/raw/*/' ~ entity ~ '.*.parquet`'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro _make_empty_exports() -%}
    {%- if execute and var('raw_source') == 'seeds' and flags.WHICH in ['build', 'run', 'test'] -%}
        {%- do run_query('create schema if not exists lake') -%}
        {%- for entity, about in export_entities().items() -%}
            {%- set columns = [] -%}
            {%- for name in about.columns.keys() | list + ['_ingest_id', '_source_file', '_malformed'] -%}
                {%- do columns.append('cast(null as string) as ' ~ name) -%}
            {%- endfor -%}
            {%- do run_query(
                'create or replace view lake.' ~ entity ~ ' as select ' ~ columns | join(', ')
                ~ ', cast(null as bigint) as _ingest_seq, cast(null as bigint) as _source_row'
                ~ ', cast(null as timestamp) as _ingested_at where 1 = 0'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
