with

exported_days as (

    select * from {{ ref('int_account_days_exported') }}

),

rank_sources as (

    select
        *,
        {{ source_rank('source') }} as source_rank
    from exported_days

),

-- A family comes from one source as a whole, even where another knows more of it.
find_most_trusted as (

    select
        {% for family, measures in exported_families().items() -%}
        min(case when coalesce({{ measures | join(', ') }}) is not null then source_rank end) over (
            partition by account_id, event_date
        ) as {{ family }}_rank,
        {% endfor -%}
        *
    from rank_sources

),

choose_values as (

    select
        {% for family, measures in exported_families().items() -%}
        {% for measure in measures -%}
        max({{ measure }}) filter (where source_rank = {{ family }}_rank) as {{ measure }},
        {% endfor -%}
        min({{ family }}_rank) as {{ family }}_rank,
        {{ source_at('min(' ~ family ~ '_rank)') }} as {{ family }}_source,
        {% endfor -%}
        min(exported_on) filter (where source = 'studio') as studio_exported_on,
        account_id,
        event_date
    from find_most_trusted
    group by account_id, event_date

)

select * from choose_values
