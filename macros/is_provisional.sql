{#-
    Whether a day may still change because its sources' own delays had not passed at the newest
    ingest of each. Judged against the ingests and not the clock: a stalled feed stays provisional,
    and a refresh with nothing new changes no row.

    `sources` are the columns that name a row's source, one per family; a row that no source knows
    is judged by the newest ingest of all. An export of TikTok Studio may be ingested long after it was
    made: where the day of the export is known, `studio_exported_on`, it counts and not the ingest.
-#}
{% macro is_provisional(date, sources, bounds='bounds', studio_exported_on=none) -%}
    {%- set ended = end_of_reporting_date(date) -%}
    case
        {%- for source, ingested_at in {
            'event_log': 'event_log_ingested_at',
            'accounts_api': 'accounts_api_ingested_at',
            'studio': 'studio_ingested_at',
            'snapshots': 'snapshots_ingested_at',
        }.items() %}
        when
            '{{ source }}' in ({{ sources | join(', ') }})
            and {{ add_minutes(ended, var('provisional_hours_' ~ source) * 60) }}
            > {% if source == 'studio' and studio_exported_on -%}
            coalesce(cast({{ studio_exported_on }} as timestamp), {{ bounds }}.{{ ingested_at }})
            {%- else -%}
            {{ bounds }}.{{ ingested_at }}
            {%- endif %}
            then true
        {%- endfor %}
        when coalesce({{ sources | join(', ') }}) is null
            then
                {{ add_minutes(ended, var('provisional_hours_event_log') * 60) }}
                > {{ bounds }}.newest_ingested_at
        else false
    end
{%- endmacro %}
