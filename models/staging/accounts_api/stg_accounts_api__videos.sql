{{ keep_accepted('api_videos') }}
