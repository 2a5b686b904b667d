// Elements. Text goes in as text, never as HTML: captions and names come from outside.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set([
  "svg",
  "path",
  "circle",
  "rect",
  "line",
  "g",
  "defs",
  "pattern",
  "polyline",
]);

/** h("p", {class: "note", onclick: f}, "text", child, [children]) */
export function h(tag, attributes = {}, ...children) {
  const element = SVG_TAGS.has(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children
      .flat(Infinity)
      .filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Text of a definition: what stands in backquotes becomes code. */
export function defined(text) {
  return text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
}

let ids = 0;

export function newId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

/** A choice of one among few: a row of buttons. */
export function segmented(label, options, chosen, onchoose) {
  return h(
    "div",
    { class: "segmented", role: "group", "aria-label": label },
    options.map(([value, text]) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(value === chosen),
          "data-value": value,
          onclick: () => onchoose(value),
        },
        text,
      ),
    ),
  );
}

export function select(label, options, chosen, onchoose, { isHidden = true } = {}) {
  const id = newId("select");
  return h(
    "span",
    { class: "field" },
    h("label", { for: id, class: isHidden ? "hidden" : "" }, label),
    h(
      "select",
      { id, onchange: (event) => onchoose(event.target.value) },
      options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
    ),
  );
}

/** Say something to whoever cannot see the page change. */
export function announce(text) {
  document.getElementById("live").textContent = text;
}
