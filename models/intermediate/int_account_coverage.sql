with

accounts as (

    select * from {{ ref('int_accounts') }}

),

coverage_days as (

    select * from {{ ref('int_account_coverage_daily') }}

),

ingested_files as (

    select * from {{ ref('base_event_log__ingested_files') }}

),

date_ranges as (

    select * from {{ ref('int_account_date_ranges') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

-- Which interaction types any landed file can hold.
judge_all_files as (

    select
        {% for interaction_type, measure in interaction_measures().items() -%}
        max({{ file_can_hold(interaction_type) }}) as knows_{{ measure }},
        {% endfor -%}
        count(*) as interaction_files
    from ingested_files
    where entity = 'interactions'

),

-- An account whose interactions all came from files that cannot hold a type does not know it,
-- whatever another account's files hold.
judge_days_of_accounts as (

    select
        {% for measure in interaction_measures().values() -%}
        max(case when knows_{{ measure }} then 1 else 0 end) as knows_{{ measure }},
        {% endfor -%}
        account_id
    from coverage_days
    group by account_id

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
        and accounts.is_in_event_log
        and coalesce(
            judge_days_of_accounts.knows_{{ measure }},
            judge_all_files.knows_{{ measure }},
            {{ 0 if var('raw_source') == 'lake' else 1 }}
        ) = 1 as knows_{{ measure }},
        {% endfor -%}
        {% for entity in event_entities() -%}
        accounts.account_role = 'own'
        and accounts.is_in_event_log
        {%- if var('raw_source') == 'lake' %}
        and count_files.{{ entity }}_files > 0
        {%- endif %} as knows_{{ entity }},
        {% endfor -%}
        accounts.account_id,
        date_ranges.event_log_first_date,
        bounds.event_log_last_date
    from accounts
    cross join judge_all_files
    cross join count_files
    cross join bounds
    left join date_ranges
        on accounts.account_id = date_ranges.account_id
    left join judge_days_of_accounts
        on accounts.account_id = judge_days_of_accounts.account_id

)

select * from decide_coverage
