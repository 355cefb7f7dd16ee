// Small pieces of page that all parts of the Studio are built of.
import { element, setText } from "../elements.js";

// Every widget on a page has a copy of this module.
const ours = Math.random().toString(36).slice(2);
let count = 0;

/** An id that no other element of the page has. @param {string} what */
export function newId(what) {
  count += 1;
  return `aura-${what}-${ours}-${count}`;
}

/** @param {string} label @param {() => void} press @param {"primary"|"plain"|"quiet"} [weight] @param {string} [name]
 * @returns {HTMLButtonElement} */
export function button(label, press, weight = "plain", name = "") {
  const made = /** @type {HTMLButtonElement} */ (element("button", `as-button as-${weight}`, label, { type: "button" }));
  if (name) made.setAttribute("aria-label", name);
  made.addEventListener("click", press);
  return made;
}

/** A part that folds away. @param {string} title @param {HTMLElement[]} inner
 * @returns {{root: HTMLDetailsElement, hint: HTMLElement}} */
export function fold(title, ...inner) {
  const root = /** @type {HTMLDetailsElement} */ (element("details", "as-fold"));
  const summary = element("summary");
  const hint = element("span", "as-hint");
  summary.append(element("span", "as-fold-title", title), hint);
  const body = element("div", "as-fold-body");
  body.append(...inner);
  root.append(summary, body);
  return { root, hint };
}

/** Keeps `list` showing `items`, each by its own node, which ends when its item goes.
 * @template T @param {HTMLElement} list @param {T[]} items @param {(item: T) => string} keyOf
 * @param {Map<string, {root: HTMLElement, end?: () => void}>} nodes
 * @param {(item: T) => {root: HTMLElement, end?: () => void}} make */
export function keep(list, items, keyOf, nodes, make) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, node] of nodes) {
    if (wanted.has(key)) continue;
    node.end?.();
    node.root.remove();
    nodes.delete(key);
  }
  items.forEach((item, place) => {
    const key = keyOf(item);
    if (!nodes.has(key)) nodes.set(key, make(item));
    const node = /** @type {{root: HTMLElement}} */ (nodes.get(key)).root;
    if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
  });
}

/** Words in which what is between backticks is set as code. @param {string} tag @param {string} name @param {string} text */
export function words(tag, name, text) {
  const root = element(tag, name);
  text.split("`").forEach((part, place) => root.append(place % 2 ? element("code", "", part) : part));
  return root;
}

/** @typedef {{says: string, busy: boolean, error: {message: string, remedy: string, lines: string[]}|null}} Work */

/** A line that tells of a work: what it does and how to stop it, or what went wrong and what mends it.
 * @param {() => void} [cancel] left out for what nothing stops: it is over in seconds */
export function workLine(cancel) {
  const root = element("div", "as-work");
  const busy = element("p", "as-busy");
  const says = element("span");
  const stop = cancel && button("Cancel", cancel, "quiet");
  busy.append(element("span", "as-spin", "", { "aria-hidden": "true" }), says, stop ?? "");
  const error = element("div", "as-error", "", { role: "alert" });
  root.append(busy, error);
  let drawn = "";
  /** @param {Work|undefined} work */
  function draw(work) {
    busy.hidden = !work?.busy;
    setText(says, work?.says ?? "");
    stop?.setAttribute("aria-label", `Cancel: ${work?.says ?? ""}`);
    const told = JSON.stringify(work?.error ?? null);
    error.hidden = !work?.error;
    if (told === drawn) return;
    drawn = told;
    error.replaceChildren();
    if (!work?.error) return;
    const { message, remedy, lines } = work.error;
    const said = element("p", "", message);
    if (remedy) said.append(" ", words("strong", "", remedy));
    error.append(said);
    if (lines.length) {
      const list = element("ul");
      list.append(...lines.map((line) => element("li", "", line)));
      error.append(list);
    }
  }
  return { root, draw };
}

/** What the script is made of has changed since. */
export const STALE = "The brief or plan has changed since the script was written.";

/** @param {string} word */
export function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
