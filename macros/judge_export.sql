{#-
    A base model of an export: every raw row typed, judged and given one status, as the base models
    of the event log do it. Which columns it has and what names a row stands in export_entities().
-#}
{% macro judge_export(entity) -%}
{%- set about = export_entities()[entity] -%}
{%- set columns = about.columns -%}
{%- set key = about.key -%}
{%- set required = about.get('required', []) -%}
{%- set checked = key + required -%}
{%- set names = [] -%}
{%- set texts = {} -%}
{%- set key_texts = [] -%}
{%- set required_texts = [] -%}
{%- set timestamps = [] -%}
{%- set numbers = [] -%}
{%- set nulled = {} -%}
{%- set shown = {} -%}
{%- set match_key = key | list -%}
{%- for name, kind in columns.items() -%}
    {%- do names.append(name) -%}
    {%- set text = name if kind in ['id', 'private'] else name ~ '_text' -%}
    {%- do texts.update({name: text}) -%}
    {%- if kind != 'private' -%}
        {%- do shown.update({name: text}) -%}
    {%- endif -%}
    {%- if name in checked and kind in ['date', 'timestamp'] -%}
        {%- do timestamps.append({'value': name}) -%}
    {%- elif name in checked and kind in ['count', 'whole'] -%}
        {%- do numbers.append({'text': text, 'value': name, 'is_integer': true}) -%}
    {%- elif name not in checked and text != name -%}
        {%- do nulled.update({name: text ~ ' is not null and ' ~ name ~ ' is null'}) -%}
    {%- endif -%}
{%- endfor -%}
{%- for name in key -%}
    {%- do key_texts.append(texts[name]) -%}
{%- endfor -%}
{%- for name in required -%}
    {%- do required_texts.append(texts[name]) -%}
{%- endfor -%}
{%- for name in about.get('key_if_known', []) -%}
    {%- do match_key.append(name ~ '_or_none') -%}
{%- endfor -%}
{%- if about.get('has_repeats') -%}
    {%- do match_key.append('nth_in_file') -%}
{%- endif -%}
{%- set read_at = about.get('read_at') -%}
{%- set no_content = key + about.get('key_if_known', []) + [read_at] -%}
{%- set content = names | reject('in', no_content) | list or key[:1] -%}
with

raw_rows as (

    select * from {{ raw(entity) }}

),

clean_columns as (

    select
        {%- for name in names %}
        {{ clean_text(name) }} as {{ texts[name] }},
        {%- endfor %}
        {{ row_lineage(is_event_log=false) }}
    from raw_rows

),

parse_columns as (

    select
        {%- for name, kind in columns.items() if texts[name] != name %}
        {{ _parse_kind(texts[name], kind, name in checked) }} as {{ name }},
        {%- endfor %}
        {%- for name in about.get('key_if_known', []) %}
        coalesce({{ name }}, '') as {{ name }}_or_none,
        {%- endfor %}
        *
    from clean_columns

),

judge_rows as (

    select
        *,
        {{ judge_row(
            key=key_texts, required=required_texts, timestamps=timestamps, numbers=numbers
        ) }} as reason_code
    from parse_columns

),

describe_rows as (

    select
        {{ names | join(',\n        ') }},
        {%- for name in about.get('key_if_known', []) %}
        {{ name }}_or_none,
        {%- endfor %}
        {%- if about.get('has_repeats') %}
        cast(
            row_number() over (
                partition by _ingest_seq, {{ key | join(', ') }}
                order by _source_row asc
            ) as bigint
        ) as nth_in_file,
        {%- endif %}
        reason_code,
        {% if nulled -%}
        {{ list_nulled(nulled) }} as nulled_columns,
        {%- else -%}
        cast(null as string) as nulled_columns,
        {%- endif %}
        case
            when reason_code is not null
                then {{ raw_record(shown) }}
        end as raw_record,
        _malformed,
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at,
        row_order
    from judge_rows

),

{{ decide_row_status(rows='describe_rows', key=match_key, content=content, read_at=read_at) }}

select * from keep_changes
{%- endmacro %}

{#- The value of a text; a bad one that is optional is NULL, a required one is left to be judged. -#}
{% macro _parse_kind(text, kind, is_checked) -%}
    {%- if kind == 'date' -%}
        {{ parse_date(text) }}
    {%- elif kind == 'timestamp' and is_checked -%}
        {{ parse_timestamp(text) }}
    {%- elif kind == 'timestamp' -%}
        {{ keep_plausible_timestamp('(' ~ parse_timestamp(text) ~ ')') }}
    {%- elif kind == 'boolean' -%}
        case when {{ text }} is not null then {{ parse_boolean(text) }} end
    {%- elif kind == 'whole' or (kind == 'count' and is_checked) -%}
        {{ parse_integer(text) }}
    {%- elif kind == 'count' -%}
        {{ keep_not_negative(parse_integer(text)) }}
    {%- elif kind == 'share' -%}
        {{ keep_not_negative(parse_number(text, 'decimal(18, 9)')) }}
    {%- elif kind == 'score' -%}
        {{ parse_number(text, 'decimal(5, 4)') }}
    {%- elif kind == 'seconds' -%}
        {{ keep_not_negative(parse_number(text, 'decimal(18, 3)')) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error("No kind of column is called '" ~ kind ~ "'.") }}
    {%- endif -%}
{%- endmacro %}

{#- A staging model of an export: its accepted rows. -#}
{% macro keep_accepted(entity) -%}
with

base_rows as (

    select * from {{ ref(base_model(entity)) }}

),

keep_accepted as (

    select
        {%- for name in export_entities()[entity].columns %}
        {{ name }},
        {%- endfor %}
        _ingest_seq,
        _ingest_id,
        _source_file,
        _source_row,
        _ingested_at
    from base_rows
    where row_status = 'accepted'

)

select * from keep_accepted
{%- endmacro %}
