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

/** First and last chosen day, within the data. */
export function chosenDays() {
  const from = parseDay(current.from);
  const to = parseDay(current.to);
  if (from !== null && to !== null && from <= to && to >= meta.first && from <= meta.last) {
    return [Math.max(from, meta.first), Math.min(to, meta.last)];
  }
  const length =
    current.range === "all"
      ? Infinity
      : Number(
          choose(
            "range",
            PRESETS.map(([name]) => name),
            "7",
          ),
        );
  return [Math.max(meta.first, meta.last - length + 1), meta.last];
}

export function chosenPreset() {
  if (parseDay(current.from) !== null && parseDay(current.to) !== null) return null;
  return choose(
    "range",
    PRESETS.map(([name]) => name),
    "7",
  );
}

export function describeDays([from, to]) {
  return { from: isoDay(from), to: isoDay(to), range: null };
}
