{#-
    Common table expressions, to stand inside a `with`, that give each judged row its one status.

    Among the rows of one key that pass (reason_code is NULL) the latest by (_ingest_seq,
    _source_row) is accepted and the others are duplicates: 'exact' where every content column
    equals the accepted row's, else 'superseded'. Only keys that occur more than once are
    compared, so the cost of comparing follows the duplicates and not the rows.

    Reads `rows`, which has the columns reason_code and row_order; leaves `decide_status`.
-#}
{% macro decide_row_status(rows, key, content) -%}
find_repeated_keys as (

    select
        {{ key | join(',\n        ') }},
        max(row_order) as accepted_row_order
    from {{ rows }}
    where reason_code is null
    group by {{ key | join(', ') }}
    having count(*) > 1

),

find_accepted_of_repeated as (

    select {{ rows }}.*
    from {{ rows }}
    inner join find_repeated_keys
        on
            {{ rows }}.row_order = find_repeated_keys.accepted_row_order
            {%- for column in key %}
            and {{ rows }}.{{ column }} = find_repeated_keys.{{ column }}
            {%- endfor %}
    where {{ rows }}.reason_code is null

),

decide_status as (

    select
        {{ rows }}.*,
        case
            when {{ rows }}.reason_code is not null then 'rejected'
            when {{ rows }}.row_order < winner.row_order then 'duplicate'
            else 'accepted'
        end as row_status,
        case
            when {{ rows }}.reason_code is null and {{ rows }}.row_order < winner.row_order
                then
                    case
                        when
                            {%- for column in content %}
                            {{ 'and ' if not loop.first }}({{ rows }}.{{ column }} is not distinct from winner.{{ column }})
                            {%- endfor %}
                            then 'exact'
                        else 'superseded'
                    end
        end as duplicate_kind
    from {{ rows }}
    -- Keys alone: with reason_code in the condition DuckDB compared every row with every winner
    -- (190 of 210 seconds at 5 million rows).
    left join find_accepted_of_repeated as winner
        on
            {%- for column in key %}
            {{ 'and ' if not loop.first }}{{ rows }}.{{ column }} = winner.{{ column }}
            {%- endfor %}

)
{%- endmacro %}
