with
{% for file_kind in studio_measures() %}
{{ file_kind }} as (

    select * from {{ ref('stg_studio__' ~ file_kind) }}

),
{% endfor %}
list_days as (
    {% for file_kind, measures in studio_measures().items() %}
    select
        account_handle,
        '{{ file_kind }}' as file_kind,
        exported_on,
        event_date as labelled_date,
        asked_shift_days,
        {{ studio_columns(file_kind) }},
        {{ measures[0] }} as main_measure,
        {{ studio_fingerprint(file_kind) }} as all_measures,
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
    asked_shift_days,
    {%- for measures in studio_measures().values() %}
    {%- for measure in measures %}
    {{ measure }},
    {%- endfor %}
    {%- endfor %}
    main_measure,
    case when is_known then all_measures end as all_measures,
    _ingest_seq,
    _source_file
from list_days
