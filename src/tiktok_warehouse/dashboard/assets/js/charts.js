// ECharts in the page's colours. A chart is drawn when it is first seen, again when the theme
// changes, and let go when its card is taken away.

import { h } from "./dom.js";
import { formatAxis, formatDay, formatLongDay, formatValue } from "./format.js";

const mounted = new Map();

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    text: read("--text"),
    soft: read("--text-soft"),
    line: read("--line"),
    panel: read("--panel"),
    hatch: read("--hatch"),
    accent: read("--c1"),
    series: [1, 2, 3, 4, 5, 6, 7].map((n) => read(`--c${n}`)),
  };
}

/** Diagonal lines: the mark of days that may still change. */
export function hatch(colour, background = "none") {
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"><rect width="7" height="7" fill="${background}"/>` +
    `<path d="M-1 8L8 -1M-1 1L1 -1M6 8L8 6" stroke="${colour}" stroke-width="1.4"/></svg>`;
  return {
    image: `data:image/svg+xml,${encodeURIComponent(svg)}`,
    repeat: "repeat",
    imageWidth: 7,
    imageHeight: 7,
  };
}

const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      const holder = mounted.get(entry.target);
      if (entry.isIntersecting && holder && !holder.chart) draw(entry.target, holder);
    }
  },
  { rootMargin: "300px" },
);

const resized = new ResizeObserver((entries) => {
  for (const entry of entries) mounted.get(entry.target)?.chart?.resize();
});

function draw(element, holder) {
  holder.chart ??= echarts.init(element, null, { renderer: "svg" });
  const fontFamily = getComputedStyle(document.body).fontFamily;
  holder.chart.setOption(
    { textStyle: { fontFamily }, ...holder.option(colours()) },
    { notMerge: true },
  );
  if (holder.onclick) {
    holder.chart.off("click");
    holder.chart.on("click", holder.onclick);
  }
  element.querySelector("svg")?.setAttribute("aria-hidden", "true");
}

/** Draw into `element` what `option(colours)` gives, as soon as it comes into view. */
export function mount(element, option, onclick = null) {
  mounted.set(element, { option, onclick, chart: null });
  seen.observe(element);
  resized.observe(element);
}

/** Let go of charts whose elements have left the page. */
export function tidy() {
  for (const [element, holder] of mounted) {
    if (element.isConnected) continue;
    seen.unobserve(element);
    resized.unobserve(element);
    holder.chart?.dispose();
    mounted.delete(element);
  }
}

export function redrawAll() {
  for (const [element, holder] of mounted) if (holder.chart) draw(element, holder);
}

export function drawAll() {
  for (const [element, holder] of mounted)
    if (!holder.chart && element.isConnected) draw(element, holder);
}

/** The box that follows the pointer; its rows are text, never HTML. */
export function tip(title, rows, note = null) {
  return h(
    "div",
    { class: "tip" },
    h("strong", {}, title),
    rows.map(([name, value, colour]) =>
      h(
        "div",
        { class: "tip-row" },
        colour ? h("i", { style: `background:${colour}` }) : null,
        h("span", {}, name),
        h("b", {}, value),
      ),
    ),
    note ? h("em", {}, note) : null,
  );
}

export function tooltip(colour, formatter, trigger = "axis") {
  return {
    trigger,
    formatter,
    confine: true,
    appendTo: null,
    transitionDuration: 0,
    backgroundColor: colour.panel,
    borderColor: colour.line,
    borderWidth: 1,
    padding: 10,
    textStyle: { color: colour.text, fontSize: 12, fontFamily: "inherit" },
    extraCssText:
      "box-shadow:0 6px 24px #0003;border-radius:8px;max-width:320px;white-space:normal;z-index:5",
    axisPointer: {
      type: trigger === "axis" ? "line" : "none",
      lineStyle: { color: colour.soft, type: "dashed" },
    },
  };
}

export function grid(rest = {}) {
  return { left: 6, right: 14, top: 16, bottom: 4, containLabel: true, ...rest };
}

function axisBase(colour) {
  return {
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: colour.soft, fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: colour.line } },
    nameTextStyle: { color: colour.soft, fontSize: 11 },
  };
}

export function valueAxis(colour, unit, rest = {}) {
  const base = axisBase(colour);
  return {
    type: "value",
    ...base,
    splitNumber: 4,
    minInterval: unit === "count" ? 1 : undefined,
    ...rest,
    axisLabel: {
      ...base.axisLabel,
      formatter: (value) => formatAxis(value, unit),
      ...rest.axisLabel,
    },
  };
}

export function namedAxis(colour, names, rest = {}) {
  const base = axisBase(colour);
  return {
    type: "category",
    data: names,
    ...base,
    splitLine: { show: false },
    ...rest,
    axisLabel: { ...base.axisLabel, ...rest.axisLabel },
  };
}

export function dayAxis(colour, days, rest = {}) {
  return namedAxis(colour, days.map(formatDay), {
    boundaryGap: false,
    ...rest,
    axisLabel: {
      margin: 12,
      ...(rest.boundaryGap
        ? {}
        : {
            showMinLabel: true,
            showMaxLabel: true,
            alignMinLabel: "left",
            alignMaxLabel: "right",
          }),
    },
  });
}

/** Hatched areas behind a chart by day: days that may still change. */
export function provisionalArea(colour, days, isProvisional) {
  const areas = [];
  days.forEach((day, index) => {
    if (!isProvisional(day)) return;
    const last = areas[areas.length - 1];
    if (last && last[1] === index - 1) last[1] = index;
    else areas.push([index, index]);
  });
  return {
    silent: true,
    itemStyle: { color: hatch(colour.hatch) },
    data: areas.map(([from, to]) => [
      { xAxis: Math.max(0, from - (from === to && from ? 1 : 0)) },
      { xAxis: to },
    ]),
  };
}

/** A day's box: its name, then a line for each series that the pointer meets. */
export function dayTip(days, unit, notes = () => null) {
  return (points) => {
    const list = Array.isArray(points) ? points : [points];
    const index = list[0].dataIndex;
    const rows = list
      .filter((point) => point.seriesName && !point.seriesName.startsWith("\u0000"))
      .map((point) => [
        point.seriesName,
        formatValue(plain(point.value), unit),
        solid(point.color),
      ]);
    return tip(formatLongDay(days[index]), rows, notes(days[index], index));
  };
}

function plain(value) {
  const found = Array.isArray(value) ? value[value.length - 1] : value;
  return found === undefined || found === "-" ? null : found;
}

function solid(colour) {
  return typeof colour === "string" ? colour : null;
}
