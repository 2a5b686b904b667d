// Benchmarks: own accounts and competitors on the same day, by what is publicly known of each.

import { card, nothing } from "./card.js";
import { dayAxis, grid, namedAxis, provisionalArea, tip, tooltip, valueAxis } from "./charts.js";
import { rowsOf } from "./data.js";
import { h, select } from "./dom.js";
import {
  formatChange,
  formatCount,
  formatLongDay,
  formatSpan,
  formatValue,
  inWords,
  isoDay,
} from "./format.js";
import { labelOf, UNIT_NAMES, unitOf } from "./measures.js";
import { choose, chosenAccounts, chosenDays, set } from "./state.js";

const FEWEST_DAYS = 28;
// Own accounts have a colour each; others are told apart by their dashes.
const DASHES = [
  [6, 3],
  [2, 3],
  [10, 3, 2, 3],
  [14, 5],
  [6, 3, 2, 3, 2, 3],
];

export function benchmarks(data) {
  const rows = rowsOf(data.benchmarks);
  if (!rows.length)
    return [
      card({
        title: "Benchmarks",
        file: "benchmarks",
        body: nothing(
          "There is nothing to compare with: no competitor is tracked, or its counters tell nothing.",
        ),
      }),
    ];
  const kpis = [...new Set(rows.map((row) => row.kpi))];
  const kpi = choose(
    "bench",
    kpis,
    kpis.includes("engagement_rate_pct") ? "engagement_rate_pct" : kpis[0],
  );
  const [from, to] = chosenDays();
  const own = new Set(chosenAccounts().map((account) => account.index));
  const days = rows.filter((row) => row.kpi === kpi && row.day <= to && row.accounts > 1);
  const settled = days.filter((row) => !row.is_provisional);
  const day = Math.max(...(settled.length ? settled : days).map((row) => row.day));
  const chooser = select(
    "KPI",
    kpis.map((name) => [name, labelOf(name) ?? inWords(name)]),
    kpi,
    (bench) => set({ bench }),
    { isHidden: false },
  );
  return [
    h(
      "div",
      { class: "line" },
      h(
        "p",
        { class: "period" },
        h("strong", {}, Number.isFinite(day) ? formatLongDay(day) : formatSpan(from, to)),
        Number.isFinite(day)
          ? ` – the newest ${settled.length ? "settled" : "provisional"} day with something to compare. `
          : " – nothing to compare. ",
        "Competitors are known by their public counters alone.",
      ),
      chooser,
    ),
    ...rankings(
      data,
      rows.filter((row) => row.kpi === kpi && row.day === day),
      kpi,
      own,
    ),
    lines(
      data,
      rows.filter(
        (row) =>
          row.kpi === kpi && row.day <= to && row.day >= Math.min(from, to - FEWEST_DAYS + 1),
      ),
      kpi,
      own,
    ),
    matrix(data, rows, own, to),
  ];
}

/** One ranking for each definition: engagements with saves and without are compared apart. */
function rankings(data, rows, kpi, own) {
  const apart = [...new Set(rows.map((row) => row.has_saves))].sort();
  if (!rows.length)
    return [
      card({
        title: labelOf(kpi) ?? inWords(kpi),
        file: "ranking",
        body: nothing("No two accounts know this KPI on the same day."),
      }),
    ];
  const groups = apart.map((hasSaves) => [
    hasSaves,
    rows.filter((row) => row.has_saves === hasSaves),
  ]);
  const shown = groups.filter(([, of]) => of.length > 1);
  const alone = groups
    .filter(([, of]) => of.length === 1)
    .map(
      ([hasSaves, [row]]) =>
        `@${data.accounts[row.account].handle} is known ${hasSaves ? "with" : "without"} saves alone, and compared with none.`,
    );
  return shown.map(([hasSaves, of]) =>
    ranking(data, of, kpi, own, { hasSaves, isOne: shown.length === 1, alone }),
  );
}

function ranking(data, rows, kpi, own, { hasSaves, isOne, alone }) {
  const unit = unitOf(kpi);
  const sorted = [...rows].sort((a, b) => b.value - a.value);
  const name = (row) => `@${data.accounts[row.account].handle}`;
  const median = sorted[0].median;
  const words = { 1: " (saves counted)", 0: " (without saves)" }[hasSaves] ?? "";
  return card({
    title: `${labelOf(kpi) ?? inWords(kpi)}, ranked${words}`,
    unit: UNIT_NAMES[unit],
    file: `ranking${isOne ? "" : `-${hasSaves}`}`,
    span: isOne ? 12 : 6,
    note: alone.length ? alone.join(" ") : null,
    height: Math.max(160, sorted.length * 40 + 40),
    define: [
      `daily_account_kpis.${kpi}`,
      "account_benchmarks.kpi_rank",
      "account_benchmarks.median_value",
    ],
    label: `Accounts ranked by ${labelOf(kpi) ?? inWords(kpi)}. The table has the numbers.`,
    controls: h(
      "ul",
      { class: "legend" },
      h("li", {}, h("i", { class: "dot", style: "background:var(--c1)" }), "Own"),
      h("li", {}, h("i", { class: "dot", style: "background:var(--c7)" }), "Competitor or other"),
      median === null
        ? null
        : h(
            "li",
            {},
            h("i", { class: "dashed", style: "border-color:var(--c4)" }),
            `Median ${formatValue(median, unit)}`,
          ),
    ),
    chart: (colour) => ({
      animation: false,
      grid: grid({ right: 70 }),
      tooltip: tooltip(colour, (points) => rankTip(sorted[points[0].dataIndex], name, unit)),
      xAxis: valueAxis(colour, unit),
      yAxis: namedAxis(colour, sorted.map(name), {
        inverse: true,
        axisLabel: {
          color: colour.text,
          fontSize: 12,
          width: 130,
          overflow: "truncate",
          interval: 0,
        },
      }),
      series: [
        {
          type: "bar",
          barMaxWidth: 22,
          data: sorted.map((row) => ({
            value: row.value,
            itemStyle: {
              color: own.has(row.account) ? colour.series[0] : colour.series[6],
              borderRadius: [0, 5, 5, 0],
            },
          })),
          markLine:
            median === null
              ? undefined
              : {
                  silent: true,
                  symbol: "none",
                  lineStyle: { color: colour.series[3], type: "dashed", width: 1.5 },
                  label: { show: false },
                  data: [{ xAxis: median }],
                },
        },
        // Bars that are not seen hold the labels, so that these lie over the median's line.
        {
          type: "bar",
          z: 6,
          silent: true,
          barMaxWidth: 22,
          barGap: "-100%",
          itemStyle: { color: "transparent" },
          data: sorted.map((row) => row.value),
          label: {
            show: true,
            position: "right",
            color: colour.text,
            backgroundColor: colour.panel,
            padding: [1, 3],
            formatter: (point) => formatValue(point.value, unit),
          },
        },
      ],
    }),
    table: benchmarkTable(data, sorted),
  });
}

function rankTip(row, name, unit) {
  return tip(
    name(row),
    [
      ["Value", formatValue(row.value, unit)],
      ["Rank", `${formatCount(row.rank)} of ${formatCount(row.accounts)}`],
      ["To the best", formatChange(row.value - row.best, unit)],
      ["To the median", formatChange(row.median === null ? null : row.value - row.median, unit)],
    ],
    row.is_provisional ? "Provisional: may still change." : null,
  );
}

function benchmarkTable(data, rows) {
  const value = (shown, row) => formatValue(shown, unitOf(row.kpi));
  return {
    columns: [
      { key: "handle", name: "account" },
      { key: "role", name: "account_role" },
      { key: "date", name: "day" },
      { key: "kpi", name: "kpi" },
      { key: "value", name: "kpi_value", isNumber: true, show: value },
      { key: "rank", name: "kpi_rank", isNumber: true },
      { key: "accounts", name: "accounts", isNumber: true },
      { key: "percentile", name: "percentile", isNumber: true, show: formatCount },
      { key: "best", name: "best_value", isNumber: true, show: value },
      { key: "median", name: "median_value", isNumber: true, show: value },
    ],
    rows: rows.map((row) => ({
      ...row,
      handle: data.accounts[row.account].handle,
      role: data.accounts[row.account].role,
      date: isoDay(row.day),
    })),
  };
}

/** Rows of the one definition that the newest day of an own account has, and a note on the rest. */
function ofOneKind(data, all, own) {
  const newest = [...all].sort((a, b) => own.has(b.account) - own.has(a.account) || b.day - a.day);
  const kind = newest[0]?.has_saves ?? null;
  const left = all.filter((row) => row.has_saves !== kind);
  const names = [...new Set(left.map((row) => row.account))]
    .sort((a, b) => a - b)
    .map((account) => `@${data.accounts[account].handle}`);
  return {
    rows: all.filter((row) => row.has_saves === kind),
    leftOut: names.length
      ? `Left out, as known ${kind === 1 ? "without" : "with"} saves: ${names.join(", ")}.`
      : null,
  };
}

/** How each account is drawn: own ones in the colour that they have everywhere. */
function looksOf(accounts, own) {
  let others = -1;
  return accounts.map((account) => {
    if (own.has(account)) return { colour: account % 7, width: 2.5, dash: null, z: 3 };
    others += 1;
    return { colour: 6, width: 1.5, dash: DASHES[others % DASHES.length], z: 2 };
  });
}

function lineMark({ colour, width, dash }) {
  return h(
    "svg",
    { width: 26, height: 8, "aria-hidden": "true" },
    h("line", {
      x1: 0,
      x2: 26,
      y1: 4,
      y2: 4,
      style: `stroke:var(--c${colour + 1});stroke-width:${width}`,
      "stroke-dasharray": dash?.join(" "),
    }),
  );
}

function lines(data, all, kpi, own) {
  const unit = unitOf(kpi);
  const { rows, leftOut } = ofOneKind(data, all, own);
  const days = [...new Set(rows.map((row) => row.day))].sort((a, b) => a - b);
  const provisional = new Set(rows.filter((row) => row.is_provisional).map((row) => row.day));
  const accounts = [...new Set(rows.map((row) => row.account))].sort(
    (a, b) => own.has(b) - own.has(a) || a - b,
  );
  const title = `${labelOf(kpi) ?? inWords(kpi)} over time`;
  if (days.length < 2)
    return card({
      title,
      file: "benchmark-days",
      body: nothing(`Comparisons are kept for the last ${data.meta.benchmark_days} days.`),
    });
  const looks = looksOf(accounts, own);
  const at = new Map(days.map((day, index) => [day, index]));
  const values = accounts.map((account) => {
    const line = new Array(days.length).fill(null);
    rows
      .filter((row) => row.account === account)
      .forEach((row) => {
        line[at.get(row.day)] = row.value;
      });
    return line;
  });
  return card({
    title,
    unit: UNIT_NAMES[unit],
    file: "benchmark-days",
    height: 300,
    note: leftOut,
    define: [`daily_account_kpis.${kpi}`],
    label: `${title}, by account. The table has the numbers.`,
    controls: h(
      "ul",
      { class: "legend" },
      accounts.map((account, index) =>
        h("li", {}, lineMark(looks[index]), h("bdi", {}, `@${data.accounts[account].handle}`)),
      ),
      provisional.size ? h("li", {}, h("i", { class: "hatched" }), "Provisional") : null,
    ),
    chart: (colour) => ({
      animation: false,
      grid: grid(),
      xAxis: dayAxis(colour, days),
      yAxis: valueAxis(colour, unit, { scale: kpi.startsWith("followers_closing") }),
      tooltip: tooltip(colour, (points) =>
        tip(
          formatLongDay(days[points[0].dataIndex]),
          points
            .filter((point) => point.value !== undefined && point.value !== null)
            .sort((a, b) => b.value - a.value)
            .map((point) => [point.seriesName, formatValue(point.value, unit), point.color]),
          provisional.has(days[points[0].dataIndex]) ? "Provisional: may still change." : null,
        ),
      ),
      series: accounts.map((account, index) => ({
        type: "line",
        name: `@${data.accounts[account].handle}`,
        data: values[index],
        showSymbol: false,
        color: colour.series[looks[index].colour],
        lineStyle: { width: looks[index].width, type: looks[index].dash ?? "solid" },
        z: looks[index].z,
        markArea: index ? undefined : provisionalArea(colour, days, (day) => provisional.has(day)),
      })),
    }),
    table: benchmarkTable(data, rows),
  });
}

/** Rank of each own account in each KPI, on the KPI's newest day. */
function matrix(data, rows, own, to) {
  const kpis = [...new Set(rows.map((row) => row.kpi))];
  const found = kpis.flatMap((kpi) => {
    const of = rows.filter(
      (row) => row.kpi === kpi && row.day <= to && row.accounts > 1 && !row.is_provisional,
    );
    const day = Math.max(...of.map((row) => row.day));
    return of.filter((row) => row.day === day && own.has(row.account));
  });
  const title = "Every KPI at a glance";
  if (!found.length)
    return card({
      title,
      file: "benchmark-ranks",
      body: nothing("No own account can be compared."),
    });
  const accounts = [...new Set(found.map((row) => row.account))].sort((a, b) => a - b);
  const cell = (row) =>
    row
      ? h(
          "td",
          { class: "number" },
          h("div", {}, formatValue(row.value, unitOf(row.kpi))),
          h(
            "small",
            { class: row.rank === 1 ? "up" : "beside" },
            `${formatCount(row.rank)} of ${formatCount(row.accounts)}`,
          ),
        )
      : h("td", { class: "number unknown" }, "not known");
  return card({
    title,
    unit: "value and rank, newest settled day",
    file: "benchmark-ranks",
    define: ["account_benchmarks.kpi_rank", "account_benchmarks.percentile"],
    isTable: true,
    body: h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
      h(
        "table",
        {},
        h("caption", { class: "hidden" }, title),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, "KPI"),
            accounts.map((account) =>
              h(
                "th",
                { scope: "col", class: "number" },
                h("bdi", {}, `@${data.accounts[account].handle}`),
              ),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          kpis.map((kpi) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, labelOf(kpi) ?? inWords(kpi)),
              accounts.map((account) =>
                cell(found.find((row) => row.kpi === kpi && row.account === account)),
              ),
            ),
          ),
        ),
      ),
    ),
    table: benchmarkTable(data, found),
  });
}
