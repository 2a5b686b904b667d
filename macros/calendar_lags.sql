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
    Whether a pair of files agrees on a lag: most of its days are equal there, and none that tells
    two lags apart speaks for another one (docs/decisions/009).
-#}
{% macro agrees_on(label_lag) -%}
    {%- set name = label_lags()[label_lag] -%}
    overlap_days_at_{{ name }} > 0
                and matches_at_{{ name }}
                >= (1 - {{ var('calendar_chance_share') }}) * overlap_days_at_{{ name }}
                {%- for other in label_lags().values() if other != name %}
                and telling_days_at_{{ other }} = 0
                {%- endfor %}
{%- endmacro %}

{#-
    For each lag whether the files of two exports that agree on it carry it: one of them on enough
    days, and all of them together on enough days that tell it from the others; on more of these
    where a file has days that are equal at no lag, which were restated.
-#}
{% macro vote_on_lags() -%}
    {%- for label_lag, name in label_lags().items() -%}
        {%- set agree = 'filter (where ' ~ agrees_on(label_lag) ~ ')' -%}
        {%- set equal = 'filter (where matches_at_' ~ name ~ ' = overlap_days_at_' ~ name ~ ')' -%}
        {%- if not loop.first %}
        {% endif -%}
        coalesce(
            max(overlap_days_at_{{ name }}) {{ agree }} >= {{ var('calendar_least_days') }}
            and (
                sum(telling_days_at_{{ name }}) {{ equal }}
                >= {{ var('calendar_least_telling_days') }}
                or sum(telling_days_at_{{ name }}) {{ agree }} >= {{ var('calendar_least_days') }}
            ),
            false
        ) as is_carried_at_{{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Whether a pair of files is taken to be a lag apart. -#}
{% macro is_carried(label_lag) -%}
    is_carried_at_{{ label_lags()[label_lag] }}
                and {{ agrees_on(label_lag) }}
{%- endmacro %}

{#- For each lag the days that are equal there and at no other: telling_days_at_lag_0, … -#}
{% macro count_telling_days() -%}
    {%- for label_lag, name in label_lags().items() -%}
        {%- if not loop.first %}
        {% endif -%}
        count(*) filter (where label_lag = {{ label_lag }} and is_telling = 1)
            as telling_days_at_{{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#-
    For each lag the days compared, those of them with a flag set, and the correlation of two
    logarithms: columns overlap_days_at_lag_0, <flagged>_at_lag_0 and log_correlation_at_lag_0, …
-#}
{% macro measure_at_lags(flag, flagged, first, second) -%}
    {%- for label_lag, name in label_lags().items() -%}
        {%- if not loop.first %}
        {% endif -%}
        count(*) filter (where label_lag = {{ label_lag }}) as overlap_days_at_{{ name }},
        count(*) filter (where label_lag = {{ label_lag }} and {{ flag }} = 1)
            as {{ flagged }}_at_{{ name }},
        {{ log_correlation(first, second, label_lag) }}
            as log_correlation_at_{{ name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Whether the logarithms correlate at one lag and clearly less at the others. -#}
{% macro correlates_best(label_lag) -%}
    {%- set best = 'log_correlation_at_' ~ label_lags()[label_lag] -%}
    overlap_days_at_{{ label_lags()[label_lag] }} >= {{ var('calendar_viewers_least_days') }}
        and {{ best }} >= {{ var('calendar_viewers_correlation') }}
        {%- for other in label_lags().values() if other != label_lags()[label_lag] %}
        and {{ best }} - coalesce(log_correlation_at_{{ other }}, 0) >= {{ var('calendar_viewers_gain') }}
        {%- endfor -%}
{%- endmacro %}

{#- A value of the row that is trusted most, among those that a condition holds for. -#}
{% macro most_trusted(value, condition) -%}
    max_by({{ value }}, trust) filter (where {{ condition }})
{%- endmacro %}

{#- The same among the rows of a kind of file whose main measure is known. -#}
{% macro most_trusted_of(file_kind, value) -%}
    {{ most_trusted(value, "file_kind = '" ~ file_kind ~ "' and main_measure is not null") }}
{%- endmacro %}
