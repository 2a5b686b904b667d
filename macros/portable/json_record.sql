{#- A JSON object as text, from {name: SQL}. -#}
{% macro json_record(columns) -%}
    {{ return(adapter.dispatch('json_record')(columns)) }}
{%- endmacro %}

{% macro duckdb__json_record(columns) -%}
    cast(
        json_object({% for name, value in columns.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
        as varchar
    )
{%- endmacro %}

{% macro spark__json_record(columns) -%}
    to_json(
        named_struct({% for name, value in columns.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %}),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
