{#- Text to a boolean: true/false/1/0/yes/no in any case, empty = false, anything else NULL. -#}
{% macro parse_boolean(column) -%}
    case
        when {{ column }} is null then false
        when lower({{ column }}) in ('true', '1', 'yes') then true
        when lower({{ column }}) in ('false', '0', 'no') then false
    end
{%- endmacro %}
