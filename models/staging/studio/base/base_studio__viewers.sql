{{ judge_export('studio_viewers') }}
