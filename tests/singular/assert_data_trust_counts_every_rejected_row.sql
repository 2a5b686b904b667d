-- No rejected row is left out of data_trust, whether it says of which account and day it is or not.
with

counted as (

    select
        source,
        sum(rejected_rows) as rejected_rows,
        sum(waiting_rows) as waiting_rows
    from {{ ref('data_trust') }}
    group by source

),

listed as (

    select
        source,
        count(*) filter (where not is_waiting) as rejected_rows,
        count(*) filter (where is_waiting) as waiting_rows
    from {{ ref('rejected_rows') }}
    group by source

)

select
    coalesce(counted.source, listed.source) as source,
    counted.rejected_rows,
    listed.rejected_rows as listed_rejected_rows,
    counted.waiting_rows,
    listed.waiting_rows as listed_waiting_rows
from counted
full outer join listed
    on counted.source = listed.source
where
    coalesce(counted.rejected_rows, 0) <> coalesce(listed.rejected_rows, 0)
    or coalesce(counted.waiting_rows, 0) <> coalesce(listed.waiting_rows, 0)
