{#-
    What the tests of a model over events look at: in a refresh the rows that changed since the
    version published last; all others have passed before. Else every row.

    A refresh says up to which change_seq everything is published in the environment variable
    TIKTOK_WAREHOUSE_PUBLISHED_CHANGE_SEQ; without it, or after a rebuild, it is 0. What changed in a
    model are its touched days, or what its meta says:

    - has_change_seq: true                                      rows with a higher _change_seq
    - changes_of: {model: base_..., columns: [person_key]}      rows whose person_key stands in such
                                                                a row of that model
-#}

{#- dbt puts this in the place of `model` in each generic test. -#}
{% macro get_where_subquery(relation) -%}
    {%- set conditions = [] -%}
    {%- if config.get('where') -%}
        {%- do conditions.append('(' ~ config.get('where') ~ ')') -%}
    {%- endif -%}
    {%- if execute and model.get('attached_node') in graph.nodes -%}
        {%- set node = graph.nodes[model.attached_node] -%}
        {%- set changed = is_changed(node.name) if node.resource_type == 'model' else 'true' -%}
        {%- if changed != 'true' and model.test_metadata.name == 'unique' -%}
            {#- Its twin may be a row that did not change. -#}
            {%- do conditions.append(
                model.column_name ~ ' in (select ' ~ model.column_name ~ ' from ' ~ relation ~ ' where ' ~ changed ~ ')'
            ) -%}
        {%- elif changed != 'true' -%}
            {%- do conditions.append(changed) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if conditions -%}
        {{ return('(select * from ' ~ relation ~ ' where ' ~ conditions | join(' and ') ~ ') as changed_rows') }}
    {%- else -%}
        {{ return(relation) }}
    {%- endif -%}
{%- endmacro %}

{#- Condition for rows of a model that changed since the version published last. -#}
{% macro is_changed(model_name) -%}
    {%- set published = env_var('TIKTOK_WAREHOUSE_PUBLISHED_CHANGE_SEQ', '0') | int if execute else 0 -%}
    {%- if published == 0 -%}
        {{ return('true') }}
    {%- endif -%}
    {%- set meta = _find_node(model_name).config.meta -%}
    {%- if meta.get('has_change_seq') -%}
        {{ return('_change_seq > ' ~ published) }}
    {%- elif meta.get('changes_of') -%}
        {%- set columns = meta['changes_of']['columns'] -%}
        {%- set changes = 'select ' ~ columns | join(', ') ~ ' from '
            ~ _find_node(meta['changes_of']['model']).relation_name
            ~ ' where _change_seq > ' ~ published -%}
    {%- elif meta.get('touched_by') -%}
        {%- set columns = meta['touched_by'] -%}
        {%- set changes = 'select ' ~ columns | join(', ') ~ ' from '
            ~ _find_node('int_touched_days').relation_name
            ~ ' where change_seq > ' ~ published
            ~ " and entity in ('" ~ meta['touched_entities'] | join("', '") ~ "')" -%}
    {%- else -%}
        {{ return('true') }}
    {%- endif -%}
    {#- A NULL is in no list, and is what some tests look for. -#}
    {{ return(
        '((' ~ columns | join(', ') ~ ') in (' ~ changes ~ ') or '
        ~ columns | join(' is null or ') ~ ' is null)'
    ) }}
{%- endmacro %}

{#- Not ref(): a test would then wait for a model that waits for the test. -#}
{% macro _find_node(model_name) -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ model_name]) }}
{%- endmacro %}
