{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id', 'event_date'], 'touched_entities': ['interactions']},
    post_hook='{{ record_consumed() }}',
) }}

with

interactions as (

    select *
    from {{ ref('int_interactions_dated') }}
    {{ keep_touched('int_interactions_dated') }}

),

count_interactions as (

    select
        video_id,
        {% for interaction_type, measure in interaction_measures().items() -%}
        count(*) filter (where interaction_type = '{{ interaction_type }}' and not is_undo)
            as {{ measure }},
        count(*) filter (where interaction_type = '{{ interaction_type }}' and not is_undo)
        - count(*) filter (where interaction_type = '{{ interaction_type }}' and is_undo)
            as net_{{ measure }},
        {% endfor -%}
        count(distinct person_key) filter (where {{ is_public_engagement() }}) as engagers,
        event_date
    from interactions
    group by video_id, event_date

)

select * from count_interactions
