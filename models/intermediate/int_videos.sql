with

videos as (

    select * from {{ ref('stg_event_log__videos') }}

),

api_videos as (

    select * from {{ ref('stg_accounts_api__videos') }}

),

studio_videos as (

    select
        *,
        coalesce(posted_on, {{ reporting_date('posted_at') }}) as posted_date
    from {{ ref('stg_studio__content') }}

),

handles as (

    select * from {{ ref('int_account_handles') }}

),

describe_api_videos as (

    select
        video_id,
        max_by(account_handle, captured_at) as account_handle,
        max_by(posted_at, captured_at) filter (where posted_at is not null) as posted_at,
        max_by(caption, captured_at) filter (where caption is not null) as caption,
        max_by(media_type, captured_at) filter (where media_type is not null) as media_type,
        max_by(duration_seconds, captured_at) filter (where duration_seconds is not null)
            as duration_seconds,
        max_by(is_ad, captured_at) filter (where is_ad is not null) as is_ad
    from api_videos
    group by video_id

),

describe_studio_videos as (

    select
        video_id,
        max_by(account_handle, captured_date) as account_handle,
        max_by(posted_at, captured_date) filter (where posted_at is not null) as posted_at,
        max_by(posted_date, captured_date) filter (where posted_date is not null) as posted_date,
        max_by(title, captured_date) filter (where title is not null) as caption
    from studio_videos
    group by video_id

),

join_exported as (

    select
        coalesce(api.video_id, studio.video_id) as video_id,
        coalesce(api.account_handle, studio.account_handle) as account_handle,
        coalesce(
            api.posted_at,
            -- The clock of an upload is none of a post on another day.
            case
                when
                    studio.posted_date = cast(studio.posted_at as date)
                    or studio.posted_date = {{ reporting_date('studio.posted_at') }}
                    then studio.posted_at
            end
        ) as posted_at,
        coalesce({{ reporting_date('api.posted_at') }}, studio.posted_date) as posted_date,
        coalesce(api.caption, studio.caption) as caption,
        {{ parse_category('lower(api.media_type)', ['video', 'photo']) }} as content_format,
        api.duration_seconds,
        api.is_ad
    from describe_api_videos as api
    full outer join describe_studio_videos as studio
        on api.video_id = studio.video_id

),

-- A video that the event log describes is what the event log says.
list_videos as (

    select
        video_id,
        account_id,
        caption,
        content_format,
        sound_id,
        sound_title,
        language,
        product_id,
        duration_seconds,
        is_ai_generated,
        is_ad,
        posted_at,
        {{ reporting_date('posted_at') }} as posted_date,
        true as is_in_event_log
    from videos

    union all

    select
        join_exported.video_id,
        handles.account_id,
        join_exported.caption,
        join_exported.content_format,
        cast(null as string) as sound_id,
        cast(null as string) as sound_title,
        cast(null as string) as language,
        cast(null as string) as product_id,
        join_exported.duration_seconds,
        cast(null as boolean) as is_ai_generated,
        join_exported.is_ad,
        join_exported.posted_at,
        join_exported.posted_date,
        false as is_in_event_log
    from join_exported
    inner join handles
        on join_exported.account_handle = handles.account_handle
    left join videos
        on join_exported.video_id = videos.video_id
    where videos.video_id is null

)

select * from list_videos
