{#-
    Days after a view on which what it led to can happen, within so many hours of it: a day with a
    clock change may be shorter.
-#}
{% macro attribution_days(hours) -%}
    {{ return((hours / 24) | round(0, 'ceil') | int + 1) }}
{%- endmacro %}
