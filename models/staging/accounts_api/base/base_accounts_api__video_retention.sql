{{ judge_export('api_video_retention') }}
