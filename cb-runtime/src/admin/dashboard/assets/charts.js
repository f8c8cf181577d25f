/** The larger charts of the details, drawn by uPlot from what was measured since the page was opened. */

import { latency, percent, rate } from "./format.js";
import { store } from "./store.js";

/** @typedef {import("./samples.js").SeriesName} SeriesName */
/**
 * @typedef {object} Kind
 * @property {string} title
 * @property {(value: number) => string} show
 * @property {number} least what the axis reaches to at the least
 * @property {{ name: string, series: SeriesName, colour: string, dash?: number[] }[]} lines
 */

/** @type {Kind[]} */
export const CHARTS = [
  {
    title: "Calls per second",
    show: rate,
    least: 1,
    lines: [
      { name: "succeeded", series: "succeeded", colour: "--closed" },
      { name: "failed", series: "failed", colour: "--open", dash: [5, 3] },
      { name: "turned away", series: "rejected", colour: "--forced_open", dash: [2, 2] },
    ],
  },
  { title: "Error rate", show: percent, least: 0.1, lines: [{ name: "failed ÷ judged", series: "errors", colour: "--open" }] },
  {
    title: "Response times",
    show: latency,
    least: 0.001,
    lines: [
      { name: "p50", series: "p50", colour: "--accent" },
      { name: "p95", series: "p95", colour: "--half_open", dash: [5, 3] },
    ],
  },
];

const HEIGHT = 132;
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The charts of one breaker, in one element each. */
export class Charts {
  /** @type {{ kind: Kind, place: HTMLElement, plot: any }[]} */
  #all = [];
  #name = "";
  #resized = new ResizeObserver(() => this.#resize());

  /** @param {HTMLElement[]} places one for each of `CHARTS` */
  constructor(places) {
    this.#all = CHARTS.map((kind, at) => ({ kind, place: places[at], plot: null }));
    places.forEach((place) => this.#resized.observe(place));
    dark.addEventListener("change", this.#recolour);
  }

  /** @param {string} name */
  show(name) {
    this.#name = name;
    this.update();
  }

  update() {
    for (const chart of this.#all) {
      const data = this.#data(chart.kind);
      if (chart.plot) chart.plot.setData(data);
      else if (chart.place.clientWidth > 0) chart.plot = plot(chart.kind, chart.place, data);
      // Where nobody points at a moment, the legend says the latest.
      if (chart.plot && data[0].length > 0 && !(chart.plot.cursor.left >= 0)) chart.plot.setLegend({ idx: data[0].length - 1 });
    }
  }

  /** @param {Kind} kind */
  #data(kind) {
    const { samples } = store;
    const values = (/** @type {number} */ value) => (Number.isNaN(value) ? null : value);
    return [samples.places().map((place) => samples.times[place]), ...kind.lines.map((line) => samples.series(this.#name, line.series).map(values))];
  }

  #resize() {
    for (const { plot, place } of this.#all) {
      const width = place.clientWidth;
      if (plot && width > 0 && plot.width !== width) plot.setSize({ width, height: HEIGHT });
    }
    if (this.#all.some(({ plot }) => !plot)) this.update();
  }

  // A canvas keeps the colours that it was drawn with.
  #recolour = () => {
    this.#clear();
    this.update();
  };

  #clear() {
    for (const chart of this.#all) {
      chart.plot?.destroy();
      chart.plot = null;
    }
  }

  end() {
    dark.removeEventListener("change", this.#recolour);
    this.#resized.disconnect();
    this.#clear();
  }
}

/** @param {Kind} kind @param {HTMLElement} place @param {any[]} data */
function plot(kind, place, data) {
  const style = getComputedStyle(place);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), font: `11px ${style.fontFamily}`, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    padding: [8, 24, 0, 0],
    legend: { live: true },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 } },
    scales: {
      x: { time: true, range: (/** @type {any} */ _, /** @type {number} */ from, /** @type {number} */ to) => [Math.min(from, to - 60), to] },
      y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ top) => [0, Math.max(kind.least, (top ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, size: 24, space: 80, values: (/** @type {any} */ _, /** @type {number[]} */ times) => times.map((at) => (Number.isFinite(at) ? CLOCK.format(at * 1000) : "")) },
      { ...axis, size: 54, space: 30, values: (/** @type {any} */ _, /** @type {number[]} */ values) => values.map(kind.show) },
    ],
    series: [
      { label: "at", value: (/** @type {any} */ _, /** @type {number | null} */ at) => (at ? CLOCK.format(at * 1000) : "") },
      ...kind.lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        width: 1.5,
        dash: line.dash,
        points: { show: false },
        value: (/** @type {any} */ _, /** @type {number | null} */ value) => kind.show(value ?? NaN),
      })),
    ],
  };
  return new /** @type {any} */ (globalThis).uPlot(options, data, place);
}
