{#-
    The lineage columns of a raw row, and row_order, which orders rows as (_ingest_seq, _source_row).
    The sample's rows of an event log went through no connector.
-#}
{% macro row_lineage(is_event_log=true) -%}
    _malformed,
        {%- if is_event_log %}
        {{ '_synced_at' if var('raw_source') == 'lake' else 'cast(null as timestamp) as _synced_at' }},
        {%- endif %}
        cast(_ingest_seq as bigint) as _ingest_seq,
        _ingest_id,
        _source_file,
        cast(_source_row as bigint) as _source_row,
        cast(_ingested_at as timestamp) as _ingested_at,
        -- One number compares faster than two. Room for 10^10 rows a file and 9 x 10^8 files.
        cast(_ingest_seq as bigint) * 10000000000 + cast(_source_row as bigint) as row_order
{%- endmacro %}

{#- A row's day, for rows that count now or may once their parent has come. -#}
{% macro event_date(timestamp) -%}
    case
        when coalesce(reason_code, 'unknown_video') in ('unknown_video', 'unknown_account')
            then {{ reporting_date(timestamp) }}
    end
{%- endmacro %}
