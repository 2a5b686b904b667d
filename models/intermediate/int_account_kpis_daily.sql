with

account_days as (

    select *
    from {{ ref('int_account_days_spined') }}
    where is_beyond_data_end is not true

),

video_days as (

    select * from {{ ref('daily_video_kpis') }}

),

viewers as (

    select * from {{ ref('int_account_viewers_counted') }}

),

new_viewers as (

    select
        account_id,
        first_view_date as event_date,
        count(*) as new_viewers
    from {{ ref('int_viewer_first_view') }}
    where is_counted
    group by account_id, first_view_date

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

coverage_days as (

    select * from {{ ref('int_account_coverage_daily') }}

),

followers as (

    select * from {{ ref('fct_follower_daily') }}

),

funnel as (

    select * from {{ ref('int_account_funnel_daily') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

sum_videos as (

    select
        {% for measure in account_sums() -%}
        {{ sum_that_fits(measure, measure_type(measure)) }} as {{ measure }},
        {% endfor -%}
        account_id,
        kpi_date as event_date,
        max(case when engagement_source = 'snapshots' then 1 else 0 end)
            as has_snapshot_engagement,
        max(case when watch_source = 'snapshots' then 1 else 0 end) as has_snapshot_watch,
        max(case when is_estimated then 1 else 0 end) as has_estimates,
        max(case when has_restatement then 1 else 0 end) as has_restatements
    from video_days
    group by account_id, kpi_date

),

-- A measure that the account's sources cannot know is NULL; one they know is 0 without rows.
-- People are recounted for the account and never summed over its videos.
add_measures as (

    select
        {% for measure in view_measures() + retained_measures() -%}
        case
            when coverage.knows_video_views then coalesce(sum_videos.{{ measure }}, 0)
            else sum_videos.{{ measure }}
        end as {{ measure }},
        {% endfor -%}
        {% for measure, counted in viewer_measures().items() -%}
        case when coverage.knows_video_views then coalesce({{ counted }}.{{ measure }}, 0) end
            as {{ measure }},
        {% endfor -%}
        {% for measure in interaction_measures().values() -%}
        case
            when coalesce(coverage_days.knows_{{ measure }}, coverage.knows_{{ measure }})
                then coalesce(sum_videos.{{ measure }}, 0)
            else sum_videos.{{ measure }}
        end as {{ measure }},
        case
            when coalesce(coverage_days.knows_{{ measure }}, coverage.knows_{{ measure }})
                then coalesce(sum_videos.net_{{ measure }}, 0)
        end as net_{{ measure }},
        {% endfor -%}
        {% for measure, entity in funnel_measures().items() -%}
        case
            when coverage.knows_{{ entity }} and funnel.account_id is null then 0
            when coverage.knows_{{ entity }} then funnel.{{ measure }}
        end as {{ measure }},
        {% endfor -%}
        case when coverage.knows_conversions then funnel.currency end as currency,
        followers.followers_opening,
        followers.followers_gained,
        followers.followers_lost,
        followers.followers_adjustment,
        followers.followers_net,
        followers.followers_closing,
        followers.follower_growth_rate_pct,
        followers.gross_follower_growth_rate_pct,
        followers.followers_source,
        case
            when coverage.knows_interactions then 'event_log'
            when sum_videos.has_snapshot_engagement = 1 then 'snapshots'
        end as engagement_source,
        case
            when coverage.knows_video_views then 'event_log'
            when sum_videos.has_snapshot_watch = 1 then 'snapshots'
        end as watch_source,
        coalesce(sum_videos.has_estimates, 0) = 1 as is_estimated,
        coalesce(sum_videos.has_restatements, 0) = 1 as has_restatement,
        account_days.account_id,
        account_days.event_date,
        accounts.account_role
    from account_days
    inner join accounts
        on account_days.account_id = accounts.account_id
    inner join coverage
        on account_days.account_id = coverage.account_id
    left join coverage_days
        on
            account_days.account_id = coverage_days.account_id
            and account_days.event_date = coverage_days.event_date
    left join sum_videos
        on
            account_days.account_id = sum_videos.account_id
            and account_days.event_date = sum_videos.event_date
    left join viewers
        on
            account_days.account_id = viewers.account_id
            and account_days.event_date = viewers.event_date
    left join new_viewers
        on
            account_days.account_id = new_viewers.account_id
            and account_days.event_date = new_viewers.event_date
    left join followers
        on
            account_days.account_id = followers.account_id
            and account_days.event_date = followers.event_date
    left join funnel
        on
            account_days.account_id = funnel.account_id
            and account_days.event_date = funnel.event_date

),

add_engagements as (

    select
        *,
        {{ engagement_columns() }}
    from add_measures

),

judge_days as (

    select
        add_engagements.*,
        {{ is_provisional(
            'event_date',
            ['engagement_source', 'watch_source', 'funnel_source', 'followers_source'],
        ) }} as is_provisional
    from add_engagements
    cross join bounds

),

compute_rates as (

    select
        *,
        {{ pct(
            'engagements',
            beside_engagements('followers_opening', source='followers_source')
        ) }} as engagement_rate_by_followers_pct,
        {{ kpi_rates() }}
    from judge_days

)

select * from compute_rates
