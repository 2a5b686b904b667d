{{ judge_export('archive_lives_watched') }}
