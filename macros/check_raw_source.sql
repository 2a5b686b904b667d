{#-
    A build database holds rows of one raw source only. The first run records which; a run with
    the other one stops before it changes anything.
-#}
{% macro check_raw_source() -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot'] -%}
        {%- set wanted = var('raw_source') -%}
        {%- if wanted not in ['seeds', 'lake'] -%}
            {{ exceptions.raise_compiler_error("raw_source is '" ~ wanted ~ "'; it must be 'seeds' or 'lake'.") }}
        {%- endif -%}
        {%- do run_query("create schema if not exists build_state") -%}
        {%- do run_query("create table if not exists build_state.raw_source (raw_source string)") -%}
        {%- set found = run_query("select raw_source from build_state.raw_source") -%}
        {%- if found | length == 0 -%}
            {%- do run_query("insert into build_state.raw_source values ('" ~ wanted ~ "')") -%}
        {%- elif found[0][0] != wanted -%}
            {{ exceptions.raise_compiler_error(
                "This build database was built from raw_source '" ~ found[0][0] ~ "', and this run asks for '"
                ~ wanted ~ "'. Set TIKTOK_WAREHOUSE_HOME to another home, or delete the build database "
                ~ "(it can be rebuilt from its raw rows at any time)."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
