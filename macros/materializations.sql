{#-
    A test as dbt runs it, except that a view of the rows that break it is made only if there are
    any. dbt makes one for every test in every run, and with 158 tests that took 3 of 20 seconds.
-#}
{% materialization test, default -%}

    {% call statement('main', fetch_result=True) -%}
        {{ get_test_sql(
            get_limit_subquery_sql(sql, config.get('limit')),
            config.get('fail_calc'),
            config.get('warn_if'),
            config.get('error_if'),
            limit=none,
        ) }}
    {%- endcall %}
    {%- set failures = load_result('main')['data'][0][0] -%}

    {%- set relations = [] -%}
    {% if should_store_failures() -%}
        {%- set before = adapter.get_relation(database, schema, model['alias']) -%}
        {%- if before is not none -%}
            {%- do adapter.drop_relation(before) -%}
        {%- endif -%}
        {% if failures -%}
            {%- set view = api.Relation.create(
                database=database, schema=schema, identifier=model['alias'], type='view'
            ) -%}
            {% call statement() -%}
                {{ get_create_sql(view, sql) }}
            {%- endcall %}
            {%- do relations.append(view) -%}
        {%- endif %}
        {%- do adapter.commit() -%}
    {%- endif %}

    {{ return({'relations': relations}) }}

{%- endmaterialization %}

{#-
    A table as dbt-duckdb makes it, but in place: dropped and made anew in one transaction, in which
    nobody sees it missing. dbt-duckdb makes it beside the old one and renames both, which keeps a
    table readable that others read meanwhile; nobody reads the build database, and a refresh makes
    57 tables, most of them in less time than their renaming takes.
-#}
{% materialization table, adapter='duckdb' -%}

    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if existing is not none -%}
        {% call statement() -%}
            drop {{ existing.type }} if exists {{ existing }}
        {%- endcall %}
    {%- endif %}
    {% call statement('main') -%}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {%- do persist_docs(target, model) -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target]}) }}

{%- endmaterialization %}

{#-
    Comments on a table and its columns in one statement. dbt first asks which columns there are,
    twice; those of a model with a contract are known.
-#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if not model.config.contract.enforced -%}
        {{ return(default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- for column in model.columns.values() if for_columns and config.persist_column_docs() -%}
        {%- do comments.append(
            'comment on column ' ~ relation ~ '.' ~ column.name ~ ' is '
            ~ duckdb_escape_comment(column.description) ~ ';'
        ) -%}
    {%- endfor -%}
    {%- if comments -%}
        {%- do run_query(comments | join('\n')) -%}
    {%- endif -%}
{%- endmacro %}
