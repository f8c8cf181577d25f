/** Keeps the page in step with the server, through its restarts. */

import { ApiError, api, token } from "./api.js";
import { span } from "./format.js";
import { store } from "./store.js";

const EVERY = 2000;
/** After an event; then also no sooner after the last look. */
const SOON = 600;
const EVERY_HIDDEN = 15000;
/** At the most, a look at all breakers takes this share of the time. */
const SHARE = 0.2;
const ALERTS_EVERY = 2;
const HEALTH_EVERY = 10;

/** @typedef {"connecting" | "live" | "gone" | "gate"} Phase */

/** Tells of `phase`, and of `event` with what the server said. */
export class Live extends EventTarget {
  /** @type {Phase} */
  phase = "connecting";
  /** Why it is not live, in the server's words. */
  reason = "";
  /** @type {number | null} */
  lastSeen = null;
  #timer = 0;
  #looks = 0;
  #isLooking = false;
  #again = false;
  #isSoon = false;
  #began = 0;
  #took = 0;
  /** @type {string | null} */
  #instance = null;
  #isListening = false;

  start() {
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
    addEventListener("online", () => this.now());
    this.now();
  }

  /** Looks again at once. */
  now() {
    if (this.#isLooking) this.#again = true;
    else this.#wait(0);
  }

  /** Looks again before long: something has happened, and the event has told the most of it. */
  soon() {
    if (this.#isLooking) this.#again = true;
    else if (!this.#isSoon) this.#wait(this.#began + Math.max(SOON, this.#took / SHARE) - performance.now());
    this.#isSoon = true;
  }

  /** @param {number} time */
  #wait(time) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), Math.max(time, 0));
  }

  async #look() {
    this.#isLooking = true;
    this.#again = false;
    this.#isSoon = false;
    this.#began = performance.now();
    try {
      const status = await api.status();
      this.#arrived(status);
      this.#looks += 1;
      await this.#more();
    } catch (error) {
      this.#failed(error);
    }
    this.#isLooking = false;
    if (this.phase === "gate") return;
    this.#took = performance.now() - this.#began;
    // Two looks make the first rates.
    const isEarly = this.phase === "gone" || this.#looks < 2;
    const every = this.#again ? SOON : document.hidden ? EVERY_HIDDEN : isEarly ? EVERY / 2 : EVERY;
    this.#wait(Math.max(every, this.#took / SHARE) - this.#took);
  }

  /** Alerts and advice, which change more slowly. */
  async #more() {
    const turn = this.#looks - 1;
    if (turn % ALERTS_EVERY === 0 || this.#again) {
      store.alerts = (await api.alerts()).alerts;
      store.tell("alerts");
    }
    if (turn % HEALTH_EVERY === 0) {
      store.advice = (await api.health()).recommendations ?? [];
      store.tell("alerts");
    }
  }

  /** @param {any} status */
  #arrived(status) {
    const restarted = this.#instance !== null && this.#instance !== status.instance;
    this.#instance = status.instance;
    this.lastSeen = performance.now();
    store.take(status);
    if (this.phase !== "live") this.#enter("live", "");
    if (restarted) {
      this.#looks = 0;
      this.#tellOf({ event: "restarted", at: status.at });
    }
    if (!this.#isListening) this.#listen();
  }

  /** @param {unknown} error */
  #failed(error) {
    // A fault of this page's own belongs on the console; it is no reason to stop looking.
    if (!(error instanceof ApiError)) return reportError(error);
    if (error.status === 401 || error.status === 403) {
      token.forget();
      this.#enter("gate", error.message);
    } else {
      this.#enter("gone", error.message);
    }
  }

  /** @param {Phase} phase @param {string} reason */
  #enter(phase, reason) {
    this.phase = phase;
    this.reason = reason;
    this.dispatchEvent(new Event("phase"));
  }

  /** Reads events for as long as there is a server, and takes up where it left off. */
  async #listen() {
    this.#isListening = true;
    // What happened shortly before the page was opened is worth seeing, as far as the server has it still.
    let last = `${this.#instance}-0`;
    let isFirst = true;
    for (let failures = 0; this.phase !== "gate"; ) {
      try {
        await api.events(last, (event, id, data) => {
          failures = 0;
          if (id) last = id;
          if (event === "missed" && isFirst) return;
          if (event === "connected") return this.#connected(data);
          this.#tellOf({ event, ...data });
        });
      } catch {
        // The look at the status says what is wrong, and whether to ask for another token.
        this.now();
      }
      isFirst = false;
      failures += 1;
      const wait = Math.min(250 * 2 ** failures, 5000) * (0.75 + Math.random() / 2);
      await new Promise((done) => setTimeout(done, wait));
    }
    this.#isListening = false;
  }

  /** @param {any} data */
  #connected(data) {
    if (this.#instance !== data.instance || this.phase !== "live") this.now();
  }

  /** @param {any} detail */
  #tellOf(detail) {
    this.dispatchEvent(new CustomEvent("event", { detail }));
  }

  /** What to say of the connection. */
  describe() {
    switch (this.phase) {
      case "connecting":
        return "Connecting…";
      case "live":
        return "Live";
      case "gate":
        return "Not signed in";
      default: {
        const ago = this.lastSeen === null ? "" : ` Last seen ${span((performance.now() - this.lastSeen) / 1000)} ago.`;
        return `Reconnecting…${ago}`;
      }
    }
  }
}
