{{ judge_export('api_account_profile') }}
