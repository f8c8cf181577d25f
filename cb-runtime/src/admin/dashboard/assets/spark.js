/** Charts as small as a line of text, drawn as SVG paths. */

import { setAttr, svg } from "./dom.js";
import { say } from "./format.js";

const [WIDTH, HEIGHT] = [64, 20];
const FEW = 12;
const HOUR = 3600;
/** The heights at which the states run through a timeline: they differ without their colours, too. */
const LEVELS = { closed: [12, 2], half_open: [7, 7], open: [1, 13] };
/** The state that most likely was before a change to this one, where nothing older is known. */
const BEFORE = { open: "closed", half_open: "open", closed: "half_open" };

/** An empty chart, to be drawn with `drawSpark`. @param {string} name the class that gives it its colour */
export function spark(name) {
  return svg(
    "svg",
    { class: `spark ${name}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("path", { class: "area" }),
    svg("path", { class: "stroke" }),
  );
}

/**
 * Draws values from left to right, the last one at the right edge; what is `NaN` is left out, and a few
 * alone do not fill the width.
 *
 * @param {Element} chart
 * @param {number[]} values
 * @param {number} least the value that is at least as high as the chart
 */
export function drawSpark(chart, values, least) {
  const top = Math.max(least, ...values.filter((value) => !Number.isNaN(value)));
  const step = WIDTH / (Math.max(values.length, FEW) - 1);
  let [line, area, begun] = ["", "", -1];
  const from = WIDTH - (values.length - 1) * step;
  for (let at = 0; at <= values.length; at++) {
    const value = values[at];
    const x = (from + at * step).toFixed(1);
    if (at < values.length && !Number.isNaN(value)) {
      const y = (HEIGHT - 1.5 - (value / top) * (HEIGHT - 3)).toFixed(1);
      line += `${begun < 0 ? "M" : "L"}${x} ${y}`;
      area += `${begun < 0 ? `M${x} ${HEIGHT}` : ""}L${x} ${y}`;
      if (begun < 0) begun = at;
    } else if (begun >= 0) {
      area += `L${(from + (at - 1) * step).toFixed(1)} ${HEIGHT}Z`;
      // One alone is a dot, by its round ends.
      if (begun === at - 1) line += "h0";
      begun = -1;
    }
  }
  setAttr(/** @type {Element} */ (chart.firstElementChild), "d", area);
  setAttr(/** @type {Element} */ (chart.lastElementChild), "d", line);
}

/** An empty timeline of the last hour. */
export function timeline() {
  const states = Object.keys(LEVELS).map((state) => svg("path", { class: "stay", "data-kind": state }));
  return svg("svg", { class: "timeline", viewBox: `0 0 ${HOUR} 15`, preserveAspectRatio: "none", role: "img" }, ...states);
}

/**
 * The stays of the last hour, in seconds since it began.
 *
 * @param {any} row
 * @param {number} now
 * @param {number} started when the program was, as far as is known: before that, there was no state to show
 * @returns {{ state: string, from: number, to: number }[]}
 */
export function stays(row, now, started) {
  const begin = now - HOUR * 1000;
  const place = (/** @type {number} */ at) => Math.min(HOUR, Math.max(0, (at - begin) / 1000));
  const changes = row.timeline.map((/** @type {any} */ change) => ({ ...change, at: Date.parse(change.at) }));
  changes.sort((/** @type {any} */ one, /** @type {any} */ other) => one.at - other.at);
  const found = [];
  // Without any change, nothing is known of what was before its present state.
  let state = changes.length ? (changes[0].from ?? /** @type {any} */ (BEFORE)[changes[0].to]) : row.state;
  let from = place(changes.length ? Math.min(started, changes[0].at) : (row.since_at ?? begin));
  for (const change of changes) {
    const at = place(change.at);
    if (at > from) found.push({ state, from, to: at });
    [state, from] = [change.to, at];
  }
  if (changes.length && state !== row.state && row.since_at) {
    found.push({ state, from, to: place(row.since_at) });
    [state, from] = [row.state, place(row.since_at)];
  }
  found.push({ state, from, to: HOUR });
  return found;
}

/** @param {Element} chart @param {any} row @param {number} now @param {number} started */
export function drawTimeline(chart, row, now, started) {
  /** @type {Record<string, string>} */
  const paths = { closed: "", half_open: "", open: "" };
  let openings = 0;
  for (const { state, from, to } of stays(row, now, started)) {
    const [top, height] = /** @type {any} */ (LEVELS)[state] ?? LEVELS.closed;
    if (state === "open") openings += 1;
    // A stay of seconds is no wider than a hair, and is what one looks for.
    const width = Math.max(to - from, state === "closed" ? 0 : 30);
    paths[state] += `M${Math.min(from, HOUR - width).toFixed(0)} ${top}h${width.toFixed(0)}v${height}h${-width.toFixed(0)}z`;
  }
  [...chart.children].forEach((path) => setAttr(path, "d", paths[path.getAttribute("data-kind") ?? ""]));
  const told = openings === 0 ? "not open in the last hour" : `open ${openings === 1 ? "once" : `${openings} times`} in the last hour`;
  setAttr(chart, "aria-label", `${told}, ${say(row.state).toLowerCase()} now`);
}
