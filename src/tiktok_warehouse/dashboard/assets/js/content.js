// Content: which videos, lengths and posting times do better, with enough views to believe it.

import { card, nothing } from "./card.js";
import { grid, hatch, namedAxis, tip, tooltip, valueAxis } from "./charts.js";
import { download, toCsv } from "./csv.js";
import { rowsOf } from "./data.js";
import { announce, h, segmented } from "./dom.js";
import {
  formatAxis,
  formatCount,
  formatDecimal,
  formatFixed,
  formatSpan,
  formatValue,
  formatWeekday,
  inWords,
  parseDay,
} from "./format.js";
import { labelOf, UNIT_NAMES, unitOf } from "./measures.js";
import { choose, chosenAccounts, chosenDays, chosenPreset, get, note, set } from "./state.js";
import { periodLine } from "./overview.js";
import {
  addSums,
  emptySums,
  intervalOf,
  MIXED,
  rateOf,
  sampleOf,
  SMALL_SAMPLE,
  sumVideos,
  titleOf,
  VIDEO_RATES,
} from "./videos.js";

const SHOWN_VIDEOS = 25;
const FEWEST_VIEWS = 20;
const SHOWN_FINDINGS = 8;
const PERCENT_STEPS = [0.5, 1, 2, 5, 10, 20];
const TRAITS = {
  is_ai_generated: "Made with AI",
  duration_band: "Length",
  content_format: "Format",
};
const OTHER_DAYS = "not worked out for these days; all days shown";
const PERIODS = { 7: "last_7_days", 28: "last_28_days", 90: "last_90_days", all: "all_days" };

export function content(data) {
  const accounts = chosenAccounts();
  const days = chosenDays();
  const kpi = choose("rate", Object.keys(VIDEO_RATES));
  const videos = sumVideos(data, accounts, ...days);
  const period = PERIODS[chosenPreset()] ?? "all_days";
  const found = findingsOf(data, accounts, period);
  const chooser = segmented(
    "Rate",
    Object.entries(VIDEO_RATES).map(([name, rate]) => [name, rate.label]),
    kpi,
    (rate) => set({ rate }),
  );
  return [
    h("div", { class: "line" }, periodLine(data, accounts, ...days), chooser),
    scatter(videos, kpi, accounts, found.length ? 8 : 12),
    findings(found, chosenPreset() ? inWords(period).toLowerCase() : OTHER_DAYS),
    heatMap(videos, kpi),
    bands(videos, kpi),
    videoTable(videos, days),
  ];
}

function definition(kpi) {
  return [`daily_video_kpis.${kpi}`];
}

function intervalText(interval) {
  return interval
    ? `95 % interval ${formatValue(interval[0], "pct")} to ${formatValue(interval[1], "pct")}`
    : null;
}

function videoColumns(kpi) {
  const { unit } = VIDEO_RATES[kpi];
  const value = (shown) => formatValue(shown, unit);
  return [
    { key: "id", name: "video_id" },
    { key: "account", name: "account" },
    { key: "caption", name: "caption" },
    { key: "views", name: "views", isNumber: true, show: formatCount },
    { key: "rate", name: kpi, isNumber: true, show: value },
    { key: "low", name: "interval_low", isNumber: true, show: value },
    { key: "high", name: "interval_high", isNumber: true, show: value },
  ];
}

function withRate(kpi) {
  return (video) => {
    const interval = intervalOf(video, kpi);
    return {
      ...video,
      rate: rateOf(video, kpi),
      low: interval?.[0] ?? null,
      high: interval?.[1] ?? null,
    };
  };
}

function scatter(videos, kpi, accounts, span) {
  const { label, unit } = VIDEO_RATES[kpi];
  const all = videos
    .filter((video) => video.views > 0 && rateOf(video, kpi) !== null)
    .map(withRate(kpi));
  const points = all.filter((video) => sampleOf(video, kpi) >= FEWEST_VIEWS);
  const left = all.length - points.length;
  const title = `Views against ${label.toLowerCase()}`;
  const about = {
    title,
    unit: `${UNIT_NAMES[unit]}, by video`,
    file: "views-against-rate",
    span,
    define: [...definition(kpi), "daily_video_kpis.views"],
    table: all.length ? { columns: videoColumns(kpi), rows: all } : null,
  };
  if (!points.length)
    return card({
      ...about,
      body: nothing(
        all.length
          ? `${all.length === 1 ? "The only video has" : `All ${formatCount(all.length)} videos have`} fewer than ${FEWEST_VIEWS} views.`
          : "No video has both on these days.",
      ),
    });
  const leastViews = Math.min(...points.map((video) => video.views));
  const mostViews = Math.max(...points.map((video) => video.views));
  return card({
    ...about,
    height: 340,
    note: [
      unit === "pct" ? "Lines are 95 % intervals: how far chance alone can move a rate." : null,
      "Views are on a logarithmic scale; they stand for reach, which cannot be added over days.",
      left
        ? `${formatCount(left)} videos with fewer than ${FEWEST_VIEWS} views stand in the table alone.`
        : null,
      "Choose a point to see where its viewers leave.",
    ]
      .filter(Boolean)
      .join(" "),
    label: `${points.length} videos by views and ${label.toLowerCase()}. The table has their numbers.`,
    controls:
      accounts.length > 1
        ? h(
            "ul",
            { class: "legend" },
            accounts.map((account) =>
              h(
                "li",
                {},
                h("i", { class: "dot", style: `background:var(--c${(account.index % 7) + 1})` }),
                h("bdi", {}, `@${account.handle}`),
              ),
            ),
            points.some((video) => isWithoutSaves(video, kpi))
              ? h("li", {}, "Hollow: engagement without saves")
              : null,
          )
        : null,
    onclick: (event) => {
      if (event.data?.id) set({ tab: "retention", videos: event.data.id });
    },
    chart: (colour) => ({
      animation: false,
      grid: grid({ bottom: 24 }),
      tooltip: tooltip(colour, (point) => pointTip(point.data.video, kpi), "item"),
      xAxis: valueAxis(colour, "count", {
        type: "log",
        // Its marks are powers of the base: of ten, there is one between 20 and 200.
        logBase: mostViews < 50 * leastViews ? 2 : 10,
        name: "Views",
        nameLocation: "middle",
        nameGap: 28,
        min: Math.max(1, Math.floor(leastViews * 0.8)),
        max: Math.ceil(mostViews * 1.2),
        splitLine: { show: false },
      }),
      yAxis: valueAxis(colour, unit, {
        min: 0,
        ...(unit === "pct" ? percentScale(Math.max(...points.map((video) => video.high))) : {}),
      }),
      series: accounts.flatMap((account) =>
        scatterSeries(
          points.filter((video) => video.account === account.handle),
          kpi,
          colour.series[account.index % 7],
          colour.panel,
        ),
      ),
    }),
  });
}

/** Up to which percentage an axis can run, and in which steps. */
function percentScale(value) {
  const interval = PERCENT_STEPS.find((step) => value <= 5 * step) ?? 20;
  return { interval, max: Math.min(100, Math.max(1, Math.ceil(value / interval)) * interval) };
}

/** Engagements of such a video do not hold its saves, and are not to be held against others. */
function isWithoutSaves(video, kpi) {
  return kpi === "engagement_rate_pct" && video.hasSaves === 0;
}

function scatterSeries(points, kpi, colour, hollow) {
  const ranges = {
    type: "custom",
    silent: true,
    z: 1,
    data: points
      .filter((video) => video.low !== null)
      .map((video) => [video.views, video.low, video.high]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_, api) => {
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const [, high] = api.coord([api.value(0), api.value(2)]);
      return {
        type: "line",
        shape: { x1: x, x2: x, y1: low, y2: high },
        style: { stroke: colour, lineWidth: 1.2, opacity: 0.35 },
      };
    },
  };
  const dots = {
    type: "scatter",
    z: 2,
    symbolSize: 9,
    cursor: "pointer",
    itemStyle: { color: colour, opacity: 0.85 },
    emphasis: { scale: 1.5 },
    data: points.map((video) => ({
      value: [video.views, video.rate],
      id: video.id,
      video,
      itemStyle: isWithoutSaves(video, kpi)
        ? { color: hollow, borderColor: colour, borderWidth: 2 }
        : {},
    })),
  };
  return VIDEO_RATES[kpi].unit === "pct" ? [ranges, dots] : [dots];
}

function pointTip(video, kpi) {
  const { label, unit } = VIDEO_RATES[kpi];
  return tip(
    titleOf(video),
    [
      ["Account", `@${video.account}`],
      ["Views", formatCount(video.views)],
      [label, formatValue(video.rate, unit)],
    ],
    [isWithoutSaves(video, kpi) ? "Without saves." : "", intervalText(intervalOf(video, kpi)) ?? ""]
      .join(" ")
      .trim() || null,
  );
}

function findingsOf(data, accounts, period) {
  const chosen = new Set(accounts.map((account) => account.index));
  return rowsOf(data.findings, (row) => row.period === period && chosen.has(row.account)).map(
    (row) => ({ ...row, handle: data.accounts[row.account].handle }),
  );
}

function findings(rows, unit) {
  const title = "Better than chance";
  const define = ["content_performance.verdict", "content_performance.adjusted_p_value"];
  if (!rows.length)
    return card({
      title,
      unit,
      file: "findings",
      define,
      body: nothing(
        "No topic, format, length or posting time stands out by more than chance explains. More days or more videos may show something.",
      ),
    });
  return card({
    title,
    unit,
    file: "findings",
    define,
    span: 4,
    body: h("ul", { class: "findings" }, rows.slice(0, SHOWN_FINDINGS).map(findingItem)),
    table: {
      columns: [
        "handle",
        "period",
        "trait",
        "trait_value",
        "kpi",
        "verdict",
        "rate",
        "interval_low",
        "interval_high",
        "account_median",
        "adjusted_p_value",
        "videos",
        "numerator",
        "denominator",
      ].map((key) => ({
        key,
        name: key,
        show: typeof rows[0][key] === "number" ? formatDecimal : undefined,
      })),
      rows,
    },
  });
}

function findingItem(row) {
  const unit = unitOf(row.kpi);
  const isBetter = row.verdict === "better";
  return h(
    "li",
    {},
    h("span", { class: isBetter ? "up" : "down" }, isBetter ? "▲ better" : "▼ worse"),
    h(
      "span",
      {},
      h("strong", {}, `${TRAITS[row.trait] ?? inWords(row.trait)}: `),
      h("bdi", {}, { true: "yes", false: "no" }[row.trait_value] ?? row.trait_value),
      h(
        "small",
        {},
        `${labelOf(row.kpi) ?? inWords(row.kpi)} ${formatValue(row.rate, unit)}, account's median ${formatValue(row.account_median, unit)}; `,
        h("bdi", {}, `@${row.handle}`),
        `, ${row.videos} videos`,
      ),
    ),
  );
}

/** Sums of videos by a key; videos without one are left out. */
function groupVideos(videos, keyOf) {
  const groups = new Map();
  for (const video of videos) {
    const key = keyOf(video);
    if (key === null || key === undefined) continue;
    if (!groups.has(key)) groups.set(key, { key, videos: 0, ...emptySums() });
    const group = groups.get(key);
    group.videos += 1;
    addSums(group, video);
  }
  return [...groups.values()];
}

function heatMap(videos, kpi) {
  const { label, unit } = VIDEO_RATES[kpi];
  const groups = groupVideos(videos, (video) =>
    video.hour === null ? null : video.weekday * 24 + video.hour,
  );
  const slots = groups
    .map((slot) => ({
      ...slot,
      weekday: Math.floor(slot.key / 24),
      hour: slot.key % 24,
      rate: rateOf(slot, kpi),
      isSmall: (sampleOf(slot, kpi) ?? 0) < SMALL_SAMPLE,
    }))
    .filter((slot) => slot.rate !== null)
    .sort((a, b) => a.key - b.key);
  const title = `Posting hour and ${label.toLowerCase()}`;
  if (!slots.length)
    return card({
      title,
      file: "posting-hours",
      span: 8,
      body: nothing("No posting time is known of a video that was viewed on these days."),
    });
  const weekdays = [1, 2, 3, 4, 5, 6, 7];
  const used = slots.map((slot) => slot.hour);
  const firstHour = Math.max(0, Math.min(...used) - 1);
  const hours = [...Array(Math.min(23, Math.max(...used) + 1) - firstHour + 1).keys()].map(
    (step) => firstHour + step,
  );
  const rates = slots.filter((slot) => !slot.isSmall).map((slot) => slot.rate);
  const scale = rates.length ? rates : slots.map((slot) => slot.rate);
  const hasScale = rates.length > 1;
  return card({
    title,
    unit: UNIT_NAMES[unit],
    file: "posting-hours",
    span: 8,
    height: 270,
    define: definition(kpi),
    note: `By weekday and hour at which a video was posted. Hatched: fewer than ${SMALL_SAMPLE} views, which says little.${mixedNote(groups, kpi)}`,
    label: `${label} by weekday and hour of posting. The table has the numbers.`,
    chart: (colour) => ({
      animation: false,
      grid: grid({ top: 8, bottom: hasScale ? 44 : 8, right: 8 }),
      tooltip: tooltip(colour, (point) => slotTip(point.data.slot, kpi), "item"),
      xAxis: namedAxis(colour, hours.map(formatHour), { axisLabel: { interval: 0 } }),
      yAxis: namedAxis(colour, weekdays.map(formatWeekday), { inverse: true }),
      visualMap: {
        type: "continuous",
        show: hasScale,
        min: Math.min(...scale),
        max: Math.max(...scale),
        orient: "horizontal",
        left: "center",
        bottom: 0,
        itemHeight: 160,
        itemWidth: 10,
        seriesIndex: 0,
        text: [formatValue(Math.max(...scale), unit), formatValue(Math.min(...scale), unit)],
        textStyle: { color: colour.soft, fontSize: 11 },
        inRange: { color: heatColours() },
      },
      series: [
        heatSeries(
          slots.filter((slot) => !slot.isSmall),
          firstHour,
          colour,
        ),
        {
          ...heatSeries(
            slots.filter((slot) => slot.isSmall),
            firstHour,
            colour,
            { color: hatch(colour.hatch), borderColor: colour.line },
          ),
          z: 1,
        },
      ],
    }),
    table: {
      columns: [
        { key: "weekday", name: "posting_weekday", show: formatWeekday },
        { key: "hour", name: "posting_hour", isNumber: true },
        { key: "videos", name: "videos", isNumber: true },
        { key: "views", name: "views", isNumber: true, show: formatCount },
        { key: "rate", name: kpi, isNumber: true, show: (value) => formatValue(value, unit) },
      ],
      rows: slots,
    },
  });
}

function heatColours() {
  const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
  return isDark
    ? ["#16324a", "#1f6391", "#3d9ad6", "#9ad9ff"]
    : ["#d9ecf7", "#8cc4e6", "#2f86bf", "#084a75"];
}

function mixedNote(groups, kpi) {
  const isMixed = kpi === "engagement_rate_pct" && groups.some((group) => group.hasSaves === MIXED);
  return isMixed
    ? " Where engagements with and without saves meet no rate is shown: choose one account."
    : "";
}

function formatHour(hour) {
  return `${String(hour).padStart(2, "0")}`;
}

function heatSeries(slots, firstHour, colour, style = {}) {
  return {
    type: "heatmap",
    data: slots.map((slot) => ({
      value: [slot.hour - firstHour, slot.weekday - 1, slot.rate],
      slot,
    })),
    itemStyle: { borderColor: colour.panel, borderWidth: 2, borderRadius: 4, ...style },
    emphasis: { itemStyle: { borderColor: colour.text, borderWidth: 1.5 } },
  };
}

function slotTip(slot, kpi) {
  const { label, unit } = VIDEO_RATES[kpi];
  return tip(
    `${formatWeekday(slot.weekday)} ${formatHour(slot.hour)}:00`,
    [
      [label, formatValue(slot.rate, unit)],
      ["Videos", formatCount(slot.videos)],
      ["Views", formatCount(slot.views)],
    ],
    slot.isSmall ? `Fewer than ${SMALL_SAMPLE} views.` : intervalText(intervalOf(slot, kpi)),
  );
}

function bands(videos, kpi) {
  const { label, unit } = VIDEO_RATES[kpi];
  const all = groupVideos(videos, (video) => video.band);
  const groups = all
    .map(withRate(kpi))
    .filter((group) => group.rate !== null)
    .sort((a, b) => lowerBound(a.key) - lowerBound(b.key));
  const title = `Length and ${label.toLowerCase()}`;
  if (!groups.length)
    return card({
      title,
      file: "lengths",
      span: 4,
      body: nothing("No length is known of a video that was viewed on these days."),
    });
  return card({
    title,
    unit: UNIT_NAMES[unit],
    file: "lengths",
    span: 4,
    height: 270,
    define: [...definition(kpi), "video_retention.duration_band"],
    note: `${unit === "pct" ? "Lines are 95 % intervals." : "All views of the chosen days."}${mixedNote(all, kpi)}`,
    label: `${label} by length of the video. The table has the numbers.`,
    chart: (colour) => ({
      animation: false,
      grid: grid({ top: 12 }),
      tooltip: tooltip(colour, (points) => {
        const group = groups[points[0].dataIndex];
        return tip(
          group.key,
          [
            [label, formatValue(group.rate, unit)],
            ["Videos", formatCount(group.videos)],
            ["Views", formatCount(group.views)],
          ],
          intervalText(intervalOf(group, kpi)),
        );
      }),
      xAxis: namedAxis(
        colour,
        groups.map((group) => shortBand(group.key)),
        { axisLabel: { interval: 0, hideOverlap: false } },
      ),
      yAxis: valueAxis(colour, unit),
      series: [
        {
          type: "bar",
          barMaxWidth: 44,
          data: groups.map((group) => group.rate),
          itemStyle: { color: colour.series[0], borderRadius: [5, 5, 0, 0] },
        },
        {
          type: "custom",
          silent: true,
          z: 3,
          data: groups
            .map((group, index) => [index, group.low, group.high])
            .filter((row) => row[1] !== null),
          encode: { x: 0, y: [1, 2] },
          renderItem: (_, api) => {
            const [x, low] = api.coord([api.value(0), api.value(1)]);
            const [, high] = api.coord([api.value(0), api.value(2)]);
            const style = { stroke: colour.text, lineWidth: 1.5 };
            return {
              type: "group",
              children: [
                [x, low, x, high],
                [x - 5, low, x + 5, low],
                [x - 5, high, x + 5, high],
              ].map(([x1, y1, x2, y2]) => ({ type: "line", shape: { x1, y1, x2, y2 }, style })),
            };
          },
        },
      ],
    }),
    table: {
      columns: [
        { key: "key", name: "duration_band" },
        { key: "videos", name: "videos", isNumber: true },
        ...videoColumns(kpi).slice(3),
      ],
      rows: groups,
    },
  });
}

/** "15 to under 30 s" as "15–30 s". */
function shortBand(band) {
  return band
    .replace(/^under /, "< ")
    .replace(" to under ", "–")
    .replace(" s and more", " s +");
}

function lowerBound(band) {
  return band.startsWith("under") ? 0 : Number.parseFloat(band);
}

const TABLE_COLUMNS = [
  { key: "title", name: "Video", sortBy: (video) => titleOf(video).toLowerCase() },
  { key: "posted_date", name: "Posted", sortBy: (video) => video.posted_date ?? "" },
  { key: "views", name: "Views", isNumber: true, unit: "count" },
  { key: "engagement_rate_pct", name: "Engagement", isNumber: true, unit: "pct" },
  { key: "save_rate_pct", name: "Saves", isNumber: true, unit: "pct" },
  { key: "completion_rate_pct", name: "Completion", isNumber: true, unit: "pct" },
  { key: "average_watch_seconds", name: "Watch time", isNumber: true, unit: "seconds" },
  { key: "followers_gained", name: "Followers", isNumber: true, unit: "count" },
];

function videoTable(videos, days) {
  const rows = videos.map((video) => ({
    ...video,
    ...Object.fromEntries(Object.keys(VIDEO_RATES).map((kpi) => [kpi, rateOf(video, kpi)])),
  }));
  const view = {
    sort: choose(
      "sort",
      TABLE_COLUMNS.map((column) => column.key),
      "views",
    ),
    isUp: get("up") === "yes",
    words: get("find"),
    shown: SHOWN_VIDEOS,
  };
  const body = h("tbody", {});
  const head = h("tr", {});
  const count = h("p", { class: "note", "aria-live": "polite", id: "videos-found" });
  const more = h(
    "button",
    {
      type: "button",
      class: "ghost",
      onclick: () => {
        const firstNew = view.shown;
        view.shown += 4 * SHOWN_VIDEOS;
        fill();
        body.children[firstNew]?.querySelector("button").focus();
      },
    },
    "Show more",
  );
  const search = h("input", {
    type: "search",
    id: "find-video",
    placeholder: "Search captions, sounds, ids",
    value: view.words,
    oninput: (event) => {
      view.words = event.target.value;
      view.shown = SHOWN_VIDEOS;
      note({ find: view.words });
      fill();
    },
  });

  function fill() {
    const found = sortVideos(rows.filter(matches(view.words)), view);
    head.replaceChildren(...TABLE_COLUMNS.map((column) => headCell(column, view, sortBy)));
    body.replaceChildren(...found.slice(0, view.shown).map(videoRow));
    count.textContent =
      found.length === rows.length
        ? `${formatCount(rows.length)} videos were viewed or reacted to on these days.`
        : `${formatCount(found.length)} of ${formatCount(rows.length)} videos.`;
    more.hidden = found.length <= view.shown;
  }

  function sortBy(key) {
    view.isUp = view.sort === key ? !view.isUp : false;
    view.sort = key;
    note({ sort: key, up: view.isUp ? "yes" : null });
    fill();
    head.querySelector(`[data-sort="${key}"]`).focus();
  }

  fill();
  return card({
    title: "Videos",
    unit: formatSpan(...days),
    file: "videos",
    define: [
      "engagement_rate_pct",
      "save_rate_pct",
      "completion_rate_pct",
      "average_watch_seconds",
      "followers_gained",
    ].map((name) => `daily_video_kpis.${name}`),
    controls: h(
      "span",
      { class: "field grow" },
      h("label", { for: "find-video", class: "hidden" }, "Search videos"),
      search,
    ),
    body: [
      count,
      h(
        "div",
        { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Videos" },
        h(
          "table",
          { class: "videos" },
          h("caption", { class: "hidden" }, "Videos"),
          h("thead", {}, head),
          body,
        ),
      ),
      more,
    ],
    csv: () => saveVideos(sortVideos(rows.filter(matches(view.words)), view)),
  });
}

function saveVideos(rows) {
  const names = [
    "id",
    "account",
    "caption",
    "format",
    "duration_seconds",
    "posted_date",
    "views",
    "engagements",
    "engagement_views",
    "engagement_rate_pct",
    "saves",
    "save_views",
    "save_rate_pct",
    "completed",
    "completion_views",
    "completion_rate_pct",
    "average_watch_seconds",
    "followers_gained",
  ];
  download(
    "videos.csv",
    toCsv(
      names.map((key) => ({ key, name: key })),
      rows,
    ),
  );
  announce("Videos: table saved as videos.csv");
}

function matches(words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return (video) => {
    const text =
      `${video.caption ?? ""} ${video.sound ?? ""} ${video.id} ${video.account} ${video.format ?? ""}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
}

function sortVideos(rows, view) {
  const { sortBy = (video) => video[view.sort] } = TABLE_COLUMNS.find(
    (column) => column.key === view.sort,
  );
  const way = view.isUp ? 1 : -1;
  return [...rows].sort((a, b) => {
    const [x, y] = [sortBy(a), sortBy(b)];
    if (x === y) return 0;
    if (x === null) return 1;
    if (y === null) return -1;
    return x < y ? -way : way;
  });
}

function headCell(column, view, sortBy) {
  const isSorted = view.sort === column.key;
  return h(
    "th",
    {
      scope: "col",
      class: column.isNumber ? "number" : "",
      "aria-sort": isSorted ? (view.isUp ? "ascending" : "descending") : null,
    },
    h(
      "button",
      { type: "button", class: "sort", "data-sort": column.key, onclick: () => sortBy(column.key) },
      column.name,
      h("span", { "aria-hidden": "true" }, isSorted ? (view.isUp ? " ↑" : " ↓") : ""),
    ),
  );
}

function videoRow(video) {
  const facts = [
    `@${video.account}`,
    video.format && inWords(video.format).toLowerCase(),
    video.duration_seconds && formatAxis(video.duration_seconds, "seconds"),
    video.is_ad ? "ad" : null,
    video.is_ai ? "made with AI" : null,
  ].filter(Boolean);
  return h(
    "tr",
    { "data-video": video.id },
    h(
      "th",
      { scope: "row" },
      h(
        "button",
        {
          type: "button",
          class: "link caption",
          title: "See where viewers leave",
          onclick: () => set({ tab: "retention", videos: video.id }),
        },
        h("bdi", {}, titleOf(video)),
      ),
      h("small", {}, h("bdi", {}, facts.join(" · "))),
    ),
    h(
      "td",
      { class: "nowrap" },
      video.posted_date
        ? formatSpan(parseDay(video.posted_date), parseDay(video.posted_date))
        : "not known",
    ),
    TABLE_COLUMNS.slice(2).map((column) =>
      h(
        "td",
        { class: "number", "data-key": column.key, "data-value": video[column.key] ?? "" },
        formatValue(video[column.key], column.unit),
        isWithoutSaves(video, column.key) ? h("small", { class: "beside" }, "without saves") : null,
        intervalLine(video, column.key),
      ),
    ),
  );
}

function intervalLine(video, kpi) {
  const interval = VIDEO_RATES[kpi] ? intervalOf(video, kpi) : null;
  return interval
    ? h(
        "small",
        { class: "beside", title: "95 % interval" },
        `${formatFixed(interval[0])} – ${formatFixed(interval[1])}`,
      )
    : null;
}
