{#-
    Common table expressions, to stand inside a `with`, that give each judged row its one status.

    Among the rows of one key that pass (reason_code is NULL) the latest by (_ingest_seq,
    _source_row) is accepted and the others are duplicates: 'exact' where every content column
    equals the accepted row's, else 'superseded'. Where a connector says of one of them when it read
    it (`read_at`), the one that was read last is accepted; a row that does not say was read when it
    landed, and none later. Only keys that occur more than once are compared, so the cost of
    comparing follows the duplicates and not the rows.

    Reads `rows`, the judged rows; leaves `keep_changes`, which a model selects. In an incremental
    run `rows` are the new ones; the rows of the table that they bear upon are judged with them:
    those of the same keys, and those that waited for a parent that has come. Only rows whose
    status changed are kept, with the run's number in _change_seq.

    `parents` lists what a row can wait for: {'column': ..., 'model': ..., 'reason_code': ...}.
-#}
{% macro decide_row_status(rows, key, content, parents=[], read_at='_synced_at') -%}
{%- set judged = rows -%}
{% if is_incremental() %}
{%- set judged = 'rows_to_decide' -%}
{%- set columns = [] -%}
{%- for column in adapter.get_columns_in_relation(this) -%}
    {%- if column.name not in ['row_status', 'duplicate_kind', 'reason_code', '_change_seq'] -%}
        {%- do columns.append(column.name) -%}
    {%- endif -%}
{%- endfor -%}
{% if parents %}
judge_waiting_rows as (

    select
        waiting.*,
        case
            {%- for parent in parents %}
            when {{ parent.model }}.{{ parent.column }} is null then '{{ parent.reason_code }}'
            {%- endfor %}
        end as reason_code_now
    from {{ this }} as waiting
    {%- for parent in parents %}
    left join {{ ref(parent.model) }} as {{ parent.model }}
        on waiting.{{ parent.column }} = {{ parent.model }}.{{ parent.column }}
    {%- endfor %}
    where waiting.reason_code in ('{{ parents | map(attribute="reason_code") | join("', '") }}')

),
{% endif %}
list_changed_keys as (

    select distinct {{ key | join(', ') }}
    from {{ rows }}
    where reason_code is null
    {%- if parents %}

    union distinct

    select {{ key | join(', ') }}
    from judge_waiting_rows
    where reason_code_now is null
    {%- endif %}

),

rows_to_decide as (

    select
        {{ columns | join(',\n        ') }},
        reason_code,
        false as is_known,
        cast(null as string) as status_before,
        cast(null as string) as duplicate_kind_before,
        cast(null as string) as reason_code_before
    from {{ rows }}

    union all

    select
        {%- for column in columns %}
        known_rows.{{ column }},
        {%- endfor %}
        known_rows.reason_code,
        true as is_known,
        known_rows.row_status as status_before,
        known_rows.duplicate_kind as duplicate_kind_before,
        known_rows.reason_code as reason_code_before
    from {{ this }} as known_rows
    inner join list_changed_keys
        on
            {%- for column in key %}
            {{ 'and ' if not loop.first }}known_rows.{{ column }} = list_changed_keys.{{ column }}
            {%- endfor %}
    where known_rows.reason_code is null
    {%- if parents %}

    union all

    select
        {%- for column in columns %}
        {% if column == 'raw_record' -%}
        case when reason_code_now is not null then raw_record end as raw_record,
        {%- else -%}
        {{ column }},
        {%- endif %}
        {%- endfor %}
        reason_code_now as reason_code,
        true as is_known,
        row_status as status_before,
        duplicate_kind as duplicate_kind_before,
        reason_code as reason_code_before
    from judge_waiting_rows
    where reason_code_now is null or reason_code_now <> reason_code
    {%- endif %}

),
{% endif %}
find_repeated_keys as (

    select
        {{ key | join(',\n        ') }},
        max(row_order) as accepted_row_order
        {%- if read_at %},
        max({{ read_at }}) as newest_read_at
        {%- endif %}
    from {{ judged }}
    where reason_code is null
    group by {{ key | join(', ') }}
    having count(*) > 1

),
{% if read_at %}
order_as_read as (

    select
        {%- for column in key %}
        {{ judged }}.{{ column }},
        {%- endfor %}
        {{ judged }}.row_order,
        row_number() over (
            partition by {{ judged }}.{{ key | join(', ' ~ judged ~ '.') }}
            order by least({{ judged }}.{{ read_at }}, {{ judged }}._ingested_at) desc, {{ judged }}.row_order desc
        ) as nth_newest
    from {{ judged }}
    inner join find_repeated_keys
        on
            {%- for column in key %}
            {{ 'and ' if not loop.first }}{{ judged }}.{{ column }} = find_repeated_keys.{{ column }}
            {%- endfor %}
    where {{ judged }}.reason_code is null and find_repeated_keys.newest_read_at is not null

),

choose_newest as (

    select
        {{ key | join(',\n        ') }},
        accepted_row_order
    from find_repeated_keys
    where newest_read_at is null

    union all

    select
        {{ key | join(',\n        ') }},
        row_order as accepted_row_order
    from order_as_read
    where nth_newest = 1

),
{% endif %}
{%- set chosen = 'choose_newest' if read_at else 'find_repeated_keys' %}

find_accepted_of_repeated as (

    select {{ judged }}.*
    from {{ judged }}
    inner join {{ chosen }}
        on
            {{ judged }}.row_order = {{ chosen }}.accepted_row_order
            {%- for column in key %}
            and {{ judged }}.{{ column }} = {{ chosen }}.{{ column }}
            {%- endfor %}
    where {{ judged }}.reason_code is null

),

decide_status as (

    select
        {{ judged }}.*,
        case
            when {{ judged }}.reason_code is not null then 'rejected'
            when {{ judged }}.row_order <> winner.row_order then 'duplicate'
            else 'accepted'
        end as row_status,
        case
            when {{ judged }}.reason_code is null and {{ judged }}.row_order <> winner.row_order
                then
                    case
                        when
                            {%- for column in content %}
                            {{ 'and ' if not loop.first }}({{ judged }}.{{ column }} is not distinct from winner.{{ column }})
                            {%- endfor %}
                            then 'exact'
                        else 'superseded'
                    end
        end as duplicate_kind
    from {{ judged }}
    -- Keys alone: with reason_code in the condition DuckDB compared every row with every winner
    -- (190 of 210 seconds at 5 million rows).
    left join find_accepted_of_repeated as winner
        on
            {%- for column in key %}
            {{ 'and ' if not loop.first }}{{ judged }}.{{ column }} = winner.{{ column }}
            {%- endfor %}

),

keep_changes as (
    {% if is_incremental() %}
    select
        {{ columns | join(',\n        ') }},
        reason_code,
        row_status,
        duplicate_kind,
        cast({{ current_change_seq() }} as bigint) as _change_seq
    from decide_status
    where
        not is_known
        or (row_status is distinct from status_before)
        or (duplicate_kind is distinct from duplicate_kind_before)
        or (reason_code is distinct from reason_code_before)
    {% else %}
    select
        *,
        cast({{ current_change_seq() }} as bigint) as _change_seq
    from decide_status
    {% endif %}
)
{%- endmacro %}
