{{ judge_export('archive_followers') }}
