{#-
    Text to a decimal, NULL where the text is not a plain number (so no NaN, 1_000 or 1e3).
    Digits past the scale round half away from zero.
-#}
{% macro parse_number(column, type) -%}
    case when {{ is_number(column) }} then try_cast({{ column }} as {{ type }}) end
{%- endmacro %}

{#- Whether text is written as a number, also one too large for its column. -#}
{% macro is_number(column) -%}
    {{ matches(column, '[+-]?[0-9]+([.][0-9]+)?') }}
{%- endmacro %}

{#- Text to a whole number (bigint), NULL where the text is not one. -#}
{% macro parse_integer(column) -%}
    case when {{ is_integer(column) }} then try_cast({{ column }} as bigint) end
{%- endmacro %}

{#- Whether text is written as a whole number, also one too large for its column. -#}
{% macro is_integer(column) -%}
    {{ matches(column, '[+-]?[0-9]+') }}
{%- endmacro %}
