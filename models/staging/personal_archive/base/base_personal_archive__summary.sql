{{ judge_export('archive_summary') }}
