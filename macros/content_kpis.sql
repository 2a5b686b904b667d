{#-
    Rates by which content is compared: numerator and denominator of a video and day, and by what
    their ratio is multiplied. A day counts where both are known, of one source.
-#}
{% macro content_kpis() -%}
    {%- set views = beside_engagements('views') -%}
    {{ return({
        'engagement_rate_pct': ['engagements', views, 100],
        'active_engagement_rate_pct': ['active_engagements', views, 100],
        'like_rate_pct': ['likes', views, 100],
        'comment_rate_pct': ['comments', views, 100],
        'share_rate_pct': ['shares', views, 100],
        'save_rate_pct': ['saves', views, 100],
        'view_rate_pct': ['views', 'impressions', 100],
        'completion_rate_pct': ['completed_views', 'views_with_duration', 100],
        'watch_retention_50_pct': ['views_retained_50', 'views_with_duration', 100],
        'average_watch_seconds': ['total_watch_seconds', 'views', 1],
        'followers_per_1000_views': [
            'followers_gained', 'case when watch_source = followers_source then views end', 1000
        ],
    }) }}
{%- endmacro %}

{#- Periods up to the data's end, with their days; all days have no number. -#}
{% macro content_periods() -%}
    {{ return({
        'last_7_days': 7, 'last_28_days': 28, 'last_90_days': 90, 'all_days': none
    }) }}
{%- endmacro %}

{#- The band of a duration in seconds, by the lower bounds in var('duration_bands'); NULL if unknown. -#}
{% macro duration_band(seconds) -%}
    {%- set bounds = var('duration_bands') -%}
    case
            when {{ seconds }} > 0 and {{ seconds }} < {{ bounds[0] }} then 'under {{ bounds[0] }} s'
            {%- for bound in bounds[1:] %}
            when {{ seconds }} > 0 and {{ seconds }} < {{ bound }}
                then '{{ bounds[loop.index0] }} to under {{ bound }} s'
            {%- endfor %}
            when {{ seconds }} > 0 then '{{ bounds[-1] }} s and more'
        end
{%- endmacro %}

{#- KPIs by which accounts are held against each other; competitors know them by public counters. -#}
{% macro benchmark_kpis() -%}
    {{ return([
        'views', 'engagements', 'engagement_rate_pct', 'like_rate_pct', 'comment_rate_pct',
        'share_rate_pct', 'followers_closing', 'followers_net', 'follower_growth_rate_pct',
    ]) }}
{%- endmacro %}

{#-
    KPIs that can have a target, by how a month of them adds up: sums over its days, ratios of two
    sums with what multiplies them, and the level of followers at its end.
-#}
{% macro target_kpis() -%}
    {{ return({
        'sum': [
            'views', 'engagements', 'saves', 'profile_visits', 'conversions', 'followers_gained',
            'followers_net', 'total_watch_seconds',
        ],
        'ratio': {
            'engagement_rate_pct': ['engagements', beside_engagements('views'), 100],
            'save_rate_pct': ['saves', beside_engagements('views'), 100],
            'completion_rate_pct': ['completed_views', 'views_with_duration', 100],
            'average_watch_seconds': ['total_watch_seconds', 'views', 1],
            'conversion_rate_pct': ['conversions', conversion_visitors(), 100],
        },
        'level': ['followers_closing'],
    }) }}
{%- endmacro %}

{#- What a KPI of a day is measured by: two of these in a month are not added up. -#}
{% macro target_definition(kpi) -%}
    {%- if kpi in ['engagements', 'engagement_rate_pct'] -%}
        concat(engagement_source, ' ', cast(engagement_has_saves as string))
    {%- elif kpi in ['saves', 'save_rate_pct'] -%}
        engagement_source
    {%- elif kpi in ['profile_visits', 'conversions', 'conversion_rate_pct'] -%}
        funnel_source
    {%- elif kpi.startswith('followers') -%}
        followers_source
    {%- else -%}
        watch_source
    {%- endif -%}
{%- endmacro %}

{#- Rates whose changes are taken apart. -#}
{% macro movement_kpis() -%}
    {{ return(['engagement_rate_pct', 'save_rate_pct', 'completion_rate_pct', 'average_watch_seconds']) }}
{%- endmacro %}
