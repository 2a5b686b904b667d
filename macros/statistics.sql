{#-
    Statistics as SQL expressions, alike on every engine.

    wilson_low, wilson_high: Wilson's 95 % score interval (1927) of a share, in percent. NULL without
    a trial, and where successes exceed trials (several engagements of one view): no share then.
-#}
{% macro wilson_low(successes, trials) -%}
    {{ _wilson(successes, trials, '-') }}
{%- endmacro %}

{% macro wilson_high(successes, trials) -%}
    {{ _wilson(successes, trials, '+') }}
{%- endmacro %}

{% macro _wilson(successes, trials, sign) -%}
    {#- The 97.5 % quantile of the normal distribution, and its square. -#}
    {%- set z, z2 = '1.959963984540054', '3.8414588206941254' -%}
    {%- set n = 'cast(' ~ trials ~ ' as double)' -%}
    {%- set p = '(cast(' ~ successes ~ ' as double) / ' ~ n ~ ')' -%}
    case
            when {{ trials }} > 0 and {{ successes }} between 0 and {{ trials }}
                then {{ 'greatest' if sign == '-' else 'least' }}({{ 0 if sign == '-' else 100 }}, 100 * (
                    {{ p }} + {{ z2 }} / (2 * {{ n }})
                    {{ sign }} {{ z }} * sqrt(
                        {{ p }} * (1 - {{ p }}) / {{ n }} + {{ z2 }} / (4 * {{ n }} * {{ n }})
                    )
                ) / (1 + {{ z2 }} / {{ n }}))
        end
{%- endmacro %}

{#-
    Two-sided p-value of a z-score (double). Abramowitz and Stegun 26.2.17: off by less than 1.5e-7.
-#}
{% macro two_sided_p(z) -%}
    {%- set t = '(1 / (1 + 0.2316419 * abs(' ~ z ~ ')))' -%}
    2 * exp(-{{ z }} * {{ z }} / 2) / 2.5066282746310002 * {{ t }} * (
        0.319381530 + {{ t }} * (
            -0.356563782 + {{ t }} * (
                1.781477937 + {{ t }} * (-1.821255978 + {{ t }} * 1.330274429)
            )
        )
    )
{%- endmacro %}
