{{ keep_accepted('api_video_retention') }}
