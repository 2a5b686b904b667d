{#-
    By how many days two labels of one real day can differ, and what the columns of each lag are
    called. A lag is the label that is judged minus the label that it is held against.
-#}
{% macro label_lags() -%}
    {{ return({0: 'lag_0', 1: 'lag_1', -1: 'lag_minus_1'}) }}
{%- endmacro %}

{#- Rows of the lags, to stand in a `with`. -#}
{% macro list_label_lags() -%}
    {%- for label_lag in label_lags() %}
    select {{ label_lag }} as label_lag
    {{ 'union all' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#-
    Correlation of two logarithms at a lag, with three digits; NULL where one of them is constant.
    Rounded, so that the order of summing shows in no row.
-#}
{% macro log_correlation(first, second, label_lag) -%}
    {%- set at_lag = 'filter (where label_lag = ' ~ label_lag ~ ')' -%}
    case
            when
                min({{ first }}) {{ at_lag }} < max({{ first }}) {{ at_lag }}
                and min({{ second }}) {{ at_lag }} < max({{ second }}) {{ at_lag }}
                then cast(round(corr({{ first }}, {{ second }}) {{ at_lag }}, 3) as decimal(4, 3))
        end
{%- endmacro %}

{#-
    Whether all compared days are equal at one lag and hardly any at the others, over enough days
    that chance cannot do it: what it takes to move a file (docs/decisions/009).
-#}
{% macro is_overwhelming(label_lag) -%}
    {%- set name = label_lags()[label_lag] -%}
    overlap_days_at_{{ name }} >= {{ var('calendar_least_days') }}
                and matches_at_{{ name }} = overlap_days_at_{{ name }}
                {%- for other in label_lags().values() if other != name %}
                and matches_at_{{ other }} <= {{ var('calendar_chance_share') }} * overlap_days_at_{{ other }}
                {%- endfor %}
{%- endmacro %}
