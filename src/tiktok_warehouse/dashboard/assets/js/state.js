// What the reader chose, kept in the address after the #, so that a link shows the same page.

import { isoDay, parseDay } from "./format.js";

export const PRESETS = [
  ["7", "7 days"],
  ["28", "28 days"],
  ["90", "90 days"],
  ["all", "All"],
];
const DEFAULTS = { tab: "overview", account: "own", range: "7" };

const listeners = new Set();
let meta = null;
let accounts = [];
let current = { ...DEFAULTS };

function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}

export function startState(data) {
  meta = data.meta;
  accounts = data.accounts;
  current = read();
  addEventListener("hashchange", () => {
    current = read();
    listeners.forEach((listen) => listen());
  });
}

export function onChange(listener) {
  listeners.add(listener);
}

/** The chosen value of a setting; one that is not among `allowed` counts as not chosen. */
export function choose(name, allowed, otherwise = allowed[0]) {
  return allowed.includes(current[name]) ? current[name] : otherwise;
}

export function get(name, otherwise = "") {
  return current[name] ?? otherwise;
}

/** The address of the page with some settings changed. */
function addressWith(changes) {
  const next = { ...current, ...changes };
  const kept = Object.entries(next).filter(
    ([name, value]) => value !== null && value !== "" && DEFAULTS[name] !== value,
  );
  return `#${new URLSearchParams(kept)}`;
}

/** Change settings and draw the page anew; null removes a setting. */
export function set(changes) {
  location.hash = addressWith(changes);
}

/** The same, with no step to go back to. */
export function amend(changes) {
  note(changes);
  listeners.forEach((listen) => listen());
}

/** Write settings into the address without drawing the page anew, nor a step to go back to. */
export function note(changes) {
  history.replaceState(null, "", addressWith(changes));
  current = read();
}

/** Own accounts that the reader looks at. */
export function chosenAccounts() {
  const own = accounts.filter((account) => account.role === "own");
  const one = own.find((account) => account.id === current.account);
  return one ? [one] : own;
}

function namesDays() {
  return Boolean(current.from || current.to);
}

/** The days that the address names, within the data and in their order; null if they are not. */
function namedDays() {
  const given = [parseDay(current.from), parseDay(current.to)];
  if (given.includes(null)) return null;
  const [from, to] = [Math.min(...given), Math.max(...given)];
  if (to < meta.first || from > meta.last) return null;
  return [Math.max(from, meta.first), Math.min(to, meta.last)];
}

function presetInAddress() {
  return choose(
    "range",
    PRESETS.map(([name]) => name),
    "7",
  );
}

/** First and last chosen day, within the data. */
export function chosenDays() {
  const preset = presetInAddress();
  const length = preset === "all" ? Infinity : Number(preset);
  return namedDays() ?? [Math.max(meta.first, meta.last - length + 1), meta.last];
}

export function chosenPreset() {
  return namedDays() ? null : presetInAddress();
}

/** A word to the reader whose address names days that cannot be shown; otherwise null. */
export function strayDays() {
  if (!namesDays() || namedDays()) return null;
  const preset = presetInAddress();
  const shown = preset === "all" ? "all days" : `the last ${preset} days`;
  return `The days in the address are not in the data; ${shown} are shown.`;
}

export function describeDays([from, to]) {
  return { from: isoDay(from), to: isoDay(to), range: null };
}
