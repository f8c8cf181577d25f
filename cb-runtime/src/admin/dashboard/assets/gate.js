/** Asks for the token, where the server wants one. */

import { token } from "./api.js";
import { byId, el, setText } from "./dom.js";

const wish = el("small");
const note = el("p", { class: "error", role: "alert", hidden: true });
const input = el("input", { type: "password", name: "token", id: "token", autocomplete: "current-password", required: true });
const go = el("button", { type: "submit", class: "primary", text: "Sign in" });
const form = el(
  "form",
  { "aria-labelledby": "gate-title" },
  el("h2", { id: "gate-title", text: "A token, please" }),
  el("p", { class: "soft", text: "The program that serves this page shows its breakers to those who have one of its tokens. The one for reading is enough to look; changes need the one for writing." }),
  el("p", { class: "soft" }, wish),
  note,
  el("label", { class: "field", for: "token" }, el("span", { text: "Token" }), input),
  go,
  el("p", { class: "soft" }, el("small", { text: "It is kept in this tab until that is closed, and sent to nobody else." })),
);

/** What the last one that was tried is called, and not what it was. */
let isTried = false;
/** @type {() => void} */
let retry = () => {};

form.addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  const typed = input.value.trim();
  if (!typed) return input.focus();
  // A header cannot carry other characters, and no token has them.
  if (!/^[\x21-\x7e]+$/.test(typed)) return refuse("A token has no spaces, and only letters, digits and signs of ASCII.");
  isTried = true;
  go.disabled = true;
  token.set(typed);
  retry();
});

/** @param {string} text */
function refuse(text) {
  setText(note, text);
  note.hidden = text === "";
  input.setAttribute("aria-invalid", String(text !== ""));
  input.select();
}

/** @param {string} reason in the server's words @param {() => void} again looks at the server again */
export function askForToken(reason, again) {
  const gate = byId("gate");
  if (!form.isConnected) gate.append(form);
  gate.hidden = false;
  retry = again;
  go.disabled = false;
  input.focus();
  setText(wish, `The server says: ${reason}`);
  wish.hidden = isTried;
  refuse(isTried ? `That token was refused. The server says: ${reason}` : "");
  isTried = false;
}

export function closeGate() {
  byId("gate").hidden = true;
  go.disabled = false;
  input.value = "";
  isTried = false;
}
