-- Who the audience is: the last 28 days by segment, new against returning, and of all who viewed
-- for the first time in the last half year, how many came back. NULL: too few people to be shown.
select
    handle,
    segment,
    people,
    round(share_of_viewers_pct, 1) as share_of_viewers_pct,
    new_people,
    returning_people,
    round(share_of_interactions_pct, 1) as share_of_interactions_pct,
    cohorts,
    round(100 * returned_people / new_viewers, 1) as came_back_pct
from {{ ref('audience_segments') }}
inner join {{ ref('dim_accounts') }} using (account_id)
left join (
    select
        account_id,
        count(*) as cohorts,
        sum(new_viewers) as new_viewers,
        sum(returned_people) as returned_people
    from {{ ref('viewer_cohorts') }}
    where returned_people is not null
    group by account_id
) as returns using (account_id)
where period = 'last_28_days'
order by handle, people desc nulls last, segment
