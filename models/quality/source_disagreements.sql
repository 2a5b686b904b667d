with

video_days as (

    select * from {{ ref('fct_video_daily') }}

),

account_days as (

    select * from {{ ref('int_account_kpis_daily') }}

),

snapshots as (

    select * from {{ ref('int_video_snapshots_differenced') }}

),

exported_days as (

    select * from {{ ref('int_account_days_exported') }}

),

official_followers as (

    select * from {{ ref('int_official_followers_daily') }}

),

follower_levels as (

    select * from {{ ref('int_follower_levels') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

contradictions as (

    select * from {{ ref('int_studio_contradictions') }}

),

handles as (

    select * from {{ ref('int_account_handles') }}

),

-- One join for all measures: a join each took three times as long over a year of video days.
pair_video_days as (

    select
        video_days.account_id,
        snapshots.video_id,
        snapshots.event_date,
        snapshots.measure,
        case
            when snapshots.measure in ('views', 'total_watch_seconds') then video_days.watch_source
            else video_days.engagement_source
        end as trusted_source,
        case snapshots.measure
            {%- for measure in snapshot_measures() %}
            when '{{ measure }}' then cast(video_days.{{ measure }} as decimal(38, 3))
            {%- endfor %}
        end as trusted_value,
        snapshots.source as other_source,
        case snapshots.measure
            {%- for measure in snapshot_measures() %}
            when '{{ measure }}'
                then cast(
                    cast(snapshots.day_units as decimal(30, 3))
                    * cast({{ 1 / snapshot_units(measure) }} as decimal(4, 3))
                    as decimal(38, 3)
                )
            {%- endfor %}
        end as other_value,
        snapshots.is_estimated
    from snapshots
    inner join video_days
        on
            snapshots.video_id = video_days.video_id
            and snapshots.event_date = video_days.event_date
    -- Most agree, and that shows without exact decimals, which took most of the time: what differs
    -- by clearly less than is asked for goes no further.
    where
        abs(
            case snapshots.measure
                {%- for measure in snapshot_measures() %}
                when '{{ measure }}'
                    then
                        cast(video_days.{{ measure }} as double)
                        - cast(snapshots.day_units as double) / {{ snapshot_units(measure) }}
                {%- endfor %}
            end
        ) > 0.9 * {{ var('disagreement_units') }}

),

pair_account_days as (
    {% for family, measures in exported_families().items() %}
    {%- set family_loop = loop %}
    {%- for measure in measures %}
    select
        account_days.account_id,
        cast(null as string) as video_id,
        account_days.event_date,
        '{{ measure }}' as measure,
        account_days.{{ family }}_source as trusted_source,
        cast(account_days.{{ measure }} as decimal(38, 3)) as trusted_value,
        exported_days.source as other_source,
        cast(exported_days.{{ measure }} as decimal(38, 3)) as other_value,
        false as is_estimated
    from account_days
    inner join exported_days
        on
            account_days.account_id = exported_days.account_id
            and account_days.event_date = exported_days.event_date
    {{ 'union all' if not (loop.last and family_loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

pair_follower_levels as (

    select
        official_followers.account_id,
        cast(null as string) as video_id,
        official_followers.event_date,
        'followers' as measure,
        official_followers.level_source as trusted_source,
        cast(official_followers.official_followers as decimal(38, 3)) as trusted_value,
        follower_levels.source as other_source,
        cast(follower_levels.followers as decimal(38, 3)) as other_value,
        false as is_estimated
    from official_followers
    inner join follower_levels
        on
            official_followers.account_id = follower_levels.account_id
            and official_followers.event_date = follower_levels.event_date
    inner join accounts
        on
            official_followers.account_id = accounts.account_id
            and accounts.account_role = 'own'

),

list_pairs as (

    select * from pair_video_days

    union all

    select * from pair_account_days

    union all

    select * from pair_follower_levels

),

-- Small numbers and rounding apart, two sources of one thing should say the same.
keep_disagreements as (

    select *
    from list_pairs
    where
        {{ source_rank('trusted_source') }} < {{ source_rank('other_source') }}
        and abs(other_value - trusted_value) > {{ var('disagreement_units') }}
        and abs(cast(other_value - trusted_value as double))
        > abs(cast(trusted_value as double)) * {{ var('disagreement_share') }}

    union all

    select
        handles.account_id,
        cast(null as string) as video_id,
        contradictions.event_date,
        case contradictions.file_kind
            when 'overview' then 'views'
            when 'viewers' then 'unique_viewers'
            else 'followers'
        end as measure,
        'studio' as trusted_source,
        cast(contradictions.counted_value as decimal(38, 3)) as trusted_value,
        'studio' as other_source,
        cast(contradictions.other_value as decimal(38, 3)) as other_value,
        false as is_estimated
    from contradictions
    inner join handles
        on contradictions.account_handle = handles.account_handle

)

select
    account_id,
    video_id,
    event_date,
    measure,
    trusted_source,
    trusted_value,
    other_source,
    other_value,
    cast(other_value - trusted_value as decimal(38, 3)) as difference,
    is_estimated
from keep_disagreements
