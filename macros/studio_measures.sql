{#- The daily files of Studio that are held against one another, and their measures. -#}
{% macro studio_measures() -%}
    {{ return({
        'overview': ['video_views', 'profile_views', 'likes', 'comments', 'shares'],
        'viewers': ['total_viewers', 'new_viewers', 'returning_viewers'],
        'follower_history': ['followers'],
    }) }}
{%- endmacro %}

{#- The measures of all these files as columns; those of other files than the given one are NULL. -#}
{% macro studio_columns(file_kind) -%}
    {%- set columns = [] -%}
    {%- for kind, measures in studio_measures().items() -%}
        {%- for measure in measures -%}
            {%- do columns.append(measure if kind == file_kind else 'cast(null as bigint) as ' ~ measure) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ columns | join(',\n        ') }}
{%- endmacro %}

{#- All measures of a file's day as one text, to compare days with. -#}
{% macro studio_fingerprint(file_kind) -%}
    {%- set texts = [] -%}
    {%- for measure in studio_measures()[file_kind] -%}
        {%- do texts.append('cast(' ~ measure ~ ' as string)') -%}
    {%- endfor -%}
    concat({{ texts | join(", '|', ") }})
{%- endmacro %}
