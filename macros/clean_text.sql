{#- Raw text trimmed of white space; empty text is NULL. -#}
{% macro clean_text(column) -%}
    nullif({{ trim_whitespace(column) }}, '')
{%- endmacro %}
