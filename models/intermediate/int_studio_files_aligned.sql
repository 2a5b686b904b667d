{#- Each round doubles the length of the chain of exports that a file is followed along. -#}
{%- set rounds = chain_rounds() -%}
with

days as (

    select * from {{ ref('int_studio_days_exported') }}

),

export_overlaps as (

    select * from {{ ref('int_studio_overlaps') }}
    where verdict in ('same', 'a_day_later', 'a_day_earlier')

),

list_files as (

    select
        account_handle,
        file_kind,
        exported_on,
        count(*) as labelled_days,
        count(all_measures) as known_days,
        min(labelled_date) as first_labelled_date,
        max(labelled_date) as last_labelled_date,
        max_by(asked_shift_days, _ingest_seq) as asked_shift_days
    from days
    group by account_handle, file_kind, exported_on

),

find_nearest as (

    select
        account_handle,
        file_kind,
        later_exported_on,
        max(earlier_exported_on) as earlier_exported_on
    from export_overlaps
    group by account_handle, file_kind, later_exported_on

),

follow_round_0 as (

    select
        list_files.account_handle,
        list_files.file_kind,
        list_files.exported_on,
        coalesce(export_overlaps.earlier_exported_on, list_files.exported_on) as root_exported_on,
        coalesce(export_overlaps.label_lag, 0) as labels_later
    from list_files
    left join find_nearest
        on
            list_files.account_handle = find_nearest.account_handle
            and list_files.file_kind = find_nearest.file_kind
            and list_files.exported_on = find_nearest.later_exported_on
    left join export_overlaps
        on
            find_nearest.account_handle = export_overlaps.account_handle
            and find_nearest.file_kind = export_overlaps.file_kind
            and find_nearest.later_exported_on = export_overlaps.later_exported_on
            and find_nearest.earlier_exported_on = export_overlaps.earlier_exported_on

),
{% for round in range(1, rounds + 1) %}
follow_round_{{ round }} as (

    select
        files.account_handle,
        files.file_kind,
        files.exported_on,
        linked.root_exported_on,
        files.labels_later + linked.labels_later as labels_later
    from follow_round_{{ round - 1 }} as files
    inner join follow_round_{{ round - 1 }} as linked
        on
            files.account_handle = linked.account_handle
            and files.file_kind = linked.file_kind
            and files.root_exported_on = linked.exported_on

),
{% endfor %}
count_files as (

    select
        account_handle,
        file_kind,
        root_exported_on,
        labels_later,
        count(*) as files,
        min(exported_on) as first_exported_on
    from follow_round_{{ rounds }}
    group by account_handle, file_kind, root_exported_on, labels_later

),

rank_calendars as (

    select
        *,
        row_number() over (
            partition by account_handle, file_kind, root_exported_on
            order by files desc, first_exported_on asc
        ) as calendar_rank,
        count(*) over (partition by account_handle, file_kind, root_exported_on, files)
            as calendars_as_frequent,
        sum(files) over (partition by account_handle, file_kind, root_exported_on) as linked_files
    from count_files

)

select
    list_files.account_handle,
    list_files.file_kind,
    list_files.exported_on,
    list_files.labelled_days,
    list_files.known_days,
    list_files.first_labelled_date,
    list_files.last_labelled_date,
    list_files.asked_shift_days,
    aligned.root_exported_on,
    cast(rank_calendars.labels_later - aligned.labels_later as bigint) as shift_days,
    rank_calendars.calendars_as_frequent > 1 as is_tie,
    cast(rank_calendars.linked_files as bigint) as linked_files
from follow_round_{{ rounds }} as aligned
inner join list_files
    on
        aligned.account_handle = list_files.account_handle
        and aligned.file_kind = list_files.file_kind
        and aligned.exported_on = list_files.exported_on
inner join rank_calendars
    on
        aligned.account_handle = rank_calendars.account_handle
        and aligned.file_kind = rank_calendars.file_kind
        and aligned.root_exported_on = rank_calendars.root_exported_on
        and rank_calendars.calendar_rank = 1
