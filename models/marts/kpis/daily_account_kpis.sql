with

account_days as (

    select * from {{ ref('int_account_days_spined') }}

),

video_days as (

    select * from {{ ref('daily_video_kpis') }}

),

viewers as (

    select * from {{ ref('int_account_viewers_counted') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

sum_videos as (

    select
        {% for measure in account_sums() -%}
        cast(sum({{ measure }}) as {{ measure_type(measure) }}) as {{ measure }},
        {% endfor -%}
        account_id,
        kpi_date as event_date
    from video_days
    group by account_id, kpi_date

),

-- A measure that the account's sources cannot know is NULL; one they know is 0 without rows.
-- People are recounted for the account and never summed over its videos.
add_measures as (

    select
        {% for measure in view_measures() + retained_measures() -%}
        case when coverage.knows_video_views then coalesce(sum_videos.{{ measure }}, 0) end
            as {{ measure }},
        {% endfor -%}
        {% for measure in viewer_measures() -%}
        case when coverage.knows_video_views then coalesce(viewers.{{ measure }}, 0) end
            as {{ measure }},
        {% endfor -%}
        {% for measure in interaction_measures().values() -%}
        case when coverage.knows_{{ measure }} then coalesce(sum_videos.{{ measure }}, 0) end
            as {{ measure }},
        case when coverage.knows_{{ measure }} then coalesce(sum_videos.net_{{ measure }}, 0) end
            as net_{{ measure }},
        {% endfor -%}
        account_days.account_id,
        account_days.event_date,
        accounts.account_role
    from account_days
    inner join accounts
        on account_days.account_id = accounts.account_id
    inner join coverage
        on account_days.account_id = coverage.account_id
    left join sum_videos
        on
            account_days.account_id = sum_videos.account_id
            and account_days.event_date = sum_videos.event_date
    left join viewers
        on
            account_days.account_id = viewers.account_id
            and account_days.event_date = viewers.event_date

),

add_engagements as (

    select
        add_measures.*,
        {{ engagement_columns() }},
        {{ is_provisional('event_date', 'bounds.newest_ingested_at') }} as is_provisional
    from add_measures
    cross join bounds

),

compute_rates as (

    select
        *,
        {{ kpi_rates() }}
    from add_engagements

)

select
    account_id,
    event_date as kpi_date,
    account_role,
    impressions,
    impressions_with_person,
    reach,
    frequency,
    views,
    view_rate_pct,
    unique_viewers,
    new_viewers,
    returning_viewers,
    likes,
    net_likes,
    like_rate_pct,
    comments,
    net_comments,
    comment_rate_pct,
    shares,
    net_shares,
    share_rate_pct,
    saves,
    net_saves,
    save_rate_pct,
    duets,
    net_duets,
    stitches,
    net_stitches,
    direct_messages,
    net_direct_messages,
    engagements,
    engagement_has_saves,
    engagement_rate_pct,
    engagement_rate_by_reach_pct,
    active_engagements,
    active_engagement_rate_pct,
    engagement_source,
    total_watch_seconds,
    average_watch_seconds,
    views_with_duration,
    completed_views,
    completion_rate_pct,
    first_play_watch_seconds,
    views_retained_25,
    watch_retention_25_pct,
    views_retained_50,
    watch_retention_50_pct,
    views_retained_75,
    watch_retention_75_pct,
    views_retained_100,
    watch_retention_100_pct,
    watch_source,
    is_provisional
from compute_rates
