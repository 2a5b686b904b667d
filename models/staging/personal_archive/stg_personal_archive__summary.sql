{{ keep_accepted('archive_summary') }}
