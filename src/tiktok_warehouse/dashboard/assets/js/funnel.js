// Funnel: from views to engagements, profile visits, link clicks and conversions.

import { card, nothing, table } from "./card.js";
import { dayAxis, dayTip, grid, hatch, tooltip, valueAxis } from "./charts.js";
import { rowsOf } from "./data.js";
import { h } from "./dom.js";
import { formatCount, formatMoney, formatValue, inWords, isoDay } from "./format.js";
import { MEASURES } from "./measures.js";
import { periodLine } from "./overview.js";
import { chosenAccounts, chosenDays } from "./state.js";
import { tile } from "./tiles.js";
import { spanDay, spanTest } from "./videos.js";
import { isProvisional, measureWindow } from "./windows.js";

const TILES = ["profile_visits", "conversions", "conversion_rate_pct", "view_rate_pct"];
const MONEY_SCALE = 10_000;
const MANY = 1e12;

export function funnel(data) {
  const accounts = chosenAccounts();
  const days = chosenDays();
  const sold = conversionRows(data, accounts, days);
  return [
    periodLine(data, accounts, ...days),
    h(
      "div",
      { class: "tiles", role: "group", "aria-label": "Key figures" },
      TILES.map((name) => tile(data, name, accounts, days)),
    ),
    steps(accounts, days, sold),
    money(sold),
    byType(data, accounts, days, sold),
    bySource(data, accounts, days),
  ];
}

function conversionRows(data, accounts, [from, to]) {
  const chosen = new Set(accounts.map((account) => account.index));
  const isIn = spanTest(data.meta, from, to);
  return rowsOf(data.conversions, (row) => chosen.has(row.account) && isIn(row.span));
}

function sumOf(rows, name) {
  return rows.reduce((total, row) => total + (row[name] ?? 0), 0);
}

function steps(accounts, [from, to], sold) {
  const known = (name) => measureWindow(accounts, MEASURES[name], from, to);
  const conversions = known("conversions");
  const clicks =
    conversions.value === null
      ? null
      : sumOf(
          sold.filter((row) => row.type === "link_click"),
          "conversions",
        );
  const rows = [
    { name: "Views", key: "views", value: known("views").value },
    {
      name: "Engagements",
      key: "engagements",
      value: known("engagements").value,
      why: known("engagements").why,
    },
    { name: "Profile visits", key: "profile_visits", value: known("profile_visits").value },
    { name: "Link clicks", key: "link_clicks", value: clicks },
    {
      name: "Conversions of every kind",
      key: "conversions",
      value: conversions.value,
      why: conversions.why,
    },
  ];
  const most = Math.max(...rows.map((row) => row.value ?? 0)) || 1;
  rows.forEach((row, index) => {
    // A link click is a conversion too, so both are held against the visits.
    row.base = index ? rows[Math.min(index - 1, 2)] : null;
    const before = row.base?.value;
    row.of_before_pct = index && row.value !== null && before ? (row.value / before) * 100 : null;
    row.of_views_pct =
      row.value !== null && rows[0].value ? (row.value / rows[0].value) * 100 : null;
  });
  const saved = rows.map((row) => ({ ...row, base: row.base?.name ?? null }));
  return card({
    title: "From view to conversion",
    unit: "events",
    file: "funnel",
    span: 7,
    define: [
      "daily_account_kpis.views",
      "daily_account_kpis.engagements",
      "daily_account_kpis.profile_visits",
      "daily_account_kpis.conversions",
    ],
    note: "Events, not people: who takes a step need not have taken the one before, and a link click is a conversion too.",
    body: h(
      "ol",
      { class: "funnel" },
      rows.map((row, index) =>
        h(
          "li",
          { "data-step": row.key, "data-value": row.value ?? "" },
          h(
            "div",
            { class: "funnel-head" },
            h("strong", {}, row.name),
            h("span", { class: row.value === null ? "unknown" : "number" }, formatCount(row.value)),
          ),
          h(
            "div",
            { class: "funnel-bar", "aria-hidden": "true" },
            h("i", {
              style: `width:${Math.max(row.value ? 0.6 : 0, ((row.value ?? 0) / most) * 100)}%;background:var(--c${[1, 6, 3, 2, 4][index]})`,
            }),
          ),
          h(
            "small",
            {},
            index
              ? index === 1 || row.of_before_pct > 100
                ? `${formatValue(row.of_views_pct, "pct")} of views`
                : `${formatValue(row.of_before_pct, "pct")} of ${row.base.name.toLowerCase()}, ${formatValue(row.of_views_pct, "pct")} of views`
              : " ",
            row.why ? ` ${row.why}` : "",
          ),
        ),
      ),
    ),
    table: {
      columns: [
        { key: "name", name: "step" },
        { key: "base", name: "base", show: (value) => value ?? "" },
        { key: "value", name: "events", isNumber: true, show: formatCount },
        {
          key: "of_before_pct",
          name: "of_base_pct",
          isNumber: true,
          show: (value) => formatValue(value, "pct"),
        },
        {
          key: "of_views_pct",
          name: "of_views_pct",
          isNumber: true,
          show: (value) => formatValue(value, "pct"),
        },
      ],
      rows: saved,
    },
  });
}

/** Values by currency; currencies are never added together. */
function money(sold) {
  const rows = [];
  for (const currency of new Set(
    sold.filter((row) => row.currency !== null).map((row) => row.currency),
  )) {
    const of = sold.filter((row) => row.currency === currency);
    rows.push({
      currency,
      conversions: sumOf(of, "conversions"),
      value: sumOf(of, "value_e4") / MONEY_SCALE,
    });
  }
  rows.sort((a, b) => b.value - a.value);
  const title = "What conversions were worth";
  const define = ["fct_conversion_daily.conversion_value_amount", "fct_conversion_daily.currency"];
  if (!rows.length)
    return card({
      title,
      file: "conversion-values",
      define,
      span: 5,
      body: nothing("No conversion of these days has a value."),
    });
  return card({
    title,
    unit: "by currency",
    file: "conversion-values",
    define,
    span: 5,
    note: "Currencies are never added together. Refunds are taken off.",
    body: h(
      "ul",
      { class: "money" },
      rows.map((row) =>
        h(
          "li",
          { "data-currency": row.currency, "data-value": row.value },
          h(
            "strong",
            { class: "tile-value" },
            Math.abs(row.value) < MANY
              ? formatMoney(row.value, row.currency)
              : formatCount(row.value),
          ),
          h(
            "span",
            {},
            `${formatCount(row.conversions)} conversions with a value in ${row.currency}`,
          ),
        ),
      ),
    ),
    table: {
      columns: [
        { key: "currency", name: "currency" },
        { key: "conversions", name: "conversions", isNumber: true },
        { key: "value", name: "conversion_value_amount", isNumber: true },
      ],
      rows,
    },
  });
}

/** All spans of the chosen days, the oldest first. */
function spansOf({ last, grain_days: grain }, [from, to]) {
  const newest = Math.floor((last - to) / grain);
  const oldest = Math.floor((last - from) / grain);
  return [...Array(oldest - newest + 1).keys()].map((step) => oldest - step);
}

/** Whether any account knows its conversions on any day of a span that ends on `day`. */
function knowsConversions(accounts, day, grain) {
  return accounts.some((account) =>
    account.columns.conversions
      .slice(Math.max(0, day - grain + 1 - account.first), Math.max(0, day + 1 - account.first))
      .some((value) => value !== null),
  );
}

function byType(data, accounts, period, sold) {
  const byTypeAndSpan = new Map();
  const totals = new Map();
  for (const { type, span, conversions } of sold) {
    byTypeAndSpan.set(`${type} ${span}`, (byTypeAndSpan.get(`${type} ${span}`) ?? 0) + conversions);
    totals.set(type, (totals.get(type) ?? 0) + conversions);
  }
  const types = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a));
  const title = "Conversions by type";
  const define = ["fct_conversion_daily.conversion_type", "fct_conversion_daily.conversions"];
  if (!types.length)
    return card({
      title,
      file: "conversions-by-type",
      define,
      span: 12,
      body: nothing("No conversion is known on these days."),
    });
  const spans = spansOf(data.meta, period);
  const days = spans.map((span) => spanDay(data.meta, span));
  const none = days.map((day) =>
    knowsConversions(accounts, day, data.meta.grain_days) ? 0 : null,
  );
  const counts = types.map((type) =>
    spans.map((span, at) => byTypeAndSpan.get(`${type} ${span}`) ?? none[at]),
  );
  return card({
    title,
    unit: data.meta.grain_days === 1 ? "count, by day" : `count, by ${data.meta.grain_days} days`,
    file: "conversions-by-type",
    height: 260,
    define,
    label: "Conversions by type and day. The table has the numbers.",
    controls: h(
      "ul",
      { class: "legend" },
      types.map((type, index) =>
        h(
          "li",
          {},
          h("i", { class: "dot", style: `background:var(--c${(index % 7) + 1})` }),
          `${inWords(type)}: ${formatCount(totals.get(type))}`,
        ),
      ),
    ),
    chart: (colour) => ({
      animation: false,
      grid: grid(),
      tooltip: tooltip(colour, dayTip(days, "count")),
      xAxis: dayAxis(colour, days, { boundaryGap: true }),
      yAxis: valueAxis(colour, "count"),
      series: types.map((type, index) => ({
        type: "bar",
        name: inWords(type),
        stack: "all",
        barMaxWidth: 30,
        data: counts[index].map((value, at) => ({
          value,
          itemStyle:
            data.meta.grain_days === 1 && isProvisional(accounts, days[at])
              ? { color: hatch(colour.panel, colour.series[index % 7]) }
              : {},
        })),
        color: colour.series[index % 7],
        itemStyle: { borderColor: colour.panel, borderWidth: 0.5 },
      })),
    }),
    table: {
      columns: [
        { key: "day", name: data.meta.grain_days === 1 ? "day" : "last_day_of_span" },
        ...types.map((type) => ({ key: type, name: type, isNumber: true })),
      ],
      rows: days.map((day, at) => ({
        day: isoDay(day),
        ...Object.fromEntries(types.map((type, index) => [type, counts[index][at]])),
      })),
    },
  });
}

/** Conversions without a source are not those of the few views without one. */
function isComparable({ source, views, conversions }) {
  if (source === null || source === "unknown") return false;
  return conversions !== null && views > 0 && conversions <= views;
}

const STEPS = ["views", "engagements", "profile_visits", "link_clicks", "conversions"];

function bySource(data, accounts, [from, to]) {
  const title = "The funnel by traffic source";
  const found = data.funnel_sources;
  if (!found)
    return card({
      title,
      file: "funnel-sources",
      body: nothing(
        "This warehouse does not have the mart conversion_funnel yet, which tells visits and conversions by traffic source.",
      ),
    });
  const chosen = new Set(accounts.map((account) => account.index));
  const isIn = spanTest(data.meta, from, to);
  const sums = new Map();
  for (let row = 0; row < found.rows; row += 1) {
    if (!chosen.has(found.account[row]) || !isIn(found.span[row])) continue;
    const total = sums.get(found.source[row]) ?? {
      source: found.source[row],
      ...Object.fromEntries(STEPS.map((step) => [step, null])),
    };
    for (const step of STEPS)
      if (found[step][row] !== null) total[step] = (total[step] ?? 0) + found[step][row];
    sums.set(total.source, total);
  }
  const rows = [...sums.values()].sort((a, b) => (b.views ?? 0) - (a.views ?? 0));
  if (!rows.length)
    return card({
      title,
      file: "funnel-sources",
      body: nothing("No traffic source is known on these days."),
    });
  const columns = [
    { key: "source", name: "Traffic source", show: inWords },
    ...STEPS.map((step) => ({ key: step, name: inWords(step), isNumber: true, show: formatCount })),
    {
      key: "rate",
      name: "Conversions per view",
      isNumber: true,
      show: (value) => formatValue(value, "pct"),
    },
  ];
  rows.forEach((row) => {
    row.rate = isComparable(row) ? (row.conversions / row.views) * 100 : null;
  });
  return card({
    title,
    unit: "events",
    file: "funnel-sources",
    define: ["conversion_funnel.breakdown_value", "conversion_funnel.conversions"],
    isTable: true,
    body: table(columns, rows, title),
    table: { columns: columns.map((column) => ({ ...column, name: column.key })), rows },
  });
}
