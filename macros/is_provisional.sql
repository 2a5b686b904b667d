{#-
    Whether a day may still change because its source's own delay had not passed at that source's
    newest ingest. Judged against the ingest and not the clock: a stalled feed stays provisional,
    and a refresh with nothing new changes no row.
-#}
{% macro is_provisional(date, newest_ingested_at) -%}
    {{ add_minutes(end_of_reporting_date(date), var('provisional_hours_event_log') * 60) }}
    > {{ newest_ingested_at }}
{%- endmacro %}
