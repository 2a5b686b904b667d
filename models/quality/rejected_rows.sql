with

rejection_reasons as (

    select * from {{ ref('rejection_reasons') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

videos as (

    select * from {{ ref('int_videos') }}

),

handles as (

    select * from {{ ref('int_account_handles') }}

),

list_rejected as (
    {% for entity in raw_entities() %}
    {%- set place = row_place(entity) %}
    select
        '{{ entity }}' as entity,
        '{{ trust_source(entity) }}' as source,
        {%- for column in ['account_id', 'video_id', 'account_handle'] %}
        {{ column if place.account == column else 'cast(null as string)' }} as row_{{ column }},
        {%- endfor %}
        {{ place.day or 'cast(null as date)' }} as row_date,
        reason_code,
        _ingest_id as ingest_id,
        _source_file as source_file,
        _source_row as source_row,
        raw_record,
        _malformed as malformed,
        _ingested_at as ingested_at,
        {{ add_minutes('_ingested_at', var('future_tolerance_hours') * 60) }} as latest_at
    from {{ ref(base_model(entity)) }}
    where row_status = 'rejected'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Fields of a malformed row stand in the wrong columns, and a time that cannot be is no day.
find_places as (

    select
        list_rejected.*,
        case
            when list_rejected.malformed is null
                then coalesce(accounts.account_id, videos.account_id, handles.account_id)
        end as account_id,
        case
            when
                list_rejected.reason_code not in (
                    'malformed_row', 'unparseable_timestamp', 'future_timestamp', 'before_platform'
                )
                and list_rejected.row_date >= cast('{{ var("platform_start_date") }}' as date)
                and list_rejected.row_date <= {{ reporting_date('list_rejected.latest_at') }}
                then list_rejected.row_date
        end as event_date
    from list_rejected
    left join accounts
        on list_rejected.row_account_id = accounts.account_id
    left join videos
        on list_rejected.row_video_id = videos.video_id
    left join handles
        on list_rejected.row_account_handle = handles.account_handle

),

add_reason as (

    select
        find_places.*,
        case
            when find_places.malformed is null then rejection_reasons.reason
            else concat(rejection_reasons.reason, ': ', find_places.malformed)
        end as reason,
        rejection_reasons.remedy,
        rejection_reasons.is_waiting
    from find_places
    left join rejection_reasons
        on find_places.reason_code = rejection_reasons.reason_code

)

select
    entity,
    source,
    account_id,
    event_date,
    reason_code,
    reason,
    remedy,
    is_waiting,
    ingest_id,
    source_file,
    source_row,
    raw_record,
    ingested_at
from add_reason
