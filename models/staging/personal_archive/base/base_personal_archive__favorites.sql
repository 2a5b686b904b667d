{{ judge_export('archive_favorites') }}
