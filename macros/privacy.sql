{#-
    No breakdown of the audience shows a group of fewer than var('privacy_threshold') people, and none
    lets a reader work one out.
-#}

{#- So few people that their number is withheld. Nobody is no group: a 0 may be shown. -#}
{% macro is_small_group(people) -%}
    {{ people }} between 1 and {{ var('privacy_threshold') - 1 }}
{%- endmacro %}

{#-
    Whether a group of a whole is withheld, where the whole is known: a small group, and beside it the
    next smallest ones, until at least two are withheld and together they are no small group. Else
    the whole less the groups that are shown would be the one that is not. Of a small whole, and of
    one whose people are all in one group, nothing is shown, not even that a group has nobody.

    Args:
        people: column with the people of the group.
        is_small: boolean column, never NULL, of groups that must be withheld for themselves.
        whole: columns that name the whole, separated by commas.
        name: column that names the group within its whole.
-#}
{% macro is_withheld(people, is_small, whole, name) -%}
    {%- set smaller -%}
        over (
                            partition by {{ whole }}
                            order by {{ is_small }} desc, {{ people }} asc, {{ name }} asc
                            rows between unbounded preceding and 1 preceding
                        )
    {%- endset -%}
    {{ is_small }}
    or (
        max(case when {{ is_small }} then 1 else 0 end) over (partition by {{ whole }}) = 1
        and (
            sum({{ people }}) over (partition by {{ whole }})
            between 1 and {{ var('privacy_threshold') - 1 }}
            or sum(case when {{ is_small }} or {{ people }} > 0 then 1 end)
            over (partition by {{ whole }})
            = 1
            or (
                {{ people }} > 0
                and (
                    coalesce(
                        sum(case when {{ is_small }} or {{ people }} > 0 then 1 end)
                        {{ smaller }},
                        0
                    ) < 2
                    or coalesce(
                        sum({{ people }})
                        {{ smaller }},
                        0
                    ) < {{ var('privacy_threshold') }}
                )
            )
        )
    )
{%- endmacro %}
