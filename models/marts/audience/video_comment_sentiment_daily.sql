with

video_days as (

    select * from {{ ref('int_video_comment_sentiment') }}

),

find_few as (

    select
        *,
        {{ is_small_group('comments_judged') }} as is_few
    from video_days

),

-- The account's day is published too: less the videos that are shown, it must not be one of few.
decide_withheld as (

    select
        *,
        {{ is_withheld(
            'comments_judged', 'is_few', whole='account_id, event_date', name='video_id'
        ) }} as is_suppressed
    from find_few

),

withhold as (

    select
        video_id,
        account_id,
        event_date,
        comments,
        comments_judged,
        comments_in_other_languages,
        {% for measure in comment_split_measures() -%}
        case when not is_suppressed then {{ measure }} end as {{ measure }},
        {% endfor -%}
        is_suppressed
    from decide_withheld

)

select
    video_id,
    account_id,
    event_date,
    comments,
    {{ comment_sentiment_columns() }},
    is_suppressed
from withhold
