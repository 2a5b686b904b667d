{{ keep_accepted('studio_viewers') }}
