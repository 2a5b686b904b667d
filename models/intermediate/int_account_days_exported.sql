with

handles as (

    select * from {{ ref('int_account_handles') }}

),

api_days as (

    select * from {{ ref('stg_accounts_api__account_days') }}

),

studio_days as (

    select * from {{ ref('int_studio_days') }}

),

business_days as (

    select * from {{ ref('int_studio_business_days') }}

),

-- Taps on a link, a number or an address of the profile are all ways out to the account's business.
read_api as (

    select
        'accounts_api' as source,
        account_handle,
        event_date,
        video_views as views,
        unique_video_views as unique_viewers,
        cast(null as bigint) as new_viewers,
        likes,
        comments,
        shares,
        daily_new_followers as followers_gained,
        daily_lost_followers as followers_lost,
        daily_total_followers as followers,
        profile_views as profile_visits,
        {{ total_if_any([
            'bio_link_clicks', 'phone_number_clicks', 'email_clicks', 'address_clicks',
        ]) }} as link_clicks,
        app_download_clicks as downloads,
        lead_submissions as leads,
        cast(null as date) as exported_on
    from api_days

),

-- Reached people are viewers. Who views is counted as Viewers does it, where both are known.
read_studio as (

    select
        'studio' as source,
        coalesce(studio_days.account_handle, business_days.account_handle) as account_handle,
        coalesce(studio_days.event_date, business_days.event_date) as event_date,
        studio_days.video_views as views,
        coalesce(studio_days.total_viewers, business_days.reached_audience) as unique_viewers,
        studio_days.new_viewers,
        studio_days.likes,
        studio_days.comments,
        studio_days.shares,
        business_days.new_followers as followers_gained,
        business_days.lost_followers as followers_lost,
        coalesce(studio_days.followers, business_days.followers) as followers,
        studio_days.profile_views as profile_visits,
        {{ total_if_any([
            'business_days.website_clicks', 'business_days.phone_number_clicks',
            'business_days.email_clicks', 'business_days.address_clicks',
        ]) }} as link_clicks,
        business_days.app_download_clicks as downloads,
        business_days.lead_submissions as leads,
        least(studio_days.exported_on, business_days.exported_on) as exported_on
    from studio_days
    full outer join business_days
        on
            studio_days.account_handle = business_days.account_handle
            and studio_days.event_date = business_days.event_date

),

list_days as (

    select * from read_api

    union all

    select * from read_studio

),

add_account as (

    select
        handles.account_id,
        handles.newest_ingest_seq,
        list_days.*
    from list_days
    inner join handles
        on list_days.account_handle = handles.account_handle

),

-- An account that was renamed has two handles: of those that know a number the one that landed
-- last has it.
choose_handles as (

    select
        {% for measure in [
            'views', 'unique_viewers', 'new_viewers', 'likes', 'comments', 'shares',
            'followers_gained', 'followers_lost', 'followers', 'profile_visits', 'link_clicks',
            'downloads', 'leads',
        ] -%}
        max_by({{ measure }}, newest_ingest_seq) filter (where {{ measure }} is not null)
            as {{ measure }},
        {% endfor -%}
        min(exported_on) as exported_on,
        account_id,
        source,
        event_date
    from add_account
    group by account_id, source, event_date

),

add_conversions as (

    select
        *,
        {{ total_if_any(['link_clicks', 'downloads', 'leads']) }} as conversions
    from choose_handles

),

keep_known_days as (

    select
        account_id,
        source,
        event_date,
        views,
        unique_viewers,
        new_viewers,
        likes,
        comments,
        shares,
        followers_gained,
        followers_lost,
        followers,
        profile_visits,
        conversions,
        link_clicks,
        downloads,
        leads,
        exported_on
    from add_conversions
    where
        coalesce(
            views, unique_viewers, likes, comments, shares, followers_gained, followers_lost,
            followers, profile_visits, conversions
        ) is not null

)

select * from keep_known_days
