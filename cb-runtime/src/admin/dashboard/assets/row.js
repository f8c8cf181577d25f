/** One breaker's line in the list. It is made once, and from then on only what has changed is written. */

import { el, icon, setAttr, setIcon, setText, svg } from "./dom.js";
import { ago, count, fullTime, latencies, openReason, percent, rate, say, short, span } from "./format.js";
import { everywhere } from "./shared.js";
import { drawSpark, drawTimeline, spark, timeline } from "./spark.js";
import { store } from "./store.js";

/** The columns, with what heads them. */
export const COLUMNS = /** @type {const} */ ([
  ["state", "State"],
  ["name", "Breaker"],
  ["row", "In a row"],
  ["errors", "Error rate"],
  ["rate", "Calls / s"],
  ["times", "p50 / p95"],
  ["last", "Last"],
  ["hour", "Last hour"],
]);
/** The looks that a small chart shows: two minutes. */
const LOOKS = 60;

export class RowView {
  /** @type {any} */
  row = null;
  top = -1;

  constructor() {
    this.icon = icon("closed");
    this.word = el("b");
    this.note = el("small");
    this.name = el("button", { type: "button", class: "plain name-button", tabindex: "-1" });
    this.badge = el("span", { class: "badge", text: "critical" });
    this.under = el("span");
    this.pips = svg("svg", { class: "pips", viewBox: "0 0 50 6", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { class: "empty" }), svg("path", { class: "full" }));
    this.inRow = el("span");
    this.errorChart = spark("for-errors");
    this.errors = el("span", { class: "value" });
    this.rateChart = spark("for-calls");
    this.rate = el("span", { class: "value" });
    this.times = el("span");
    this.success = el("time");
    this.failure = el("time");
    this.hour = timeline();
    /** @type {Record<string, Node[]>} */
    const cells = {
      state: [this.icon, el("span", {}, this.word, this.note)],
      name: [this.name, el("small", { class: "under" }, this.badge, this.under)],
      row: [this.inRow, this.pips],
      errors: [this.errorChart, this.errors],
      rate: [this.rateChart, this.rate],
      times: [this.times],
      last: [el("small", {}, "success ", this.success), el("small", {}, "failure ", this.failure)],
      hour: [this.hour],
    };
    this.node = el("div", { class: "row", role: "row" }, ...COLUMNS.map(([name, head]) => el("div", { class: `cell of-${name}`, role: "cell", "data-head": head }, ...cells[name])));
  }

  /** Shows a breaker at a place of the list. @param {any} row @param {number} index @param {number} height */
  show(row, index, height) {
    const top = index * height;
    if (this.top !== top) this.node.style.transform = `translateY(${(this.top = top)}px)`;
    setAttr(this.node, "aria-rowindex", String(index + 2));
    if (this.row === row) return;
    const changed = this.row?.name === row.name && this.row.kind !== row.kind;
    this.row = row;
    this.#write(row);
    this.tick();
    if (changed) this.#flash();
  }

  #flash() {
    this.node.classList.remove("changed");
    // Read, so that the animation begins anew.
    void this.node.offsetWidth;
    this.node.classList.add("changed");
  }

  /** @param {any} row */
  #write(row) {
    setAttr(this.node, "data-kind", row.kind);
    setIcon(this.icon, row.kind);
    setText(this.word, say(row.kind));
    this.#writeName(row);
    setText(this.under, beneath(row));
    setAttr(this.under, "title", row.last_error ?? "");
    this.badge.hidden = !row.critical;
    const isCounting = row.kind === "closed" || row.kind === "metrics_only";
    setText(this.inRow, isCounting ? `${short(row.consecutive_failures)}/${short(row.failure_threshold)}` : "–");
    // In full, where the column has no room for it.
    setAttr(this.inRow, "title", row.failure_threshold < 1000 ? null : `${count(row.consecutive_failures)} of ${count(row.failure_threshold)} failures in a row`);
    setAttr(this.node, "data-row", !isCounting ? "off" : row.consecutive_failures > 0 ? "some" : "none");
    drawPips(this.pips, isCounting ? row.consecutive_failures : 0, row.failure_threshold);
    const lately = store.samples.lately(row.name);
    setText(this.errors, percent(lately.errors));
    setText(this.rate, rate(lately.rate));
    drawSpark(this.errorChart, store.samples.series(row.name, "errors", LOOKS), 0.1);
    drawSpark(this.rateChart, store.samples.asked(row.name, LOOKS), 0.5);
    setText(this.times, latencies(row.response_times));
    setAttr(this.success, "title", row.success_at === null ? "" : fullTime(row.success_at));
    setAttr(this.failure, "title", [row.failure_at === null ? "" : fullTime(row.failure_at), row.last_error].filter(Boolean).join("\n"));
    drawTimeline(this.hour, row, store.now(), store.started);
  }

  /** @param {any} row */
  #writeName(row) {
    if (this.name.dataset.name === row.name) return;
    this.name.dataset.name = row.name;
    this.name.replaceChildren(...nameParts(row));
    setAttr(this.name, "title", row.name);
  }

  /** Writes what goes on with time alone. */
  tick() {
    const { row } = this;
    const now = store.now();
    setText(this.note, note(row, now));
    setText(this.success, ago(row.success_at, now));
    setText(this.failure, ago(row.failure_at, now));
  }
}

/** A name, its key set off. @param {any} row @returns {Node[]} */
export function nameParts(row) {
  if (!row.parent || row.key === null) return [document.createTextNode(row.name)];
  return [document.createTextNode(row.parent), el("span", { class: "key", text: `[${row.key}]` })];
}

/** When the next probe is, or since when the state is. @param {any} row @param {number} now */
export function note(row, now) {
  if (row.kind === "open" && row.probe_at !== null) {
    const left = (row.probe_at - now) / 1000;
    return left > 0 ? `probe in ${span(Math.ceil(left))}` : "probe is due";
  }
  if (row.kind === "half_open") return "probing";
  return row.since_at === null ? "" : `for ${span((now - row.since_at) / 1000).replace(/ \d+ s$/, "")}`;
}

/** @param {any} row */
function beneath(row) {
  const why = row.kind === "open" || row.kind === "half_open" ? openReason(row.last_opening) : "";
  const error = why && row.last_error ? row.last_error : "";
  return [row.mode === row.shared?.mode?.mode ? everywhere(row, store.now()) : "", why, error, row.service_type].filter(Boolean).join(" · ");
}

/** @param {Element} chart @param {number} full @param {number} of */
function drawPips(chart, full, of) {
  const many = Math.min(of, 10);
  const filled = Math.min(many, of > 10 ? Math.ceil((full / of) * 10) : full);
  const wide = 50 / many;
  const draw = (/** @type {number} */ from, /** @type {number} */ to) => {
    let path = "";
    for (let at = from; at < to; at++) path += `M${(at * wide).toFixed(1)} 0h${(wide - 2).toFixed(1)}v6h${(2 - wide).toFixed(1)}z`;
    return path;
  };
  setAttr(/** @type {Element} */ (chart.firstElementChild), "d", draw(filled, many));
  setAttr(/** @type {Element} */ (chart.lastElementChild), "d", draw(0, filled));
}
