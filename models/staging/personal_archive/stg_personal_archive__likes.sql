{{ keep_accepted('archive_likes') }}
