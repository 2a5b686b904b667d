{#- Select-list generator: one row for each day from first to last. -#}
{% macro each_date(first_date, last_date) -%}
    {{ return(adapter.dispatch('each_date')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__each_date(first_date, last_date) -%}
    unnest(cast(generate_series({{ first_date }}, {{ last_date }}, interval 1 day) as date []))
{%- endmacro %}

{#- Spark refuses a sequence that runs backwards; DuckDB gives no row, and so does NULL. -#}
{% macro spark__each_date(first_date, last_date) -%}
    explode(
        case
            when {{ first_date }} <= {{ last_date }}
                then sequence({{ first_date }}, {{ last_date }}, interval 1 day)
        end
    )
{%- endmacro %}


{#- Select-list generator: one row for each integer from first to last. -#}
{% macro each_integer(first_integer, last_integer) -%}
    {{ return(adapter.dispatch('each_integer')(first_integer, last_integer)) }}
{%- endmacro %}

{% macro duckdb__each_integer(first_integer, last_integer) -%}
    unnest(generate_series({{ first_integer }}, {{ last_integer }}))
{%- endmacro %}

{% macro spark__each_integer(first_integer, last_integer) -%}
    explode(
        case
            when {{ first_integer }} <= {{ last_integer }}
                then sequence({{ first_integer }}, {{ last_integer }}, 1)
        end
    )
{%- endmacro %}


{#- Select-list generator: one row for each part of a comma-separated text. -#}
{% macro each_part(column) -%}
    {{ return(adapter.dispatch('each_part')(column)) }}
{%- endmacro %}

{% macro duckdb__each_part(column) -%}
    unnest(string_split({{ column }}, ','))
{%- endmacro %}

{% macro spark__each_part(column) -%}
    explode(split({{ column }}, ','))
{%- endmacro %}


{#- Statement that puts the given rows (SQL) into a table in place of all that it has. -#}
{% macro replace_rows(relation, rows) -%}
    {{ return(adapter.dispatch('replace_rows')(relation, rows)) }}
{%- endmacro %}

{% macro duckdb__replace_rows(relation, rows) -%}
    delete from {{ relation }};
    insert into {{ relation }} values {{ rows }}
{%- endmacro %}

{% macro spark__replace_rows(relation, rows) -%}
    insert overwrite {{ relation }} values {{ rows }}
{%- endmacro %}
