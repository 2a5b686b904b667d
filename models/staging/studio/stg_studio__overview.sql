{{ keep_accepted('studio_overview') }}
