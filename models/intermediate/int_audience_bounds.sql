with

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

viewer_days as (

    select
        account_id,
        sum(public_interactions) as interactions_with_person
    from {{ ref('int_viewer_days') }}
    group by account_id

),

interaction_days as (

    select * from {{ ref('int_interactions_daily') }}

),

videos as (

    select * from {{ ref('int_videos') }}

),

count_interactions as (

    select
        videos.account_id,
        sum(
            {% for interaction_type in public_interaction_types() -%}
            interaction_days.{{ interaction_measures()[interaction_type] }}
            {{ '+ ' if not loop.last }}
            {%- endfor %}
        ) as interactions
    from interaction_days
    inner join videos
        on interaction_days.video_id = videos.video_id
    group by videos.account_id

),

decide_bounds as (

    select
        coverage.account_id,
        -- Exports may tell of later days, but nothing of the people on them.
        least(bounds.data_end_date, coverage.event_log_last_date) as last_date,
        -- Interactions that all name nobody would make everybody a lurker.
        coverage.knows_interactions
        and (
            viewer_days.interactions_with_person > 0
            or coalesce(count_interactions.interactions, 0) = 0
        ) as knows_engagers
    from coverage
    cross join bounds
    inner join viewer_days
        on coverage.account_id = viewer_days.account_id
    left join count_interactions
        on coverage.account_id = count_interactions.account_id
    where coverage.knows_video_views

)

select * from decide_bounds
