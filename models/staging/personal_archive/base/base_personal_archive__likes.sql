{{ judge_export('archive_likes') }}
