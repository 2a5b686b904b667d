// Overview: tiles, the trend of the chosen one, what changed, and the accounts side by side.

import { card, nothing } from "./card.js";
import { dayAxis, dayTip, grid, provisionalArea, tooltip, valueAxis } from "./charts.js";
import { h } from "./dom.js";
import {
  formatChange,
  formatLongDay,
  formatRelative,
  formatSpan,
  formatValue,
  isoDay,
} from "./format.js";
import { labelOf, MEASURES, UNIT_NAMES, unitOf } from "./measures.js";
import { chosenAccounts, chosenDays, choose, set, strayDays } from "./state.js";
import { CONTEXT_DAYS, direction, tile } from "./tiles.js";
import { isProvisional, kindOf, measureDays, measureWindow, windowBefore } from "./windows.js";

const TILES = [
  "views",
  "engagement_rate_pct",
  "followers_closing",
  "average_watch_seconds",
  "completion_rate_pct",
  "save_rate_pct",
  "profile_visits",
  "conversion_rate_pct",
];
const SHOWN_MOVEMENTS = 6;

export function overview(data) {
  const accounts = chosenAccounts();
  const [from, to] = chosenDays();
  const kpi = choose("kpi", TILES, "engagement_rate_pct");
  return [
    periodLine(data, accounts, from, to),
    h(
      "div",
      { class: "tiles", role: "group", "aria-label": "Key figures; choose one to see its days" },
      TILES.map((name) =>
        tile(data, name, accounts, [from, to], {
          isChosen: name === kpi,
          onchoose: () => set({ kpi: name }),
        }),
      ),
    ),
    trend(data, kpi, accounts, from, to),
    sideBySide(data, accounts, from, to),
    whatChanged(data, accounts, to),
  ];
}

/** Which days are looked at, and which they are held against. */
export function periodLine(data, accounts, from, to) {
  const [before, last] = windowBefore(from, to);
  const stray = strayDays();
  let provisional = 0;
  for (let day = from; day <= to; day += 1) provisional += isProvisional(accounts, day) ? 1 : 0;
  return h(
    "p",
    { class: "period" },
    h("strong", {}, formatSpan(from, to)),
    before >= data.meta.first
      ? ` against ${from === to ? "the day" : `the ${to - from + 1} days`} before, ${formatSpan(before, last)}`
      : " (the days before are not in the data)",
    provisional
      ? h(
          "span",
          { class: "badge hatched" },
          `${provisional} provisional ${provisional === 1 ? "day" : "days"}`,
        )
      : null,
    stray ? h("span", { class: "stray" }, ` ${stray}`) : null,
  );
}

function trend(data, name, accounts, from, to) {
  const measure = MEASURES[name];
  const length = to - from + 1;
  const first = Math.max(data.meta.first, Math.min(from, to - CONTEXT_DAYS + 1));
  const now = measureDays(accounts, measure, first, to);
  const shift = Math.ceil(length / 7) * 7;
  const kind = measure.alike ? kindOf(now) : null;
  const before = now.map(({ day }) => {
    const then =
      day - shift < data.meta.first
        ? null
        : measureWindow(accounts, measure, day - shift, day - shift);
    return then === null || (measure.alike && then.alike !== kind) ? null : then.value;
  });
  const days = now.map(({ day }) => day);
  const past = shift === 7 ? "A week before" : `${shift} days before`;
  const flagged = now
    .map((day, index) => [index, day.outside.length ? day.value : null])
    .filter(([, value]) => value !== null);
  return card({
    title: `${measure.label} by day`,
    unit: UNIT_NAMES[measure.unit],
    file: `trend-${name}`,
    define: measure.define.map((key) => `daily_account_kpis.${key}`),
    label: `Line of ${measure.label.toLowerCase()} by day, ${formatSpan(first, to)}. The table has its numbers.`,
    controls: h(
      "ul",
      { class: "legend" },
      h("li", {}, h("i", { class: "line" }), "Each day"),
      before.some((value) => value !== null)
        ? h("li", {}, h("i", { class: "dashed" }), past)
        : null,
      flagged.length
        ? h(
            "li",
            {},
            h("i", { class: "ring" }),
            accounts.length > 1 ? "An account outside its normal" : "Outside its normal",
          )
        : null,
      first < from ? h("li", {}, h("i", { class: "shade" }), "Chosen days") : null,
      days.some((day) => isProvisional(accounts, day))
        ? h("li", {}, h("i", { class: "hatched" }), "Provisional")
        : null,
      measure.alike === "engagement_has_saves" && kind === 0
        ? h("li", {}, "Engagement without saves")
        : null,
      now.some((day) => day.why === measure.mixed && day.why)
        ? h("li", {}, "Days counted otherwise are left out")
        : null,
    ),
    height: 300,
    chart: (colour) => ({
      animationDuration: 300,
      grid: grid(),
      tooltip: tooltip(
        colour,
        dayTip(days, measure.unit, (day, index) => trendNote(accounts, now[index])),
      ),
      xAxis: dayAxis(colour, days),
      yAxis: valueAxis(colour, measure.unit, { scale: measure.kind === "level" }),
      series: [
        {
          name: measure.label,
          type: "line",
          data: now.map((day) => day.value),
          showSymbol: now.length < 3,
          symbolSize: 7,
          color: colour.series[0],
          lineStyle: { width: 2.5 },
          areaStyle:
            measure.kind === "level" ? undefined : { color: colour.series[0], opacity: 0.08 },
          markArea: {
            silent: true,
            itemStyle: { color: colour.series[0], opacity: 0.08 },
            data: first < from ? [[{ xAxis: from - first }, { xAxis: to - first }]] : [],
          },
          z: 3,
        },
        {
          name: past,
          type: "line",
          data: before,
          showSymbol: false,
          color: colour.series[1],
          lineStyle: { width: 1.5, type: "dashed" },
          markArea: provisionalArea(colour, days, (day) => isProvisional(accounts, day)),
          z: 2,
        },
        {
          name: "\u0000anomalies",
          type: "scatter",
          data: flagged,
          symbol: "circle",
          symbolSize: 12,
          itemStyle: { color: "transparent", borderColor: colour.series[3], borderWidth: 2.5 },
          z: 4,
          silent: true,
          tooltip: { show: false },
        },
      ],
    }),
    table: {
      columns: [
        { key: "day", name: "day", show: (value) => value },
        { key: "value", name, isNumber: true, show: (value) => formatValue(value, measure.unit) },
        {
          key: "before",
          name: past.toLowerCase(),
          isNumber: true,
          show: (value) => formatValue(value, measure.unit),
        },
        { key: "anomaly", name: "outside its normal" },
        { key: "accounts", name: "accounts outside", show: (value) => value ?? "none" },
        { key: "provisional", name: "provisional" },
      ],
      rows: now.map((day, index) => ({
        day: isoDay(day.day),
        value: day.value,
        before: before[index],
        anomaly: day.outside.length ? "yes" : "no",
        accounts: day.outside.join(" ") || null,
        provisional: isProvisional(accounts, day.day) ? "yes" : "no",
      })),
    },
  });
}

function trendNote(accounts, day) {
  const notes = [];
  if (day.outside.length)
    notes.push(
      accounts.length > 1
        ? `Outside its normal: ${day.outside.join(", ")}.`
        : "Outside its normal of the 28 days before.",
    );
  if (isProvisional(accounts, day.day)) notes.push("Provisional: may still change.");
  if (day.value === null && day.why) notes.push(day.why);
  return notes.join(" ") || null;
}

function whatChanged(data, accounts, to) {
  const found = findMovements(data, accounts, to);
  const define = [
    "daily_kpi_movements.rate_effect",
    "daily_kpi_movements.mix_effect",
    "daily_kpi_movements.contribution",
  ];
  const title = "What changed";
  if (!found.length) {
    return card({
      title,
      file: "what-changed",
      define,
      body: nothing(
        `Nothing to tell: movements are kept for the last ${data.meta.movement_days} days, where both days are known.`,
      ),
    });
  }
  const day = found[0].day;
  return card({
    title,
    unit: `${formatLongDay(day)} against a week before`,
    file: "what-changed",
    define,
    body: h(
      "ol",
      { class: "movements" },
      found.slice(0, SHOWN_MOVEMENTS).map((movement) => movementItem(data, movement)),
    ),
    table: {
      columns: [
        "account",
        "day",
        "kpi",
        "before",
        "value",
        "video",
        "caption",
        "rate_effect",
        "mix_effect",
        "contribution",
      ].map((key) => ({
        key,
        name: key,
        isNumber: ["before", "value", "rate_effect", "mix_effect", "contribution"].includes(key),
      })),
      rows: found.flatMap((movement) =>
        movement.parts.map((part) => ({
          account: movement.account.handle,
          day: isoDay(day),
          kpi: movement.kpi,
          before: movement.before,
          value: movement.value,
          video: part.video === null ? "all others" : data.videos.id[part.video],
          caption: part.video === null ? null : data.videos.caption[part.video],
          rate_effect: part.rate_effect,
          mix_effect: part.mix_effect,
          contribution: part.contribution,
        })),
      ),
    },
  });
}

/** Movements of the newest settled day, those furthest from where they were first. */
function findMovements(data, accounts, to) {
  const { movements } = data;
  const chosen = new Set(accounts.map((account) => account.index));
  const groups = new Map();
  let newest = -Infinity;
  for (let row = 0; row < movements.rows; row += 1) {
    const account = data.accounts[movements.account[row]];
    const day = movements.day[row];
    if (!chosen.has(account.index) || day > to || isProvisional([account], day)) continue;
    if (day > newest) {
      newest = day;
      groups.clear();
    }
    if (day < newest) continue;
    const key = `${account.index} ${movements.kpi[row]}`;
    if (!groups.has(key))
      groups.set(key, {
        account,
        day,
        kpi: movements.kpi[row],
        value: movements.value[row],
        before: movements.value_before[row],
        parts: [],
      });
    groups
      .get(key)
      .parts.push({
        video: movements.video[row],
        videos: movements.videos[row],
        rate_effect: movements.rate_effect[row],
        mix_effect: movements.mix_effect[row],
        contribution: movements.contribution[row],
      });
  }
  const size = ({ value, before }) =>
    Math.abs(value - before) / (Math.abs(before) + Math.abs(value) || 1);
  return [...groups.values()].sort((a, b) => size(b) - size(a));
}

function movementItem(data, movement) {
  const unit = unitOf(movement.kpi);
  const difference = movement.value - movement.before;
  const drivers = [...movement.parts]
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, 3);
  const largest = Math.max(...drivers.map((part) => Math.abs(part.contribution))) || 1;
  return h(
    "li",
    {},
    h(
      "div",
      { class: "movement" },
      h(
        "span",
        {},
        h("strong", {}, labelOf(movement.kpi) ?? movement.kpi),
        h("bdi", { class: "beside" }, ` @${movement.account.handle}`),
      ),
      h(
        "span",
        { class: "movement-values" },
        `${formatValue(movement.before, unit)} → ${formatValue(movement.value, unit)} `,
        direction(difference, formatChange(difference, unit), null),
      ),
    ),
    h(
      "ul",
      { class: "drivers" },
      drivers.map((part) =>
        h(
          "li",
          {},
          h(
            "bdi",
            { class: "caption" },
            part.video === null
              ? `${part.videos} other videos`
              : (data.videos.caption[part.video] ?? `Video ${data.videos.id[part.video]}`),
          ),
          h(
            "span",
            { class: `meter ${part.contribution < 0 ? "down" : "up"}`, "aria-hidden": "true" },
            h("i", { style: `width:${(Math.abs(part.contribution) / largest) * 100}%` }),
          ),
          h("span", { class: "number" }, formatChange(part.contribution, unit)),
        ),
      ),
    ),
  );
}

const COMPARED = [
  "views",
  "engagement_rate_pct",
  "follower_growth_rate_pct",
  "average_watch_seconds",
  "completion_rate_pct",
  "conversion_rate_pct",
];

function sideBySide(data, accounts, from, to) {
  const [beforeFrom, beforeTo] = windowBefore(from, to);
  const rows = accounts.map((account) => {
    const row = { account: account.handle, account_id: account.id };
    for (const name of COMPARED) {
      const now = measureWindow([account], MEASURES[name], from, to);
      const before = measureWindow([account], MEASURES[name], beforeFrom, beforeTo);
      row[name] = now.value;
      row[`${name}_before`] =
        MEASURES[name].alike && now.alike !== before.alike ? null : before.value;
    }
    return row;
  });
  const columns = [
    { key: "account", name: "account" },
    ...COMPARED.flatMap((name) => [
      { key: name, name, isNumber: true, show: (value) => formatValue(value, MEASURES[name].unit) },
      {
        key: `${name}_before`,
        name: `${name}_before`,
        isNumber: true,
        show: (value) => formatValue(value, MEASURES[name].unit),
      },
    ]),
  ];
  return card({
    title: "Accounts side by side",
    unit: formatSpan(from, to),
    file: "accounts",
    define: COMPARED.map((name) => `daily_account_kpis.${MEASURES[name].define[0]}`),
    isTable: true,
    body: h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Accounts side by side" },
      h(
        "table",
        { class: "side-by-side" },
        h("caption", { class: "hidden" }, "Accounts side by side"),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, "Account"),
            COMPARED.map((name) =>
              h("th", { scope: "col", class: "number" }, MEASURES[name].label),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map((row) =>
            h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                h(
                  "button",
                  {
                    type: "button",
                    class: "link",
                    onclick: () => set({ account: row.account_id }),
                  },
                  h("bdi", {}, `@${row.account}`),
                ),
              ),
              COMPARED.map((name) =>
                h(
                  "td",
                  { class: "number" },
                  h(
                    "div",
                    { class: row[name] === null ? "unknown" : "" },
                    formatValue(row[name], MEASURES[name].unit),
                  ),
                  difference(name, row),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
    table: { columns, rows },
  });
}

function difference(name, row) {
  const before = row[`${name}_before`];
  if (row[name] === null || before === null) return null;
  const by = row[name] - before;
  const text =
    MEASURES[name].kind === "sum"
      ? (formatRelative(row[name], before) ?? "")
      : formatChange(by, MEASURES[name].unit);
  return h("small", {}, direction(by, text, null));
}
