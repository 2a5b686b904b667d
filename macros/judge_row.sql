{#-
    The first reason to reject a raw row, NULL if there is none. The order is the raw contract's.

    Each argument is SQL. `key`, `required` and `categories` are lists of texts that must not be
    NULL; `timestamps` and `numbers` are lists of dicts. In `categories` a dict's `value` is the
    parsed category, NULL where it is none of the known ones.
-#}
{% macro judge_row(key, required, timestamps, numbers=[], categories=[], parents=[]) -%}
    case
        when _malformed is not null then 'malformed_row'
        {%- for column in key %}
        when {{ column }} is null then 'missing_key'
        {%- endfor %}
        {%- for column in required %}
        when {{ column }} is null then 'missing_required'
        {%- endfor %}
        {%- for ts in timestamps %}
        -- An offset can push the last day of the year 9999 into one that few readers know.
        when {{ ts.value }} is null or {{ ts.value }} >= cast('9999-12-31' as timestamp)
            then 'unparseable_timestamp'
        {%- endfor %}
        {%- for ts in timestamps if ts.get('may_lie_ahead') is not true %}
        when {{ ts.value }} > {{ add_minutes('_ingested_at', var('future_tolerance_hours') * 60) }}
            then 'future_timestamp'
        {%- endfor %}
        {%- for ts in timestamps %}
        when {{ ts.value }} < cast('{{ var("platform_start_date") }}' as timestamp)
            then 'before_platform'
        {%- endfor %}
        {%- for number in numbers %}
        when
            not {{ is_integer(number.text) if number.get('is_integer') else is_number(number.text) }}
            {%- if number.get('maximum') is none %}
            -- Digits without end do not fit their column.
            or ({{ number.value }} is null and {{ number.text }} not like '-%')
            {%- endif %}
            then 'unparseable_number'
        {%- endfor %}
        {%- for number in numbers %}
        when {{ number.value }} < 0 or ({{ number.value }} is null and {{ number.text }} like '-%')
            then 'negative_number'
        {%- endfor %}
        {%- for number in numbers if number.get('maximum') is not none %}
        when {{ number.value }} > {{ number.maximum }} or {{ number.value }} is null
            then 'absurd_watch_time'
        {%- endfor %}
        {%- for category in categories %}
        when {{ category.value }} is null then 'unknown_category'
        {%- endfor %}
        {%- for parent in parents %}
        when {{ parent.found }} is null then '{{ parent.reason_code }}'
        {%- endfor %}
    end
{%- endmacro %}
