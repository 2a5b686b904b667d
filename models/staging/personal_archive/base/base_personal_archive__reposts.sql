{{ judge_export('archive_reposts') }}
