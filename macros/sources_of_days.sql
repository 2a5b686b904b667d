{#-
    Where the numbers of a day come from, the most trusted first. A family of measures (engagement,
    watch, followers, funnel) of one account and day has one source, so no ratio mixes two.
-#}
{% macro trusted_sources() -%}
    {{ return(['event_log', 'accounts_api', 'studio', 'snapshots']) }}
{%- endmacro %}

{#- Place of a source in that order, from 1. -#}
{% macro source_rank(source) -%}
    case {{ source }}
        {%- for name in trusted_sources() %}
        when '{{ name }}' then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}

{#- The source at a place in that order. -#}
{% macro source_at(rank) -%}
    case {{ rank }}
        {%- for name in trusted_sources() %}
        when {{ loop.index }} then '{{ name }}'
        {%- endfor %}
    end
{%- endmacro %}

{#- Exports that name an account by its handle, with the column that dates their rows. -#}
{% macro exports_of_accounts() -%}
    {{ return([
        'stg_accounts_api__account_days', 'stg_accounts_api__account_profile',
        'stg_accounts_api__videos', 'stg_studio__overview', 'stg_studio__viewers',
        'stg_studio__follower_history', 'stg_studio__content', 'stg_studio__business_days',
    ]) }}
{%- endmacro %}

{#- A handle as the exports' readers write it: small letters, no @. -#}
{% macro plain_handle(handle) -%}
    lower(case when {{ handle }} like '@%' then substr({{ handle }}, 2) else {{ handle }} end)
{%- endmacro %}

{#-
    Whether a day lies between the event log's first event of its account and its last of any account.
    Outside, what the log has no row of is 0 only where no export tells of the day.
-#}
{% macro is_event_log_day(date, coverage='coverage') -%}
    coalesce(
        {{ date }} between {{ coverage }}.event_log_first_date and {{ coverage }}.event_log_last_date,
        false
    )
{%- endmacro %}

{#- The families of measures that an export gives by account and day. -#}
{% macro exported_families() -%}
    {{ return({
        'engagement': ['likes', 'comments', 'shares'],
        'watch': ['views', 'unique_viewers', 'new_viewers'],
        'funnel': ['profile_visits', 'conversions'],
    }) }}
{%- endmacro %}

{#-
    What the event log tells of an account's day, of `sum_videos`: the sum of its own rows, else 0. What
    an export has of a video that the log does not know is no part of it.
-#}
{% macro sum_of_log(family, measure) -%}
    case
        when sum_videos.{{ family }}_source = 'event_log'
            then coalesce(sum_videos.{{ measure }}, 0)
        else 0
    end
{%- endmacro %}
