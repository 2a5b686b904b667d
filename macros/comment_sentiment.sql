{#- Counts of judged comments and the sum of their scores: what adds up over videos and days. -#}
{% macro comment_sentiment_measures() -%}
    {{ return([
        'comments_judged', 'comments_in_other_languages', 'positive_comments', 'negative_comments',
        'comment_sentiment_sum',
    ]) }}
{%- endmacro %}

{#- Of those, what tells how people sound: withheld where so few were judged that it tells it of one. -#}
{% macro comment_split_measures() -%}
    {{ return(['positive_comments', 'negative_comments', 'comment_sentiment_sum']) }}
{%- endmacro %}

{#- The columns that a mart of sentiment shows, from those measures and `comments`. -#}
{% macro comment_sentiment_columns() -%}
    comments_judged,
    comments - comments_judged as comments_not_judged,
    comments_in_other_languages,
    {{ pct('comments_judged', 'comments') }} as comments_judged_pct,
    positive_comments,
    comments_judged - positive_comments - negative_comments as neutral_comments,
    negative_comments,
    {{ pct('positive_comments', 'comments_judged') }} as positive_comments_pct,
    {{ pct('negative_comments', 'comments_judged') }} as negative_comments_pct,
    comment_sentiment_sum,
    {{ ratio('comment_sentiment_sum', 'comments_judged') }} as comment_sentiment_score
{%- endmacro %}
