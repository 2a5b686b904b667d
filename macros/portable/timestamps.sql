{#- A UTC timestamp moved by a number of minutes (SQL or number; negative = back). -#}
{% macro add_minutes(timestamp, minutes) -%}
    {{ return(adapter.dispatch('add_minutes')(timestamp, minutes)) }}
{%- endmacro %}

{% macro duckdb__add_minutes(timestamp, minutes) -%}
    {{ timestamp }} + to_minutes({{ minutes }})
{%- endmacro %}

{% macro spark__add_minutes(timestamp, minutes) -%}
    timestampadd(minute, {{ minutes }}, {{ timestamp }})
{%- endmacro %}


{#- Microseconds since 1970-01-01 UTC (bigint) to a UTC timestamp. -#}
{% macro epoch_microseconds_to_timestamp(microseconds) -%}
    {{ return(adapter.dispatch('epoch_microseconds_to_timestamp')(microseconds)) }}
{%- endmacro %}

{% macro duckdb__epoch_microseconds_to_timestamp(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro spark__epoch_microseconds_to_timestamp(microseconds) -%}
    timestamp_micros({{ microseconds }})
{%- endmacro %}


{#- The calendar day of a UTC timestamp in the reporting time zone. -#}
{% macro reporting_date(timestamp) -%}
    {%- if var('reporting_time_zone') == 'UTC' -%}
        cast({{ timestamp }} as date)
    {%- else -%}
        {{ return(adapter.dispatch('reporting_date')(timestamp)) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__reporting_date(timestamp) -%}
    cast(({{ timestamp }} at time zone 'UTC') at time zone '{{ var("reporting_time_zone") }}' as date)
{%- endmacro %}

{% macro spark__reporting_date(timestamp) -%}
    cast(from_utc_timestamp({{ timestamp }}, '{{ var("reporting_time_zone") }}') as date)
{%- endmacro %}


{#- The hour of a UTC timestamp in the reporting time zone, 0 to 23. -#}
{% macro reporting_hour(timestamp) -%}
    {{ return(adapter.dispatch('reporting_hour')(timestamp)) }}
{%- endmacro %}

{% macro duckdb__reporting_hour(timestamp) -%}
    cast(
        extract(
            hour from ({{ timestamp }} at time zone 'UTC') at time zone '{{ var("reporting_time_zone") }}'
        ) as integer
    )
{%- endmacro %}

{% macro spark__reporting_hour(timestamp) -%}
    hour(from_utc_timestamp({{ timestamp }}, '{{ var("reporting_time_zone") }}'))
{%- endmacro %}


{#- The UTC timestamp at which a day of the reporting time zone ends. -#}
{% macro end_of_reporting_date(date) -%}
    {{ return(adapter.dispatch('end_of_reporting_date')(date)) }}
{%- endmacro %}

{% macro duckdb__end_of_reporting_date(date) -%}
    (cast({{ date }} + 1 as timestamp) at time zone '{{ var("reporting_time_zone") }}') at time zone 'UTC'
{%- endmacro %}

{% macro spark__end_of_reporting_date(date) -%}
    to_utc_timestamp(cast(date_add({{ date }}, 1) as timestamp), '{{ var("reporting_time_zone") }}')
{%- endmacro %}


{#- 1 = Monday ... 7 = Sunday. -#}
{% macro iso_day_of_week(date) -%}
    {{ return(adapter.dispatch('iso_day_of_week')(date)) }}
{%- endmacro %}

{% macro duckdb__iso_day_of_week(date) -%}
    cast(extract(isodow from {{ date }}) as integer)
{%- endmacro %}

{% macro spark__iso_day_of_week(date) -%}
    weekday({{ date }}) + 1
{%- endmacro %}


{#- Whole days from one date to a later one (negative if it is earlier). -#}
{% macro days_between(first_date, second_date) -%}
    {{ return(adapter.dispatch('days_between')(first_date, second_date)) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, second_date) -%}
    date_diff('day', {{ first_date }}, {{ second_date }})
{%- endmacro %}

{% macro spark__days_between(first_date, second_date) -%}
    cast(date_diff({{ second_date }}, {{ first_date }}) as bigint)
{%- endmacro %}


{#- The date a number of days before another. -#}
{% macro days_before(date, days) -%}
    {{ return(adapter.dispatch('days_before')(date, days)) }}
{%- endmacro %}

{% macro duckdb__days_before(date, days) -%}
    {{ date }} - cast({{ days }} as integer)
{%- endmacro %}

{% macro spark__days_before(date, days) -%}
    date_sub({{ date }}, cast({{ days }} as integer))
{%- endmacro %}


{#- Whole seconds from one UTC timestamp to a later one. -#}
{% macro seconds_between(first_timestamp, second_timestamp) -%}
    {{ return(adapter.dispatch('seconds_between')(first_timestamp, second_timestamp)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(first_timestamp, second_timestamp) -%}
    date_sub('second', {{ first_timestamp }}, {{ second_timestamp }})
{%- endmacro %}

{% macro spark__seconds_between(first_timestamp, second_timestamp) -%}
    timestampdiff(second, {{ first_timestamp }}, {{ second_timestamp }})
{%- endmacro %}
