{{ keep_accepted('archive_watches') }}
