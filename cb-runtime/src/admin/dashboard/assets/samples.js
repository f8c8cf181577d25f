/** What was measured between looks at the server: rates that its running totals do not tell. */

/** The looks that are kept: ten minutes of one every two seconds. */
export const KEPT = 300;
/** What is smoothed over, in seconds, where one figure is shown for "now". */
const LATELY = 20;

const SERIES = /** @type {const} */ (["succeeded", "failed", "rejected", "errors", "p50", "p95"]);
/** @typedef {typeof SERIES[number]} SeriesName */

/** One breaker's measurements, beside the times that it shares with the others. */
class Track {
  constructor() {
    /** @type {Record<SeriesName, Float32Array>} */
    this.series = /** @type {any} */ (Object.fromEntries(SERIES.map((name) => [name, new Float32Array(KEPT).fill(NaN)])));
    /** @type {any} */
    this.totals = null;
  }
}

/** The measurements of all breakers, and of all taken together under the name `""`. */
export class Samples {
  /** When each look was, in seconds of the server's clock; a ring. */
  times = new Float64Array(KEPT).fill(NaN);
  next = 0;
  seen = 0;
  /** @type {Map<string, Track>} */
  tracks = new Map();

  /** Begins anew, as the program has. */
  forget() {
    this.times.fill(NaN);
    [this.next, this.seen] = [0, 0];
    this.tracks.clear();
  }

  /**
   * Takes a look's figures.
   *
   * @param {number} at milliseconds by the server's clock
   * @param {Iterable<any>} rows
   */
  take(at, rows) {
    const place = this.next;
    const before = this.times[(place + KEPT - 1) % KEPT];
    const now = at / 1000;
    const passed = now - before;
    // Two looks within a moment would show rates that no one had.
    if (passed < 0.5) return;
    this.times[place] = now;
    this.next = (place + 1) % KEPT;
    this.seen = Math.min(this.seen + 1, KEPT);
    const sum = { calls: 0, successes: 0, failures: 0, rejected: 0 };
    const there = new Set([""]);
    for (const row of rows) {
      there.add(row.name);
      this.#put(row.name, place, passed, row.totals, row.response_times);
      sum.calls += row.totals.calls;
      sum.successes += row.totals.successes;
      sum.failures += row.totals.failures;
      sum.rejected += row.totals.rejected;
    }
    this.#put("", place, passed, sum, null);
    for (const name of this.tracks.keys()) if (!there.has(name)) this.tracks.delete(name);
  }

  /** @param {string} name @param {number} place @param {number} passed @param {any} totals @param {any} times */
  #put(name, place, passed, totals, times) {
    let track = this.tracks.get(name);
    if (!track) this.tracks.set(name, (track = new Track()));
    const { series, totals: before } = track;
    track.totals = totals;
    series.p50[place] = times?.p50 ?? NaN;
    series.p95[place] = times?.p95 ?? NaN;
    // Totals that shrink are those of another breaker of the same name.
    const known = before && totals.calls >= before.calls && totals.rejected >= before.rejected;
    const [succeeded, failed, rejected] = known
      ? [totals.successes - before.successes, totals.failures - before.failures, totals.rejected - before.rejected].map((many) => Math.max(0, many))
      : [NaN, NaN, NaN];
    series.succeeded[place] = succeeded / passed;
    series.failed[place] = failed / passed;
    series.rejected[place] = rejected / passed;
    series.errors[place] = failed / (succeeded + failed);
  }

  /** The last `many` places of the ring, the oldest first. @param {number} many */
  places(many = KEPT) {
    const length = Math.min(many, this.seen);
    return Array.from({ length }, (_, at) => (this.next - length + at + KEPT) % KEPT);
  }

  /** One series, the oldest first. @param {string} name @param {SeriesName} which @param {number} [many] @returns {number[]} */
  series(name, which, many = KEPT) {
    const kept = this.tracks.get(name)?.series[which];
    return kept ? this.places(many).map((place) => kept[place]) : [];
  }

  /** Calls that were asked for each second, turned away or not. @param {string} name @param {number} [many] */
  asked(name, many = KEPT) {
    const series = this.tracks.get(name)?.series;
    return series ? this.places(many).map((place) => series.succeeded[place] + series.failed[place] + series.rejected[place]) : [];
  }

  /**
   * Calls per second, and failures ÷ (successes + failures), of the last seconds; `NaN` where unknown.
   *
   * @param {string} name
   */
  lately(name) {
    const series = this.tracks.get(name)?.series;
    const newest = this.times[(this.next + KEPT - 1) % KEPT];
    let [asked, judged, failed, looks] = [0, 0, 0, 0];
    for (let back = 1; series && back <= this.seen; back++) {
      const place = (this.next + KEPT - back) % KEPT;
      if (newest - this.times[place] > LATELY) break;
      if (Number.isNaN(series.succeeded[place])) continue;
      judged += series.succeeded[place] + series.failed[place];
      asked += series.rejected[place];
      failed += series.failed[place];
      looks += 1;
    }
    return { rate: looks ? (asked + judged) / looks : NaN, errors: judged ? failed / judged : NaN };
  }
}
