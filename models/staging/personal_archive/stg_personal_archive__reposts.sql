{{ keep_accepted('archive_reposts') }}
