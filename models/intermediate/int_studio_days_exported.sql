with
{% set files = {
    'overview': ['video_views', 'profile_views', 'likes', 'comments', 'shares'],
    'viewers': ['total_viewers', 'new_viewers', 'returning_viewers'],
    'follower_history': ['followers'],
} %}
{% for file_kind in files %}
{{ file_kind }} as (

    select * from {{ ref('stg_studio__' ~ file_kind) }}

),
{% endfor %}
list_days as (
    {% for file_kind, measures in files.items() %}
    {%- set columns = [] -%}
    {%- set texts = [] -%}
    {%- for measure in files.values() | sum(start=[]) -%}
        {%- if measure in measures -%}
            {%- do columns.append(measure) -%}
            {%- do texts.append('cast(' ~ measure ~ ' as string)') -%}
        {%- else -%}
            {%- do columns.append('cast(null as bigint) as ' ~ measure) -%}
        {%- endif -%}
    {%- endfor %}
    select
        account_handle,
        '{{ file_kind }}' as file_kind,
        exported_on,
        event_date as labelled_date,
        {{ columns | join(',\n        ') }},
        {{ measures[0] }} as main_measure,
        concat({{ texts | join(", '|', ") }}) as all_measures,
        case
            when {{ measures | join(' is not null and ') }} is not null then true
            else false
        end as is_known,
        _ingest_seq,
        _source_file
    from {{ file_kind }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    account_handle,
    file_kind,
    exported_on,
    labelled_date,
    {%- for measures in files.values() %}
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    {%- endfor %}
    main_measure,
    case when is_known then all_measures end as all_measures,
    _ingest_seq,
    _source_file
from list_days
