{{ keep_accepted('archive_comments') }}
