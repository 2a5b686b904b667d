{#-
    What a build database remembers of its runs, in the schema build_state:

    - raw_source: which raw rows it was built from, and the zone of its days;
    - runs: one change_seq for each run of dbt, growing;
    - consumed: up to which change_seq a model has taken changes in, written in the transaction
      that writes the model's rows. A run that dies between two models leaves the second one's
      number behind, and the next run does what is missing.
-#}

{#- Start of a run: refuse what would mix two warehouses in one database, and count the run. -#}
{% macro begin_run() -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot'] -%}
        {%- set wanted = var('raw_source') -%}
        {%- if wanted not in ['seeds', 'lake'] -%}
            {{ exceptions.raise_compiler_error("raw_source is '" ~ wanted ~ "'; it must be 'seeds' or 'lake'.") }}
        {%- endif -%}
        {%- do run_query("create schema if not exists build_state") -%}
        {%- do run_query("create table if not exists build_state.raw_source (raw_source varchar(16), reporting_time_zone varchar(64))") -%}
        {%- do run_query("create table if not exists build_state.runs (change_seq bigint)") -%}
        {%- do run_query("create table if not exists build_state.consumed (model_name varchar(255), change_seq bigint)") -%}
        {%- do run_query("drop table if exists build_state.findings") -%}
        {%- do run_query(
            "create table build_state.findings (kind varchar(16), name varchar(255), source varchar(32),"
            ~ " account_id varchar(255), first_date date, last_date date)"
        ) -%}
        {%- do check_raw_source(wanted) -%}
        {%- do run_query(
            "insert into build_state.runs select coalesce(max(change_seq), 0) + 1 from build_state.runs"
        ) -%}
    {%- endif -%}
{%- endmacro %}

{% macro check_raw_source(wanted) -%}
    {%- set zone = var('reporting_time_zone') -%}
    {#- No variable of dbt's: another value of one makes it parse the whole project anew. -#}
    {%- set may_rebuild = env_var('TIKTOK_WAREHOUSE_YES_REBUILD_EVERYTHING', '') == 'true' -%}
    {%- set found = run_query("select raw_source, reporting_time_zone from build_state.raw_source") -%}
    {%- if found | length == 0 -%}
        {%- do run_query("insert into build_state.raw_source values ('" ~ wanted ~ "', '" ~ zone ~ "')") -%}
    {%- elif found[0][0] != wanted -%}
        {{ exceptions.raise_compiler_error(
            "This build database was built from raw_source '" ~ found[0][0] ~ "', and this run asks for '"
            ~ wanted ~ "'. Set TIKTOK_WAREHOUSE_HOME to another home, or delete the build database "
            ~ "(it can be rebuilt from its raw rows at any time)."
        ) }}
    {%- elif flags.FULL_REFRESH and may_rebuild -%}
        {%- do run_query(replace_rows('build_state.raw_source', "('" ~ wanted ~ "', '" ~ zone ~ "')")) -%}
    {%- elif wanted == 'lake' and found[0][1] != zone -%}
        {{ exceptions.raise_compiler_error(
            "This build database has its days in " ~ found[0][1] ~ ", and this run asks for " ~ zone
            ~ ". 'tiktok-warehouse refresh' rebuilds it by itself; a run of dbt alone does not: delete "
            ~ "the build database first (it can be rebuilt from its raw rows at any time)."
        ) }}
    {%- elif wanted == 'lake' and flags.FULL_REFRESH and not may_rebuild -%}
        {{ exceptions.raise_compiler_error(
            "--full-refresh reads the whole history anew, which may take hours. If that is meant, ask "
            ~ "for it: tiktok-warehouse refresh --yes-rebuild-everything."
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- The number of this run. -#}
{% macro current_change_seq() -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {{ return(run_query("select max(change_seq) from build_state.runs")[0][0]) }}
    {%- else -%}
        {{ return(0) }}
    {%- endif -%}
{%- endmacro %}

{#- Up to which change the model at work has taken changes in. -#}
{% macro consumed_change_seq() -%}
    {{ return(run_query(
        "select coalesce(max(change_seq), 0) from build_state.consumed where model_name = '" ~ this.name ~ "'"
    )[0][0]) }}
{%- endmacro %}

{#- Post-hook of a model that follows changes: it has now taken in all there are. -#}
{% macro record_consumed() -%}
    insert into build_state.consumed values ('{{ this.name }}', {{ current_change_seq() }})
{%- endmacro %}
