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
    {%- for measure in files.values() | sum(start=[]) -%}
        {%- do columns.append(measure if measure in measures else 'cast(null as bigint) as ' ~ measure) -%}
    {%- endfor %}
    select
        account_handle,
        '{{ file_kind }}' as file_kind,
        exported_on,
        event_date as labelled_date,
        {{ columns | join(',\n        ') }},
        {{ measures[0] }} as main_measure,
        concat(
            {%- for measure in measures %}
            cast({{ measure }} as string){{ ", '|', " if not loop.last }}
            {%- endfor %}
        ) as all_measures,
        case
            when
                {%- for measure in measures %}
                {{ 'and ' if not loop.first }}{{ measure }} is not null
                {%- endfor %}
                then true
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
