/** Talks to the server: requests with the token, its errors in its own words, and its stream of events. */

// Two programs of one origin, under different paths, have different tokens.
const KEPT = `circuit-breakers ${new URL(document.baseURI).pathname}`;

/** An answer that is an error, or none. */
export class ApiError extends Error {
  /**
   * @param {string} message what to tell people
   * @param {number} status 0 where there was no answer
   * @param {any} [problem] the server's problem details
   */
  constructor(message, status, problem) {
    super(message);
    this.status = status;
    this.problem = problem ?? {};
  }
}

/** The token, for as long as this tab lives. */
export const token = {
  get: () => sessionStorage.getItem(KEPT),
  set: (/** @type {string} */ text) => sessionStorage.setItem(KEPT, text),
  forget: () => sessionStorage.removeItem(KEPT),
};

/** @param {string} path @param {RequestInit} [init] */
async function send(path, init = {}) {
  const headers = new Headers(init.headers);
  const own = token.get();
  if (own !== null) headers.set("authorization", `Bearer ${own}`);
  let response;
  try {
    response = await fetch(path, { ...init, headers, cache: "no-store", credentials: "same-origin" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError("The server does not answer.", 0);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const told = problem.detail ?? problem.title ?? `The server answered with ${response.status} ${response.statusText}.`;
  const near = problem.did_you_mean?.length ? ` Did you mean ${problem.did_you_mean.join(" or ")}?` : "";
  throw new ApiError(told + (told.includes("id you mean") ? "" : near), response.status, problem);
}

/** @param {string} method @param {string} path @param {unknown} [body] */
async function json(method, path, body) {
  // A server that hangs is told from one that is slow by its silence.
  const init = { method, signal: AbortSignal.timeout(15000) };
  if (body !== undefined) Object.assign(init, { body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  try {
    return await (await send(path, init)).json();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("The server has not answered for 15 s.", 0);
  }
}

/**
 * The path of one breaker, that of a key under the name it shares with others.
 *
 * @param {string} what
 * @param {{ name: string, parent?: string | null, key?: string | null }} row
 * @param {Record<string, string>} [query]
 */
function path(what, { name, parent, key }, query = {}) {
  const search = new URLSearchParams(query);
  if (parent && key !== null && key !== undefined) search.set("key", key);
  const asked = search.size ? `?${search}` : "";
  return `${what}/${encodeURIComponent(parent ?? name)}${asked}`;
}

/** @typedef {{ name: string, parent?: string | null, key?: string | null }} Named */

export const api = {
  status: () => json("GET", "status"),
  alerts: () => json("GET", "alerts"),
  health: () => json("GET", "health"),
  breaker: (/** @type {Named} */ row) => json("GET", path("status", row)),
  reset: (/** @type {Named} */ row, /** @type {object} */ body) => json("POST", path("reset", row), body),
  resetAll: (/** @type {object} */ body) => json("POST", "reset-all", body),
  resetType: (/** @type {string} */ type, /** @type {object} */ body) => json("POST", `reset-by-type/${encodeURIComponent(type)}`, body),
  mode: (/** @type {Named} */ row, /** @type {object} */ body) => json("POST", path("mode", row), body),
  config: (/** @type {Named} */ row, /** @type {object} */ settings, /** @type {Record<string, string>} */ query) => json("PUT", path("config", row, query), settings),
  events,
};

/** How long a stream may be silent; the server says something every 15 s. */
const SILENCE = 40000;

/**
 * Reads events until the stream ends, which is an error. `EventSource` cannot send a token.
 *
 * @param {string | null} last the id of the last event that was read
 * @param {(event: string, id: string | null, data: any) => void} tell
 */
async function events(last, tell) {
  const stop = new AbortController();
  /** @type {Record<string, string>} */
  const headers = { accept: "text/event-stream" };
  if (last) headers["last-event-id"] = last;
  const response = await send("events", { headers, signal: stop.signal });
  const reader = /** @type {ReadableStream} */ (response.body).pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let silence = 0;
  try {
    for (;;) {
      silence = setTimeout(() => stop.abort(), SILENCE);
      const { value, done } = await reader.read();
      clearTimeout(silence);
      if (done) throw new ApiError("The stream of events has ended.", 0);
      const messages = (rest + value).split(/\r?\n\r?\n/);
      rest = messages.pop() ?? "";
      messages.forEach((message) => dispatch(message, tell));
    }
  } finally {
    clearTimeout(silence);
    stop.abort();
  }
}

/** @param {string} message @param {(event: string, id: string | null, data: any) => void} tell */
function dispatch(message, tell) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const line of message.split(/\r?\n/)) {
    const at = line.indexOf(":");
    if (at < 1) continue;
    const [name, value] = [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
    fields[name] = name === "data" && fields.data !== undefined ? `${fields.data}\n${value}` : value;
  }
  if (fields.data === undefined) return;
  let data;
  try {
    data = JSON.parse(fields.data);
  } catch {
    return;
  }
  tell(fields.event ?? "message", fields.id ?? null, data);
}
