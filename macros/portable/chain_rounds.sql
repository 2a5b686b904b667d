{#-
    How often the length of a chain of rows is doubled. Spark writes each round out twice in the
    next one, so that ten of them never end: there a chain has 32 rows, and 1,024 on DuckDB.
-#}
{% macro chain_rounds() -%}
    {{ return(adapter.dispatch('chain_rounds')()) }}
{%- endmacro %}

{% macro duckdb__chain_rounds() -%}
    {{ return(10) }}
{%- endmacro %}

{% macro spark__chain_rounds() -%}
    {{ return(5) }}
{%- endmacro %}
