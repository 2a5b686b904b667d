{{ judge_export('archive_watches') }}
