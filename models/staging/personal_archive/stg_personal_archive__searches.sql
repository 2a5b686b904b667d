{{ keep_accepted('archive_searches') }}
