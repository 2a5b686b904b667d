{{ judge_export('archive_shares') }}
