{{ keep_accepted('studio_follower_gender') }}
