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

{#-
    int_touched_days. Who reads it waits for int_videos_seen too, the videos that it was compared with:
    a run that ended between the two would else leave models that have taken in another state of a
    video than the one that the next run looks for.
-#}
{% macro touched_days() -%}
    {#- It is not read, and a unit test knows only what it is given. -#}
    {%- if not execute -%}
        {%- do ref('int_videos_seen') -%}
    {%- endif -%}
    {{ return(ref('int_touched_days')) }}
{%- endmacro %}

{#- `where` clause that keeps the touched days of a relation; empty unless the run is incremental. -#}
{% macro keep_touched(relation) -%}
    {#- Named outside the condition below, so that dbt sees the dependency when it parses. -#}
    {%- if not execute -%}
        {%- do touched_days() -%}
    {%- endif -%}
    {%- if is_incremental() -%}
        where {{ is_touched(relation) }}
    {%- endif -%}
{%- endmacro %}

{% macro is_touched(relation) -%}
    {%- set touched_by = config.get('meta')['touched_by'] -%}
    {%- set days = list_touched_days() if 'event_date' in touched_by else none -%}
    {%- if days == [] -%}
    {#- Not a row is read then. -#}
    false
    {%- else -%}
    {%- if days -%}
    {#- As literals as well: row groups of other days are then not even read. -#}
    {{ relation }}.event_date in ({{ days | join(', ') }})
    and {% endif -%}
    {#- Not `exists`: DuckDB took ten times as long over it. -#}
    ({{ relation }}.{{ touched_by | join(', ' ~ relation ~ '.') }}) in ({{ select_touched() }})
    {%- endif %}
{%- endmacro %}

{% macro select_touched() -%}
    {%- set meta = config.get('meta') -%}
    select {{ meta['touched_by'] | join(', ') }}
    from {{ touched_days() }}
    where
        change_seq > {{ consumed_change_seq() }}
        and entity in ('{{ meta['touched_entities'] | join("', '") }}')
        {%- for column in meta['touched_by'] %}
        and {{ column }} is not null
        {%- endfor %}
{%- endmacro %}

{#-
    `where` clause that keeps the touched days of a relation and those shortly before, for what a
    touched day takes from them; empty unless the run is incremental.
-#}
{% macro keep_days_up_to_touched(relation, days_before) -%}
    {%- if is_incremental() -%}
        where {{ relation }}.event_date in ({{ list_touched_days(days_before) | join(', ') or 'null' }})
    {%- endif -%}
{%- endmacro %}

{#- The touched days of the model at work and so many before each of them, as literals. -#}
{% macro list_touched_days(days_before=0) -%}
    {%- set days = [] -%}
    {%- for day in run_query(
        "select distinct event_date from " ~ touched_days()
        ~ " where event_date is not null and change_seq > " ~ consumed_change_seq()
        ~ " and entity in ('" ~ config.get('meta')['touched_entities'] | join("', '") ~ "')"
        ~ " order by event_date"
    ).columns[0].values() -%}
        {%- for back in range(days_before + 1) -%}
            {%- set shifted = modules.datetime.date.fromisoformat(day | string) - modules.datetime.timedelta(days=back) -%}
            {%- do days.append("date '" ~ shifted ~ "'") -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(days | unique | list) }}
{%- endmacro %}

{#-
    The strategy of base tables: rows that are known already are replaced, the others are new. Those
    of files that landed since need not be looked for; among a million new rows that is nearly all.
-#}
{% macro get_incremental_changed_rows_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ arguments['unique_key'] }} in (
        select {{ arguments['unique_key'] }}
        from {{ arguments['temp_relation'] }}
        where _ingest_seq <= (select max(_ingest_seq) from {{ arguments['target_relation'] }})
    );

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arguments['temp_relation'] }}
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
