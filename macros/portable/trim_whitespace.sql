{#- Text without leading and trailing white space (space, tab, line feed, carriage return ...). -#}
{% macro trim_whitespace(column) -%}
    {{ return(adapter.dispatch('trim_whitespace')(column)) }}
{%- endmacro %}

{#- Characters by number: DuckDB reads e'\v' as the letter v, and so would trim it off `v1`. -#}
{% macro duckdb__trim_whitespace(column) -%}
    trim({{ column }}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))
{%- endmacro %}

{% macro spark__trim_whitespace(column) -%}
    btrim({{ column }}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))
{%- endmacro %}
