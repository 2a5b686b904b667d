-- Can these numbers be trusted: how many days of each source, and what is known against the others?
select
    coalesce(handle, account_id) as account,
    source,
    verdict,
    verdict_reason,
    count(*) as days,
    min(event_date) as first_date,
    max(event_date) as last_date
from {{ ref('data_trust') }}
left join {{ ref('dim_accounts') }} using (account_id)
where account_role = 'own' or account_id = '(unknown)'
group by coalesce(handle, account_id), source, verdict, verdict_reason
order by account, source, days desc, first_date, verdict_reason
