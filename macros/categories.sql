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

{#- Interactions that everybody may see, so that a person may be known by them: the others are private. -#}
{% macro public_interaction_types() -%}
    {{ return(['like', 'comment', 'share', 'duet', 'stitch']) }}
{%- endmacro %}

{% macro video_interaction_types() -%}
    {{ return(interaction_measures().keys() | list) }}
{%- endmacro %}

{#- The raw entities of an event log, parents before children. -#}
{% macro event_log_entities() -%}
    {{ return([
        'accounts', 'videos', 'video_views', 'interactions', 'follower_events', 'follower_counts',
        'profile_visits', 'conversions', 'account_snapshots', 'video_snapshots',
    ]) }}
{%- endmacro %}

{#- All raw entities: those of an event log and those of the platform's own exports. -#}
{% macro raw_entities() -%}
    {{ return(event_log_entities() + export_entities().keys() | list) }}
{%- endmacro %}

{#- Which source an entity is of. -#}
{% macro entity_source(entity) -%}
    {{ return(
        'event_log' if entity in event_log_entities() else export_entities()[entity].source
    ) }}
{%- endmacro %}

{#- The model that gives each raw row of an entity its status. -#}
{% macro base_model(entity) -%}
    {%- set source_name = entity_source(entity) -%}
    {%- set prefixes = {'event_log': '', 'studio': 'studio_', 'accounts_api': 'api_', 'personal_archive': 'archive_'} -%}
    {{ return('base_' ~ source_name ~ '__' ~ entity[prefixes[source_name] | length:]) }}
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
