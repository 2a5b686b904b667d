{#- Text in the form YYYY-MM-DD to a date, NULL where the text is not one. -#}
{% macro parse_date(column) -%}
    case
        when {{ matches(column, '[0-9]{4}-[0-9]{2}-[0-9]{2}') }} then try_cast({{ column }} as date)
    end
{%- endmacro %}
