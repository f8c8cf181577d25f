/** Starts the page: its parts, the connection, the keys, and the address that leads back to what is shown. */

import { resetAll } from "./actions.js";
import { token } from "./api.js";
import { act, detailEvent, startDetail } from "./detail.js";
import { showKeys } from "./dialogs.js";
import { byId, setAttr, setText } from "./dom.js";
import { KINDS, eventText } from "./format.js";
import { askForToken, closeGate } from "./gate.js";
import { focusList, pointed, startList } from "./list.js";
import { Live } from "./live.js";
import { startOverview, startTools } from "./overview.js";
import { addEvent, startAlerts, startEvents } from "./rail.js";
import { store } from "./store.js";

const live = new Live();
const look = () => live.now();

startOverview();
startTools(() => resetAll(look));
startList();
startAlerts();
startEvents();
startDetail({ looked: look, closed: () => focusList() });

/* The connection */

/** @type {import("./live.js").Phase} */
let before = live.phase;
live.addEventListener("phase", () => {
  document.body.dataset.phase = live.phase;
  byId("sign-out").hidden = token.get() === null;
  describe();
  if (live.phase === "gone") tell("The server does not answer.");
  else if (before === "gone" && live.phase === "live") tell("The server answers again.");
  before = live.phase;
  if (live.phase === "gate") askForToken(live.reason, look);
  else closeGate();
});

live.addEventListener("event", (message) => {
  const event = /** @type {CustomEvent} */ (message).detail;
  addEvent(event);
  announce(event);
  detailEvent(event);
  // What is told again after a reconnection is older than what the last look has shown.
  if (event.at && store.status && Date.parse(event.at) > Date.parse(store.status.at)) store.foresee(event);
  if (event.event !== "restarted") live.soon();
});

function describe() {
  setText(byId("link-text"), live.describe());
  const banner = byId("banner");
  banner.hidden = live.phase !== "gone";
  const known = live.lastSeen === null ? "" : " What is shown is what it said last.";
  setText(banner, live.phase === "gone" ? `${live.reason} Trying again every second.${known}` : "");
}

byId("sign-out").addEventListener("click", () => {
  token.forget();
  location.reload();
});

/* What is said to those who do not see it */

/** @type {string[]} */
let unsaid = [];
let isSaying = false;

/** @param {any} event */
function announce(event) {
  if (event.event === "restarted") tell("The program was restarted.");
  else if (event.event === "store_degraded" || event.event === "store_restored") tell(eventText(event));
  else if (event.event === "transition" || event.event === "mode_changed") tell(`${event.name} ${eventText(event)}`);
}

/** Says it once what comes together is there. @param {string} text */
function tell(text) {
  unsaid.push(text);
  if (isSaying) return;
  isSaying = true;
  setTimeout(() => {
    isSaying = false;
    setText(byId("said"), unsaid.length > 3 ? `${unsaid.length} changes; ${unsaid.at(-1)}` : unsaid.join(". "));
    unsaid = [];
  }, 1000);
}

/* The parts that take turns on a small screen */

const viewButtons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".views button"));
for (const button of viewButtons) {
  button.addEventListener("click", () => {
    document.body.dataset.view = button.dataset.view;
    viewButtons.forEach((other) => setAttr(other, "aria-pressed", String(other === button)));
  });
}
byId("skip").addEventListener("click", () => focusList());
byId("help").addEventListener("click", showKeys);

/* Keys */

const ACTS = /** @type {Record<string, string>} */ ({ r: "reset", f: "forced_open", d: "disabled", m: "metrics_only", n: "normal", e: "edit" });

addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || live.phase === "gate") return;
  if (event.key === "Escape") return escape(target);
  if (target.matches("input, select, textarea")) return;
  const row = store.rows.get(pointed() ?? "");
  if (event.key === "/") byId("filter").select();
  else if (event.key === "?") showKeys();
  else if (/^[0-6]$/.test(event.key)) store.choose({ kind: event.key === "0" ? "" : KINDS[Number(event.key) - 1] });
  else if (row && event.key in ACTS && !(event.key === "n" && row.mode === "normal")) act(ACTS[event.key], row);
  else if (event.key === "ArrowDown" && target === document.body) focusList();
  else return;
  event.preventDefault();
});

/** @param {HTMLElement} target */
function escape(target) {
  if (target.id === "filter") focusList();
  else store.open(null);
}

/* The address */

/** Shows what the address says, so that it can be kept and passed on. */
function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const kind = /** @type {any} */ (asked.get("state") ?? "");
  store.choose({ text: asked.get("q") ?? "", type: asked.get("type") ?? "", kind: KINDS.includes(kind) ? kind : "", sort: asked.get("sort") ?? "trouble" });
  store.open(asked.get("name"));
}

function writeAddress() {
  const { text, type, kind, sort } = store.choice;
  const said = Object.entries({ name: store.chosen ?? "", q: text, type, state: kind, sort: sort === "trouble" ? "" : sort }).filter(([, value]) => value);
  // Against the page's own address: a bare `#` would be against its `base`.
  history.replaceState(null, "", `${location.pathname}${location.search}${said.length ? `#${new URLSearchParams(said)}` : ""}`);
}

addEventListener("hashchange", readAddress);
readAddress();
store.on("choice", writeAddress);
store.on("chosen", writeAddress);

/* Time */

setInterval(() => {
  if (document.hidden) return;
  describe();
  if (live.phase === "live") store.tell("tick");
}, 1000);

live.start();
