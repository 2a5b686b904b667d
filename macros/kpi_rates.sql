{#-
    The one definition of every KPI, as select-list columns over a relation that has the counts.
    Formulas: docs/kpis.md. Every rate stands beside its numerator and denominator; a zero or
    unknown denominator gives NULL, and so do a numerator and a denominator of two sources.
-#}
{#- The source of the funnel of rows that events alone tell of. -#}
{% macro event_log_funnel_source() -%}
    case when coalesce(profile_visits, conversions) is not null then 'event_log' end
{%- endmacro %}

{#- What conversions are divided by: people, or visits where the source knows no people. -#}
{% macro conversion_visitors() -%}
    coalesce(profile_visitors, case when funnel_source <> 'event_log' then profile_visits end)
{%- endmacro %}

{% macro engagement_columns(funnel_source=none) -%}
    {{ total_that_fits(['likes', 'comments', 'shares', 'coalesce(saves, 0)']) }} as engagements,
    {{ total_that_fits(['comments', 'shares', 'duets', 'stitches', 'direct_messages']) }}
        as active_engagements,
    -- Where saves are unknown the numerator lacks them; the flag keeps the two apart.
    case
        when likes is not null and comments is not null and shares is not null
            then saves is not null
    end as engagement_has_saves,
    -- Studio's two numbers may come from two exports, and contradict each other.
    case
        when watch_source = 'event_log' or new_viewers <= unique_viewers
            then unique_viewers - new_viewers
    end as returning_viewers,
    {%- set source = funnel_source or event_log_funnel_source() %}
    case
        when profile_visitors is not null then 'visitors'
        when profile_visits is not null and ({{ source }}) <> 'event_log' then 'visits'
    end as conversion_denominator,
    {{ source }} as funnel_source
{%- endmacro %}

{#- A denominator for engagements, unless it comes from another source than they do. -#}
{% macro beside_engagements(denominator, source='watch_source') -%}
    case when engagement_source = {{ source }} then {{ denominator }} end
{%- endmacro %}

{#- A denominator of one family, unless it comes from another source than the numerator's family. -#}
{% macro of_one_source(denominator, family, numerator_family) -%}
    case when {{ family }}_source = {{ numerator_family }}_source then {{ denominator }} end
{%- endmacro %}

{% macro kpi_rates() -%}
    {{ pct('engagements', beside_engagements('views')) }} as engagement_rate_pct,
    {{ pct('engagements', beside_engagements('reach')) }} as engagement_rate_by_reach_pct,
    {{ pct('active_engagements', beside_engagements('views')) }} as active_engagement_rate_pct,
    {{ pct('likes', beside_engagements('views')) }} as like_rate_pct,
    {{ pct('comments', beside_engagements('views')) }} as comment_rate_pct,
    {{ pct('shares', beside_engagements('views')) }} as share_rate_pct,
    {{ pct('saves', beside_engagements('views')) }} as save_rate_pct,
    {{ pct('views', 'impressions') }} as view_rate_pct,
    {{ ratio('impressions_with_person', 'reach') }} as frequency,
    {{ ratio('total_watch_seconds', 'views') }} as average_watch_seconds,
    {{ pct('completed_views', 'views_with_duration') }} as completion_rate_pct,
    {%- for mark_pct in headline_retention_marks() %}
    {{ pct('views_retained_' ~ mark_pct, 'views_with_duration') }} as watch_retention_{{ mark_pct }}_pct,
    {%- endfor %}
    {{ ratio(
        'followers_gained',
        "case when watch_source = followers_source then views end"
    ) }} * 1000 as followers_per_1000_views,
    {{ pct('conversions', conversion_visitors()) }} as conversion_rate_pct
{%- endmacro %}

{#- The marks of watch-time retention that the KPI marts show; the curves show every mark. -#}
{% macro headline_retention_marks() -%}
    {{ return([25, 50, 75, 100]) }}
{%- endmacro %}
