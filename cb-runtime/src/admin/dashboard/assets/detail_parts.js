/** The tables of the details. */

import { el } from "./dom.js";
import { count, latency, originText } from "./format.js";

const TOTALS = /** @type {const} */ ([
  ["calls", "calls"],
  ["successes", "successes"],
  ["failures", "failures"],
  ["timeouts", "timeouts"],
  ["slow", "slow"],
  ["rejected", "turned away"],
  ["ignored", "ignored"],
  ["cancelled", "cancelled"],
  ["retries", "retries"],
  ["fallbacks", "fallbacks"],
  ["fallback_failures", "failed fallbacks"],
  ["stale_answers", "stale answers"],
]);
const TIMES = /** @type {const} */ (["mean", "p50", "p95", "p99", "max"]);

/** @param {any} breaker */
export function factsOf({ totals, openings, response_times }) {
  const fact = (/** @type {string} */ name, /** @type {string} */ value) => el("div", {}, el("dt", { text: name }), el("dd", { text: value }));
  return el(
    "dl",
    { class: "facts" },
    ...TOTALS.map(([name, word]) => fact(word, count(totals[name] ?? 0))),
    fact("openings", count(openings)),
    ...(response_times ? TIMES.map((name) => fact(name, latency(response_times[name]))) : []),
  );
}

/** @param {any[]} settings */
export function settingsOf(settings) {
  const lines = settings.map(({ setting, value, origin, overridden }) => {
    const from = el("td", { class: "origin", "data-layer": origin.layer }, originText(origin));
    if (origin.key) from.setAttribute("title", origin.key);
    for (const other of overridden ?? []) from.append(el("small", { text: `over ${other.value} (${originText(other.origin)})` }));
    return el("tr", {}, el("th", { scope: "row", text: setting }), el("td", { class: value === "none" ? "mono soft" : "mono", text: value === "none" ? "off" : value }), from);
  });
  return el("table", { class: "settings" }, el("thead", { class: "unseen" }, el("tr", {}, ...["Setting", "Value", "Where it comes from"].map((text) => el("th", { scope: "col", text })))), el("tbody", {}, ...lines));
}

/** @param {any[]} functions */
export function functionsOf(functions) {
  return el(
    "ul",
    { class: "functions" },
    ...functions.map((one) => el("li", {}, el("code", { text: one.function }), el("small", { text: `${one.file}:${one.line}${one.fallback ? ` · fallback ${one.fallback}` : ""}` }))),
  );
}
