// Windows of days over one or several accounts: sums, ratios of sums, levels and growth.
//
// A window is known only if every day of every account is there and known, from one source an
// account. An account that never knows a measure (no source of its tells it) is left out and named.

function columnsOf(measure) {
  if (measure.kind === "ratio") return [measure.numerator, measure.denominator];
  if (measure.kind === "growth" || measure.kind === "level") return [measure.net, measure.opening];
  return [measure.column];
}

function isKnown(account, columns, row) {
  return columns.every((name) => account.columns[name][row] !== null);
}

const KNOWING = new WeakMap();

/** Whether any day of the account tells this measure. */
export function knows(account, measure) {
  if (!KNOWING.has(account)) KNOWING.set(account, new Map());
  const cache = KNOWING.get(account);
  if (!cache.has(measure)) {
    const columns = measure.kind === "level" ? [measure.column] : columnsOf(measure);
    let found = false;
    for (let row = 0; row < account.count && !found; row += 1)
      found = isKnown(account, columns, row);
    cache.set(measure, found);
  }
  return cache.get(measure);
}

// A video's own counters tell the same story as the event log, so that the two are one source.
function sameSource(source) {
  return source === "snapshots" ? "event_log" : (source ?? "");
}

function addUp(account, measure, from, to, total) {
  const columns = columnsOf(measure);
  for (let day = from; day <= to; day += 1) {
    const row = day - account.first;
    total.days += 1;
    if (row < 0 || row >= account.count) {
      total.outside += 1;
      continue;
    }
    if (measure.source) total.sources.add(sameSource(account.columns[measure.source][row]));
    if (account.columns.is_provisional[row]) total.provisional.add(day);
    if (!isKnown(account, columns, row)) {
      total.unknown += 1;
      continue;
    }
    if (measure.alike) total.alike.add(account.columns[measure.alike][row]);
    columns.forEach((name, part) => {
      total.sums[part] += account.columns[name][row];
    });
  }
}

function emptyTotal() {
  return {
    days: 0,
    outside: 0,
    unknown: 0,
    sums: [0, 0],
    sources: new Set(),
    alike: new Set(),
    provisional: new Set(),
  };
}

function quotient(measure, [numerator, denominator]) {
  if (!denominator) return null;
  const top = measure.divisor ? numerator / measure.divisor : numerator;
  return (top / denominator) * measure.scale;
}

function valueOf(measure, sums) {
  return measure.kind === "ratio" ? quotient(measure, sums) : sums[0];
}

/** A sum or a ratio of sums over the days `from` to `to`, both included. */
function overDays(accounts, measure, from, to) {
  const whole = emptyTotal();
  let twoSources = false;
  for (const account of accounts) {
    whole.sources = new Set();
    addUp(account, measure, from, to, whole);
    twoSources ||= whole.sources.size > 1;
  }
  const missing = whole.outside + whole.unknown;
  const isMixed = whole.alike.size > 1;
  const everyDay = missing === 0 && !isMixed && !twoSources;
  const partly =
    missing < whole.days && !isMixed && !twoSources ? valueOf(measure, whole.sums) : null;
  return {
    value: everyDay ? valueOf(measure, whole.sums) : null,
    numerator: everyDay ? whole.sums[0] : null,
    denominator: everyDay && measure.kind === "ratio" ? whole.sums[1] : null,
    alike: whole.alike.size === 1 ? [...whole.alike][0] : null,
    known: everyDay ? null : partly,
    why: everyDay ? null : explain(measure, whole, twoSources),
    provisionalDays: whole.provisional.size,
  };
}

function explain(measure, whole, twoSources) {
  if (whole.alike.size > 1) return measure.mixed;
  if (twoSources) return "The days have their numbers from two sources, which are not mixed.";
  const missing = whole.outside + whole.unknown;
  if (whole.days === 1) return "The day is not known.";
  return `${missing} of ${whole.days} days are not known.`;
}

/** Growth over the window: net of its days over the opening of the first. */
function growthOver(accounts, measure, from, to) {
  const { net, opening, source } = measure;
  const base = overDays(accounts, { kind: "sum", column: net, source }, from, to);
  let start = 0;
  for (const account of accounts) {
    const value = account.columns[opening][from - account.first] ?? null;
    start = value === null || start === null ? null : start + value;
  }
  const value = base.value === null || !start ? null : (base.value / start) * 100;
  return { ...base, value, numerator: base.value, denominator: start, known: null };
}

/** The level at the end of the window, and the growth that led there. */
function levelAt(accounts, measure, from, to) {
  let level = 0;
  for (const account of accounts) {
    const value = account.columns[measure.column][to - account.first] ?? null;
    level = value === null || level === null ? null : level + value;
  }
  const growth = growthOver(accounts, measure, from, to);
  return {
    ...growth,
    value: level,
    growth: growth.value,
    why: level === null ? "The last day is not known." : null,
  };
}

/** What a measure is over a window; see the top of this file for when it is not known. */
export function measureWindow(all, measure, from, to) {
  const accounts = all.filter((account) => knows(account, measure));
  const left = all.filter((account) => !accounts.includes(account));
  if (!accounts.length) {
    return {
      value: null,
      numerator: null,
      denominator: null,
      known: null,
      why: "No source tells it.",
      provisionalDays: 0,
      left: [],
    };
  }
  const over = { growth: growthOver, level: levelAt }[measure.kind] ?? overDays;
  return { ...over(accounts, measure, from, to), left };
}

/**
 * The measure on each day from `from` to `to`. Where days are counted in two ways, those that are
 * counted otherwise than the newest known one are left out: one line never mixes the two.
 */
export function measureDays(accounts, measure, from, to) {
  const days = [];
  for (let day = from; day <= to; day += 1) {
    days.push({
      day,
      ...measureWindow(accounts, measure, day, day),
      outside: outsideNormal(accounts, measure, day),
    });
  }
  if (!measure.alike) return days;
  const kind = kindOf(days);
  return days.map((day) =>
    day.value === null || day.alike === kind ? day : { ...day, value: null, why: measure.mixed },
  );
}

/** How the newest known day is counted, of a measure that can be counted in two ways. */
export function kindOf(days) {
  return days.findLast((day) => day.value !== null)?.alike ?? null;
}

/** Handles of the accounts for which the day lies outside its normal. */
function outsideNormal(accounts, measure, day) {
  if (measure.anomaly === undefined) return [];
  return accounts
    .filter((account) => {
      const flags = account.columns.anomalies[day - account.first] ?? 0;
      return (flags & (1 << measure.anomaly)) !== 0;
    })
    .map((account) => `@${account.handle}`);
}

/** The window of the same length that ends the day before. */
export function windowBefore(from, to) {
  const length = to - from + 1;
  return [from - length, from - 1];
}

export function isProvisional(accounts, day) {
  return accounts.some((account) => account.columns.is_provisional[day - account.first] === 1);
}
