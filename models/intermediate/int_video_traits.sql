with

videos as (

    select * from {{ ref('dim_videos') }}

),

topics as (

    select * from {{ ref('topics') }}

),

add_words as (

    select
        *,
        {{ words_of('caption') }} as words,
        {{ reporting_hour('posted_at') }} as posting_hour
    from videos

),

find_topics as (

    select distinct
        add_words.video_id,
        topics.topic
    from add_words
    inner join topics
        on contains(add_words.words, {{ words_of('topics.keyword') }})
    -- A keyword without a letter or digit has no words, and would be found in every caption.
    where trim({{ words_of('topics.keyword') }}) <> ''

),

list_hashtags as (

    select
        video_id,
        {{ each_hashtag('caption') }} as hashtag
    from videos

),

list_traits as (

    select
        add_words.video_id,
        'topic' as trait,
        coalesce(find_topics.topic, 'none') as trait_value
    from add_words
    left join find_topics
        on add_words.video_id = find_topics.video_id
    where add_words.caption is not null

    union all

    select
        videos.video_id,
        'hashtag' as trait,
        coalesce(list_hashtags.hashtag, 'none') as trait_value
    from videos
    left join list_hashtags
        on videos.video_id = list_hashtags.video_id
    where videos.caption is not null

    union all

    select
        video_id,
        'content_format' as trait,
        content_format as trait_value
    from videos

    union all

    select
        video_id,
        'sound' as trait,
        sound_id as trait_value
    from videos

    union all

    select
        video_id,
        'duration_band' as trait,
        {{ duration_band('duration_seconds') }} as trait_value
    from videos

    union all

    select
        video_id,
        'posting_weekday' as trait,
        cast({{ iso_day_of_week('posted_date') }} as string) as trait_value
    from videos

    union all

    select
        video_id,
        'posting_hour' as trait,
        lpad(cast(posting_hour as string), 2, '0') as trait_value
    from add_words

    union all

    select
        video_id,
        'is_ai_generated' as trait,
        cast(is_ai_generated as string) as trait_value
    from videos

),

keep_known as (

    select
        videos.account_id,
        list_traits.video_id,
        list_traits.trait,
        list_traits.trait_value
    from list_traits
    inner join videos
        on list_traits.video_id = videos.video_id
    where list_traits.trait_value is not null

)

select * from keep_known
