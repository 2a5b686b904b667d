{{ keep_accepted('archive_shares') }}
