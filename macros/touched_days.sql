{#-
    Incremental by touched days: a model rebuilds the days on which something changed, however old
    they are, and no others.

    A model says in its meta what it follows:

        {{ config(
            materialized='incremental',
            incremental_strategy='touched_days',
            meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['video_views']},
        ) }}

    `touched_entities` are the kinds of change in int_touched_days, `touched_by` the columns of it
    (of account_id, video_id, event_date, person_key) that name what is rebuilt as a whole. The model
    filters what it reads with keep_touched(); the strategy deletes every touched day from the table, and
    then inserts what the model found for it: nothing, for a day that lost all its rows, which
    dbt's own delete+insert would keep. The post-hook record_consumed() notes in the same
    transaction how far the model has come. A model with a `unique_key` replaces the rows of the
    keys that come back as well, touched or not.
-#}

{#- `where` clause that keeps the touched days of a relation; empty unless the run is incremental. -#}
{% macro keep_touched(relation) -%}
    {#- Named outside the condition below, so that dbt sees the dependency when it parses. -#}
    {%- if not execute -%}
        {%- do ref('int_touched_days') -%}
    {%- endif -%}
    {%- if is_incremental() -%}
        where {{ is_touched(relation) }}
    {%- endif -%}
{%- endmacro %}

{% macro is_touched(relation) -%}
    {%- set meta = config.get('meta') -%}
    exists (
        select 1
        from {{ ref('int_touched_days') }} as touched_days
        where
            touched_days.change_seq > {{ consumed_change_seq() }}
            and touched_days.entity in ('{{ meta['touched_entities'] | join("', '") }}')
            {%- for column in meta['touched_by'] %}
            and touched_days.{{ column }} = {{ relation }}.{{ column }}
            {%- endfor %}
    )
{%- endmacro %}

{#- The strategy: called by dbt with the table, and the relation that holds the rebuilt days. -#}
{% macro get_incremental_touched_days_sql(arguments) -%}
    {{ return(adapter.dispatch('get_incremental_touched_days_sql')(arguments)) }}
{%- endmacro %}

{% macro default__get_incremental_touched_days_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ is_touched(arguments['target_relation'].identifier) }};

    {% if arguments['unique_key'] -%}
    delete from {{ arguments['target_relation'] }}
    where {{ arguments['unique_key'] }} in (
        select {{ arguments['unique_key'] }} from {{ arguments['temp_relation'] }}
    );

    {% endif -%}
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arguments['temp_relation'] }}
{%- endmacro %}
