{#-
    Ends a select whose rows are read by day later on. DuckDB then finds the rows of a day close
    together and reads no others; on Spark a day is a folder of its own.
-#}
{% macro in_order_of_days() -%}
    {{ adapter.dispatch('in_order_of_days')() }}
{%- endmacro %}

{% macro default__in_order_of_days() -%}
    order by event_date
{%- endmacro %}

{% macro spark__in_order_of_days() -%}
{%- endmacro %}
