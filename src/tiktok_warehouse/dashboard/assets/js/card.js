// A card: a chart or list with its title, unit, definition, and its numbers as a table and a file.

import { mount } from "./charts.js";
import { download, toCsv } from "./csv.js";
import { announce, defined, h, newId } from "./dom.js";
import { inWords } from "./format.js";

const SHOWN_ROWS = 400;
// Files whose tables the reader has opened, which stay open when the page is drawn anew.
const opened = new Set();
let definitions = {};

export function startCards(data) {
  definitions = data.definitions;
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const element of document.querySelectorAll(".explainer:is(:hover, :focus-within)")) {
      element.classList.add("closed");
    }
  });
}

/** A definition in the words of the page: it has no NULL, nor the sections that a text refers to. */
function inPageWords(text) {
  return text
    .replace(/ \(S\d+\)/g, "")
    .replace(/(^|\. )NULL\b/g, "$1Not known")
    .replace(/\bNULL\b/g, "not known");
}

function definitionOf(key) {
  const text = definitions[key];
  return text
    ? h(
        "div",
        {},
        h("dt", {}, inWords(key.split(".").pop())),
        h("dd", {}, defined(inPageWords(text))),
      )
    : null;
}

/** A button whose definition shows while it is pointed at or has the focus. */
export function explainer(title, keys) {
  const known = keys.filter((key) => definitions[key]);
  if (!known.length) return null;
  const id = newId("definition");
  const box = h(
    "div",
    { class: "definition", id, role: "tooltip" },
    h("dl", {}, known.map(definitionOf)),
  );
  const button = h(
    "button",
    {
      type: "button",
      class: "info",
      "aria-label": `What is ${title}?`,
      "aria-describedby": id,
    },
    "i",
  );
  const place = () => keepInView(box, button);
  button.addEventListener("focus", place);
  button.addEventListener("pointerenter", place);
  const holder = h("span", { class: "explainer" }, button, box);
  const reopen = () => holder.classList.remove("closed");
  holder.addEventListener("pointerleave", reopen);
  holder.addEventListener("focusout", reopen);
  return holder;
}

function keepInView(box, button) {
  box.style.transform = "";
  const { left } = button.getBoundingClientRect();
  const width = box.offsetWidth;
  const room = document.documentElement.clientWidth - 12;
  const shift = Math.min(0, room - (left + width));
  box.style.transform = `translateX(${Math.max(shift, 12 - left)}px)`;
}

function cell(column, row) {
  const value = row[column.key];
  const shown = column.show ? column.show(value, row) : (value ?? "not known");
  return h("td", { class: column.isNumber ? "number" : "" }, shown);
}

/** Columns {key, name, isNumber, show(value, row)}; rows are objects. */
export function table(columns, rows, caption, { limit = SHOWN_ROWS } = {}) {
  const shown = rows.slice(0, limit);
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "hidden" }, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((column) =>
            h("th", { scope: "col", class: column.isNumber ? "number" : "" }, column.name),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        shown.map((row) =>
          h(
            "tr",
            {},
            columns.map((column) => cell(column, row)),
          ),
        ),
      ),
    ),
    rows.length > limit
      ? h("p", { class: "note" }, `The first ${limit} of ${rows.length} rows; the file has all.`)
      : null,
  );
}

function actions(title, file, getTable, place, isShown) {
  const { columns } = getTable();
  const save = fileButton(title, file, () => {
    download(`${file}.csv`, toCsv(columns, getTable().rows));
    announce(`${title}: table saved as ${file}.csv`);
  });
  if (isShown) return [save];
  const toggle = h("button", { type: "button", class: "ghost", "aria-expanded": "false" }, "Table");
  const show = () => {
    toggle.setAttribute("aria-expanded", String(opened.has(file)));
    place.replaceChildren();
    if (opened.has(file)) place.append(table(columns, getTable().rows, title));
  };
  toggle.addEventListener("click", () => {
    if (!opened.delete(file)) opened.add(file);
    show();
  });
  show();
  toggle.append(h("span", { class: "hidden" }, ` of ${title}`));
  return [toggle, save];
}

function fileButton(title, file, onclick) {
  return h(
    "button",
    {
      type: "button",
      class: "ghost",
      "data-csv": file,
      title: "Get this table as a CSV file",
      onclick,
    },
    h("span", { "aria-hidden": "true" }, "↓ "),
    "CSV",
    h("span", { class: "hidden" }, `: get the table of ${title}`),
  );
}

/**
 * @param options title, unit, file (name of its CSV), define (keys of definitions), note, controls,
 *   chart (colours => ECharts option), height, onclick, label (what the chart shows, in words), body
 *   (elements in place of a chart), table {columns, rows}, isTable (the body shows it already), csv (saves a file of its own making),
 *   span (columns of the page it takes).
 */
export function card(options) {
  const heading = newId("card");
  const place = h("div", { class: "card-table" });
  const file = options.file;
  const rows = options.table ? () => options.table : null;
  const element = h(
    "section",
    { class: `card span-${options.span ?? 12}`, "aria-labelledby": heading, id: `card-${file}` },
    h(
      "header",
      {},
      h(
        "div",
        { class: "card-title" },
        h("h2", { id: heading }, options.title),
        explainer(options.title, options.define ?? []),
        options.unit ? h("span", { class: "unit" }, options.unit) : null,
      ),
      h(
        "div",
        { class: "card-actions" },
        rows ? actions(options.title, file, rows, place, options.isTable) : null,
        options.csv ? fileButton(options.title, file, options.csv) : null,
      ),
    ),
    options.controls ? h("div", { class: "card-controls" }, options.controls) : null,
    options.note ? h("p", { class: "note" }, options.note) : null,
  );
  if (options.chart) {
    const box = h("div", {
      class: "chart",
      role: "img",
      "aria-label": options.label ?? options.title,
      style: `height:${options.height ?? 280}px`,
    });
    element.append(box);
    mount(box, options.chart, options.onclick);
  }
  element.append(...[options.body ?? []].flat(), place);
  return element;
}

export function nothing(text) {
  return h("p", { class: "empty" }, text);
}
