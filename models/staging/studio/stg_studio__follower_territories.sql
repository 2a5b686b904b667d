{{ keep_accepted('studio_follower_territories') }}
