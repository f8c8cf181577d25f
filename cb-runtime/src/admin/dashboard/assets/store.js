/** What the page knows: the breakers as the server told them last, what is chosen of them, and the time there. */

import { KINDS, kindOf, time } from "./format.js";
import { Samples } from "./samples.js";

/**
 * A breaker as `GET status` tells of it, and what is worked out of that once for each answer.
 *
 * @typedef {any} Row
 */

const NAMES = new Intl.Collator("en", { numeric: true });
const RANK = new Map(KINDS.map((kind, at) => [/** @type {string} */ (kind), at * 2 + 1]));

/** Tells of `rows`, `choice`, `chosen` and `tick`. */
class Store extends EventTarget {
  /** @type {Map<string, Row>} */
  rows = new Map();
  /** @type {any} */
  status = null;
  samples = new Samples();
  /** @type {any[]} */
  alerts = [];
  /** @type {any[]} */
  advice = [];
  /** Which breakers are shown, and in which order. */
  choice = { text: "", type: "", kind: "", sort: "trouble" };
  /** @type {string | null} */
  chosen = null;
  /** @type {Row[]} */
  #shown = [];
  /** The server's clock, less this page's own, which no one sets. */
  #ahead = Date.now() - performance.now();
  #isAsked = false;

  /** Now, by the server's clock, in milliseconds. */
  now() {
    return performance.now() + this.#ahead;
  }

  /** When the program was started, as far as is known, by the same clock; of old, where it does not say. */
  get started() {
    return Date.parse(this.status?.started) || 0;
  }

  /** @param {string} what */
  tell(what) {
    this.dispatchEvent(new Event(what));
  }

  /** @param {string} what @param {() => void} does */
  on(what, does) {
    this.addEventListener(what, does);
  }

  /** Takes an answer of `GET status`. @param {any} status */
  take(status) {
    const at = Date.parse(status.at);
    this.#ahead = at - performance.now();
    if (this.status && this.status.instance !== status.instance) this.samples.forget();
    this.status = status;
    const rows = new Map();
    for (const row of status.breakers) rows.set(row.name, prepare(row, at));
    this.rows = rows;
    this.samples.take(at, status.breakers);
    this.arrange();
    this.tell("rows");
  }

  /** Takes one breaker's newer state. However many come at once, they are shown once. @param {any} row */
  #takeOne(row) {
    this.rows.set(row.name, prepare(row, this.now()));
    if (this.#isAsked) return;
    this.#isAsked = true;
    setTimeout(() => {
      this.#isAsked = false;
      this.arrange();
      this.tell("rows");
    }, 30);
  }

  /** Takes what an event says of a breaker, ahead of the next look. @param {any} event */
  foresee(event) {
    const row = this.rows.get(event.name);
    if (!row) return;
    if (event.event === "transition" && !event.dry_run) {
      const remaining = event.to === "open" && event.open_for ? event.open_for : null;
      const change = { at: event.at, to: event.to };
      const timeline = row.timeline.some((/** @type {any} */ old) => old.at === change.at && old.to === change.to) ? row.timeline : [...row.timeline, change];
      this.#takeOne({ ...row, state: event.to, since: event.at, remaining_open: remaining, timeline, last_error: event.error ?? row.last_error });
    } else if (event.event === "mode_changed") {
      this.#takeOne({ ...row, mode: event.to, since: event.at });
    }
  }

  /** @param {Partial<Store["choice"]>} change */
  choose(change) {
    Object.assign(this.choice, change);
    this.arrange();
    this.tell("choice");
  }

  /** Opens a breaker's details, or closes them. @param {string | null} name */
  open(name) {
    if (this.chosen === name) return;
    this.chosen = name;
    this.tell("chosen");
  }

  /** The breakers to be shown, in order. */
  get shown() {
    return this.#shown;
  }

  /** How many there are of each kind, of those that the other choices leave. */
  counts() {
    /** @type {Record<string, number>} */
    const counts = { all: 0 };
    for (const row of this.rows.values()) {
      if (!this.#fits(row)) continue;
      counts.all += 1;
      counts[row.kind] = (counts[row.kind] ?? 0) + 1;
    }
    return counts;
  }

  types() {
    const types = new Set([...this.rows.values()].map((row) => row.service_type).filter(Boolean));
    return [...types].sort(NAMES.compare);
  }

  /** @param {Row} row */
  #fits(row) {
    const { text, type } = this.choice;
    return (!type || row.service_type === type) && (!text || row.folded.includes(text.toLowerCase()));
  }

  arrange() {
    const { kind, sort } = this.choice;
    const rows = [...this.rows.values()].filter((row) => this.#fits(row) && (!kind || row.kind === kind));
    const worth = (/** @type {Row} */ row) => {
      if (sort === "name") return 0;
      if (sort === "trouble") return row.rank;
      const { rate, errors } = this.samples.lately(row.name);
      return -((sort === "rate" ? rate : errors) || 0);
    };
    const keyed = rows.map((row) => /** @type {[number, Row]} */ ([worth(row), row]));
    keyed.sort(([one, row], [other, next]) => one - other || NAMES.compare(row.name, next.name));
    this.#shown = keyed.map(([, row]) => row);
  }
}

/** When something ends that all instances were told. @param {any} ordered @param {number} at */
const until = (ordered, at) => (ordered ? at + ordered.remaining * 1000 : null);

/** @param {any} row @param {number} at when the server said it @returns {Row} */
function prepare(row, at) {
  const kind = kindOf(row);
  return {
    ...row,
    kind,
    rank: (RANK.get(kind) ?? 99) - (row.critical ? 1 : 0),
    folded: `${row.name} ${row.service_type ?? ""}`.toLowerCase(),
    since_at: time(row.since),
    success_at: time(row.last_success),
    failure_at: time(row.last_failure),
    shared_mode_until: until(row.shared?.mode, at),
    shared_settings_until: until(row.shared?.settings, at),
    probe_at: row.remaining_open === null || row.remaining_open > 1e9 ? null : at + row.remaining_open * 1000,
  };
}

export const store = new Store();
