{%- set own = "source in ('event_log', 'snapshots')" -%}

with

levels as (

    select * from {{ ref('int_follower_levels_judged') }}

),

rank_sources as (

    select
        account_id,
        event_date,
        followers,
        is_suspect,
        source,
        {{ source_rank('source') }} as source_rank
    from levels

),

-- A level that is suspect is none, but says that its source would have had one.
choose_level as (

    select
        account_id,
        event_date,
        min_by(followers, source_rank) filter (where not is_suspect) as official_followers,
        {{ source_at("min(source_rank) filter (where not is_suspect)") }} as level_source,
        min_by(followers, source_rank) filter (where not is_suspect and {{ own }}) as own_followers,
        {{ source_at("min(source_rank) filter (where not is_suspect and " ~ own ~ ")") }}
            as own_level_source,
        min_by(is_suspect, source_rank) filter (where {{ own }}) as own_is_suspect,
        max(followers) filter (where not is_suspect and source = 'accounts_api') as api_followers,
        bool_or(is_suspect) filter (where source = 'accounts_api') as api_is_suspect,
        max(followers) filter (where not is_suspect and source = 'studio') as studio_followers,
        bool_or(is_suspect) filter (where source = 'studio') as studio_is_suspect
    from rank_sources
    group by account_id, event_date

)

select
    account_id,
    event_date,
    official_followers,
    level_source,
    own_followers,
    own_level_source,
    coalesce(own_is_suspect, false) as own_is_suspect,
    api_followers,
    coalesce(api_is_suspect, false) as api_is_suspect,
    studio_followers,
    coalesce(studio_is_suspect, false) as studio_is_suspect
from choose_level
