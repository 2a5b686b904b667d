{#- Text to an ISO 4217 code in capitals, NULL where the text is not three letters. -#}
{% macro parse_currency(column) -%}
    case when {{ matches(column, '[A-Za-z]{3}') }} then upper({{ column }}) end
{%- endmacro %}
