// Audience: new and returning viewers, where views come from, followers won and lost, and, where the
// warehouse has them, segments and cohorts. People are counted by day and account, never added up.

import { card, nothing, table } from "./card.js";
import {
  dayAxis,
  dayTip,
  grid,
  hatch,
  namedAxis,
  tip,
  tooltip,
  valueAxis,
} from "./charts.js";
import { rowsOf } from "./data.js";
import { h } from "./dom.js";
import {
  formatCount,
  formatDay,
  formatSpan,
  formatValue,
  inWords,
  isoDay,
  parseDay,
} from "./format.js";
import { MEASURES } from "./measures.js";
import { periodLine } from "./overview.js";
import { chosenAccounts, chosenDays, chosenPreset } from "./state.js";
import { tile } from "./tiles.js";
import { spanDay, spanTest } from "./videos.js";
import { isProvisional, measureWindow } from "./windows.js";

const TILES = ["viewer_days", "new_viewers", "followers_closing", "followers_gained"];
// More could not be told apart by their colours; the table has all.
const DRAWN_SOURCES = 7;
const OTHERS = "all_others";
// Of a table beside a chart, in pixels; a longer one scrolls.
const ROW_HEIGHT = 36;
const MOST_HEIGHT = 540;
// The mart has no longer one: over all days everybody would be new.
const PERIODS = { 7: "last_7_days", 28: "last_28_days", 90: "last_90_days" };

const SEGMENTS = ["lurker", "occasional", "engager", "advocate", "engaged_unseen"];

export function audience(data) {
  const accounts = chosenAccounts();
  const days = chosenDays();
  return [
    periodLine(data, accounts, ...days),
    h(
      "p",
      { class: "note" },
      "A viewer is one person by day and account. Somebody who comes on two days, or to two accounts, counts in each: sums are viewer-days, not people.",
    ),
    h(
      "div",
      { class: "tiles", role: "group", "aria-label": "Key figures" },
      TILES.map((name) => tile(data, name, accounts, days)),
    ),
    viewers(accounts, days),
    followers(accounts, days),
    traffic(data, accounts, days),
    trafficTable(data, accounts, days),
    segments(data, accounts),
    cohorts(data, accounts, segmentRows(data, accounts).length),
  ];
}

function listDays([from, to]) {
  return [...Array(to - from + 1).keys()].map((step) => from + step);
}

function valuesByDay(accounts, name, days) {
  return days.map(
    (day) =>
      measureWindow(accounts, MEASURES[name] ?? { kind: "sum", column: name }, day, day).value,
  );
}

function earlyNote(accounts) {
  return (day) => (isProvisional(accounts, day) ? "Provisional: may still change." : null);
}

/** Bars by day, hatched where the day may still change. */
function provisionalBars(accounts, days, values, colour, index) {
  return values.map((value, at) => ({
    value,
    itemStyle: isProvisional(accounts, days[at])
      ? { color: hatch(colour.panel, colour.series[index]) }
      : {},
  }));
}

function viewers(accounts, span) {
  const days = listDays(span);
  const fresh = valuesByDay(accounts, "new_viewers", days);
  const all = valuesByDay(accounts, "viewer_days", days);
  const reach = valuesByDay(accounts, "reach", days);
  const back = all.map((value, index) =>
    value === null || fresh[index] === null ? null : value - fresh[index],
  );
  const title = "Reach, new and returning viewers";
  const define = [
    "daily_account_kpis.new_viewers",
    "daily_account_kpis.returning_viewers",
    "daily_account_kpis.reach",
  ];
  if (all.every((value) => value === null))
    return card({
      title,
      file: "viewers",
      define,
      span: 6,
      body: nothing("No source tells who viewed."),
    });
  return card({
    title,
    unit: "people, by day",
    file: "viewers",
    define,
    span: 6,
    height: 270,
    label: "New and returning viewers by day. The table has the numbers.",
    controls: h(
      "ul",
      { class: "legend" },
      h("li", {}, h("i", { class: "dot", style: "background:var(--c1)" }), "Returning"),
      h("li", {}, h("i", { class: "dot", style: "background:var(--c2)" }), "New"),
      h("li", {}, h("i", { class: "line", style: "background:var(--text-soft)" }), "Reach"),
      h("li", {}, h("i", { class: "hatched" }), "Provisional"),
    ),
    chart: (colour) => ({
      animation: false,
      grid: grid(),
      tooltip: tooltip(colour, dayTip(days, "count", earlyNote(accounts))),
      xAxis: dayAxis(colour, days, { boundaryGap: true }),
      yAxis: valueAxis(colour, "count"),
      series: [
        ["Returning", back, 0],
        ["New", fresh, 1],
      ]
        .map(([name, values, index]) => ({
          type: "bar",
          name,
          stack: "viewers",
          barMaxWidth: 34,
          color: colour.series[index],
          data: provisionalBars(accounts, days, values, colour, index),
        }))
        .concat({
          type: "line",
          name: "Reach",
          color: colour.soft,
          data: reach,
          showSymbol: false,
          lineStyle: { width: 1.5, type: "dashed" },
        }),
    }),
    table: {
      columns: [
        { key: "day", name: "day" },
        { key: "reach", name: "reach", isNumber: true, show: formatCount },
        { key: "viewers", name: "unique_viewers", isNumber: true, show: formatCount },
        { key: "fresh", name: "new_viewers", isNumber: true, show: formatCount },
        { key: "back", name: "returning_viewers", isNumber: true, show: formatCount },
      ],
      rows: days.map((day, at) => ({
        day: isoDay(day),
        reach: reach[at],
        viewers: all[at],
        fresh: fresh[at],
        back: back[at],
      })),
    },
  });
}

function followers(accounts, span) {
  const days = listDays(span);
  const gained = valuesByDay(accounts, "followers_gained", days);
  const lost = valuesByDay(accounts, "followers_lost", days);
  const adjusted = valuesByDay(accounts, "followers_adjustment", days);
  const net = valuesByDay(accounts, "followers_net", days);
  const early = earlyNote(accounts);
  const bars = (values, colour, index) => provisionalBars(accounts, days, values, colour, index);
  const title = "Followers gained and lost";
  const define = [
    "daily_account_kpis.followers_gained",
    "daily_account_kpis.followers_lost",
    "daily_account_kpis.followers_net",
    "daily_account_kpis.followers_adjustment",
  ];
  if (net.every((value) => value === null))
    return card({
      title,
      file: "followers",
      define,
      span: 6,
      body: nothing("No source tells followers."),
    });
  return card({
    title,
    unit: "count, by day",
    file: "followers",
    define,
    span: 6,
    height: 270,
    label: "Followers gained, lost and net by day. The table has the numbers.",
    controls: h(
      "ul",
      { class: "legend" },
      h("li", {}, h("i", { class: "dot", style: "background:var(--c3)" }), "Gained"),
      h("li", {}, h("i", { class: "dot", style: "background:var(--c4)" }), "Lost"),
      h(
        "li",
        {},
        h("i", { class: "line", style: "background:var(--text)" }),
        "Net, by the official count too",
      ),
      h("li", {}, h("i", { class: "hatched" }), "Provisional"),
    ),
    chart: (colour) => ({
      animation: false,
      grid: grid(),
      tooltip: tooltip(colour, dayTip(days, "count", early)),
      xAxis: dayAxis(colour, days, { boundaryGap: true }),
      yAxis: valueAxis(colour, "count"),
      series: [
        {
          type: "bar",
          name: "Gained",
          stack: "followers",
          barMaxWidth: 34,
          color: colour.series[2],
          data: bars(gained, colour, 2),
        },
        {
          type: "bar",
          name: "Lost",
          stack: "followers",
          barMaxWidth: 34,
          color: colour.series[3],
          data: bars(
            lost.map((value) => (value === null ? null : -value)),
            colour,
            3,
          ),
        },
        {
          type: "line",
          name: "Net",
          color: colour.text,
          data: net,
          symbolSize: 5,
          lineStyle: { width: 1.5 },
        },
      ],
    }),
    table: {
      columns: [
        { key: "day", name: "day" },
        ...["followers_gained", "followers_lost", "followers_adjustment", "followers_net"].map(
          (name) => ({ key: name, name, isNumber: true, show: formatCount }),
        ),
      ],
      rows: days.map((day, at) => ({
        day: isoDay(day),
        followers_gained: gained[at],
        followers_lost: lost[at],
        followers_adjustment: adjusted[at],
        followers_net: net[at],
      })),
    },
  });
}

function trafficRows(data, accounts, [from, to]) {
  const chosen = new Set(accounts.map((account) => account.index));
  const isIn = spanTest(data.meta, from, to);
  return rowsOf(data.traffic, (row) => chosen.has(row.account) && isIn(row.span)).map((row) => ({
    source: row.source ?? "not_known",
    span: row.span,
    views: row.views ?? 0,
    impressions: row.impressions ?? 0,
    watch_ms: row.watch_ms ?? 0,
  }));
}

function sumBySource(rows) {
  const sums = new Map();
  for (const row of rows) {
    const total = sums.get(row.source) ?? {
      source: row.source,
      views: 0,
      impressions: 0,
      watch_ms: 0,
    };
    for (const name of ["views", "impressions", "watch_ms"]) total[name] += row[name];
    sums.set(row.source, total);
  }
  const all = [...sums.values()].sort((a, b) => b.views - a.views);
  const views = all.reduce((total, row) => total + row.views, 0);
  return all.map((row) => ({
    ...row,
    share: views ? (row.views / views) * 100 : null,
    average: row.views ? row.watch_ms / 1000 / row.views : null,
  }));
}

function traffic(data, accounts, span) {
  const rows = trafficRows(data, accounts, span);
  const title = "Where views come from";
  const define = ["fct_traffic_source_daily.traffic_source", "fct_traffic_source_daily.views"];
  if (!rows.length)
    return card({
      title,
      file: "traffic-by-day",
      define,
      span: 7,
      body: nothing("No source of views is known on these days."),
    });
  const all = sumBySource(rows).map((row) => row.source);
  const sources = all.length > DRAWN_SOURCES ? [...all.slice(0, DRAWN_SOURCES - 1), OTHERS] : all;
  const spans = [...new Set(rows.map((row) => row.span))].sort((a, b) => b - a);
  const days = spans.map((one) => spanDay(data.meta, one));
  const bySpan = new Map(spans.map((one, index) => [one, index]));
  const counts = sources.map(() => new Array(spans.length).fill(0));
  rows.forEach((row) => {
    counts[sources.includes(row.source) ? sources.indexOf(row.source) : sources.length - 1][
      bySpan.get(row.span)
    ] += row.views;
  });
  const isEarly = (day) => data.meta.grain_days === 1 && isProvisional(accounts, day);
  const totals = spans.map((_, at) => counts.reduce((total, values) => total + values[at], 0));
  return card({
    title,
    unit:
      data.meta.grain_days === 1
        ? "percent of views, by day"
        : `percent of views, by ${data.meta.grain_days} days`,
    file: "traffic-by-day",
    define,
    span: 7,
    height: 280,
    label: "Shares of views by traffic source. The table has the numbers.",
    controls: h(
      "ul",
      { class: "legend" },
      sources.map((source, index) =>
        h(
          "li",
          {},
          h("i", { class: "dot", style: `background:var(--c${(index % 7) + 1})` }),
          inWords(source),
        ),
      ),
    ),
    chart: (colour) => ({
      animation: false,
      grid: grid(),
      tooltip: tooltip(
        colour,
        dayTip(days, "pct", (_, at) => `${formatCount(totals[at])} views`),
      ),
      xAxis: dayAxis(colour, days, { boundaryGap: true }),
      yAxis: valueAxis(colour, "pct", { max: 100, interval: 25 }),
      series: sources.map((source, index) => ({
        type: "bar",
        name: inWords(source),
        stack: "all",
        barMaxWidth: 34,
        color: colour.series[index % 7],
        itemStyle: { borderColor: colour.panel, borderWidth: 0.5 },
        data: counts[index].map((value, at) => ({
          value: totals[at] ? (value / totals[at]) * 100 : null,
          itemStyle: isEarly(days[at])
            ? { color: hatch(colour.panel, colour.series[index % 7]) }
            : {},
        })),
      })),
    }),
    table: {
      columns: [
        { key: "day", name: data.meta.grain_days === 1 ? "day" : "last_day_of_span" },
        ...sources.map((source) => ({ key: source, name: `views_${source}`, isNumber: true })),
      ],
      rows: days.map((day, at) => ({
        day: isoDay(day),
        ...Object.fromEntries(sources.map((source, index) => [source, counts[index][at]])),
      })),
    },
  });
}

function trafficTable(data, accounts, span) {
  const rows = sumBySource(trafficRows(data, accounts, span));
  const columns = [
    { key: "source", name: "source", show: inWords },
    { key: "views", name: "views", isNumber: true, show: formatCount },
    {
      key: "share",
      name: "view_share_pct",
      isNumber: true,
      show: (value) => formatValue(value, "pct"),
    },
    {
      key: "average",
      name: "average_watch_seconds",
      isNumber: true,
      show: (value) => formatValue(value, "seconds"),
    },
  ];
  const shown = ["Source", "Views", "Share", "Watch time"];
  return card({
    title: "Traffic sources",
    unit: formatSpan(...span),
    file: "traffic",
    span: 5,
    define: [
      "fct_traffic_source_daily.traffic_source",
      "fct_traffic_source_daily.view_share_pct",
      "fct_traffic_source_daily.total_watch_seconds",
    ],
    isTable: true,
    body: rows.length
      ? table(
          columns.map((column, index) => ({ ...column, name: shown[index] })),
          rows,
          "Traffic sources",
        )
      : nothing("No source of views is known on these days."),
    table: rows.length ? { columns, rows } : null,
  });
}

function segmentPeriod() {
  return PERIODS[chosenPreset()] ?? PERIODS[90];
}

function segmentRows(data, accounts) {
  const chosen = new Set(accounts.map((account) => account.index));
  const period = segmentPeriod();
  return rowsOf(data.segments, (row) => chosen.has(row.account) && row.period === period);
}

function segments(data, accounts) {
  const title = "Who takes part";
  if (!data.segments)
    return card({
      title,
      file: "segments",
      span: 6,
      body: nothing("This warehouse does not have the mart audience_segments yet."),
    });
  const rows = segmentRows(data, accounts)
    .sort(
      (a, b) => a.account - b.account || SEGMENTS.indexOf(a.segment) - SEGMENTS.indexOf(b.segment),
    )
    .map((row) => ({
      account: data.accounts[row.account].handle,
      segment: row.segment,
      people: row.people,
      share: row.share_of_viewers_pct,
      acts: row.share_of_interactions_pct,
      isHidden: row.is_suppressed === 1,
    }));
  const withheld = (show) => (value, row) => (row.isHidden ? "withheld" : show(value));
  const columns = [
    { key: "account", name: "account", show: (value) => h("bdi", {}, `@${value}`) },
    { key: "segment", name: "segment", show: inWords },
    { key: "people", name: "people", isNumber: true, show: withheld(formatCount) },
    {
      key: "share",
      name: "share_of_viewers_pct",
      isNumber: true,
      show: withheld((value) => formatValue(value, "pct")),
    },
    {
      key: "acts",
      name: "share_of_interactions_pct",
      isNumber: true,
      show: withheld((value) => formatValue(value, "pct")),
    },
  ];
  return card({
    title,
    unit: inWords(segmentPeriod()).toLowerCase(),
    file: "segments",
    span: 6,
    define: [
      "audience_segments.segment",
      "audience_segments.people",
      "audience_segments.share_of_viewers_pct",
    ],
    note: "Groups too small to show are withheld.",
    isTable: true,
    body: rows.length
      ? table(
          columns.map((column, index) => ({
            ...column,
            name: ["Account", "Segment", "People", "Of viewers", "Of interactions"][index],
          })),
          rows,
          title,
        )
      : nothing("No people are known of these accounts."),
    table: rows.length ? { columns, rows } : null,
  });
}

function cohorts(data, accounts, rowsBeside) {
  const title = "Who comes back";
  if (!data.cohorts)
    return card({
      title,
      file: "cohorts",
      span: 6,
      body: nothing("This warehouse does not have the mart viewer_retention yet."),
    });
  const [account] = accounts;
  const rows = rowsOf(data.cohorts, (row) => row.account === account?.index).map((row) => ({
    week: row.cohort_week,
    since: row.weeks_since,
    size: row.new_viewers,
    people: row.returned_people,
    pct: row.returned_pct,
    isHidden: row.is_suppressed === 1,
  }));
  const later = rows.filter((row) => row.since > 0);
  const known = later.filter((row) => row.pct !== null);
  const define = ["viewer_retention.cohort_week", "viewer_retention.returned_pct"];
  if (!later.length)
    return card({
      title,
      file: "cohorts",
      define,
      span: 6,
      body: nothing(
        rows.length
          ? "No week of first views has a later one yet."
          : "No viewers are known by person of this account.",
      ),
    });
  const weeks = [...new Set(later.map((row) => row.week))];
  const most = Math.max(...later.map((row) => row.since));
  const highest = Math.max(...known.map((row) => row.pct), 1);
  return card({
    title,
    unit: "percent of new viewers, by week of first view",
    file: "cohorts",
    define,
    span: 6,
    height: Math.max(270, weeks.length * 22 + 90, Math.min(rowsBeside * ROW_HEIGHT, MOST_HEIGHT)),
    note: [
      accounts.length > 1
        ? [
            h("bdi", {}, `@${account.handle}`),
            " alone: people of several accounts cannot be added. ",
          ]
        : null,
      "Hatched: withheld, as the group is too small, or not over yet.",
    ],
    label:
      "Share of a week's new viewers that came back in each later week. The table has the numbers.",
    chart: (colour) => ({
      animation: false,
      grid: grid({ bottom: 56 }),
      tooltip: tooltip(
        colour,
        (point) => {
          const row = point.data.row;
          return tip(`First viewed in the week of ${formatDay(parseDay(row.week))}`, [
            ["Weeks later", formatCount(row.since)],
            ["Came back", row.isHidden ? "withheld" : formatValue(row.pct, "pct")],
            ["New viewers", formatCount(row.size)],
          ]);
        },
        "item",
      ),
      xAxis: namedAxis(
        colour,
        [...Array(most).keys()].map((step) => String(step + 1)),
        { name: "Weeks after the first view", nameLocation: "middle", nameGap: 26 },
      ),
      yAxis: namedAxis(
        colour,
        weeks.map((week) => formatDay(parseDay(week))),
        { inverse: true },
      ),
      visualMap: {
        type: "continuous",
        show: known.length > 0,
        min: 0,
        max: highest,
        orient: "horizontal",
        left: "center",
        bottom: 0,
        itemHeight: 160,
        itemWidth: 10,
        seriesIndex: 0,
        text: [formatValue(highest, "pct"), formatValue(0, "pct")],
        textStyle: { color: colour.soft, fontSize: 11 },
        inRange: { color: [colour.panel, colour.series[0]] },
      },
      series: [
        {
          type: "heatmap",
          itemStyle: { borderColor: colour.panel, borderWidth: 2, borderRadius: 3 },
          data: known.map((row) => ({
            value: [row.since - 1, weeks.indexOf(row.week), row.pct],
            row,
          })),
        },
        {
          type: "heatmap",
          itemStyle: { color: hatch(colour.hatch), borderColor: colour.panel, borderWidth: 2 },
          data: later
            .filter((row) => row.pct === null)
            .map((row) => ({ value: [row.since - 1, weeks.indexOf(row.week), 0], row })),
        },
      ],
    }),
    table: {
      columns: [
        { key: "week", name: "cohort_week" },
        { key: "since", name: "weeks_since", isNumber: true },
        { key: "size", name: "new_viewers", isNumber: true, show: formatCount },
        {
          key: "people",
          name: "returned_people",
          isNumber: true,
          show: (value, row) => (row.isHidden ? "withheld" : formatCount(value)),
        },
        {
          key: "pct",
          name: "returned_pct",
          isNumber: true,
          show: (value, row) => (row.isHidden ? "withheld" : formatValue(value, "pct")),
        },
      ],
      rows,
    },
  });
}
