{{ keep_accepted('studio_content') }}
