{#-
    Which columns of an entity's rows say of which account and day they are: `account` is account_id,
    video_id (whose account it is) or account_handle, `day` the SQL of the day; none where no column
    says so. A personal archive is of a person and of no account.
-#}
{% macro row_place(entity) -%}
    {%- if entity_source(entity) == 'personal_archive' -%}
        {{ return({'account': none, 'day': none}) }}
    {%- elif entity_source(entity) == 'event_log' -%}
        {%- set times = {
            'video_views': 'viewed_at', 'interactions': 'interacted_at',
            'follower_events': 'occurred_at', 'profile_visits': 'visited_at',
            'conversions': 'converted_at', 'account_snapshots': 'captured_at',
            'video_snapshots': 'captured_at',
        } -%}
        {%- if entity == 'follower_counts' -%}
            {%- set day = 'count_date' -%}
        {%- elif entity in times -%}
            {%- set day = reporting_date(times[entity]) | trim -%}
        {%- endif -%}
        {{ return({
            'account': 'video_id' if entity in ['video_views', 'interactions'] else 'account_id',
            'day': day,
        }) }}
    {%- else -%}
        {%- set columns = export_entities()[entity].columns -%}
        {%- for name in ['event_date', 'captured_date', 'captured_at', 'exported_on'] if name in columns -%}
            {%- if loop.first -%}
                {{ return({
                    'account': 'account_handle' if 'account_handle' in columns else 'video_id',
                    'day': reporting_date(name) | trim if columns[name] == 'timestamp' else name,
                }) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- Which of the trusted sources an entity's rows feed; a log's snapshots are a source of their own. -#}
{% macro trust_source(entity) -%}
    {{ return('snapshots' if entity in ['account_snapshots', 'video_snapshots'] else entity_source(entity)) }}
{%- endmacro %}
