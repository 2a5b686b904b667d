{#- The raw rows of an entity: the sample's seed or the lake's Parquet files, same columns. -#}
{% macro raw(entity) -%}
    {%- if var('raw_source') == 'seeds' -%}
        {{ ref('raw_' ~ entity) }}
    {%- else -%}
        {{ source('lake', entity) }}
    {%- endif -%}
{%- endmacro %}
