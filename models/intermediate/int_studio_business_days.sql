with

days as (

    select * from {{ ref('stg_studio__business_days') }}

),

repairs as (

    select * from {{ ref('int_studio_calendar_repairs') }}

),

-- The files of one export have their labels alike: what is decided about its Overview holds here.
repair_labels as (

    select
        days.*,
        {{ days_before(
            'days.event_date', '-coalesce(repairs.shift_days, days.asked_shift_days, 0)'
        ) }} as repaired_date,
        -- The newest export has its way, but labels in doubt only where no others know the day.
        concat(
            case when repairs.decision = 'flagged' then '0' else '1' end,
            cast(days.exported_on as string),
            days.file_kind
        ) as trust
    from days
    left join repairs
        on
            days.account_handle = repairs.account_handle
            and days.exported_on = repairs.exported_on
            and repairs.file_kind = 'overview'

),

choose_values as (

    select
        account_handle,
        repaired_date as event_date,
        {{ most_trusted('exported_on', 'exported_on is not null') }} as exported_on,
        {{ most_trusted('followers', 'followers is not null') }} as followers,
        {{ most_trusted('new_followers', 'new_followers is not null') }} as new_followers,
        {{ most_trusted('lost_followers', 'lost_followers is not null') }} as lost_followers,
        {{ most_trusted('reached_audience', 'reached_audience is not null') }} as reached_audience,
        {{ most_trusted('engaged_audience', 'engaged_audience is not null') }} as engaged_audience,
        {{ most_trusted('website_clicks', 'website_clicks is not null') }} as website_clicks,
        {{ most_trusted('phone_number_clicks', 'phone_number_clicks is not null') }}
            as phone_number_clicks,
        {{ most_trusted('email_clicks', 'email_clicks is not null') }} as email_clicks,
        {{ most_trusted('address_clicks', 'address_clicks is not null') }} as address_clicks,
        {{ most_trusted('lead_submissions', 'lead_submissions is not null') }} as lead_submissions,
        {{ most_trusted('app_download_clicks', 'app_download_clicks is not null') }}
            as app_download_clicks
    from repair_labels
    group by account_handle, repaired_date

)

select * from choose_values
