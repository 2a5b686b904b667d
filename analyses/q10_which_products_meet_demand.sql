-- What to do next: which products meet demand, which fade?
select
    handle,
    product_id,
    verdict,
    demand_by,
    actions,
    actions_before,
    views,
    round(save_rate_pct, 2) as save_rate_pct,
    link_clicks,
    purchases,
    quantity,
    conversion_value_amount,
    currency
from {{ ref('product_demand') }}
inner join {{ ref('dim_accounts') }} using (account_id)
order by handle, product_id
