{{ keep_accepted('archive_follows') }}
