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

mark_comments as (

    select
        *,
        interaction_type = 'comment' and not is_undo as is_comment
    from interactions

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
        count(*) filter (where is_comment and comment_sentiment_score is not null)
            as comments_judged,
        count(*) filter (
            where is_comment and comment_sentiment_score >= {{ var('sentiment_from') }}
        ) as positive_comments,
        count(*) filter (
            where is_comment and comment_sentiment_score <= -{{ var('sentiment_from') }}
        ) as negative_comments,
        count(*) filter (
            where is_comment and comment_sentiment_score is null and comment_language is not null
        ) as comments_in_other_languages,
        cast(
            coalesce(sum(case when is_comment then comment_sentiment_score end), 0)
            as decimal(18, 4)
        ) as comment_sentiment_sum,
        event_date
    from mark_comments
    group by video_id, event_date

)

select * from count_interactions
