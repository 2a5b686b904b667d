{{ judge_export('archive_posts') }}
