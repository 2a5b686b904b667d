{#-
    Spark's way with incremental models, for tables of plain Parquet, which know neither `delete`
    nor `merge` nor a transaction. dbt-spark calls these macros by name.

    A model that is rebuilt by day is partitioned by day, and a run overwrites the days that it
    touches. Every other one is written anew beside the table and takes its place. Either way a run
    that dies half-way is made good by the next one: it has not recorded what it consumed, and a
    table that is gone is built from the start.
-#}

{#- dbt-spark knows no strategy of a project's own. -#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {{ return(raw_strategy) }}
{%- endmacro %}

{% macro dbt_spark_get_incremental_sql(
    strategy, source, target, existing, unique_key, incremental_predicates
) -%}
    {%- if strategy == 'append' -%}
        {{ return(get_insert_into_sql(source, target)) }}
    {%- elif strategy not in ['changed_rows', 'touched_days'] -%}
        {{ exceptions.raise_compiler_error(strategy ~ ' is not written for Spark: see macros/portable/incremental.sql') }}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
    {%- set rebuilt = api.Relation.create(schema=target.schema, identifier=target.identifier ~ '__rebuilt') -%}
    {%- set kept = [] -%}
    {%- if strategy == 'touched_days' -%}
        {#- Not `not in`, which Spark compares row by row. -#}
        {%- set same = [] -%}
        {%- for column in config.get('meta')['touched_by'] -%}
            {%- do same.append('touched.' ~ column ~ ' = ' ~ target.identifier ~ '.' ~ column) -%}
        {%- endfor -%}
        {%- do kept.append(
            'not exists (select 1 from (' ~ select_touched() ~ ') as touched where ' ~ same | join(' and ') ~ ')'
        ) -%}
    {%- endif -%}
    {%- if unique_key -%}
        {%- do kept.append(
            'not exists (select 1 from ' ~ source ~ ' as replacing where replacing.' ~ unique_key
            ~ ' = ' ~ target.identifier ~ '.' ~ unique_key ~ ')'
        ) -%}
    {%- endif -%}
    {%- set by_day = strategy == 'touched_days' and _partition_column() -%}
    {%- set days = list_touched_days() if by_day else [] -%}
    {%- if by_day -%}
        {%- do kept.append('event_date in (' ~ (days | join(', ') or 'null') ~ ')') -%}
    {%- endif -%}
    {%- do run_query('drop table if exists ' ~ rebuilt) -%}
    {%- do run_query(
        'create table ' ~ rebuilt ~ ' as select ' ~ columns ~ ' from ' ~ target ~ ' as ' ~ target.identifier
        ~ ' where ' ~ kept | join(' and ') ~ ' union all select ' ~ columns ~ ' from ' ~ source
    ) -%}
    {%- if by_day -%}
        {%- do run_query(
            'insert overwrite table ' ~ target ~ ' partition (event_date) select ' ~ columns ~ ' from '
            ~ rebuilt ~ ' distribute by event_date'
        ) -%}
        {#- An overwrite leaves a day alone for which it brings no row. -#}
        {%- set found = run_query('select distinct event_date from ' ~ rebuilt).columns[0].values() | map('string') | list -%}
        {%- set vanished = [] -%}
        {%- for day in days if day | replace("date '", '') | replace("'", '') not in found -%}
            {%- do vanished.append('partition (event_date = ' ~ day ~ ')') -%}
        {%- endfor -%}
        {%- if vanished -%}
            {%- do run_query('alter table ' ~ target ~ ' drop if exists ' ~ vanished | join(', ')) -%}
        {%- endif -%}
        {{ return('drop table ' ~ rebuilt) }}
    {%- else -%}
        {%- do run_query('drop table ' ~ target) -%}
        {{ return('alter table ' ~ rebuilt ~ ' rename to ' ~ target) }}
    {%- endif -%}
{%- endmacro %}

{#- A model that is rebuilt by day is a folder for each day. -#}
{% macro _partition_column() -%}
    {{ return('event_date' if 'event_date' in (config.get('meta') or {}).get('touched_by', []) else none) }}
{%- endmacro %}

{% macro spark__partition_cols(label, required=false) -%}
    {%- if _partition_column() -%}
        {{ label }} ({{ _partition_column() }})
    {%- endif -%}
{%- endmacro %}

{#-
    As dbt-spark has it for plain Parquet, but a day's rows come together before they are written:
    else each task of a query writes a file into each day (21 x 95 of them for the retention curves).
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if temporary -%}
        {{ create_temporary_view(relation, compiled_code) }}
    {%- else -%}
        create table {{ relation }}
        {%- if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- set compiled_code = get_select_subquery(compiled_code) %}
        {%- endif %}
        {{ partition_cols(label='partitioned by') }}
        {{ comment_clause() }}
        as
        {%- if _partition_column() %}
        select * from (
            {{ compiled_code }}
        ) distribute by {{ _partition_column() }}
        {%- else %}
        {{ compiled_code }}
        {%- endif %}
    {%- endif -%}
{%- endmacro %}
