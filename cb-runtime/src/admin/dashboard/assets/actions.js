/** What an operator can do to a breaker, each with its question. */

import { api } from "./api.js";
import { ask, field } from "./dialogs.js";
import { el, setText } from "./dom.js";
import { count, plural, say } from "./format.js";
import { scopeField } from "./shared.js";
import { store } from "./store.js";

/** The input for the reason, which goes into the audit event. */
function reasonField() {
  return el("input", { name: "reason", autocomplete: "off", maxlength: "500", placeholder: "deploy, incident, test …" });
}

/** @param {any} input */
const reasonOf = (input) => (input.value.trim() ? { reason: input.value.trim() } : {});

/** What a request says of where it is meant. @param {{ isEverywhere: () => boolean }} scope */
const scopeOf = (scope) => (scope.isEverywhere() ? { scope: "cluster" } : {});
/** @param {{ isEverywhere: () => boolean }} scope */
const placeOf = (scope) => (scope.isEverywhere() ? " in all instances" : "");
/** Of a reset. */
const LATER = "An instance that is away for less than 10 minutes does it when it is back, unless its breaker has opened since.";

/** @param {string} text */
const line = (text) => el("p", { class: "soft", text });

/** @param {any} row @param {() => void} done */
export function reset(row, done) {
  const reason = reasonField();
  const scope = scopeField({ hint: LATER });
  ask({
    title: `Reset ${row.name}?`,
    body: [line("It closes, and its row of failures, its window and its backoff begin anew. The totals stay."), ...scope.parts, field("Reason", reason, "Is kept in the breaker's history.")],
    yes: "Reset",
    does: async () => {
      await api.reset(row, { ...scopeOf(scope), ...reasonOf(reason) });
      done();
      return `${row.name} was reset${placeOf(scope)}.`;
    },
  });
}

/** Resets all, or all of the type that is chosen. @param {() => void} done */
export function resetAll(done) {
  const { type } = store.choice;
  const rows = [...store.rows.values()].filter((row) => !type || row.service_type === type);
  const reason = reasonField();
  const scope = scopeField({ hint: LATER });
  const notClosed = rows.filter((row) => row.state !== "closed").length;
  ask({
    title: type ? `Reset all breakers of ${type}?` : "Reset all breakers?",
    body: [line(`${rows.length === 1 ? "One breaker closes" : `All ${count(rows.length)} of them close`} and ${rows.length === 1 ? "counts" : "count"} anew; ${notClosed} ${notClosed === 1 ? "is" : "are"} not closed now. Services that are still down get calls again.`), ...scope.parts, field("Reason", reason)],
    yes: `Reset ${plural(rows.length, "breaker")}`,
    weight: "danger",
    does: async () => {
      const how = { ...scopeOf(scope), ...reasonOf(reason) };
      const answer = type ? await api.resetType(type, how) : await api.resetAll(how);
      done();
      return `${plural(answer.breakers.length, "breaker")} ${answer.breakers.length === 1 ? "was" : "were"} reset${placeOf(scope)}.`;
    },
  });
}

/** What each mode does to calls. */
const EFFECTS = {
  forced_open: "Every call is turned away at once, whatever the service does.",
  disabled: "Every call passes and none is counted: the breaker protects nothing.",
  metrics_only: "Every call passes and is counted; what the breaker would have done is told as an event and not done.",
  normal: "The breaker decides again.",
};
const TITLES = { forced_open: "Force NAME open?", disabled: "Disable NAME?", metrics_only: "Let NAME only keep figures?", normal: "Resume NAME?" };
const BUTTONS = { forced_open: "Force open", disabled: "Disable", metrics_only: "Only keep figures", normal: "Resume" };

/** @param {any} row @param {keyof typeof EFFECTS} mode @param {() => void} done */
export function setMode(row, mode, done) {
  const reason = reasonField();
  const length = el("input", { name: "for", autocomplete: "off", value: "10m", placeholder: "until it is resumed", "data-first": true });
  const choose = (/** @type {string} */ name, /** @type {string} */ value) => el("button", { type: "button", text: name, on: { click: () => void (length.value = value) } });
  const endless = choose("Until it is resumed", "");
  const times = el("div", { class: "choices" }, choose("5 min", "5m"), choose("10 min", "10m"), choose("1 h", "1h"), endless);
  const isTimed = mode !== "normal";
  const timeField = field("For how long", length, " ");
  const changed = (/** @type {boolean} */ isEverywhere) => {
    // What is set for all ends by itself, so that none is forgotten.
    endless.hidden = isEverywhere;
    length.placeholder = isEverywhere ? "such as 10m" : "until it is resumed";
    setText(/** @type {Node} */ (timeField.lastElementChild), isEverywhere ? "Such as 90s, 10m or 1h 30m; in all instances it ends by itself." : "Such as 90s, 10m or 1h 30m; empty until somebody resumes it.");
  };
  changed(false);
  const scope = scopeField({ all: mode === "normal" && Boolean(row.shared?.mode), hint: "Those too that start while it is in force.", changed });
  ask({
    title: TITLES[mode].replace("NAME", () => row.name),
    body: [line(EFFECTS[mode]), ...scope.parts, ...(isTimed ? [timeField, times] : []), field("Reason", reason, "Is kept in the breaker's history.")],
    yes: BUTTONS[mode],
    weight: mode === "normal" ? "primary" : "danger",
    refused: (problem) => problem.field === "for" && length.focus(),
    does: async () => {
      const time = length.value.trim();
      await api.mode(row, { mode, ...scopeOf(scope), ...(isTimed && time ? { for: time } : {}), ...reasonOf(reason) });
      done();
      return mode === "normal" ? `${row.name} decides again${placeOf(scope)}.` : `${row.name} is ${say(mode).toLowerCase()}${placeOf(scope)} now.`;
    },
  });
}
