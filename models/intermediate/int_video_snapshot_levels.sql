{{ config(
    materialized='incremental',
    incremental_strategy='touched_days',
    meta={'touched_by': ['video_id'], 'touched_entities': ['video_snapshots']},
    post_hook='{{ record_consumed() }}',
) }}

with

video_snapshots as (

    select *
    from {{ ref('int_video_snapshots') }}
    {{ keep_touched('int_video_snapshots') }}

),

-- Whole numbers throughout: watch seconds as thousandths, so that spreading them is exact.
list_readings as (
    {% for measure in snapshot_measures() %}
    select
        source,
        video_id,
        event_date,
        captured_at,
        '{{ measure }}' as measure,
        cast(cast({{ measure }} as decimal(30, 3)) * {{ snapshot_units(measure) }} as bigint)
            as total_units
    from video_snapshots
    where {{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

keep_last_of_day as (

    select
        source,
        video_id,
        event_date,
        measure,
        max_by(total_units, captured_at) as total_units,
        cast(0 as bigint) as known_net
    from list_readings
    group by source, video_id, event_date, measure

),

{{ find_suspects(
    'keep_last_of_day',
    series=['source', 'video_id', 'measure'],
    value='total_units',
    unit="case measure when 'total_watch_seconds' then " ~ snapshot_units('total_watch_seconds')
        ~ " else 1 end",
    grows=true,
) }},

-- Who reads one counter wrong reads the others wrong too: the reading is suspect as a whole.
list_suspect_readings as (

    select distinct
        source,
        video_id,
        event_date
    from find_suspects

)

select
    keep_last_of_day.source,
    keep_last_of_day.video_id,
    keep_last_of_day.event_date,
    keep_last_of_day.measure,
    keep_last_of_day.total_units,
    list_suspect_readings.event_date is not null as is_suspect
from keep_last_of_day
left join list_suspect_readings
    on
        keep_last_of_day.source = list_suspect_readings.source
        and keep_last_of_day.video_id = list_suspect_readings.video_id
        and keep_last_of_day.event_date = list_suspect_readings.event_date
