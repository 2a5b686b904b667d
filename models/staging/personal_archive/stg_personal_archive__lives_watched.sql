{{ keep_accepted('archive_lives_watched') }}
