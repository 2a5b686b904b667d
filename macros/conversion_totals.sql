{#-
    Conversions of a group, their value and its currency. Values of two currencies are never added:
    then both are NULL. A value without a currency counts as one of its own.
-#}
{% macro conversion_totals() -%}
    count(*) as conversions,
        case
            when {{ _currencies() }} <= 1
                then {{ sum_that_fits('coalesce(value_amount, 0)', 'decimal(18, 4)') }}
        end as conversion_value_amount,
        case when {{ _currencies() }} <= 1 then max(currency) filter (where value_amount is not null) end
            as currency
{%- endmacro %}

{% macro _currencies() -%}
    count(distinct coalesce(currency, '?')) filter (where value_amount is not null)
{%- endmacro %}
