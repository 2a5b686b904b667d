with

video_views as (

    select * from {{ ref('int_video_views_daily') }}

),

viewers as (

    select * from {{ ref('int_video_viewers_counted') }}

),

new_viewers as (

    select
        video_id,
        first_view_date as event_date,
        count(*) as new_viewers
    from {{ ref('int_viewer_first_view') }}
    group by video_id, first_view_date

),

interactions as (

    select * from {{ ref('int_interactions_daily') }}

),

funnel as (

    select * from {{ ref('int_video_funnel_daily') }}

),

snapshots as (

    select * from {{ ref('int_video_snapshots_daily') }}

),

readings as (

    select * from {{ ref('int_video_snapshots') }}

),

suspect_readings as (

    select distinct
        video_id,
        event_date
    from {{ ref('int_video_snapshot_levels') }}
    where is_suspect

),

videos as (

    select * from {{ ref('int_videos') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

coverage_days as (

    select * from {{ ref('int_account_coverage_daily') }}

),

-- A reading that is a baseline adds nothing to its day, but is a row of that day.
list_video_days as (
    {% for days in ['video_views', 'interactions', 'funnel', 'snapshots'] %}
    select
        video_id,
        event_date
    from {{ days }}

    union distinct
    {% endfor %}
    select
        video_id,
        event_date
    from readings

),

add_coverage as (

    select
        list_video_days.video_id,
        list_video_days.event_date,
        {% for measure in interaction_measures().values() -%}
        coalesce(coverage_days.knows_{{ measure }}, coverage.knows_{{ measure }})
        and videos.is_in_event_log as knows_{{ measure }},
        {% endfor -%}
        {% for entity in event_entities() -%}
        coverage.knows_{{ entity }} and videos.is_in_event_log as knows_{{ entity }},
        {% endfor -%}
        {% for family in ['engagement', 'watch'] -%}
        {{ is_event_log_day('list_video_days.event_date') }}
        or coalesce(snapshots.{{ family }}_source, 'snapshots') = 'snapshots'
            as is_{{ family }}_of_log,
        snapshots.{{ family }}_source as snapshots_{{ family }}_source,
        {% endfor -%}
        videos.account_id
    from list_video_days
    inner join videos
        on list_video_days.video_id = videos.video_id
    inner join coverage
        on videos.account_id = coverage.account_id
    left join coverage_days
        on
            videos.account_id = coverage_days.account_id
            and list_video_days.event_date = coverage_days.event_date
    left join snapshots
        on
            list_video_days.video_id = snapshots.video_id
            and list_video_days.event_date = snapshots.event_date

),

-- Events go before lifetime counters, a family at a time, so that no family mixes two sources.
choose_sources as (

    select
        video_id,
        account_id,
        event_date,
        {% for measure in interaction_measures().values() -%}
        knows_{{ measure }} and is_engagement_of_log as knows_{{ measure }},
        {% endfor -%}
        {% for entity in event_entities() -%}
        knows_{{ entity }} and is_{{ 'engagement' if entity == 'interactions' else 'watch' }}_of_log
            as knows_{{ entity }},
        {% endfor -%}
        case
            when knows_interactions and is_engagement_of_log then 'event_log'
            else snapshots_engagement_source
        end as engagement_source,
        case
            when knows_video_views and is_watch_of_log then 'event_log'
            else snapshots_watch_source
        end as watch_source
    from add_coverage

),

-- A measure that the account's sources cannot know is NULL; one they know is 0 without rows.
add_measures as (

    select
        {% for measure in view_measures() -%}
        case
            when days.knows_video_views then coalesce(video_views.{{ measure }}, 0)
            {%- if measure in snapshot_measures() %}
            else snapshots.{{ measure }}
            {%- endif %}
        end as {{ measure }},
        {% endfor -%}
        {% for measure, counted in viewer_measures().items() -%}
        case when days.knows_video_views then coalesce({{ counted }}.{{ measure }}, 0) end
            as {{ measure }},
        {% endfor -%}
        {% for measure in interaction_measures().values() -%}
        case
            when days.knows_{{ measure }} then coalesce(interactions.{{ measure }}, 0)
            {%- if measure in snapshot_interaction_measures() %}
            when not days.knows_interactions then snapshots.{{ measure }}
            {%- endif %}
        end as {{ measure }},
        case when days.knows_{{ measure }} then coalesce(interactions.net_{{ measure }}, 0) end
            as net_{{ measure }},
        {% endfor -%}
        {% for measure, entity in funnel_measures().items() -%}
        case
            when days.knows_{{ entity }} and funnel.video_id is null then 0
            when days.knows_{{ entity }} then funnel.{{ measure }}
        end as {{ measure }},
        {% endfor -%}
        case when days.knows_conversions then funnel.currency end as currency,
        case when days.knows_follower_events then coalesce(funnel.followers_gained, 0) end
            as followers_gained,
        days.video_id,
        days.account_id,
        days.event_date,
        days.engagement_source,
        days.watch_source,
        -- What snapshots say of a family that events tell is in no number of the row.
        coalesce(days.engagement_source <> 'event_log' and snapshots.engagement_is_estimated, false)
        or coalesce(days.watch_source <> 'event_log' and snapshots.watch_is_estimated, false)
            as is_estimated,
        coalesce(
            days.engagement_source <> 'event_log' and snapshots.engagement_has_restatement, false
        )
        or coalesce(days.watch_source <> 'event_log' and snapshots.watch_has_restatement, false)
            as has_restatement,
        suspect_readings.video_id is not null
        and coalesce(
            days.engagement_source <> 'event_log' or days.watch_source <> 'event_log', true
        ) as has_suspect_reading
    from choose_sources as days
    left join video_views
        on days.video_id = video_views.video_id and days.event_date = video_views.event_date
    left join viewers
        on days.video_id = viewers.video_id and days.event_date = viewers.event_date
    left join new_viewers
        on days.video_id = new_viewers.video_id and days.event_date = new_viewers.event_date
    left join interactions
        on days.video_id = interactions.video_id and days.event_date = interactions.event_date
    left join funnel
        on days.video_id = funnel.video_id and days.event_date = funnel.event_date
    left join snapshots
        on days.video_id = snapshots.video_id and days.event_date = snapshots.event_date
    left join suspect_readings
        on
            days.video_id = suspect_readings.video_id
            and days.event_date = suspect_readings.event_date

)

select
    video_id,
    account_id,
    event_date,
    impressions,
    impressions_with_person,
    reach,
    views,
    unique_viewers,
    new_viewers,
    views_with_duration,
    completed_views,
    total_watch_seconds,
    first_play_watch_seconds,
    watch_source,
    likes,
    net_likes,
    comments,
    net_comments,
    shares,
    net_shares,
    saves,
    net_saves,
    duets,
    net_duets,
    stitches,
    net_stitches,
    direct_messages,
    net_direct_messages,
    engagement_source,
    followers_gained,
    profile_visits,
    profile_visitors,
    conversions,
    conversion_value_amount,
    currency,
    is_estimated,
    has_restatement,
    has_suspect_reading
from add_measures
