/** The list of breakers. Only the lines on the screen are there, so that ten thousand cost no more than ten. */

import { byId, el, setAttr } from "./dom.js";
import { count } from "./format.js";
import { COLUMNS, RowView } from "./row.js";
import { store } from "./store.js";

/** Lines that are kept ready above and below the screen. */
const SPARE = 6;

/** @type {Map<string, RowView>} */
const views = new Map();
/** @type {RowView[]} */
const unused = [];
/** The breaker that Tab goes to. */
let current = "";
let height = 46;

const head = el("div", { class: "heads", role: "row", "aria-rowindex": "1" }, ...COLUMNS.map(([name, text]) => el("div", { class: `cell of-${name}`, role: "columnheader", text })));
const body = el("div", { class: "rows", role: "rowgroup" });
const nothing = el("div", { class: "nothing" });
const table = el("div", { class: "table", role: "table", "aria-label": "Breakers" }, head, body);
/** @type {HTMLElement} */
let frame;

export function startList() {
  frame = byId("list");
  frame.append(table, nothing);
  let isAsked = false;
  frame.addEventListener("scroll", () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      render();
    });
  });
  new ResizeObserver(measure).observe(frame);
  body.addEventListener("click", clicked);
  body.addEventListener("keydown", pressed);
  body.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
    const name = /** @type {HTMLElement} */ (event.target).dataset.name;
    if (name !== undefined) setCurrent(name);
  });
  store.on("rows", render);
  store.on("choice", () => {
    frame.scrollTop = 0;
    render();
  });
  store.on("chosen", render);
  store.on("tick", () => views.forEach((view) => view.tick()));
}

/** A line is as high as the style sheet has it, which depends on the room there is. */
function measure() {
  height = parseFloat(getComputedStyle(body).getPropertyValue("--row")) || 46;
  render();
}

function render() {
  const rows = store.shown;
  say(rows.length);
  const first = Math.max(0, Math.floor((frame.scrollTop - head.offsetHeight) / height) - SPARE);
  const last = Math.min(rows.length, Math.ceil((frame.scrollTop + frame.clientHeight) / height) + SPARE);
  const wanted = new Map(rows.slice(first, last).map((row, at) => [row.name, first + at]));
  const held = document.activeElement?.closest(".row") ? focused() : null;
  // What has the focus stays, wherever it is now.
  const at = held === null ? -1 : rows.findIndex((row) => row.name === held);
  if (at >= 0) wanted.set(/** @type {string} */ (held), at);
  for (const [name, view] of views) {
    if (wanted.has(name)) continue;
    view.node.remove();
    views.delete(name);
    unused.push(view);
  }
  if (!wanted.has(current)) current = rows[first]?.name ?? "";
  body.style.height = `${rows.length * height}px`;
  setAttr(table, "aria-rowcount", String(rows.length + 1));
  const ordered = [...wanted].sort(([, one], [, other]) => one - other);
  let before = body.firstChild;
  for (const [name, index] of ordered) {
    const view = views.get(name) ?? unused.pop() ?? new RowView();
    views.set(name, view);
    view.show(rows[index], index, height);
    setAttr(view.name, "tabindex", name === current ? "0" : "-1");
    setAttr(view.node, "aria-current", name === store.chosen ? "true" : null);
    if (view.node === before) before = before.nextSibling;
    else body.insertBefore(view.node, before);
  }
  if (held !== null && focused() !== held) views.get(held)?.name.focus({ preventScroll: true });
}

/** @param {number} shown */
function say(shown) {
  const all = store.rows.size;
  table.hidden = shown === 0;
  nothing.hidden = shown > 0 || !store.status;
  // Written once: whoever has the focus on its button keeps it.
  if (nothing.hidden || nothing.dataset.of === String(all)) return;
  nothing.dataset.of = String(all);
  if (all === 0) {
    nothing.replaceChildren(
      el("h3", { text: "No breakers yet" }),
      el("p", { text: "A breaker appears here with the first call of a function that has one, or as soon as the program registers it." }),
      el("pre", { class: "mono", text: '#[circuit_breaker(name = "llm")]\nasync fn ask(question: &str) -> Result<Answer, Error>' }),
    );
  } else {
    const clear = el("button", { type: "button", text: "Show all", on: { click: () => store.choose({ text: "", type: "", kind: "" }) } });
    nothing.replaceChildren(el("h3", { text: "None of them fits" }), el("p", { text: `${count(all)} breakers are there, and the filter leaves none of them.` }), clear);
  }
}

/** The breaker that has the focus. */
function focused() {
  return /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.name ?? null;
}

/** @param {string} name */
function setCurrent(name) {
  if (name === current) return;
  views.get(current)?.name.setAttribute("tabindex", "-1");
  current = name;
  views.get(current)?.name.setAttribute("tabindex", "0");
}

/** Moves the focus to a line, and the line onto the screen. @param {number} index */
function focusOn(index) {
  const rows = store.shown;
  const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
  if (!row) return;
  const top = rows.indexOf(row) * height;
  if (top < frame.scrollTop) frame.scrollTop = top;
  else if (top + height + head.offsetHeight > frame.scrollTop + frame.clientHeight) frame.scrollTop = top + height + head.offsetHeight - frame.clientHeight;
  current = row.name;
  render();
  views.get(row.name)?.name.focus({ preventScroll: true });
}

/** Gives the focus to the list: to the breaker that had it last. @param {string} [name] */
export function focusList(name = current) {
  focusOn(Math.max(0, store.shown.findIndex((row) => row.name === name)));
}

/** The breaker that a key pressed now is meant for. */
export function pointed() {
  return (document.activeElement?.closest(".row") ? focused() : null) ?? store.chosen;
}

/** @param {MouseEvent} event */
function clicked(event) {
  const row = /** @type {HTMLElement} */ (event.target).closest(".row");
  if (!row || getSelection()?.toString()) return;
  const name = /** @type {HTMLElement} */ (row.querySelector("[data-name]")).dataset.name ?? "";
  setCurrent(name);
  store.open(name);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const at = store.shown.findIndex((row) => row.name === focused());
  const page = Math.max(1, Math.floor(frame.clientHeight / height) - 2);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: store.shown.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  focusOn(to);
}
