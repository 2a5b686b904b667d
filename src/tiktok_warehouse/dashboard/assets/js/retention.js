// Retention: the curves of chosen videos side by side, the seconds at which viewers leave, and which
// length holds them.

import { card, nothing, table } from "./card.js";
import { grid, namedAxis, tip, tooltip, valueAxis } from "./charts.js";
import { h, segmented, select } from "./dom.js";
import { formatAxis, formatCount, formatFixed, formatValue } from "./format.js";
import { choose, chosenAccounts, chosenDays, get, set } from "./state.js";
import { describe, sumVideos, titleOf } from "./videos.js";

const MOST_COMPARED = 5;
const SHOWN_AT_FIRST = 3;
const MARK_STEP_PCT = 5;
const LINES = ["solid", "dashed", "dotted", [8, 3, 2, 3], [2, 4]];
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "pin"];

export function retention(data) {
  const accounts = chosenAccounts();
  const curves = curvesOf(data, accounts);
  const chosen = chosenCurves(data, accounts, curves);
  const line = h(
    "p",
    { class: "period" },
    "Retention is that of a video's whole life, whatever days are chosen",
    data.retention.length >= data.meta.curves_shown
      ? `; the ${data.meta.curves_shown} most viewed videos have a curve here.`
      : ".",
  );
  if (!chosen.length)
    return [
      line,
      card({
        title: "Retention curves",
        file: "retention",
        body: nothing("No video of these accounts has a known retention curve."),
      }),
      lengths(data, accounts),
    ];
  return [
    line,
    compare(data, curves, chosen),
    dropOff(chosen),
    facts(chosen),
    lengths(data, accounts),
  ];
}

function curvesOf(data, accounts) {
  const handles = new Set(accounts.map((account) => account.handle));
  return data.retention
    .map((curve) => ({ ...curve, ...describe(data, curve.video) }))
    .filter((curve) => handles.has(curve.account));
}

/** Those that the address names, else the most viewed ones of the chosen days. */
function chosenCurves(data, accounts, curves) {
  const byId = new Map(curves.map((curve) => [curve.id, curve]));
  const named = get("videos")
    .split(",")
    .map((id) => byId.get(id))
    .filter(Boolean)
    .slice(0, MOST_COMPARED);
  if (named.length) return named;
  return sumVideos(data, accounts, ...chosenDays())
    .map((video) => byId.get(video.id))
    .filter(Boolean)
    .slice(0, SHOWN_AT_FIRST);
}

function compareThese(curves) {
  set({ videos: curves.map((curve) => curve.id).join(",") || null });
}

function picker(curves, chosen) {
  const rest = curves.filter((curve) => !chosen.includes(curve));
  const options = [
    ["", "Add a video to compare …"],
    ...rest.map((curve) => [curve.id, `${titleOf(curve)} · @${curve.account}`]),
  ];
  return [
    h(
      "ul",
      { class: "chips" },
      chosen.map((curve, index) =>
        h(
          "li",
          {},
          h("i", { class: "dot", style: `background:var(--c${index + 1})` }),
          h("bdi", { class: "caption" }, titleOf(curve)),
          chosen.length > 1
            ? h(
                "button",
                {
                  type: "button",
                  "aria-label": `Leave out ${titleOf(curve)}`,
                  onclick: () => compareThese(chosen.filter((other) => other !== curve)),
                },
                "×",
              )
            : null,
        ),
      ),
    ),
    chosen.length < MOST_COMPARED && rest.length
      ? select("Add a video to compare", options, "", (id) =>
          compareThese([...chosen, ...rest.filter((curve) => curve.id === id)]),
        )
      : null,
  ];
}

/** Steps of an axis of percentages; a narrow chart has no room for every tenth. */
function markInterval() {
  return matchMedia("(max-width: 600px)").matches ? 25 : 10;
}

/** [where, percent still watching] of each mark of a curve. */
function pointsOf(curve, by) {
  const share = (retained) => (curve.views ? (retained / curve.views) * 100 : null);
  if (by === "length")
    return (curve.pct ?? []).map((retained, mark) => [mark * MARK_STEP_PCT, share(retained)]);
  const seconds = curve.seconds ?? [];
  return seconds.map((retained, mark) => [
    mark === seconds.length - 1 ? curve.end_second : mark,
    share(retained),
  ]);
}

function compare(data, curves, chosen) {
  const by = choose("by", ["length", "seconds"]);
  const name = by === "length" ? "% of the video's length" : "Seconds from its start";
  const where = (value) =>
    by === "length" ? formatValue(value, "pct") : formatValue(value, "seconds");
  return card({
    title: "Retention curves",
    unit: "percent of views still watching",
    file: "retention",
    height: 340,
    define: ["video_retention.watch_retention_pct", "video_retention.views_retained"],
    label: `Retention curves of ${chosen.length} videos. The table has their numbers.`,
    controls: [
      segmented(
        "Along",
        [
          ["length", "By share of length"],
          ["seconds", "By second"],
        ],
        by,
        (value) => set({ by: value }),
      ),
      picker(curves, chosen),
    ],
    chart: (colour) => ({
      animation: false,
      grid: grid({ bottom: 24 }),
      tooltip: tooltip(colour, (points) =>
        tip(
          where(points[0].value[0]),
          points.map((point) => [
            titleOf(chosen[point.seriesIndex]),
            formatValue(point.value[1], "pct"),
            point.color,
          ]),
        ),
      ),
      xAxis: valueAxis(colour, by === "length" ? "pct" : "seconds", {
        name,
        nameLocation: "middle",
        nameGap: 28,
        max: by === "length" ? 100 : "dataMax",
        interval: by === "length" ? markInterval() : undefined,
        splitLine: { show: false },
      }),
      yAxis: valueAxis(colour, "pct", { min: 0, max: 100, interval: 25 }),
      series: chosen.map((curve, index) => ({
        type: "line",
        name: curve.id,
        data: pointsOf(curve, by),
        color: colour.series[index],
        showSymbol: by === "length",
        symbol: SYMBOLS[index],
        symbolSize: 6,
        lineStyle: { width: 2.5, type: LINES[index] },
      })),
    }),
    table: {
      columns: [
        { key: "id", name: "video_id" },
        { key: "caption", name: "caption" },
        { key: "mark", name: by === "length" ? "mark_pct" : "mark_seconds", isNumber: true },
        { key: "retained", name: "views_retained", isNumber: true, show: formatCount },
        { key: "views", name: "views_with_duration", isNumber: true, show: formatCount },
        {
          key: "share",
          name: "watch_retention_pct",
          isNumber: true,
          show: (value) => formatValue(value, "pct"),
        },
      ],
      rows: chosen.flatMap((curve) =>
        pointsOf(curve, by).map(([mark, share], index) => ({
          id: curve.id,
          caption: curve.caption,
          mark,
          share,
          views: curve.views,
          retained: (by === "length" ? curve.pct : curve.seconds)[index],
        })),
      ),
    },
  });
}

function dropOff(chosen) {
  const curve = chosen[0];
  const points = pointsOf(curve, "seconds");
  const drops = points
    .slice(1)
    .map(([second, share], index) => ({ second, drop: points[index][1] - share, share }));
  const title = "Seconds at which viewers leave";
  if (!drops.length)
    return card({
      title,
      file: "drop-off",
      span: 6,
      body: nothing("This video's curve is not known by second."),
    });
  const isSteepest = (row) => row.second === curve.steepest_drop_second;
  return card({
    title,
    unit: "points lost in each second",
    file: "drop-off",
    span: 6,
    height: 260,
    define: ["video_retention.drop_off_pct", "video_retention.steepest_drop_second"],
    note: [
      h("bdi", {}, titleOf(curve)),
      curve.steepest_drop_second === null
        ? ""
        : `: the steepest drop, ${formatFixed(curve.steepest_drop_pct)} points, is at second ${formatAxis(curve.steepest_drop_second, "count")}.`,
    ],
    label: `Points of retention lost in each second of ${titleOf(curve)}. The table has the numbers.`,
    chart: (colour) => ({
      animation: false,
      grid: grid({ bottom: 24 }),
      tooltip: tooltip(colour, (hits) => {
        const row = drops[hits[0].dataIndex];
        return tip(
          `Up to second ${formatAxis(row.second, "count")}`,
          [
            ["Lost", `${formatFixed(row.drop)} points`],
            ["Still watching", formatValue(row.share, "pct")],
          ],
          isSteepest(row) ? "The steepest drop." : null,
        );
      }),
      xAxis: namedAxis(
        colour,
        drops.map((row) => formatAxis(row.second, "seconds")),
        { name: "Second", nameLocation: "middle", nameGap: 28 },
      ),
      yAxis: valueAxis(colour, "count", {
        minInterval: 0,
        axisLabel: { formatter: (value) => `${formatAxis(value, "count")} pts` },
      }),
      series: [
        {
          type: "bar",
          barCategoryGap: "20%",
          data: drops.map((row) => ({
            value: row.drop,
            itemStyle: {
              color: isSteepest(row) ? colour.series[3] : colour.series[0],
              borderRadius: [3, 3, 0, 0],
            },
          })),
        },
      ],
    }),
    table: {
      columns: [
        { key: "second", name: "mark_seconds", isNumber: true },
        { key: "drop", name: "drop_off_pct", isNumber: true, show: formatFixed },
        {
          key: "share",
          name: "watch_retention_pct",
          isNumber: true,
          show: (value) => formatValue(value, "pct"),
        },
      ],
      rows: drops,
    },
  });
}

function facts(chosen) {
  const columns = [
    {
      key: "title",
      name: "Video",
      show: (value, curve) => h("bdi", { class: "caption" }, titleOf(curve)),
    },
    {
      key: "hold_3_seconds_pct",
      name: "After 3 s",
      isNumber: true,
      show: (value) => formatValue(value, "pct"),
    },
    {
      key: "median_watch_second",
      name: "Half are gone",
      isNumber: true,
      show: (value) => formatValue(value, "seconds"),
    },
    {
      key: "steepest_drop_second",
      name: "Steepest drop",
      isNumber: true,
      show: (value) => formatValue(value, "seconds"),
    },
    { key: "views", name: "Views", isNumber: true, show: formatCount },
  ];
  return card({
    title: "Side by side",
    file: "retention-facts",
    span: 6,
    define: [
      "hold_3_seconds_pct",
      "median_watch_second",
      "steepest_drop_second",
      "views_with_duration",
    ].map((name) => `video_retention.${name}`),
    isTable: true,
    body: table(columns, chosen, "The chosen videos side by side"),
    table: {
      columns: [
        { key: "id", name: "video_id" },
        { key: "caption", name: "caption" },
        ...columns.slice(1).map((column) => ({ ...column, name: column.key })),
        { key: "source", name: "watch_source" },
      ],
      rows: chosen,
    },
  });
}

function lengths(data, accounts) {
  const chosen = new Set(accounts.map((account) => account.index));
  const { band_retention: bands } = data;
  const sums = new Map();
  for (let row = 0; row < bands.rows; row += 1) {
    if (!chosen.has(bands.account[row])) continue;
    const name =
      bands.source[row] === "event_log"
        ? bands.band[row]
        : `${bands.band[row]} (${bands.source[row]})`;
    if (!sums.has(name)) sums.set(name, new Map());
    const marks = sums.get(name);
    const mark = marks.get(bands.mark[row]) ?? { views: 0, retained: 0, videos: 0 };
    mark.views += bands.views[row];
    mark.retained += bands.views[row] * bands.retention_pct[row];
    mark.videos += bands.videos[row];
    marks.set(bands.mark[row], mark);
  }
  const series = [...sums]
    .map(([name, marks]) => ({
      name,
      points: [...marks]
        .map(([mark, { views, retained, videos }]) => ({
          mark,
          views,
          videos,
          share: views ? retained / views : null,
        }))
        .sort((a, b) => a.mark - b.mark),
    }))
    .sort((a, b) => lower(a.name) - lower(b.name));
  const title = "Which length holds its viewers";
  if (!series.length)
    return card({
      title,
      file: "retention-lengths",
      body: nothing("No retention is known of these accounts."),
    });
  return card({
    title,
    unit: "percent of views still watching",
    file: "retention-lengths",
    height: 300,
    define: [
      "retention_by_duration_band.watch_retention_pct",
      "retention_by_duration_band.average_watched_pct",
    ],
    label: "Retention by band of length. The table has the numbers.",
    controls: h(
      "ul",
      { class: "legend" },
      series.map(({ name, points }, index) =>
        h(
          "li",
          {},
          h("i", { class: "dot", style: `background:var(--c${(index % 7) + 1})` }),
          `${name}: ${formatCount(points[0].videos)} videos, ${formatCount(points[0].views)} views`,
        ),
      ),
    ),
    chart: (colour) => ({
      animation: false,
      grid: grid({ bottom: 24 }),
      tooltip: tooltip(colour, (points) =>
        tip(
          formatValue(points[0].value[0], "pct"),
          points.map((point) => [
            point.seriesName,
            formatValue(point.value[1], "pct"),
            point.color,
          ]),
        ),
      ),
      xAxis: valueAxis(colour, "pct", {
        max: 100,
        interval: markInterval(),
        name: "% of the video's length",
        nameLocation: "middle",
        nameGap: 28,
        splitLine: { show: false },
      }),
      yAxis: valueAxis(colour, "pct", { min: 0, max: 100, interval: 25 }),
      series: series.map(({ name, points }, index) => ({
        type: "line",
        name,
        data: points.map((point) => [point.mark, point.share]),
        color: colour.series[index % 7],
        showSymbol: false,
        lineStyle: { width: 2.5, type: LINES[index % LINES.length] },
      })),
    }),
    table: {
      columns: [
        { key: "band", name: "duration_band" },
        { key: "mark", name: "mark_pct", isNumber: true },
        { key: "videos", name: "videos", isNumber: true },
        { key: "views", name: "views_with_duration", isNumber: true, show: formatCount },
        {
          key: "share",
          name: "watch_retention_pct",
          isNumber: true,
          show: (value) => formatValue(value, "pct"),
        },
      ],
      rows: series.flatMap(({ name, points }) => points.map((point) => ({ band: name, ...point }))),
    },
  });
}

function lower(band) {
  return band.startsWith("under") ? 0 : Number.parseFloat(band);
}
