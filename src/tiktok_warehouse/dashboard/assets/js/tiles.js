// A tile: what a measure is over the chosen days, how it changed, its last weeks in small.

import { explainer } from "./card.js";
import { h } from "./dom.js";
import { formatChange, formatCount, formatRelative, formatValue } from "./format.js";
import { MEASURES } from "./measures.js";
import { isProvisional, measureDays, measureWindow, windowBefore } from "./windows.js";

export const CONTEXT_DAYS = 42;

/** `onchoose` makes the tile a button that is pressed if `isChosen`. */
export function tile(data, name, accounts, [from, to], { isChosen = false, onchoose = null } = {}) {
  const measure = MEASURES[name];
  const now = measureWindow(accounts, measure, from, to);
  const [beforeFrom, beforeTo] = windowBefore(from, to);
  const before = measureWindow(accounts, measure, beforeFrom, beforeTo);
  const first = Math.max(data.meta.first, Math.min(from, to - CONTEXT_DAYS + 1));
  const days = measureDays(accounts, measure, first, to);
  return h(
    "div",
    {
      class: `tile${isChosen ? " chosen" : ""}`,
      "data-kpi": name,
      "data-value": now.value ?? "",
      "data-numerator": now.numerator ?? "",
      "data-denominator": now.denominator ?? "",
      "data-before": before.value ?? "",
    },
    h(
      "div",
      { class: "tile-head" },
      tileName(measure.label, isChosen, onchoose),
      explainer(
        measure.label,
        measure.define.map((key) => `daily_account_kpis.${key}`),
      ),
    ),
    h(
      "p",
      { class: `tile-value${now.value === null ? " unknown" : ""}` },
      formatValue(now.value, measure.unit),
    ),
    h("p", { class: "tile-change" }, change(measure, now, before)),
    sparkline(days, from, accounts),
    h("p", { class: "tile-note" }, tileNote(measure, now, days.filter(isRinged(from)).length)),
  );
}

function tileName(label, isChosen, onchoose) {
  if (!onchoose) return h("span", { class: "tile-name" }, label);
  return h(
    "button",
    { type: "button", class: "tile-name", "aria-pressed": String(isChosen), onclick: onchoose },
    label,
  );
}

function change(measure, now, before) {
  if (measure.kind === "level") return changeOfLevel(now);
  if (now.value === null || before.value === null)
    return h("span", { class: "flat" }, "change not known");
  if (measure.alike && now.alike !== before.alike)
    return h("span", { class: "flat" }, "counted otherwise before");
  const difference = now.value - before.value;
  const text =
    measure.kind === "sum"
      ? (formatRelative(now.value, before.value) ?? formatChange(difference, "count"))
      : formatChange(difference, measure.unit);
  return direction(difference, text, `before: ${formatValue(before.value, measure.unit)}`);
}

function changeOfLevel(now) {
  if (now.numerator === null || now.numerator === undefined)
    return h("span", { class: "flat" }, "change not known");
  const growth = now.growth === null ? null : formatValue(now.growth, "pct");
  return direction(
    now.numerator,
    `${formatChange(now.numerator, "count")}`,
    growth ? `growth ${growth}` : null,
  );
}

/** A difference with its mark, for eyes and for ears. */
export function direction(difference, text, rest) {
  const [mark, word, style] =
    difference > 0
      ? ["▲", "up", "up"]
      : difference < 0
        ? ["▼", "down", "down"]
        : ["●", "unchanged", "flat"];
  return [
    h(
      "span",
      { class: style },
      h("span", { "aria-hidden": "true" }, `${mark} `),
      h("span", { class: "hidden" }, `${word} `),
      text,
    ),
    rest ? h("span", { class: "beside" }, ` ${rest}`) : null,
  ];
}

/** Those of the chosen days alone, or the line would drown in rings. */
function isRinged(from) {
  return (day) => day.outside.length > 0 && day.value !== null && day.day >= from;
}

function tileNote(measure, now, ringed) {
  const notes = [];
  if (now.why) notes.push(now.why);
  if (now.known !== null && now.known !== undefined)
    notes.push(`On the known days: ${formatValue(now.known, measure.unit)}.`);
  if (now.denominator !== null && measure.kind === "ratio")
    notes.push(
      `${counted(now.numerator / (measure.divisor ?? 1), measure.parts[0])} ÷ ${counted(now.denominator, visitWord(measure, now))}.`,
    );
  if (measure.alike === "engagement_has_saves" && now.alike === 0) notes.push("Without saves.");
  if (now.left?.length)
    notes.push(
      `Without ${now.left.map((account) => `@${account.handle}`).join(", ")}: no source tells it.`,
    );
  if (ringed)
    notes.push(ringed === 1 ? "1 day outside its normal." : `${ringed} days outside their normal.`);
  return notes.join(" ");
}

/** A count and what is counted; of one, the word without its s. */
function counted(count, words) {
  const whole = Math.round(count);
  return `${formatCount(whole)} ${whole === 1 ? words.replace(/s(?= |$)/, "") : words}`;
}

function visitWord(measure, now) {
  return measure.alike === "conversion_denominator" && now.alike === "visits"
    ? "visits"
    : measure.parts[1];
}

const WIDTH = 240;
const HEIGHT = 44;

/** The last weeks in small; the chosen days are bold, provisional ones hatched, anomalies ringed. */
function sparkline(days, from, accounts) {
  const values = days.map((day) => day.value);
  const known = values.filter((value) => value !== null);
  if (!known.length) return h("div", { class: "spark" });
  const low = Math.min(...known);
  const range = Math.max(...known) - low || 1;
  const x = (index) => 3 + (index / Math.max(1, days.length - 1)) * (WIDTH - 6);
  const y = (value) => HEIGHT - 5 - ((value - low) / range) * (HEIGHT - 10);
  const start = days.findIndex((day) => day.day >= from);
  const firstProvisional = days.findIndex((day) => isProvisional(accounts, day.day));
  const flagged = days
    .map((day, index) => (isRinged(from)(day) ? index : -1))
    .filter((index) => index >= 0);
  return h(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    firstProvisional >= 0
      ? h("rect", {
          x: x(Math.max(0, firstProvisional - 0.5)),
          y: 0,
          width: WIDTH - x(Math.max(0, firstProvisional - 0.5)),
          height: HEIGHT,
          class: "spark-hatch",
          fill: "url(#hatch)",
        })
      : null,
    path(values, x, y, 0, start, "spark-before"),
    path(values, x, y, start, days.length - 1, "spark-now"),
    flagged.map((index) =>
      ["spark-ring", "spark-hole"].map((style) =>
        h("path", {
          d: `M${x(index).toFixed(1)} ${y(values[index]).toFixed(1)}h0.01`,
          class: style,
          "vector-effect": "non-scaling-stroke",
        }),
      ),
    ),
  );
}

function path(values, x, y, from, to, style) {
  let line = "";
  let isOpen = false;
  for (let index = from; index <= to; index += 1) {
    if (values[index] === null) isOpen = false;
    else {
      const point = `${x(index).toFixed(1)} ${y(values[index]).toFixed(1)}`;
      // A day alone is a dot: the round end of a line without length.
      line += isOpen ? `L${point}` : `M${point}h0.01`;
      isOpen = true;
    }
  }
  return h("path", { d: line, class: style, "vector-effect": "non-scaling-stroke" });
}
