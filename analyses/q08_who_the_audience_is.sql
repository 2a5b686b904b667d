-- Who the audience is: the viewers of the last 28 days by segment, new against returning, and how
-- many of each account's new viewers came back in a later week. NULL: too few people to be shown.
select
    handle,
    segment,
    max(people) as people,
    round(max(share_of_viewers_pct), 1) as share_of_viewers_pct,
    max(new_people) as new_people,
    max(returning_people) as returning_people,
    round(max(share_of_interactions_pct), 1) as share_of_interactions_pct,
    count(returned_people) as cohorts,
    round(100 * sum(returned_people) / sum(cohort.new_viewers), 1) as came_back_pct
from {{ ref('audience_segments') }} as segments
inner join {{ ref('dim_accounts') }} using (account_id)
left join {{ ref('viewer_cohorts') }} as cohort
    on segments.account_id = cohort.account_id and returned_people is not null
where period = 'last_28_days'
group by handle, segment
order by handle, max(people) desc nulls last, segment
