// Trust: how fresh the numbers are, what was rejected and why, which checks failed, what was repaired
// and where sources disagree.

import { card, nothing, table } from "./card.js";
import { rowsOf } from "./data.js";
import { h } from "./dom.js";
import {
  formatCount,
  formatAge,
  formatDecimal,
  formatLongDay,
  formatMoment,
  formatSpan,
  formatValue,
  inWords,
  isoDay,
  NOT_KNOWN,
  parseDay,
  publishedAt,
} from "./format.js";
import { labelOf } from "./measures.js";
import { chosenAccounts } from "./state.js";

const FAMILIES = [
  ["watch_source", "Views and watch time", "views"],
  ["engagement_source", "Engagement", "engagements"],
  ["followers_source", "Followers", "followers_closing"],
  ["funnel_source", "Profile and conversions", "conversions"],
];

export function trust(data) {
  const accounts = chosenAccounts();
  return [
    h(
      "p",
      { class: "period" },
      "Can these numbers be trusted? What is known against them stands here, of all days, whatever days are chosen.",
    ),
    summary(data, accounts),
    freshness(accounts),
    reconciliation(data),
    verdicts(data, accounts),
    checks(data),
    rejected(data),
    disagreements(data, accounts),
    repairs(data, accounts),
    runs(data),
  ];
}

function formatDate(text) {
  const day = parseDay(text);
  return day === null ? NOT_KNOWN : formatSpan(day, day);
}

function total(tableOf, name) {
  return tableOf ? tableOf[name].reduce((sum, value) => sum + (value ?? 0), 0) : null;
}

function sign(title, value, note, isWell) {
  const [mark, word] =
    isWell === null ? ["i", "for information"] : isWell ? ["✓", "well"] : ["!", "look at this"];
  return h(
    "div",
    { class: `tile sign ${isWell === null ? "" : isWell ? "well" : "ill"}` },
    h(
      "div",
      { class: "tile-head" },
      h("span", { class: "tile-name" }, title),
      h("span", { class: "sign-mark", role: "img", "aria-label": word }, mark),
    ),
    h("p", { class: "tile-value" }, value),
    h("p", { class: "tile-note" }, note),
  );
}

function summary(data, accounts) {
  const { trust: facts, meta } = data;
  const warnings = facts.checks
    ? facts.checks.outcome.filter((outcome) => outcome !== "skipped").length
    : null;
  const all = total(facts.check_counts, "checks");
  const rejectedRows = total(facts.rejected, "rejected_rows");
  const raw = total(facts.rows, "raw_rows");
  const disagreeing = disagreementsOf(data, accounts).reduce((sum, row) => sum + row.numbers, 0);
  const published = publishedAt(meta.version);
  const provisional = Math.max(
    0,
    ...accounts.map(
      (account) => account.columns.is_provisional.filter((flag) => flag === 1).length,
    ),
  );
  return h(
    "div",
    { class: "tiles" },
    sign(
      "Newest day",
      formatLongDay(meta.last),
      `${formatCount(provisional)} provisional days. Version ${meta.version}${published === null ? "" : `, published ${formatAge(published)}`}.`,
      null,
    ),
    sign(
      "Checks",
      warnings === null
        ? "not known"
        : warnings
          ? `${formatCount(warnings)} warning${warnings === 1 ? "" : "s"}`
          : "All passed",
      all === null ? "" : `${formatCount(all)} checks ran before this was published.`,
      warnings === null ? null : warnings === 0,
    ),
    sign(
      "Rejected rows",
      formatCount(rejectedRows),
      raw
        ? `${formatValue((rejectedRows / raw) * 100, "pct")} of ${formatCount(raw)} raw rows; none is lost, each has its reason below.`
        : "",
      judgeRejected(rejectedRows, raw),
    ),
    sign(
      "Disagreements",
      formatCount(disagreeing),
      "Numbers that two sources tell differently; the trusted one is shown.",
      disagreeing ? null : true,
    ),
  );
}

// A few rows are rejected in every log; more than these in a hundred are worth a look.
const MANY_REJECTED_PCT = 2;

function judgeRejected(rejectedRows, raw) {
  if (rejectedRows === null || !raw) return null;
  if (!rejectedRows) return true;
  return (rejectedRows / raw) * 100 > MANY_REJECTED_PCT ? false : null;
}

function freshness(accounts) {
  const rows = accounts.flatMap((account) =>
    FAMILIES.map(([source, family, column]) => {
      const values = account.columns[column];
      let last = values.length - 1;
      while (last >= 0 && values[last] === null) last -= 1;
      const unknown = values.filter((value) => value === null).length;
      return {
        account: account.handle,
        family,
        source: last < 0 ? null : account.columns[source][last],
        newest: last < 0 ? null : isoDay(account.first + last),
        unknown,
        days: values.length,
      };
    }),
  );
  const columns = [
    { key: "account", name: "Account", show: (value) => h("bdi", {}, `@${value}`) },
    { key: "family", name: "What" },
    { key: "source", name: "Source", show: (value) => (value ? inWords(value) : "not known") },
    { key: "newest", name: "Newest known day", show: formatDate },
    {
      key: "unknown",
      name: "Days not known",
      isNumber: true,
      show: (value, row) => `${formatCount(value)} of ${formatCount(row.days)}`,
    },
  ];
  return card({
    title: "Freshness",
    file: "freshness",
    span: 7,
    define: ["watch_source", "engagement_source", "followers_source", "funnel_source"].map(
      (name) => `daily_account_kpis.${name}`,
    ),
    isTable: true,
    body: table(columns, rows, "Freshness by account"),
    table: { columns: savedColumns(columns, ["days"]), rows },
  });
}

/** Columns of a file: those that are shown by their keys, and more that only the file has. */
function savedColumns(columns, more = []) {
  return [...columns.map((column) => column.key), ...more].map((key) => ({ key, name: key }));
}

function listed({
  title,
  file,
  rows,
  columns,
  saved = [],
  empty,
  define,
  span = 6,
  note: words,
  unit,
}) {
  return card({
    title,
    unit,
    file,
    span,
    define,
    note: rows?.length ? words : null,
    isTable: true,
    body: rows?.length
      ? table(columns, rows, title, { limit: 60 })
      : nothing(rows ? empty : "Not in this version."),
    table: rows?.length ? { columns: savedColumns(columns, saved), rows } : null,
  });
}

function checks(data) {
  const rows = data.trust.checks ? rowsOf(data.trust.checks) : null;
  const columns = [
    { key: "check_name", name: "Check", show: inWords },
    {
      key: "outcome",
      name: "Result",
      show: (value) => (value === "skipped" ? value : h("span", { class: "down" }, value)),
    },
    { key: "observed", name: "Seen" },
    { key: "expected", name: "Expected" },
  ];
  return listed({
    title: "Checks that did not pass",
    file: "checks",
    rows,
    columns,
    empty: "Every check of this version passed.",
    span: 12,
    define: ["check_results.severity", "check_results.passed", "check_results.observed"],
  });
}

function verdicts(data, accounts) {
  if (!data.trust.verdicts) return null;
  const chosen = new Set(accounts.map((account) => account.index));
  const rows = rowsOf(data.trust.verdicts, (row) => chosen.has(row.account)).map((row) => ({
    ...row,
    handle: data.accounts[row.account].handle,
  }));
  const columns = [
    { key: "handle", name: "Account", show: (value) => h("bdi", {}, `@${value}`) },
    { key: "source", name: "Source", show: inWords },
    { key: "verdict", name: "Verdict", show: inWords },
    { key: "days", name: "Days", isNumber: true, show: formatCount },
    { key: "last_date", name: "Newest", show: formatDate },
  ];
  return listed({
    title: "Verdict by source",
    file: "verdicts",
    rows,
    columns,
    empty: "There is no verdict.",
    define: ["data_trust.verdict"],
    span: 12,
  });
}

function rejected(data) {
  const rows = data.trust.rejected ? rowsOf(data.trust.rejected) : null;
  const columns = [
    { key: "entity", name: "Entity", show: inWords },
    {
      key: "reason",
      name: "Why",
      show: (value, row) =>
        [value ?? inWords(row.reason_code), row.is_waiting ? " (waiting)" : ""].join(""),
    },
    { key: "remedy", name: "What to do", show: (value) => value ?? "" },
    { key: "rejected_rows", name: "Rows", isNumber: true, show: formatCount },
  ];
  return listed({
    title: "Rejected rows by reason",
    file: "rejected-rows",
    rows: rows?.sort((a, b) => b.rejected_rows - a.rejected_rows) ?? null,
    columns,
    saved: ["reason_code", "is_waiting"],
    empty: "No row was rejected.",
    define: ["rejected_rows.reason_code", "rejected_rows.is_waiting"],
    span: 12,
  });
}

function reconciliation(data) {
  const rows = data.trust.rows ? rowsOf(data.trust.rows) : null;
  const columns = [
    { key: "entity", name: "Entity", show: inWords },
    ...["raw_rows", "accepted_rows", "duplicate_rows", "rejected_rows"].map((key) => ({
      key,
      name: inWords(key).replace(" rows", ""),
      isNumber: true,
      show: formatCount,
    })),
  ];
  return listed({
    title: "Every raw row accounted for",
    file: "row-reconciliation",
    rows,
    columns,
    empty: "Nothing was ingested.",
    define: [
      "row_reconciliation.accepted_rows",
      "row_reconciliation.duplicate_rows",
      "row_reconciliation.rejected_rows",
    ],
    span: 5,
  });
}

function disagreementsOf(data, accounts) {
  const chosen = new Set(accounts.map((account) => account.index));
  return rowsOf(data.trust.disagreements, (row) => chosen.has(row.account)).map((row) => ({
    ...row,
    handle: data.accounts[row.account].handle,
  }));
}

function disagreements(data, accounts) {
  const rows = disagreementsOf(data, accounts);
  const columns = [
    { key: "handle", name: "Account", show: (value) => h("bdi", {}, `@${value}`) },
    { key: "measure", name: "Measure", show: (value) => labelOf(value) ?? inWords(value) },
    { key: "trusted_source", name: "Trusted", show: inWords },
    { key: "other_source", name: "Other", show: inWords },
    { key: "numbers", name: "Numbers", isNumber: true, show: formatCount },
    { key: "trusted_total", name: "Trusted total", isNumber: true, show: formatDecimal },
    { key: "other_total", name: "Other total", isNumber: true, show: formatDecimal },
  ];
  return listed({
    title: "Sources that disagree",
    file: "disagreements",
    rows,
    columns,
    empty: "No two sources of these accounts disagree.",
    span: 12,
    define: ["source_disagreements.trusted_value", "source_disagreements.difference"],
  });
}

function repairs(data, accounts) {
  const handles = new Set(accounts.map((account) => account.handle));
  const rows = data.trust.repairs
    ? rowsOf(data.trust.repairs, (row) => handles.has(row.account_handle) || !row.account_handle)
    : null;
  const columns = [
    { key: "account_handle", name: "Account", show: (value) => h("bdi", {}, `@${value}`) },
    { key: "file_kind", name: "File", show: inWords },
    { key: "first_date", name: "From", show: formatDate },
    { key: "last_date", name: "To", show: formatDate },
    { key: "decision", name: "Decision", show: inWords },
    { key: "shift_days", name: "Shift, days", isNumber: true, show: formatCount },
    { key: "reason", name: "Why" },
  ];
  return listed({
    title: "Calendar repairs",
    file: "calendar-repairs",
    rows,
    columns,
    empty: "No file of TikTok Studio needed its days moved.",
    define: ["calendar_repairs.decision", "calendar_repairs.shift_days"],
  });
}

function runs(data) {
  const rows = data.trust.runs ? rowsOf(data.trust.runs) : null;
  const columns = [
    { key: "started_at", name: "Started", show: formatMoment },
    { key: "result", name: "Result", show: inWords },
    { key: "landed_files", name: "Files landed", isNumber: true, show: formatCount },
    { key: "refused_files", name: "Refused", isNumber: true, show: formatCount },
    { key: "raw_rows", name: "Raw rows", isNumber: true, show: formatCount },
  ];
  return listed({
    title: "Last refreshes",
    file: "refreshes",
    rows,
    columns,
    empty: "No refresh is on record.",
    define: ["refresh_runs.result"],
  });
}
