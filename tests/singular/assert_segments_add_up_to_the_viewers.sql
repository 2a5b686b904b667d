-- Every viewer of a period is in one segment, and is new or not.
-- A returned row is a segment that does not add up, or a period whose segments do not.

with

segments as (

    select * from {{ ref('audience_segments') }}

),

compare_segments as (

    select
        account_id,
        period,
        segment,
        people as expected,
        new_people + returning_people as found
    from segments
    where segment <> 'engaged_unseen'

),

compare_periods as (

    select
        account_id,
        period,
        'all' as segment,
        max(viewers) as expected,
        sum(people) as found
    from segments
    where segment <> 'engaged_unseen'
    group by account_id, period
    having count(people) = count(*)

)

select * from compare_segments
where expected <> found

union all

select * from compare_periods
where expected <> found
