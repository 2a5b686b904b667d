{{ judge_export('api_audience') }}
