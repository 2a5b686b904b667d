{#- An optional timestamp, NULL where a required one would be rejected. -#}
{% macro keep_plausible_timestamp(timestamp) -%}
    case
        when
            {{ timestamp }} between cast('{{ var("platform_start_date") }}' as timestamp)
            and {{ add_minutes('_ingested_at', var('future_tolerance_hours') * 60) }}
            then {{ timestamp }}
    end
{%- endmacro %}

{#- An optional number, NULL where it is below 0. -#}
{% macro keep_not_negative(number) -%}
    case when {{ number }} >= 0 then {{ number }} end
{%- endmacro %}
