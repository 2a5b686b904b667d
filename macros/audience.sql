{#- Segments of the people of a period; the first four are its viewers. -#}
{% macro audience_segments() -%}
    {{ return(['lurker', 'occasional', 'engager', 'advocate', 'engaged_unseen']) }}
{%- endmacro %}

{#- The segment of a person, by what they did in the period; NULL if nothing. -#}
{% macro audience_segment(views, public_interactions, advocacy_interactions) -%}
    case
        when {{ views }} = 0 and {{ public_interactions }} = 0 then null
        when {{ views }} = 0 then 'engaged_unseen'
        when {{ public_interactions }} = 0 then 'lurker'
        when
            {{ public_interactions }} >= {{ var('segment_advocate_least_interactions') }}
            and {{ advocacy_interactions }} > 0
            then 'advocate'
        when {{ public_interactions }} <= {{ var('segment_occasional_most_interactions') }}
            then 'occasional'
        else 'engager'
    end
{%- endmacro %}

{#- Periods over which people are segmented, with their days: without an end backwards, everybody would
    be new, and more of an advocate by the day. -#}
{% macro audience_periods() -%}
    {%- set periods = {} -%}
    {%- for period, days in content_periods().items() if days -%}
        {%- do periods.update({period: days}) -%}
    {%- endfor -%}
    {{ return(periods) }}
{%- endmacro %}

{#- The Monday of a date's week. -#}
{% macro week_of(date) -%}
    {{ days_before(date, iso_day_of_week(date) ~ ' - 1') }}
{%- endmacro %}
