{{ judge_export('archive_searches') }}
