/** What stands beside the list: alerts, advice, and the stream of events. */

import { byId, el, icon, sentence, setText } from "./dom.js";
import { ago, clock, count, eventText, fullTime, plural, say } from "./format.js";
import { store } from "./store.js";

/** The events that are kept on the page. */
const MOST = 200;
/** The alerts that are shown; who has more of them filters the list. */
const MOST_ALERTS = 100;
const RANK = { critical: 0, warning: 1, info: 2 };

/* Alerts */

const loud = el("ul");
const quiet = el("ul");
const quietHead = el("summary");
const quietPart = el("details", {}, quietHead, quiet);
const calm = el("p", { class: "nothing" });
const badge = el("span", { class: "soft" });

export function startAlerts() {
  byId("alerts-title").append(badge);
  // One thing that scrolls.
  const scroll = el("ul", { class: "all-alerts" }, el("li", {}, calm, loud), el("li", {}, quietPart));
  byId("alerts").append(scroll);
  store.on("alerts", writeAlerts);
  store.on("tick", () => document.querySelectorAll(".alert time").forEach(tickAlert));
}

let told = "";
function writeAlerts() {
  const text = JSON.stringify([store.alerts, store.advice]);
  // Rebuilt only where they are others: whoever reads or has the focus there is left alone.
  if (text === told) return;
  told = text;
  const alerts = [...store.alerts].sort((one, other) => (/** @type {any} */ (RANK)[one.severity] ?? 3) - (/** @type {any} */ (RANK)[other.severity] ?? 3));
  const important = alerts.filter((alert) => alert.severity !== "info");
  const notices = alerts.filter((alert) => alert.severity === "info");
  keepingFocus(() => {
    loud.replaceChildren(...lines(important, alertLine));
    quiet.replaceChildren(...lines(notices, alertLine), ...lines(store.advice, adviceLine));
  });
  calm.hidden = important.length > 0;
  setText(calm, "Nothing needs to be looked at.");
  const parts = [notices.length && plural(notices.length, "notice"), store.advice.length && (store.advice.length === 1 ? "1 piece of advice" : `${count(store.advice.length)} pieces of advice`)].filter(Boolean);
  setText(quietHead, parts.join(", "));
  quietPart.hidden = parts.length === 0;
  setText(badge, important.length ? count(important.length) : "");
  setText(byId("alerts-count"), important.length ? count(important.length) : "");
}

/** The first of them, and how many follow. @param {any[]} all @param {(one: any) => Node} line */
function lines(all, line) {
  const rest = all.length - MOST_ALERTS;
  const more = rest > 0 ? [el("li", { class: "alert soft", text: `and ${count(rest)} more` })] : [];
  return [...all.slice(0, MOST_ALERTS).map(line), ...more];
}

/** @param {() => void} change */
function keepingFocus(change) {
  const held = /** @type {HTMLElement | null} */ (document.activeElement?.closest("#alerts [data-open]"));
  const name = held?.dataset.open;
  change();
  if (name !== undefined) [...document.querySelectorAll("#alerts [data-open]")].find((button) => /** @type {HTMLElement} */ (button).dataset.open === name)?.dispatchEvent(new CustomEvent("refocus"));
}

/** A breaker's name that leads to its details. @param {string} name */
export function link(name) {
  const button = el("button", { type: "button", class: "plain", "data-open": name, text: name, on: { click: () => store.open(name), refocus: () => button.focus() } });
  return button;
}

/** @param {any} alert */
function alertLine(alert) {
  const since = el("time", { datetime: alert.since, title: fullTime(Date.parse(alert.since)) });
  tickAlert(since);
  const head = el("p", { class: "head" }, el("b", { text: say(alert.severity) }), " · ", since);
  if (alert.breaker) head.append(" · ", link(alert.breaker));
  return el("li", { class: "alert", "data-kind": alert.severity }, icon(alert.severity), el("div", {}, head, el("p", {}, ...sentence(alert.text))));
}

/** @param {any} advice */
function adviceLine(advice) {
  const head = el("p", { class: "head" }, el("b", { text: "Advice" }), " · ", link(advice.breaker));
  return el("li", { class: "alert", "data-kind": "info" }, icon("info"), el("div", {}, head, el("p", {}, ...sentence(advice.text))));
}

/** @param {any} node */
function tickAlert(node) {
  setText(node, ago(Date.parse(node.getAttribute("datetime")), store.now()));
}

/* Events */

const stream = el("ol", { "aria-label": "Events, the latest first", tabindex: "0" });
const none = el("p", { class: "nothing", text: "Changes of state, resets and changes of settings appear here as they happen." });
const pause = el("button", { type: "button", class: "quiet", "aria-pressed": "false", text: "Pause", on: { click: () => setPaused(!isPaused) } });
let isPaused = false;
/** @type {any[]} */
let waiting = [];
let isAsked = false;

export function startEvents() {
  byId("events-title").append(pause);
  byId("events").append(none, stream);
}

/** Shows an event. However many come at once, the page is changed once. @param {any} event */
export function addEvent(event) {
  waiting.push(event);
  if (waiting.length > MOST) waiting.shift();
  if (isPaused) return setText(pause, `Resume (${waiting.length === MOST ? `${MOST} or more` : waiting.length})`);
  if (isAsked) return;
  isAsked = true;
  setTimeout(() => {
    isAsked = false;
    if (!isPaused) flush();
  }, 100);
}

function flush() {
  if (waiting.length === 0) return;
  none.hidden = true;
  const lines = waiting.reverse().map((event) => eventLine(event));
  waiting = [];
  // Who has scrolled down reads on where they were.
  const read = stream.scrollTop;
  const before = stream.scrollHeight;
  stream.prepend(...lines);
  if (read > 4) stream.scrollTop = read + stream.scrollHeight - before;
  while (stream.childElementCount > MOST) stream.lastElementChild.remove();
}

/** @param {boolean} paused */
function setPaused(paused) {
  isPaused = paused;
  pause.setAttribute("aria-pressed", String(paused));
  setText(pause, paused ? "Resume" : "Pause");
  if (!paused) flush();
}

/** The same words without the name before them. @param {string} words */
function alone(words) {
  const rest = words.replace(/^(is|was) /, "");
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** One event, with its breaker's name where that is not plain already. @param {any} event */
export function eventLine(event, { isNamed = true } = {}) {
  const at = event.at ? Date.parse(event.at) : store.now();
  const kind = event.event === "transition" ? event.to : event.event === "mode_changed" && event.to !== "normal" ? event.to : event.event;
  const text = el("p");
  if (event.event === "restarted") text.append("The program was restarted: its breakers begin anew.");
  else {
    // Of the store, its name is in the words.
    const isOfBreaker = !event.event.startsWith("store_");
    if (isNamed && event.name && isOfBreaker) text.append(link(event.name), " ");
    const words = eventText(event);
    text.append(isNamed && event.name && isOfBreaker ? words : alone(words));
  }
  return el("li", { class: "event", "data-kind": kind }, el("time", { text: clock(at), datetime: new Date(at).toISOString(), title: fullTime(at) }), icon(kind === "restarted" ? "reset" : kind), text);
}
