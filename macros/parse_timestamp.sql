{#-
    Text to a UTC timestamp, NULL where the text is not one.

    Accepts YYYY-MM-DD, optionally T or a space and hh:mm[:ss[.ffffff]], optionally Z or +hh:mm;
    or epoch seconds (10 digits) or milliseconds (13). No zone means UTC. The pattern comes first
    because a bare cast drops an offset silently on DuckDB and reads 24:00 as the next day.
-#}
{% macro parse_timestamp(column) -%}
    case
        when {{ matches(column, '[0-9]{10}') }}
            then {{ epoch_microseconds_to_timestamp('try_cast(' ~ column ~ ' as bigint) * 1000000') }}
        when {{ matches(column, '[0-9]{13}') }}
            then {{ epoch_microseconds_to_timestamp('try_cast(' ~ column ~ ' as bigint) * 1000') }}
        when {{ matches(column, _timestamp_pattern() ~ 'Z?') }}
            then try_cast(replace(replace({{ column }}, 'Z', ''), 'T', ' ') as timestamp)
        when {{ matches(column, _timestamp_pattern() ~ '[+-]([01][0-9]|2[0-3]):[0-5][0-9]') }}
            then {{ add_minutes(
                "try_cast(replace(substr(" ~ column ~ ", 1, length(" ~ column ~ ") - 6), 'T', ' ') as timestamp)",
                "case substr(" ~ column ~ ", -6, 1) when '-' then 1 else -1 end"
                ~ " * (try_cast(substr(" ~ column ~ ", -5, 2) as integer) * 60"
                ~ " + try_cast(substr(" ~ column ~ ", -2, 2) as integer))"
            ) }}
    end
{%- endmacro %}

{% macro _timestamp_pattern() -%}
[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?)?
{%- endmacro %}
