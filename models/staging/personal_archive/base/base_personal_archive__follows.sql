{{ judge_export('archive_follows') }}
