{#- Daily measures of views that add up over videos and days. -#}
{% macro view_measures() -%}
    {{ return([
        'impressions', 'impressions_with_person', 'views', 'views_with_duration', 'completed_views',
        'total_watch_seconds', 'first_play_watch_seconds',
    ]) }}
{%- endmacro %}

{#- Daily counts of people: recounted at every grain, never summed. -#}
{% macro viewer_measures() -%}
    {{ return(['reach', 'unique_viewers', 'new_viewers']) }}
{%- endmacro %}

{#- The type of a measure's column, so that a sum keeps it (a sum of bigint is wider). -#}
{% macro measure_type(measure) -%}
    {{ return('decimal(18, 3)' if measure.endswith('_seconds') else 'bigint') }}
{%- endmacro %}

{#- Views still watching at the retention marks that the KPI marts show. -#}
{% macro retained_measures() -%}
    {%- set measures = [] -%}
    {%- for mark_pct in headline_retention_marks() -%}
        {%- do measures.append('views_retained_' ~ mark_pct) -%}
    {%- endfor -%}
    {{ return(measures) }}
{%- endmacro %}

{#- Measures of an account's day that are sums over its videos. -#}
{% macro account_sums() -%}
    {%- set measures = view_measures() + retained_measures() -%}
    {%- for measure in interaction_measures().values() -%}
        {%- do measures.extend([measure, 'net_' ~ measure]) -%}
    {%- endfor -%}
    {{ return(measures) }}
{%- endmacro %}
