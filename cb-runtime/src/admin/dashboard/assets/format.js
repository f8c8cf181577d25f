/** How times, figures and reasons are put into words. All ages are by the server's clock. */

/** What a breaker is, in one word each: its mode where an operator has set one, else its state. */
export const KINDS = /** @type {const} */ (["open", "forced_open", "half_open", "disabled", "metrics_only", "closed"]);

/** @type {Record<string, string>} */
export const WORDS = {
  closed: "Closed",
  open: "Open",
  half_open: "Half-open",
  forced_open: "Forced open",
  disabled: "Disabled",
  metrics_only: "Metrics only",
  normal: "Normal",
  healthy: "Healthy",
  degraded: "Degraded",
  failed: "Failed",
  critical: "Critical",
  warning: "Warning",
  info: "Notice",
};

/** @param {string} word */
export const say = (word) => WORDS[word] ?? word.replaceAll("_", " ");

/** @param {{ state: string, mode: string }} row */
export const kindOf = (row) => (row.mode === "normal" ? row.state : row.mode);

/** "5 s", "3 min", "1 h 20 min". @param {number} seconds */
export function span(seconds) {
  if (!Number.isFinite(seconds) || seconds > 1e9) return "until it is reset";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 10 && whole % 60) return `${minutes} min ${whole % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day" : `${days} days`;
}

/** "just now", "2 s ago". @param {number | null} at @param {number} now both in milliseconds */
export function ago(at, now) {
  if (at === null) return "never";
  const seconds = (now - at) / 1000;
  if (seconds < 1) return "just now";
  return `${seconds < 60 ? span(Math.floor(seconds)) : coarse(seconds)} ago`;
}

/** @param {number} seconds */
function coarse(seconds) {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** "820 µs", "12 ms", "1.3 s". @param {number | null | undefined} seconds */
export function latency(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "–";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 0.01) return `${(seconds * 1e3).toFixed(1)} ms`;
  if (seconds < 1) return `${Math.round(seconds * 1e3)} ms`;
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
}

/** How many there are in a second. @type {Record<string, number>} */
const UNITS = { "µs": 1e6, ms: 1e3, s: 1 };

/** "0.9 / 2.1 ms": two times, in the unit of the longer. @param {any} times */
export function latencies(times) {
  if (!times) return "–";
  const longer = latency(times.p95);
  const unit = longer.split(" ")[1] ?? "s";
  const figure = times.p50 * (UNITS[unit] ?? 1);
  if (figure < 0.01) return `<0.01 / ${longer}`;
  const digits = figure >= 10 || unit === "µs" ? 0 : figure >= 0.095 ? 1 : 2;
  return `${figure.toFixed(digits)} / ${longer}`;
}

/** @param {number | null | undefined} share from 0 to 1 */
export function percent(share) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const value = share * 100;
  if (value > 0 && value < 0.1) return "<0.1 %";
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** The score, never rounded up: what is not all closed has no 100 %. @param {number} share */
export function scored(share) {
  const tenths = Math.floor(share * 1000 + 1e-6);
  return `${tenths > 990 && tenths < 1000 ? (tenths / 10).toFixed(1) : Math.floor(tenths / 10)} %`;
}

/** @param {number | null | undefined} value */
export function rate(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  if (value < 10) return value.toFixed(1);
  if (value < 1000) return String(Math.round(value));
  return value < 1e6 ? `${(value / 1e3).toFixed(value < 1e4 ? 1 : 0)} k` : `${(value / 1e6).toFixed(1)} M`;
}

const GROUPED = new Intl.NumberFormat("en");
/** @param {number} value */
export const count = (value) => GROUPED.format(value);

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 0, roundingMode: "trunc" });
/** The same in four letters at the most. @param {number} value */
export const short = (value) => SHORT.format(value);

/** "1 breaker", "2 breakers". @param {number} many @param {string} one */
export const plural = (many, one) => `${count(many)} ${one}${many === 1 ? "" : "s"}`;

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
/** @param {number} at */
export const clock = (at) => (Number.isNaN(at) ? "" : CLOCK.format(at));
/** @param {number} at */
export const fullTime = (at) => (Number.isNaN(at) ? "" : DAY.format(at));

/** Milliseconds of a text of the server's; `null` where there is none. @param {string | null | undefined} text */
export const time = (text) => (text ? Date.parse(text) : null);

/** Why a breaker opened. @param {any} reason */
export function openReason(reason) {
  if (!reason) return "";
  switch (reason.kind) {
    case "consecutive_failures":
      return reason.count === 1 ? "1 failure" : `${reason.count} failures in a row`;
    case "failure_rate":
      return `${reason.failures} of ${reason.calls} calls failed`;
    case "slow_call_rate":
      return `${reason.slow} of ${reason.calls} calls were slow`;
    case "stay_away":
      return "the service asked to stay away";
    case "probe_failed":
      return "a probe failed";
    case "probe_slow":
      return "a probe was slow";
    case "health_check_failed":
      return "the health check failed";
    case "forced_open":
      return "forced by hand";
    case "elsewhere":
      return "another instance opened it";
    default:
      return say(String(reason.kind));
  }
}

/** Why a state changed. @param {any} reason */
export function transitionReason(reason) {
  switch (reason?.why) {
    case "opened":
      return openReason(reason.reason);
    case "open_time_over":
      return "the open time was over";
    case "probes_succeeded":
      return reason.count === 1 ? "a probe succeeded" : `${reason.count} probes succeeded`;
    case "reset":
      return "reset";
    case "mode_changed":
      return "its mode was changed";
    case "closed_elsewhere":
      return "another instance closed it";
    default:
      return reason?.why ? say(String(reason.why)) : "";
  }
}

/** Where a setting's value comes from. @param {any} origin */
export function originText(origin) {
  switch (origin?.layer) {
    case "default":
      return "default";
    case "preset":
      return `preset of ${origin.service_type}`;
    case "attribute":
      return `attribute, ${origin.file}:${origin.line}`;
    case "code":
      return `code, ${origin.file}:${origin.line}`;
    case "file":
      return `${origin.file}:${origin.line}`;
    case "variable":
      return `variable ${origin.name}`;
    case "runtime":
      return "changed while running";
    default:
      return String(origin?.layer ?? "");
  }
}

/** An event in a few words, the breaker's name aside. @param {any} event @returns {string} */
export function eventText(event) {
  switch (event.event) {
    case "transition": {
      const why = [transitionReason(event.reason), event.error].filter(Boolean).join(": ");
      const would = event.dry_run ? "would be " : "is ";
      const length = event.to === "open" && event.open_for ? `, for ${span(event.open_for)}` : "";
      return `${would}${say(event.to).toLowerCase()}${length}${why ? ` – ${why}` : ""}`;
    }
    case "reset":
      return "was reset";
    case "mode_changed":
      return `went from ${say(event.from).toLowerCase()} to ${say(event.to).toLowerCase()}${event.lasts ? `, for ${span(event.lasts)}` : ""}`;
    case "config_changed":
      return event.changes.map((/** @type {any} */ change) => `${change.setting}: ${change.from} → ${change.to}`).join(", ");
    case "operated":
      return `${say(event.action)}${event.scope === "cluster" ? " in all instances" : ""} by ${event.who}${event.from ? ` from ${event.from}` : ""}${event.reason ? ` – ${event.reason}` : ""}`;
    case "store_degraded":
      return `The shared store ${event.name} is away: ${event.why}`;
    case "store_restored":
      return `The shared store ${event.name} is back`;
    case "missed":
      return `${plural(event.count, "event")} came too fast and ${event.count === 1 ? "was" : "were"} missed`;
    default:
      return say(String(event.event));
  }
}
