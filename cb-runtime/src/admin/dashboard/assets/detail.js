/** One breaker in full: what it is doing, what it has done, what it is set to, and what can be done to it. */

import { reset, setMode } from "./actions.js";
import { ApiError, api } from "./api.js";
import { CHARTS, Charts } from "./charts.js";
import { factsOf, functionsOf, settingsOf } from "./detail_parts.js";
import { byId, el, icon, setAttr, setIcon, setText } from "./dom.js";
import { ago, clock, fullTime, openReason, say, span } from "./format.js";
import { eventLine } from "./rail.js";
import { nameParts, note } from "./row.js";
import { editSettings, takeBack } from "./settings.js";
import { told } from "./shared.js";
import { drawTimeline, timeline } from "./spark.js";
import { store } from "./store.js";

/** How old the settings and the history may be. */
const FRESH = 10000;
/** As in the style sheet. */
const narrow = matchMedia("(max-width: 1080px)");

/** @type {HTMLElement} */
let pane;
/** @type {View | null} */
let view = null;
/** @type {() => void} */
let look = () => {};

/** @param {{ looked: () => void, closed: () => void }} tells `looked` asks for a look at all, `closed` that the focus has to go somewhere */
export function startDetail({ looked, closed }) {
  pane = byId("detail");
  look = looked;
  store.on("chosen", () => {
    const had = view !== null && pane.contains(document.activeElement);
    view?.end();
    view = store.chosen === null ? null : new View(store.chosen);
    pane.hidden = view === null;
    cover();
    if (had && view === null) closed();
    view?.open();
  });
  narrow.addEventListener("change", cover);
  store.on("rows", () => view?.update());
  store.on("tick", () => view?.tick());
  pane.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    store.open(null);
  });
}

/** Where the details cover the rest of the page, the focus does not go there. */
function cover() {
  const isCovered = view !== null && narrow.matches;
  for (const part of document.querySelectorAll(".top, .page > :not(.detail)")) /** @type {HTMLElement} */ (part).inert = isCovered;
}

/** Something has happened to a breaker. @param {any} event */
export function detailEvent(event) {
  if (view && event.name === view.name) view.fetchSoon();
}

/** Does one of the things that can be done to a breaker. @param {string} what @param {any} row */
export function act(what, row) {
  const done = () => {
    look();
    view?.fetchSoon();
  };
  if (what === "reset") reset(row, done);
  else if (what === "edit") void edit(row, done);
  else if (what === "undo") takeBack(row, done);
  else setMode(row, /** @type {any} */ (what), done);
}

/** @param {any} row @param {() => void} done */
async function edit(row, done) {
  try {
    editSettings(await api.breaker(row), done);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    view?.tell(error.message);
  }
}

const ACTIONS = /** @type {const} */ ([
  ["reset", "Reset", "r"],
  ["normal", "Resume", "n"],
  ["forced_open", "Force open…", "f"],
  ["disabled", "Disable…", "d"],
  ["metrics_only", "Metrics only…", "m"],
  ["edit", "Edit settings…", "e"],
  ["undo", "End settings of all…", null],
]);

class View {
  #fetched = -FRESH;
  #isFetching = false;
  #timer = 0;
  #drawn = "";

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.icon = icon("closed");
    this.word = el("b");
    this.state = el("span");
    this.why = el("p", { class: "why" });
    this.error = el("p", { class: "last-error mono" });
    this.tags = el("p", { class: "tags" });
    this.last = el("p", { class: "soft" });
    this.told = el("ul", { class: "told soft", "aria-label": "All instances" });
    this.problem = el("p", { class: "error", role: "alert", hidden: true });
    this.hour = timeline();
    this.hourScale = el("p", { class: "scale", "aria-hidden": "true" }, ...Array.from({ length: 5 }, () => el("span")));
    this.since = el("small", { class: "soft" });
    const places = CHARTS.map(() => el("div", { class: "chart" }));
    this.charts = new Charts(places);
    this.rest = el("div", { class: "rest" });
    const title = el("h2", { tabindex: "-1", id: "detail-title" }, name);
    this.title = title;
    this.buttons = Object.fromEntries(ACTIONS.map(([what, text, key]) => [what, el("button", { type: "button", text, "data-act": what, "aria-keyshortcuts": key, on: { click: () => this.#act(what) } })]));
    this.body = el(
      "div",
      { class: "detail-body" },
      el("p", { class: "detail-state" }, this.icon, this.word, this.state),
      this.why,
      this.error,
      this.last,
      this.told,
      this.problem,
      el("div", { class: "actions", role: "group", "aria-label": "What can be done" }, ...Object.values(this.buttons)),
      part("Last hour", this.hour, this.hourScale),
      part("Since this page was opened", ...CHARTS.flatMap((chart, at) => [el("h4", { text: chart.title }), places[at]]), this.since),
      this.rest,
    );
    const close = el("button", { type: "button", class: "quiet close", "aria-label": "Close the details", on: { click: () => store.open(null) } }, "✕");
    pane.replaceChildren(el("header", { class: "detail-head" }, el("div", {}, title, this.tags), close), this.body);
  }

  get row() {
    return store.rows.get(this.name);
  }

  open() {
    this.charts.show(this.name);
    this.update();
    this.title.focus({ preventScroll: true });
  }

  end() {
    clearTimeout(this.#timer);
    this.charts.end();
    pane.replaceChildren();
  }

  /** @param {string} what */
  #act(what) {
    if (this.row) act(what, this.row);
  }

  /** @param {string} text */
  tell(text) {
    setText(this.problem, text);
    this.problem.hidden = text === "";
  }

  update() {
    const { row } = this;
    Object.values(this.buttons).forEach((button) => (button.disabled = !row));
    if (!row) return this.#gone();
    setAttr(pane, "data-kind", row.kind);
    setIcon(this.icon, row.kind);
    setText(this.word, say(row.kind));
    const tags = [row.critical && "critical", row.service_type, row.mode !== "normal" && row.mode !== "forced_open" && `by its own counts ${say(row.state).toLowerCase()}`].filter(Boolean).join("\n");
    if (this.tags.dataset.tags !== tags) {
      this.tags.dataset.tags = tags;
      this.title.replaceChildren(...nameParts(row));
      this.tags.replaceChildren(...tags.split("\n").filter(Boolean).map((tag) => el("span", { class: "badge", text: tag })));
    }
    const why = row.kind === "open" || row.kind === "half_open" ? openReason(row.last_opening) : row.last_opening ? `It opened last because: ${openReason(row.last_opening)}.` : "";
    setText(this.why, why && row.kind !== "closed" ? why.charAt(0).toUpperCase() + why.slice(1) : why);
    setText(this.error, row.last_error ?? "");
    this.error.hidden = !row.last_error;
    this.why.hidden = !why;
    this.buttons.normal.hidden = row.mode === "normal";
    this.buttons.forced_open.hidden = row.mode === "forced_open";
    this.buttons.disabled.hidden = row.mode === "disabled";
    this.buttons.undo.hidden = !row.shared?.settings;
    this.buttons.metrics_only.hidden = row.mode === "metrics_only";
    drawTimeline(this.hour, row, store.now(), store.started);
    [...this.hourScale.children].forEach((mark, at) => setText(mark, clock(store.now() - (4 - at) * 900_000).slice(0, 5)));
    this.charts.update();
    const places = store.samples.places();
    const length = places.length < 2 ? 0 : store.samples.times[places[places.length - 1]] - store.samples.times[places[0]];
    setText(this.since, length < 4 ? "The charts begin with the second look at the server." : `${span(length)} are there; ten minutes are kept. Percentiles are over all calls since the breaker was made.`);
    this.tick();
    if (performance.now() - this.#fetched > FRESH) this.fetchSoon();
  }

  tick() {
    const { row } = this;
    if (!row) return;
    const now = store.now();
    setText(this.state, `${row.since_at === null ? "" : `since ${clock(row.since_at)} (${ago(row.since_at, now)})`}${row.kind === "open" && row.probe_at !== null ? ` · ${note(row, now)}` : ""}`);
    setText(this.last, `Last success ${ago(row.success_at, now)} · last failure ${ago(row.failure_at, now)}`);
    const lines = told(row, now);
    if (this.told.dataset.lines !== lines.join("\n")) {
      this.told.dataset.lines = lines.join("\n");
      this.told.replaceChildren(...lines.map((text) => el("li", { text })));
    }
    this.told.hidden = lines.length === 0;
    setAttr(this.last, "title", row.failure_at === null ? "" : fullTime(row.failure_at));
  }

  #gone() {
    setText(this.word, "Not there");
    setText(this.state, store.status ? "This breaker is not there; it may come back with its next call." : "");
  }

  /** Asks for what `GET status` does not tell, once for however many events come together. */
  fetchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fetch(), 120);
  }

  async #fetch() {
    const { row } = this;
    if (!row || this.#isFetching) return;
    this.#isFetching = true;
    this.#fetched = performance.now();
    try {
      const breaker = await api.breaker(row);
      if (view === this) this.#writeRest(breaker);
      this.tell("");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 0) this.tell(error.message);
    } finally {
      this.#isFetching = false;
    }
  }

  /** @param {any} breaker */
  #writeRest(breaker) {
    const { history, settings, calls, functions, totals, response_times, openings } = breaker;
    const drawn = JSON.stringify([history, settings, calls, functions, totals, response_times, openings]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const events = [...history].reverse().map((event) => eventLine(event, { isNamed: false }));
    this.rest.replaceChildren(
      part("History", events.length ? el("ol", { class: "history", tabindex: "0", "aria-label": "History, the latest first" }, ...events) : el("p", { class: "soft", text: "Nothing has happened to it yet." })),
      part("Figures since it was made", factsOf(breaker)),
      part("Settings, and where they come from", settingsOf(settings), ...calls.flatMap((/** @type {any} */ one) => [el("h4", {}, "Calls of ", el("code", { text: one.function })), settingsOf(one.settings)])),
      ...(functions.length ? [part("Functions", functionsOf(functions))] : []),
    );
  }
}

/** @param {string} title @param {...Node} content */
function part(title, ...content) {
  return el("section", { class: "part" }, el("h3", { text: title }), ...content);
}
