// The embedded data: unpacked, its columns made whole, its days numbered.

import { parseDay } from "./format.js";

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

export async function unpack(element) {
  const packed = atob(element.textContent.trim());
  const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
  return prepare(JSON.parse(await gunzip(bytes)));
}

function countRows(table) {
  const column = Object.values(table).find(Array.isArray);
  return column ? column.length : 0;
}

/** Columns of a table as arrays; one that holds a single value stands for that value everywhere. */
function widen(table, rows = countRows(table)) {
  const wide = { rows };
  for (const [name, column] of Object.entries(table)) {
    wide[name] = Array.isArray(column) ? column : new Array(rows).fill(column);
  }
  return wide;
}

function widenAll(holder, names) {
  for (const name of names) {
    if (holder[name]) holder[name] = widen(holder[name]);
  }
}

function prepareAccount(account, days, firstDay) {
  const { first_day: first, days: count, ...columns } = days;
  return { ...account, first: firstDay + first, count, columns: widen(columns, count) };
}

function prepare(data) {
  const first = parseDay(data.meta.first_date);
  data.meta.first = first;
  data.meta.last = parseDay(data.meta.last_date);
  data.accounts = data.accounts.map((account, index) => ({
    ...prepareAccount(account, data.account_days[index], first),
    index,
  }));
  delete data.account_days;
  widenAll(data, [
    "videos",
    "video_days",
    "movements",
    "findings",
    "band_retention",
    "conversions",
    "traffic",
    "funnel_sources",
    "segments",
    "cohorts",
    "benchmarks",
  ]);
  widenAll(data.trust, [
    "rejected",
    "rows",
    "checks",
    "check_counts",
    "repairs",
    "disagreements",
    "runs",
    "verdicts",
  ]);
  for (const name of ["movements", "benchmarks"]) {
    data[name].day = data[name].day.map((offset) => first + offset);
  }
  return data;
}

/** Rows of a table of columns that `keep` takes, as objects. */
export function rowsOf(table, keep = () => true) {
  if (!table) return [];
  const names = Object.keys(table).filter((name) => name !== "rows");
  const found = [];
  for (let row = 0; row < table.rows; row += 1) {
    const one = Object.fromEntries(names.map((name) => [name, table[name][row]]));
    if (keep(one)) found.push(one);
  }
  return found;
}
