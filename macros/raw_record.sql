{#-
    The raw row as JSON text, for quality.rejected_rows; takes {raw column: its cleaned text}.
    Never pass a viewer's id or text: this record is published. NULL for a malformed row, whose
    values cannot be told apart.
-#}
{% macro raw_record(columns) -%}
    case when _malformed is null then {{ json_record(columns) }} end
{%- endmacro %}

{#-
    Comma-separated names of the optional columns whose bad value became NULL (or 'other'), NULL if
    none; takes {column: the SQL condition for a bad value}.
-#}
{% macro list_nulled(conditions) -%}
    nullif(
        concat_ws(
            ','
            {%- for column, condition in conditions.items() -%}
            , case when {{ condition }} then '{{ column }}' end
            {%- endfor -%}
        ),
        ''
    )
{%- endmacro %}
