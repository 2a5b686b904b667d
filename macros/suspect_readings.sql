{#-
    Common table expressions, to stand inside a `with`, that find the readings of counters that are
    suspect (docs/kpis.md).

    Reads `readings`, one row per series and event_date: the columns that `series` lists name one
    counter of one source, `value` is what was read, `known_net` a running total of what is known to
    have come and gone, `unit` how much of `value` is one. With `grows` a newest reading may exceed
    the one before without limit. Leaves `find_suspects`, series and event_date of those suspect.
-#}
{% macro find_suspects(readings, series, value, unit='1', grows=false) -%}
{%- set in_a_row = var('suspect_readings_in_a_row') -%}
{%- set columns = series | join(', ') -%}
{%- set in_order = 'window in_order as (partition by ' ~ columns ~ ' order by event_date)' -%}
add_reading_before as (

    select
        *,
        {{ var('suspect_least_difference') }} * {{ unit }} as least_difference,
        cast({{ value }} as double) as read_0,
        cast(lag({{ value }}) over in_order as double) as read_before
    from {{ readings }}
    {{ in_order }}

),

-- Nearly all counters never leap, and are looked at no further.
list_leaping_series as (

    select distinct {{ columns }}
    from add_reading_before
    where {{ _is_far('read_before', 'read_0', var('suspect_factor')) }}

),

keep_leaping_series as (

    select readings.*
    from add_reading_before as readings
    inner join list_leaping_series
        on
            {%- for column in series %}
            {{ 'and ' if not loop.first }}readings.{{ column }} = list_leaping_series.{{ column }}
            {%- endfor %}

),

look_around as (

    select
        *,
        {%- for place in range(1, in_a_row + 3) %}
        lead(read_0, {{ place }}) over in_order as read_{{ place }},
        {%- endfor %}
        cast(lag(known_net) over in_order as double) as net_before,
        {%- for place in range(in_a_row + 3) %}
        cast(lead(known_net, {{ place }}) over in_order as double) as net_{{ place }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from keep_leaping_series
    {{ in_order }}

),

-- How many readings follow that leave this one and the one after them, which agree. Several are not
-- suspect if these two left the readings around them, too.
find_returns as (

    select
        *,
        case
            {%- for run in range(1, in_a_row + 1) %}
            when
                read_{{ run + 1 }} is not null
                and not {{ _leaves(0, run + 1) }}
                {%- for place in range(1, run + 1) %}
                and {{ _leaves(0, place) }}
                and {{ _leaves(place, run + 1) }}
                {%- endfor %}
                {%- if run > 1 %}
                and not coalesce(
                    {{ _leaves('before', 0) }} and {{ _leaves(run + 1, run + 2) }}, false
                )
                {%- endif %}
                then {{ run }}
            {%- endfor %}
            else 0
        end as away
    from look_around

),

follow_returns as (

    select
        *,
        {% for run in range(1, in_a_row + 1) -%}
        {{ 'or ' if not loop.first }}lag(away, {{ run }}, 0) over in_order >= {{ run }}
        {% endfor -%}
        as is_away,
        {% for run in range(1, in_a_row + 1) -%}
        {{ 'or ' if not loop.first }}lag(away, {{ run + 1 }}, 0) over in_order = {{ run }}
        {% endfor -%}
        as is_back
    from find_returns
    {{ in_order }}

),

find_suspects as (

    select
        {{ columns }},
        event_date
    from follow_returns
    where
        is_away
        or (
            read_1 is null
            and not is_back
            {%- if grows %}
            and read_0 < read_before
            {%- endif %}
            and {{ _leaves('before', 0, var('suspect_newest_factor')) }}
        )

)
{%- endmacro %}

{#- Whether a reading leaves an earlier one, and that one with what came and went between them. -#}
{% macro _leaves(earlier, later, factor=none) -%}
    {%- set factor = factor or var('suspect_factor') -%}
    {%- set expected = 'read_' ~ earlier ~ ' + net_' ~ later ~ ' - net_' ~ earlier -%}
    ({{ _is_far('read_' ~ earlier, 'read_' ~ later, factor) }}
    and {{ _is_far(expected, 'read_' ~ later, factor) }})
{%- endmacro %}

{% macro _is_far(expected, read, factor) -%}
    abs({{ read }} - ({{ expected }})) > least_difference
    and greatest({{ read }}, {{ expected }}) > {{ factor }} * least({{ read }}, {{ expected }})
{%- endmacro %}
