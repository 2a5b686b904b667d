// The page: its head with the filters, its tabs, and what is drawn when the reader chooses.

import { audience } from "./audience.js";
import { benchmarks } from "./benchmarks.js";
import { startCards } from "./card.js";
import { colours, drawAll, redrawAll, tidy } from "./charts.js";
import { content } from "./content.js";
import { unpack } from "./data.js";
import { announce, h, segmented, select } from "./dom.js";
import { formatSpan, isoDay, parseDay } from "./format.js";
import { funnel } from "./funnel.js";
import { overview } from "./overview.js";
import { retention } from "./retention.js";
import {
  amend,
  choose,
  chosenDays,
  chosenPreset,
  describeDays,
  get,
  onChange,
  PRESETS,
  set,
  startState,
} from "./state.js";
import { trust } from "./trust.js";

const TABS = [
  ["overview", "Overview", overview],
  ["content", "Content", content],
  ["retention", "Retention", retention],
  ["funnel", "Funnel", funnel],
  ["audience", "Audience", audience],
  ["benchmarks", "Benchmarks", benchmarks],
  ["trust", "Trust", trust],
];
const THEMES = ["auto", "light", "dark"];

function chosenTab() {
  return choose(
    "tab",
    TABS.map(([name]) => name),
  );
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A page from disk may not keep anything.
  }
}

function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function applyTheme(theme) {
  if (theme === "auto") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme);
}

function themeButton() {
  const isDark = () => {
    const set = document.documentElement.getAttribute("data-theme");
    return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const button = h("button", { type: "button", class: "icon", id: "theme" });
  const label = () => {
    button.replaceChildren(isDark() ? "☀" : "☾");
    button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
  };
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    applyTheme(theme);
    remember("dashboard-theme", theme);
    label();
    redrawAll();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    label();
    redrawAll();
  });
  label();
  return button;
}

// The field of a day that has the focus. The document does not tell while one moves within it.
let typedIn = null;

/** A day to type: each key may complete one, so that all of a visit are one step to go back to. */
function dayField(id, label, meta, join) {
  let before = null;
  let isStep = true;
  const begin = (event) => {
    typedIn = event.target;
    before = chosenDays();
    isStep = true;
  };
  const change = (event) => {
    const day = event.target.validity.valid ? parseDay(event.target.value) : null;
    if (day === null) return;
    (isStep ? set : amend)(describeDays(join(day, before ?? chosenDays())));
    isStep = typedIn !== event.target;
  };
  const end = () => {
    typedIn = null;
    before = null;
    markDays();
  };
  return h(
    "span",
    { class: "field" },
    h("label", { for: id, class: "hidden" }, label),
    h("input", {
      type: "date",
      id,
      min: meta.first_date,
      max: meta.last_date,
      onfocus: begin,
      onchange: change,
      onblur: end,
    }),
  );
}

function filters(data) {
  const own = data.accounts.filter((account) => account.role === "own");
  const options = [
    ["own", own.length === 1 ? `@${own[0].handle}` : `All ${own.length} own accounts`],
    ...(own.length > 1 ? own.map((account) => [account.id, `@${account.handle}`]) : []),
  ];
  return [
    select("Account", options, "own", (account) => set({ account })),
    segmented("Days", PRESETS, null, (range) => set({ range, from: null, to: null })),
    h(
      "span",
      { class: "dates" },
      dayField("from", "From", data.meta, (day, [, to]) => [day, Math.max(day, to)]),
      h("span", { "aria-hidden": "true" }, "–"),
      dayField("to", "To", data.meta, (day, [from]) => [Math.min(from, day), day]),
    ),
  ];
}

/** Show the chosen days in their fields, but for the one that the reader is typing in. */
function markDays() {
  chosenDays().forEach((day, index) => {
    const input = document.getElementById(["from", "to"][index]);
    if (input !== typedIn) input.value = isoDay(day);
  });
}

function markFilters() {
  const holder = document.getElementById("filters");
  const account = holder.querySelector("select");
  const isThere = [...account.options].some(({ value }) => value === get("account"));
  account.value = isThere ? get("account") : "own";
  for (const button of holder.querySelectorAll(".segmented button")) {
    button.setAttribute("aria-pressed", String(button.dataset.value === chosenPreset()));
  }
  markDays();
}

function tabList() {
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": "Pages" });
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const index = TABS.findIndex(([name]) => name === chosenTab());
    const next =
      event.key === "Home"
        ? 0
        : event.key === "End"
          ? TABS.length - 1
          : step
            ? (index + step + TABS.length) % TABS.length
            : null;
    if (next === null) return;
    event.preventDefault();
    set({ tab: TABS[next][0] });
    document.getElementById(`tab-${TABS[next][0]}`).focus();
  };
  list.append(
    ...TABS.map(([name, label]) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "aria-controls": "panel",
          onclick: () => set({ tab: name }),
          onkeydown: move,
        },
        label,
      ),
    ),
  );
  return list;
}

function markTab() {
  for (const [name] of TABS) {
    const tab = document.getElementById(`tab-${name}`);
    const isChosen = name === chosenTab();
    tab.setAttribute("aria-selected", String(isChosen));
    tab.setAttribute("tabindex", isChosen ? "0" : "-1");
    if (isChosen && tab.parentElement.scrollWidth > tab.parentElement.clientWidth) {
      tab.parentElement.scrollLeft = tab.offsetLeft - 40;
    }
  }
}

function hatchPattern() {
  return h(
    "svg",
    { class: "defs", "aria-hidden": "true" },
    h(
      "defs",
      {},
      h(
        "pattern",
        { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse" },
        h("path", { d: "M-1 7L7 -1M-1 1L1 -1M5 7L7 5", class: "hatch-line" }),
      ),
    ),
  );
}

function buildFrame(data) {
  document
    .getElementById("top")
    .replaceChildren(
      h(
        "div",
        { class: "bar" },
        h(
          "div",
          { class: "brand" },
          h("span", { class: "mark", "aria-hidden": "true" }),
          h("h1", {}, "Short-video dashboard"),
        ),
        h("div", { class: "filters", id: "filters" }, filters(data)),
        themeButton(),
      ),
      tabList(),
      h("p", { id: "live", class: "hidden", "aria-live": "polite" }),
    );
  const { meta } = data;
  const limits = [
    meta.grain_days > 1
      ? `Videos, traffic sources and conversions are summed over ${meta.grain_days} days each, and chosen days are widened to whole spans.`
      : null,
    meta.videos_in_all > meta.videos_shown
      ? `The ${meta.videos_shown} most viewed of ${meta.videos_in_all} videos are shown.`
      : null,
    meta.is_cut_to_days ? `Only the last ${meta.is_cut_to_days} days are shown.` : null,
  ];
  document
    .getElementById("foot")
    .replaceChildren(
      h(
        "p",
        {},
        `Data of ${formatSpan(meta.first, meta.last)}, days in ${meta.time_zone}, published version ${meta.version}. This page is one file and asks for nothing from anywhere.`,
      ),
      h("p", { id: "limits" }, limits.filter(Boolean).join(" ")),
      hatchPattern(),
    );
  // The address keeps what the reader chose, which another fragment would wipe.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    document.getElementById("content").focus();
  });
}

/** Draw the chosen tab anew, and give the focus back to what had it. */
function draw(data) {
  const focused = findAgain(document.activeElement);
  const name = chosenTab();
  const [, label, build] = TABS.find(([tab]) => tab === name);
  const isSame = document.getElementById("panel")?.dataset.tab === name;
  markFilters();
  markTab();
  const panel = h(
    "div",
    {
      id: "panel",
      class: "panel",
      role: "tabpanel",
      "aria-labelledby": `tab-${name}`,
      "data-tab": name,
      "data-address": location.hash,
    },
    build(data),
  );
  document.getElementById("content").replaceChildren(panel);
  document.title = `${label} · Short-video dashboard`;
  tidy();
  if (!isSame) scrollTo(0, 0);
  if (focused) giveFocus(focused(), document.getElementById(isSame ? "content" : `tab-${name}`));
}

/** Focus what had it if it is still there, else what is nearest to it. */
function giveFocus(...elements) {
  for (const element of elements) {
    if (document.activeElement === document.body) element?.focus({ preventScroll: true });
  }
}

const FOCUSABLE = "button, select, input, [tabindex]";

function findAgain(element) {
  if (!element || element === document.body) return null;
  if (element.id && !/-\d+$/.test(element.id)) return () => document.getElementById(element.id);
  const holder = element.closest("#filters, [data-kpi], section[id]");
  if (!holder) return () => null;
  const within = holder.id
    ? `#${CSS.escape(holder.id)}`
    : `[data-kpi="${CSS.escape(holder.dataset.kpi)}"]`;
  const index = [...holder.querySelectorAll(FOCUSABLE)].indexOf(element);
  return () => document.querySelector(within)?.querySelectorAll(FOCUSABLE)[index];
}

/** Paper is white: charts are drawn in light colours for it, and back afterwards. */
function printInLight() {
  let theme = null;
  addEventListener("beforeprint", () => {
    theme = document.documentElement.getAttribute("data-theme") ?? "auto";
    applyTheme("light");
    drawAll();
    redrawAll();
  });
  addEventListener("afterprint", () => {
    applyTheme(theme ?? "auto");
    redrawAll();
  });
}

async function start() {
  applyTheme(THEMES.includes(recall("dashboard-theme")) ? recall("dashboard-theme") : "auto");
  if (!("DecompressionStream" in globalThis)) {
    document.getElementById("loading").textContent =
      "This browser is too old for this page; one of 2023 or newer opens it.";
    return;
  }
  const data = await unpack(document.getElementById("data"));
  startCards(data);
  startState(data);
  buildFrame(data);
  onChange(() => {
    draw(data);
    announce(`${document.title.split(" · ")[0]}, ${formatSpan(...chosenDays())}`);
  });
  printInLight();
  draw(data);
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  document
    .getElementById("loading")
    ?.replaceChildren(`The page could not be drawn: ${error.message}`);
  throw error;
});
