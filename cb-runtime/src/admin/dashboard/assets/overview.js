/** The verdict on all breakers, and what chooses among them. */

import { byId, el, icon, setAttr, setIcon, setText } from "./dom.js";
import { KINDS, count, percent, plural, rate, say, scored } from "./format.js";
import { startShared } from "./shared.js";
import { drawSpark, spark } from "./spark.js";
import { store } from "./store.js";

const mark = icon("info");
const word = el("p", { class: "verdict-word" });
const why = el("p", { class: "verdict-why" });
const shared = el("p", { class: "verdict-shared", hidden: true });
const score = el("span");
const calls = el("span");
const errors = el("span");
const callChart = spark("for-calls");
const errorChart = spark("for-errors");

export function startOverview() {
  const figure = (/** @type {string} */ name, /** @type {any} */ value, /** @type {any} */ chart) =>
    el("div", { class: "figure" }, el("dt", { text: name }), el("dd", {}, value, chart));
  byId("overview").append(
    el("div", { class: "verdict" }, mark, el("div", {}, word, why, shared)),
    el("dl", { class: "figures" }, figure("Score", score, null), figure("Calls / s", calls, callChart), figure("Error rate", errors, errorChart)),
  );
  startShared(shared);
  store.on("rows", write);
}

function write() {
  const { status, samples } = store;
  setAttr(byId("overview"), "data-kind", status.verdict);
  setIcon(mark, status.verdict);
  setText(word, say(status.verdict));
  setText(why, reason());
  setText(score, scored(status.score));
  const lately = samples.lately("");
  setText(calls, rate(lately.rate));
  setText(errors, percent(lately.errors));
  drawSpark(callChart, samples.asked("", 150), 1);
  drawSpark(errorChart, samples.series("", "errors", 150), 0.1);
  document.title = title();
}

/** The verdict in a sentence. */
function reason() {
  const rows = [...store.rows.values()];
  // A part of many, where there are more than the server tells of at once.
  const more = store.status.matching > rows.length ? `, the first ${count(rows.length)} of ${count(store.status.matching)}` : "";
  const down = rows.filter((row) => row.critical && (row.kind === "open" || row.kind === "forced_open"));
  const notClosed = rows.filter((row) => ["open", "forced_open", "half_open"].includes(row.kind)).length;
  if (rows.length === 0) return "There are no breakers yet.";
  if (down.length > 0) return `${down.length === 1 ? `${down[0].name} is critical and open` : `${down.length} critical breakers are open`}; ${notClosed} of ${plural(rows.length, "breaker")}${more} not closed.`;
  if (notClosed > 0) return `${notClosed} of ${plural(rows.length, "breaker")}${more} ${notClosed === 1 ? "is" : "are"} not closed.`;
  return rows.length === 1 ? "The only breaker lets calls pass." : `All ${count(rows.length)} breakers${more} let calls pass.`;
}

/** What a tab in the background tells. */
function title() {
  const counts = [...store.rows.values()].filter((row) => row.kind === "open" || row.kind === "forced_open").length;
  return counts === 0 ? "Circuit breakers" : `${counts} open – Circuit breakers`;
}

/** The filter and the order. @param {() => void} resetAll */
export function startTools(resetAll) {
  const { choice } = store;
  const text = el("input", { type: "search", id: "filter", placeholder: "Name or type", "aria-label": "Filter by name or type", "aria-keyshortcuts": "/", autocomplete: "off", spellcheck: "false", on: { input: () => store.choose({ text: text.value.trim() }) } });
  const type = el("select", { id: "type", "aria-label": "Type of service", on: { change: () => store.choose({ type: type.value }) } });
  const order = { trouble: "Trouble first", name: "By name", rate: "Most calls first", errors: "Most errors first" };
  const sort = el("select", { id: "sort", "aria-label": "Order", on: { change: () => store.choose({ sort: sort.value }) } }, ...Object.entries(order).map(([value, name]) => el("option", { value, text: name })));
  const kinds = el("div", { class: "kinds", role: "group", "aria-label": "State" });
  const buttons = ["", ...KINDS].map((kind) => {
    const many = el("b");
    const button = el("button", { type: "button", "data-kind": kind, on: { click: () => store.choose({ kind: choice.kind === kind ? "" : kind }) } }, kind && icon(kind), el("span", { text: kind ? say(kind) : "All" }), many);
    kinds.append(button);
    return { kind, button, many };
  });
  const reset = el("button", { type: "button", class: "quiet reset-all", text: "Reset all…", on: { click: resetAll } });
  byId("tools").append(text, kinds, type, sort, reset);

  const show = () => {
    const counts = store.counts();
    for (const { kind, button, many } of buttons) {
      const number = counts[kind || "all"] ?? 0;
      setText(many, count(number));
      setAttr(button, "aria-pressed", String(choice.kind === kind));
      // What operators set is rare; what is not there takes no room.
      button.hidden = number === 0 && choice.kind !== kind && ["forced_open", "disabled", "metrics_only"].includes(kind);
    }
    const types = store.types();
    if (choice.type && !types.includes(choice.type)) types.push(choice.type);
    if (type.dataset.types !== types.join("\n")) {
      type.dataset.types = types.join("\n");
      type.replaceChildren(el("option", { value: "", text: "All types" }), ...types.map((name) => el("option", { value: name, text: name })));
    }
    if (document.activeElement !== text) text.value = choice.text;
    [type.value, sort.value] = [choice.type, choice.sort];
    type.hidden = types.length === 0;
    setText(reset, choice.type ? `Reset all of ${choice.type}…` : "Reset all…");
    reset.hidden = store.rows.size === 0;
  };
  store.on("rows", show);
  store.on("choice", show);
}
