with

videos as (

    select * from {{ ref('dim_videos') }}

),

video_days as (

    select * from {{ ref('daily_video_kpis') }}

),

conversions as (

    select * from {{ ref('int_conversions_dated') }}

),

coverage as (

    select * from {{ ref('int_account_coverage') }}

),

bounds as (

    select * from {{ ref('int_data_bounds') }}

),

date_ranges as (

    select * from {{ ref('int_account_date_ranges') }}

),

list_periods as (
    {% for period, (since, until) in {
        'now': [var('demand_days'), 0], 'before': [2 * var('demand_days'), var('demand_days')]
    }.items() %}
    select
        '{{ period }}' as period,
        {{ days_before('data_end_date', since - 1) }} as first_date,
        {{ days_before('data_end_date', until) }} as last_date
    from bounds
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

sum_content as (

    select
        videos.account_id,
        videos.product_id,
        list_periods.period,
        count(distinct video_days.video_id) as videos,
        {{ sum_that_fits('video_days.views') }} as views,
        {{ sum_that_fits('video_days.saves') }} as saves,
        -- Engagements with saves and without are two measures.
        case
            when count(distinct video_days.engagement_has_saves) <= 1
                then {{ sum_that_fits('video_days.engagements') }}
        end as engagements,
        {{ sum_that_fits(
            'case when video_days.engagement_source = video_days.watch_source and video_days.views is not null then video_days.saves end'
        ) }} as saves_beside_views,
        {{ sum_that_fits(
            'case when video_days.engagement_source = video_days.watch_source and video_days.saves is not null then video_days.views end'
        ) }} as views_beside_saves
    from video_days
    inner join videos
        on video_days.video_id = videos.video_id
    inner join list_periods
        on video_days.kpi_date between list_periods.first_date and list_periods.last_date
    where videos.product_id is not null
    group by videos.account_id, videos.product_id, list_periods.period

),

-- A conversion names its product, or a video that shows one.
name_products as (

    select
        conversions.*,
        coalesce(conversions.product_id, videos.product_id) as known_product_id
    from conversions
    inner join coverage
        on conversions.account_id = coverage.account_id and coverage.knows_conversions
    left join videos
        on conversions.video_id = videos.video_id

),

sum_conversions as (

    select
        name_products.account_id,
        name_products.known_product_id as product_id,
        list_periods.period,
        count(*) filter (where name_products.conversion_type = 'link_click') as link_clicks,
        count(*) filter (where name_products.conversion_type = 'purchase') as purchases,
        {{ sum_that_fits(
            "case when name_products.conversion_type = 'purchase' then name_products.quantity end"
        ) }} as quantity,
        {{ conversion_totals() }}
    from name_products
    inner join list_periods
        on name_products.event_date between list_periods.first_date and list_periods.last_date
    where name_products.known_product_id is not null
    group by name_products.account_id, name_products.known_product_id, list_periods.period

),

list_products as (

    select
        account_id,
        product_id
    from videos
    where product_id is not null

    union distinct

    select
        account_id,
        known_product_id as product_id
    from name_products
    where known_product_id is not null

),

pair_periods as (

    select
        list_products.account_id,
        list_products.product_id,
        bounds.data_end_date,
        {%- for period in ['now', 'before'] %}
        coalesce(content_{{ period }}.videos, 0) as videos_{{ period }},
        content_{{ period }}.views as views_{{ period }},
        content_{{ period }}.saves as saves_{{ period }},
        content_{{ period }}.engagements as engagements_{{ period }},
        content_{{ period }}.saves_beside_views as saves_beside_views_{{ period }},
        content_{{ period }}.views_beside_saves as views_beside_saves_{{ period }},
        {%- for measure in ['link_clicks', 'purchases'] %}
        case
            when coverage.knows_conversions
                then coalesce(conversions_{{ period }}.{{ measure }}, 0)
        end as {{ measure }}_{{ period }},
        {%- endfor %}
        {%- endfor %}
        -- Of no purchases there are no pieces; of purchases without a quantity they are unknown.
        case
            when coverage.knows_conversions and coalesce(conversions_now.purchases, 0) = 0 then 0
            else conversions_now.quantity
        end as quantity_now,
        case
            when coverage.knows_conversions and conversions_now.account_id is null then 0
            else conversions_now.conversion_value_amount
        end as conversion_value_amount,
        conversions_now.currency,
        {{ days_between('date_ranges.first_event_date', 'bounds.data_end_date') }} + 1
        >= {{ 2 * var('demand_days') }} as has_both_periods
    from list_products
    cross join bounds
    left join coverage
        on list_products.account_id = coverage.account_id
    left join date_ranges
        on list_products.account_id = date_ranges.account_id
    {%- for period in ['now', 'before'] %}
    left join sum_content as content_{{ period }}
        on
            list_products.account_id = content_{{ period }}.account_id
            and list_products.product_id = content_{{ period }}.product_id
            and content_{{ period }}.period = '{{ period }}'
    left join sum_conversions as conversions_{{ period }}
        on
            list_products.account_id = conversions_{{ period }}.account_id
            and list_products.product_id = conversions_{{ period }}.product_id
            and conversions_{{ period }}.period = '{{ period }}'
    {%- endfor %}

),

-- The action nearest to a purchase that happened often enough tells of demand.
choose_actions as (

    select
        *,
        case
            {%- for action in ['purchases', 'link_clicks', 'saves'] %}
            when
                cast({{ action }}_now as decimal(38, 0)) + {{ action }}_before
                >= {{ var('demand_least_actions') }}
                then '{{ action }}'
            {%- endfor %}
        end as demand_by
    from pair_periods

),

count_actions as (

    select
        *,
        case demand_by
            {%- for action in ['purchases', 'link_clicks', 'saves'] %}
            when '{{ action }}' then {{ action }}_now
            {%- endfor %}
        end as actions_now,
        case demand_by
            {%- for action in ['purchases', 'link_clicks', 'saves'] %}
            when '{{ action }}' then {{ action }}_before
            {%- endfor %}
        end as actions_before
    from choose_actions

),

-- Of two counts of equal chance the difference is about normal, with their sum for a variance.
measure_trends as (

    select
        *,
        (cast(actions_now as double) - actions_before)
        / sqrt(cast(actions_now as double) + actions_before) as trend_z
    from count_actions

)

select
    account_id,
    product_id,
    {{ days_before('data_end_date', var('demand_days') - 1) }} as first_date,
    data_end_date as last_date,
    cast(videos_now as bigint) as videos,
    try_cast(views_now as bigint) as views,
    try_cast(saves_now as bigint) as saves,
    try_cast(engagements_now as bigint) as engagements,
    cast(link_clicks_now as bigint) as link_clicks,
    cast(purchases_now as bigint) as purchases,
    try_cast(quantity_now as bigint) as quantity,
    try_cast(conversion_value_amount as decimal(18, 4)) as conversion_value_amount,
    currency,
    {{ pct('saves_beside_views_now', 'views_beside_saves_now') }} as save_rate_pct,
    {{ ratio('purchases_now', 'views_now') }} * 1000 as purchases_per_1000_views,
    demand_by,
    try_cast(actions_now as bigint) as actions,
    try_cast(actions_before as bigint) as actions_before,
    {{ pct('cast(actions_now as double) - actions_before', 'actions_before') }} as trend_pct,
    case
        when demand_by is null or not coalesce(has_both_periods, false) then 'unknown'
        when trend_z > 1.959963984540054 then 'demand_up'
        when trend_z < -1.959963984540054 then 'fading'
        else 'steady'
    end as verdict
from measure_trends
