{#- numerator / denominator as double; NULL where the denominator is 0 or NULL. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{#- The same in percent, 0-100. -#}
{% macro pct(numerator, denominator) -%}
    {{ ratio(numerator, denominator) }} * 100
{%- endmacro %}
