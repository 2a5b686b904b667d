{#-
    Ends a select whose rows are read by day later on. DuckDB then finds the rows of a day close
    together and reads no others; rows for which `last` holds come after all days, so that they are
    close together too. On Spark a day is a folder of its own.
-#}
{% macro in_order_of_days(last=none) -%}
    {{ adapter.dispatch('in_order_of_days')(last) }}
{%- endmacro %}

{% macro default__in_order_of_days(last) -%}
    order by {{ last ~ ', ' if last }}event_date
{%- endmacro %}

{% macro spark__in_order_of_days(last) -%}
{%- endmacro %}
