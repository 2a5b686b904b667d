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

exported_days as (

    select * from {{ ref('int_account_days_chosen') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

-- The sums of an account's videos are of one source too. Content of Studio is left out: it lists 15
-- videos at most, and what is missing from a sum nobody can see.
rank_video_sources as (

    select
        {% for family in ['engagement', 'watch'] -%}
        min({{ source_rank("nullif(" ~ family ~ "_source, 'studio')") }}) over (
            partition by account_id, kpi_date
        ) as {{ family }}_rank,
        {{ source_rank(family ~ '_source') }} as own_{{ family }}_rank,
        {% endfor -%}
        *
    from video_days

),

mark_counted as (

    select
        *,
        coalesce(own_engagement_rank = engagement_rank, false)
        or coalesce(own_watch_rank = watch_rank, false) as is_counted
    from rank_video_sources

),

sum_videos as (

    select
        {% for measure in account_sums() -%}
        {%- set family = 'watch' if measure in view_measures() + retained_measures() else 'engagement' -%}
        {{ sum_that_fits(
            'case when own_' ~ family ~ '_rank = ' ~ family ~ '_rank then ' ~ measure ~ ' end',
            measure_type(measure)
        ) }} as {{ measure }},
        {% endfor -%}
        account_id,
        kpi_date as event_date,
        min(engagement_rank) as engagement_rank,
        min(watch_rank) as watch_rank,
        {{ source_at('min(engagement_rank)') }} as engagement_source,
        {{ source_at('min(watch_rank)') }} as watch_source,
        max(case when is_estimated and is_counted then 1 else 0 end) as has_estimates,
        max(case when has_restatement and is_counted then 1 else 0 end) as has_restatements
    from mark_counted
    group by account_id, kpi_date

),

-- Each family of a day is the event log's if it tells of the day, else of the most trusted source;
-- what one says of the account goes before the sum of what it says of its videos.
choose_sources as (

    select
        {% for family, entities in {
            'watch': ['video_views'],
            'engagement': ['interactions'],
            'funnel': ['profile_visits', 'conversions'],
        }.items() -%}
        {%- set is_of_log -%}
            (
                {{ is_event_log_day('account_days.event_date') }}
                or exported.{{ family }}_rank is null
                {%- if family != 'funnel' %}
                and coalesce(sum_videos.{{ family }}_source <> 'accounts_api', true)
                {%- endif %}
            )
        {%- endset -%}
        {% for entity in entities -%}
        coverage.knows_{{ entity }} and {{ is_of_log }} as knows_{{ entity }},
        {% endfor -%}
        {% if family == 'engagement' -%}
        {% for measure in interaction_measures().values() -%}
        coalesce(coverage_days.knows_{{ measure }}, coverage.knows_{{ measure }})
        and {{ is_of_log }} as knows_{{ measure }},
        {% endfor -%}
        {% endif -%}
        {% endfor -%}
        {% for family in ['engagement', 'watch'] -%}
        exported.{{ family }}_rank <= coalesce(sum_videos.{{ family }}_rank, exported.{{ family }}_rank)
            as has_exported_{{ family }},
        exported.{{ family }}_source as exported_{{ family }}_source,
        {% endfor -%}
        exported.funnel_source as exported_funnel_source,
        exported.studio_exported_on,
        {% for measure in exported_families().values() | sum(start=[]) -%}
        exported.{{ measure }} as exported_{{ measure }},
        {% endfor -%}
        account_days.account_id,
        account_days.event_date
    from account_days
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
    left join exported_days as exported
        on
            account_days.account_id = exported.account_id
            and account_days.event_date = exported.event_date

),

-- A measure that the account's sources cannot know is NULL; one they know is 0 without rows.
-- People are recounted for the account and never summed over its videos.
add_measures as (

    select
        {% for measure in view_measures() + retained_measures() -%}
        case
            when days.knows_video_views
                then {{ sum_of_log('watch', measure) }}
            when days.has_exported_watch
                then {{ 'days.exported_views' if measure == 'views' else 'null' }}
            else sum_videos.{{ measure }}
        end as {{ measure }},
        {% endfor -%}
        {% for measure, counted in viewer_measures().items() -%}
        case
            when days.knows_video_views then coalesce({{ counted }}.{{ measure }}, 0)
            {%- if measure in exported_families().watch %}
            when days.has_exported_watch then days.exported_{{ measure }}
            {%- endif %}
        end as {{ measure }},
        {% endfor -%}
        {% for measure in interaction_measures().values() -%}
        case
            when days.knows_{{ measure }}
                then {{ sum_of_log('engagement', measure) }}
            when days.has_exported_engagement and not days.knows_interactions
                then {{ 'days.exported_' ~ measure
                    if measure in exported_families().engagement else 'null' }}
            else sum_videos.{{ measure }}
        end as {{ measure }},
        case
            when days.knows_{{ measure }}
                then {{ sum_of_log('engagement', 'net_' ~ measure) }}
        end as net_{{ measure }},
        {% endfor -%}
        {% for measure, entity in funnel_measures().items() -%}
        case
            when days.knows_{{ entity }} and funnel.account_id is null then 0
            when days.knows_{{ entity }} then funnel.{{ measure }}
            {%- if measure in exported_families().funnel %}
            when not days.knows_profile_visits and not days.knows_conversions
                then days.exported_{{ measure }}
            {%- endif %}
        end as {{ measure }},
        {% endfor -%}
        case when days.knows_conversions then funnel.currency end as currency,
        followers.followers_opening,
        followers.followers_gained,
        followers.followers_lost,
        followers.followers_adjustment,
        followers.followers_net,
        followers.followers_closing,
        followers.follower_growth_rate_pct,
        followers.gross_follower_growth_rate_pct,
        followers.followers_source,
        followers.followers_is_suspect,
        case
            when days.knows_interactions then 'event_log'
            when days.has_exported_engagement then days.exported_engagement_source
            else sum_videos.engagement_source
        end as engagement_source,
        case
            when days.knows_video_views then 'event_log'
            when days.has_exported_watch then days.exported_watch_source
            else sum_videos.watch_source
        end as watch_source,
        case
            when days.knows_profile_visits or days.knows_conversions then 'event_log'
            else days.exported_funnel_source
        end as chosen_funnel_source,
        coalesce(sum_videos.has_estimates = 1, false)
        and not coalesce(days.knows_video_views and days.knows_interactions, false)
        and not coalesce(days.has_exported_engagement and days.has_exported_watch, false)
            as is_estimated,
        coalesce(sum_videos.has_restatements = 1, false)
        and not coalesce(days.knows_video_views and days.knows_interactions, false)
        and not coalesce(days.has_exported_engagement and days.has_exported_watch, false)
            as has_restatement,
        days.account_id,
        days.event_date,
        days.studio_exported_on,
        accounts.account_role
    from choose_sources as days
    inner join accounts
        on days.account_id = accounts.account_id
    left join sum_videos
        on days.account_id = sum_videos.account_id and days.event_date = sum_videos.event_date
    left join viewers
        on days.account_id = viewers.account_id and days.event_date = viewers.event_date
    left join new_viewers
        on days.account_id = new_viewers.account_id and days.event_date = new_viewers.event_date
    left join followers
        on days.account_id = followers.account_id and days.event_date = followers.event_date
    left join funnel
        on days.account_id = funnel.account_id and days.event_date = funnel.event_date

),

add_engagements as (

    select
        *,
        {{ engagement_columns(funnel_source='chosen_funnel_source') }}
    from add_measures

),

judge_days as (

    select
        add_engagements.*,
        {{ is_provisional(
            'event_date',
            ['engagement_source', 'watch_source', 'funnel_source', 'followers_source'],
            studio_exported_on='studio_exported_on',
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
