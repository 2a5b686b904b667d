{#- The words of a text in small letters, a space before, between and after them; NULL stays NULL. -#}
{% macro words_of(column) -%}
    {{ return(adapter.dispatch('words_of')(column)) }}
{%- endmacro %}

{% macro duckdb__words_of(column) -%}
    ' ' || trim(regexp_replace(lower({{ column }}), '[^\p{L}\p{M}\p{N}]+', ' ', 'g')) || ' '
{%- endmacro %}

{% macro spark__words_of(column) -%}
    concat(' ', trim(regexp_replace(lower({{ column }}), '[^\\p{L}\\p{M}\\p{N}]+', ' ')), ' ')
{%- endmacro %}


{#- Select-list generator: one row for each hashtag of a text, without #, in small letters, once. -#}
{% macro each_hashtag(column) -%}
    {{ return(adapter.dispatch('each_hashtag')(column)) }}
{%- endmacro %}

{% macro duckdb__each_hashtag(column) -%}
    unnest(list_distinct(regexp_extract_all(lower({{ column }}), '[#＃]([\p{L}\p{M}\p{N}_]+)', 1)))
{%- endmacro %}

{% macro spark__each_hashtag(column) -%}
    explode(
        array_distinct(regexp_extract_all(lower({{ column }}), '[#＃]([\\p{L}\\p{M}\\p{N}_]+)', 1))
    )
{%- endmacro %}
