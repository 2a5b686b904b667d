with

videos as (

    select * from {{ ref('int_videos') }}

),

retention as (

    select * from {{ ref('fct_video_retention') }}

),

rank_drops as (

    select
        video_id,
        mark_seconds,
        drop_off_pct,
        max(drop_off_pct) over (partition by video_id) as steepest_drop_pct
    from retention

),

-- The earliest second wins a tie. A video that lost nobody has no steepest drop.
find_steepest_drop as (

    select
        video_id,
        min(mark_seconds) as steepest_drop_second
    from rank_drops
    where drop_off_pct = steepest_drop_pct and drop_off_pct > 0
    group by video_id

),

add_steepest_drop as (

    select
        videos.*,
        find_steepest_drop.steepest_drop_second
    from videos
    left join find_steepest_drop
        on videos.video_id = find_steepest_drop.video_id

)

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
    steepest_drop_second,
    is_ai_generated,
    is_ad,
    posted_at,
    posted_date
from add_steepest_drop
