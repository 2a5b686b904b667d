{{ judge_export('studio_business_days') }}
