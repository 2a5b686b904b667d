{#- Daily measures of views that add up over videos and days. -#}
{% macro view_measures() -%}
    {{ return([
        'impressions', 'impressions_with_person', 'views', 'views_with_duration', 'completed_views',
        'total_watch_seconds', 'first_play_watch_seconds',
    ]) }}
{%- endmacro %}

{#- Whether an interaction is an engagement that shows its person: a save is private, an undo takes back. -#}
{% macro is_public_engagement() -%}
    interaction_type in ('like', 'comment', 'share') and not is_undo
{%- endmacro %}

{#- Daily counts of people, by their table: recounted at every grain, never summed. -#}
{% macro viewer_measures() -%}
    {{ return({'reach': 'viewers', 'unique_viewers': 'viewers', 'new_viewers': 'new_viewers'}) }}
{%- endmacro %}

{#- The type of a measure's column, so that a sum keeps it (a sum of bigint is wider). -#}
{% macro measure_type(measure) -%}
    {{ return('decimal(18, 3)' if measure.endswith('_seconds') else 'bigint') }}
{%- endmacro %}

{#-
    Sums that cannot stop a build: a counter of a source may be as large as its column, and then
    the sum of two is NULL, because it does not fit. Summed in decimals, which have room for both.
-#}
{% macro sum_that_fits(value, type='bigint', window='') -%}
    try_cast({{ wide_sum(value, type) }}{{ window }} as {{ type }})
{%- endmacro %}

{% macro wide_sum(value, type='bigint') -%}
    sum(cast({{ value }} as {{ wide_type(type) }}))
{%- endmacro %}

{% macro wide_type(type) -%}
    {{ return('decimal(38, 0)' if type == 'bigint' else type | replace('(18', '(38')) }}
{%- endmacro %}

{#- Whole numbers added and subtracted ('-name'), NULL where one is or where the result does not fit. -#}
{% macro total_that_fits(parts) -%}
    try_cast(
        {%- for part in parts %}
        {{ '- ' if part.startswith('-') else ('' if loop.first else '+ ') -}}
        cast({{ part | replace('-', '') }} as decimal(20, 0))
        {%- endfor %}
        as bigint
    )
{%- endmacro %}

{#- Counts added up, those that are not known left out; NULL if none is known. -#}
{% macro total_if_any(parts) -%}
    case
        when coalesce({{ parts | join(', ') }}) is not null
            then coalesce({{ parts | join(', 0) + coalesce(') }}, 0)
    end
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

{#- Lifetime counters of a video that become days by difference. Reach does not: people are no sum. -#}
{% macro snapshot_measures() -%}
    {{ return(['views', 'likes', 'comments', 'shares', 'saves', 'total_watch_seconds']) }}
{%- endmacro %}

{#- Measures of interactions that snapshots know too, gross. -#}
{% macro snapshot_interaction_measures() -%}
    {{ return(['likes', 'comments', 'shares', 'saves']) }}
{%- endmacro %}

{#- Daily measures of an account's or a video's way from visit to conversion, by their entity. -#}
{% macro funnel_measures() -%}
    {{ return({
        'profile_visits': 'profile_visits',
        'profile_visitors': 'profile_visits',
        'conversions': 'conversions',
        'conversion_value_amount': 'conversions',
    }) }}
{%- endmacro %}

{#- Whole units in one of the measure: watch seconds are kept to thousandths. -#}
{% macro snapshot_units(measure) -%}
    {{ return(1000 if measure.endswith('_seconds') else 1) }}
{%- endmacro %}

{#- 1 where a landed file of interactions can hold a type. A mapping names those that its source never has. -#}
{% macro file_can_hold(interaction_type) -%}
    case
            when concat(',', coalesce(never_has, ''), ',') like '%,{{ interaction_type }},%' then 0
            else 1
        end
{%- endmacro %}
