/** Changes settings of a breaker, from what is in force. */

import { api } from "./api.js";
import { InputError, ask, field } from "./dialogs.js";
import { el, setText } from "./dom.js";
import { originText } from "./format.js";
import { scopeField } from "./shared.js";
import { store } from "./store.js";

/** A function cannot be typed, and a name is given when the breaker is made. */
const FIXED = new Set(["health_check"]);
const TEXTS = new Set(["service_type"]);

/** A value as a configuration file would have it, to be changed. @param {unknown} value */
export function shown(value) {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * What was typed, as JSON: numbers, `true` and `false`, an object in braces; all else is a text, as `10m` is.
 *
 * @param {string} name
 * @param {string} text
 */
export function read(name, text) {
  const typed = text.trim();
  if (TEXTS.has(name)) return typed;
  if (/^(-?\d+(\.\d+)?(e[+-]?\d+)?|true|false)$/i.test(typed)) return JSON.parse(typed.toLowerCase());
  if (!typed.startsWith("{")) return typed;
  try {
    return JSON.parse(typed);
  } catch {
    throw new InputError(`${name}: this is no object in JSON; write it as {"factor": 2, "max": "10m"}.`, name);
  }
}

/**
 * @param {any} breaker the answer of `GET status/{name}`
 * @param {(answer: any) => void} done
 */
export function editSettings(breaker, done) {
  /** @type {{ name: string, before: string, input: any }[]} */
  const fields = [];
  const rows = breaker.settings
    .filter((/** @type {any} */ one) => !FIXED.has(one.setting))
    .map((/** @type {any} */ one) => {
      const before = shown(breaker.config[one.setting]);
      const input = el("input", { value: before, name: one.setting, placeholder: "off", autocomplete: "off", spellcheck: "false", on: { input: () => compare() } });
      if (one.setting === "failure_threshold") input.dataset.first = "";
      fields.push({ name: one.setting, before, input });
      const label = field(one.setting, input, originText(one.origin));
      return label;
    });
  const changed = () => fields.filter(({ before, input }) => input.value.trim() !== before);
  const reason = el("input", { name: "reason", autocomplete: "off", maxlength: "500" });
  const length = el("input", { name: "for", autocomplete: "off", value: "1h" });
  const time = field("For how long", length, "Such as 10m or 1h 30m; then each instance goes back to what it had.");
  time.hidden = true;
  const scope = scopeField({ hint: "Those too that start while it is in force.", changed: (isEverywhere) => (time.hidden = !isEverywhere) });
  const summary = el("p", { class: "changes", "aria-live": "polite" });
  const compare = () => {
    const changes = changed();
    for (const { input, before } of fields) input.toggleAttribute("data-changed", input.value.trim() !== before);
    setText(summary, changes.length === 0 ? "Nothing is changed yet." : changes.map(({ name, before, input }) => `${name}: ${before || "off"} → ${input.value.trim() || "off"}`).join(", "));
  };
  compare();
  ask({
    title: `Settings of ${breaker.name}`,
    body: [
      el("p", { class: "soft", text: `They are in force at once${store.status?.store ? ", and in one instance" : ""} until the program ends; calls under way end under the settings they began with. Below each is where it comes from now.` }),
      el("div", { class: "scroll settings-grid" }, ...rows),
      ...scope.parts,
      time,
      field("Reason", reason),
      summary,
    ],
    yes: "Change",
    isWide: true,
    refused: (problem) => {
      if (problem.field === "for") length.focus();
      for (const { name, input } of fields) {
        const isMeant = problem.field === name;
        input.toggleAttribute("aria-invalid", isMeant);
        if (isMeant) input.focus();
      }
    },
    does: async () => {
      const changes = changed();
      if (changes.length === 0) throw new InputError("Nothing is changed yet.");
      const emptied = changes.find(({ input }) => input.value.trim() === "");
      if (emptied) throw new InputError(`${emptied.name}: a setting can be changed here, and not taken away; that is done where it was given.`, emptied.name);
      const settings = Object.fromEntries(changes.map(({ name, input }) => [name, read(name, input.value)]));
      const isEverywhere = scope.isEverywhere();
      done(await api.config(breaker, settings, { ...(isEverywhere ? { scope: "cluster", for: length.value.trim() } : {}), ...queryOf(reason) }));
      return `The settings of ${breaker.name} were changed${isEverywhere ? " in all instances" : ""}.`;
    },
  });
}

/** @param {any} reason @returns {Record<string, string>} */
const queryOf = (reason) => (reason.value.trim() ? { reason: reason.value.trim() } : {});

/** Takes back what was changed in all instances. @param {any} row @param {(answer: any) => void} done */
export function takeBack(row, done) {
  const reason = el("input", { name: "reason", autocomplete: "off", maxlength: "500" });
  const settings = Object.entries(row.shared?.settings?.settings ?? {}).map(([name, value]) => `${name} ${value}`);
  ask({
    title: `End the settings of all instances for ${row.name}?`,
    body: [el("p", { class: "soft", text: `Each instance goes back to what it had before: ${settings.join(", ")} ${settings.length === 1 ? "is" : "are"} set for all.` }), field("Reason", reason)],
    yes: "End them",
    does: async () => {
      done(await api.config(row, {}, { scope: "cluster", ...queryOf(reason) }));
      return `The settings of ${row.name} were ended in all instances.`;
    },
  });
}
