// Numbers and days in the reader's own locale; what is NULL is "not known".

export const NOT_KNOWN = "not known";

const LOCALES =
  navigator.languages && navigator.languages.length ? [...navigator.languages] : undefined;
const DAY_MS = 86_400_000;

function number(options) {
  return new Intl.NumberFormat(LOCALES, options);
}

function day(options) {
  return new Intl.DateTimeFormat(LOCALES, { timeZone: "UTC", ...options });
}

const WHOLE = number({ maximumFractionDigits: 0 });
const COMPACT = number({ notation: "compact", maximumFractionDigits: 1 });
const LONG_COMPACT = number({ notation: "compact", maximumFractionDigits: 3 });
const PERCENT = number({ style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SHORT_PERCENT = number({ style: "percent", maximumFractionDigits: 1 });
const SECONDS = number({
  style: "unit",
  unit: "second",
  unitDisplay: "narrow",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const SHORT_SECONDS = number({
  style: "unit",
  unit: "second",
  unitDisplay: "narrow",
  maximumFractionDigits: 1,
});
const SIGNED_SECONDS = number({
  style: "unit",
  unit: "second",
  unitDisplay: "narrow",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});
const DECIMAL = number({ maximumFractionDigits: 2 });
const FIXED = number({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
const POINTS = number({
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});
const SIGNED = number({ maximumFractionDigits: 0, signDisplay: "exceptZero" });
const SIGNED_PERCENT = number({
  style: "percent",
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});

const SHORT_DAY = day({ day: "numeric", month: "short" });
const LONG_DAY = day({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const SPAN_DAY = day({ day: "numeric", month: "short", year: "numeric" });
const WEEKDAY = day({ weekday: "short" });

function known(value, write) {
  return value === null || value === undefined || Number.isNaN(value) ? NOT_KNOWN : write(value);
}

/** Value in its unit: count, pct (0-100), seconds, ratio or people. */
export function formatValue(value, unit) {
  return known(value, (v) => {
    if (unit === "pct") return PERCENT.format(v / 100);
    if (unit === "seconds") return SECONDS.format(v);
    if (unit === "ratio") return DECIMAL.format(v);
    return Math.abs(v) >= 1e9 ? LONG_COMPACT.format(v) : WHOLE.format(v);
  });
}

/** The same, short enough for an axis. */
export function formatAxis(value, unit) {
  if (unit === "pct") return SHORT_PERCENT.format(value / 100);
  if (unit === "seconds") return SHORT_SECONDS.format(value);
  return COMPACT.format(value);
}

/** A difference in the unit of its two values; percentages differ by points. */
export function formatChange(value, unit) {
  return known(value, (v) => {
    if (unit === "pct") return `${POINTS.format(v)} pts`;
    if (unit === "seconds") return SIGNED_SECONDS.format(v);
    return SIGNED.format(v);
  });
}

export function formatRelative(now, before) {
  if (now === null || before === null || !before) return null;
  return SIGNED_PERCENT.format((now - before) / Math.abs(before));
}

export function formatCount(value) {
  return known(value, (v) => WHOLE.format(v));
}

export function formatMoney(amount, currency) {
  return known(amount, (v) => {
    try {
      return new Intl.NumberFormat(LOCALES, { style: "currency", currency }).format(v);
    } catch {
      return `${DECIMAL.format(v)} ${currency ?? ""}`.trim();
    }
  });
}

export function formatDecimal(value) {
  return known(value, (v) => DECIMAL.format(v));
}

export function formatFixed(value) {
  return known(value, (v) => FIXED.format(v));
}

// Days are numbers: days since 1970 in the reporting time zone.
export function parseDay(text) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
  if (!match) return null;
  const ms = Date.UTC(+match[1], +match[2] - 1, +match[3]);
  return new Date(ms).toISOString().slice(0, 10) === text ? ms / DAY_MS : null;
}

export function isoDay(number) {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

export function formatDay(number) {
  return SHORT_DAY.format(number * DAY_MS);
}

export function formatLongDay(number) {
  return LONG_DAY.format(number * DAY_MS);
}

export function formatSpan(from, to) {
  return SPAN_DAY.formatRange(from * DAY_MS, to * DAY_MS);
}

/** Name of an ISO weekday, 1 = Monday. */
export function formatWeekday(iso) {
  return WEEKDAY.format((iso + 3) * DAY_MS);
}

export function formatMoment(text) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return NOT_KNOWN;
  return day({ dateStyle: "medium", timeStyle: "short" }).format(at) + " UTC";
}

/** When a version was published, by its name; null where that does not say. */
export function publishedAt(version) {
  const match = /-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(version);
  if (!match) return null;
  const [year, month, ...rest] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

/** How long ago, by the reader's own clock; in English, as the words around it are. */
export function formatAge(ms) {
  const hours = Math.round((Date.now() - ms) / 3_600_000);
  const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  return hours < 48 ? ago.format(-hours, "hour") : ago.format(-Math.round(hours / 24), "day");
}

/** `engagement_rate_pct` in words, where no label is at hand. */
export function inWords(name) {
  const words = String(name).replace(/_pct$/, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
