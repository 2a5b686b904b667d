with

list_events as (
    {% for event_type, about in personal_events().items() %}
    select
        archive_owner,
        '{{ event_type }}' as event_type,
        {{ about.occurred_at }} as occurred_at,
        {{ 'video_id' if about.has_video else 'cast(null as string) as video_id' }}
    from {{ ref('stg_personal_archive__' ~ about.model) }}
    {{ 'where ' ~ about.where if about.where }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    archive_owner,
    event_type,
    occurred_at,
    {{ reporting_date('occurred_at') }} as event_date,
    {{ reporting_hour('occurred_at') }} as event_hour,
    video_id
from list_events
