{{ judge_export('studio_content') }}
