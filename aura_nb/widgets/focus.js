// Whoever works with the keyboard is not thrown off the page by what is drawn anew.

const REACHABLE = ":is(a[href], button, input, select, textarea, summary, audio, video, [tabindex]):not(:disabled)";

/** @param {Element} part */
const shown = (part) => part.getClientRects().length > 0;

/** @param {Element} part */
const nameOf = (part) => part.getAttribute("aria-label") ?? part.textContent;

/** What has the focus; within a shadow root the document knows only its host. @param {Node} root */
export const focusOf = (root) =>
  /** @type {HTMLElement|null} */ (/** @type {Document|ShadowRoot} */ (root.getRootNode()).activeElement);

/** Draw, and leave the focus within `root` if it was there: where `draw` put it, on what it was on, on what has the
 * same name where that was made anew, or on the nearest that can have it.
 * @param {HTMLElement} root @param {() => void} draw */
export function keepingFocus(root, draw) {
  const had = focusOf(root);
  if (!had || !root.contains(had)) return draw();
  const name = nameOf(had);
  const near = /** @type {Element[]} */ ([]);
  for (let part = /** @type {Element} */ (had); part !== root; part = /** @type {Element} */ (part.parentElement)) {
    for (const one of [part, part.nextElementSibling, part.previousElementSibling]) if (one) near.push(one);
  }
  draw();
  const now = focusOf(root);
  if (now && root.contains(now) && shown(now)) return;
  // A node that is moved loses it, too.
  if (shown(had)) return had.focus();
  for (const part of [...near, root].filter((one) => one.isConnected)) {
    const inside = [part, ...part.querySelectorAll(REACHABLE)].filter((one) => one.matches(REACHABLE) && shown(one));
    const next = (had.isConnected ? null : inside.find((one) => nameOf(one) === name)) ?? inside[0];
    if (next) return /** @type {HTMLElement} */ (next).focus();
  }
}

/** What scrolls, in a narrow page or with much in it, is reached by the keyboard too. @param {HTMLElement} part */
export function reach(part) {
  const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
  if (scrolls) part.tabIndex = 0;
  else part.removeAttribute("tabindex");
}
