{#- Whether a column has one of the values; NULL if it has none. -#}
{% macro one_of(column, values) -%}
    {{ column }} in ('{{ values | join("', '") }}')
{%- endmacro %}
