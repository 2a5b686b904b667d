{#- Text to one of the listed categories; other text becomes `otherwise` (SQL), no text NULL. -#}
{% macro parse_category(column, categories, otherwise="'other'") -%}
    case
        when {{ column }} is null then null
        when lower({{ column }}) in ('{{ categories | join("', '") }}') then lower({{ column }})
        else {{ otherwise }}
    end
{%- endmacro %}
