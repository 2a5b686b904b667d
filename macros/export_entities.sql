{#-
    The entities of the platform's own exports: what their columns hold and what names a row.

    `columns` are the reader's, in its order, each with its kind:

    - id           text that may be shown: ids, handles, names of groups
    - private      text that a person wrote or that names one: never in a raw record
    - date, timestamp, boolean
    - count        whole number from 0
    - whole        whole number, below 0 too: net of what was taken back
    - share        decimal from 0, nine digits after the point
    - seconds      decimal from 0, three digits

    `key` names a row and none of its parts may be missing; `key_if_known` are further parts that
    may. Of the rows of a key the one that landed last counts, with `read_at` the one that was read last
    by that column; with `has_repeats` rows that are the same in one file are several. `required` may not be missing either. Everything else is optional: a bad value becomes NULL and is counted.
-#}
{% macro export_entities() -%}
    {%- set entities = {} -%}
    {%- for group in [studio_entities(), accounts_api_entities(), personal_archive_entities()] -%}
        {%- do entities.update(group) -%}
    {%- endfor -%}
    {{ return(entities) }}
{%- endmacro %}

{#- The day of the export is part of every key: a later export overwrites no earlier one. -#}
{% macro studio_entities() -%}
    {{ return({
        'studio_overview': {
            'source': 'studio',
            'key': ['account_handle', 'event_date', 'exported_on'],
            'columns': {
                'account_handle': 'id', 'event_date': 'date', 'video_views': 'count',
                'profile_views': 'count', 'likes': 'whole', 'comments': 'whole', 'shares': 'whole',
                'exported_on': 'date', 'asked_shift_days': 'whole',
            },
        },
        'studio_viewers': {
            'source': 'studio',
            'key': ['account_handle', 'event_date', 'exported_on'],
            'columns': {
                'account_handle': 'id', 'event_date': 'date', 'total_viewers': 'count',
                'new_viewers': 'count', 'returning_viewers': 'count', 'exported_on': 'date', 'asked_shift_days': 'whole',
            },
        },
        'studio_follower_history': {
            'source': 'studio',
            'key': ['account_handle', 'event_date', 'exported_on'],
            'columns': {
                'account_handle': 'id', 'event_date': 'date', 'followers': 'count',
                'exported_on': 'date', 'asked_shift_days': 'whole',
            },
        },
        'studio_follower_activity': {
            'source': 'studio',
            'key': ['account_handle', 'event_date', 'hour', 'exported_on'],
            'columns': {
                'account_handle': 'id', 'event_date': 'date', 'hour': 'count',
                'active_followers': 'count', 'exported_on': 'date',
            },
        },
        'studio_follower_gender': {
            'source': 'studio',
            'key': ['account_handle', 'gender', 'exported_on'],
            'columns': {
                'account_handle': 'id', 'gender': 'id', 'distribution': 'share',
                'exported_on': 'date',
            },
        },
        'studio_follower_territories': {
            'source': 'studio',
            'key': ['account_handle', 'territory', 'exported_on'],
            'columns': {
                'account_handle': 'id', 'territory': 'id', 'distribution': 'share',
                'exported_on': 'date',
            },
        },
        'studio_content': {
            'source': 'studio',
            'key': ['account_handle', 'video_id', 'captured_date'],
            'columns': {
                'account_handle': 'id', 'video_id': 'id', 'captured_date': 'date',
                'title': 'private', 'posted_label': 'id', 'posted_on': 'date',
                'posted_at': 'timestamp',
                'likes': 'whole', 'comments': 'whole', 'shares': 'whole', 'views': 'count',
                'favorites': 'count', 'exported_on': 'date',
            },
        },
        'studio_business_days': {
            'source': 'studio',
            'key': ['account_handle', 'event_date', 'exported_on', 'file_kind'],
            'columns': {
                'account_handle': 'id', 'event_date': 'date', 'file_kind': 'id',
                'followers': 'count', 'new_followers': 'count', 'lost_followers': 'count',
                'reached_audience': 'count', 'engaged_audience': 'count',
                'website_clicks': 'count', 'phone_number_clicks': 'count',
                'email_clicks': 'count', 'address_clicks': 'count', 'lead_submissions': 'count',
                'app_download_clicks': 'count', 'exported_on': 'date', 'asked_shift_days': 'whole',
            },
        },
    }) }}
{%- endmacro %}

{% macro accounts_api_entities() -%}
    {{ return({
        'api_account_days': {
            'source': 'accounts_api',
            'key': ['account_handle', 'event_date'],
            'columns': {
                'account_handle': 'id', 'event_date': 'date', 'video_views': 'count',
                'unique_video_views': 'count', 'profile_views': 'count', 'likes': 'count',
                'comments': 'count', 'shares': 'count', 'followers_count': 'count',
                'daily_total_followers': 'count', 'daily_new_followers': 'count',
                'daily_lost_followers': 'count', 'engaged_audience': 'count',
                'phone_number_clicks': 'count', 'lead_submissions': 'count',
                'app_download_clicks': 'count', 'bio_link_clicks': 'count',
                'email_clicks': 'count', 'address_clicks': 'count', 'synced_at': 'timestamp',
            },
            'read_at': 'synced_at',
        },
        'api_account_profile': {
            'source': 'accounts_api',
            'key': ['account_handle', 'captured_at'],
            'columns': {
                'account_handle': 'id', 'captured_at': 'timestamp', 'followers_count': 'count',
                'total_likes': 'count', 'videos_count': 'count', 'is_business_account': 'boolean',
            },
        },
        'api_audience': {
            'source': 'accounts_api',
            'key': ['account_handle', 'captured_at', 'dimension', 'value'],
            'columns': {
                'account_handle': 'id', 'captured_at': 'timestamp', 'dimension': 'id',
                'value': 'id', 'percentage': 'share',
            },
        },
        'api_videos': {
            'source': 'accounts_api',
            'key': ['video_id', 'captured_at'],
            'required': ['account_handle'],
            'columns': {
                'account_handle': 'id', 'video_id': 'id', 'captured_at': 'timestamp',
                'posted_at': 'timestamp', 'caption': 'private', 'media_type': 'id',
                'is_ad': 'boolean', 'duration_seconds': 'seconds', 'views': 'count',
                'reach': 'count', 'likes': 'count', 'comments': 'count', 'shares': 'count',
                'favorites': 'count', 'total_time_watched': 'seconds',
                'average_time_watched': 'seconds', 'full_video_watched_rate': 'share',
                'new_followers': 'count', 'profile_views': 'count', 'website_clicks': 'count',
                'phone_number_clicks': 'count', 'lead_submissions': 'count',
                'app_download_clicks': 'count', 'email_clicks': 'count', 'address_clicks': 'count',
            },
        },
        'api_video_retention': {
            'source': 'accounts_api',
            'key': ['video_id', 'captured_at', 'second'],
            'columns': {
                'video_id': 'id', 'captured_at': 'timestamp', 'second': 'count',
                'percentage': 'share',
            },
        },
        'api_video_sources': {
            'source': 'accounts_api',
            'key': ['video_id', 'captured_at', 'impression_source'],
            'columns': {
                'video_id': 'id', 'captured_at': 'timestamp', 'impression_source': 'id',
                'percentage': 'share',
            },
        },
    }) }}
{%- endmacro %}

{#- Two archives of a person hold the same events: one of them counts. -#}
{% macro personal_archive_entities() -%}
    {{ return({
        'archive_watches': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'watched_at'],
            'key_if_known': ['video_id'],
            'columns': {
                'archive_owner': 'id', 'watched_at': 'timestamp', 'video_id': 'id',
                'video_posted_at': 'timestamp',
            },
        },
        'archive_likes': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'liked_at'],
            'key_if_known': ['video_id'],
            'columns': {'archive_owner': 'id', 'liked_at': 'timestamp', 'video_id': 'id'},
        },
        'archive_favorites': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'favorited_at'],
            'key_if_known': ['kind', 'video_id'],
            'columns': {
                'archive_owner': 'id', 'favorited_at': 'timestamp', 'kind': 'id', 'video_id': 'id',
            },
        },
        'archive_shares': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'shared_at'],
            'key_if_known': ['video_id'],
            'columns': {
                'archive_owner': 'id', 'shared_at': 'timestamp', 'video_id': 'id', 'method': 'id',
                'shared_content': 'private',
            },
        },
        'archive_comments': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'commented_at'],
            'has_repeats': true,
            'columns': {
                'archive_owner': 'id', 'commented_at': 'timestamp', 'comment_length': 'count',
                'comment_text': 'private', 'video_id': 'id', 'comment_language': 'id',
                'comment_sentiment_score': 'score',
            },
        },
        'archive_follows': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'followed_at'],
            'key_if_known': ['followed_person'],
            'columns': {
                'archive_owner': 'id', 'followed_at': 'timestamp', 'followed_person': 'private',
            },
        },
        'archive_followers': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'followed_at'],
            'key_if_known': ['follower_person'],
            'columns': {
                'archive_owner': 'id', 'followed_at': 'timestamp', 'follower_person': 'private',
            },
        },
        'archive_searches': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'searched_at'],
            'has_repeats': true,
            'columns': {'archive_owner': 'id', 'searched_at': 'timestamp'},
        },
        'archive_reposts': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'reposted_at'],
            'key_if_known': ['video_id'],
            'columns': {'archive_owner': 'id', 'reposted_at': 'timestamp', 'video_id': 'id'},
        },
        'archive_posts': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'posted_at'],
            'key_if_known': ['video_id'],
            'columns': {
                'archive_owner': 'id', 'posted_at': 'timestamp', 'video_id': 'id',
                'likes': 'count', 'title_length': 'count', 'sound': 'private',
                'is_ai_generated': 'boolean', 'who_can_view': 'id',
            },
        },
        'archive_lives_watched': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'watched_at'],
            'key_if_known': ['live_id'],
            'columns': {
                'archive_owner': 'id', 'watched_at': 'timestamp', 'live_id': 'id',
                'comments': 'count', 'questions': 'count',
            },
        },
        'archive_summary': {
            'source': 'personal_archive',
            'key': ['archive_owner', 'measure'],
            'required': ['value'],
            'columns': {'archive_owner': 'id', 'measure': 'id', 'value': 'count'},
        },
    }) }}
{%- endmacro %}
