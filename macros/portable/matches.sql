{#- Whether the whole text matches the pattern (no backslashes in it: engines escape differently). -#}
{% macro matches(column, pattern) -%}
    {{ return(adapter.dispatch('matches')(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches(column, pattern) -%}
    regexp_full_match({{ column }}, '{{ pattern }}')
{%- endmacro %}

{#- Java's $ also stands before a last line feed, so the end is "no character follows". -#}
{% macro spark__matches(column, pattern) -%}
    regexp_like({{ column }}, '^(?:{{ pattern }})(?!(?s:.))')
{%- endmacro %}
