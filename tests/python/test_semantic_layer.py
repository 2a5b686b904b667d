"""The semantic layer, in one process: every metric against the marts, on what is published."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

from tiktok_warehouse.home import PROJECT_ROOT, Home

PROJECT_FILES = (
    "dbt_project.yml",
    "profiles.yml",
    "models",
    "macros",
    "seeds",
    "tests",
    "analyses",
)
SEMANTIC = PROJECT_ROOT / "models" / "semantic"
Rows = dict[tuple[Any, ...], dict[str, Any]]

# Metrics that are no column of the mart: what they are of one row.
OF_ONE_ROW = {
    "account_days": "1",
    "video_days": "1",
    "days_with_saves": "coalesce(engagement_has_saves, false)::int",
    "days_without_saves": "coalesce(not engagement_has_saves, false)::int",
    "engagements_with_or_without_saves": "engagements",
    "days_by_visitors": "coalesce(conversion_denominator = 'visitors', false)::int",
    "days_by_visits": "coalesce(conversion_denominator = 'visits', false)::int",
    "days_with_followers_net": "(followers_net is not null)::int",
    "days_with_followers_gained": "(followers_gained is not null)::int",
    "traffic_rows": "1",
    "retention_rows": "1",
    "mark_lowest": "mark_pct",
    "mark_highest": "mark_pct",
    "conversion_rows": "1",
    "typed_conversions": "conversions",
    "converted_quantity": "quantity",
    "currency_first": "coalesce(currency, '')",
    "currency_last": "coalesce(currency, '')",
    "conversion_value_in_any_currency": "conversion_value_amount",
    "comments_judged_and_shown": "case when not is_suppressed then comments_judged end",
    "content_rows": "1",
    "content_rate_numerator": "numerator",
    "content_rate_denominator": "denominator",
    "benchmark_rows": "1",
    "product_rows": "1",
    "traffic_average_watch_seconds": "cast(total_watch_seconds as double) / nullif(views, 0)",
    "rejected_share_pct": "rejected_rows / raw_rows * 100",
    "funnel_breakdown_first": "breakdown",
    "funnel_breakdown_last": "breakdown",
    "funnel_rows_with_saves": "coalesce(engagement_has_saves, false)::int",
    "funnel_rows_without_saves": "coalesce(not engagement_has_saves, false)::int",
    **{
        f"funnel_{name}_in_any_breakdown": name
        for name in (
            *("views", "engagements", "profile_visits", "link_clicks", "conversions"),
            *("conversions_beyond_clicks", "purchases", "timed_conversions"),
            "total_time_to_convert_seconds",
        )
    },
}

# Semantic model: its mart, prefix of its metrics, what to group by, the mart's columns for that.
GRAINS = {
    "account_days": (
        *("marts.daily_account_kpis", "", ["account", "metric_time__day"]),
        ["account_id", "kpi_date"],
    ),
    "video_days": (
        *("marts.daily_video_kpis", "video_", ["video", "metric_time__day"]),
        ["video_id", "kpi_date"],
    ),
    "traffic_source_days": (
        *("marts.fct_traffic_source_daily", "traffic_"),
        ["video", "metric_time__day", "traffic_source_day__traffic_source"],
        ["video_id", "event_date", "traffic_source"],
    ),
    "retention_marks": (
        *("marts.fct_watch_retention_daily", ""),
        ["video", "metric_time__day", "retention_mark__mark_pct"],
        ["video_id", "event_date", "mark_pct"],
    ),
    "conversion_days": (
        *("marts.fct_conversion_daily", "typed_"),
        [
            *("account", "metric_time__day"),
            *("conversion_day__conversion_type", "conversion_day__currency"),
        ],
        ["account_id", "event_date", "conversion_type", "currency"],
    ),
    "content": (
        *("marts.content_performance", "content_"),
        [
            *("account", "content_group__period", "content_group__trait"),
            *("content_group__trait_value", "content_group__kpi"),
        ],
        ["account_id", "period", "trait", "trait_value", "kpi"],
    ),
    "funnel": (
        *("marts.conversion_funnel", "funnel_"),
        [
            *("account", "metric_time__day"),
            *("funnel_row__breakdown", "funnel_row__breakdown_value"),
        ],
        ["account_id", "event_date", "breakdown", "breakdown_value"],
    ),
    "comment_days": (
        *("marts.comment_sentiment_daily", "", ["account", "metric_time__day"]),
        ["account_id", "event_date"],
    ),
    "benchmarks": (
        *("marts.account_benchmarks", "benchmark_"),
        ["account", "metric_time__day", "benchmark__kpi"],
        ["account_id", "kpi_date", "kpi"],
    ),
    "products": (
        *("marts.product_demand", "product_", ["account", "product_window__product_id"]),
        ["account_id", "product_id"],
    ),
    "ingests": (
        *("quality.row_reconciliation", ""),
        [f"ingested_file__{name}" for name in ("ingest_id", "entity", "source_file")],
        ["ingest_id", "entity", "source_file"],
    ),
}


class Layer:
    """The semantic layer of a home, asked in this process; and the published file beside it."""

    def __init__(self, project: Path, file: Path) -> None:
        self.project = project
        self.configuration = CLIConfiguration()
        self.configuration.setup(project, project, configure_file_logging=False)
        self.file = duckdb.connect(str(file), read_only=True)

    def query(self, metrics: Sequence[str], group_by: Sequence[str], **options: Any) -> Rows:
        """Each group of a metric query, by its values in the order that was asked for."""
        table = self.configuration.mf.query(
            MetricFlowQueryRequest.create(
                metric_names=list(metrics), group_by_names=list(group_by), **options
            )
        ).result_df
        assert table is not None
        rows = [
            dict(zip(table.column_names, map(simplify, row), strict=True)) for row in table.rows
        ]
        found = {tuple(row[name] for name in group_by): row for row in rows}
        assert len(found) == len(rows)
        return found

    def select(self, sql: str, keys: int) -> Rows:
        """Rows of a select on the published file, by its first columns."""
        cursor = self.file.execute(sql)
        names = [column[0] for column in cursor.description or []]
        rows = [list(map(simplify, row)) for row in cursor.fetchall()]
        found = {tuple(row[:keys]): dict(zip(names, row, strict=True)) for row in rows}
        assert len(found) == len(rows)
        return found


def simplify(value: Any) -> Any:
    """A value as both sides have it: days as dates, decimals as numbers, and no empty text."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return None if value == "" else value


def read_metrics() -> dict[str, list[str]]:
    """The metrics of each semantic model, in the order of the files."""
    found: dict[str, list[str]] = {}
    for path in sorted(SEMANTIC.glob("*.yml")):
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
        owners: dict[str, str] = {}
        for model in described.get("semantic_models", []):
            own = [m["name"] for m in model.get("measures", []) if m.get("create_metric")]
            found[model["name"]] = own
            owners |= {m["name"]: model["name"] for m in model.get("measures", [])}
        for metric in described.get("metrics", []):
            owner = owners[metric["type_params"]["metrics"][-1]["name"]]
            owners[metric["name"]] = owner
            found[owner].append(metric["name"])
    return found


@pytest.fixture(scope="module")
def layer(sample_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layer]:
    # mf reads target/ of the project's folder, whose own may be of another day and target.
    project = tmp_path_factory.mktemp("project")
    for name in PROJECT_FILES:
        (project / name).symlink_to(PROJECT_ROOT / name)
    # dbt keeps the file open in this process, in which others open it in another way.
    home = tmp_path_factory.mktemp("semantic")
    (home / "published").mkdir()
    for copy in (home / "published" / "tiktok.duckdb", home / "copy.duckdb"):
        shutil.copy(sample_home.published / "tiktok.duckdb", copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOK_WAREHOUSE_HOME", str(home))
        patch.setenv("DBT_TARGET", "published")
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        patch.chdir(project)
        dbt = Path(sys.executable).with_name("dbt")
        subprocess.run([str(dbt), "--quiet", "parse"], check=True)
        yield Layer(project, home / "copy.duckdb")


@pytest.mark.parametrize("model", sorted(GRAINS))
def test_every_metric_is_the_marts_number_at_the_marts_grain(layer: Layer, model: str) -> None:
    mart, prefix, groups, keys = GRAINS[model]
    names = read_metrics()[model]
    columns = {
        name
        for (name,) in layer.file.execute(
            "select column_name from duckdb_columns() where schema_name || '.' || table_name = ?",
            [mart],
        ).fetchall()
    }
    selected = []
    parts = {}
    for name in names:
        bare = name.removeprefix(prefix).removesuffix("_of_row")
        ratio, _, part = bare.rpartition("_")
        if name in OF_ONE_ROW or bare in OF_ONE_ROW:
            selected.append(f"{OF_ONE_ROW.get(name, OF_ONE_ROW.get(bare))} as {name}")
        elif part in ("numerator", "denominator") and f"{prefix}{ratio}" in names:
            parts[name] = ratio
        else:
            column = bare if bare in columns else name
            assert column in columns, f"{name} is no column of {mart}, and not in OF_ONE_ROW"
            selected.append(f"{column} as {name}")
    expected = layer.select(f"select {', '.join((*keys, *selected))} from {mart}", len(keys))
    found = layer.query(names, groups)
    assert found.keys() == expected.keys()
    assert found
    for key, row in expected.items():
        for name in names:
            if name not in parts:
                assert found[key][name] == row[name], (key, name)
        for ratio in set(parts.values()):
            assert_parts_make_the_ratio(found[key], f"{prefix}{ratio}")


def assert_parts_make_the_ratio(row: dict[str, Any], ratio: str) -> None:
    numerator, denominator = row[f"{ratio}_numerator"], row[f"{ratio}_denominator"]
    if numerator is None or not denominator:
        assert row[ratio] is None
    else:
        scale = 1000 if ratio.endswith("1000_views") else 100 if ratio.endswith("_pct") else 1
        assert row[ratio] == pytest.approx(numerator / denominator * scale)


def test_every_number_of_the_kpi_marts_has_a_metric(layer: Layer) -> None:
    metrics = {name for names in read_metrics().values() for name in names}
    for mart, prefix in (("daily_account_kpis", ""), ("daily_video_kpis", "video_")):
        numbers = layer.file.execute(
            "select column_name from duckdb_columns() where table_name = ?"
            " and data_type not in ('VARCHAR', 'DATE', 'BOOLEAN')",
            [mart],
        ).fetchall()
        without = {name for (name,) in numbers} - {n.removeprefix(prefix) for n in metrics}
        # Money has its currency beside it, and a metric of its own by currency.
        assert without <= {"days_since_posting", "conversion_value_amount"}, mart
        assert len(numbers) > 50


# Written anew and in full: a ratio is the sum of its numerators over the sum of its denominators.
DOZEN = {
    "views": "sum(views)",
    "engagements": "sum(engagements)",
    "engagement_rate_pct": "sum(engagements) filter (where views is not null) * 100.0"
    " / nullif(sum(views) filter (where engagements is not null), 0)",
    "save_rate_pct": "sum(saves) filter (where views is not null) * 100.0"
    " / nullif(sum(views) filter (where saves is not null), 0)",
    "average_watch_seconds": "sum(total_watch_seconds)::double"
    " / nullif(sum(views) filter (where total_watch_seconds is not null), 0)",
    "completion_rate_pct": "sum(completed_views) * 100.0 / nullif(sum(views_with_duration), 0)",
    "watch_retention_50_pct": "sum(views_retained_50) * 100.0"
    " / nullif(sum(views_with_duration), 0)",
    "conversion_rate_pct": "sum(conversions) * 100.0 / nullif(sum(profile_visitors), 0)",
    "followers_per_1000_views": "sum(followers_gained) * 1000.0"
    " / nullif(sum(views) filter (where followers_gained is not null), 0)",
    "view_rate_pct": "sum(views) filter (where impressions is not null) * 100.0"
    " / nullif(sum(impressions), 0)",
    "reach": "case when count(*) = 1 then max(reach) end",
    "profile_visitors": "case when count(*) = 1 then max(profile_visitors) end",
}
LEVELS = {
    "followers_opening": "arg_min_null(followers_opening, kpi_date)",
    "followers_closing": "arg_max_null(followers_closing, kpi_date)",
    "follower_growth_rate_pct": "case when count(followers_net) = count(*) then"
    " sum(followers_net) * 100.0 / nullif(arg_min_null(followers_opening, kpi_date), 0) end",
}


@pytest.mark.parametrize("grain", ["week", "month"])
def test_a_dozen_metrics_by_account_and_longer_time(layer: Layer, grain: str) -> None:
    wanted = DOZEN | LEVELS
    columns = ", ".join(f"{sql} as {name}" for name, sql in wanted.items())
    expected = layer.select(
        f"select account_id, cast(date_trunc('{grain}', kpi_date) as date) as first_day,"
        f" {columns} from marts.daily_account_kpis group by 1, 2",
        2,
    )
    found = layer.query(list(wanted), ["account", f"metric_time__{grain}"])
    assert_same(found, expected, list(wanted))


@pytest.mark.parametrize("by", ["video", "video__content_format", "video__product_id"])
def test_a_dozen_metrics_by_video_and_what_is_known_of_it(layer: Layer, by: str) -> None:
    column = {"video": "video_id"}.get(by, by.removeprefix("video__"))
    columns = ", ".join(f"{sql} as video_{name}" for name, sql in DOZEN.items())
    expected = layer.select(
        f"select {column}, {columns} from marts.daily_video_kpis"
        " left join (select * exclude (account_id) from marts.dim_videos) using (video_id)"
        " left join marts.dim_accounts using (account_id) where account_role = 'own' group by 1",
        1,
    )
    names = [f"video_{name}" for name in DOZEN]
    found = layer.query(
        names, [by], where_constraints=["{{ Dimension('account__account_role') }} = 'own'"]
    )
    assert_same(found, expected, names)


def test_topics_and_traffic_sources_by_account(layer: Layer) -> None:
    expected = layer.select(
        "select account_id, trait_value, rate, numerator, denominator, interval_low"
        " from marts.content_performance where trait = 'topic' and period = 'all_days'"
        " and kpi = 'save_rate_pct'",
        2,
    )
    found = layer.query(
        ["content_rate", "content_rate_numerator", "content_interval_low"],
        ["account", "content_group__trait_value"],
        where_constraints=[
            "{{ Dimension('content_group__trait') }} = 'topic'",
            "{{ Dimension('content_group__period') }} = 'all_days'",
            "{{ Dimension('content_group__kpi') }} = 'save_rate_pct'",
        ],
    )
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert found[key]["content_rate"] == row["rate"]
        assert found[key]["content_interval_low"] == row["interval_low"]
    sources = layer.select(
        "select account_id, traffic_source, sum(views) as traffic_views, sum(total_watch_seconds)"
        " ::double / nullif(sum(views), 0) as traffic_average_watch_seconds"
        " from marts.fct_traffic_source_daily group by 1, 2",
        2,
    )
    names = ["traffic_views", "traffic_average_watch_seconds"]
    by_source = layer.query(names, ["account", "traffic_source_day__traffic_source"])
    assert_same(by_source, sources, names)


def assert_same(found: Rows, expected: Rows, names: Sequence[str]) -> None:
    assert found.keys() == expected.keys()
    known = dict.fromkeys(names, 0)
    for key, row in expected.items():
        for name in names:
            number = row[name] if row[name] is None else pytest.approx(row[name], rel=1e-12)
            assert found[key][name] == number, (key, name)
            known[name] += row[name] is not None
    without = {name.removeprefix("video_") for name, times in known.items() if not times}
    assert without <= {"reach", "profile_visitors"}, without


def test_engagement_with_saves_and_without_meet_in_no_number(layer: Layer) -> None:
    names = ["engagements", "engagement_rate_pct", "views"]
    (mixed,) = layer.query(
        names,
        ["account__account_role"],
        where_constraints=["{{ Dimension('account__account_role') }} = 'competitor'"],
    ).values()
    assert mixed["views"] > 0
    assert (mixed["engagements"], mixed["engagement_rate_pct"]) == (None, None)
    apart = layer.query(
        names,
        ["account_day__engagement_has_saves"],
        where_constraints=["{{ Dimension('account__account_role') }} = 'competitor'"],
    )
    assert apart[(True,)]["engagement_rate_pct"] > 0
    assert apart[(False,)]["engagement_rate_pct"] > 0


def test_currencies_and_marks_and_people_meet_in_no_number(layer: Layer) -> None:
    ((currencies, amount),) = layer.file.execute(
        "select count(distinct currency), sum(conversion_value_amount) from"
        " marts.fct_conversion_daily"
    ).fetchall()
    assert currencies > 1
    assert amount is not None
    (row,) = layer.query(
        ["conversion_value_amount", "typed_conversions"], ["metric_time__year"]
    ).values()
    assert row["conversion_value_amount"] is None
    assert row["typed_conversions"] > 0
    by_currency = layer.query(["conversion_value_amount"], ["conversion_day__currency"])
    assert by_currency[("USD",)]["conversion_value_amount"] > 0
    (funnel,) = layer.query(
        ["funnel_views", "funnel_view_to_conversion_pct"], ["metric_time__year"]
    ).values()
    assert set(funnel.values()) == {None, date(2026, 1, 1)}
    whole = layer.query(["funnel_views", "funnel_link_clicks"], ["funnel_row__breakdown"])
    ((views, clicks),) = layer.file.execute(
        "select sum(views), sum(link_clicks) from marts.conversion_funnel"
        " where breakdown = 'account'"
    ).fetchall()
    of_accounts = whole[("account",)]
    assert (of_accounts["funnel_views"], of_accounts["funnel_link_clicks"]) == (views, clicks)
    (retention,) = layer.query(["watch_retention_pct"], ["metric_time__year"]).values()
    assert retention["watch_retention_pct"] is None
    (people,) = layer.query(
        ["reach", "unique_viewers", "new_viewers", "frequency"], ["metric_time__year"]
    ).values()
    assert set(people.values()) == {None, date(2026, 1, 1)}


def test_every_saved_query_answers(layer: Layer) -> None:
    path = SEMANTIC / "saved_queries.yml"
    saved = yaml.safe_load(path.read_text(encoding="utf-8"))["saved_queries"]
    asked = {int(query["name"][1:3]) for query in saved}
    assert asked == set(range(1, 12))
    for query in saved:
        table = layer.configuration.mf.query(
            MetricFlowQueryRequest.create(saved_query_name=query["name"])
        ).result_df
        assert table is not None
        # The sample has no person's own download.
        assert table.row_count > 0 or query["name"] == "q09_what_one_person_did", query["name"]


def test_the_published_target_cannot_write(layer: Layer) -> None:
    with pytest.raises(Exception, match="read-only"):
        layer.configuration.sql_client.execute("create table marts.t as select 1 as a")


def test_the_configuration_is_valid(layer: Layer) -> None:
    mf = Path(sys.executable).with_name("mf")
    checked = subprocess.run(
        [str(mf), "validate-configs", "--skip-dw"],
        cwd=layer.project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "(ERRORS: 0, FUTURE_ERRORS: 0, WARNINGS: 0)" in checked.stdout
