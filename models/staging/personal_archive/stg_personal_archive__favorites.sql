{{ keep_accepted('archive_favorites') }}
