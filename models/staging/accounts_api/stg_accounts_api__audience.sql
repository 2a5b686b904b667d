{{ keep_accepted('api_audience') }}
