with

source_days as (

    select * from {{ ref('int_account_source_days') }}

),

findings as (

    select * from {{ source('build_state', 'findings') }}

),

-- A build that nobody has checked has no findings, and that is not the same as no failure.
count_checks as (

    select count(*) as checks
    from findings
    where kind = 'check'

),

-- A finding without an account, source or day is about all of them.
place_findings as (

    select
        source_days.account_id,
        source_days.source,
        source_days.event_date,
        count(distinct case when findings.kind = 'failed' then findings.name end) as failed_checks,
        min(case when findings.kind = 'failed' then findings.name end) as failed_check,
        count(distinct case when findings.kind = 'restated' then findings.name end)
            as restated_kpis
    from source_days
    inner join findings
        on
            findings.kind in ('failed', 'restated')
            and (findings.account_id is null or source_days.account_id = findings.account_id)
            and (findings.source is null or source_days.source = findings.source)
            and (findings.first_date is null or source_days.event_date >= findings.first_date)
            and (findings.last_date is null or source_days.event_date <= findings.last_date)
    group by source_days.account_id, source_days.source, source_days.event_date

),

add_findings as (

    select
        source_days.*,
        {{ pct('source_days.worst_feed_rejected_rows', 'source_days.worst_feed_rows') }}
            as rejected_share_pct,
        case when count_checks.checks > 0 then coalesce(place_findings.failed_checks, 0) end
            as failed_checks,
        place_findings.failed_check,
        case when count_checks.checks > 0 then coalesce(place_findings.restated_kpis, 0) end
            as restated_kpis
    from source_days
    cross join count_checks
    left join place_findings
        on
            source_days.account_id = place_findings.account_id
            and source_days.source = place_findings.source
            and source_days.event_date = place_findings.event_date

),

-- The first that applies, the worst first.
find_cause as (

    select
        *,
        case
            when account_id = '(unknown)' then 'unknown'
            when silent_since is not null then 'silent'
            when not is_complete and not is_provisional then 'missing'
            when rejected_share_pct > {{ var('trust_rejected_share_pct') }} then 'rejected'
            when has_suspect_readings then 'suspect'
            when disagreements > 0 then 'disagreements'
            when has_doubtful_labels then 'labels'
            when failed_checks > 0 then 'failed'
            when is_estimated then 'estimated'
            when is_provisional then 'provisional'
            when failed_checks is null then 'unchecked'
            else 'none'
        end as cause
    from add_findings

)

select
    account_id,
    source,
    event_date,
    is_fresh,
    silent_since,
    is_complete,
    is_estimated,
    is_provisional,
    accepted_rows,
    rejected_rows,
    worst_feed,
    worst_feed_rejected_rows,
    worst_feed_rows,
    rejected_share_pct,
    waiting_rows,
    disagreements,
    has_doubtful_labels,
    has_suspect_readings,
    cast(failed_checks as bigint) as failed_checks,
    cast(restated_kpis as bigint) as restated_kpis,
    case
        when cause in ('silent', 'missing') then 'incomplete'
        when cause in ('unknown', 'rejected', 'suspect', 'disagreements', 'labels', 'failed')
            then 'doubtful'
        when cause = 'none' then 'trusted'
        else cause
    end as verdict,
    case cause
        when 'unknown' then 'Rejected or waiting rows name no known account.'
        when 'silent'
            then concat('No ', silent_feed, ' since ', cast(silent_since as string), '.')
        when 'missing' then 'The source says nothing of this day.'
        when 'rejected'
            then
                concat(
                    cast(cast(rejected_share_pct as decimal(4, 1)) as string),
                    ' % of the rows of ',
                    worst_feed,
                    ' were rejected.'
                )
        when 'suspect' then 'A reading that is not plausible was set aside.'
        when 'disagreements'
            then concat(cast(disagreements as string), ' value(s) differ from another source.')
        when 'labels' then 'The day labels of the export are in doubt.'
        when 'failed' then concat('A check failed: ', failed_check, '.')
        when 'estimated' then 'A share of the difference between two snapshots.'
        when 'provisional' then 'The source may still change numbers this young.'
        when 'unchecked' then 'Nothing speaks against it, but its checks have not run.'
        else 'Fresh, complete and settled; every check passed.'
    end as verdict_reason
from find_cause
