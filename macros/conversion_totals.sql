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

{#-
    Conversions of a group by how far they go, with the people of each step. A link click is a step on
    the way; a purchase, a download, a sign-up or a lead is its end.
-#}
{% macro conversion_steps() -%}
    {%- for step, condition in {
        ('link_clicks', 'link_clickers'): "conversion_type = 'link_click'",
        ('conversions_beyond_clicks', 'converters_beyond_clicks'): "conversion_type <> 'link_click'",
        ('purchases', 'purchasers'): "conversion_type = 'purchase'",
    }.items() -%}
    count(*) filter (where {{ condition }}) as {{ step[0] }},
        count(distinct person_key) filter (where {{ condition }}) as {{ step[1] }}
        {%- if not loop.last %},
        {% endif %}
    {%- endfor %}
{%- endmacro %}

{#- What conversion_steps() counts, in its order: by event and by people. -#}
{% macro conversion_step_measures() -%}
    {{ return([
        'link_clicks', 'link_clickers', 'conversions_beyond_clicks', 'converters_beyond_clicks',
        'purchases', 'purchasers',
    ]) }}
{%- endmacro %}
