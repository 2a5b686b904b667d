{#-
    Which KPIs are compared over time, and what their windows are made of.

    A ratio's window is the sum of its numerators over the sum of its denominators; growth is the
    net over the window against the opening of its first day; the denominator of conversion is
    visitor-days, because people cannot be added (visits, from a source that knows no people). Days of
    two sources are not compared: a window of both is NULL.
-#}
{% macro window_ratios() -%}
    {{ return({
        'engagement_rate_pct': {
            'numerator': 'engagements', 'denominator': beside_engagements('views'), 'source': 'engagement_source', 'scale': 100,
        },
        'save_rate_pct': {
            'numerator': 'saves', 'denominator': beside_engagements('views'), 'source': 'engagement_source', 'scale': 100,
        },
        'completion_rate_pct': {
            'numerator': 'completed_views', 'denominator': 'views_with_duration', 'source': 'watch_source', 'scale': 100,
        },
        'average_watch_seconds': {
            'numerator': 'total_watch_seconds', 'denominator': 'views', 'source': 'watch_source', 'scale': 1,
        },
        'conversion_rate_pct': {
            'numerator': 'conversions', 'denominator': conversion_visitors(), 'source': 'funnel_source', 'scale': 100,
        },
    }) }}
{%- endmacro %}

{#- Counts whose sum over a window is shown. -#}
{% macro window_sums() -%}
    {{ return([
        'views', 'engagements', 'total_watch_seconds', 'followers_net', 'profile_visits',
        'conversions',
    ]) }}
{%- endmacro %}

{% macro window_lengths() -%}
    {{ return([7, 28]) }}
{%- endmacro %}

{#-
    KPIs that are held against the same weekday a week before, and against their own normal, with the
    column that names their source.
-#}
{% macro compared_kpis() -%}
    {{ return({
        'engagement_rate_pct': 'engagement_source',
        'follower_growth_rate_pct': 'followers_source',
        'conversion_rate_pct': 'funnel_source',
        'average_watch_seconds': 'watch_source',
        'completion_rate_pct': 'watch_source',
    }) }}
{%- endmacro %}

{#- A sum over the last `days` rows, NULL unless that many rows are there and none is NULL. -#}
{% macro full_window_sum(value, days) -%}
    case
        when count({{ value }}) over last_{{ days }}_days = {{ days }}
            then {{ wide_sum(value, measure_type(value)) }} over last_{{ days }}_days
    end
{%- endmacro %}

{#- Whether all days of the window have their numbers from one source; own counts are one with snapshots. -#}
{% macro has_one_source(source, days) -%}
    min({{ one_source(source) }}) over last_{{ days }}_days
        = max({{ one_source(source) }}) over last_{{ days }}_days
{%- endmacro %}

{% macro one_source(source) -%}
    coalesce(case {{ source }} when 'snapshots' then 'event_log' else {{ source }} end, '')
{%- endmacro %}
