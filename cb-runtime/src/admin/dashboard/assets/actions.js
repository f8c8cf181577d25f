/** What an operator can do to a breaker, each with its question. */

import { api } from "./api.js";
import { ask, field } from "./dialogs.js";
import { el } from "./dom.js";
import { count, plural, say } from "./format.js";
import { store } from "./store.js";

/** The input for the reason, which goes into the audit event. */
function reasonField() {
  return el("input", { name: "reason", autocomplete: "off", maxlength: "500", placeholder: "deploy, incident, test …" });
}

/** @param {any} input */
const reasonOf = (input) => (input.value.trim() ? { reason: input.value.trim() } : {});

/** @param {string} text */
const line = (text) => el("p", { class: "soft", text });

/** @param {any} row @param {() => void} done */
export function reset(row, done) {
  const reason = reasonField();
  ask({
    title: `Reset ${row.name}?`,
    body: [line("It closes, and its row of failures, its window and its backoff begin anew. The totals stay."), field("Reason", reason, "Is kept in the breaker's history.")],
    yes: "Reset",
    does: async () => {
      await api.reset(row, reasonOf(reason));
      done();
      return `${row.name} was reset.`;
    },
  });
}

/** Resets all, or all of the type that is chosen. @param {() => void} done */
export function resetAll(done) {
  const { type } = store.choice;
  const rows = [...store.rows.values()].filter((row) => !type || row.service_type === type);
  const reason = reasonField();
  const notClosed = rows.filter((row) => row.state !== "closed").length;
  ask({
    title: type ? `Reset all breakers of ${type}?` : "Reset all breakers?",
    body: [line(`${rows.length === 1 ? "One breaker closes" : `All ${count(rows.length)} of them close`} and ${rows.length === 1 ? "counts" : "count"} anew; ${notClosed} ${notClosed === 1 ? "is" : "are"} not closed now. Services that are still down get calls again.`), field("Reason", reason)],
    yes: `Reset ${plural(rows.length, "breaker")}`,
    weight: "danger",
    does: async () => {
      const answer = type ? await api.resetType(type, reasonOf(reason)) : await api.resetAll(reasonOf(reason));
      done();
      return `${plural(answer.breakers.length, "breaker")} ${answer.breakers.length === 1 ? "was" : "were"} reset.`;
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
  const times = el("div", { class: "choices" }, choose("5 min", "5m"), choose("10 min", "10m"), choose("1 h", "1h"), choose("Until it is resumed", ""));
  const isTimed = mode !== "normal";
  ask({
    title: TITLES[mode].replace("NAME", () => row.name),
    body: [line(EFFECTS[mode]), ...(isTimed ? [field("For how long", length, "Such as 90s, 10m or 1h 30m; empty until somebody resumes it."), times] : []), field("Reason", reason, "Is kept in the breaker's history.")],
    yes: BUTTONS[mode],
    weight: mode === "normal" ? "primary" : "danger",
    refused: (problem) => problem.field === "for" && length.focus(),
    does: async () => {
      const time = length.value.trim();
      await api.mode(row, { mode, ...(isTimed && time ? { for: time } : {}), ...reasonOf(reason) });
      done();
      return mode === "normal" ? `${row.name} decides again.` : `${row.name} is ${say(mode).toLowerCase()} now.`;
    },
  });
}
