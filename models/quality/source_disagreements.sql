with

video_days as (

    select * from {{ ref('fct_video_daily') }}

),

snapshots as (

    select * from {{ ref('int_video_snapshots_differenced') }}

),

official_followers as (

    select * from {{ ref('int_official_followers_daily') }}

),

accounts as (

    select * from {{ ref('stg_event_log__accounts') }}

),

-- One join for all measures: a join each took three times as long over a year of video days.
list_pairs as (

    select
        video_days.account_id,
        snapshots.video_id,
        snapshots.event_date,
        snapshots.measure,
        case snapshots.measure
            {%- for measure in snapshot_measures() %}
            when '{{ measure }}' then cast(video_days.{{ measure }} as decimal(38, 3))
            {%- endfor %}
        end as event_log_value,
        case snapshots.measure
            {%- for measure in snapshot_measures() %}
            when '{{ measure }}'
                then cast(
                    cast(snapshots.day_units as decimal(30, 3))
                    * cast({{ 1 / snapshot_units(measure) }} as decimal(4, 3))
                    as decimal(38, 3)
                )
            {%- endfor %}
        end as snapshots_value,
        snapshots.is_estimated
    from snapshots
    inner join video_days
        on
            snapshots.video_id = video_days.video_id
            and snapshots.event_date = video_days.event_date
    where
        case
            when snapshots.measure in ('views', 'total_watch_seconds') then video_days.watch_source
            else video_days.engagement_source
        end = 'event_log'

    union all

    select
        official_followers.account_id,
        cast(null as string) as video_id,
        official_followers.event_date,
        'followers' as measure,
        cast(official_followers.counted_followers as decimal(38, 3)) as event_log_value,
        cast(official_followers.snapshot_followers as decimal(38, 3)) as snapshots_value,
        false as is_estimated
    from official_followers
    inner join accounts
        on
            official_followers.account_id = accounts.account_id
            and accounts.account_role = 'own'

),

keep_disagreements as (

    select *
    from list_pairs
    where event_log_value <> snapshots_value

)

select
    account_id,
    video_id,
    event_date,
    measure,
    event_log_value,
    snapshots_value,
    cast(snapshots_value - event_log_value as decimal(38, 3)) as difference,
    is_estimated
from keep_disagreements
