{#-
    The whole text matches the pattern (no backslashes, see `matches`); NULL is not judged.
    A returned row is a value that does not match.
-#}
{% test matches_pattern(model, column_name, pattern) %}

select {{ column_name }}
from {{ model }}
where not {{ matches(column_name, pattern) }}

{% endtest %}
