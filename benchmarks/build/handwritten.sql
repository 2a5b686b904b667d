-- What somebody in a hurry would write: the video x day counts of fct_video_daily straight from the
-- raw files in one script, with the same rules for rows (parse, reject, latest of a key), and
-- without statuses, rejected rows, reconciliation, retention, tests or anything kept for later.
-- :raw is the lake's folder.

create temp table videos as
select
    video_id,
    max_by(account_id, row_order) as account_id,
    max_by(duration_seconds, row_order) as duration_seconds
from (
    select
        video_id,
        account_id,
        _ingest_seq * 10000000000 + _source_row as row_order,
        case when try_cast(duration_seconds as decimal(18, 3)) >= 0
            then try_cast(duration_seconds as decimal(18, 3)) end as duration_seconds
    from read_parquet(':raw/*/videos.*.parquet')
    where
        _malformed is null
        and video_id is not null
        and account_id in (
            select account_id from read_parquet(':raw/*/accounts.*.parquet')
            where lower(account_role) in ('own', 'competitor') and handle is not null
        )
        and try_cast(posted_at as timestamptz) >= timestamptz '2016-09-01 00:00:00+00'
)
group by video_id;

create temp table views as
select
    view_id,
    max_by(video_id, row_order) as video_id,
    max_by(person_id, row_order) as person_id,
    max_by(viewed_at, row_order) as viewed_at,
    max_by(watch_seconds, row_order) as watch_seconds
from (
    select
        view_id,
        video_id,
        person_id,
        _ingest_seq * 10000000000 + _source_row as row_order,
        case
            when regexp_full_match(viewed_at, '[0-9]{10}')
                then make_timestamp(cast(viewed_at as bigint) * 1000000)
            when regexp_full_match(viewed_at, '[0-9]{13}')
                then make_timestamp(cast(viewed_at as bigint) * 1000)
            when regexp_full_match(
                viewed_at,
                '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?'
            )
                then cast(try_cast(viewed_at as timestamptz) at time zone 'UTC' as timestamp)
        end as viewed_at,
        case when regexp_full_match(watch_seconds, '[+-]?[0-9]+([.][0-9]+)?')
            then try_cast(watch_seconds as decimal(18, 3)) end as watch_seconds,
        _ingested_at
    from read_parquet(':raw/*/video_views.*.parquet')
    where _malformed is null
)
where
    view_id is not null
    and video_id in (select video_id from videos)
    and viewed_at between timestamp '2016-09-01' and _ingested_at + interval 24 hour
    and watch_seconds between 0 and 86400
group by view_id;

create temp table first_views as
select account_id, person_id, min(cast(viewed_at as date)) as first_date
from views inner join videos using (video_id)
where watch_seconds > 0 and person_id is not null
group by account_id, person_id;

create table video_daily as
select
    video_id,
    cast(viewed_at as date) as event_date,
    count(*) as impressions,
    count(distinct views.person_id) as reach,
    count(*) filter (where watch_seconds > 0) as views,
    count(distinct views.person_id) filter (where watch_seconds > 0) as unique_viewers,
    count(distinct views.person_id) filter (
        where watch_seconds > 0 and first_date = cast(viewed_at as date)
    ) as new_viewers,
    sum(watch_seconds) as total_watch_seconds,
    count(*) filter (where watch_seconds > 0 and duration_seconds > 0) as views_with_duration,
    count(*) filter (
        where watch_seconds > 0 and duration_seconds > 0
        and watch_seconds >= duration_seconds * 0.99
    ) as completed_views
from views
inner join videos using (video_id)
left join first_views
    on videos.account_id = first_views.account_id and views.person_id = first_views.person_id
group by all;
