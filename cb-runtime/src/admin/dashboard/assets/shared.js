/** What is shared with other instances of the program: through which store, what all were told, and where something is done. */

import { byId, el, icon, setAttr, setText } from "./dom.js";
import { ago, count, plural, say, span } from "./format.js";
import { store } from "./store.js";

const banner = el("span");

/** The line beneath the verdict, and what is told while the store is away. @param {HTMLElement} line */
export function startShared(line) {
  byId("shared-banner").append(icon("degraded"), banner);
  const show = () => write(line);
  store.on("rows", show);
  store.on("tick", show);
}

/** @param {HTMLElement} line */
function write(line) {
  const at = store.status?.store;
  const isAway = Boolean(at?.problem);
  line.hidden = !at || isAway;
  byId("shared-banner").hidden = !isAway;
  if (!at) return;
  const now = store.now();
  if (isAway) {
    const waits = at.pending === 0 ? "" : `; ${at.pending === 1 ? "one has" : `${count(at.pending)} have`} something to tell when it is back`;
    setText(banner, `The shared store ${at.store} has been away for ${span((now - Date.parse(at.since)) / 1000)}: ${at.problem}. Breakers decide alone here${waits}.`);
    return;
  }
  setAttr(line, "title", `This instance is ${at.instance}. It last knew all that others had decided: ${ago(at.agreed ? Date.parse(at.agreed) : null, now)}.`);
  setText(line, at.connected ? `${others(at.instances)} through ${at.store}` : `Connecting to ${at.store}, which instances share`);
}

/** @param {number} instances */
function others(instances) {
  return instances > 1 ? `Shared with ${plural(instances - 1, "other instance")}` : "Shared, with no other instance now,";
}

/** "all instances for 9 min still", of a mode that all were set to. @param {any} row @param {number} now */
export function everywhere(row, now) {
  const left = row.shared_mode_until === null ? 0 : (row.shared_mode_until - now) / 1000;
  return left > 0 ? `in all instances for ${span(Math.ceil(left))} still` : "";
}

/** What all instances were told of a breaker, in sentences. @param {any} row @param {number} now @returns {string[]} */
export function told(row, now) {
  const { shared } = row;
  if (!shared) return [];
  const lines = [];
  if (shared.epoch > 0) lines.push(`All instances were told ${shared.open ? "to open" : "to close"}${shared.changed_by ? ` by ${shared.changed_by === store.status.store?.instance ? "this instance" : shared.changed_by}` : ""}.`);
  const mode = everywhere(row, now);
  if (mode) lines.push(`${say(shared.mode.mode)} ${mode}.`);
  const left = row.shared_settings_until === null ? 0 : (row.shared_settings_until - now) / 1000;
  if (left > 0) {
    const settings = Object.entries(shared.settings.settings).map(([name, value]) => `${name} ${value}`);
    lines.push(`${settings.join(", ")} in all instances for ${span(Math.ceil(left))} still.`);
  }
  return lines;
}

/**
 * A choice between this instance and all of them; nothing to be seen where breakers are not shared.
 *
 * @param {object} [how]
 * @param {boolean} [how.all] whether all are chosen at first
 * @param {string} [how.hint] what to know of all
 * @param {(isEverywhere: boolean) => void} [how.changed]
 */
export function scopeField({ all = false, hint = "", changed = () => {} } = {}) {
  const at = store.status?.store;
  if (!at) return { parts: [], isEverywhere: () => false };
  const note = el("small");
  const option = (/** @type {string} */ value, /** @type {string} */ text, /** @type {boolean} */ isChosen) => {
    const input = el("input", { type: "radio", name: "scope", value, on: { change: () => tell() } });
    input.checked = isChosen;
    return { input, label: el("label", {}, input, el("span", { text })) };
  };
  const isAll = all && at.connected;
  const here = option("instance", "This instance", !isAll);
  const there = option("cluster", at.instances > 1 ? `All ${count(at.instances)} instances` : "All instances", isAll);
  there.input.disabled = !at.connected;
  const isEverywhere = () => there.input.checked;
  const tell = () => {
    setText(note, at.connected ? (isEverywhere() ? hint : "") : "The shared store is away: only this instance can be reached.");
    note.hidden = note.textContent === "";
    changed(isEverywhere());
  };
  // Once what it changes is there.
  queueMicrotask(tell);
  const node = el("fieldset", { class: "scope" }, el("legend", { text: "Where" }), el("div", { class: "options" }, here.label, there.label), note);
  return { parts: [node], isEverywhere };
}
