{#- Days after a view on which a follow can be its: a day with a clock change may be shorter. -#}
{% macro follow_attribution_days() -%}
    {{ return((var('follow_attribution_hours') / 24) | round(0, 'ceil') | int + 1) }}
{%- endmacro %}
