{{ judge_export('studio_overview') }}
