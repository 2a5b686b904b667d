{#-
    The raw row as JSON text, for quality.rejected_rows; takes {raw column: its cleaned text}.
    Never pass a viewer's id or text: this record is published. NULL for a malformed row, whose
    values cannot be told apart.

    In a file with swapped columns a viewer's id stands where a number should. So the text of a
    typed column (its SQL ends with `_text`) is kept only where it looks like one of its kind.
-#}
{% macro raw_record(columns) -%}
    {%- set safe = {} -%}
    {%- for name, value in columns.items() -%}
        {%- do safe.update({name: hide_unlikely(name, value) if value.endswith('_text') else value}) -%}
    {%- endfor -%}
    case when _malformed is null then {{ json_record(safe) }} end
{%- endmacro %}

{#- Typed text as it is if it looks like a number, a date or a word, else no more than its length. -#}
{% macro hide_unlikely(name, value) -%}
    case
        when {{ matches(value, '[+-]?[0-9]{1,9}([.,][0-9]{1,9})?') }} then {{ value }}
        when {{ matches(value, '([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4})([T ][0-9:.+Z -]{1,25})?Z?') }}
            then {{ value }}
        {%- if name in word_columns() %}
        when {{ matches(value, '[A-Za-z_ -]{1,20}') }} then {{ value }}
        {%- endif %}
        when {{ value }} is not null then concat('hidden (', length({{ value }}), ' characters)')
    end
{%- endmacro %}

{#- The typed columns that hold a word: categories, currencies, booleans. -#}
{% macro word_columns() -%}
    {{ return([
        'account_role', 'action', 'content_format', 'conversion_type', 'currency',
        'interaction_type', 'is_ad', 'is_ai_generated', 'is_undo', 'traffic_source',
    ]) }}
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
