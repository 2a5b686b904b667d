with

levels as (

    select * from {{ ref('int_follower_levels') }}

),

rank_sources as (

    select
        account_id,
        event_date,
        followers,
        source,
        {{ source_rank('source') }} as source_rank
    from levels
    where followers is not null

),

choose_level as (

    select
        account_id,
        event_date,
        min_by(followers, source_rank) as official_followers,
        {{ source_at('min(source_rank)') }} as level_source,
        min_by(followers, source_rank) filter (where source in ('event_log', 'snapshots'))
            as own_followers,
        {{ source_at("min(source_rank) filter (where source in ('event_log', 'snapshots'))") }}
            as own_level_source,
        max(followers) filter (where source = 'accounts_api') as api_followers,
        max(followers) filter (where source = 'studio') as studio_followers
    from rank_sources
    group by account_id, event_date

)

select * from choose_level
