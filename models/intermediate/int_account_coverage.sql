with

accounts as (

    select * from {{ ref('stg_event_log__accounts') }}

),

videos as (

    select * from {{ ref('stg_event_log__videos') }}

),

interactions as (

    select * from {{ ref('stg_event_log__interactions') }}

),

ingested_files as (

    select * from {{ ref('base_event_log__ingested_files') }}

),

-- Which interaction types a landed file can hold. A mapping names those that its source never has.
judge_files as (

    select
        {% for interaction_type, measure in interaction_measures().items() -%}
        case
            when concat(',', coalesce(never_has, ''), ',') like '%,{{ interaction_type }},%' then 0
            else 1
        end as knows_{{ measure }},
        {% endfor -%}
        ingest_seq
    from ingested_files
    where entity = 'interactions'

),

judge_all_files as (

    select
        {% for measure in interaction_measures().values() -%}
        max(knows_{{ measure }}) as knows_{{ measure }},
        {% endfor -%}
        count(*) as interaction_files
    from judge_files

),

list_files_of_accounts as (

    select distinct
        videos.account_id,
        interactions._ingest_seq as ingest_seq
    from interactions
    inner join videos
        on interactions.video_id = videos.video_id

),

-- An account whose interactions all came from files that cannot hold a type does not know it,
-- whatever another account's files hold.
judge_files_of_accounts as (

    select
        {% for measure in interaction_measures().values() -%}
        max(judge_files.knows_{{ measure }}) as knows_{{ measure }},
        {% endfor -%}
        list_files_of_accounts.account_id
    from list_files_of_accounts
    inner join judge_files
        on list_files_of_accounts.ingest_seq = judge_files.ingest_seq
    group by list_files_of_accounts.account_id

),

count_files as (

    select
        {% for entity in event_entities() -%}
        count(*) filter (where entity = '{{ entity }}') as {{ entity }}_files,
        {% endfor -%}
        count(*) as files
    from ingested_files

),

decide_coverage as (

    select
        {% for measure in interaction_measures().values() -%}
        accounts.account_role = 'own'
        and coalesce(
            judge_files_of_accounts.knows_{{ measure }},
            judge_all_files.knows_{{ measure }},
            {{ 0 if var('raw_source') == 'lake' else 1 }}
        ) = 1 as knows_{{ measure }},
        {% endfor -%}
        {% for entity in event_entities() -%}
        accounts.account_role = 'own'
        {%- if var('raw_source') == 'lake' %}
            and count_files.{{ entity }}_files > 0
        {%- endif %} as knows_{{ entity }},
        {% endfor -%}
        accounts.account_id
    from accounts
    cross join judge_all_files
    cross join count_files
    left join judge_files_of_accounts
        on accounts.account_id = judge_files_of_accounts.account_id

)

select * from decide_coverage
