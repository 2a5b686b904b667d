{#- The fixed lists of the raw contract. -#}

{#- Where a view or an interaction came from. -#}
{% macro traffic_sources() -%}
    {{ return([
        'for_you', 'following', 'profile', 'search', 'hashtag', 'sound', 'direct_message', 'other',
    ]) }}
{%- endmacro %}

{#- The interactions with a video, and the name of each one's daily count. -#}
{% macro interaction_measures() -%}
    {{ return({
        'like': 'likes',
        'comment': 'comments',
        'share': 'shares',
        'save': 'saves',
        'duet': 'duets',
        'stitch': 'stitches',
        'direct_message': 'direct_messages',
    }) }}
{%- endmacro %}

{% macro video_interaction_types() -%}
    {{ return(interaction_measures().keys() | list) }}
{%- endmacro %}

{#- The raw entities of an event log, parents before children. -#}
{% macro raw_entities() -%}
    {{ return([
        'accounts', 'videos', 'video_views', 'interactions', 'follower_events', 'follower_counts',
        'profile_visits', 'conversions', 'account_snapshots', 'video_snapshots',
    ]) }}
{%- endmacro %}

{#- The marks of daily retention, in percent of the duration. -#}
{% macro retention_marks() -%}
    {{ return(range(0, 101, var('retention_step_pct')) | list) }}
{%- endmacro %}

{#- What a visitor can do that the account is after. -#}
{% macro conversion_types() -%}
    {{ return(['purchase', 'link_click', 'download', 'sign_up', 'lead']) }}
{%- endmacro %}

{#- Entities of events: once a file of one has landed, own accounts know its measures. -#}
{% macro event_entities() -%}
    {{ return(['video_views', 'interactions', 'follower_events', 'profile_visits', 'conversions']) }}
{%- endmacro %}
