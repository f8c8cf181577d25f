/** Makes and changes elements. Text from outside only ever becomes a text node. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Of `props`, `class`, `text` and `on` (listeners by name) are meant so; `true` sets an attribute
 * without a value, and `false`, `null` and `undefined` leave it out.
 *
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | null | undefined | false)} children
 * @returns {any}
 */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same of SVG. @returns {any} */
export function svg(/** @type {string} */ tag, /** @type {Record<string, any>} */ props = {}, /** @type {Node[]} */ ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** @param {Element} node @param {Record<string, any>} props @param {any[]} children */
function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.setAttribute("class", value);
    else if (name === "on") for (const [event, does] of Object.entries(value)) node.addEventListener(event, /** @type {any} */ (does));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Changes a text, where it is another one. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Changes an attribute, where it is another one; `null` takes it away. @param {Element} node @param {string} name @param {string | null} value */
export function setAttr(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A sentence of the server's: what stands between backticks is shown as code.
 *
 * @param {string} text
 * @returns {Node[]}
 */
export function sentence(text) {
  return text.split("`").map((part, at) => (at % 2 ? el("code", { text: part }) : document.createTextNode(part)));
}

/** What is drawn for each state, mode, verdict and severity; no two that meet in one place have one outline. */
const ICONS = {
  // A line that is whole, one that is broken, and one that is being tried.
  closed: "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2Z",
  open: "M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM5 7v2h6V7z",
  half_open: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm0 1.8v9.4a4.7 4.7 0 0 0 0-9.4Z",
  forced_open: "M5 6.5V5a3 3 0 0 1 6 0v1.5h1.5v8h-9v-8zm1.6 0h2.8V5a1.4 1.4 0 0 0-2.8 0z",
  disabled: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm-3.6 8.9 6-6a4.7 4.7 0 0 0-6 6Zm1.2 1.2a4.7 4.7 0 0 0 6-6z",
  metrics_only: "M1 8c2-3.4 4.3-5 7-5s5 1.6 7 5c-2 3.4-4.3 5-7 5S3 11.4 1 8Zm7-3a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
  healthy: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm-1 9.9 4.9-4.9-1.2-1.2L7 8.5 5.3 6.8 4.1 8z",
  degraded: "M8 1.3 15.3 14.5H.7zm-.9 4.9v4h1.8v-4zm0 5.2v1.7h1.8v-1.7z",
  failed: "M5 1h6l4 4v6l-4 4H5l-4-4V5zm.2 5.4L6.8 8 5.2 9.6l1.2 1.2L8 9.2l1.6 1.6 1.2-1.2L9.2 8l1.6-1.6-1.2-1.2L8 6.8 6.4 5.2z",
  info: "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm-.9 6v5h1.8V7zm0-3v1.8h1.8V4z",
  operated: "M8 1.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM2.5 14.5c0-3.5 2-5.5 5.5-5.5s5.5 2 5.5 5.5z",
  config_changed: "M1.5 4h6a2 2 0 0 1 4 0h3v1.5h-3a2 2 0 0 1-4 0h-6zm0 6.5h3a2 2 0 0 1 4 0h6V12h-6a2 2 0 0 1-4 0h-3z",
  reset: "M8 2.5a5.5 5.5 0 1 1-5.3 4h1.9A3.7 3.7 0 1 0 8 4.3V6.8L3.8 3.4 8 0z",
};
const SAME = { critical: "failed", warning: "degraded", mode_changed: "operated", missed: "degraded", store_degraded: "degraded", store_restored: "healthy" };

/** @param {string} name @returns {SVGElement} */
export function icon(name) {
  const node = svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { fill: "currentColor", "fill-rule": "evenodd" }));
  setIcon(node, name);
  return node;
}

/** @param {Element} node @param {string} name */
export function setIcon(node, name) {
  const shape = /** @type {any} */ (ICONS)[/** @type {any} */ (SAME)[name] ?? name] ?? ICONS.info;
  setAttr(/** @type {Element} */ (node.firstElementChild), "d", shape);
}
