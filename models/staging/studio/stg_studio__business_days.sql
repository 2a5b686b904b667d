{{ keep_accepted('studio_business_days') }}
