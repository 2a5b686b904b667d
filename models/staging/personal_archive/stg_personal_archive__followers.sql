{{ keep_accepted('archive_followers') }}
