{#-
    A seed's rows as literals. dbt-spark's own macro binds values without escaping their quotes when
    Spark runs inside the dbt process.
-#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set column_types = model['config'].get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
        {%- set sql -%}
            insert into {{ this }} values
            {%- for row in rows %}
            (
                {%- for column in agate_table.column_names %}
                {%- set type = column_types.get(column, adapter.convert_type(agate_table, loop.index0)) %}
                {%- set value = row[loop.index0] %}
                {%- if value is none %}
                null
                {%- else %}
                cast('{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}' as {{ type }})
                {%- endif %}
                {{- ',' if not loop.last }}
                {%- endfor %}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        {%- endset -%}
        {%- do run_query(sql) -%}
        {%- do statements.append(sql) -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{%- endmacro %}
