{#-
    What a personal archive tells of its owner, by the type of the event: which staging model has
    it, when it happened and which of its rows count.
-#}
{% macro personal_events() -%}
    {{ return({
        'view': {'model': 'watches', 'occurred_at': 'watched_at', 'has_video': true},
        'like': {'model': 'likes', 'occurred_at': 'liked_at', 'has_video': true},
        'comment': {'model': 'comments', 'occurred_at': 'commented_at', 'has_video': true},
        'share': {'model': 'shares', 'occurred_at': 'shared_at', 'has_video': true},
        'save': {
            'model': 'favorites', 'occurred_at': 'favorited_at', 'has_video': true,
            'where': "kind = 'video'",
        },
        'save_other': {
            'model': 'favorites', 'occurred_at': 'favorited_at', 'has_video': false,
            'where': "coalesce(kind, '') <> 'video'",
        },
        'repost': {'model': 'reposts', 'occurred_at': 'reposted_at', 'has_video': true},
        'post': {'model': 'posts', 'occurred_at': 'posted_at', 'has_video': true},
        'follow': {'model': 'follows', 'occurred_at': 'followed_at', 'has_video': false},
        'gain_follower': {'model': 'followers', 'occurred_at': 'followed_at', 'has_video': false},
        'search': {'model': 'searches', 'occurred_at': 'searched_at', 'has_video': false},
        'watch_live': {'model': 'lives_watched', 'occurred_at': 'watched_at', 'has_video': false},
    }) }}
{%- endmacro %}

{#- Whether an event is something that the owner did: others do the following. -#}
{% macro is_own_act() -%}
    event_type <> 'gain_follower'
{%- endmacro %}
