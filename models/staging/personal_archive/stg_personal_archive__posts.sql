{{ keep_accepted('archive_posts') }}
