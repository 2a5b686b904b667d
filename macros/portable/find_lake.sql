{#-
    Lets `source('lake', ...)` find the home's Parquet files. dbt-duckdb reads them by the source's
    external_location; Spark needs a view over the same files.
-#}
{% macro find_lake() -%}
    {{ return(adapter.dispatch('find_lake')()) }}
{%- endmacro %}

{% macro duckdb__find_lake() -%}
{%- endmacro %}

{% macro spark__find_lake() -%}
    {%- if execute and var('raw_source') == 'lake' and flags.WHICH in ['build', 'run'] -%}
        {%- set home = env_var('TIKTOK_WAREHOUSE_HOME', 'home/sample') | replace('`', '``') -%}
        {%- do run_query('create schema if not exists lake') -%}
        {%- for entity in raw_entities() + ['ingested_files'] -%}
            {%- do run_query(
                'create or replace view lake.' ~ entity
                ~ ' as select * from parquet.`' ~ home ~ '/raw/*/' ~ entity ~ '.*.parquet`'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
