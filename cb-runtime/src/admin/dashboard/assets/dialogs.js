/** Questions before something is changed. The server's own words say why it was not. */

import { ApiError } from "./api.js";
import { byId, el, setText } from "./dom.js";

/**
 * Asks, does, and closes once it is done; what goes wrong is told in the dialog, which stays.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {(Node | string)[]} question.body
 * @param {string} question.yes what the button says that does it
 * @param {"primary" | "danger"} [question.weight]
 * @param {boolean} [question.isWide]
 * @param {(problem: any) => void} [question.refused] is told the server's problem, to point at a field
 * @param {() => Promise<string | void>} question.does returns what to tell once it is done
 */
export function ask({ title, body, yes, weight = "primary", isWide = false, refused, does }) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const error = el("p", { class: "error", role: "alert", hidden: true });
  const go = el("button", { type: "submit", class: weight, text: yes });
  const cancel = el("button", { type: "button", text: "Cancel", on: { click: () => dialog.close() } });
  const heading = el("h2", { text: title, id: "dialog-title" });
  const form = el("form", { method: "dialog", novalidate: true }, heading, ...body, error, el("div", { class: "buttons" }, cancel, go));
  const dialog = el("dialog", { class: isWide ? "wide-dialog" : null, "aria-labelledby": "dialog-title" }, form);

  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    error.hidden = true;
    try {
      const told = await does();
      dialog.close();
      if (told) toast(told);
    } catch (problem) {
      if (!(problem instanceof ApiError || problem instanceof InputError)) throw problem;
      setText(error, problem.message);
      error.hidden = false;
      refused?.(problem instanceof ApiError ? problem.problem : problem);
    } finally {
      go.disabled = false;
    }
  });
  show(dialog, before);
  const first = form.querySelector("[data-first]") ?? (weight === "danger" ? cancel : go);
  first.focus();
}

/** Something that was typed and cannot be sent. */
export class InputError extends Error {
  /** @param {string} message @param {string} [field] */
  constructor(message, field) {
    super(message);
    this.field = field;
  }
}

/** Opens a dialog, and gives the focus back after it. @param {HTMLDialogElement} dialog @param {HTMLElement | null} before */
function show(dialog, before) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  });
  dialog.addEventListener("click", (event) => {
    // The backdrop belongs to the dialog, and what is in it to the form.
    if (event.target === dialog) dialog.close();
  });
  dialog.showModal();
}

/**
 * A field with its name above it.
 *
 * @param {string} name
 * @param {HTMLElement} input
 * @param {string} [hint]
 */
export function field(name, input, hint) {
  return el("label", { class: "field" }, el("span", { text: name }), input, hint ? el("small", { text: hint }) : null);
}

/** Says something for a moment. @param {string} text */
export function toast(text) {
  const note = el("p", { class: "toast", text });
  byId("toasts").append(note);
  setTimeout(() => note.remove(), 5000);
}

const KEYS = [
  ["/", "Filter"],
  ["↑ ↓", "From breaker to breaker; Page up, Page down, Home and End too"],
  ["Enter", "The details of a breaker"],
  ["Esc", "Back to the list"],
  ["r", "Reset the breaker"],
  ["f", "Force it open"],
  ["d", "Disable it"],
  ["m", "Only keep its figures"],
  ["n", "Back to normal"],
  ["e", "Edit its settings"],
  ["1 – 6", "Only the open, forced open, half-open, disabled, metrics only or closed ones; 0 all"],
  ["?", "These keys"],
];

/** Says which keys there are. */
export function showKeys() {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const close = el("button", { type: "submit", text: "Close" });
  const keys = el("dl", { class: "keys" }, ...KEYS.flatMap(([key, does]) => [el("dt", {}, ...key.split(" ").map((part) => (part === "–" ? " – " : el("kbd", { text: part })))), el("dd", { text: does })]));
  const form = el("form", { method: "dialog" }, el("h2", { text: "Keys", id: "keys-title" }), keys, el("small", { text: "Nothing is changed without a question first." }), el("div", { class: "buttons" }, close));
  show(el("dialog", { "aria-labelledby": "keys-title" }, form), before);
  close.focus();
}
