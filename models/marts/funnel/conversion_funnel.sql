{%- set people = [
    'unique_viewers', 'engagers', 'profile_visitors', 'link_clickers', 'converters_beyond_clicks',
    'purchasers',
] -%}
{%- set times = [
    'timed_conversions', 'total_time_to_convert_seconds', 'median_time_to_convert_seconds'
] -%}

with

account_kpis as (

    select *
    from {{ ref('daily_account_kpis') }}
    where account_role = 'own'

),

video_kpis as (

    select * from {{ ref('daily_video_kpis') }}

),

exported_days as (

    select * from {{ ref('int_account_days_exported') }}

),

account_engagers as (

    select * from {{ ref('int_account_engagers_counted') }}

),

video_engagers as (

    select * from {{ ref('int_interactions_daily') }}

),

account_funnel as (

    select * from {{ ref('int_account_funnel_daily') }}

),

video_funnel as (

    select * from {{ ref('int_video_funnel_daily') }}

),

traffic_source_funnel as (

    select * from {{ ref('int_traffic_source_funnel_daily') }}

),

conversions as (

    select *
    from {{ ref('int_funnel_actions_attributed') }}
    where action_type not in ('profile_visit', 'link_click') and seconds_since_view is not null

),

{% for breakdown, key in {
    'account': ['account_id', 'event_date'],
    'video': ['video_id', 'event_date'],
    'traffic_source': ['account_id', 'event_date', 'traffic_source'],
}.items() -%}
time_by_{{ breakdown }} as (

    select
        {{ key | join(',\n        ') }},
        count(*) as timed_conversions,
        {{ sum_that_fits('seconds_since_view', 'decimal(18, 3)') }}
            as total_time_to_convert_seconds,
        round(median(cast(seconds_since_view as double)), 3) as median_time_to_convert_seconds
    from conversions
    {{ 'where video_id is not null\n    ' if breakdown == 'video' -}}
    group by {{ key | join(', ') }}

),

{% endfor -%}
-- Where the event log tells of a step it knows its people too, and none are 0.
{% for grain in ['account', 'video'] -%}
{{ grain }}_days as (

    select
        *,
        watch_source = 'event_log' as knows_views,
        engagement_source = 'event_log' and engagements is not null as knows_engagements,
        funnel_source = 'event_log' and profile_visits is not null as knows_visits,
        funnel_source = 'event_log' and conversions is not null as knows_conversions
    from {{ grain }}_kpis

),

{% endfor -%}
describe_accounts as (

    select
        days.account_id,
        days.kpi_date as event_date,
        'account' as breakdown,
        'all' as breakdown_value,
        days.views,
        days.unique_viewers,
        days.engagements,
        days.engagement_has_saves,
        case when days.knows_engagements then coalesce(account_engagers.engagers, 0) end
            as engagers,
        days.profile_visits,
        days.profile_visitors,
        {% for measure in conversion_step_measures() -%}
        case
            when days.knows_conversions then coalesce(funnel.{{ measure }}, 0)
            {%- if measure == 'link_clicks' %}
            else exported.link_clicks
            {%- elif measure == 'conversions_beyond_clicks' %}
            else {{ total_if_any(['exported.downloads', 'exported.leads']) }}
            {%- endif %}
        end as {{ measure }},
        {% endfor -%}
        days.conversions,
        {% for measure in times -%}
        time_by_account.{{ measure }},
        {% endfor -%}
        days.conversion_value_amount,
        days.currency,
        days.watch_source,
        days.engagement_source,
        days.funnel_source,
        days.has_restatement,
        days.is_provisional
    from account_days as days
    left join account_engagers
        on
            days.account_id = account_engagers.account_id
            and days.kpi_date = account_engagers.event_date
    left join account_funnel as funnel
        on days.account_id = funnel.account_id and days.kpi_date = funnel.event_date
    left join exported_days as exported
        on
            days.account_id = exported.account_id
            and days.kpi_date = exported.event_date
            and days.funnel_source = exported.source
    left join time_by_account
        on
            days.account_id = time_by_account.account_id
            and days.kpi_date = time_by_account.event_date

),

describe_videos as (

    select
        days.account_id,
        days.kpi_date as event_date,
        'video' as breakdown,
        days.video_id as breakdown_value,
        days.views,
        days.unique_viewers,
        days.engagements,
        days.engagement_has_saves,
        case when days.knows_engagements then coalesce(video_engagers.engagers, 0) end
            as engagers,
        days.profile_visits,
        days.profile_visitors,
        {% for measure in conversion_step_measures() -%}
        case when days.knows_conversions then coalesce(funnel.{{ measure }}, 0) end
            as {{ measure }},
        {% endfor -%}
        days.conversions,
        {% for measure in times -%}
        time_by_video.{{ measure }},
        {% endfor -%}
        days.conversion_value_amount,
        days.currency,
        days.watch_source,
        days.engagement_source,
        days.funnel_source,
        days.has_restatement,
        days.is_provisional
    from video_days as days
    inner join account_kpis
        on days.account_id = account_kpis.account_id and days.kpi_date = account_kpis.kpi_date
    left join video_engagers
        on days.video_id = video_engagers.video_id and days.kpi_date = video_engagers.event_date
    left join video_funnel as funnel
        on days.video_id = funnel.video_id and days.kpi_date = funnel.event_date
    left join time_by_video
        on days.video_id = time_by_video.video_id and days.kpi_date = time_by_video.event_date

),

-- Exports tell nothing of where a view came from.
describe_traffic_sources as (

    select
        funnel.account_id,
        funnel.event_date,
        'traffic_source' as breakdown,
        funnel.traffic_source as breakdown_value,
        case when days.knows_views then funnel.views end as views,
        case when days.knows_views then funnel.unique_viewers end as unique_viewers,
        case
            when days.knows_engagements and days.engagement_has_saves
                then funnel.public_engagements + funnel.saves
            when days.knows_engagements then funnel.public_engagements
        end as engagements,
        case when days.knows_engagements then days.engagement_has_saves end
            as engagement_has_saves,
        case when days.knows_engagements then funnel.engagers end as engagers,
        {% for measure in ['profile_visits', 'profile_visitors'] -%}
        case when days.knows_visits then funnel.{{ measure }} end as {{ measure }},
        {% endfor -%}
        {% for measure in conversion_step_measures() + ['conversions'] -%}
        case when days.knows_conversions then funnel.{{ measure }} end as {{ measure }},
        {% endfor -%}
        {% for measure in times -%}
        time_by_traffic_source.{{ measure }},
        {% endfor -%}
        {% for measure in ['conversion_value_amount', 'currency'] -%}
        case when days.knows_conversions then funnel.{{ measure }} end as {{ measure }},
        {% endfor -%}
        {% for family in ['watch', 'engagement', 'funnel'] -%}
        case when days.{{ family }}_source = 'event_log' then 'event_log' end
            as {{ family }}_source,
        {% endfor -%}
        false as has_restatement,
        days.is_provisional
    from traffic_source_funnel as funnel
    inner join account_days as days
        on funnel.account_id = days.account_id and funnel.event_date = days.kpi_date
    left join time_by_traffic_source
        on
            funnel.account_id = time_by_traffic_source.account_id
            and funnel.event_date = time_by_traffic_source.event_date
            and funnel.traffic_source = time_by_traffic_source.traffic_source

),

union_breakdowns as (

    select * from describe_accounts

    union all

    select * from describe_videos

    union all

    select * from describe_traffic_sources

),

-- A split of the audience shows no small group, and none at all is no group. The time to convert
-- is known where views and conversions are.
judge_rows as (

    select
        *,
        {% for measure in people -%}
        coalesce(
            breakdown = 'traffic_source'
            and {{ measure }} between 1 and {{ var('privacy_threshold') - 1 }},
            false
        ) as hides_{{ measure }},
        {% endfor -%}
        coalesce(
            watch_source = 'event_log' and funnel_source = 'event_log' and conversions is not null,
            false
        ) as knows_times
    from union_breakdowns

),

hide_small_groups as (

    select
        account_id,
        event_date,
        breakdown,
        breakdown_value,
        views,
        engagements,
        engagement_has_saves,
        profile_visits,
        link_clicks,
        conversions_beyond_clicks,
        purchases,
        conversions,
        {% for measure in people -%}
        case when not hides_{{ measure }} then {{ measure }} end as {{ measure }},
        {% endfor -%}
        hides_{{ people | join('\n        or hides_') }}
            as has_suppressed_people,
        {% for measure in times -%}
        case
            when knows_times and not hides_converters_beyond_clicks
                then {{ 'coalesce(timed_conversions, 0)' if loop.first else measure }}
        end as {{ measure }},
        {% endfor -%}
        conversion_value_amount,
        currency,
        watch_source,
        engagement_source,
        funnel_source,
        has_restatement,
        is_provisional
    from judge_rows

)

select
    account_id,
    event_date,
    breakdown,
    breakdown_value,
    views,
    unique_viewers,
    engagements,
    engagement_has_saves,
    engagers,
    profile_visits,
    profile_visitors,
    link_clicks,
    link_clickers,
    conversions_beyond_clicks,
    converters_beyond_clicks,
    purchases,
    purchasers,
    conversions,
    {{ pct('engagements', of_one_source('views', 'watch', 'engagement')) }}
        as view_to_engagement_pct,
    {{ pct('profile_visits', of_one_source('engagements', 'engagement', 'funnel')) }}
        as engagement_to_visit_pct,
    {{ pct('link_clicks', 'profile_visits') }} as visit_to_click_pct,
    {{ pct('conversions_beyond_clicks', 'link_clicks') }} as click_to_conversion_pct,
    {{ pct('conversions_beyond_clicks', of_one_source('views', 'watch', 'funnel')) }}
        as view_to_conversion_pct,
    {{ pct('engagers', of_one_source('unique_viewers', 'watch', 'engagement')) }}
        as viewer_to_engager_pct,
    {{ pct('profile_visitors', of_one_source('engagers', 'engagement', 'funnel')) }}
        as engager_to_visitor_pct,
    {{ pct('link_clickers', 'profile_visitors') }} as visitor_to_clicker_pct,
    {{ pct('converters_beyond_clicks', 'link_clickers') }} as clicker_to_converter_pct,
    {{ pct('converters_beyond_clicks', of_one_source('unique_viewers', 'watch', 'funnel')) }}
        as viewer_to_converter_pct,
    timed_conversions,
    total_time_to_convert_seconds,
    {{ ratio('total_time_to_convert_seconds', 'timed_conversions') }}
        as average_time_to_convert_seconds,
    median_time_to_convert_seconds,
    conversion_value_amount,
    currency,
    has_suppressed_people,
    watch_source,
    engagement_source,
    funnel_source,
    has_restatement,
    is_provisional
from hide_small_groups
