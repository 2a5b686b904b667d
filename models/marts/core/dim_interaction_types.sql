with

interaction_types as (

    select * from {{ ref('interaction_types') }}

)

select
    interaction_type,
    is_engagement,
    is_active_engagement,
    is_private,
    description
from interaction_types
