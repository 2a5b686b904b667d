{{ judge_export('archive_comments') }}
