with

account_days as (

    select * from {{ ref('daily_account_kpis') }}

),

video_days as (

    select * from {{ ref('int_video_comment_sentiment') }}

),

sum_videos as (

    select
        {% for measure in comment_sentiment_measures() -%}
        sum({{ measure }}) as {{ measure }},
        {% endfor -%}
        account_id,
        event_date
    from video_days
    group by account_id, event_date

),

-- A day whose comments come from events had none if no video had one; what another source counts
-- has no text.
add_sentiment as (

    select
        {% for measure in comment_sentiment_measures() -%}
        cast(
            case
                when
                    account_days.engagement_source = 'event_log'
                    and account_days.comments is not null
                    then coalesce(sum_videos.{{ measure }}, 0)
            end as {{ 'decimal(18, 4)' if measure.endswith('_sum') else 'bigint' }}
        ) as {{ measure }},
        {% endfor -%}
        account_days.account_id,
        account_days.account_role,
        account_days.kpi_date as event_date,
        account_days.comments,
        account_days.engagement_source,
        account_days.has_restatement,
        account_days.is_provisional
    from account_days
    left join sum_videos
        on
            account_days.account_id = sum_videos.account_id
            and account_days.kpi_date = sum_videos.event_date

),

withhold_few as (

    select
        {% for measure in comment_sentiment_measures() -%}
        {% if measure in comment_split_measures() -%}
        case
            when not coalesce({{ is_small_group('comments_judged') }}, false) then {{ measure }}
        end as {{ measure }},
        {% else -%}
        {{ measure }},
        {% endif -%}
        {% endfor -%}
        account_id,
        account_role,
        event_date,
        comments,
        engagement_source,
        has_restatement,
        is_provisional,
        coalesce({{ is_small_group('comments_judged') }}, false) as is_suppressed
    from add_sentiment

),

-- One row is one calendar day, so seven rows are seven days. All of them are shown, or a week less
-- the week before would be a day that is not.
sum_weeks as (

    select
        *,
        case
            when count(comment_sentiment_sum) over last_7_days = 7
                then sum(comments_judged) over last_7_days
        end as comments_judged_in_week,
        case
            when count(comment_sentiment_sum) over last_7_days = 7
                then sum(comment_sentiment_sum) over last_7_days
        end as comment_sentiment_in_week
    from withhold_few
    window
        last_7_days as (
            partition by account_id
            order by event_date
            rows between 6 preceding and current row
        )

)

select
    account_id,
    account_role,
    event_date,
    comments,
    {{ comment_sentiment_columns() }},
    cast(comments_judged_in_week as bigint) as comments_judged_7d,
    cast(comment_sentiment_in_week as decimal(18, 4)) as comment_sentiment_sum_7d,
    {{ ratio('comment_sentiment_in_week', 'comments_judged_in_week') }}
        as comment_sentiment_score_7d,
    is_suppressed,
    engagement_source,
    has_restatement,
    is_provisional
from sum_weeks
