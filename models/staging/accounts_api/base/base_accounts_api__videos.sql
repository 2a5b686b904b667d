{{ judge_export('api_videos') }}
