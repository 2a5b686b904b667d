{#- Select-list generator: one row for each day from first to last. -#}
{% macro each_date(first_date, last_date) -%}
    {{ return(adapter.dispatch('each_date')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__each_date(first_date, last_date) -%}
    unnest(cast(generate_series({{ first_date }}, {{ last_date }}, interval 1 day) as date []))
{%- endmacro %}


{#- Select-list generator: one row for each integer from first to last. -#}
{% macro each_integer(first_integer, last_integer) -%}
    {{ return(adapter.dispatch('each_integer')(first_integer, last_integer)) }}
{%- endmacro %}

{% macro duckdb__each_integer(first_integer, last_integer) -%}
    unnest(generate_series({{ first_integer }}, {{ last_integer }}))
{%- endmacro %}


{#- Select-list generator: one row for each part of a comma-separated text. -#}
{% macro each_part(column) -%}
    {{ return(adapter.dispatch('each_part')(column)) }}
{%- endmacro %}

{% macro duckdb__each_part(column) -%}
    unnest(string_split({{ column }}, ','))
{%- endmacro %}
