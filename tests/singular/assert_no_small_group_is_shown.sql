-- No page tells of fewer people than the threshold, and none lets them be worked out.
-- A returned row is a group of the audience that is too small, shown or left over.

{%- set groups = {'people': 'people', 'new': 'new_people', 'returning': 'returning_people'} %}

with

segments as (

    select * from {{ ref('audience_segments') }}

),

retention as (

    select * from {{ ref('viewer_retention') }}

),

cohorts as (

    select * from {{ ref('viewer_cohorts') }}

),

counted as (

    select * from {{ ref('int_audience_segments_counted') }}

),

returns as (

    select * from {{ ref('int_viewer_returns_counted') }}

),

list_shown as (

    {% for name, column in groups.items() -%}
    select
        account_id,
        concat(period, ' ', segment, ' {{ name }}') as shown,
        {{ column }} as people
    from segments

    union all

    {% endfor -%}
    select
        account_id,
        concat(period, ' viewers') as shown,
        viewers as people
    from segments

    union all

    select
        account_id,
        concat('cohort ', cast(cohort_week as string)) as shown,
        new_viewers as people
    from cohorts

    union all

    select
        account_id,
        concat('back of ', cast(cohort_week as string)) as shown,
        returned_people as people
    from cohorts

    union all

    select
        account_id,
        concat('not back of ', cast(cohort_week as string)) as shown,
        new_viewers - returned_people as people
    from cohorts

    union all

    select
        account_id,
        concat('back of ', cast(cohort_week as string), ' in ', cast(view_week as string)) as shown,
        returned_people as people
    from retention

    union all

    select
        account_id,
        concat('not in ', cast(view_week as string), ' of ', cast(cohort_week as string)) as shown,
        new_viewers - returned_people as people
    from retention

    union all

    select
        cohorts.account_id,
        concat('in another week than ', cast(retention.view_week as string)) as shown,
        cohorts.returned_people - retention.returned_people as people
    from cohorts
    inner join retention
        on
            cohorts.account_id = retention.account_id
            and cohorts.cohort_week = retention.cohort_week
    where retention.weeks_since > 0

),

-- What a reader has who knows the whole and takes off all that is shown.
list_rests as (

    {% for name, column in groups.items() -%}
    select
        counted.account_id,
        concat(counted.period, ' {{ name }}') as shown,
        sum(counted.{{ column }}) as people,
        count(*) as withheld
    from counted
    inner join segments
        on
            counted.account_id = segments.account_id
            and counted.period = segments.period
            and counted.segment = segments.segment
    where
        segments.{{ column }} is null
        and counted.segment <> 'engaged_unseen'
        {%- if name == 'people' %}
        and counted.people > 0
        {%- endif %}
    group by counted.account_id, counted.period

    union all

    {% endfor -%}
    select
        retention.account_id,
        concat('back in ', cast(retention.view_week as string)) as shown,
        sum(case when retention.is_suppressed then returns.viewers end) as people,
        sum(case when retention.is_suppressed then 1 else 0 end) as withheld
    from retention
    left join returns
        on
            retention.account_id = returns.account_id
            and retention.cohort_week = returns.cohort_week
            and retention.view_week = returns.view_week
    where retention.weeks_since > 0
    group by retention.account_id, retention.view_week
    -- The only cohort before a week is the whole itself: withheld, it leaves nothing to take off.
    having count(*) > 1

),

list_wholes as (

    {% for name, column in groups.items() -%}
    select
        account_id,
        concat(period, ' {{ name }}') as shown,
        sum({{ column }}) as people
    from counted
    {% if name == 'people' -%}
    where segment <> 'engaged_unseen'
    {% endif -%}
    group by account_id, period

    union all

    {% endfor -%}
    select
        account_id,
        concat('back in ', cast(view_week as string)) as shown,
        sum(viewers) as people
    from returns
    where view_week > cohort_week
    group by account_id, view_week

)

select
    account_id,
    shown,
    people,
    cast(null as bigint) as withheld
from list_shown
where {{ is_small_group('people') }}

union all

-- A whole that is small has no group to hide behind: then nothing of it is shown.
select
    list_rests.account_id,
    concat('left over: ', list_rests.shown) as shown,
    list_rests.people,
    list_rests.withheld
from list_rests
inner join list_wholes
    on
        list_rests.account_id = list_wholes.account_id
        and list_rests.shown = list_wholes.shown
where
    list_wholes.people >= {{ var('privacy_threshold') }}
    and ({{ is_small_group('list_rests.people') }} or list_rests.withheld = 1)
