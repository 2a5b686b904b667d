{{ judge_export('studio_follower_gender') }}
