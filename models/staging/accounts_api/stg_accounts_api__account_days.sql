{{ keep_accepted('api_account_days') }}
