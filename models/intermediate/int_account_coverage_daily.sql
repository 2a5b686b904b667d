{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['account_id', 'event_date'], 'touched_entities': ['interactions']},
    post_hook='{{ record_consumed() }}',
) }}

with

accounts as (

    select * from {{ ref('stg_event_log__accounts') }}

),

interactions as (

    select *
    from {{ ref('int_interactions_dated') }}
    {{ keep_touched('int_interactions_dated') }}

),

ingested_files as (

    select * from {{ ref('base_event_log__ingested_files') }}

),

list_files_of_days as (

    select distinct
        account_id,
        event_date,
        _ingest_seq as ingest_seq
    from interactions

),

-- A day whose interactions all came from files that cannot hold a type does not know it, whatever
-- a file of another day or of another account holds.
judge_days as (

    select
        {% for interaction_type, measure in interaction_measures().items() -%}
        accounts.account_role = 'own'
        and max({{ file_can_hold(interaction_type) }}) = 1 as knows_{{ measure }},
        {% endfor -%}
        accounts.account_id,
        list_files_of_days.event_date
    from list_files_of_days
    inner join ingested_files
        on
            list_files_of_days.ingest_seq = ingested_files.ingest_seq
            and ingested_files.entity = 'interactions'
    inner join accounts
        on list_files_of_days.account_id = accounts.account_id
    group by accounts.account_id, accounts.account_role, list_files_of_days.event_date

)

select * from judge_days
