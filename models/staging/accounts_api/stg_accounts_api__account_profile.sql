{{ keep_accepted('api_account_profile') }}
