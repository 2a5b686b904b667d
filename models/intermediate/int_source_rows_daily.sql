{%- set export_parents = {'account_handle': 'handles', 'video_id': 'videos'} -%}
with

videos as (

    select * from {{ ref('int_videos') }}

),

handles as (

    select * from {{ ref('int_account_handles') }}

),

video_views as (

    select * from {{ ref('int_video_views_daily') }}

),

interactions as (

    select * from {{ ref('int_interactions_daily') }}

),

follower_events as (

    select * from {{ ref('int_account_follower_events_daily') }}

),

funnel as (

    select * from {{ ref('int_account_funnel_daily') }}

),

follower_counts as (

    select * from {{ ref('stg_event_log__follower_counts') }}

),

account_snapshots as (

    select * from {{ ref('stg_event_log__account_snapshots') }}

),

video_snapshots as (

    select * from {{ ref('stg_event_log__video_snapshots') }}

),

-- From the daily counts, so that no event is read again. A gross and a net count tell how many rows
-- there were: each undo is one more.
count_event_rows as (

    select
        'video_views' as feed,
        videos.account_id,
        video_views.event_date,
        video_views.impressions as accepted_rows
    from video_views
    inner join videos
        on video_views.video_id = videos.video_id

    union all

    select
        'interactions' as feed,
        videos.account_id,
        interactions.event_date,
        {% for measure in interaction_measures().values() -%}
        {{ '    + ' if not loop.first }}2 * {{ measure }} - net_{{ measure }}
        {% endfor %}    as accepted_rows
    from interactions
    inner join videos
        on interactions.video_id = videos.video_id

    union all

    select
        'follower_events' as feed,
        account_id,
        event_date,
        followers_gained + followers_lost as accepted_rows
    from follower_events

    union all

    select
        'profile_visits' as feed,
        account_id,
        event_date,
        profile_visits as accepted_rows
    from funnel

    union all

    select
        'conversions' as feed,
        account_id,
        event_date,
        conversions as accepted_rows
    from funnel

),

count_rows as (

    select
        'event_log' as source,
        feed,
        account_id,
        event_date,
        accepted_rows
    from count_event_rows
    where accepted_rows > 0

    union all

    select
        'event_log' as source,
        'follower_counts' as feed,
        account_id,
        count_date as event_date,
        1 as accepted_rows
    from follower_counts

    union all

    select
        'snapshots' as source,
        'account_snapshots' as feed,
        account_id,
        {{ reporting_date('captured_at') }} as event_date,
        1 as accepted_rows
    from account_snapshots

    union all

    select
        'snapshots' as source,
        'video_snapshots' as feed,
        account_id,
        {{ reporting_date('captured_at') }} as event_date,
        1 as accepted_rows
    from video_snapshots
    {%- for entity in ['accounts', 'videos'] %}

    union all

    -- A list is of no day but that on which it came in.
    select
        'event_log' as source,
        '{{ entity }}' as feed,
        account_id,
        {{ reporting_date('_ingested_at') }} as event_date,
        1 as accepted_rows
    from {{ ref('stg_event_log__' ~ entity) }}
    {%- endfor %}
    {% for entity in raw_entities() if entity_source(entity) in ['studio', 'accounts_api'] %}
    {%- set parent_key = row_place(entity).account %}
    {%- set parent = export_parents[parent_key] %}
    union all

    select
        '{{ trust_source(entity) }}' as source,
        '{{ entity }}' as feed,
        {{ parent }}.account_id,
        {{ row_place(entity).day }} as event_date,
        1 as accepted_rows
    from {{ ref(base_model(entity)) }} as export_rows
    inner join {{ parent }}
        on export_rows.{{ parent_key }} = {{ parent }}.{{ parent_key }}
    where export_rows.row_status = 'accepted'
    {% endfor %}
),

sum_rows as (

    select
        account_id,
        source,
        feed,
        event_date,
        cast(sum(accepted_rows) as bigint) as accepted_rows
    from count_rows
    where event_date is not null
    group by account_id, source, feed, event_date

)

select * from sum_rows
